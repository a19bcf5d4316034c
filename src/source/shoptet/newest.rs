//! A look at the newest orders, with few requests: enough to see whether somebody else brings them
//! to Caflou, too.

use chrono::{DateTime, TimeDelta, Utc};

use super::client::Client;
use super::map::{self, MapSettings, creation_day};
use super::orders::window;
use super::page::Page;
use super::wire::{self, Order};
use crate::record::{Draft, Record};
use crate::source::{Interval, SourceError};

/// The list is in no order that could be relied on, so it is asked for orders of so many days, as
/// long as they are too few; at last for all.
const DAYS: [i64; 2] = [7, 90];
/// Orders that are enough.
const ENOUGH: usize = 20;
/// Rows a page of `GET /api/orders`: maximum.
const PAGE: &str = "50";

impl Client {
    /// Some of the newest orders of an interval as incomes, 50 at most, by three requests at most.
    /// What is cancelled or cannot be imported is left out.
    ///
    /// # Errors
    /// When the list cannot be read.
    pub async fn newest_orders(
        &self,
        settings: &MapSettings,
        interval: Interval,
        now: DateTime<Utc>,
    ) -> Result<Vec<Draft>, SourceError> {
        let end = interval
            .to
            .map_or(settings.day(now), |to| to.min(settings.day(now)));
        for days in DAYS {
            let from = end - TimeDelta::days(days);
            if interval.from.is_some_and(|first| from <= first) {
                break;
            }
            let recent = Interval {
                from: Some(from),
                ..interval
            };
            let orders = self
                .page_of_orders(&window(recent, settings.zone, now))
                .await?;
            if orders.len() >= ENOUGH {
                return Ok(drafts(&orders, settings, interval));
            }
        }
        let all = window(interval, settings.zone, now);
        Ok(drafts(
            &self.page_of_orders(&all).await?,
            settings,
            interval,
        ))
    }

    async fn page_of_orders(
        &self,
        window: &[(&'static str, String)],
    ) -> Result<Vec<Order>, SourceError> {
        let mut query: Vec<_> = window.iter().map(|(n, at)| (*n, at.as_str())).collect();
        query.push(("itemsPerPage", PAGE));
        let read = |row| wire::decode(row, "code", Order::read).ok();
        let take = |page: &Page<'_>| page.parsed("code").filter_map(read).collect();
        self.page(&["api", "orders"], &query, take).await
    }
}

fn drafts(orders: &[Order], settings: &MapSettings, interval: Interval) -> Vec<Draft> {
    let inside =
        |order: &&Order| creation_day(order, settings).is_ok_and(|day| interval.contains(day));
    let drafts = orders.iter().filter(inside);
    let drafts = drafts.filter_map(|order| map::order(order, settings, None).ok());
    drafts
        .filter(|draft| matches!(draft.record, Record::Document(_)))
        .collect()
}
