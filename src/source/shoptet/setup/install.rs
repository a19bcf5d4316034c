//! The way in by an add-on of one's own: where its tokens are exchanged, and installation codes.

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::{ANOTHER_WAY, TIMEOUT, code, given};
use crate::access::Access;
use crate::config::{Of, Read};
use crate::http::{Lane, LaneOptions, Policy};
use crate::source::setup::Desk;
use crate::source::shoptet::oauth::{AddonClient, Installation, OauthServer};
use crate::source::shoptet::trouble;
use crate::trouble::Trouble;
use crate::wizard::{Ended, Says, trimmed};

/// Exchanges an installation code, until one is good.
pub(super) fn install(
    desk: &mut dyn Desk,
    _keep: bool,
    _number: &mut Option<String>,
) -> Result<Option<Access>, Ended> {
    loop {
        let Some(token_url) = desk.ask("token_url")?.as_ref().and_then(Url::of) else {
            return Ok(None);
        };
        let client_id = match given(desk, "client_id") {
            Some(id) => id,
            None => desk.line("Client ID of the add-on:")?,
        };
        let client_secret = client_secret(desk)?;
        let redirect_uri = match given(desk, "redirect_uri") {
            Some(uri) => uri,
            None => desk.line("Redirect address of the add-on:")?,
        };
        let addon = AddonClient {
            token_url: token_url.clone(),
            client_id,
            client_secret,
            redirect_uri,
        };
        loop {
            let code = match code(desk, "install_code") {
                Some(code) => code,
                None => trimmed(&desk.asker().secret("Installation code:")?),
            };
            let trouble = match exchange(desk, &addon, &code) {
                Ok(installation) => {
                    let text = "The installation code was accepted; it is used up now.";
                    desk.asker().say(Says::Good, text);
                    let mut access = desk.unasked();
                    access.values.put("token_url", Some(Read::Url(token_url)));
                    access.hold("oauth_token", installation.oauth_token, None);
                    return Ok(Some(access));
                }
                Err(trouble) => trouble,
            };
            let choices = [
                "Type another installation code",
                "Type all values of the add-on again",
                ANOTHER_WAY,
            ];
            match desk.what_now(trouble, &choices)? {
                0 => {}
                1 => break,
                _ => return Ok(None),
            }
        }
    }
}

/// The code is used up by that.
fn exchange(
    desk: &dyn Desk,
    addon: &AddonClient,
    code: &SecretString,
) -> Result<Installation, Trouble> {
    let lane = Arc::new(Lane::new(LaneOptions::default()));
    let server = OauthServer::new(TIMEOUT, Policy::attended(), lane, desk.stop());
    let exchanged = server.and_then(|server| {
        let exchanged = server.exchange_code(addon, code.expose_secret());
        desk.runtime().block_on(exchanged)
    });
    exchanged.map_err(|error| trouble::exchange(&error))
}

fn client_secret(desk: &mut dyn Desk) -> Result<Option<SecretString>, Ended> {
    let secret = match desk.given("client_secret") {
        Some(Read::Secret(place)) => desk.resolve(&place)?,
        _ if desk.asks() => Some(trimmed(
            &desk.asker().secret("Client secret (Enter: it has none):")?,
        )),
        _ => None,
    };
    Ok(secret.filter(|secret| !secret.expose_secret().is_empty()))
}
