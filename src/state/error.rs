//! What can go wrong with the state file.

use std::path::PathBuf;

use thiserror::Error;

/// A problem with the state file. Nothing was written to either service because of it.
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
    /// A statement failed.
    #[error("state file: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A stored value is not what was stored.
    #[error("state file: the stored {what} of {record} cannot be read")]
    Corrupt {
        /// Which value.
        what: &'static str,
        /// Of which record.
        record: String,
    },
}
