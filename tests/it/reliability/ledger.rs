//! What happened in a life that Caflou cannot be judged without: what was true of an order before,
//! what people did by hand, what the program cannot remember.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};

use super::oracle::name;
use crate::sandbox::Shop;
use crate::sandbox::model::Order;

/// What was true of an order.
#[derive(Debug, Default, Clone)]
pub struct Past {
    /// Days on which it was changed while it was paid.
    pub paid_on: BTreeSet<String>,
    /// What its income was to be called. Which of these it was called when the order was erased
    /// depends on the runs until then: what they did not see any more is not sent afterwards.
    pub names: BTreeSet<String>,
    /// Its customers.
    pub buyers: BTreeSet<String>,
    /// The day on which somebody marked the income as paid in Caflou.
    pub paired: Option<String>,
    /// It was erased.
    pub erased: bool,
    /// The order that had its number before.
    pub before: Option<Box<Order>>,
}

/// What happened.
#[derive(Debug, Default, Clone)]
pub struct Ledger {
    past: HashMap<String, Past>,
    /// Customers that were erased or deleted, or whose companies somebody merged or deleted.
    pub loose: HashSet<String>,
    /// The program does not remember all that it knew: its state is an older one, or a new one.
    pub forgot: bool,
    /// Orders that were deleted in the shop before the program's state was lost.
    pub unknown: HashSet<String>,
    /// Records of which a run said that something is not settled.
    pub told: HashSet<String>,
    /// Records that failed in the last readings of everything.
    pub fails: HashSet<String>,
}

impl Ledger {
    /// What is true now was true.
    pub fn note(&mut self, shop: &Shop) {
        for order in shop.orders.iter().chain(&shop.deleted) {
            let day = day(shop, order.change_time);
            let past = self.past.entry(order.code.clone()).or_default();
            if order.paid == Some(true) {
                past.paid_on.extend(day);
            }
            past.names.insert(name(order));
            past.buyers.extend(order.customer_guid.clone());
        }
    }

    /// What was true of an order.
    pub fn past(&self, code: &str) -> Past {
        self.past.get(code).cloned().unwrap_or_default()
    }

    /// What is written down of an order.
    pub fn of(&mut self, code: &str) -> &mut Past {
        self.past.entry(code.to_owned()).or_default()
    }
}

/// The shop's day of a moment.
pub fn day(shop: &Shop, time: Option<DateTime<Utc>>) -> Option<String> {
    time.map(|time| time.with_timezone(&shop.timezone).date_naive().to_string())
}
