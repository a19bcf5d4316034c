//! When an access to Caflou ends, as far as that is known without asking anybody.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL;
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use super::auth::login_name;
use super::client::login_url;
use super::wire::whole;
use crate::state::Cache;

/// The end of a token that is a JSON Web Token with the claim `exp` (RFC 7519, 4.1.4). Its
/// signature is the service's to check: this only tells people when they will need a new one.
#[must_use]
pub fn token_ends(token: &SecretString) -> Option<DateTime<Utc>> {
    let mut parts = token.expose_secret().trim().split('.');
    let (_header, claims, _signature) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let claims = BASE64URL.decode(claims.trim_end_matches('=')).ok()?;
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    DateTime::from_timestamp(whole(&claims["exp"])?, 0)
}

/// The end of the login that is kept from earlier runs, and whether the program can log in by itself
/// then; `None`: the next run logs in anew.
#[must_use]
pub fn login_ends(
    cache: &Cache,
    api_url: &Url,
    email: &str,
    password: &SecretString,
    now: DateTime<Utc>,
) -> Option<(DateTime<Utc>, bool)> {
    let name = login_name(&login_url(api_url), email, password);
    let token = cache.token(&name, now)?;
    Some((token.expires_at, token.renewable))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_tells_its_end_where_it_can() {
        let token = |claims: &str| format!("e30.{}.c2ln", BASE64URL.encode(claims));
        let ends = |token: &str| token_ends(&token.into()).map(|at| at.timestamp());
        assert_eq!(ends(&token(r#"{"exp":1800000000}"#)), Some(1_800_000_000));
        let padded = token(r#"{"exp":1800000000}"#).replace(".c2ln", "==.c2ln");
        assert_eq!(ends(&padded), Some(1_800_000_000));
        for without in [
            "caflou-b1f3a7c5d9e2468013579bdf",
            "a.b",
            "a.b.c.d",
            "e30.???.c2ln",
            &token("{}"),
            &token(r#"{"exp":"soon"}"#),
            &token("[]"),
        ] {
            assert_eq!(ends(without), None, "{without}");
        }
    }
}
