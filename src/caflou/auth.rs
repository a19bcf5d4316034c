//! Who calls: a token from the application, or a login that lasts a week.

use std::sync::Mutex;

use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use super::wire::whole;
use crate::http::{Call, Door, HttpError, Repeat};
use crate::state::{Cache, CachedToken};

/// How Caflou lets us in.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// A token made in Caflou (Account settings, API).
    Token(SecretString),
    /// `POST /api/v1/login` with HTTP Basic.
    Login {
        /// The user.
        email: String,
        /// The user's password.
        password: SecretString,
    },
}

/// A login that ends so soon is renewed before it is used.
const MARGIN: TimeDelta = TimeDelta::minutes(10);
/// How long a login lasts where the answer does not say (a week, by clients of the service).
const WEEK: TimeDelta = TimeDelta::days(7);

/// Gives the header that lets a request in.
#[derive(Debug)]
pub(super) struct Auth {
    credentials: Credentials,
    login_url: Url,
    cache: Cache,
    current: Mutex<Option<CachedToken>>,
    renewing: tokio::sync::Mutex<()>,
}

impl Auth {
    pub(super) fn new(credentials: Credentials, login_url: Url, cache: Cache) -> Self {
        let (current, renewing) = (Mutex::default(), tokio::sync::Mutex::default());
        Self {
            credentials,
            login_url,
            cache,
            current,
            renewing,
        }
    }

    /// Whether a refused token may be replaced by a fresh one.
    pub(super) fn renewable(&self) -> bool {
        matches!(self.credentials, Credentials::Login { .. })
    }

    /// A token that is not `refused`.
    pub(super) async fn token(
        &self,
        door: &Door,
        refused: Option<&SecretString>,
    ) -> Result<SecretString, HttpError> {
        let (email, password) = match &self.credentials {
            Credentials::Token(token) => return Ok(token.clone()),
            Credentials::Login { email, password } => (email, password),
        };
        let usable = |token: &CachedToken| {
            Utc::now() + MARGIN < token.expires_at
                && refused.is_none_or(|old| old.expose_secret() != token.token.expose_secret())
        };
        let held = || {
            self.current
                .lock()
                .map_or(None, |held| held.clone())
                .filter(usable)
        };
        if let Some(token) = held() {
            return Ok(token.token);
        }
        let _turn = self.renewing.lock().await;
        if let Some(token) = held() {
            return Ok(token.token);
        }
        let name = Cache::token_name(&format!("{} {email}", self.login_url), password);
        let cache = self.cache.clone();
        let lock = tokio::task::spawn_blocking(move || cache.lock())
            .await
            .ok()
            .flatten();
        let token = match self.cache.token(&name, Utc::now() + MARGIN).filter(usable) {
            Some(token) => token,
            None => {
                let token = self.login(door, email, password).await?;
                if let Err(error) = self.cache.keep_token(&name, &token, Utc::now()) {
                    let folder = self.cache.folder().display();
                    tracing::warn!("the token cache in {folder} cannot be written: {error}");
                }
                token
            }
        };
        drop(lock);
        if let Ok(mut held) = self.current.lock() {
            *held = Some(token.clone());
        }
        Ok(token.token)
    }

    /// `POST /api/v1/login`: `access_token` and `expires_at` (seconds since 1970).
    async fn login(
        &self,
        door: &Door,
        email: &str,
        password: &SecretString,
    ) -> Result<CachedToken, HttpError> {
        let basic = BASE64.encode(format!("{email}:{}", password.expose_secret()));
        let call = Call {
            method: Method::POST,
            url: self.login_url.clone(),
            headers: vec![(AUTHORIZATION, sensitive(&format!("Basic {basic}"))?)],
            body: None,
            repeat: Repeat::Safe,
        };
        let answer = door.send(call, || Ok(())).await?;
        let json: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let token = json["access_token"]
            .as_str()
            .filter(|token| !token.is_empty());
        let expires_at = whole(&json["expires_at"]).and_then(|at| DateTime::from_timestamp(at, 0));
        match token {
            Some(token) => Ok(CachedToken {
                token: token.into(),
                expires_at: expires_at.unwrap_or_else(|| Utc::now() + WEEK),
            }),
            None => Err(HttpError::Garbled {
                service: "Caflou",
                method: Method::POST,
                path: self.login_url.path().to_owned(),
                reason: "no access_token in the answer".to_owned(),
                request_id: None,
            }),
        }
    }
}

/// The header of a token.
pub(super) fn bearer(token: &SecretString) -> Result<(HeaderName, HeaderValue), HttpError> {
    Ok((
        AUTHORIZATION,
        sensitive(&format!("Bearer {}", token.expose_secret()))?,
    ))
}

fn sensitive(text: &str) -> Result<HeaderValue, HttpError> {
    let mut value = HeaderValue::from_str(text).map_err(|_| {
        HttpError::Refused(Box::new(crate::http::Refusal {
            service: "Caflou",
            method: Method::GET,
            path: "/api/v1".to_owned(),
            status: StatusCode::UNAUTHORIZED,
            code: None,
            message: "the token holds characters that no token has (nothing was sent)".to_owned(),
            request_id: None,
        }))
    })?;
    value.set_sensitive(true);
    Ok(value)
}
