//! Shoptet: customers become companies, orders become incomes.
//!
//! The facts are from the vendor's `OpenAPI` description, edition 2026-08-21; each type names its path.

mod ahead;
mod answer;
mod auth;
mod client;
pub mod country;
mod customers;
mod lines;
mod map;
mod newest;
pub mod oauth;
mod orders;
mod page;
pub mod pairing;
mod row;
mod seen;
mod shop;
mod snapshot;
mod statuses;
mod strikes;
#[cfg(test)]
mod tests;
mod time;
mod wire;

pub use answer::{read_changes, read_customer, read_orders};
pub use auth::Credentials;
pub use client::{Client, ClientOptions};
pub use customers::BulkOptions;
pub use map::{MapError, MapSettings, customer, order};
pub use shop::Shop;
pub use statuses::{ShopStatus, Statuses};
pub use time::parse_time;
pub use wire::{Customer, Order};

use chrono::{DateTime, NaiveDate, Utc};

use super::Interval;

/// The name of this source in marks and in the configuration.
pub const PROGRAM: &str = "shoptet";

/// A shop, opened: its identity is checked, its clock and time zone are known.
#[derive(Debug)]
pub struct Source {
    client: Client,
    settings: MapSettings,
    interval: Interval,
    now: DateTime<Utc>,
    bulk: BulkOptions,
    overdue: Option<(Option<NaiveDate>, NaiveDate)>,
    /// Only customers who have an order in the interval.
    with_orders: bool,
}

impl Source {
    /// A source that reads what was created in an interval. `now` is the shop's clock: the end of
    /// every list that this run reads.
    #[must_use]
    pub fn new(
        client: Client,
        settings: MapSettings,
        interval: Interval,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            client,
            settings,
            interval,
            now,
            bulk: BulkOptions::default(),
            overdue: None,
            with_orders: false,
        }
    }

    /// The same source of which only customers who have an order in the interval are read.
    #[must_use]
    pub fn with_orders(self, with_orders: bool) -> Self {
        Self {
            with_orders,
            ..self
        }
    }

    /// The same source that, beside what changed, reads again what is unpaid with a day in this range
    /// (see [`View::unpaid`](crate::state::View::unpaid)).
    #[must_use]
    pub fn with_overdue(self, overdue: Option<(Option<NaiveDate>, NaiveDate)>) -> Self {
        Self { overdue, ..self }
    }

    /// The same source that reads in bulk in this way.
    #[must_use]
    pub fn with_bulk(self, bulk: BulkOptions) -> Self {
        Self { bulk, ..self }
    }

    /// The client, for its count of requests.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }
}
