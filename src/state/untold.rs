//! What runs noted that were cut off: nobody may have heard of it.

use rusqlite::params;

use super::view::asked;
use super::{Journal, StateError, View};
use crate::record::{Kind, SourceId};

/// A run that did not come to its end, and of which no later one told.
const CUT_OFF: &str = "status IS NULL AND summary IS NULL";

/// What is skipped is skipped and told by the next run again, but for what is told once.
const NO_SKIP: &str =
    "changes.action <> 'skip' OR json_extract(changes.change, '$.kept[0]') IS NOT NULL";
const ONCE: &str = "EXISTS (SELECT 1 FROM withheld WHERE withheld.connection = runs.connection \
     AND withheld.kind = changes.kind AND withheld.source_id = changes.source_id)";

impl View {
    /// Gives what the runs of this connection did that were cut off and not told of since: run and
    /// change, as JSON.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn untold(&self) -> Result<Vec<(String, String)>, StateError> {
        asked(&self.sqlite, || {
            let mut statement = self.sqlite.prepare(&format!(
                "SELECT changes.run_id, changes.change \
                 FROM runs CROSS JOIN changes ON changes.run_id = runs.run_id \
                 WHERE runs.connection = ?1 AND {CUT_OFF} AND ({NO_SKIP} OR {ONCE}) \
                 ORDER BY runs.run_id, changes.rowid"
            ))?;
            let changes = statement.query_map(params![self.connection], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
            changes.collect()
        })
    }
}

impl Journal {
    /// Takes back what was noted ahead: it is told now.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn nothing_ahead(&self, (kind, id): (Kind, &SourceId)) -> Result<(), StateError> {
        self.execute(
            "DELETE FROM changes WHERE kind = ?1 AND source_id = ?2 AND run_id = ?3",
            params![kind.as_str(), id.0, self.run_id],
        )
    }

    /// Notes that this run, which has come to its end, told of those that were cut off before it.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn told(&self) -> Result<(), StateError> {
        self.execute(
            &format!("UPDATE runs SET summary = '{{}}' WHERE connection = ?1 AND {CUT_OFF}"),
            params![self.connection],
        )
    }
}
