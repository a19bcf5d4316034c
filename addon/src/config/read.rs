//! From the file to an [`AddonConfig`], or to all its problems.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

use ipnet::IpNet;
use url::Url;

use super::{AddonConfig, AddonLimits, AddonOauth, AddonTls, LoadError};
use caflou_sync::config::reading::{
    self, Entry, Findings, MAIL_SERVER, Section, keys, mail_server, read_file, secret,
};
use caflou_sync::config::{ConfigError, Secret};

/// The keys of the file's top.
pub(super) const TOP: [&str; 15] = [
    "listen",
    "metrics_listen",
    "public_url",
    "state",
    "key",
    "trusted_proxies",
    "token_url",
    "client_id",
    "client_secret",
    "redirect_uri",
    "shoptet_api_url",
    "webhook_signature_key",
    "mail",
    "tls",
    "limits",
];
/// The keys of `[tls]`.
pub(super) const TLS: [&str; 2] = ["cert", "key"];
/// The keys of `[limits]`.
pub(super) const LIMITS: [&str; 4] = [
    "connections",
    "connections_per_address",
    "wrong_codes_per_shop",
    "wrong_codes_per_address",
];

/// Behind a proxy on the same machine.
const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);
const STATE: &str = "addon.db";
const SHOPTET_API: &str = "https://api.myshoptet.com";
const INSTALL: &str = "install";
/// More sockets no usual system gives to one process.
const MOST_CONNECTIONS: i64 = 100_000;
/// With so many tries an hour, a code of 95 bits is still safe.
const MOST_TRIES: i64 = 1000;

impl AddonConfig {
    /// Reads and checks a file. All its problems come at once; secrets are located, not fetched.
    pub fn load(path: &Path) -> Result<Self, LoadError> {
        read_file(path, &TOP, read).map_err(|error| match error {
            ConfigError::NotFound { path } => LoadError::Missing { path },
            other => LoadError::Config(other),
        })
    }
}

fn read(root: &Section<'_>, found: &mut Findings) -> Option<AddonConfig> {
    let public_url = root.required(found, "public_url");
    let public_url = public_url.and_then(|entry| reading::url(&entry, found));
    let state = root.or(found, "state", found.folder.join(STATE), |entry, found| {
        entry.text(found).map(|file| found.folder.join(file))
    });
    let key = required_secret(root, found, "key");
    let proxies = root.or(found, "trusted_proxies", Vec::new(), read_networks);
    let tls = root.or(found, "tls", None, |entry, found| {
        read_tls(entry, found).map(Some)
    });
    let open = matches!(&proxies, Some(proxies) if proxies.is_empty()) && tls == Some(None);
    let listen = root.or(found, "listen", LISTEN, |entry, found| {
        read_listen(entry, found, open)
    });
    let metrics_listen = root.or(found, "metrics_listen", None, |entry, found| {
        socket(entry, found).map(Some)
    });
    let oauth = read_oauth(root, found, public_url.as_ref());
    let shoptet_api_url = match root.entry(found, "shoptet_api_url") {
        Some(entry) => reading::url(&entry, found),
        None => Url::parse(SHOPTET_API).ok(),
    };
    let webhook_signature_key = required_secret(root, found, "webhook_signature_key");
    let mail = root.required(found, "mail").and_then(|entry| {
        let section = entry.section(found, &keys(MAIL_SERVER.fields))?;
        mail_server(&section, found)
    });
    let limits = root.or(found, "limits", AddonLimits::default(), read_limits);
    Some(AddonConfig {
        listen: listen?,
        metrics_listen: metrics_listen?,
        public_url: public_url?,
        state: state?,
        key: key?,
        trusted_proxies: proxies?,
        oauth: oauth?,
        shoptet_api_url: shoptet_api_url?,
        webhook_signature_key: webhook_signature_key?,
        mail: mail?,
        tls: tls?,
        limits: limits?,
    })
}

fn required_secret(root: &Section<'_>, found: &mut Findings, key: &'static str) -> Option<Secret> {
    let entry = root.required(found, key)?;
    secret(&entry, found)
}

/// An address and a port.
fn socket(entry: &Entry<'_>, found: &mut Findings) -> Option<SocketAddr> {
    let Ok(address) = entry.text(found)?.trim().parse() else {
        return entry.wrong(
            found,
            "not an address with a port such as \"127.0.0.1:8080\"",
        );
    };
    Some(address)
}

