//! A JSON service whose token is given for credentials, and runs out.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use crate::access::{Access, Shared};
use crate::http::{Answer, Call, Door, DoorOptions, HttpError, Repeat};
use crate::record::Json;
use crate::source::SourceError;
use crate::state::{CachedToken, Tokens};

/// How long a token lives where the answer does not say.
const HALF_AN_HOUR: TimeDelta = TimeDelta::minutes(30);
/// A token that ends so soon is not used any more.
const MARGIN: TimeDelta = TimeDelta::seconds(30);
/// How long one request may take.
const TIMEOUT: Duration = Duration::from_mins(1);

/// What a session needs.
pub struct SessionOptions {
    /// The service's name in messages.
    pub service: &'static str,
    /// Its address.
    pub api_url: Url,
    /// Headers of every request, that for a token included.
    pub headers: HeaderMap,
    /// Reads the service's error code and message out of a refusing answer.
    pub explain: fn(&Answer) -> (Option<String>, Option<String>),
    /// How a token is asked for.
    pub sign_in: SignIn,
}

/// How a token is asked for: `POST`, and `access_token` and `expires_in` come back.
pub struct SignIn {
    /// Where.
    pub url: Url,
    /// Headers of this request; mark secrets as sensitive.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Its body.
    pub body: String,
}

/// A way to the service. One token is shared by all that use the same credentials, other processes
/// included, and only one asks for it.
pub struct Session {
    door: Door,
    service: &'static str,
    api_url: Url,
    sign_in: SignIn,
    tokens: Tokens,
    name: String,
}

/// An answer, and the service's clock then.
pub struct Got {
    /// Its body.
    pub body: Value,
    /// What the clock said, where the answer tells.
    pub at: Option<DateTime<Utc>>,
}

impl Session {
    /// Nothing is sent yet.
    ///
    /// # Errors
    /// When the system's certificates cannot be read.
    pub fn new(
        options: SessionOptions,
        access: &Access,
        shared: Shared,
    ) -> Result<Self, SourceError> {
        let door = DoorOptions {
            service: options.service,
            timeout: TIMEOUT,
            headers: options.headers,
            explain: options.explain,
            policy: shared.policy,
        };
        Ok(Self {
            door: Door::new(door, shared.lane, shared.stop)?,
            service: options.service,
            api_url: options.api_url,
            sign_in: options.sign_in,
            tokens: Tokens::new(shared.cache, MARGIN),
            name: access.name(),
        })
    }

    /// Reads an address; where the token has run out, once more with a new one.
    ///
    /// # Errors
    /// When the service does not let us in, or gives no JSON.
    pub async fn get(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Got, SourceError> {
        let mut url = self.api_url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let mut refused = None;
        loop {
            let token = self.token(refused.as_ref()).await?;
            let call = Call {
                method: Method::GET,
                url: url.clone(),
                headers: vec![self.bearer(&token)?],
                body: None,
                repeat: Repeat::Safe,
            };
            match self.door.send(call, || Ok(())).await {
                Err(error)
                    if refused.is_none() && error.status() == Some(StatusCode::UNAUTHORIZED) =>
                {
                    refused = Some(token);
                }
                answer => {
                    let answer = answer?;
                    let at = answer.date();
                    let body = serde_json::from_slice(&answer.body);
                    let Json(body) = body.map_err(|error| self.garbled(&url, &error))?;
                    return Ok(Got { body, at });
                }
            }
        }
    }

    /// As [`Self::get`]; `None` where there is no such thing.
    ///
    /// # Errors
    /// As there.
    pub async fn find(&self, path: &[&str]) -> Result<Option<Value>, SourceError> {
        match self.get(path, &[]).await {
            Ok(got) => Ok(Some(got.body)),
            Err(SourceError::Http(error)) if error.is_missing() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// An answer that is not what the service promises.
    pub fn odd(&self, path: &str, reason: &impl ToString) -> SourceError {
        HttpError::Garbled {
            service: self.service,
            method: Method::GET,
            path: path.to_owned(),
            reason: reason.to_string(),
            request_id: None,
        }
        .into()
    }

    /// Requests sent and repeated so far.
    #[must_use]
    pub fn requests(&self) -> (u64, u64) {
        let requests = self.door.requests();
        (requests.sent(), requests.retries())
    }

    async fn token(&self, refused: Option<&SecretString>) -> Result<SecretString, SourceError> {
        self.tokens.get(&self.name, refused, self.sign_in()).await
    }

    async fn sign_in(&self) -> Result<CachedToken, SourceError> {
        let SignIn { url, headers, body } = &self.sign_in;
        let call = Call {
            method: Method::POST,
            url: url.clone(),
            headers: headers.clone(),
            body: Some(body.clone().into_bytes()),
            repeat: Repeat::Safe,
        };
        let asked_at = Utc::now();
        let answer = self.door.send(call, || Ok(())).await.map_err(|error| {
            let refused = error.status().is_some_and(|status| {
                status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS
            });
            if refused {
                let service = self.service;
                SourceError::Access(format!(
                    "{service} gives no token for these credentials: {error}"
                ))
            } else {
                error.into()
            }
        })?;
        let token = read_token(&answer.body, asked_at);
        token.ok_or_else(|| self.odd(url.path(), &"no access_token in the answer"))
    }

    fn bearer(&self, token: &SecretString) -> Result<(HeaderName, HeaderValue), SourceError> {
        let value = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()));
        let mut value = value.map_err(|_| {
            let service = self.service;
            SourceError::Access(format!(
                "the token of {service} holds characters that no token has"
            ))
        })?;
        value.set_sensitive(true);
        Ok((AUTHORIZATION, value))
    }

    fn garbled(&self, url: &Url, error: &serde_json::Error) -> SourceError {
        self.odd(url.path(), &format!("no JSON: {error}"))
    }
}

/// `access_token` and `expires_in` (seconds, also as text) of an answer; `None`: no token.
#[must_use]
pub fn read_token(body: &[u8], asked_at: DateTime<Utc>) -> Option<CachedToken> {
    let Json(json) = serde_json::from_slice(body).ok()?;
    let token = json.get("access_token")?.as_str()?;
    let life = json.get("expires_in").and_then(|life| match life {
        Value::String(text) => text.parse().ok(),
        other => other.as_i64(),
    });
    let end = life
        .and_then(TimeDelta::try_seconds)
        .and_then(|life| asked_at.checked_add_signed(life));
    (!token.is_empty()).then(|| CachedToken {
        token: token.into(),
        renewable: true,
        expires_at: end.unwrap_or(asked_at + HALF_AN_HOUR),
    })
}
