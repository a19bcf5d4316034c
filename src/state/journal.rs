//! Writing the state of one connection.
//!
//! A create is preceded by an [`Intent`], committed with `synchronous=FULL`: it survives a power
//! cut, and so do the notes that it leaves late and that an update is about to be sent. What follows
//! (confirmed, failed) is committed with `synchronous=NORMAL`: it survives the death of the process. A
//! power cut may take it back to the intent, and an intent is never sent again blindly.

mod attempts;
mod outcomes;

use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, ErrorCode, Params, ToSql, params};

pub use attempts::Intent;
pub use outcomes::Synced;

use super::known::DOUBTED;
use super::{AccountLock, Cursor, RunStart, Sent, StateError, View, open};
use crate::record::{Attributes, Kind, SourceId, Stream};
use crate::trouble::Trouble;

/// A record's key in a statement.
type Key<'a> = (Kind, &'a SourceId);

/// Which record a statement is about.
const THIS: &str = "connection = ?1 AND kind = ?2 AND source_id = ?3";

/// The state of one connection, for writing. What it notes of a single record is in its rooms.
#[derive(Debug)]
pub struct Journal {
    pub(super) sqlite: Connection,
    pub(super) connection: String,
    pub(super) run_id: String,
    /// Notes of this run before writes left.
    sends: Cell<u64>,
    /// The account that is written to, from when on it may be.
    account: Option<Arc<AccountLock>>,
    /// Origins were learnt that are not believed yet.
    learnt: bool,
    /// Of a write that is settled, an earlier attempt may be carried out still.
    lingers: AtomicBool,
}

impl Journal {
    /// Opens for writing and brings the schema up to date.
    ///
    /// # Errors
    /// When the file is unusable or was written by a newer release.
    pub fn open(path: &Path, connection: &str) -> Result<Self, StateError> {
        Ok(Self {
            sqlite: open::read_write(path)?,
            connection: connection.to_owned(),
            run_id: String::new(),
            sends: Cell::default(),
            account: None,
            learnt: false,
            lingers: AtomicBool::new(false),
        })
    }

    /// The run that is under way.
    #[must_use]
    pub fn run_id(&self) -> &str {
        &self.run_id
    }

    /// From now on each write to this account is noted with its lock, too.
    pub fn writes_to(&mut self, account: Arc<AccountLock>) {
        self.account = Some(account);
    }

    /// Lets the account go. Others need not wait where the outcome of all writes is known.
    ///
    /// # Errors
    /// When that cannot be noted.
    pub fn let_go(&mut self) -> Result<(), StateError> {
        let Some(account) = self.account.take() else {
            return Ok(());
        };
        let lingers = self.lingers.load(Ordering::Relaxed);
        if !lingers && self.view()?.open_counts()?.uncertain == 0 {
            account.settled()?;
        }
        Ok(())
    }

    /// Notes durably what is about to be sent, and that it was noted: with the account's lock, too,
    /// so that a file which loses the note is known by it.
    fn leaves(
        &self,
        sent: &Sent,
        note: impl FnOnce(&Self) -> Result<(), StateError>,
    ) -> Result<(), StateError> {
        let with_the_account = |sends| {
            let run = (self.run_id.as_str(), self.connection.as_str());
            let account = self.account.as_ref();
            account.map_or(Ok(()), |account| account.leaves(run, sends, sent))
        };
        let (before, sends) = (self.sends.get(), self.sends.get() + 1);
        with_the_account(sends)?;
        let noted = self.durably_together(|journal| {
            let sends = i64::try_from(sends).unwrap_or(i64::MAX);
            let counted = "UPDATE runs SET sends = ?2 WHERE run_id = ?1";
            journal.execute(counted, params![journal.run_id, sends])?;
            note(journal)
        });
        match noted {
            Ok(()) => self.sends.set(sends),
            // Nothing leaves. Where this fails as well, the next run compares more than it has to.
            Err(_) => with_the_account(before).unwrap_or_default(),
        }
        noted
    }

    pub(super) fn execute(&self, sql: &str, params: impl Params) -> Result<(), StateError> {
        let done = self.sqlite.prepare_cached(sql);
        let done = done.and_then(|mut statement| statement.execute(params));
        done.map(drop).map_err(|error| self.trouble(&error))
    }

    /// Sets columns of one record; the values begin at `?4`.
    fn update(&self, key: Key<'_>, set: &str, values: &[&dyn ToSql]) -> Result<(), StateError> {
        self.update_where(key, set, "true", values)
    }

    /// As [`Journal::update`], where the record fulfils a condition.
    fn update_where(
        &self,
        key: Key<'_>,
        set: &str,
        condition: &str,
        values: &[&dyn ToSql],
    ) -> Result<(), StateError> {
        let sql = format!("UPDATE records SET {set} WHERE {THIS} AND {condition}");
        self.on(key, &sql, values)
    }

    /// Forgets a record that fulfils a condition.
    fn delete(&self, key: Key<'_>, condition: &str) -> Result<(), StateError> {
        self.on(
            key,
            &format!("DELETE FROM records WHERE {THIS} AND {condition}"),
            &[],
        )
    }

