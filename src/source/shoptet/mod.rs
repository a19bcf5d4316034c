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
pub use time::parse_time;
pub use wire::{Customer, Order};

use chrono::{DateTime, Utc};

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
        }
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
