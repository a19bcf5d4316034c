//! Who calls: a private API token, or the API access token of an add-on, which lives half an hour.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use reqwest::header::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;
use tracing::warn;
use url::Url;

use super::oauth::{OauthServer, are_all_in_use};
use super::pairing::Backend;
use crate::access::Access;
use crate::config::Missing;
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

impl Credentials {
    pub(super) fn of(access: &Access) -> Result<Self, Missing> {
        if let Ok(token) = access.secret("private_token") {
            return Ok(Self::PrivateToken(token.clone()));
        }
        if let Ok(oauth_token) = access.secret("oauth_token") {
            return Ok(Self::Addon {
                oauth_token: oauth_token.clone(),
                token_url: access.values.need("token_url")?,
            });
        }
        Ok(Self::Pairing {
            secret: access.secret("pairing")?.clone(),
            addon_url: access.values.need("addon_url")?,
        })
    }
}

/// A token that ends so soon is not used any more.
const MARGIN: TimeDelta = TimeDelta::seconds(30);
const ALL_IN_USE: &str =
    "the add-on's OAuth server gives no token: as many as it allows are in use";
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
    policy: Policy,
    stop: Stop,
    /// Since when no token is to be had, as all are in use. Held by the one who waits for all.
    none_since: Mutex<Option<Instant>>,
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
                server: OauthServer::new(EXCHANGE_TIMEOUT, policy, lane, stop.clone())?,
                token_url,
                oauth_token,
            },
            Credentials::Pairing { secret, addon_url } => Way::Pairing {
                backend: Backend::new(addon_url, policy, lane, stop.clone())?,
                secret,
            },
        };
        let tokens = Tokens::new(cache, MARGIN);
        Ok(Self {
            way,
            tokens,
            policy,
            stop,
            none_since: Mutex::default(),
        })
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
        let token = self.patiently(None).await?;
        Ok((
            HeaderName::from_static(name),
            sensitive(token.expose_secret())?,
            token,
        ))
    }

    /// Replaces a token that was refused, unless another run has done so already.
    pub(super) async fn renew(&self, refused: &SecretString) -> Result<(), SourceError> {
        self.patiently(Some(refused)).await?;
        Ok(())
    }

    /// A token; where all are in use, one that runs out is waited for. The cache is let go meanwhile:
    /// runs of other shops need it, and another run of this one may bring the token.
    async fn patiently(&self, refused: Option<&SecretString>) -> Result<SecretString, SourceError> {
        let mut none_since = self.none_since.lock().await;
        let mut attempt = 0;
        loop {
            let error = match self.token(refused).await {
                Err(SourceError::Http(error)) if are_all_in_use(&error) => error,
                other => {
                    *none_since = None;
                    return other;
                }
            };
            let wait = self.policy.backoff(attempt, fastrand::u8(..));
            let most = self.policy.limit_patience;
            if none_since.get_or_insert_with(Instant::now).elapsed() + wait > most {
                return Err(SourceError::UsedUp(format!(
                    "{ALL_IN_USE}, until they run out within half an hour ({error})"
                )));
            }
            if attempt == 0 {
                let minutes = most.as_secs() / 60;
                warn!("{ALL_IN_USE}; waiting until one runs out, {minutes} min at most ({error})");
            }
            if !self.stop.sleep(wait).await {
                let reason = self.stop.reason().unwrap_or("stopped");
                return Err(HttpError::Stopped(reason).into());
            }
            attempt += 1;
        }
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
        let refused = error
            .status()
            .is_some_and(|status| status.is_client_error());
        if refused && !are_all_in_use(&error) {
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
