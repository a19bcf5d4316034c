//! Connecting a shop: codes from e-mails, and the statuses that its orders have.

mod install;
mod pairing;

use std::time::Duration;

use secrecy::SecretString;

use super::{CANCELLED, Statuses};
use crate::config::{Of, Read, Secret};
use crate::source::setup::{self, Code, Desk, Named, Need, Setup};

/// How long one request may take, with somebody waiting.
const TIMEOUT: Duration = Duration::from_secs(20);
const ANOTHER_WAY: &str = "Another way in";

pub(super) static SETUP: Setup = Setup {
    codes: &[
        Code {
            label: "pairing code from the add-on's e-mail",
            name: "pairing_code",
            gives: Some("pairing"),
            obtain: pairing::paired,
        },
        Code {
            label: "one-time installation code of an own add-on",
            name: "install_code",
            gives: None,
            obtain: install::install,
        },
    ],
    missing,
    statuses: Some(setup::Statuses {
        cancelled: CANCELLED,
        check: |there, cancelled, wanted| Statuses::of(there, cancelled, wanted).map(drop),
    }),
};

/// The flags of the ways in.
fn missing(named: &Named<'_>, need: &mut Need<'_>) {
    if named("pairing_code") {
        need(named("eshop_id"), "--eshop-id");
        need(named("addon_url"), "--addon-url");
    } else if named("install_code") {
        need(named("token_url"), "--token-url");
        need(named("client_id"), "--client-id");
        need(named("redirect_uri"), "--redirect-uri");
    } else if named("oauth_token") || named("token_url") {
        need(named("oauth_token"), "--oauth-token-file or --install-code");
        need(named("token_url"), "--token-url");
    } else {
        let ways = "--private-token-env (or --pairing-code, --oauth-token-file, --install-code)";
        need(named("private_token"), ways);
    }
}

/// A text that was given beforehand.
fn given(desk: &mut dyn Desk, name: &str) -> Option<String> {
    desk.given(name).as_ref().and_then(String::of)
}

/// A code that was given beforehand.
fn code(desk: &mut dyn Desk, name: &str) -> Option<SecretString> {
    match desk.given(name)? {
        Read::Secret(Secret::Plain(code)) => Some(code),
        other => Some(other.to_string().into()),
    }
}
