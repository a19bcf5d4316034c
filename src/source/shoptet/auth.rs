//! Who calls: a private API token, or the API access token of an add-on, which lives half an hour.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use reqwest::header::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::oauth::OauthServer;
use super::pairing::Backend;
use crate::http::{HttpError, Lane, Policy, Requests, Stop};
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
    /// A pairing with an add-on's backend, which gives API access tokens for it.
    Pairing {
        /// The pairing secret; it goes to `addon_url` only.
        secret: SecretString,
        /// The backend's address.
        addon_url: Url,
    },
}

/// A token that ends so soon is not used any more.
const MARGIN: TimeDelta = TimeDelta::seconds(30);
/// How long asking for a token may take.
pub(super) const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(30);

/// Credentials with the way to where their tokens come from.
#[derive(Debug)]
enum Way {
    Private(SecretString),
    Addon {
        server: OauthServer,
        token_url: Url,
        oauth_token: SecretString,
    },
    Pairing {
        backend: Backend,
        secret: SecretString,
    },
}

/// The header that lets a request in, and the token in it.
pub(super) type Header = (HeaderName, HeaderValue, SecretString);

/// Gives the header that lets a request in.
#[derive(Debug)]
pub(super) struct Auth {
    way: Way,
    tokens: Tokens,
}

impl Auth {
    pub(super) fn new(
        credentials: Credentials,
        cache: Cache,
        (policy, lane, stop): (Policy, Arc<Lane>, Stop),
    ) -> Result<Self, HttpError> {
        let way = match credentials {
            Credentials::PrivateToken(token) => Way::Private(token),
            Credentials::Addon {
                oauth_token,
                token_url,
            } => Way::Addon {
                server: OauthServer::new(EXCHANGE_TIMEOUT, policy, lane, stop)?,
                token_url,
                oauth_token,
            },
            Credentials::Pairing { secret, addon_url } => Way::Pairing {
                backend: Backend::new(addon_url, policy, lane, stop)?,
                secret,
            },
        };
        let tokens = Tokens::new(cache, MARGIN);
        Ok(Self { way, tokens })
    }

    /// Whether a refused token may be replaced by a fresh one.
    pub(super) fn renewable(&self) -> bool {
        !matches!(self.way, Way::Private(_))
    }

    /// Requests for tokens, where there are any.
    pub(super) fn requests(&self) -> Option<&Requests> {
        match &self.way {
            Way::Private(_) => None,
            Way::Addon { server, .. } => Some(server.requests()),
            Way::Pairing { backend, .. } => Some(backend.requests()),
        }
    }

    /// The header of the next request.
    pub(super) async fn header(&self) -> Result<Header, SourceError> {
        let name = match self.way {
            Way::Private(_) => "shoptet-private-api-token",
            Way::Addon { .. } | Way::Pairing { .. } => "shoptet-access-token",
        };
        let token = self.token(None).await?;
        Ok((
            HeaderName::from_static(name),
            sensitive(token.expose_secret())?,
            token,
        ))
    }

    /// Replaces a token that was refused, unless another run has done so already.
    pub(super) async fn renew(&self, refused: &SecretString) -> Result<(), SourceError> {
        self.token(Some(refused)).await?;
        Ok(())
    }

    /// The private token, or a valid one that is not `refused`: held, else from the cache, else a
    /// new one.
    async fn token(&self, refused: Option<&SecretString>) -> Result<SecretString, SourceError> {
        match &self.way {
            Way::Private(token) => Ok(token.clone()),
            Way::Addon {
                server,
                token_url,
                oauth_token,
            } => {
                let name = Cache::token_name(token_url.as_str(), oauth_token);
                let obtain = exchange(server, token_url, oauth_token);
                self.tokens.get(&name, refused, obtain).await
            }
            Way::Pairing { backend, secret } => {
                let name = Cache::token_name(backend.addon_url().as_str(), secret);
                let obtain = backend.access_token(secret, refused);
                self.tokens.get(&name, refused, obtain).await
            }
        }
    }
}

/// A new token of an add-on; a refusal says what to check.
async fn exchange(
    server: &OauthServer,
    token_url: &Url,
    oauth_token: &SecretString,
) -> Result<CachedToken, SourceError> {
    let token = server.access_token(token_url, oauth_token).await;
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
}

fn sensitive(text: &str) -> Result<HeaderValue, SourceError> {
    let mut value = HeaderValue::from_str(text).map_err(|_| {
        SourceError::Access("the Shoptet token holds characters that no token has".to_owned())
    })?;
    value.set_sensitive(true);
    Ok(value)
}
