//! Who calls: a private API token, or the API access token of an add-on, which lives half an hour.

use std::time::Duration;

use chrono::{TimeDelta, Utc};
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use crate::http::{Call, Door, HttpError, Repeat, Requests};
use crate::record::Json;
use crate::source::SourceError;
use crate::state::{Cache, CachedToken, Tokens};

/// How the shop lets us in.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// A private API token (Premium), header `Shoptet-Private-API-Token`.
    PrivateToken(SecretString),
    /// An add-on's OAuth access token, exchanged at `token_url` for API access tokens.
    Addon {
        /// The OAuth access token; it goes to `token_url` only.
        oauth_token: SecretString,
        /// `https://<partner shop>/action/ApiOAuthServer/getAccessToken`.
        token_url: Url,
    },
}

/// A token that ends so soon is not used any more.
const MARGIN: TimeDelta = TimeDelta::seconds(30);
/// How long a token lives where the answer does not say, by the service's documentation.
const HALF_AN_HOUR: TimeDelta = TimeDelta::minutes(30);
/// How long the exchange may take.
pub(super) const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(30);

/// Gives the header that lets a request in.
#[derive(Debug)]
pub(super) struct Auth {
    credentials: Credentials,
    exchange: Door,
    tokens: Tokens,
}

impl Auth {
    pub(super) fn new(credentials: Credentials, exchange: Door, cache: Cache) -> Self {
        Self {
            credentials,
            exchange,
            tokens: Tokens::new(cache, MARGIN),
        }
    }

    /// Whether a refused token may be replaced by a fresh one.
    pub(super) fn renewable(&self) -> bool {
        matches!(self.credentials, Credentials::Addon { .. })
    }

    /// Requests for tokens.
    pub(super) fn requests(&self) -> &Requests {
        self.exchange.requests()
    }

    /// The header of the next request, and the token in it.
    pub(super) async fn header(
        &self,
    ) -> Result<(HeaderName, HeaderValue, SecretString), SourceError> {
        let (name, token) = match &self.credentials {
            Credentials::PrivateToken(token) => ("shoptet-private-api-token", token.clone()),
            Credentials::Addon {
                oauth_token,
                token_url,
            } => (
                "shoptet-access-token",
                self.access_token(oauth_token, token_url, None).await?,
            ),
        };
        Ok((
            HeaderName::from_static(name),
            sensitive(token.expose_secret())?,
            token,
        ))
    }

    /// Replaces a token that was refused, unless another run has done so already.
    pub(super) async fn renew(&self, refused: &SecretString) -> Result<(), SourceError> {
        if let Credentials::Addon {
            oauth_token,
            token_url,
        } = &self.credentials
        {
            self.access_token(oauth_token, token_url, Some(refused))
                .await?;
        }
        Ok(())
    }

    /// A valid access token that is not `refused`: held, else from the cache, else a new one.
    async fn access_token(
        &self,
        oauth_token: &SecretString,
        token_url: &Url,
        refused: Option<&SecretString>,
    ) -> Result<SecretString, SourceError> {
        let name = Cache::token_name(token_url.as_str(), oauth_token);
        self.tokens
            .get(&name, refused, self.exchange(oauth_token, token_url))
            .await
    }

    /// `GET …/ApiOAuthServer/getAccessToken`: `{"access_token": …, "expires_in": 1800}`.
    async fn exchange(&self, oauth: &SecretString, url: &Url) -> Result<CachedToken, SourceError> {
        let bearer = sensitive(&format!("Bearer {}", oauth.expose_secret()))?;
        let call = Call {
            method: Method::GET,
            url: url.clone(),
            headers: vec![(AUTHORIZATION, bearer)],
            body: None,
            repeat: Repeat::Safe,
        };
        let asked_at = Utc::now();
        let answer = self.exchange.send(call, || Ok(())).await.map_err(|error| {
            if error
                .status()
                .is_some_and(|status| status.is_client_error())
            {
                SourceError::Access(format!(
                    "the OAuth access token was refused: {error}; check oauth_token and token_url"
                ))
            } else {
                error.into()
            }
        })?;
        let Json(json) = serde_json::from_slice(&answer.body).unwrap_or_default();
        let life = json.get("expires_in").and_then(|life| match life {
            Value::String(text) => text.parse().ok(),
            other => other.as_i64(),
        });
        let token = json
            .get("access_token")
            .and_then(Value::as_str)
            .filter(|token| !token.is_empty());
        let end = life
            .and_then(TimeDelta::try_seconds)
            .and_then(|life| asked_at.checked_add_signed(life));
        match token {
            Some(token) => Ok(CachedToken {
                token: token.into(),
                expires_at: end.unwrap_or(asked_at + HALF_AN_HOUR),
            }),
            None => Err(HttpError::Garbled {
                service: "Shoptet",
                method: Method::GET,
                path: url.path().to_owned(),
                reason: "no access_token in the answer".to_owned(),
                request_id: None,
            }
            .into()),
        }
    }
}

fn sensitive(text: &str) -> Result<HeaderValue, SourceError> {
    let mut value = HeaderValue::from_str(text).map_err(|_| {
        SourceError::Access("the Shoptet token holds characters that no token has".to_owned())
    })?;
    value.set_sensitive(true);
    Ok(value)
}
