//! What is told only once: of which change of a record the user has heard already.

use rusqlite::params;

use super::view::one;
use super::{Journal, StateError, View};
use crate::record::{Kind, SourceId};

impl View {
    /// What was told of a record, as [`Journal::note_withheld`] was given it.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn withheld(&self, kind: Kind, id: &SourceId) -> Result<Option<String>, StateError> {
        let sqlite = &self.sqlite;
        one(
            sqlite,
            "SELECT what FROM withheld WHERE connection = ?1 AND kind = ?2 AND source_id = ?3",
            params![self.connection, kind.as_str(), id.0],
            |row| row.get(0),
        )
    }
}

impl Journal {
    /// Notes what the user is told of a record.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn note_withheld(&self, kind: Kind, id: &SourceId, what: &str) -> Result<(), StateError> {
        self.execute(
            "INSERT INTO withheld (connection, kind, source_id, what) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT DO UPDATE SET what = excluded.what",
            params![self.connection, kind.as_str(), id.0, what],
        )
    }
}
