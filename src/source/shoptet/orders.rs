//! Reading orders: all of an interval, what changed, or some by their codes.

mod changes;
mod detail;
mod places;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use tokio::sync::mpsc::Sender;

use self::places::Places;
use super::ahead::Ahead;
use super::map::{self, creation_day};
use super::pages::{List, Pages};
use super::seen::Seen;
use super::strikes::Strikes;
use super::time::{day_end, day_start, format_time};
use super::wire::{BadRow, Order};
use super::{ORDERS, Visit};
use crate::config::PaymentDate;
use crate::record::{Kind, SourceId, clean};
use crate::source::kit::moment;
use crate::source::{Broken, Interval, Item, Scope, SourceError, Verdict};
use crate::state::{RecordState, View};

/// Codes in one `orderCodes` filter, by the description.
const CODES_AT_ONCE: usize = 50;
/// Rows a page of `GET /api/orders`: default and maximum.
pub(super) const ORDERS_A_PAGE: u16 = 50;

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

/// What of a list is asked for.
type Query = Vec<(&'static str, String)>;

/// The list of orders, or a part of it.
fn list(query: Query) -> List<Order> {
    List {
        path: &["api", "orders"],
        query,
        key: "code",
        per_page: ORDERS_A_PAGE,
        read: Order::read,
        id: |order| &order.code,
    }
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
    /// Where orders without a usable code are looked for.
    places: Places,
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
            places: Places::default(),
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

    async fn read_list(&mut self, query: Query) -> Result<(), SourceError> {
        let client = self.source.client.clone();
        let mut pages = Pages::new(&client, list(query));
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
            let client = self.source.client.clone();
            let query = vec![("orderCodes", chunk.join(","))];
            let mut pages = Pages::new(&client, list(query));
            while let Some(page) = pages.next().await? {
                // What nobody asked for is left alone, should the filter be ignored.
                let asked = |row: &Result<Order, BadRow>| match row {
                    Ok(order) => chunk.contains(&order.code),
                    Err(bad) => bad.id.as_ref().is_some_and(|code| chunk.contains(code)),
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
                return self.take_bad(bad).await;
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
                self.broken(Verdict::LeftOut, order.code, reason).await
            } else {
                Ok(())
            };
        }
        if settings.statuses.waits(order.status_id) && !self.is_there(&order.code)? {
            let status = order.status_name.as_deref().and_then(clean);
            let status = status.as_deref().unwrap_or("without a status");
            let reason = format!("waits for a status of import.order_statuses: {status}");
            return self.broken(Verdict::LeftOut, order.code, reason).await;
        }
        let by_payment = settings.mapping.payment_date == PaymentDate::Transactions;
        let newly = order.paid == Some(true) && !settings.statuses.is_cancelled(order.status_id);
        if !by_payment || !newly || self.is_dated(&order)? {
            return self.hand_on(order, None).await;
        }
        if self.payments.is_full() {
            self.arrived().await?;
        }
        let payment = detail::paid_at(self.source.client.clone(), order.code.clone());
        self.payments.ask(Box::new(order), payment);
        Ok(())
    }

    /// Whether the day of an order's payment is known: it does not move any more.
    fn is_dated(&self, order: &Order) -> Result<bool, SourceError> {
        let id = SourceId(order.code.clone());
        let known = self.state.known(Kind::Income, &id)?;
        let known = known.filter(|known| known.state == RecordState::Synced);
        Ok(known.is_some_and(|known| {
            let then = known.source_then();
            then.is_true("done") && then.text("payment_date").is_some()
        }))
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
                self.broken(Verdict::Failed, order.code, error.to_string())
                    .await
            }
        }
    }

    async fn broken(
        &mut self,
        verdict: Verdict,
        code: String,
        reason: String,
    ) -> Result<(), SourceError> {
        self.send(Item::Broken(Broken {
            verdict,
            kind: Kind::Income,
            label: code.clone(),
            source_id: Some(SourceId(code)),
            reason,
            place: None,
        }))
        .await
    }

    async fn send(&self, item: Item) -> Result<(), SourceError> {
        let sent = self.out.send(item).await;
        sent.map_err(|_| SourceError::BrokenOff)
    }
}
