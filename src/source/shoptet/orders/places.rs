//! Orders whose code cannot be asked for: the list has them under the moment of their creation, which
//! stays. There they are looked for again by each run, until they are mended in the shop or gone.

use std::collections::BTreeSet;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

use super::super::pages::Pages;
use super::super::time::format_time;
use super::super::wire::BadRow;
use super::{Orders, list};
use crate::record::Kind;
use crate::source::kit::moment;
use crate::source::{Broken, Item, SourceError, Verdict};

/// So many moments are remembered: each costs a request in each run. Beyond that the cursor stays
/// before them.
const MOST: usize = 20;
/// Whatever a service takes the ends of an interval for.
const AROUND: TimeDelta = TimeDelta::seconds(1);

/// Moments at which orders without a usable code were created.
#[derive(Default)]
pub(super) struct Places {
    known: BTreeSet<String>,
    /// Those that were looked at in this run.
    visited: BTreeSet<String>,
    /// The one that is being looked at.
    here: Option<String>,
}

impl Places {
    /// Where a row is found again; `None`: that is not known, or there are too many.
    fn of(&mut self, bad: &BadRow) -> Option<String> {
        let place = words(bad.created?);
        let room = self.known.len() < MOST || self.known.contains(&place);
        room.then(|| {
            self.known.insert(place.clone());
            place
        })
    }

    /// Whether a row was, or will be, told where it was looked for.
    fn is_told_elsewhere(&self, bad: &BadRow) -> bool {
        let place = bad.created.map(words);
        match (&self.here, place) {
            (Some(here), place) => place.as_ref() != Some(here),
            (None, Some(place)) => self.visited.contains(&place),
            (None, None) => false,
        }
    }
}

fn words(created: DateTime<Utc>) -> String {
    created.to_rfc3339_opts(SecondsFormat::Secs, true)
}

impl Orders<'_> {
    /// Looks where earlier runs met orders without a usable code.
    pub(super) async fn read_places(&mut self) -> Result<(), SourceError> {
        let places = self.state.places(Kind::Income)?;
        self.places.known.extend(places.iter().cloned());
        let client = self.source.client.clone();
        for place in places {
            let created = moment(&place)?;
            let zone = self.source.settings.zone;
            let query = vec![
                ("creationTimeFrom", format_time(created - AROUND, zone)),
                ("creationTimeTo", format_time(created + AROUND, zone)),
            ];
            let mut pages = Pages::new(&client, list(query));
            self.places.here = Some(place.clone());
            while let Some(page) = pages.next().await? {
                for row in page.rows {
                    self.take(row).await?;
                }
            }
            self.complete &= !pages.unstable;
            self.places.here = None;
            self.places.visited.insert(place);
        }
        Ok(())
    }

    /// A row that cannot be read fails, by its code or under where it is found again.
    pub(super) async fn take_bad(&mut self, bad: BadRow) -> Result<(), SourceError> {
        if let Some(code) = bad.id {
            if !self.seen.insert(&code) {
                return Ok(());
            }
            return self
                .broken(Verdict::Failed, code, bad.error.to_string())
                .await;
        }
        if self.places.is_told_elsewhere(&bad) {
            return Ok(());
        }
        let place = self.places.of(&bad);
        // It cannot be asked for again: the cursor has to stay before it.
        self.complete &= place.is_some();
        self.send(Item::Broken(Broken {
            verdict: Verdict::Failed,
            kind: Kind::Income,
            source_id: None,
            label: bad.name,
            reason: bad.error.to_string(),
            place,
        }))
        .await
    }
}
