//! Reading customers: the list names them, each one's detail has the rest.

mod bulk;
mod waitlist;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use tokio::sync::mpsc::Sender;

pub use waitlist::BulkOptions;
use waitlist::Waitlist;

use super::ahead::Ahead;
use super::answer::part;
use super::map;
use super::orders::{ORDERS_A_PAGE, window};
use super::pages::{List, Pages};
use super::seen::Seen;
use super::strikes::Strikes;
use super::time::format_time;
use super::wire::{self, BadRow, ChangeEntry, Customer, Order};
use super::{CUSTOMERS, Visit};
use crate::record::{Json, Kind, SourceId};
use crate::source::kit::moment;
use crate::source::{Broken, Item, Scope, SourceError, Verdict};
use crate::state::View;

/// As for orders.
const OVERLAP: TimeDelta = TimeDelta::hours(1);
/// Rows a page of `GET /api/customers`: maximum.
const CUSTOMERS_A_PAGE: u16 = 1000;
/// Rows a page of `GET /api/customers/changes`: default and maximum.
const CHANGES_A_PAGE: u16 = 20;

/// One reading of customers.
struct Customers<'a> {
    source: &'a Visit,
    state: &'a View,
    out: Sender<Item>,
    seen: Seen,
    complete: bool,
    /// The user named them: one that is not there is told.
    asked_for: bool,
    /// Details refused one after another.
    strikes: Strikes,
    details: Ahead<String, Value>,
    /// Those that may come all at once.
    bulk: Waitlist,
}

impl Visit {
    /// Reads registered customers and hands them on as companies; whether the reading was
    /// complete. Those that are imported are not
    /// read again: companies are never updated.
    ///
    /// # Errors
    /// When reading cannot go on. A record that cannot be read fails alone, as [`Item::Broken`].
    pub async fn companies(
        &self,
        scope: &Scope,
        state: &View,
        out: Sender<Item>,
    ) -> Result<bool, SourceError> {
        let mut customers = Customers {
            source: self,
            state,
            out,
            seen: Seen::default(),
            complete: true,
            asked_for: matches!(scope, Scope::Only(_)),
            strikes: Strikes::default(),
            details: Ahead::new(),
            bulk: Waitlist::default(),
        };
        match scope {
            Scope::Full if self.with_orders => customers.read_of_orders(None).await?,
            Scope::Since { cursor, .. } if self.with_orders => {
                customers.read_of_orders(Some(moment(cursor)?)).await?;
            }
            Scope::Full
            | Scope::Since {
                whole_list: true, ..
            } => customers.read_all().await?,
            Scope::Since { cursor, .. } => customers.read_changes(moment(cursor)?).await?,
            Scope::Only(guids) => {
                customers.send(Item::Expected(guids.len() as u64)).await?;
                for guid in guids {
                    customers.take(&guid.0).await?;
                }
            }
        }
        while customers.arrived().await? {}
        Ok(customers.complete)
    }
}

