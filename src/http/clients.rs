//! The clients that all requests go through.

use std::env;
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Client, ClientBuilder, redirect};
use url::Url;

use super::is_loopback;

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(10);

/// A client for what is meant for this machine, which no proxy is to see, and one for all else.
/// Neither follows redirects (credentials must not reach another host).
#[derive(Debug, Clone)]
pub struct Clients {
    outside: Client,
    /// Only where the environment names a proxy: without one there is no difference.
    here: Option<Client>,
}

impl Clients {
    /// Clients that give up a request after this time.
    ///
    /// # Errors
    /// When the system's certificates cannot be read.
    pub fn new(timeout: Duration, headers: &HeaderMap) -> Result<Self, reqwest::Error> {
        Self::made(|| {
            builder(headers.clone())
                .connect_timeout(timeout.min(CONNECT))
                .timeout(timeout)
        })
    }

    /// Clients for which silence has an end, and the whole has none.
    pub(super) fn patient(silence: Duration) -> Result<Self, reqwest::Error> {
        Self::made(|| builder(HeaderMap::new()).read_timeout(silence))
    }

    fn made(builder: impl Fn() -> ClientBuilder) -> Result<Self, reqwest::Error> {
        let here = names_a_proxy().then(|| builder().no_proxy().build());
        Ok(Self {
            outside: builder().build()?,
            here: here.transpose()?,
        })
    }

    /// The one for an address.
    #[must_use]
    pub fn to(&self, url: &Url) -> &Client {
        match &self.here {
            Some(here) if is_loopback(url) => here,
            _ => &self.outside,
        }
    }
}

/// Whether there is an `http_proxy`, `HTTPS_PROXY`, `all_proxy` and so on.
fn names_a_proxy() -> bool {
    env::vars_os().any(|(name, _)| {
        let name = name.to_string_lossy().to_ascii_lowercase();
        name.ends_with("_proxy") && name != "no_proxy"
    })
}

/// What all clients have in common; it limits the connecting only.
fn builder(headers: HeaderMap) -> ClientBuilder {
    // Fails only where it was done before.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .user_agent(concat!("caflou-sync/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .connect_timeout(CONNECT)
        .default_headers(headers)
        .tcp_nodelay(true)
}
