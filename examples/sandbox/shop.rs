//! The e-shop: its orders and customers, what can happen to them, and its change logs.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::clock::Clock;
use super::data::Maker;
use super::jobs::Jobs;
pub use super::model::*;

const HISTORY_DAYS: i64 = 30;
const SELECTIONS: usize = 64;

/// Keys of a selection and the places it holds.
type Selections = HashMap<String, Arc<Vec<usize>>>;

/// The e-shop.
#[derive(Debug)]
pub struct Shop {
    /// Its number.
    pub eshop_id: u64,
    /// Its name.
    pub name: String,
    /// Where its days begin.
    pub timezone: Tz,
    /// All orders, in the order they came.
    pub orders: Vec<Order>,
    /// All registered customers, in the order they came.
    pub customers: Vec<Customer>,
    /// Log of what happened to orders.
    pub changes: Vec<Change>,
    /// Log of what happened to customers.
    pub customer_changes: Vec<Change>,
    /// Orders that were deleted.
    pub deleted: Vec<Order>,
    /// What tokens may call.
    pub rights: Rights,
    /// The private token was revoked.
    pub private_token_revoked: bool,
    /// Do the change logs name creations?
    pub feed_names_creations: bool,
    /// Prices are JSON numbers and the shop's number is a string, as production has it in places.
    pub numbers_as_numbers: bool,
    /// Every answer announces the end of its endpoint at this time.
    pub sunset: Option<DateTime<Utc>>,
    /// Webhooks, jobs and what comes of them.
    pub jobs: Jobs,
    clock: Arc<Clock>,
    maker: Maker,
    index: HashMap<String, usize>,
    selections: Selections,
}

impl Shop {
    /// A shop filled by `maker` with so many orders (the newest made at `newest`) and customers.
    pub fn new(
        eshop_id: u64,
        clock: Arc<Clock>,
        mut maker: Maker,
        newest: DateTime<Utc>,
        (orders, customers): (usize, usize),
    ) -> Self {
        let (orders, customers) = maker.stock(orders, customers, newest);
        let mut shop = Self {
            eshop_id,
            name: "Můj e-shop".into(),
            timezone: chrono_tz::Europe::Prague,
            orders,
            customers,
            changes: Vec::new(),
            customer_changes: Vec::new(),
            deleted: Vec::new(),
            rights: Rights::default(),
            private_token_revoked: false,
            feed_names_creations: true,
            numbers_as_numbers: false,
            sunset: None,
            jobs: Jobs::default(),
            clock,
            maker,
            index: HashMap::new(),
            selections: HashMap::new(),
        };
        let past =
            |key: &String, created: Option<DateTime<Utc>>, changed: Option<DateTime<Utc>>| {
                let add = created.map(|time| (time, ChangeKind::Add));
                let edit = changed
                    .filter(|_| changed != created)
                    .map(|time| (time, ChangeKind::Edit));
                let key = key.clone();
                add.into_iter().chain(edit).map(move |(time, kind)| Change {
                    key: key.clone(),
                    time,
                    kind,
                })
            };
        shop.changes = shop
            .orders
            .iter()
            .flat_map(|order| past(&order.code, order.creation_time, order.change_time))
            .collect();
        shop.customer_changes = shop
            .customers
            .iter()
            .flat_map(|one| past(&one.guid, one.creation_time, one.change_time))
            .collect();
        shop.reindex();
        shop
    }

    /// The shop's present time.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// An order by its code.
    pub fn order(&self, code: &str) -> Option<&Order> {
        self.position(code).map(|place| &self.orders[place])
    }

    /// A customer by its guid.
    pub fn customer(&self, guid: &str) -> Option<&Customer> {
        self.customers.iter().find(|customer| customer.guid == guid)
    }

    /// An order as the seed has it next, made now; it is not in the shop yet.
    pub fn draft_order(&mut self) -> Order {
        let now = self.now();
        self.maker.order(now, None)
    }

    /// An order as the seed has it next, made now.
    pub fn new_order(&mut self) -> String {
        let order = self.draft_order();
        self.add_order(order)
    }

    /// An order comes in; its time of change becomes now, its time of creation if it has none.
    pub fn add_order(&mut self, mut order: Order) -> String {
        let now = self.now();
        order.creation_time.get_or_insert(now);
        order.change_time = Some(now);
        let code = order.code.clone();
        self.log(&code, ChangeKind::Add);
        self.index.insert(code.clone(), self.orders.len());
        self.orders.push(order);
        self.touch();
        code
    }

    /// The order is paid.
    pub fn pay(&mut self, code: &str) {
        self.edit(code, |order| order.paid = Some(true));
    }

    /// The order is not paid after all.
    pub fn unpay(&mut self, code: &str) {
        self.edit(code, |order| order.paid = Some(false));
    }

    /// The order is cancelled: its header price is zero from now on.
    pub fn cancel(&mut self, code: &str) {
        self.edit(code, |order| {
            let price = order.price.zeroed();
            let status = Some(Status::new(CANCELLED, "Stornována"));
            let before = (
                order.status.take(),
                std::mem::replace(&mut order.price, price),
            );
            order.before_cancel = Some(before);
            order.status = status;
        });
    }

    /// A cancelled order is taken up again, with status and price as they were.
    pub fn reopen(&mut self, code: &str) {
        self.edit(code, |order| {
            if let Some((status, price)) = order.before_cancel.take() {
                order.status = status;
                order.price = price;
            }
        });
    }