impl Customers<'_> {
    /// The customers of orders, instead of all: the list of orders names them, fifty a request.
    /// Orders that are cancelled or wait bring nobody.
    async fn read_of_orders(&mut self, since: Option<DateTime<Utc>>) -> Result<(), SourceError> {
        let source = self.source;
        let (zone, statuses) = (source.settings.zone, &source.settings.statuses);
        let mut query = window(source.interval, zone, source.now);
        if let Some(cursor) = since {
            query.push(("changeTimeFrom", format_time(cursor - OVERLAP, zone)));
            query.push(("changeTimeTo", format_time(source.now, zone)));
        }
        let list = List {
            path: &["api", "orders"],
            query,
            key: "code",
            per_page: ORDERS_A_PAGE,
            read: Order::read,
            id: |order| &order.code,
        };
        let mut pages = Pages::new(&source.client, list);
        while let Some(page) = pages.next().await? {
            // A row that cannot be read is told of with the orders.
            for order in page.rows.into_iter().flatten() {
                let (status, guid) = (order.status_id, order.customer_guid);
                if let Some(guid) =
                    guid.filter(|_| !statuses.is_cancelled(status) && !statuses.waits(status))
                {
                    self.take(&guid).await?;
                }
            }
        }
        self.complete &= !pages.unstable;
        self.take_open().await
    }

    async fn read_all(&mut self) -> Result<(), SourceError> {
        let list = List {
            path: &["api", "customers"],
            query: Vec::new(),
            key: "guid",
            per_page: CUSTOMERS_A_PAGE,
            read: wire::customer_guid,
            id: |guid| guid,
        };
        self.bulk = Waitlist::new(self.source.bulk.when, None);
        let mut pages = Pages::new(&self.source.client, list);
        while let Some(page) = pages.next().await? {
            if let Some(total) = page.total {
                self.bulk.total = Some(total);
                self.send(Item::Expected(total)).await?;
            }
            for row in page.rows {
                match row {
                    // The list itself brings each once; only what a snapshot brought has to be
                    // kept beside it.
                    Ok(guid) if self.bulk.is_decided() && !self.seen.contains(&guid) => {
                        self.take_new(&guid).await?;
                    }
                    Ok(guid) => self.take(&guid).await?,
                    Err(bad) => self.broken(bad).await?,
                }
            }
            if self.bulk.whole {
                break;
            }
        }
        self.seen.absorb(std::mem::take(&mut pages.seen));
        if pages.unstable {
            self.complete = false;
            let message = "the list of customers kept changing while it was read; the next run \
                           reads it again";
            self.send(Item::Warning(message.to_owned())).await?;
        }
        self.take_open().await
    }

    async fn read_changes(&mut self, cursor: DateTime<Utc>) -> Result<(), SourceError> {
        let since = format_time(cursor - OVERLAP, self.source.settings.zone);
        self.bulk = Waitlist::new(self.source.bulk.when, Some(&since));
        let list = List {
            path: &["api", "customers", "changes"],
            query: vec![("from", since)],
            key: "guid",
            per_page: CHANGES_A_PAGE,
            read: ChangeEntry::of_customer,
            id: |entry| &entry.id,
        };
        let mut pages = Pages::new(&self.source.client, list);
        while let Some(page) = pages.next().await? {
            for row in page.rows {
                match row {
                    Ok(entry) if entry.deleted => {}
                    Ok(entry) => self.take(&entry.id).await?,
                    Err(bad) => self.broken(bad).await?,
                }
            }
        }
        self.complete &= !pages.unstable;
        self.take_open().await
    }

    /// What failed or was left open in earlier runs.
    async fn take_open(&mut self) -> Result<(), SourceError> {
        self.one_by_one().await?;
        for id in self.state.open_records(&CUSTOMERS)? {
            self.take(&id.0).await?;
        }
        Ok(())
    }

    async fn take(&mut self, guid: &str) -> Result<(), SourceError> {
        if !self.seen.insert(guid) {
            return Ok(());
        }
        self.take_new(guid).await
    }

    /// Takes one that was not taken yet.
    async fn take_new(&mut self, guid: &str) -> Result<(), SourceError> {
        let id = SourceId(guid.to_owned());
        if self.state.settled(Kind::Company, &id)?.is_some() {
            return self.send(Item::Settled).await;
        }
        self.want(guid).await
    }

    /// Asks for one customer's detail.
    async fn ask(&mut self, guid: String) -> Result<(), SourceError> {
        if self.details.is_full() {
            self.arrived().await?;
        }
        let client = self.source.client.clone();
        let key = guid.clone();
        self.details.ask(guid, async move {
            let answer = client.get::<Json>(&["api", "customers", &key], &[]).await?;
            Ok(part(answer.data.0, "customer"))
        });
        Ok(())
    }

    /// Hands on the customer whose detail was asked for first; `false` where none was.
    async fn arrived(&mut self) -> Result<bool, SourceError> {
        let Some((guid, detail)) = self.details.next().await else {
            return Ok(false);
        };
        self.detail(&guid, detail).await?;
        Ok(true)
    }

    async fn detail(
        &mut self,
        guid: &str,
        detail: Result<Value, SourceError>,
    ) -> Result<(), SourceError> {
        let id = SourceId(guid.to_owned());
        let detail = match detail {
            Ok(detail) => detail,
            // Deleted since the list was read; a create that is still open has to be settled.
            Err(SourceError::Http(error)) if error.is_missing() => {
                if self.state.known(Kind::Company, &id)?.is_none() {
                    if self.asked_for {
                        return self.not_there(guid).await;
                    }
                    return Ok(());
                }
                let draft = map::deleted_customer(guid, &self.source.settings);
                return self.send(Item::Draft(Box::new(draft))).await;
            }
            // This record may be the only one that the service stumbles over.
            Err(SourceError::Http(error)) if error.is_about_this_record() => {
                if !self.strikes.is_alone(&self.source.client).await {
                    return Err(error.into());
                }
                return self
                    .fail(Some(guid.to_owned()), String::new(), error.to_string())
                    .await;
            }
            Err(error) => return Err(error),
        };
        self.strikes.clear();
        match wire::decode(Ok(detail), "guid", Customer::read) {
            Ok(customer) if customer.guid != guid => {
                let reason = format!("the shop answered with another customer, {}", customer.guid);
                self.fail(Some(guid.to_owned()), String::new(), reason)
                    .await
            }
            Ok(customer) => {
                let draft = map::customer(&customer, &self.source.settings);
                self.send(Item::Draft(Box::new(draft))).await
            }
            Err(bad) => {
                self.fail(Some(guid.to_owned()), String::new(), bad.error.to_string())
                    .await
            }
        }
    }

    async fn not_there(&self, guid: &str) -> Result<(), SourceError> {
        self.send(Item::Broken(Broken {
            verdict: Verdict::NotThere,
            kind: Kind::Company,
            source_id: Some(SourceId(guid.to_owned())),
            label: guid.to_owned(),
            reason: "the shop has no customer with this guid".to_owned(),
            place: None,
        }))
        .await
    }

    async fn broken(&mut self, bad: BadRow) -> Result<(), SourceError> {
        if bad.id.as_ref().is_some_and(|id| !self.seen.insert(id)) {
            return Ok(());
        }
        self.fail(bad.id, bad.name, bad.error.to_string()).await
    }

    async fn fail(
        &mut self,
        guid: Option<String>,
        name: String,
        reason: String,
    ) -> Result<(), SourceError> {
        // Without its guid it cannot be asked for again: the cursor has to stay before it.
        self.complete &= guid.is_some();
        let label = guid.clone().unwrap_or(name);
        let source_id = guid.map(SourceId);
        self.send(Item::Broken(Broken {
            verdict: Verdict::Failed,
            kind: Kind::Company,
            source_id,
            label,
            reason,
            place: None,
        }))
        .await
    }

    async fn send(&self, item: Item) -> Result<(), SourceError> {
        self.out
            .send(item)
            .await
            .map_err(|_| SourceError::BrokenOff)
    }
}
