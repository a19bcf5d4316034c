//! One run per connection: a lock that dies with its process. Its file says who holds it, and what
//! the last holder noted for the next one.

use std::fmt::Write as _;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use thiserror::Error;

use super::error::advice;
use super::files;
use crate::trouble::{Class, Trouble};

/// The lock of a connection, held until dropped.
#[derive(Debug)]
pub struct Lock {
    file: File,
    path: PathBuf,
    /// Process and start of this run.
    who: String,
    /// What the holder before noted.
    found: String,
}

/// Longer notes are none of ours.
const LONGEST: u64 = 16 * 1024;

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

impl From<LockError> for Trouble {
    fn from(error: LockError) -> Self {
        let class = match error {
            LockError::Held { .. } => Class::Locked,
            LockError::Unusable { .. } => Class::Machine,
        };
        Self::new(class, error.to_string())
    }
}

impl Lock {
    /// Takes the lock of a connection of a state file.
    ///
    /// # Errors
    /// When another process holds it, or the lock file cannot be made.
    pub fn take(state: &Path, connection: &str, now: DateTime<Utc>) -> Result<Self, LockError> {
        Self::hold(&lock_path(state, &word(connection)), connection, now)
    }

    pub(super) fn hold(path: &Path, name: &str, now: DateTime<Utc>) -> Result<Self, LockError> {
        let unusable = |source| LockError::Unusable {
            path: path.to_owned(),
            source,
        };
        files::make_folder_of(path).map_err(unusable)?;
        let file = files::lock_file(path).map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(LockError::Held {
                    connection: name.to_owned(),
                    holder: holder(&file),
                });
            }
            Err(TryLockError::Error(source)) => return Err(unusable(source)),
        }
        let since = now.format("%Y-%m-%d %H:%M:%S UTC");
        let (_, found) = read(&file).map_err(unusable)?;
        let lock = Self {
            file,
            path: path.to_owned(),
            who: format!("process {} since {since}", std::process::id()),
            found,
        };
        lock.note(&lock.found, false)?;
        Ok(lock)
    }

    /// What the holder before noted for the next one; empty: nothing.
    pub(super) fn found(&self) -> &str {
        &self.found
    }

    /// Notes a line for the next holder in place of the one before, so that one of both is there
    /// whenever this process dies, and after a power cut where it is `durable`.
    pub(super) fn note(&self, note: &str, durable: bool) -> Result<(), LockError> {
        let text = format!("{}\n{note}\n", self.who);
        let mut file = &self.file;
        // What is left of a longer note is behind the second line, which nobody reads.
        file.rewind()
            .and_then(|()| file.write_all(text.as_bytes()))
            .and_then(|()| file.set_len(text.len() as u64))
            .and_then(|()| if durable { file.sync_all() } else { Ok(()) })
            .map_err(|source| LockError::Unusable {
                path: self.path.clone(),
                source,
            })
    }

    /// Whether a process holds the lock of a connection. To know that, it is taken for a moment:
    /// ask only where a run seems to be under way.
    #[must_use]
    pub fn is_held(state: &Path, connection: &str) -> bool {
        let file = File::open(lock_path(state, &word(connection)));
        file.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }
}

/// What the holder noted of itself. It may have taken the lock this very moment: then the note is
/// missing, or still that of a run before.
fn holder(file: &File) -> Option<String> {
    for _ in 0..10 {
        std::thread::sleep(Duration::from_millis(50));
        let (who, _) = read(file).ok()?;
        if !who.is_empty() {
            return Some(who.chars().take(200).collect());
        }
    }
    None
}

/// Who holds or held a lock, and what that run noted for the next one.
fn read(mut file: &File) -> io::Result<(String, String)> {
    let mut text = Vec::new();
    file.rewind()?;
    file.take(LONGEST).read_to_end(&mut text)?;
    let text = String::from_utf8_lossy(&text);
    let mut lines = text.lines().map(|line| line.trim().to_owned());
    let mut next = || lines.next().unwrap_or_default();
    Ok((next(), next()))
}

/// `state.db` and `my-shop` give `state.db.my-shop.lock`. One file by two names is one state.
pub(super) fn lock_path(state: &Path, word: &str) -> PathBuf {
    let state = fs::canonicalize(state).unwrap_or_else(|_| state.to_owned());
    let mut name = state.into_os_string();
    name.push(format!(".{word}.lock"));
    PathBuf::from(name)
}

/// The name of a connection's lock beside the state file of this name.
pub(super) fn lock_name(state: &str, connection: &str) -> String {
    format!("{state}.{}.lock", word(connection))
}

/// A name as a part of a file's name: what is unusual there is written as its code.
pub(super) fn word(name: &str) -> String {
    let usual = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let mut word = String::with_capacity(name.len());
    for c in name.chars() {
        if usual(c) {
            word.push(c);
        } else {
            // Writing to a string cannot fail.
            let _ = write!(word, "%{:x}", u32::from(c));
        }
    }
    word
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

    #[cfg(unix)]
    #[test]
    fn a_lock_file_that_is_a_link_is_refused_and_nothing_is_written_by_way_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let victim = folder.path().join("victim");
        fs::write(&victim, "precious").unwrap();
        let lock = folder.path().join("state.db.shop.lock");
        std::os::unix::fs::symlink(&victim, lock).unwrap();
        let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let refused = Lock::take(&folder.path().join("state.db"), "shop", now).unwrap_err();
        assert!(refused.to_string().contains("it is a link"), "{refused}");
        assert_eq!(fs::read(&victim).unwrap(), b"precious");
    }
}
