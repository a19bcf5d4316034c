//! Who calls: a token from the application, or a login that lasts a week.

use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::wire::whole;
use crate::access::Access;
use crate::config::Missing;
use crate::http::{Call, Door, HttpError, Repeat};
use crate::record::Json;
use crate::state::{Cache, CachedToken, Tokens};

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

impl Credentials {
    pub(super) fn of(access: &Access) -> Result<Self, Missing> {
        if let Ok(token) = access.secret("token") {
            return Ok(Self::Token(token.clone()));
        }
        Ok(Self::Login {
            email: access.values.need("email")?,
            password: access.secret("password")?.clone(),
        })
    }
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
    tokens: Tokens,
}

impl Auth {
    pub(super) fn new(credentials: Credentials, login_url: Url, cache: Cache) -> Self {
        Self {
            credentials,
            login_url,
            tokens: Tokens::new(cache, MARGIN),
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
        let name = login_name(&self.login_url, email, password);
        let login = self.login(door, (email, password), None);
        self.tokens.get(&name, refused, login).await
    }

    /// Logs in anew and keeps the token for the next requests and runs; `None`: there is no login,
    /// but a token.
    pub(super) async fn log_in(
        &self,
        door: &Door,
        otp: Option<&SecretString>,
    ) -> Result<Option<DateTime<Utc>>, HttpError> {
        let Credentials::Login { email, password } = &self.credentials else {
            return Ok(None);
        };
        let token = self.login(door, (email, password), otp).await?;
        let ends = token.expires_at;
        let renewable = otp.is_none();
        let name = login_name(&self.login_url, email, password);
        self.tokens.keep(&name, CachedToken { renewable, ..token });
        Ok(Some(ends))
    }

    /// `POST /api/v1/login`: `access_token` and `expires_at` (seconds since 1970). A one-time
    /// password goes along as `?otp=`; as it is good for one log-in only, that is not repeated.
    async fn login(
        &self,
        door: &Door,
        (email, password): (&str, &SecretString),
        otp: Option<&SecretString>,
    ) -> Result<CachedToken, HttpError> {
        let basic = BASE64.encode(format!("{email}:{}", password.expose_secret()));
        let mut url = self.login_url.clone();
        if let Some(otp) = otp {
            url.query_pairs_mut()
                .append_pair("otp", otp.expose_secret());
        }
        let call = Call {
            method: Method::POST,
            url,
            headers: vec![(AUTHORIZATION, sensitive(&format!("Basic {basic}"))?)],
            body: None,
            repeat: otp.map_or(Repeat::Safe, |_| Repeat::IfRefused),
        };
        let answer = door.send(call, || Ok(())).await?;
        read_login(&answer.body, Utc::now()).ok_or_else(|| HttpError::Garbled {
            service: "Caflou",
            method: Method::POST,
            path: self.login_url.path().to_owned(),
            reason: "no access_token in the answer".to_owned(),
            request_id: None,
        })
    }
}

/// The token in an answer to a login; `None`: there is none.
#[must_use]
pub fn read_login(body: &[u8], now: DateTime<Utc>) -> Option<CachedToken> {
    let Json(json) = serde_json::from_slice(body).ok()?;
    let token = json["access_token"]
        .as_str()
        .filter(|token| !token.is_empty())?;
    let expires_at = whole(&json["expires_at"]).and_then(|at| DateTime::from_timestamp(at, 0));
    Some(CachedToken {
        token: token.into(),
        renewable: true,
        expires_at: expires_at.unwrap_or(now + WEEK),
    })
}

/// The name under which the token of a login is kept.
pub(super) fn login_name(login_url: &Url, email: &str, password: &SecretString) -> String {
    Cache::token_name(&format!("{login_url} {email}"), password)
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