    fn on(&self, key: Key<'_>, sql: &str, values: &[&dyn ToSql]) -> Result<(), StateError> {
        let mut all: Vec<&dyn ToSql> = vec![&self.connection];
        let kind = key.0.as_str();
        all.extend([&kind as &dyn ToSql, &key.1.0]);
        all.extend(values);
        self.execute(sql, &*all)
    }

    /// How soon commits are forced to the disk.
    fn flush(&self, synchronous: &str) -> Result<(), StateError> {
        let set = self.sqlite.pragma_update(None, "synchronous", synchronous);
        set.map_err(|error| self.trouble(&error))
    }

    /// Writes several things with one commit: all of them or none.
    ///
    /// # Errors
    /// Those of `write`, and when the file cannot be written.
    pub fn together(
        &self,
        write: impl FnOnce(&Self) -> Result<(), StateError>,
    ) -> Result<(), StateError> {
        let begun = self.sqlite.unchecked_transaction();
        let transaction = begun.map_err(|error| self.trouble(&error))?;
        write(self)?;
        transaction.commit().map_err(|error| self.trouble(&error))
    }

    /// As [`Journal::together`]; what is written survives a power cut.
    ///
    /// # Errors
    /// Those of `write`, and when the file cannot be written.
    pub fn durably_together(
        &self,
        write: impl FnOnce(&Self) -> Result<(), StateError>,
    ) -> Result<(), StateError> {
        self.flush("FULL")?;
        let written = self.together(write);
        self.flush("NORMAL")?;
        written
    }

    fn trouble(&self, error: &rusqlite::Error) -> StateError {
        if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) {
            // Waited for long enough: what is still under way must not wait as long once more each.
            let _ = self.sqlite.busy_timeout(Duration::ZERO);
        }
        StateError::statement(&self.sqlite, error)
    }

    /// Notes that a run begins.
    pub fn begin(&mut self, run: &RunStart) -> Result<(), StateError> {
        self.run_id.clone_from(&run.run_id);
        self.sends.set(0);
        self.execute(
            "INSERT INTO runs (run_id, connection, started_at, part, nth) VALUES (?1, ?2, ?3, ?4, \
             (SELECT coalesce(max(nth), 0) + 1 FROM runs WHERE connection = ?2))",
            params![
                run.run_id,
                self.connection,
                run.started_at.timestamp(),
                run.part
            ],
        )?;
        // From here on only intents are forced to the disk.
        self.flush("NORMAL")
    }

    /// Notes how a run ended, and what ended it; `summary` is JSON as reported.
    pub fn finish(
        &mut self,
        at: DateTime<Utc>,
        status: &str,
        summary: &str,
        error: Option<&Trouble>,
    ) -> Result<(), StateError> {
        let class = error.map(|error| error.class.as_str());
        let advice = error.map(|error| &error.advice);
        let advice = advice.filter(|advice| !advice.is_empty());
        self.execute(
            "UPDATE runs SET finished_at = ?2, status = ?3, summary = ?4, class = ?5, advice = ?6 \
             WHERE run_id = ?1",
            params![self.run_id, at.timestamp(), status, summary, class, advice],
        )
    }

    /// Notes what was done with a record; `change` is JSON as reported.
    pub fn note_change(&self, key: Key<'_>, action: &str, change: &str) -> Result<(), StateError> {
        self.execute(
            "INSERT INTO changes (run_id, kind, source_id, action, change) \
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            params![self.run_id, key.0.as_str(), key.1.0, action, change],
        )
    }

    /// Moves a cursor.
    pub fn move_cursor(&self, stream: &Stream, cursor: &Cursor) -> Result<(), StateError> {
        self.execute(
            "INSERT INTO cursors (connection, stream, cursor, at, listed_at, settings) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET cursor = excluded.cursor, \
             at = excluded.at, listed_at = excluded.listed_at, settings = excluded.settings",
            params![
                self.connection,
                stream.word,
                cursor.text,
                cursor.at.timestamp(),
                cursor.listed_at.timestamp(),
                cursor.sealed(),
            ],
        )
    }

    /// Notes that the file may not know what was written last: until all was compared once, what is
    /// known of a record is compared with Caflou.
    pub fn doubt(&self, streams: &[&Stream]) -> Result<(), StateError> {
        self.together(|journal| {
            streams.iter().try_for_each(|stream| {
                journal.execute(
                    "INSERT INTO cursors (connection, stream, cursor, at, listed_at, settings) \
                     VALUES (?1, ?2, '', 0, 0, ?3) \
                     ON CONFLICT DO UPDATE SET settings = excluded.settings",
                    params![journal.connection, stream.word, DOUBTED],
                )
            })
        })
    }

    /// A view of the same state.
    ///
    /// # Errors
    /// When the file cannot be opened a second time.
    pub fn view(&self) -> Result<View, StateError> {
        let path = Path::new(self.sqlite.path().unwrap_or_default());
        Ok(View {
            sqlite: open::read_again(path)?,
            connection: self.connection.clone(),
        })
    }
}

/// Values as they are kept.
fn text(values: &Attributes) -> String {
    values.to_json().to_string()
}

#[cfg(test)]
mod tests;
