//! One run per connection: a lock that dies with its process.

use std::fmt::Write as _;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use thiserror::Error;

use super::error::advice;
use super::{files, hex_digest};

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
        Self::hold(&lock_path(state, &word(connection)), connection, now)
    }

    fn hold(path: &Path, name: &str, now: DateTime<Utc>) -> Result<Self, LockError> {
        let unusable = |source| LockError::Unusable {
            path: path.to_owned(),
            source,
        };
        files::make_folder_of(path).map_err(unusable)?;
        let mut file = files::lock_file(path).map_err(unusable)?;
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
        let file = File::open(lock_path(state, &word(connection)));
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

/// `state.db` and `my-shop` give `state.db.my-shop.lock`. One file by two names is one state.
fn lock_path(state: &Path, word: &str) -> PathBuf {
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
fn word(name: &str) -> String {
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

/// The locks of a Caflou account, held until dropped.
#[derive(Debug)]
pub struct AccountLock {
    _beside: Lock,
    among_users: Result<Lock, LockError>,
}

impl AccountLock {
    /// Takes the locks of a Caflou account. One lies beside the state file, whoever uses that. The
    /// other lies in the user's cache folder, whatever state file is used: two that write to one
    /// account at once would both create what both do not find.
    ///
    /// # Errors
    /// When another process holds one of them, or the one beside the state file cannot be made.
    pub fn take(
        state: &Path,
        cache: &Path,
        (api_url, account): (&str, &str),
        now: DateTime<Utc>,
    ) -> Result<Self, LockError> {
        // No connection's lock has an @ in its name.
        let short = hex_digest(api_url.trim_end_matches('/'), 4);
        let word = format!("@caflou-{}-{short}", word(account));
        let name = format!("caflou:{account}");
        let among_users = match Lock::hold(&cache.join(format!("{word}.lock")), &name, now) {
            Err(held @ LockError::Held { .. }) => return Err(held),
            taken => taken,
        };
        Ok(Self {
            _beside: Lock::hold(&lock_path(state, &word), &name, now)?,
            among_users,
        })
    }

    /// Why runs with other state files do not know of this one, where that is so.
    #[must_use]
    pub fn unknown_to_others(&self) -> Option<&LockError> {
        self.among_users.as_ref().err()
    }
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

    #[test]
    fn an_account_has_one_lock_whatever_the_state_file_and_none_with_a_connection() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let take = |state: &str, cache: &str, url: &str, account: &str| {
            AccountLock::take(&at(state), &at(cache), (url, account), now)
        };
        let url = "https://app.caflou.com/api/v1";
        let first = take("a.db", "cache", url, "1").unwrap();
        assert!(first.unknown_to_others().is_none());
        assert!(
            take("b.db", "cache", url, "1").is_err(),
            "another state file"
        );
        assert!(take("b.db", "cache", &format!("{url}/"), "1").is_err());
        assert!(take("a.db", "other", url, "1").is_err(), "another user");
        assert!(take("a.db", "cache", url, "2").is_ok());
        assert!(take("a.db", "cache", "https://other", "1").is_ok());
        for name in ["caflou:1", "@caflou-1", "@caflou-1-00000000"] {
            assert!(Lock::take(&at("a.db"), name, now).is_ok(), "{name}");
        }
        drop(first);
        fs::write(at("no-folder"), "").unwrap();
        let alone = take("a.db", "no-folder", url, "1").unwrap();
        assert!(alone.unknown_to_others().is_some());
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
