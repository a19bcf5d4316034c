//! The way in by an add-on of one's own: where its tokens are exchanged, and installation codes.

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::answers::trimmed;
use super::asker::{Ended, Says};
use super::fields::Side;
use super::flow::{Next, Wizard};
use super::source::ANOTHER_WAY;
use crate::access::Access;
use crate::config::{Of, Read};
use crate::source::shoptet::oauth::AddonClient;

/// What is answered anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Anew {
    Code,
    All,
    Way,
}

impl Wizard<'_> {
    /// The address of the add-on's OAuth server.
    fn token_url(&mut self) -> Result<Option<Url>, Ended> {
        let Some(field) = self.table(Side::Source).field("token_url") else {
            return Ok(None);
        };
        Ok(Url::of(&self.ask_field(Side::Source, field)?))
    }

    /// Exchanges an installation code, until one is good.
    pub(super) fn install(&mut self) -> Result<Option<Access>, Ended> {
        loop {
            let Some(token_url) = self.token_url()? else {
                return Ok(None);
            };
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
                        let mut access = self.unasked(Side::Source);
                        access.values.put("token_url", Some(Read::Url(token_url)));
                        access.hold("oauth_token", installation.oauth_token, None);
                        return Ok(Some(access));
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
