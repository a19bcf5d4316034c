//! Shoptet: customers become companies, orders become incomes.
//!
//! The facts are from the vendor's `OpenAPI` description, edition 2026-08-21; each type names its path.

mod ahead;
mod answer;
mod auth;
mod client;
pub mod country;
mod customers;
mod envelope;
mod eshop;
mod lines;
mod map;
mod newest;
pub mod oauth;
mod orders;
mod pace;
mod page;
mod pages;
pub mod pairing;
mod seen;
mod settings;
mod setup;
mod shop;
mod snapshot;
mod statuses;
mod strikes;
#[cfg(test)]
mod tests;
mod time;
pub mod trouble;
mod wire;

pub use answer::{read_changes, read_customer, read_orders};
pub use auth::Credentials;
pub use client::{Client, ClientOptions};
pub use customers::BulkOptions;
pub use eshop::Eshop;
use eshop::Visit;
pub use map::{MapError, MapSettings, customer, order};
pub use pace::PACE;
pub use settings::Bulk;
pub use shop::Shop;
pub use statuses::{CANCELLED, Statuses};
pub use time::parse_time;
pub use wire::{Customer, Order};

use super::Definition;
use super::kit::row;
use crate::record::{Kind, Stream};

/// The name of this source in marks and in the configuration.
pub const PROGRAM: &str = "shoptet";

/// What Shoptet is.
pub const DEFINITION: Definition = Definition {
    word: PROGRAM,
    name: "Shoptet",
    place: "e-shop",
    identity: "eshop_id",
    settings: &settings::SETTINGS,
    tells: true,
    named_by: settings::named_by,
    setup: Some(&setup::SETUP),
    explain: trouble::explain,
    pace: PACE,
    open: Eshop::open,
    docs: include_str!("docs.md"),
    streams: &[&CUSTOMERS, &ORDERS],
};

/// Days for which `GET /api/orders/changes` and `GET /api/customers/changes` know what changed.
const LOG: u16 = 30;

/// Registered customers.
pub static CUSTOMERS: Stream = Stream {
    word: "customers",
    kind: Kind::Company,
    title: "Registered customers",
    one: "customer",
    many: "customers",
    bare_ids: true,
    updates: false,
    follows_open: false,
    log: Some(LOG),
    whole_list: Some(7),
};

/// Orders.
pub static ORDERS: Stream = Stream {
    word: "orders",
    kind: Kind::Income,
    title: "Orders",
    one: "order",
    many: "orders",
    bare_ids: true,
    updates: true,
    follows_open: false,
    log: Some(LOG),
    whole_list: Some(7),
};
