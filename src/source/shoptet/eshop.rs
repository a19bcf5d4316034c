//! One e-shop as a source.

use chrono::{DateTime, NaiveDate, Utc};
use tokio::sync::OnceCell;
use url::Url;

use super::client::Client;
use super::map::MapSettings;
use super::{BulkOptions, CUSTOMERS, Statuses};
use crate::config::{Mapping, OrderStatus};
use crate::record::{Draft, Stream};
use crate::source::kit::moment_of;
use crate::source::{Account, Ask, Asked, Interval, Opening, Reading, Source, SourceError, Status};

/// An e-shop whose customers become companies, and whose orders become incomes.
#[derive(Debug)]
pub struct Eshop {
    /// Asks it.
    pub client: Client,
    /// Which it has to be; `None`: any.
    pub eshop_id: Option<u64>,
    /// How its records are to look in Caflou.
    pub mapping: Mapping,
    /// Orders in others wait; empty: in all.
    pub order_statuses: Vec<OrderStatus>,
    /// How customers are read in bulk.
    pub bulk: BulkOptions,
    /// Only customers who have an order in the interval.
    pub with_orders: bool,
    /// What the statuses of the settings are at this shop, once it was asked.
    pub statuses: OnceCell<Statuses>,
}

/// One reading of an e-shop whose identity is checked, and whose clock and time zone are known.
#[derive(Debug)]
pub(super) struct Visit {
    pub(super) client: Client,
    pub(super) settings: MapSettings,
    pub(super) interval: Interval,
    /// The shop's clock: the end of every list that this run reads.
    pub(super) now: DateTime<Utc>,
    pub(super) bulk: BulkOptions,
    /// Beside what changed, what is unpaid with a day in this range is read again.
    pub(super) overdue: Option<(Option<NaiveDate>, NaiveDate)>,
    /// Only customers who have an order in the interval.
    pub(super) with_orders: bool,
}

impl Eshop {
    /// The e-shop of a connection.
    ///
    /// # Errors
    /// When it has no way in, or the system's certificates cannot be read.
    pub fn open(opening: Opening<'_>) -> Result<Box<dyn Source>, SourceError> {
        let Opening {
            access,
            shared,
            mapping,
            import,
            dry_run,
        } = opening;
        let values = &access.values;
        let webhook_url = values.get::<&Url>("webhook_url").filter(|_| !dry_run);
        Ok(Box::new(Self {
            client: Client::open(access, shared)?,
            eshop_id: values.count("eshop_id"),
            mapping: mapping.clone(),
            order_statuses: import.order_statuses.clone(),
            bulk: BulkOptions {
                when: values.get("bulk").unwrap_or_default(),
                webhook_url: webhook_url.cloned(),
                ..BulkOptions::default()
            },
            with_orders: import.companies_with_orders,
            statuses: OnceCell::new(),
        }))
    }

    /// How records of an account are mapped, whatever its statuses mean.
    fn settings(&self, account: &Account) -> MapSettings {
        MapSettings {
            eshop_id: account.id.parse().unwrap_or_default(),
            zone: account.zone,
            mapping: self.mapping.clone(),
            statuses: Statuses::default(),
        }
    }

    async fn visit(&self, ask: &Ask<'_>) -> Result<Visit, SourceError> {
        let statuses = self.statuses.get_or_try_init(async || {
            let cancelled = &self.mapping.cancelled_statuses;
            self.client
                .statuses_of(cancelled, &self.order_statuses)
                .await
        });
        Ok(Visit {
            client: self.client.clone(),
            settings: MapSettings {
                statuses: statuses.await?.clone(),
                ..self.settings(ask.account)
            },
            interval: ask.interval,
            now: ask.account.now,
            bulk: self.bulk.clone(),
            overdue: ask.overdue,
            with_orders: self.with_orders,
        })
    }
}

impl Source for Eshop {
    fn whose(&self) -> Asked<'_, Account> {
        Box::pin(async {
            let shop = match self.eshop_id {
                Some(eshop_id) => self.client.shop(eshop_id).await?,
                None => self.client.whose().await?,
            };
            Ok(Account {
                id: shop.eshop_id.to_string(),
                name: shop.name,
                zone: shop.zone,
                now: shop.now,
                has_clock: shop.has_clock,
            })
        })
    }

    fn count<'a>(&'a self, stream: &'a Stream) -> Asked<'a, Option<u64>> {
        Box::pin(self.client.count_all(stream))
    }

    fn count_in<'a>(
        &'a self,
        stream: &'a Stream,
        interval: Interval,
        account: &'a Account,
    ) -> Asked<'a, Option<u64>> {
        Box::pin(self.client.count_in(stream, interval, account))
    }

    fn probe<'a>(&'a self, stream: &'a Stream, account: &'a Account) -> Asked<'a, u64> {
        Box::pin(self.client.probe(stream, account))
    }

    fn newest<'a>(&'a self, interval: Interval, account: &'a Account) -> Asked<'a, Vec<Draft>> {
        Box::pin(async move {
            let settings = self.settings(account);
            let newest = self.client.newest_orders(&settings, interval, account.now);
            newest.await
        })
    }

    fn statuses(&self) -> Asked<'_, Vec<Status>> {
        Box::pin(self.client.statuses())
    }

    fn read<'a>(&'a self, ask: Ask<'a>) -> Asked<'a, Reading> {
        Box::pin(async {
            let visit = self.visit(&ask).await?;
            let Ask {
                stream,
                scope,
                account,
                state,
                out,
                ..
            } = ask;
            let complete = if *stream == CUSTOMERS {
                visit.companies(scope, state, out).await?
            } else {
                visit.incomes(scope, state, out).await?
            };
            Ok(Reading {
                complete,
                cursor: moment_of(account),
            })
        })
    }

    fn requests(&self) -> (u64, u64) {
        self.client.requests()
    }
}
