//! The way into a service: its settings with the secrets in hand, and what its client shares with
//! others.

use std::collections::BTreeMap;
use std::sync::Arc;

use secrecy::SecretString;

use crate::config::{Missing, Read, Secret, Values, Way};
use crate::http::{Lane, Policy, Stop};
use crate::state::Cache;

/// The settings of one side of a connection, with its secrets in hand. Debug shows no secret.
#[derive(Debug, Clone)]
pub struct Access {
    /// The settings; a secret that is in no place yet is not among them.
    pub values: Values,
    secrets: BTreeMap<&'static str, SecretString>,
}

/// What a client shares with others of the same process.
#[derive(Debug, Clone)]
pub struct Shared {
    /// Where tokens obtained on the way are kept.
    pub cache: Cache,
    /// How patient the client is.
    pub policy: Policy,
    /// The way in, shared by all that use the same credentials.
    pub lane: Arc<Lane>,
    /// Ends the run.
    pub stop: Stop,
}

impl Access {
    /// Without secrets yet.
    #[must_use]
    pub fn new(values: Values) -> Self {
        Self {
            values,
            secrets: BTreeMap::new(),
        }
    }

    /// With all secrets of the settings.
    ///
    /// # Errors
    /// Those of `resolve`.
    pub fn of<E>(
        values: &Values,
        mut resolve: impl FnMut(&'static str, &Secret) -> Result<SecretString, E>,
    ) -> Result<Self, E> {
        let mut access = Self::new(values.clone());
        for (key, place) in values.secrets() {
            access.secrets.insert(key, resolve(key, place)?);
        }
        Ok(access)
    }

    /// Takes a secret, and the place that it has.
    pub fn hold(&mut self, key: &'static str, secret: SecretString, place: Option<Secret>) {
        self.secrets.insert(key, secret);
        self.values.put(key, place.map(Read::Secret));
    }

    /// A secret.
    ///
    /// # Errors
    /// Where it is not in hand.
    pub fn secret(&self, key: &'static str) -> Result<&SecretString, Missing> {
        self.secrets.get(key).ok_or(Missing(key))
    }

    /// One of the secrets.
    #[must_use]
    pub fn any_secret(&self) -> Option<&SecretString> {
        self.secrets.values().next()
    }

    /// The secrets that have no place yet.
    #[must_use]
    pub fn homeless(&self) -> Vec<(&'static str, SecretString)> {
        let homeless = |key: &&'static str| self.values.get::<&Secret>(key).is_none();
        let secrets = self.secrets.iter();
        let secrets = secrets.filter(|(key, _)| homeless(key));
        secrets
            .map(|(key, secret)| (*key, secret.clone()))
            .collect()
    }

    /// The way in that is taken.
    #[must_use]
    pub fn way(&self) -> Option<&'static Way> {
        let ways = self.values.table().ways.iter();
        let mut taken =
            ways.filter(|way| way.keys.iter().any(|key| self.secrets.contains_key(key)));
        taken.next()
    }

    /// By what requests of the same credentials are known.
    #[must_use]
    pub fn name(&self) -> String {
        let texts = self.values.texts().collect::<Vec<_>>().join(" ");
        let secret = self.any_secret().cloned().unwrap_or_default();
        Cache::token_name(&texts, &secret)
    }
}
