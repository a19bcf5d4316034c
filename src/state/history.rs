//! What past runs did: run by run, and record by record.

use std::path::Path;

use chrono::{DateTime, Utc};
use rusqlite::{Row, params};

use super::view::{asked, one, seconds};
use super::{StateError, View, open};
use crate::record::{Kind, SourceId};

/// A run that began at some time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastRun {
    /// Its id.
    pub run_id: String,
    /// The connection's key.
    pub connection: String,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended; `None`: it did not, or has not yet.
    pub finished_at: Option<DateTime<Utc>>,
    /// How it ended (`ok`, `partial`, `failed`, `stopped`).
    pub status: Option<String>,
    /// The summary as it was reported; null where there is none.
    pub summary: serde_json::Value,
    /// The word of the class of the error that ended it; `None` also where an earlier release ran.
    pub error_class: Option<String>,
    /// What to do about that; empty where the error's text says it.
    pub advice: Option<String>,
}

impl PastRun {
    /// Why it did not come to its end.
    #[must_use]
    pub fn error(&self) -> Option<&str> {
        self.summary["error"].as_str()
    }
}

/// What a run did with a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastChange {
    /// The run.
    pub run_id: String,
    /// When the run began.
    pub at: DateTime<Utc>,
    /// The change as it was reported: JSON.
    pub change: String,
}

/// Reads a [`PastRun`]; the condition follows.
pub(super) const PAST_RUN: &str =
    "SELECT run_id, connection, started_at, finished_at, status, summary, class, advice FROM runs";

const RUNS: &str = "WHERE connection = ?1 ORDER BY nth DESC LIMIT ?2";
/// The plus keeps SQLite from reading all runs of the connection.
const BEGINNING: &str =
    "WHERE run_id >= ?1 AND run_id < ?2 AND +connection = ?3 ORDER BY run_id LIMIT ?4";
/// Not as they were noted: writes under way together end in no order.
const OF_RUN: &str = "SELECT change FROM changes WHERE run_id = ?1 ORDER BY kind, source_id, rowid";
/// The index of `changes` leads; SQLite would rather read all runs where it knows of no sizes.
const OF_RECORD: &str = "SELECT changes.run_id, runs.started_at, changes.change \
     FROM changes CROSS JOIN runs ON runs.run_id = changes.run_id \
     WHERE changes.kind = ?1 AND changes.source_id = ?2 AND runs.connection = ?3 \
     ORDER BY runs.nth, changes.rowid";

impl View {
    /// The connections that a state file knows, also those that the configuration does not have
    /// any more.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn connections(path: &Path) -> Result<Vec<String>, StateError> {
        let sqlite = open::read(path)?;
        asked(&sqlite, || {
            let mut statement = sqlite.prepare(
                "SELECT connection FROM records UNION SELECT connection FROM runs \
                 UNION SELECT connection FROM cursors ORDER BY connection",
            )?;
            let names = statement.query_map([], |row| row.get(0))?;
            names.collect()
        })
    }

    /// The last runs, newest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn runs(&self, most: u32) -> Result<Vec<PastRun>, StateError> {
        self.past_runs(RUNS, params![self.connection, most])
    }

    /// The runs whose id begins so, at most so many.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn runs_beginning(&self, id: &str, most: u32) -> Result<Vec<PastRun>, StateError> {
        let end = format!("{id}{}", char::MAX);
        self.past_runs(BEGINNING, params![id, end, self.connection, most])
    }

    fn past_runs(
        &self,
        which: &str,
        values: &[&dyn rusqlite::ToSql],
    ) -> Result<Vec<PastRun>, StateError> {
        let sqlite = &self.sqlite;
        asked(sqlite, || {
            let mut statement = sqlite.prepare_cached(&format!("{PAST_RUN} {which}"))?;
            let runs = statement.query_map(values, read_run)?;
            runs.collect()
        })
    }

    /// Gives what a run did, change by change in the order of their records, as JSON.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn run_changes(&self, run_id: &str, mut each: impl FnMut(&str)) -> Result<(), StateError> {
        let sqlite = &self.sqlite;
        asked(sqlite, || {
            let mut statement = sqlite.prepare_cached(OF_RUN)?;
            let mut rows = statement.query(params![run_id])?;
            while let Some(row) = rows.next()? {
                each(&row.get::<_, String>(0)?);
            }
            Ok(())
        })
    }

    /// All that happened to a record, oldest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn told_of(&self, kind: Kind, id: &SourceId) -> Result<Vec<PastChange>, StateError> {
        let sqlite = &self.sqlite;
        let read = |row: &Row<'_>| {
            Ok(PastChange {
                run_id: row.get(0)?,
                at: seconds(row.get(1)?).unwrap_or_default(),
                change: row.get(2)?,
            })
        };
        asked(sqlite, || {
            let mut statement = sqlite.prepare_cached(OF_RECORD)?;
            let told = statement.query_map(params![kind.as_str(), id.0, self.connection], read)?;
            told.collect()
        })
    }

    /// The customer whose company a record waits for.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn awaits(&self, kind: Kind, id: &SourceId) -> Result<Option<SourceId>, StateError> {
        let sqlite = &self.sqlite;
        let sql = "SELECT awaits FROM records WHERE connection = ?1 AND kind = ?2 \
                   AND source_id = ?3 AND awaits IS NOT NULL";
        let key = params![self.connection, kind.as_str(), id.0];
        one(sqlite, sql, key, |row| row.get(0).map(SourceId))
    }
}

pub(super) fn read_run(row: &Row<'_>) -> rusqlite::Result<PastRun> {
    let summary: Option<String> = row.get(5)?;
    let summary = summary.and_then(|text| serde_json::from_str(&text).ok());
    Ok(PastRun {
        run_id: row.get(0)?,
        connection: row.get(1)?,
        started_at: seconds(row.get(2)?).unwrap_or_default(),
        finished_at: row.get::<_, Option<i64>>(3)?.and_then(seconds),
        status: row.get(4)?,
        summary: summary.unwrap_or_default(),
        error_class: row.get(6)?,
        advice: row.get(7)?,
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::state::migrations::migrations;

    /// How SQLite would answer a query, in its own words.
    pub(in crate::state) fn plan(sql: &str) -> String {
        let mut sqlite = rusqlite::Connection::open_in_memory().unwrap();
        migrations().to_latest(&mut sqlite).unwrap();
        let mut statement = sqlite
            .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
            .unwrap();
        let mut rows = statement.raw_query();
        let mut steps = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            steps.push(row.get::<_, String>(3).unwrap());
        }
        steps.join("\n")
    }

    #[test]
    fn no_query_reads_a_table_from_end_to_end() {
        let past = |which: &str| format!("{PAST_RUN} {which}");
        for (sql, steps) in [
            (
                past(RUNS),
                &["SEARCH runs USING INDEX runs_of_connection (connection=?)"][..],
            ),
            (
                past(BEGINNING),
                &["SEARCH runs USING PRIMARY KEY (run_id>? AND run_id<?)"],
            ),
            (
                OF_RUN.to_owned(),
                &[
                    "SEARCH changes USING INDEX changes_of_run (run_id=?)",
                    "USE TEMP B-TREE FOR ORDER BY",
                ],
            ),
            (
                OF_RECORD.to_owned(),
                &[
                    "SEARCH changes USING INDEX changes_of_record (kind=? AND source_id=?)",
                    "SEARCH runs USING PRIMARY KEY (run_id=?)",
                    "USE TEMP B-TREE FOR ORDER BY",
                ],
            ),
        ] {
            assert_eq!(plan(&sql), steps.join("\n"), "{sql}");
        }
    }
}