/// Where everybody is listened to. Pairing secrets come this way: `open` says that nothing would encrypt
/// them.
fn read_listen(entry: &Entry<'_>, found: &mut Findings, open: bool) -> Option<SocketAddr> {
    let listen = socket(entry, found)?;
    if open && !listen.ip().is_loopback() {
        let message = "other machines reach this address, and nothing encrypts what they send: \
                       either [tls], or \"trusted_proxies\" with the proxy that does, is needed";
        return entry.wrong(found, message);
    }
    Some(listen)
}

/// Addresses such as `10.0.0.1`, or networks such as `10.0.0.0/8`.
fn read_networks(entry: &Entry<'_>, found: &mut Findings) -> Option<Vec<IpNet>> {
    let texts = entry.texts(found)?;
    let mut read = |text: &String| {
        let text = text.trim();
        let network = text.parse().ok();
        let network = network.or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
        network.or_else(|| {
            let expected = "neither an address nor a network such as \"10.0.0.0/8\"";
            entry.wrong(found, format!("{text:?} is {expected}"))
        })
    };
    let networks: Vec<_> = texts.iter().map(&mut read).collect();
    networks.into_iter().collect()
}

fn read_oauth(
    root: &Section<'_>,
    found: &mut Findings,
    public_url: Option<&Url>,
) -> Option<AddonOauth> {
    let token_url = root.required(found, "token_url");
    let token_url = token_url.and_then(|entry| {
        let url = reading::url(&entry, found)?;
        if !url.path().ends_with("/getAccessToken") {
            let message = "expected the address that ends in \"/getAccessToken\"";
            return entry.wrong(found, message);
        }
        Some(url)
    });
    let client_id = root.required(found, "client_id");
    let client_id = client_id.and_then(|entry| entry.text(found).map(str::to_owned));
    let client_secret = root.or(found, "client_secret", None, |entry, found| {
        secret(entry, found).map(Some)
    });
    let redirect_uri = match root.entry(found, "redirect_uri") {
        // Checked as an address, kept as it was written: the OAuth server compares the text.
        Some(entry) => reading::url(&entry, found)
            .and_then(|_| entry.text(found))
            .map(str::to_owned),
        None => public_url.map(|url| below(url, INSTALL).to_string()),
    };
    Some(AddonOauth {
        token_url: token_url?,
        client_id: client_id?,
        client_secret: client_secret?,
        redirect_uri: redirect_uri?,
    })
}

fn below(url: &Url, segment: &str) -> Url {
    let mut url = url.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().push(segment);
    }
    url
}

fn read_tls(entry: &Entry<'_>, found: &mut Findings) -> Option<AddonTls> {
    let section = entry.section(found, &TLS)?;
    let mut file = |key| {
        let entry = section.required(found, key)?;
        entry.text(found).map(|file| found.folder.join(file))
    };
    let (certificate, key) = (file("cert"), file("key"));
    Some(AddonTls {
        certificate: certificate?,
        key: key?,
    })
}

fn read_limits(entry: &Entry<'_>, found: &mut Findings) -> Option<AddonLimits> {
    let section = entry.section(found, &LIMITS)?;
    let default = AddonLimits::default();
    let mut number = |key, default: i64, most| {
        section.or(found, key, default, |entry, found| {
            entry.integer(found, 1..=most)
        })
    };
    let connections = number("connections", default.connections.into(), MOST_CONNECTIONS);
    let per_address = number(
        "connections_per_address",
        default.connections_per_address.into(),
        MOST_CONNECTIONS,
    );
    let shop = number(
        "wrong_codes_per_shop",
        default.wrong_codes_per_shop.into(),
        MOST_TRIES,
    );
    let address = number(
        "wrong_codes_per_address",
        default.wrong_codes_per_address.into(),
        MOST_TRIES,
    );
    Some(AddonLimits {
        connections: u32::try_from(connections?).ok()?,
        connections_per_address: u32::try_from(per_address?).ok()?,
        wrong_codes_per_shop: u32::try_from(shop?).ok()?,
        wrong_codes_per_address: u32::try_from(address?).ok()?,
    })
}
