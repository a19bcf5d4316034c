//! Past runs.

use std::path::Path;

use chrono::{DateTime, Utc};
use rusqlite::params;

use super::view::{one, seconds};
use super::{StateError, View};

/// A run that begins.
#[derive(Debug, Clone)]
pub struct RunStart {
    /// Its id, unique and sortable by time.
    pub run_id: String,
    /// When.
    pub started_at: DateTime<Utc>,
    /// Only a part of what the connection imports was asked for, such as one order.
    pub part: bool,
}

/// The last run of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastRun {
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// How it ended (`ok`, `partial`, `failed`, `stopped`); `None`: it did not end by itself.
    pub status: Option<String>,
}

impl View {
    /// The last run of this connection.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn last_run(&self) -> Result<Option<LastRun>, StateError> {
        let sqlite = &self.sqlite;
        let found: Option<(i64, Option<String>)> = one(
            sqlite,
            "SELECT started_at, status FROM runs WHERE connection = ?1 \
             ORDER BY nth DESC LIMIT 1",
            params![self.connection],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        Ok(found.and_then(|(at, status)| {
            Some(LastRun {
                started_at: seconds(at)?,
                status,
            })
        }))
    }

    /// Whether this file gave out the id of a run, of whatever connection.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn knows_run(&self, run_id: &str) -> Result<bool, StateError> {
        let sqlite = &self.sqlite;
        let sql = "SELECT EXISTS (SELECT 1 FROM runs WHERE run_id = ?1) \
                   OR EXISTS (SELECT 1 FROM given WHERE run_id = ?1)";
        let found = one(sqlite, sql, params![run_id], |row| row.get(0))?;
        Ok(found.unwrap_or(false))
    }

    /// How many notes a run of this connection made before writes left; `None`: what it left open is
    /// not in this file.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn sends_of(&self, run_id: &str) -> Result<Option<u64>, StateError> {
        let sqlite = &self.sqlite;
        let sql = "SELECT sends FROM runs WHERE run_id = ?1 AND connection = ?2";
        let params = params![run_id, self.connection];
        one(sqlite, sql, params, |row| {
            row.get::<_, i64>(0).map(i64::unsigned_abs)
        })
    }

    /// Whether the state file is there and has a run of any connection.
    ///
    /// # Errors
    /// When the file is there but unusable.
    pub fn exists(path: &Path) -> Result<bool, StateError> {
        Ok(super::open::read_only(path)?.is_some())
    }
}
