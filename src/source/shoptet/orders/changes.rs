//! What changed in the shop since the last run.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Missing, Orders};
use crate::record::{Draft, Kind, SourceId};
use crate::source::shoptet::map::deleted_order;
use crate::source::shoptet::pages::{List, Pages};
use crate::source::shoptet::time::format_time;
use crate::source::shoptet::wire::{BadRow, ChangeEntry};
use crate::source::shoptet::{ORDERS, Visit};
use crate::source::{Item, SourceError};

/// Changes that happened so long before the cursor are read once more: a service of many machines
/// may be late to list them.
const OVERLAP: TimeDelta = TimeDelta::hours(1);
/// Rows a page of `GET /api/orders/changes`: maximum.
const CHANGES_A_PAGE: u16 = 1000;

impl Orders<'_> {
    /// The feed of changes (edits and deletions) and the list by change time, united: each alone
    /// has holes. Then what is still open from earlier runs.
    ///
    /// The list ends when the run began: what changes while it is read leaves it, and the next run
    /// finds it. So it only ever gets shorter, and a count that stays says that no row moved.
    pub(super) async fn read_changes(&mut self, cursor: DateTime<Utc>) -> Result<(), SourceError> {
        let Visit { settings, now, .. } = self.source;
        let since = format_time(cursor - OVERLAP, settings.zone);
        self.read_places().await?;
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
    pub(super) fn deleted(&self, code: &str, at: Option<DateTime<Utc>>) -> Draft {
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
                    // It has to be asked for what the line says.
                    Err(BadRow { id: Some(id), .. }) => {
                        let entry = ChangeEntry {
                            id: id.clone(),
                            change_time: None,
                            deleted: false,
                        };
                        feed.insert(id, entry);
                    }
                    // By such a code nothing was ever imported, and the list has the order itself.
                    Err(bad) if !bad.name.is_empty() => {}
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
}
