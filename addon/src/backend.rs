//! What all requests share: settings with their secrets, the vault, the store, the ways to Shoptet.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use ring::hmac::{self, HMAC_SHA1_FOR_LEGACY_USE_ONLY};
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

use super::database::{Database, DatabaseError};
use super::metrics::Metrics;
use super::queue::Queue;
use super::share::Shares;
use super::store::Store;
use super::token::Turns;
use super::vault::{Vault, VaultError};
use crate::config::{AddonConfig, AddonOauth};
use caflou_sync::config::{Secret, SecretError};
use caflou_sync::http::{HttpError, Lane, LaneOptions, Pace, Policy, Stopper};
use caflou_sync::mail::Login;
use caflou_sync::source::shoptet::country::Countries;
use caflou_sync::source::shoptet::oauth::{AddonClient, OauthServer};
use caflou_sync::state::{Lock, LockError};

/// Connections that Shoptet allows at once per address are 50; some are left for installations.
const TOKENS_AT_ONCE: usize = 36;
/// Installations under way at once; those of one address, such as Shoptet's, are half of it.
const INSTALLATIONS_AT_ONCE: usize = 12;
/// Installations of one address that wait for a place.
const INSTALLATIONS_WAITING: usize = 16;
/// How long one request for an API access token may take.
const TOKEN_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the exchange of an installation code may take, of the five seconds that Shoptet waits.
const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(3);
/// How long each of the two requests for the shop's country may take, of the same five seconds.
const COUNTRY_TIMEOUT: Duration = Duration::from_millis(600);

/// The backend.
#[derive(Debug)]
pub struct Backend {
    pub(crate) config: AddonConfig,
    pub(crate) client: AddonClient,
    pub(crate) mail_login: Option<Login>,
    pub(crate) webhook_key: hmac::Key,
    pub(crate) vault: Arc<Vault>,
    pub(crate) store: Store,
    pub(crate) metrics: Metrics,
    /// For API access tokens.
    pub(crate) oauth: OauthServer,
    /// For installations, which have no time to stand in line.
    pub(crate) install_oauth: OauthServer,
    pub(crate) countries: Countries,
    pub(crate) turns: Turns,
    pub(crate) installing: Queue,
    pub(crate) under_way: Shares,
    _lock: Lock,
    /// Requests to Shoptet are never broken off: what is under way is brought to its end.
    _stopper: Stopper,
}

/// Why the backend does not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// A secret cannot be had.
    #[error("{key}")]
    Secret {
        /// Its key in the configuration.
        key: &'static str,
        /// Why.
        source: SecretError,
    },
    /// The key is none.
    #[error("key")]
    Key(#[from] VaultError),
    /// Another one serves: two would not know of each other's tokens.
    #[error("another backend serves {}{}; end it first", state.display(), .holder.as_deref().map(|who| format!(" ({who})")).unwrap_or_default())]
    Serving {
        /// The state file of both.
        state: PathBuf,
        /// Process and start of the other one, as it noted them.
        holder: Option<String>,
    },
    /// Whether another one serves cannot be found out.
    #[error(transparent)]
    Lock(LockError),
    /// The state file.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The system's certificates cannot be read.
    #[error(transparent)]
    Http(#[from] HttpError),
}

impl Backend {
    /// Fetches the secrets and opens the state file. It blocks the thread: a secret may be what a command
    /// prints.
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn start(config: AddonConfig) -> Result<Self, StartError> {
        let vault = Arc::new(vault(&config)?);
        let client = client(&config.oauth)?;
        let webhook_key = resolve(&config.webhook_signature_key, "webhook_signature_key")?;
        let webhook_key = webhook_key.expose_secret().as_bytes();
        let mail_login = mail_login(&config)?;
        let stopper = Stopper::default();
        let once = Policy {
            repetitions: 0,
            patience: Duration::ZERO,
            ..Policy::default()
        };
        let again = Policy {
            repetitions: 1,
            ..once
        };
        let stop = || stopper.listener();
        let install_lane = lane(INSTALLATIONS_AT_ONCE);
        let oauth = OauthServer::new(TOKEN_TIMEOUT, again, lane(TOKENS_AT_ONCE), stop())?;
        let install_oauth =
            OauthServer::new(EXCHANGE_TIMEOUT, once, Arc::clone(&install_lane), stop())?;
        let api = &config.shoptet_api_url;
        let countries = Countries::new(api, COUNTRY_TIMEOUT, once, install_lane, stop())?;
        let lock = alone(&config.state)?;
        let database = Database::open(&config.state, &vault)?;
        Ok(Self {
            client,
            mail_login,
            webhook_key: hmac::Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, webhook_key),
            vault,
            store: Store::new(database),
            metrics: Metrics::default(),
            oauth,
            install_oauth,
            countries,
            turns: Turns::default(),
            installing: Queue::new(INSTALLATIONS_AT_ONCE, INSTALLATIONS_WAITING),
            under_way: Shares::default(),
            config,
            _lock: lock,
            _stopper: stopper,
        })
    }
}

/// As what the add-on signs in.
fn client(oauth: &AddonOauth) -> Result<AddonClient, StartError> {
    let secret = oauth.client_secret.as_ref();
    let secret = secret.map(|secret| resolve(secret, "client_secret"));
    Ok(AddonClient {
        token_url: oauth.token_url.clone(),
        client_id: oauth.client_id.clone(),
        client_secret: secret.transpose()?,
        redirect_uri: oauth.redirect_uri.clone(),
    })
}

/// A lane for so many requests at once.
fn lane(open: usize) -> Arc<Lane> {
    let pace = Pace {
        open,
        // Nothing would ever show it while all that is asked is refused.
        side_by_side: true,
        ..Pace::default()
    };
    Arc::new(Lane::new(LaneOptions {
        pace,
        ..LaneOptions::default()
    }))
}

fn alone(state: &Path) -> Result<Lock, StartError> {
    Lock::take(state, "addon", Utc::now()).map_err(|error| match error {
        LockError::Held { holder, .. } => StartError::Serving {
            state: state.to_owned(),
            holder,
        },
        other @ LockError::Unusable { .. } => StartError::Lock(other),
    })
}

/// The vault of the configuration's key.
///
/// # Errors
/// Where the key cannot be had or is none.
pub fn vault(config: &AddonConfig) -> Result<Vault, StartError> {
    let key = resolve(&config.key, "key")?;
    Ok(Vault::new(&key)?)
}

/// User name and password at the mail server.
///
/// # Errors
/// Where the password cannot be had.
pub fn mail_login(config: &AddonConfig) -> Result<Option<Login>, StartError> {
    let login = config.mail.login.as_ref();
    let login = login.map(|(user, password)| {
        let password = resolve(password, "mail.password")?;
        Ok((user.clone(), password))
    });
    login.transpose()
}

fn resolve(secret: &Secret, key: &'static str) -> Result<SecretString, StartError> {
    secret
        .resolve()
        .map_err(|source| StartError::Secret { key, source })
}
