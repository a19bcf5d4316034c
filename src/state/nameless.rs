//! Failed records that cannot be asked for by a number. They are open like others, and go once a run
//! that reads everything, or all places in which they were met, does not meet them any more.

use chrono::{DateTime, Utc};
use rusqlite::{Row, params};

use super::view::{asked, one, seconds};
use super::{Journal, OpenRecord, StateError, View};
use crate::record::{Kind, SourceId};

const COUNT: &str = "SELECT count(*) FROM nameless WHERE connection = ?1";
const PLACES: &str = "SELECT DISTINCT place FROM nameless WHERE connection = ?1 AND kind = ?2 \
     AND place IS NOT NULL ORDER BY place";
const LIST: &str = "SELECT kind, reason, attempts, first_failed_at, last_failed_at, name FROM nameless \
     WHERE connection = ?1 ORDER BY first_failed_at, kind, reason, nth LIMIT ?2";

impl View {
    /// Where the source looks for them again, each place once.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn places(&self, kind: Kind) -> Result<Vec<String>, StateError> {
        let sqlite = &self.sqlite;
        asked(sqlite, || {
            let mut statement = sqlite.prepare_cached(PLACES)?;
            let rows =
                statement.query_map(params![self.connection, kind.as_str()], |r| r.get(0))?;
            rows.collect()
        })
    }

    /// How many there are.
    pub(super) fn count_nameless(&self) -> Result<u64, StateError> {
        let sqlite = &self.sqlite;
        let count = one(sqlite, COUNT, params![self.connection], |row| {
            row.get::<_, i64>(0)
        })?;
        Ok(count.unwrap_or_default().unsigned_abs())
    }

    /// At most so many of them (-1: all), the longest open first.
    pub(super) fn list_nameless(&self, most: i64) -> Result<Vec<OpenRecord>, StateError> {
        let sqlite = &self.sqlite;
        asked(sqlite, || {
            let mut statement = sqlite.prepare_cached(LIST)?;
            let rows = statement.query_map(params![self.connection, most], read)?;
            rows.collect()
        })
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<OpenRecord> {
    Ok(OpenRecord {
        kind: row.get(0)?,
        source_id: SourceId(String::new()),
        label: row.get(5)?,
        uncertain: false,
        reason: row.get(1)?,
        attempts: row.get(2)?,
        first: seconds(row.get(3)?),
        last: seconds(row.get(4)?),
    })
}

impl Journal {
    /// Notes one that this run met, with what it is called, why it failed and where it is looked for
    /// again. Those with the same reason are told apart by their number only:
    /// the first of this run is taken for the first of the run before.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn note_nameless(
        &self,
        kind: Kind,
        (name, reason, place): (&str, &str, Option<&str>),
        now: DateTime<Utc>,
    ) -> Result<(), StateError> {
        self.execute(
            "INSERT INTO nameless (connection, kind, reason, nth, run_id, attempts, \
                 first_failed_at, last_failed_at, name, place) \
             SELECT ?1, ?2, ?3, 1 + coalesce(max(nth), 0), ?4, 1, ?5, ?5, ?6, ?7 FROM nameless \
                 WHERE connection = ?1 AND kind = ?2 AND reason = ?3 AND run_id = ?4 \
             ON CONFLICT DO UPDATE SET run_id = excluded.run_id, attempts = attempts + 1, \
                 last_failed_at = excluded.last_failed_at, name = excluded.name, \
                 place = excluded.place",
            params![
                self.connection,
                kind.as_str(),
                reason,
                self.run_id,
                now.timestamp(),
                name,
                place
            ],
        )
    }

    /// Forgets those of a kind that this run, which read everything of it, did not meet.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn forget_nameless(&self, kind: Kind) -> Result<(), StateError> {
        self.execute(
            "DELETE FROM nameless WHERE connection = ?1 AND kind = ?2 AND run_id <> ?3",
            params![self.connection, kind.as_str(), self.run_id],
        )
    }
}
