//! What can go wrong with the state file.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode};
use thiserror::Error;

use super::LockError;

/// A problem with the state file. Nothing more is written to either service because of it.
#[derive(Debug, Error)]
pub enum StateError {
    /// It cannot be opened, made or used.
    #[error("state file {}: {reason}; {advice}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What the system or SQLite says.
        reason: String,
        /// What to do.
        advice: &'static str,
    },
    /// A newer release wrote it.
    #[error(
        "state file {} was written by a newer caflou-sync (schema {found}, this one knows up to \
         {known}); install that release or name another file with --state", path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        found: usize,
        /// The newest schema version known here.
        known: usize,
    },
    /// A stored value is not what was stored.
    #[error("state file {}: the stored {what} of {record} are not those that were stored; {DAMAGED}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// Which value.
        what: &'static str,
        /// Of which record.
        record: String,
    },
    /// What leaves cannot be noted in the file of the account's lock.
    #[error(transparent)]
    Lock(#[from] LockError),
}

const CHECK: &str = "check the path (--state, CAFLOU_SYNC_STATE or `state` in the configuration)";
const DAMAGED: &str = "it is damaged or no state file: restore a copy, or rebuild it from the marks \
                       in Caflou with `caflou-sync run NAME --rebuild`, or name another with --state";
const ROOM: &str = "make room on the disk and run again";
const RIGHTS: &str = "make the file and its folder writable for this user";

impl StateError {
    /// The file cannot be used, for a reason that is not SQLite's.
    pub(super) fn unusable(path: &Path, reason: &str) -> Self {
        Self::Unusable {
            path: path.to_owned(),
            reason: reason.to_owned(),
            advice: CHECK,
        }
    }

    /// The file is there, and nothing is in it.
    pub(super) fn empty(path: &Path) -> Self {
        Self::Unusable {
            path: path.to_owned(),
            reason: "the file is empty".to_owned(),
            advice: DAMAGED,
        }
    }

    /// The file does not hang together.
    pub(super) fn damaged(path: &Path, reason: &str) -> Self {
        Self::Unusable {
            path: path.to_owned(),
            reason: reason.to_owned(),
            advice: DAMAGED,
        }
    }

    /// Whether the file is there and does not hold what was stored in it.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Corrupt { .. } => true,
            Self::Unusable { advice, .. } => *advice == DAMAGED,
            Self::Newer { .. } | Self::Lock(_) => false,
        }
    }

    /// The system refused the file.
    pub(super) fn io(path: &Path, error: &io::Error) -> Self {
        Self::Unusable {
            path: path.to_owned(),
            reason: error.to_string(),
            advice: advice(error, CHECK),
        }
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
        Self::Unusable {
            path: path.to_owned(),
            reason: error.to_string(),
            advice,
        }
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
