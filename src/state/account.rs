//! One run per Caflou account: two that look for the same record at once would both create it.
//!
//! A run that dies may leave a create that Caflou carries out a moment later. Its own state file
//! knows of it, others do not: so it stands in the lock's file until it is known what became of it,
//! with the time by which it is carried out or never.

use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::lock::{lock_path, word};
use super::{Lock, LockError, Sent, hex_digest};

/// The locks of a Caflou account, held until dropped.
#[derive(Debug)]
pub struct AccountLock {
    beside: Lock,
    among_users: Result<Lock, LockError>,
    /// The state file that the holder writes for.
    state: String,
    /// The last write of this run that is noted.
    last: Mutex<Option<Sent>>,
}

/// What a run sent to the account whose outcome was not known when it let go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// The run.
    pub run: String,
    /// Its connection.
    pub connection: String,
    /// Its state file.
    pub state: String,
    /// The last write; the others left before it.
    pub sent: Sent,
    /// How many notes the run made before writes left: its state file has to know of all of them.
    #[serde(default)]
    pub sends: u64,
}

impl Left {
    /// Of a note that cannot be read nothing is known, but that there was something.
    fn unknown(within: Duration) -> Self {
        let word = || "?".to_owned();
        Self {
            run: word(),
            connection: word(),
            state: word(),
            sent: Sent {
                at: DateTime::UNIX_EPOCH,
                up: None,
                within,
            },
            sends: 0,
        }
    }
}

