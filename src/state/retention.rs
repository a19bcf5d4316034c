//! What is not kept for ever: old runs, and what the user wants to be forgotten.
//!
//! A forgotten record leaves its keys, its Caflou id and the state `gone` without any value
//! ([`Known::is_forgotten`](super::Known::is_forgotten)): enough to never import it again, and
//! nothing about a person.

use std::time::Duration;

use chrono::{DateTime, Utc};
use rusqlite::{ErrorCode, params};

use super::belonging::{Belonging, HeldRecord};
use super::view::asked;
use super::{Journal, StateError};
use crate::record::Kind;

/// How long the remains wait for others that read the file.
const SCRUB: Duration = Duration::from_secs(2);

/// What is left of a change: that it was, and of which record.
const BARE: &str = "UPDATE changes SET change = json_object('connection', ?1, 'kind', kind, \
     'action', action, 'source_id', source_id, 'caflou_id', json_extract(change, '$.caflou_id'), \
     'label', '', 'fields', json('{}'), 'kept', json('[]'), 'ignored', json('[]'), \
     'warnings', json('[]'), 'reason', 'forgotten') \
     WHERE run_id IN (SELECT run_id FROM runs WHERE connection = ?1) AND kind = ?2";
const OLD: &str = "SELECT run_id FROM runs WHERE connection = ?1 AND started_at < ?2 \
     AND run_id IS NOT (SELECT run_id FROM runs WHERE connection = ?1 \
     AND status IN ('ok', 'partial') ORDER BY nth DESC LIMIT 1)";

impl Journal {
    /// Drops the runs of this connection that began before a moment, but for the last one that
    /// came to its end. Gives how many.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn prune(&mut self, before: DateTime<Utc>) -> Result<usize, StateError> {
        let pruned = self.drop_runs(before);
        pruned.map_err(|error| StateError::statement(&self.sqlite, &error))
    }

    fn drop_runs(&mut self, before: DateTime<Utc>) -> rusqlite::Result<usize> {
        self.sqlite.pragma_update(None, "secure_delete", "ON")?;
        let transaction = self.sqlite.transaction()?;
        let which = params![self.connection, before.timestamp()];
        let changes = format!("DELETE FROM changes WHERE run_id IN ({OLD})");
        transaction.execute(&changes, which)?;
        let runs = format!("DELETE FROM runs WHERE run_id IN ({OLD})");
        let dropped = transaction.execute(&runs, which)?;
        transaction.commit()?;
        Ok(dropped)
    }

    /// Forgets what is held of some records, and keeps that they are never imported
    /// again. [`Journal::scrub`] has to follow.
    ///
    /// # Errors
    /// When the file cannot be written: then nothing was changed.
    pub fn forget_people(&mut self, all: &Belonging) -> Result<(), StateError> {
        let forgotten = self.blank(all);
        forgotten.map_err(|error| StateError::statement(&self.sqlite, &error))
    }

    fn blank(&mut self, all: &Belonging) -> rusqlite::Result<()> {
        self.sqlite.pragma_update(None, "secure_delete", "ON")?;
        let transaction = self.sqlite.transaction()?;
        let bare = format!("{BARE} AND source_id = ?3");
        for HeldRecord {
            kind, source_id, ..
        } in &all.held
        {
            let key = params![self.connection, kind.as_str(), source_id.0];
            transaction.execute(
                "INSERT INTO records (connection, kind, source_id, state, label, source) \
                 VALUES (?1, ?2, ?3, 'gone', '', '{}') ON CONFLICT DO UPDATE SET \
                 state = 'gone', label = '', source = '{}', written = NULL, pending = NULL, \
                 sent_at = NULL, awaits = NULL, origin = NULL, reason = NULL, \
                 attempts = 0, first_failed_at = NULL, last_failed_at = NULL",
                key,
            )?;
            transaction.execute(&bare, key)?;
        }
        // What is told of documents that were never imported is linked by nothing but the name.
        let bare = format!(
            "{BARE} AND json_extract(change, '$.label') = ?3 AND NOT EXISTS (SELECT 1 FROM records \
             WHERE records.connection = ?1 AND records.kind = ?2 \
             AND records.source_id = changes.source_id)"
        );
        let documents = Kind::ALL.into_iter().filter(|kind| kind.is_document());
        for (kind, name) in
            documents.flat_map(|kind| all.names.iter().map(move |name| (kind, name)))
        {
            let key = params![self.connection, kind.as_str(), name];
            transaction.execute(&bare, key)?;
        }
        transaction.commit()
    }

    /// Forgets the whole connection. [`Journal::scrub`] has to follow.
    ///
    /// # Errors
    /// When the file cannot be written: then nothing was changed.
    pub fn forget_connection(&mut self) -> Result<(), StateError> {
        let forgotten = self.drop_all();
        forgotten.map_err(|error| StateError::statement(&self.sqlite, &error))
    }

    fn drop_all(&mut self) -> rusqlite::Result<()> {
        self.sqlite.pragma_update(None, "secure_delete", "ON")?;
        let transaction = self.sqlite.transaction()?;
        for statement in [
            "INSERT OR IGNORE INTO given SELECT run_id FROM runs WHERE connection = ?1 \
             ORDER BY nth DESC LIMIT 1",
            "DELETE FROM changes WHERE run_id IN (SELECT run_id FROM runs WHERE connection = ?1)",
            "DELETE FROM runs WHERE connection = ?1",
            "DELETE FROM records WHERE connection = ?1",
            "DELETE FROM withheld WHERE connection = ?1",
            "DELETE FROM cursors WHERE connection = ?1",
            "DELETE FROM pairs WHERE connection = ?1",
            "DELETE FROM parted WHERE connection = ?1",
            "DELETE FROM nameless WHERE connection = ?1",
        ] {
            transaction.execute(statement, params![self.connection])?;
        }
        transaction.commit()
    }

    /// Removes what earlier writes left in free places of the file and in its log. `false`:
    /// another process has the file open, and something may still be there.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn scrub(&self) -> Result<bool, StateError> {
        asked(&self.sqlite, || self.vacuum())
    }

    fn vacuum(&self) -> rusqlite::Result<bool> {
        self.sqlite.busy_timeout(SCRUB)?;
        let busy = |error: &rusqlite::Error| {
            let code = error.sqlite_error_code();
            matches!(
                code,
                Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
            )
        };
        match self.sqlite.execute_batch("VACUUM") {
            Err(error) if busy(&error) => return Ok(false),
            vacuumed => vacuumed?,
        }
        let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
        let blocked: i64 = self.sqlite.query_row(checkpoint, [], |row| row.get(0))?;
        Ok(blocked == 0)
    }
}

#[cfg(test)]
mod tests;
