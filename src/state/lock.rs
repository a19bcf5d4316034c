//! One run per connection: a lock that dies with its process.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use thiserror::Error;

use super::error::advice;

/// The lock of a connection, held until dropped.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Why the lock was not to be had.
#[derive(Debug, Error)]
pub enum LockError {
    /// Another run holds it.
    #[error("another run of `{connection}` is under way{}; wait for it to end", .holder.as_deref().map(|who| format!(" ({who})")).unwrap_or_default())]
    Held {
        /// The connection.
        connection: String,
        /// Process and start of the other run, as it noted them.
        holder: Option<String>,
    },
    /// The lock file cannot be used.
    #[error("lock file {}: {source}; {}", path.display(), advice(source, "make its folder writable or name another with --state"))]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl Lock {
    /// Takes the lock of a connection of a state file.
    ///
    /// # Errors
    /// When another process holds it, or the lock file cannot be made.
    pub fn take(state: &Path, connection: &str, now: DateTime<Utc>) -> Result<Self, LockError> {
        // One file by two names is one state.
        let state = fs::canonicalize(state).unwrap_or_else(|_| state.to_owned());
        let path = lock_path(&state, connection);
        let unusable = |source| LockError::Unusable {
            path: path.clone(),
            source,
        };
        if let Some(folder) = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
        {
            fs::create_dir_all(folder).map_err(unusable)?;
        }
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&path).map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(LockError::Held {
                    connection: connection.to_owned(),
                    holder: holder(&file),
                });
            }
            Err(TryLockError::Error(source)) => return Err(unusable(source)),
        }
        let since = now.format("%Y-%m-%d %H:%M:%S UTC");
        let note = format!("process {} since {since}", std::process::id());
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(note.as_bytes()))
            .map_err(unusable)?;
        Ok(Self { _file: file })
    }

    /// Whether a process holds the lock of a connection. To know that, it is taken for a moment:
    /// ask only where a run seems to be under way.
    #[must_use]
    pub fn is_held(state: &Path, connection: &str) -> bool {
        let file = File::open(lock_path(state, connection));
        file.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }
}

/// What the holder noted of itself. It may have taken the lock this very moment: then the note is
/// missing, or still that of a run before.
fn holder(mut file: &File) -> Option<String> {
    for _ in 0..10 {
        std::thread::sleep(Duration::from_millis(50));
        let mut note = String::new();
        file.rewind().ok()?;
        file.take(200).read_to_string(&mut note).ok()?;
        if !note.trim().is_empty() {
            return Some(note.trim().to_owned());
        }
    }
    None
}

/// `state.db` and `my-shop` give `state.db.my-shop.lock`; what is unusual in a file name is
/// written as its code.
fn lock_path(state: &Path, connection: &str) -> PathBuf {
    let mut name = state.as_os_str().to_owned();
    name.push(".");
    for c in connection.chars() {
        if c.is_ascii_alphanumeric() || c == '-' || c == '_' {
            name.push(c.to_string());
        } else {
            name.push(format!("%{:x}", u32::from(c)));
        }
    }
    name.push(".lock");
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_taker_hears_who_has_the_lock_and_a_dropped_lock_is_free() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state.db");
        let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let first = Lock::take(&state, "můj/shop", now).unwrap();
        let message = Lock::take(&state, "můj/shop", now).unwrap_err().to_string();
        let process = std::process::id();
        assert_eq!(
            message,
            format!(
                "another run of `můj/shop` is under way (process {process} since 2023-11-14 \
                 22:13:20 UTC); wait for it to end"
            )
        );
        assert!(Lock::take(&state, "other", now).is_ok());
        assert!(Lock::is_held(&state, "můj/shop") && !Lock::is_held(&state, "other"));
        drop(first);
        assert!(!Lock::is_held(&state, "můj/shop") && !Lock::is_held(&state, "never"));
        assert!(Lock::take(&state, "můj/shop", now).is_ok());
    }
}
