//! The way in by an add-on of one's own: where its tokens are exchanged, and installation codes.

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::answers::{Held, ShopAccess, trimmed};
use super::asker::{Ended, Says};
use super::flow::{Next, Wizard};
use super::shop::ANOTHER_WAY;
use super::ways::address;
use crate::config::ShoptetAccess;
use crate::source::shoptet::oauth::AddonClient;

/// What the address of an OAuth server looks like.
const TOKEN_URL: &str = "https://12345.myshoptet.com/action/ApiOAuthServer/getAccessToken";

/// What is answered anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Anew {
    Code,
    All,
    Way,
}

impl Wizard<'_> {
    /// Where OAuth access tokens are exchanged. The address that was answered last is the usual one.
    pub(super) fn token_url(&mut self) -> Result<Url, Ended> {
        if let Some(url) = self.given.token_url.take() {
            self.token_url = Some(url.clone());
            return Ok(url);
        }
        let usual = self.token_url.clone().or_else(|| self.present_token_url());
        if let (Some(url), false) = (&usual, self.asks()) {
            return Ok(url.clone());
        }
        let usual = usual.map(|url| url.to_string());
        let question = "Address of the add-on's OAuth server (it ends with getAccessToken):";
        loop {
            let typed = self.asker.input(question, usual.as_deref())?;
            match address(&typed, TOKEN_URL) {
                Ok(url) if url.path().ends_with("/getAccessToken") => {
                    self.token_url = Some(url.clone());
                    return Ok(url);
                }
                Ok(_) => self
                    .asker
                    .say(Says::Problem, &format!("It looks like {TOKEN_URL}")),
                Err(problem) => self.asker.say(Says::Problem, &problem),
            }
        }
    }

    fn present_token_url(&self) -> Option<Url> {
        match &self.present?.shoptet.access {
            ShoptetAccess::OauthToken { token_url, .. } => Some(token_url.clone()),
            ShoptetAccess::PrivateToken(_) | ShoptetAccess::Pairing { .. } => None,
        }
    }

    /// Exchanges an installation code, until one is good.
    pub(super) fn install(&mut self) -> Result<Option<ShopAccess>, Ended> {
        loop {
            let token_url = self.token_url()?;
            let client_id = match self.given.client_id.take() {
                Some(id) => id,
                None => self.line("Client ID of the add-on:")?,
            };
            let client_secret = self.client_secret()?;
            let redirect_uri = match self.given.redirect_uri.take() {
                Some(uri) => uri,
                None => self.line("Redirect address of the add-on:")?,
            };
            let addon = AddonClient {
                token_url: token_url.clone(),
                client_id,
                client_secret,
                redirect_uri,
            };
            loop {
                let code = match self.given.install_code.take() {
                    Some(code) => code,
                    None => trimmed(&self.asker.secret("Installation code:")?),
                };
                match self.services.exchange(&addon, code.expose_secret()) {
                    Ok(installation) => {
                        let text = "The installation code was accepted; it is used up now.";
                        self.asker.say(Says::Good, text);
                        let oauth_token = Held::typed(installation.oauth_token);
                        return Ok(Some(ShopAccess::Addon {
                            oauth_token,
                            token_url,
                        }));
                    }
                    Err(trouble) => {
                        let choices = [
                            Next {
                                label: "Type another installation code",
                                then: Anew::Code,
                            },
                            Next {
                                label: "Type all values of the add-on again",
                                then: Anew::All,
                            },
                            Next {
                                label: ANOTHER_WAY,
                                then: Anew::Way,
                            },
                        ];
                        match self.again(trouble, &choices)? {
                            Anew::Code => {}
                            Anew::All => break,
                            Anew::Way => return Ok(None),
                        }
                    }
                }
            }
        }
    }

    fn client_secret(&mut self) -> Result<Option<SecretString>, Ended> {
        let secret = match self.given.client_secret.take() {
            Some(place) => self.resolve(&place)?,
            None if self.asks() => Some(trimmed(
                &self.asker.secret("Client secret (Enter: it has none):")?,
            )),
            None => None,
        };
        Ok(secret.filter(|secret| !secret.expose_secret().is_empty()))
    }
}
