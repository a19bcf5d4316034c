//! What can go wrong with the state file.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode};
use thiserror::Error;

use super::LockError;
use crate::trouble::{Class, Trouble};

/// A problem with the state file. Nothing more is written to either service because of it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{what}{}{advice}", if .advice.is_empty() { "" } else { "; " })]
pub struct StateError {
    /// What is wrong, with the file.
    what: String,
    /// What to do about it, where the sentence does not say it.
    advice: &'static str,
}

impl From<StateError> for Trouble {
    fn from(error: StateError) -> Self {
        Self::new(Class::State, error.what).advise(error.advice)
    }
}

/// What leaves cannot be noted in the file of the account's lock.
impl From<LockError> for StateError {
    fn from(error: LockError) -> Self {
        Self {
            what: error.to_string(),
            advice: "",
        }
    }
}

const CHECK: &str = "check the path (--state, CAFLOU_SYNC_STATE or `state` in the configuration)";
const DAMAGED: &str = "it is damaged or no state file: restore a copy, or rebuild it from the marks \
                       in Caflou with `caflou-sync run NAME --rebuild`, or name another with --state";
const ROOM: &str = "make room on the disk and run again";
const RIGHTS: &str = "make the file and its folder writable for this user";

impl StateError {
    fn new(path: &Path, what: &str, advice: &'static str) -> Self {
        Self {
            what: format!("state file {}{what}", path.display()),
            advice,
        }
    }

    /// The file cannot be used, for a reason that is not SQLite's.
    pub(super) fn unusable(path: &Path, reason: &str) -> Self {
        Self::new(path, &format!(": {reason}"), CHECK)
    }

    /// The file does not hang together.
    pub(super) fn damaged(path: &Path, reason: &str) -> Self {
        Self::new(path, &format!(": {reason}"), DAMAGED)
    }

    /// A stored value is not what was stored.
    pub(super) fn corrupt(path: &Path, what: &str, record: &str) -> Self {
        let reason = format!("the stored {what} of {record} are not those that were stored");
        Self::damaged(path, &reason)
    }

    /// A newer release wrote the file: its schema version, and the newest one known here.
    pub(super) fn newer(path: &Path, found: usize, known: usize) -> Self {
        let what = format!(
            " was written by a newer caflou-sync (schema {found}, this one knows up to {known})"
        );
        Self::new(
            path,
            &what,
            "install that release or name another file with --state",
        )
    }

    /// Whether the file is there and does not hold what was stored in it.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        self.advice == DAMAGED
    }

    /// The system refused the file.
    pub(super) fn io(path: &Path, error: &io::Error) -> Self {
        Self::new(path, &format!(": {error}"), advice(error, CHECK))
    }

    /// SQLite refused the file.
    pub(super) fn sqlite(path: &Path, error: &rusqlite::Error) -> Self {
        let advice = match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                "another program holds it; run again when that has finished"
            }
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => DAMAGED,
            Some(ErrorCode::DiskFull) => ROOM,
            Some(ErrorCode::SystemIoFailure) => {
                "the disk is full or failing: put it right and run again"
            }
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => RIGHTS,
            // It is there, and this user may not read it.
            Some(ErrorCode::CannotOpen) if path.is_file() => RIGHTS,
            _ => CHECK,
        };
        Self::new(path, &format!(": {error}"), advice)
    }

    /// A statement of an open file failed.
    pub(super) fn statement(sqlite: &Connection, error: &rusqlite::Error) -> Self {
        Self::sqlite(&file_of(sqlite), error)
    }
}

/// What to do about the system's error, else `otherwise`.
pub(super) fn advice(error: &io::Error, otherwise: &'static str) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ROOM,
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => RIGHTS,
        _ => otherwise,
    }
}

/// The file of a connection.
pub(super) fn file_of(sqlite: &Connection) -> PathBuf {
    sqlite.path().unwrap_or_default().into()
}
