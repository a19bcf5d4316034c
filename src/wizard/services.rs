//! What both services say to an answer, asked at once. Nothing is written to either.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use tokio::runtime::Runtime;
use url::Url;

use super::doubles::Doubles;
use super::trouble::{self, By, Trouble, With};
use crate::access::{Access, Shared};
use crate::caflou::{self, Account, Reader};
use crate::config::Read;
use crate::http::{HttpError, Lane, LaneOptions, Policy, Stop};
use crate::pairing::PairingCode;
use crate::record::Kind;
use crate::source::shoptet::oauth::{AddonClient, Installation, OauthServer};
use crate::source::shoptet::pairing::{Paired, pair};
use crate::source::shoptet::{self, MapSettings, Shop, ShopStatus};
use crate::source::{Interval, SourceError};
use crate::state::Cache;

/// How long one request may take, with somebody waiting.
const TIMEOUT: Duration = Duration::from_secs(20);

/// The way to both services.
#[derive(Debug)]
pub struct Services {
    runtime: Runtime,
    cache: Cache,
    stop: Stop,
}

/// A shop that told who it is.
#[derive(Debug)]
pub struct OpenShop {
    /// Its client.
    pub client: shoptet::Client,
    /// Who it is.
    pub shop: Shop,
}

/// Caflou, which let us in.
#[derive(Debug)]
pub struct OpenCaflou {
    /// The accounts.
    pub accounts: Vec<Account>,
    /// When a log-in made for this ends.
    pub login_ends: Option<DateTime<Utc>>,
}

impl Services {
    /// Nothing was asked yet. Tokens obtained on the way go to the cache.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn new(cache: Cache, stop: Stop) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        Ok(Self {
            runtime,
            cache,
            stop,
        })
    }

    /// For what has to go on beside the questions.
    #[must_use]
    pub fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    fn lane() -> Arc<Lane> {
        Arc::new(Lane::new(LaneOptions::default()))
    }

    fn shared(&self) -> Shared {
        Shared {
            cache: self.cache.clone(),
            policy: Policy::attended(),
            lane: Self::lane(),
            stop: self.stop.clone(),
        }
    }

    /// Asks whose token it is.
    ///
    /// # Errors
    /// When the token is refused, or the service is not well.
    pub fn shop(&self, access: &Access) -> Result<OpenShop, Trouble> {
        let opened = shoptet::Client::open(access, self.shared());
        let opened = opened.map_err(SourceError::from).and_then(|client| {
            let shop = self.runtime.block_on(client.whose())?;
            Ok(OpenShop { client, shop })
        });
        opened.map_err(|error| trouble::shop(&error, By::of(access.way())))
    }

    /// How many records of a kind a shop has, by reading all that a run would read.
    ///
    /// # Errors
    /// When a right is missing.
    pub fn probe(&self, open: &OpenShop, kind: Kind) -> Result<u64, SourceError> {
        self.runtime.block_on(open.client.probe(kind, &open.shop))
    }

    /// The statuses that the shop has.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn statuses(&self, open: &OpenShop) -> Result<Vec<ShopStatus>, SourceError> {
        self.runtime.block_on(open.client.statuses())
    }

    /// How many orders an interval has.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn orders_in(&self, open: &OpenShop, interval: Interval) -> Result<u64, SourceError> {
        let count = open.client.count_orders_in(interval, &open.shop);
        Ok(self.runtime.block_on(count)?.unwrap_or(0))
    }

    /// Looks for the newest orders of an interval in Caflou.
    ///
    /// # Errors
    /// When one of the two cannot be read.
    pub fn doubles(
        &self,
        open: &OpenShop,
        settings: &MapSettings,
        interval: Interval,
        reader: &Reader,
    ) -> Result<Doubles, SourceError> {
        self.runtime.block_on(async {
            let newest = open.client.newest_orders(settings, interval, open.shop.now);
            Ok(Doubles::look(&newest.await?, reader).await?)
        })
    }

    /// Exchanges a one-time installation code; it is used up by that.
    ///
    /// # Errors
    /// When the add-on or the code is not accepted.
    pub fn exchange(&self, addon: &AddonClient, code: &str) -> Result<Installation, Trouble> {
        let server = OauthServer::new(TIMEOUT, Policy::attended(), Self::lane(), self.stop.clone());
        let exchanged =
            server.and_then(|server| self.runtime.block_on(server.exchange_code(addon, code)));
        exchanged.map_err(|error| trouble::exchange(&error))
    }

    /// Gives an add-on's backend the code from the e-mail; it is used up by that.
    ///
    /// # Errors
    /// When the code is not accepted, or the backend is not well.
    pub fn pair(
        &self,
        addon_url: &Url,
        eshop_id: u64,
        code: &PairingCode,
    ) -> Result<Paired, Trouble> {
        let paired = pair(addon_url, eshop_id, code, self.stop.clone());
        let paired = self.runtime.block_on(paired);
        paired.map_err(|error| trouble::pairing(&error))
    }

    /// Asks for the accounts. With a one-time password it logs in anew.
    ///
    /// # Errors
    /// When Caflou does not let us in, or is not well.
    pub fn caflou(
        &self,
        access: &Access,
        otp: Option<&SecretString>,
    ) -> Result<OpenCaflou, Trouble> {
        let with = otp.map_or_else(|| With::of(access), |_| With::Otp);
        let opened = self.caflou_client(access).and_then(|client| {
            let reader = Reader::new(Arc::clone(&client));
            self.runtime.block_on(async {
                let login_ends = match otp {
                    Some(otp) => client.log_in(Some(otp)).await?,
                    None => None,
                };
                let accounts = reader.accounts().await?;
                Ok(OpenCaflou {
                    accounts,
                    login_ends,
                })
            })
        });
        opened.map_err(|error| trouble::caflou(&error, with))
    }

    /// A reader of an account, which was tried.
    ///
    /// # Errors
    /// When the account cannot be read.
    pub fn account(&self, access: &Access) -> Result<Reader, Trouble> {
        let reader = self.caflou_client(access).map(Reader::new);
        let reader = reader.and_then(|reader| {
            self.runtime.block_on(reader.check())?;
            Ok(reader)
        });
        reader.map_err(|error| trouble::caflou(&error, With::Token))
    }

    fn caflou_client(&self, access: &Access) -> Result<Arc<caflou::Client>, HttpError> {
        let mut access = access.clone();
        access.values.put("timeout", Some(Read::Time(TIMEOUT)));
        let client = caflou::Client::open(&access, self.shared())?;
        Ok(Arc::new(client))
    }
}
