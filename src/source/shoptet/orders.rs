//! Reading orders: all of an interval, what changed, or some by their codes.

mod detail;

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use tokio::sync::mpsc::Sender;

use super::ahead::Ahead;
use super::map::{self, creation_day, deleted_order};
use super::page::{List, Pages};
use super::seen::Seen;
use super::strikes::Strikes;
use super::time::{day_end, day_start, format_time};
use super::wire::{BadRow, ChangeEntry, Order};
use super::{ORDERS, Visit};
use crate::config::PaymentDate;
use crate::record::{Draft, Kind, SourceId};
use crate::source::kit::moment;
use crate::source::{Broken, Interval, Item, Scope, SourceError, Verdict};
use crate::state::{RecordState, View};

/// Changes that happened so long before the cursor are read once more: a service of many machines
/// may be late to list them.
const OVERLAP: TimeDelta = TimeDelta::hours(1);
/// Codes in one `orderCodes` filter, by the description.
const CODES_AT_ONCE: usize = 50;
/// Rows a page of `GET /api/orders`: default and maximum.
pub(super) const ORDERS_A_PAGE: u16 = 50;
/// Rows a page of `GET /api/orders/changes`: maximum.
const CHANGES_A_PAGE: u16 = 1000;

/// An interval as filters. It ends at `now` at the latest: what is created while a list is read
/// would move its pages.
pub(super) fn window(
    interval: Interval,
    zone: Tz,
    now: DateTime<Utc>,
) -> Vec<(&'static str, String)> {
    let mut query = Vec::new();
    if let Some(from) = interval.from {
        query.push(("creationTimeFrom", format_time(day_start(from, zone), zone)));
    }
    let to = interval.to.map_or(now, |to| day_end(to, zone).min(now));
    query.push(("creationTimeTo", format_time(to, zone)));
    query
}

/// One reading of orders.
struct Orders<'a> {
    source: &'a Visit,
    state: &'a View,
    out: Sender<Item>,
    seen: Seen,
    complete: bool,
    /// The user named the orders.
    asked_for: bool,
    /// When orders were deleted, by what the feed of changes says.
    deleted: HashMap<String, Option<DateTime<Utc>>>,
    /// Details refused one after another.
    strikes: Strikes,
    /// Online payments asked for.
    payments: Ahead<Box<Order>, Option<DateTime<Utc>>>,
}

impl Visit {
    /// Reads orders and hands them on as incomes; whether the reading was complete.
    ///
    /// # Errors
    /// When reading cannot go on. A record that cannot be read fails alone, as [`Item::Broken`].
    pub async fn incomes(
        &self,
        scope: &Scope,
        state: &View,
        out: Sender<Item>,
    ) -> Result<bool, SourceError> {
        let mut orders = Orders {
            source: self,
            state,
            out,
            seen: Seen::default(),
            complete: true,
            asked_for: matches!(scope, Scope::Only(_)),
            deleted: HashMap::new(),
            strikes: Strikes::default(),
            payments: Ahead::new(),
        };
        match scope {
            Scope::Full => orders.read_all().await?,
            Scope::Since { cursor, .. } => orders.read_changes(moment(cursor)?).await?,
            Scope::Only(codes) => {
                let codes: Vec<_> = codes.iter().map(|code| code.0.clone()).collect();
                orders.send(Item::Expected(codes.len() as u64)).await?;
                orders.read_codes(codes, Missing::Asked).await?;
            }
        }
        while orders.arrived().await? {}
        Ok(orders.complete)
    }
}

/// What it means that an order asked for by its code is not there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Missing {
    /// It was deleted, which its detail has to confirm.
    Deleted,
    /// The user asked for it: it is not there.
    Asked,
}

