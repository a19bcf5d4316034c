//! What is open in a connection, for those who look after it.

use chrono::{DateTime, Utc};
use rusqlite::{Row, params};

use super::history::{PAST_RUN, read_run};
use super::view::{asked, one, seconds};
use super::{PastRun, StateError, View};
use crate::record::SourceId;

/// The condition of a record that is not in order, word by word that of the index `records_open`.
pub(super) const OPEN: &str =
    "(state IN ('sending', 'uncertain', 'failed') OR reason IS NOT NULL OR pending IS NOT NULL)";
/// By itself SQLite would read all records of the connection.
const RECORDS: &str = "records INDEXED BY records_open";
/// Of the open ones, those with a write of unknown outcome.
const UNCERTAIN: &str = "(state IN ('sending', 'uncertain') OR pending IS NOT NULL)";

/// A record that is not in order: every run looks at it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenRecord {
    /// `company` or `income`.
    pub kind: String,
    /// Its key at the source; empty where it has none that could be read.
    pub source_id: SourceId,
    /// What people know it by.
    pub label: String,
    /// A create or an update of it was sent, and the outcome is unknown.
    pub uncertain: bool,
    /// Why, as far as that was noted.
    pub reason: Option<String>,
    /// How often it failed.
    pub attempts: u32,
    /// When it first failed.
    pub first: Option<DateTime<Utc>>,
    /// When it last failed, or was last sent.
    pub last: Option<DateTime<Utc>>,
}

impl OpenRecord {
    /// As they are listed.
    fn rank(&self) -> (Option<DateTime<Utc>>, &str, &SourceId) {
        (self.first, &self.kind, &self.source_id)
    }
}

/// How many records are not in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OpenCounts {
    /// Failed.
    pub failed: u64,
    /// With a write of unknown outcome.
    pub uncertain: u64,
}

impl View {
    /// How many records are not in order.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn open_counts(&self) -> Result<OpenCounts, StateError> {
        let sqlite = &self.sqlite;
        let read = |row: &Row<'_>| {
            let (all, uncertain): (i64, i64) = (row.get(0)?, row.get(1)?);
            Ok(OpenCounts {
                failed: u64::try_from(all - uncertain).unwrap_or_default(),
                uncertain: u64::try_from(uncertain).unwrap_or_default(),
            })
        };
        let counts = one(sqlite, &count_open(), params![self.connection], read)?;
        let mut counts = counts.unwrap_or_default();
        counts.failed += self.count_nameless()?;
        Ok(counts)
    }

    /// Records that are not in order, at most so many of them, the longest open first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn open_list(&self, most: Option<u32>) -> Result<Vec<OpenRecord>, StateError> {
        let sqlite = &self.sqlite;
        let limit = most.map_or(-1, i64::from);
        let mut open: Vec<OpenRecord> = asked(sqlite, || {
            let mut statement = sqlite.prepare_cached(&list_open())?;
            let rows = statement.query_map(params![self.connection, limit], read_open)?;
            rows.collect()
        })?;
        open.extend(self.list_nameless(limit)?);
        open.sort_by(|a, b| a.rank().cmp(&b.rank()));
        open.truncate(most.map_or(usize::MAX, |most| most as usize));
        Ok(open)
    }

    /// The last run that came to its end, whether or not single records failed in it.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn last_good_run(&self) -> Result<Option<PastRun>, StateError> {
        let sqlite = &self.sqlite;
        let sql = format!(
            "{PAST_RUN} WHERE connection = ?1 AND status IN ('ok', 'partial') \
             ORDER BY nth DESC LIMIT 1"
        );
        one(sqlite, &sql, params![self.connection], read_run)
    }
}

fn count_open() -> String {
    format!(
        "SELECT count(*), count(CASE WHEN {UNCERTAIN} THEN 1 END) FROM {RECORDS} \
         WHERE connection = ?1 AND {OPEN}"
    )
}

fn list_open() -> String {
    format!(
        "SELECT kind, source_id, label, {UNCERTAIN}, reason, attempts, first_failed_at, \
         last_failed_at, sent_at FROM {RECORDS} WHERE connection = ?1 AND {OPEN} \
         ORDER BY coalesce(first_failed_at, sent_at / 1000), kind, source_id LIMIT ?2"
    )
}

fn read_open(row: &Row<'_>) -> rusqlite::Result<OpenRecord> {
    let time = |at: Option<i64>| at.and_then(seconds);
    let sent = row.get::<_, Option<i64>>(8)?.map(|at| at / 1000);
    let (first, last): (Option<i64>, Option<i64>) = (row.get(6)?, row.get(7)?);
    Ok(OpenRecord {
        kind: row.get(0)?,
        source_id: SourceId(row.get(1)?),
        label: row.get(2)?,
        uncertain: row.get(3)?,
        reason: row.get(4)?,
        attempts: row.get(5)?,
        first: time(first.or(sent)),
        last: time(last.max(sent)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::history::tests::plan;

    #[test]
    fn open_records_are_found_by_their_index() {
        for sql in [count_open(), list_open()] {
            let plan = plan(&sql);
            let index = "USING INDEX records_open (connection=?)";
            assert!(plan.contains(index), "{plan}");
        }
    }
}
