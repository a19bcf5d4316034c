//! Who calls: a private API token, or the API access token of an add-on, which lives half an hour.

use std::time::Duration;

use chrono::TimeDelta;
use reqwest::header::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::oauth::OauthServer;
use crate::http::Requests;
use crate::source::SourceError;
use crate::state::{Cache, Tokens};

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
/// How long the exchange may take.
pub(super) const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(30);

/// Gives the header that lets a request in.
#[derive(Debug)]
pub(super) struct Auth {
    credentials: Credentials,
    oauth: OauthServer,
    tokens: Tokens,
}

impl Auth {
    pub(super) fn new(credentials: Credentials, oauth: OauthServer, cache: Cache) -> Self {
        Self {
            credentials,
            oauth,
            tokens: Tokens::new(cache, MARGIN),
        }
    }

    /// Whether a refused token may be replaced by a fresh one.
    pub(super) fn renewable(&self) -> bool {
        matches!(self.credentials, Credentials::Addon { .. })
    }

    /// Requests for tokens.
    pub(super) fn requests(&self) -> &Requests {
        self.oauth.requests()
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
        let obtain = async {
            let token = self.oauth.access_token(token_url, oauth_token).await;
            token.map_err(|error| {
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
            })
        };
        self.tokens.get(&name, refused, obtain).await
    }
}

fn sensitive(text: &str) -> Result<HeaderValue, SourceError> {
    let mut value = HeaderValue::from_str(text).map_err(|_| {
        SourceError::Access("the Shoptet token holds characters that no token has".to_owned())
    })?;
    value.set_sensitive(true);
    Ok(value)
}