impl Orders<'_> {
    /// The whole interval, then what earlier runs imported and the list does not have any more.
    async fn read_all(&mut self) -> Result<(), SourceError> {
        self.read_list(self.window()).await?;
        let state = self.state;
        let unseen = |code: &str| !self.seen.contains(code);
        let mut codes = state.imported(&ORDERS, unseen)?;
        let open = state.open_records(&ORDERS)?.into_iter();
        codes.extend(open.filter(|id| unseen(&id.0)));
        let codes = codes.into_iter().map(|id| id.0).collect();
        self.read_codes(codes, Missing::Deleted).await
    }

    /// The feed of changes (edits and deletions) and the list by change time, united: each alone
    /// has holes. Then what is still open from earlier runs.
    ///
    /// The list ends when the run began: what changes while it is read leaves it, and the next run
    /// finds it. So it only ever gets shorter, and a count that stays says that no row moved.
    async fn read_changes(&mut self, cursor: DateTime<Utc>) -> Result<(), SourceError> {
        let Visit { settings, now, .. } = self.source;
        let since = format_time(cursor - OVERLAP, settings.zone);
        let feed = self.read_feed(&since).await?;
        let mut query = self.window();
        query.retain(|(name, _)| *name != "creationTimeTo" || self.source.interval.to.is_some());
        query.push(("changeTimeFrom", since));
        query.push(("changeTimeTo", format_time(*now, settings.zone)));
        self.read_list(query).await?;
        let mut codes = Vec::new();
        for (code, entry) in feed {
            if self.seen.contains(&code) {
                continue;
            }
            let id = SourceId(code.clone());
            if entry.deleted && self.is_out(&id)? {
                self.seen.insert(&code);
                let draft = self.deleted(&code, entry.change_time);
                self.send(Item::Draft(Box::new(draft))).await?;
            } else if entry.deleted {
                // Nothing is switched off because a list says so: it is asked for.
                self.deleted.insert(code.clone(), entry.change_time);
                codes.push(code);
            } else if !self.is_settled(&code, entry.change_time, cursor)? {
                codes.push(code);
            }
        }
        let open = self.state.open_records(&ORDERS)?.into_iter().map(|id| id.0);
        codes.extend(open.filter(|code| !self.seen.contains(code)));
        if let Some(days) = self.source.overdue {
            let overdue = self.state.unpaid(&ORDERS, days)?.into_iter();
            let overdue = overdue.map(|id| id.0);
            codes.extend(overdue.filter(|code| !self.seen.contains(code)));
        }
        codes.sort_unstable();
        codes.dedup();
        self.read_codes(codes, Missing::Deleted).await?;
        self.contradict().await
    }

    /// Whether an order was never imported or is out of the cash flow: its deletion changes nothing.
    fn is_out(&self, id: &SourceId) -> Result<bool, SourceError> {
        let known = self.state.known(Kind::Income, id)?;
        Ok(known.is_none_or(|known| known.source.is_true("inactive")))
    }

    /// An order that is deleted.
    fn deleted(&self, code: &str, at: Option<DateTime<Utc>>) -> Draft {
        Draft {
            changed_at: at,
            ..deleted_order(code, &self.source.settings)
        }
    }

    /// What the feed says is deleted and the shop still shows, is there.
    async fn contradict(&self) -> Result<(), SourceError> {
        let message = match self.deleted.len() {
            0 => return Ok(()),
            1 => "the shop's list of changes says that an order was deleted, but the shop still \
                  shows it: it stays"
                .to_owned(),
            n => format!(
                "the shop's list of changes says that {n} orders were deleted, but the shop still \
                 shows them: they stay"
            ),
        };
        self.send(Item::Warning(message)).await
    }

    /// Whether an earlier run settled an order with this change time. Times are whole seconds: a
    /// change in the second in which the run read may have come after it.
    fn is_settled(
        &self,
        code: &str,
        changed_at: Option<DateTime<Utc>>,
        cursor: DateTime<Utc>,
    ) -> Result<bool, SourceError> {
        let settled = self
            .state
            .settled(Kind::Income, &SourceId(code.to_owned()))?;
        Ok(changed_at.is_some_and(|at| at < cursor && settled == Some(Some(at))))
    }

    async fn read_feed(
        &mut self,
        since: &str,
    ) -> Result<HashMap<String, ChangeEntry>, SourceError> {
        let list = List {
            path: &["api", "orders", "changes"],
            query: vec![("from", since.to_owned())],
            key: "code",
            per_page: CHANGES_A_PAGE,
            read: ChangeEntry::of_order,
            id: |entry| &entry.id,
        };
        let mut pages = Pages::new(&self.source.client, list);
        let mut feed = HashMap::new();
        while let Some(page) = pages.next().await? {
            for row in page.rows {
                match row {
                    Ok(entry) => {
                        feed.insert(entry.id.clone(), entry);
                    }
                    Err(bad) => {
                        self.complete = false;
                        let message =
                            format!("a line of the orders' changes is unusable: {}", bad.error);
                        self.send(Item::Warning(message)).await?;
                    }
                }
            }
        }
        self.complete &= !pages.unstable;
        Ok(feed)
    }

    /// The interval as filters, which ends at the latest when the run began.
    fn window(&self) -> Vec<(&'static str, String)> {
        let Visit {
            settings,
            interval,
            now,
            ..
        } = self.source;
        window(*interval, settings.zone, *now)
    }

    async fn read_list(&mut self, query: Vec<(&'static str, String)>) -> Result<(), SourceError> {
        let list = List {
            path: &["api", "orders"],
            query,
            key: "code",
            per_page: ORDERS_A_PAGE,
            read: Order::read,
            id: |order| &order.code,
        };
        let client = self.source.client.clone();
        let mut pages = Pages::new(&client, list);
        while let Some(page) = pages.next().await? {
            if let Some(total) = page.total {
                self.send(Item::Expected(total)).await?;
            }
            for row in page.rows {
                self.take(row).await?;
            }
        }
        if pages.unstable {
            self.complete = false;
            let message = "the list of orders kept changing while it was read; the next run reads \
                           it again";
            self.send(Item::Warning(message.to_owned())).await?;
        }
        Ok(())
    }

    async fn read_codes(
        &mut self,
        codes: Vec<String>,
        missing: Missing,
    ) -> Result<(), SourceError> {
        // The filter would take such a code for several: its detail is asked for instead.
        let (alone, codes): (Vec<_>, Vec<_>) =
            codes.into_iter().partition(|code| code.contains(','));
        for code in &alone {
            if !self.seen.contains(code) {
                self.take_missing(code, missing).await?;
            }
        }
        for chunk in codes.chunks(CODES_AT_ONCE) {
            let list = List {
                path: &["api", "orders"],
                query: vec![("orderCodes", chunk.join(","))],
                key: "code",
                per_page: ORDERS_A_PAGE,
                read: Order::read,
                id: |order| &order.code,
            };
            let client = self.source.client.clone();
            let mut pages = Pages::new(&client, list);
            while let Some(page) = pages.next().await? {
                // What nobody asked for is left alone, should the filter be ignored.
                let asked = |row: &Result<Order, BadRow>| match row {
                    Ok(order) => chunk.contains(&order.code),
                    Err(bad) => bad.id.as_ref().is_none_or(|code| chunk.contains(code)),
                };
                for row in page.rows.into_iter().filter(asked) {
                    self.take(row).await?;
                }
            }
            for code in chunk {
                if !self.seen.contains(code) {
                    self.take_missing(code, missing).await?;
                }
            }
        }
        Ok(())
    }

    /// Maps a row and hands it on, unless it lies outside the interval or was handed on already:
    /// a record comes once in a run, whatever lists it stands in.
    async fn take(&mut self, row: Result<Order, BadRow>) -> Result<(), SourceError> {
        let order = match row {
            Ok(order) => order,
            Err(bad) => {
                if bad.id.as_ref().is_some_and(|id| !self.seen.insert(id)) {
                    return Ok(());
                }
                return self
                    .broken(Verdict::Failed, bad.id, bad.error.to_string())
                    .await;
            }
        };
        if !self.seen.insert(&order.code) {
            return Ok(());
        }
        let settings = &self.source.settings;
        if let Ok(day) = creation_day(&order, settings)
            && !self.source.interval.contains(day)
        {
            return if self.asked_for {
                let reason = format!("created on {day}, outside the interval");
                self.broken(Verdict::LeftOut, Some(order.code), reason)
                    .await
            } else {
                Ok(())
            };
        }
        if settings.statuses.waits(order.status_id) && !self.is_there(&order.code)? {
            let status = order.status_name.as_deref().unwrap_or("without a status");
            let reason = format!("waits for a status of import.order_statuses: {status}");
            return self
                .broken(Verdict::LeftOut, Some(order.code), reason)
                .await;
        }
        let dated = settings.mapping.payment_date == PaymentDate::Transactions;
        if !dated || order.paid != Some(true) {
            return self.hand_on(order, None).await;
        }
        if self.payments.is_full() {
            self.arrived().await?;
        }
        let payment = detail::paid_at(self.source.client.clone(), order.code.clone());
        self.payments.ask(Box::new(order), payment);
        Ok(())
    }

    /// Whether an order is, or may be, in Caflou already: then it stays and is followed.
    fn is_there(&self, code: &str) -> Result<bool, SourceError> {
        let known = self.state.known(Kind::Income, &SourceId(code.to_owned()))?;
        Ok(known.is_some_and(|known| known.state != RecordState::Failed))
    }

    async fn hand_on(
        &mut self,
        order: Order,
        paid_at: Option<DateTime<Utc>>,
    ) -> Result<(), SourceError> {
        match map::order(&order, &self.source.settings, paid_at) {
            Ok(draft) => self.send(Item::Draft(Box::new(draft))).await,
            Err(error) => {
                self.broken(Verdict::Failed, Some(order.code), error.to_string())
                    .await
            }
        }
    }

    async fn broken(
        &mut self,
        verdict: Verdict,
        code: Option<String>,
        reason: String,
    ) -> Result<(), SourceError> {
        // Without a code it cannot be asked for again: the cursor has to stay before it.
        self.complete &= code.is_some();
        let source_id = code.map(SourceId);
        let label = source_id
            .as_ref()
            .map(|id| id.0.clone())
            .unwrap_or_default();
        self.send(Item::Broken(Broken {
            verdict,
            kind: Kind::Income,
            source_id,
            label,
            reason,
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
