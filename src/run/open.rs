//! From a connection of the configuration to clients of both services.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use secrecy::ExposeSecret;
use tokio::sync::OnceCell;

use super::{Exit, Failure};
use crate::caflou;
use crate::config::{CaflouAccess, Connection, Secret, ShoptetAccess};
use crate::http::{Lane, LaneOptions, Policy, Stop};
use crate::source::{Source, shoptet};
use crate::state::Cache;

/// Requests that Shoptet allows at once per token.
const SHOPTET_OPEN: usize = 3;

/// Lanes by what they share: a token at Shoptet, an account at Caflou.
#[derive(Debug, Default)]
pub(crate) struct Lanes(Mutex<HashMap<String, Arc<Lane>>>);

impl Lanes {
    fn get(&self, name: String, options: impl FnOnce() -> LaneOptions) -> Arc<Lane> {
        let mut lanes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lane = lanes
            .entry(name)
            .or_insert_with(|| Arc::new(Lane::new(options())));
        Arc::clone(lane)
    }
}

/// Reads a secret; where that is not possible, says which.
fn secret(
    secret: &Secret,
    connection: &Connection,
    what: &str,
    stop: &Stop,
) -> Result<secrecy::SecretString, Failure> {
    secret
        .resolve_unless(&|| stop.reason().is_some())
        .map_err(|error| {
            let context = format!("connection `{}`: {what}", connection.key);
            Failure::new(Exit::Access, anyhow::Error::new(error).context(context))
        })
}

/// A client of the connection's shop.
pub(crate) fn shoptet(
    connection: &Connection,
    cache: &Cache,
    lanes: &Lanes,
    stop: &Stop,
    policy: Policy,
) -> Result<shoptet::Client, Failure> {
    let (credentials, name) = match &connection.shoptet.access {
        ShoptetAccess::PrivateToken(token) => {
            let token = secret(token, connection, "shoptet.private_token", stop)?;
            let name = Cache::token_name(connection.shoptet.api_url.as_str(), &token);
            (shoptet::Credentials::PrivateToken(token), name)
        }
        ShoptetAccess::OauthToken { token, token_url } => {
            let oauth_token = secret(token, connection, "shoptet.oauth_token", stop)?;
            let name = Cache::token_name(token_url.as_str(), &oauth_token);
            (
                shoptet::Credentials::Addon {
                    oauth_token,
                    token_url: token_url.clone(),
                },
                name,
            )
        }
        ShoptetAccess::Pairing {
            secret: pairing,
            addon_url,
        } => {
            let secret = secret(pairing, connection, "shoptet.pairing", stop)?;
            let name = Cache::token_name(addon_url.as_str(), &secret);
            let addon_url = addon_url.clone();
            (shoptet::Credentials::Pairing { secret, addon_url }, name)
        }
    };
    let lane = lanes.get(name, || LaneOptions {
        open: SHOPTET_OPEN,
        ..LaneOptions::default()
    });
    let options = shoptet::ClientOptions {
        api_url: connection.shoptet.api_url.clone(),
        credentials,
        cache: cache.clone(),
        policy,
        lane,
        stop: stop.clone(),
    };
    shoptet::Client::new(options).map_err(|error| Failure::new(Exit::Failed, error))
}

/// The connection's account at its source. A dry run registers nothing there.
pub(crate) fn source(
    connection: &Connection,
    dry_run: bool,
    cache: &Cache,
    lanes: &Lanes,
    stop: &Stop,
) -> Result<Box<dyn Source>, Failure> {
    let (settings, import) = (&connection.shoptet, &connection.import);
    let webhook_url = settings.webhook_url.clone();
    Ok(Box::new(shoptet::Eshop {
        client: shoptet(connection, cache, lanes, stop, Policy::default())?,
        eshop_id: connection.eshop_id,
        mapping: connection.mapping.clone(),
        order_statuses: import.order_statuses.clone(),
        bulk: shoptet::BulkOptions {
            when: settings.bulk,
            webhook_url: webhook_url.filter(|_| !dry_run),
            ..shoptet::BulkOptions::default()
        },
        with_orders: import.companies_with_orders,
        statuses: OnceCell::new(),
    }))
}

/// A client of the connection's Caflou account.
pub(crate) fn caflou(
    connection: &Connection,
    cache: &Cache,
    lanes: &Lanes,
    stop: &Stop,
) -> Result<Arc<caflou::Client>, Failure> {
    let settings = &connection.caflou;
    let credentials = match &settings.access {
        CaflouAccess::Token(token) => {
            caflou::Credentials::Token(secret(token, connection, "caflou.token", stop)?)
        }
        CaflouAccess::Login { email, password } => caflou::Credentials::Login {
            email: email.clone(),
            password: secret(password, connection, "caflou.password", stop)?,
        },
    };
    let who = match &credentials {
        caflou::Credentials::Token(token) => token.expose_secret().to_owned(),
        caflou::Credentials::Login { email, .. } => email.clone(),
    };
    let lane = lanes.get(
        Cache::token_name(settings.api_url.as_str(), &who.into()),
        || LaneOptions {
            open: settings.max_concurrency,
            by_collection: true,
            single_file: cache.single_file(settings.api_url.as_str()),
            side_by_side: false,
        },
    );
    let options = caflou::ClientOptions {
        api_url: settings.api_url.clone(),
        account_id: settings.account_id.clone(),
        credentials,
        timeout: settings.timeout,
        cache: cache.clone(),
        policy: Policy::default(),
        lane,
        stop: stop.clone(),
    };
    let client = caflou::Client::new(options).map_err(|error| Failure::new(Exit::Failed, error))?;
    Ok(Arc::new(client))
}
