//! Imported records that are to be compared with what Caflou holds now. They are held back until it
//! shows how many there are: few are read one by one, of many the list's pages are read, where that is
//! fewer requests.
//!
//! Nothing follows from what the list lacks, and what it shows is used at once, page by page: it is
//! no older by then than the answer about a single record may be.

use std::collections::HashMap;
use std::time::Duration;

use super::decide::Look;
use super::prepare::Subject;
use super::{BATCH, ENOUGH, Engine};
use crate::caflou::{Listing, Stored};
use crate::record::{CaflouId, Draft};
use crate::state::{RecordState, StateError, Uptime};
use crate::sync::sink::Sink;
use crate::trouble::Trouble;

/// So many are read one by one in any case: how many pages the list has is only guessed before one
/// of them is read.
const FEW: usize = 10;
/// So many are held back at most.
const MOST: usize = 2_000;
/// Rows of a page, as long as none was read: what clients of the service get.
const ROWS: u64 = 100;

type Held = Vec<(CaflouId, Box<Draft>)>;

/// What is to be compared.
#[derive(Default)]
pub(super) struct Changes {
    held: Held,
    /// They are let through.
    open: bool,
    /// What the list showed of those that are about to be planned.
    shown: HashMap<CaflouId, Shown>,
}

/// A row of the list.
pub(super) struct Shown {
    pub(super) stored: Stored,
    /// When it came.
    at: Uptime,
}

impl Shown {
    pub(super) fn is_fresh(&self, now: Uptime, within: Duration) -> bool {
        now <= self.at.after(within)
    }
}

impl Changes {
    pub(super) fn is_full(&self) -> bool {
        self.held.len() >= MOST
    }
}

impl<S: Sink> Engine<'_, S> {
    /// Holds back a record that is to be compared, unless they are let through.
    pub(super) fn unless_it_is_held(&mut self, subject: Subject, id: CaflouId) -> Option<Subject> {
        let known = subject.known.as_ref();
        let synced = known.is_some_and(|known| known.state == RecordState::Synced);
        if self.changes.open || !synced {
            return Some(subject);
        }
        self.changes.held.push((id, subject.draft));
        self.tell(subject.number, None);
        None
    }

    /// A look at a record that was imported.
    pub(super) fn look_at(&mut self, subject: &Subject, id: CaflouId) -> Look {
        Look {
            id,
            by: None,
            known: subject.known.clone().map(Box::new),
            shown: self.changes.shown.remove(&id).map(Box::new),
        }
    }

    /// Deals with those that were held back.
    pub(super) async fn settle_changes(&mut self) -> Result<(), Trouble> {
        let held = std::mem::take(&mut self.changes.held);
        if held.is_empty() {
            return Ok(());
        }
        self.changes.open = true;
        let ended = self.let_through(held).await;
        self.changes = Changes::default();
        ended
    }

    async fn let_through(&mut self, mut held: Held) -> Result<(), Trouble> {
        let options = &self.options;
        let (stop, clock) = (options.stop.clone(), options.clock.clone());
        let mut list = Listing::new(&options.reader, options.kind);
        while self.fatal.is_none() && self.is_worth_a_page(&list, held.len())? {
            let page = tokio::select! {
                page = list.next() => page,
                () = stop.wait() => return Err((&stop).into()),
            };
            // What the list does not bring is asked for one by one, which tells what is wrong.
            let Ok(Some(rows)) = page else { break };
            let at = clock.now();
            let mut rows: HashMap<_, _> = rows.into_iter().map(|row| (row.id, row)).collect();
            let (here, rest) = held.into_iter().partition(|(id, _)| rows.contains_key(id));
            held = rest;
            for (id, _) in &here {
                let shown = rows.remove(id).map(|stored| Shown { stored, at });
                self.changes.shown.extend(shown.map(|shown| (*id, shown)));
            }
            drop(rows);
            self.plan_held(here).await?;
        }
        self.plan_held(held).await?;
        self.drain().await
    }

    /// Whether reading the rest of the list is fewer requests than reading so many records.
    fn is_worth_a_page(&self, list: &Listing, records: usize) -> Result<bool, StateError> {
        let pages = match list.left() {
            Some(left) => left,
            None if records <= FEW => return Ok(false),
            None => self.guessed_pages()?,
        };
        Ok(pages < records as u64)
    }

    /// The pages of the list: as it said in this run, else as many as what was imported fills.
    fn guessed_pages(&self) -> Result<u64, StateError> {
        let said = self.lookup.as_ref().and_then(|(lookup, _)| lookup.pages());
        if let Some(pages) = said {
            return Ok(pages);
        }
        let imported = self.options.view.there(self.options.kind)?.len() as u64;
        Ok(imported.div_ceil(ROWS))
    }

    async fn plan_held(&mut self, held: Held) -> Result<(), Trouble> {
        let mut drafts = held.into_iter().map(|(_, draft)| draft).peekable();
        while drafts.peek().is_some() && self.fatal.is_none() {
            let batch = drafts.by_ref().take(BATCH);
            let batch = batch.map(|draft| (self.number(), draft)).collect();
            self.plan(batch).await?;
            self.drain_to(ENOUGH).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_row_is_fresh_as_long_as_the_answer_about_a_record_may_take() {
        let second = |n| Uptime(Duration::from_secs(n));
        let stored = Stored::from_json(&json!({ "id": 7 })).unwrap();
        let at = second(100);
        let shown = Shown { stored, at };
        for (now, fresh) in [(100, true), (130, true), (131, false), (9_000, false)] {
            let within = Duration::from_secs(30);
            assert_eq!(shown.is_fresh(second(now), within), fresh, "{now}");
        }
    }
}
