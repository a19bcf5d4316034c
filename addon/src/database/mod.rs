//! The backend's state file (SQLite, 0600): shops, codes, pairings, tokens, wrong tries, events.
//!
//! Statements are methods of [`Database`]; each method leaves the tables whole. Who calls several puts
//! them into one [`Database::transaction`].

mod migrations;
mod pairings;
mod shops;
#[cfg(test)]
mod tests;
mod tokens;
mod tries;

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use rusqlite::types::FromSqlError;
use rusqlite::{Connection, Row};
use thiserror::Error;

pub use pairings::Paired;
pub use shops::{ListedShop, NewShop, Shop, Standing};
pub use tokens::{KeptToken, NewToken};
pub use tries::{Limited, Tries};

use super::vault::Vault;
use migrations::migrations;

/// Tells a backend's state file from other databases: `CafA` (`PRAGMA application_id`).
const APPLICATION: i32 = 0x4361_6641;
/// How long another process may hold SQLite's own lock.
const BUSY: Duration = Duration::from_secs(5);

/// Why the state file is of no use.
#[derive(Debug, Error)]
pub enum DatabaseError {
    /// It cannot be opened or made.
    #[error("state file {}: {reason}; check the path (`state` in addon.toml, --state)", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What the system or SQLite says.
        reason: String,
    },
    /// It is encrypted with another key.
    #[error(
        "state file {} is encrypted with another key than `key` of addon.toml names; name that key, \
         or another state file to begin anew", path.display()
    )]
    OtherKey {
        /// The file.
        path: PathBuf,
    },
    /// A statement failed.
    #[error("the state file cannot be used: {0}")]
    Statement(#[from] rusqlite::Error),
    /// A command for a file that no backend made yet.
    #[error("{}: no such file; `caflou-sync-addon serve` makes it", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
}

/// The tables.
#[derive(Debug)]
pub struct Database(Connection);

impl Database {
    /// Opens the file, made where missing, with the newest schema.
    ///
    /// # Errors
    /// Where it cannot be used, or belongs to another key.
    pub fn open(path: &Path, vault: &Vault) -> Result<Self, DatabaseError> {
        let unusable = |reason: String| DatabaseError::Unusable {
            path: path.to_owned(),
            reason,
        };
        make(path).map_err(|error| unusable(error.to_string()))?;
        let mut connection = Connection::open(path).map_err(|error| unusable(error.to_string()))?;
        let ours = is_ours(&connection).map_err(|error| unusable(error.to_string()))?;
        if !ours {
            return Err(unusable("it is another program's database".to_owned()));
        }
        let prepare = |connection: &Connection| {
            connection.busy_timeout(BUSY)?;
            connection.pragma_update(None, "journal_mode", "WAL")?;
            // An installation that was answered with 200 does not come again.
            connection.pragma_update(None, "synchronous", "FULL")?;
            connection.pragma_update(None, "foreign_keys", "ON")?;
            // What was deleted is not to be found in free places of the file.
            connection.pragma_update(None, "secure_delete", "ON")
        };
        prepare(&connection).map_err(|error| unusable(error.to_string()))?;
        let migrated = migrations().to_latest(&mut connection);
        migrated.map_err(|error| unusable(error.to_string()))?;
        connection.set_prepared_statement_cache_capacity(64);
        let database = Self(connection);
        if database.belongs_to(vault)? {
            Ok(database)
        } else {
            Err(DatabaseError::OtherKey {
                path: path.to_owned(),
            })
        }
    }

    /// As [`Self::open`], a file that has to be there.
    ///
    /// # Errors
    /// Where it is not, cannot be used, or belongs to another key.
    pub fn open_existing(path: &Path, vault: &Vault) -> Result<Self, DatabaseError> {
        match fs::exists(path) {
            Ok(true) => Self::open(path, vault),
            _ => Err(DatabaseError::Missing {
                path: path.to_owned(),
            }),
        }
    }

    /// Does several things, or none of them.
    ///
    /// # Errors
    /// Those of `work`, and of the file.
    pub fn transaction<T>(
        &mut self,
        work: impl FnOnce(&Self) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        // Taken at once for writing, so that two processes never wait for each other's reading.
        self.0.execute_batch("BEGIN IMMEDIATE")?;
        let done = work(self).and_then(|value| self.0.execute_batch("COMMIT").map(|()| value));
        if done.is_err() {
            // Nothing is left to undo where that fails.
            let _ = self.0.execute_batch("ROLLBACK");
        }
        done
    }

    /// Does a part of a transaction, or nothing of it.
    pub(super) fn part<T>(
        &self,
        work: impl FnOnce(&Self) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        self.0.execute_batch("SAVEPOINT part")?;
        let done = work(self);
        let end = if done.is_ok() {
            "RELEASE part"
        } else {
            "ROLLBACK TO part; RELEASE part"
        };
        self.0.execute_batch(end)?;
        done
    }

    /// Whether it is encrypted with the key of this vault; an empty one is from now on.
    fn belongs_to(&self, vault: &Vault) -> rusqlite::Result<bool> {
        let ours = vault.fingerprint();
        let sql = "INSERT OR IGNORE INTO key (only, fingerprint) VALUES (1, ?1)";
        self.0.execute(sql, [&ours[..]])?;
        let sql = "SELECT fingerprint FROM key";
        let theirs: Vec<u8> = self.0.query_row(sql, [], |row| row.get(0))?;
        Ok(theirs == ours)
    }
}

/// Whether the file is one of a backend's; an empty one is from now on.
fn is_ours(connection: &Connection) -> rusqlite::Result<bool> {
    let id: i32 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let sql = "SELECT count(*) FROM sqlite_master";
    let tables: i64 = connection.query_row(sql, [], |row| row.get(0))?;
    if tables == 0 {
        connection.pragma_update(None, "application_id", APPLICATION)?;
        return Ok(true);
    }
    Ok(id == APPLICATION)
}

/// Makes the file where it is missing, readable by its owner only (SQLite gives its log the same mode),
/// and its folder.
fn make(path: &Path) -> io::Result<()> {
    // Opening it here and closing it again would end SQLite's locks of the whole process.
    if fs::exists(path)? {
        return Ok(());
    }
    let folder = path.parent();
    if let Some(folder) = folder.filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder)?;
    }
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// The number as SQLite has it. A larger one no shop has.
fn number(eshop_id: u64) -> i64 {
    i64::try_from(eshop_id).unwrap_or(i64::MAX)
}

/// A column that is never negative.
fn natural(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).map_err(|_| FromSqlError::OutOfRange(number).into())
}

/// The moment of a column.
fn moment(millis: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(millis).unwrap_or_default()
}
