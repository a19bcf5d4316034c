//! `addon.toml`: what the add-on's backend is told, checked before it listens.

mod read;
#[cfg(test)]
mod tests;

use caflou_sync::config::{ConfigError, MailServer, Secret};
use ipnet::IpNet;
use std::net::SocketAddr;
use std::path::PathBuf;
use thiserror::Error;
use url::Url;

/// Why the file is of no use.
#[derive(Debug, Error)]
pub enum LoadError {
    /// There is none.
    #[error("{}: no such file; copy addon.example.toml to begin, or name another with --config", path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// Something is wrong with it.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

/// The settings of an add-on's backend, whole and valid.
#[derive(Debug, Clone)]
pub struct AddonConfig {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Where metrics are served; `None`: nowhere.
    pub metrics_listen: Option<SocketAddr>,
    /// Where programs and Shoptet reach it; without a slash at its end.
    pub public_url: Url,
    /// Its state file.
    pub state: PathBuf,
    /// What the state file is encrypted with: 32 bytes, as 64 hexadecimal digits or as Base64.
    pub key: Secret,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// The add-on as Shoptet's OAuth server knows it.
    pub oauth: AddonOauth,
    /// Base address of the Shoptet API.
    pub shoptet_api_url: Url,
    /// What Shoptet signs its webhooks with.
    pub webhook_signature_key: Secret,
    /// Sends the pairing codes.
    pub mail: MailServer,
    /// Certificates of its own; `None`: a proxy in front of it has them.
    pub tls: Option<AddonTls>,
    /// Limits.
    pub limits: AddonLimits,
}

/// An add-on at Shoptet's OAuth server.
#[derive(Debug, Clone)]
pub struct AddonOauth {
    /// `https://<partner shop>/action/ApiOAuthServer/getAccessToken`.
    pub token_url: Url,
    /// The add-on's identifier there.
    pub client_id: String,
    /// Its secret, where one is set.
    pub client_secret: Option<Secret>,
    /// The address of the installation, to the letter as it is registered.
    pub redirect_uri: String,
}

/// Files (PEM) of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddonTls {
    /// The certificate, and those between it and the root.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// How much is put up with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddonLimits {
    /// Connections open at once; for one more, the one that has been idle for longest is closed.
    pub connections: u32,
    /// Of these, of one address; behind a trusted proxy, its requests under way.
    pub connections_per_address: u32,
    /// Wrong pairing codes for one shop within an hour.
    pub wrong_codes_per_shop: u32,
    /// Wrong pairing codes from one address within an hour.
    pub wrong_codes_per_address: u32,
}

impl Default for AddonLimits {
    fn default() -> Self {
        Self {
            connections: 512,
            connections_per_address: 128,
            wrong_codes_per_shop: 5,
            wrong_codes_per_address: 20,
        }
    }
}
