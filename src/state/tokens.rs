//! A token that runs out: held in memory, kept in the cache for other runs, obtained when needed.

use std::sync::Mutex;

use chrono::{TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};

use super::{Cache, CachedToken};

/// Gives a valid token, and asks for a new one as seldom as possible, also across processes.
#[derive(Debug)]
pub struct Tokens {
    cache: Cache,
    /// A token that ends so soon is not used any more.
    margin: TimeDelta,
    held: Mutex<Option<CachedToken>>,
    renewing: tokio::sync::Mutex<()>,
}

impl Tokens {
    /// Nothing is held yet.
    #[must_use]
    pub fn new(cache: Cache, margin: TimeDelta) -> Self {
        Self {
            cache,
            margin,
            held: Mutex::default(),
            renewing: tokio::sync::Mutex::default(),
        }
    }

    /// A token that is valid and not `refused`: held, else from the cache under `name`, else
    /// obtained.
    ///
    /// # Errors
    /// Those of `obtain`.
    pub async fn get<E>(
        &self,
        name: &str,
        refused: Option<&SecretString>,
        obtain: impl Future<Output = Result<CachedToken, E>>,
    ) -> Result<SecretString, E> {
        let usable = |token: &CachedToken| {
            Utc::now() + self.margin < token.expires_at
                && refused.is_none_or(|old| old.expose_secret() != token.token.expose_secret())
        };
        let held = || {
            self.held
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
        let cache = self.cache.clone();
        // Other processes wait here too: services limit how many tokens may be alive.
        let lock = tokio::task::spawn_blocking(move || cache.lock())
            .await
            .ok()
            .flatten();
        let kept = self
            .cache
            .token(name, Utc::now() + self.margin)
            .filter(usable);
        let token = if let Some(token) = kept {
            token
        } else {
            let token = obtain.await?;
            self.store(name, &token);
            token
        };
        drop(lock);
        if let Ok(mut held) = self.held.lock() {
            *held = Some(token.clone());
        }
        Ok(token.token)
    }

    /// Takes a token that was obtained in another way, for the next requests and runs.
    pub fn keep(&self, name: &str, token: CachedToken) {
        let lock = self.cache.lock();
        self.store(name, &token);
        drop(lock);
        if let Ok(mut held) = self.held.lock() {
            *held = Some(token);
        }
    }

    fn store(&self, name: &str, token: &CachedToken) {
        if let Err(error) = self.cache.keep_token(name, token, Utc::now()) {
            let folder = self.cache.folder().display();
            tracing::warn!("the token cache in {folder} cannot be written: {error}");
        }
    }
}