    /// Changes an order; its time of change becomes now (`change` may set another one) and the log
    /// names it. Panics where there is no such order.
    pub fn edit(&mut self, code: &str, change: impl FnOnce(&mut Order)) {
        self.edit_unlogged(code, change);
        self.log(code, ChangeKind::Edit);
    }

    /// As [`Shop::edit`], but the log does not name it: a hole.
    pub fn edit_unlogged(&mut self, code: &str, change: impl FnOnce(&mut Order)) {
        let now = self.now();
        let place = self
            .position(code)
            .unwrap_or_else(|| panic!("there is no order {code}"));
        let order = &mut self.orders[place];
        order.change_time = Some(now);
        change(order);
        self.touch();
    }

    /// The order is deleted.
    pub fn delete(&mut self, code: &str) {
        let place = self
            .position(code)
            .unwrap_or_else(|| panic!("there is no order {code}"));
        let order = self.orders.remove(place);
        self.deleted.push(order);
        self.log(code, ChangeKind::Delete);
        self.reindex();
        self.touch();
    }

    /// A customer as the seed has it next, made now; it is not in the shop yet.
    pub fn draft_customer(&mut self) -> Customer {
        let now = self.now();
        self.maker.customer(now)
    }

    /// A customer registers; its time of change becomes now, its time of creation if it has none.
    pub fn add_customer(&mut self, mut customer: Customer) -> String {
        let now = self.now();
        customer.creation_time.get_or_insert(now);
        customer.change_time = Some(now);
        let guid = customer.guid.clone();
        self.customers.push(customer);
        self.log_customer(&guid, ChangeKind::Add);
        guid
    }

    /// Changes a customer; its time of change becomes now and the log names it.
    pub fn edit_customer(&mut self, guid: &str, change: impl FnOnce(&mut Customer)) {
        let now = self.now();
        let found = self
            .customers
            .iter_mut()
            .find(|customer| customer.guid == guid);
        let customer = found.unwrap_or_else(|| panic!("there is no customer {guid}"));
        customer.change_time = Some(now);
        change(customer);
        self.log_customer(guid, ChangeKind::Edit);
    }

    /// The customer is deleted.
    pub fn delete_customer(&mut self, guid: &str) {
        self.customers.retain(|customer| customer.guid != guid);
        self.log_customer(guid, ChangeKind::Delete);
    }

    /// Forgets what it prepared for lists; called whenever something may have changed.
    pub fn touch(&mut self) {
        self.selections.clear();
    }

    /// Places of the orders that pass `filter`, in the shop's own (shuffled) order. What was found
    /// is remembered under `key` until something changes.
    pub fn select(&mut self, key: &str, filter: impl Fn(&Order) -> bool) -> Arc<Vec<usize>> {
        if let Some(known) = self.selections.get(key) {
            return Arc::clone(known);
        }
        let chosen = self
            .orders
            .iter()
            .enumerate()
            .filter(|(_, order)| filter(order));
        let mut ranked: Vec<(u64, usize)> = chosen
            .map(|(place, order)| (rank(&order.code), place))
            .collect();
        ranked.sort_unstable();
        let places = Arc::new(
            ranked
                .into_iter()
                .map(|(_, place)| place)
                .collect::<Vec<_>>(),
        );
        if self.selections.len() >= SELECTIONS {
            self.selections.clear();
        }
        self.selections.insert(key.to_owned(), Arc::clone(&places));
        places
    }

    /// The last change of each record from a time on, oldest first, as far back as logs go.
    pub fn last_changes(&self, log: &[Change], from: DateTime<Utc>) -> Vec<Change> {
        let from = from.max(self.now() - TimeDelta::days(HISTORY_DAYS));
        let mut named = HashSet::new();
        let mut last: Vec<Change> = Vec::new();
        let known = log
            .iter()
            .filter(|one| self.feed_names_creations || one.kind != ChangeKind::Add);
        for change in known.rev() {
            if named.insert(change.key.as_str()) && change.time.timestamp() >= from.timestamp() {
                last.push(change.clone());
            }
        }
        last.sort_by_key(|change| change.time);
        last
    }

    /// The place of an order.
    pub fn position(&self, code: &str) -> Option<usize> {
        let is_it = |place: &usize| self.orders.get(*place).is_some_and(|one| one.code == code);
        // orders may have been changed by hand since they were indexed
        let indexed = self.index.get(code).copied().filter(is_it);
        indexed.or_else(|| self.orders.iter().position(|order| order.code == code))
    }

    fn reindex(&mut self) {
        let codes = self.orders.iter().enumerate();
        self.index = codes
            .map(|(place, order)| (order.code.clone(), place))
            .collect();
    }

    fn log(&mut self, code: &str, kind: ChangeKind) {
        let time = self.now();
        self.changes.push(Change {
            key: code.into(),
            time,
            kind,
        });
    }

    fn log_customer(&mut self, guid: &str, kind: ChangeKind) {
        let time = self.now();
        self.customer_changes.push(Change {
            key: guid.into(),
            time,
            kind,
        });
    }
}

/// A number that has nothing to do with the order in which codes are given.
fn rank(code: &str) -> u64 {
    let hash = code.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash.rotate_left(29).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