impl AccountLock {
    /// Takes the locks of a Caflou account. One lies beside the state file, whoever uses that. The
    /// other lies in the user's cache folder, whatever state file is used.
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
        let whole = fs::canonicalize(state);
        Ok(Self {
            beside: Lock::hold(&lock_path(state, &word), &name, now)?,
            among_users,
            state: whole.as_deref().unwrap_or(state).display().to_string(),
            last: Mutex::new(None),
        })
    }

    /// Why runs with other state files do not know of this one, where that is so.
    #[must_use]
    pub fn unknown_to_others(&self) -> Option<&LockError> {
        self.among_users.as_ref().err()
    }

    fn locks(&self) -> impl Iterator<Item = &Lock> {
        [Some(&self.beside), self.among_users.as_ref().ok()]
            .into_iter()
            .flatten()
    }

    /// What the runs before may have left under way; `within`: how long, where that cannot be read.
    pub fn left(&self, within: Duration) -> impl Iterator<Item = Left> {
        let found = self.locks().map(Lock::found);
        let found = found.filter(|note| !note.is_empty());
        found.map(move |note| serde_json::from_str(note).unwrap_or_else(|_| Left::unknown(within)))
    }

    /// Notes that a write of a run leaves, or all of them up to then; `sends`: the how many-th note
    /// of the run that is.
    ///
    /// # Errors
    /// When that cannot be noted: then it may not be sent.
    pub fn leaves(
        &self,
        (run, connection): (&str, &str),
        sends: u64,
        sent: &Sent,
    ) -> Result<(), LockError> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let later = last.clone().filter(|last| sent.is_by(last));
        let mut sent = later.unwrap_or_else(|| sent.clone());
        // What this run knows of from before may have been given more time.
        sent.within = self
            .left(sent.within)
            .map(|left| left.sent.within)
            .fold(sent.within, Duration::max);
        let left = Left {
            run: run.to_owned(),
            connection: connection.to_owned(),
            state: self.state.clone(),
            sent,
            sends,
        };
        let note = serde_json::to_string(&left).unwrap_or_else(|_| left.run.clone());
        for lock in self.locks() {
            lock.note(&note, last.is_none())?;
        }
        *last = Some(left.sent);
        Ok(())
    }

    /// Notes that of all that was sent the outcome is known.
    ///
    /// # Errors
    /// When that cannot be noted: then others wait for nothing.
    pub fn settled(&self) -> Result<(), LockError> {
        self.locks().try_for_each(|lock| lock.note("", false))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::{Clock, Uptime};

    const ALL: Duration = Duration::from_secs(30);
    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;
    const URL: &str = "https://app.caflou.com/api/v1";

    fn take(folder: &Path, state: &str) -> AccountLock {
        let cache = folder.join("cache");
        AccountLock::take(&folder.join(state), &cache, (URL, "1"), NOW).unwrap()
    }

    fn sent(up: u64, within: u64) -> Sent {
        Sent {
            at: NOW,
            up: Some(("boot".to_owned(), Uptime(Duration::from_secs(up)))),
            within: Duration::from_secs(within),
        }
    }

    fn left(lock: &AccountLock) -> Vec<(String, Sent)> {
        let left = lock.left(ALL).map(|left| (left.run, left.sent));
        left.collect()
    }

    #[test]
    fn what_a_run_left_is_told_to_whoever_comes_next_until_it_is_settled() {
        let folder = tempfile::tempdir().unwrap();
        let take = |state: &str| take(folder.path(), state);
        let first = take("a.db");
        assert_eq!(left(&first), []);
        first.leaves(("run-1", "shop"), 1, &sent(10, 30)).unwrap();
        first.leaves(("run-1", "shop"), 1, &sent(20, 30)).unwrap();
        // One that was noted by another thread, later than it left.
        first.leaves(("run-1", "shop"), 1, &sent(15, 30)).unwrap();
        drop(first);
        let known = ("run-1".to_owned(), sent(20, 30));
        // Who only looks, or dies before it writes, takes nothing away.
        for state in ["b.db", "c.db"] {
            assert_eq!(left(&take(state)), std::slice::from_ref(&known), "{state}");
        }
        let own = take("a.db");
        assert_eq!(left(&own), [known.clone(), known]);
        let whose: Vec<_> = own.left(ALL).map(|left| left.state).collect();
        assert!(whose[0].ends_with("a.db"), "{whose:?}");
        // A shorter time limit does not shorten that of what was sent before.
        own.leaves(("run-2", "shop"), 1, &sent(25, 1)).unwrap();
        drop(own);
        let other = take("b.db");
        assert_eq!(left(&other), [("run-2".to_owned(), sent(25, 30))]);
        other.settled().unwrap();
        drop(other);
        assert_eq!(left(&take("c.db")), []);
    }

    #[test]
    fn an_orderly_end_leaves_nothing_and_a_note_that_cannot_be_read_counts_as_one() {
        let folder = tempfile::tempdir().unwrap();
        let take = |state: &str| take(folder.path(), state);
        let first = take("a.db");
        first.leaves(("run-1", "shop"), 1, &sent(10, 30)).unwrap();
        first.settled().unwrap();
        drop(first);
        assert_eq!(left(&take("a.db")), []);
        let note = |text: &str| {
            let files = fs::read_dir(folder.path().join("cache")).unwrap();
            for file in files {
                fs::write(file.unwrap().path(), text).unwrap();
            }
        };
        // As a release before this one left it, and what is behind the second line.
        for old in ["process 1 since 2023", "process 1\n\nrest"] {
            note(old);
            assert_eq!(left(&take("b.db")), [], "{old}");
        }
        note("process 1\n{\"run\":");
        let found = left(&take("c.db"));
        assert_eq!(found.len(), 1);
        let clock = Clock::driven("boot", || Duration::from_secs(100));
        let until = clock.until(&found[0].1, Duration::ZERO, clock.now());
        assert_eq!(clock.now().until(until), ALL);
    }

    #[test]
    fn an_account_has_one_lock_whatever_the_state_file_and_none_with_a_connection() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let take = |state: &str, cache: &str, url: &str, account: &str| {
            AccountLock::take(&at(state), &at(cache), (url, account), NOW)
        };
        let first = take("a.db", "cache", URL, "1").unwrap();
        assert!(first.unknown_to_others().is_none());
        assert!(
            take("b.db", "cache", URL, "1").is_err(),
            "another state file"
        );
        assert!(take("b.db", "cache", &format!("{URL}/"), "1").is_err());
        assert!(take("a.db", "other", URL, "1").is_err(), "another user");
        assert!(take("a.db", "cache", URL, "2").is_ok());
        assert!(take("a.db", "cache", "https://other", "1").is_ok());
        for name in ["caflou:1", "@caflou-1", "@caflou-1-00000000"] {
            assert!(Lock::take(&at("a.db"), name, NOW).is_ok(), "{name}");
        }
        drop(first);
        fs::write(at("no-folder"), "").unwrap();
        let alone = take("a.db", "no-folder", URL, "1").unwrap();
        assert!(alone.unknown_to_others().is_some());
    }
}
