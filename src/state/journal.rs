//! Writing the state of one connection.
//!
//! A create is preceded by an [`Intent`], committed with `synchronous=FULL`: it survives a power
//! cut, and so do the notes that it leaves late and that an update is about to be sent. What follows
//! (confirmed, failed) is committed with `synchronous=NORMAL`: it survives the death of the process. A
//! power cut may take it back to the intent, and an intent is never sent again blindly.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, ErrorCode, Params, params};

use super::known::DOUBTED;
use super::{AccountLock, Cursor, RecordState, RunStart, Sent, StateError, View, open};
use crate::record::{Attributes, CaflouId, Kind, SourceId, Stream};

/// A create that is about to be sent.
#[derive(Debug)]
pub struct Intent<'a> {
    /// Company or income.
    pub kind: Kind,
    /// Its key at the source.
    pub source_id: &'a SourceId,
    /// What people know it by.
    pub label: &'a str,
    /// What is sent.
    pub payload: &'a Attributes,
    /// The source's change time.
    pub changed_at: Option<DateTime<Utc>>,
    /// Which record of the source it is, see [`Draft::origin`](crate::record::Draft::origin).
    pub origin: Option<&'a str>,
}

/// A record that is in Caflou.
#[derive(Debug)]
pub struct Synced {
    /// Company or income.
    pub kind: Kind,
    /// Its key at the source.
    pub source_id: SourceId,
    /// Its id in Caflou.
    pub caflou_id: CaflouId,
    /// What people know it by.
    pub label: String,
    /// The source's values, now decided upon, as JSON.
    pub source: String,
    /// What Caflou holds, as JSON, where that is something else.
    pub written: Option<String>,
    /// The source's change time.
    pub changed_at: Option<DateTime<Utc>>,
    /// The customer whose company is not imported yet.
    pub awaits: Option<SourceId>,
    /// The last write, where an earlier attempt of it may be carried out still.
    pub sent_at: Option<Sent>,
}

/// A record's key in a statement.
type Key<'a> = (Kind, &'a SourceId);

/// The state of one connection, for writing.
#[derive(Debug)]
pub struct Journal {
    pub(super) sqlite: Connection,
    pub(super) connection: String,
    pub(super) run_id: String,
    /// The account that is written to, from when on it may be.
    account: Option<Arc<AccountLock>>,
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
            account: None,
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
        if self.view()?.open_counts()?.uncertain == 0 {
            account.settled()?;
        }
        Ok(())
    }

    /// Notes with the account's lock that a write leaves.
    fn leaves(&self, sent: &Sent) -> Result<(), StateError> {
        let run = (self.run_id.as_str(), self.connection.as_str());
        let noted = self.account.as_ref();
        Ok(noted.map_or(Ok(()), |account| account.leaves(run, sent))?)
    }

    pub(super) fn execute(&self, sql: &str, params: impl Params) -> Result<(), StateError> {
        let done = self.sqlite.prepare_cached(sql);
        let done = done.and_then(|mut statement| statement.execute(params));
        done.map(drop).map_err(|error| self.trouble(&error))
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
        self.durably(|| self.together(write))
    }

    /// Writes something that has to survive a power cut.
    fn durably(&self, write: impl FnOnce() -> Result<(), StateError>) -> Result<(), StateError> {
        self.flush("FULL")?;
        let written = write();
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
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn begin(&mut self, run: &RunStart) -> Result<(), StateError> {
        self.run_id.clone_from(&run.run_id);
        self.execute(
            "INSERT INTO runs (run_id, connection, started_at, part) VALUES (?1, ?2, ?3, ?4)",
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

    /// Notes how a run ended; `summary` is JSON as reported.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish(
        &mut self,
        at: DateTime<Utc>,
        status: &str,
        summary: &str,
    ) -> Result<(), StateError> {
        self.execute(
            "UPDATE runs SET finished_at = ?2, status = ?3, summary = ?4 WHERE run_id = ?1",
            params![self.run_id, at.timestamp(), status, summary],
        )
    }

    /// Notes what was done with a record; `change` is JSON as reported.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn note_change(&self, key: Key<'_>, action: &str, change: &str) -> Result<(), StateError> {
        self.execute(
            "INSERT INTO changes (run_id, kind, source_id, action, change) \
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            params![self.run_id, key.0.as_str(), key.1.0, action, change],
        )
    }

    /// Commits intents durably, all of them or none. A create that leaves later than `leaves` has
    /// to be noted once more, see [`Journal::sent`].
    ///
    /// # Errors
    /// When the file cannot be written: then nothing may be sent.
    pub fn intend(&mut self, intents: &[Intent<'_>], leaves: &Sent) -> Result<(), StateError> {
        if intents.is_empty() {
            return Ok(());
        }
        self.leaves(leaves)?;
        self.flush("FULL")?;
        let committed = self.commit_intents(intents, leaves);
        self.flush("NORMAL")?;
        committed.map_err(|error| self.trouble(&error))
    }

    fn commit_intents(&mut self, intents: &[Intent<'_>], leaves: &Sent) -> rusqlite::Result<()> {
        let transaction = self.sqlite.transaction()?;
        {
            // A failure stays until it is settled: its count of attempts goes on.
            let mut statement = transaction.prepare_cached(
                "INSERT INTO records (connection, kind, source_id, state, label, source, \
                 changed_at, sent_at, sent_boot, sent_up, sent_for, origin) \
                 VALUES (?1, ?2, ?3, 'sending', ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) \
                 ON CONFLICT DO UPDATE SET state = 'sending', caflou_id = NULL, doubled = 0, \
                 label = excluded.label, source = excluded.source, written = NULL, pending = NULL, \
                 changed_at = excluded.changed_at, sent_at = excluded.sent_at, \
                 sent_boot = excluded.sent_boot, sent_up = excluded.sent_up, \
                 sent_for = excluded.sent_for, origin = excluded.origin",
            )?;
            let (at, boot, up, within) = columns(Some(leaves));
            for intent in intents {
                statement.execute(params![
                    self.connection,
                    intent.kind.as_str(),
                    intent.source_id.0,
                    intent.label,
                    intent.payload.to_json().to_string(),
                    intent.changed_at.map(|at| at.timestamp()),
                    at,
                    boot,
                    up,
                    within,
                    intent.origin,
                ])?;
            }
        }
        transaction.commit()
    }

    /// Notes durably that a create leaves now, later than its intent said.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn sent(&self, (kind, id): Key<'_>, sent: &Sent) -> Result<(), StateError> {
        self.leaves(sent)?;
        let (at, boot, up, within) = columns(Some(sent));
        self.durably(|| {
            self.execute(
                "UPDATE records SET sent_at = ?4, sent_boot = ?5, sent_up = ?6, sent_for = ?7 \
                 WHERE connection = ?1 AND kind = ?2 AND source_id = ?3",
                params![self.connection, kind.as_str(), id.0, at, boot, up, within],
            )
        })
    }

    /// Notes durably that an update leaves now: the source's values as they are decided upon and
    /// what Caflou holds without it, and what is `sent`.
    ///
    /// # Errors
    /// When the file cannot be written: then it may not be sent.
    pub fn updating(
        &self,
        (kind, id): Key<'_>,
        (source, written): (&Attributes, &Attributes),
        sent: &Attributes,
        leaves: &Sent,
    ) -> Result<(), StateError> {
        self.leaves(leaves)?;
        let (at, boot, up, within) = columns(Some(leaves));
        self.durably(|| {
            self.execute(
                "UPDATE records SET source = ?4, written = ?5, pending = ?6, sent_at = ?7, \
                 sent_boot = ?8, sent_up = ?9, sent_for = ?10 \
                 WHERE connection = ?1 AND kind = ?2 AND source_id = ?3",
                params![
                    self.connection,
                    kind.as_str(),
                    id.0,
                    source.to_json().to_string(),
                    written.to_json().to_string(),
                    sent.to_json().to_string(),
                    at,
                    boot,
                    up,
                    within,
                ],
            )
        })
    }

    /// Notes which records of the source those are that have these keys.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn note_origins(&self, origins: &[(Key<'_>, &str)]) -> Result<(), StateError> {
        if origins.is_empty() {
            return Ok(());
        }
        self.together(|journal| {
            origins.iter().try_for_each(|((kind, id), origin)| {
                journal.execute(
                    "UPDATE records SET origin = ?4 \
                     WHERE connection = ?1 AND kind = ?2 AND source_id = ?3",
                    params![journal.connection, kind.as_str(), id.0, origin],
                )
            })
        })
    }

    /// Notes that the update that was sent last was refused: nothing of it was written.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn not_updated(&self, (kind, id): Key<'_>) -> Result<(), StateError> {
        self.execute(
            "UPDATE records SET pending = NULL, sent_at = NULL \
                 WHERE connection = ?1 AND kind = ?2 AND source_id = ?3",
            params![self.connection, kind.as_str(), id.0],
        )
    }

    /// Notes that a record is in Caflou with these values, and that the source's values are
    /// decided upon. Settles an earlier failure.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn synced(&self, record: &Synced) -> Result<(), StateError> {
        let (at, boot, up, within) = columns(record.sent_at.as_ref());
        self.execute(
            "INSERT INTO records (connection, kind, source_id, state, caflou_id, label, source, \
                 written, changed_at, awaits, sent_at, sent_boot, sent_up, sent_for) \
                 VALUES (?1, ?2, ?3, 'synced', ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) \
                 ON CONFLICT DO UPDATE SET state = 'synced', \
                 doubled = CASE WHEN caflou_id IS excluded.caflou_id THEN doubled ELSE 0 END, \
                 caflou_id = excluded.caflou_id, \
                 label = excluded.label, source = excluded.source, written = excluded.written, \
                 changed_at = excluded.changed_at, awaits = excluded.awaits, reason = NULL, \
                 pending = NULL, sent_at = excluded.sent_at, sent_boot = excluded.sent_boot, \
                 sent_up = excluded.sent_up, sent_for = excluded.sent_for, attempts = 0, \
                 first_failed_at = NULL, last_failed_at = NULL",
            params![
                self.connection,
                record.kind.as_str(),
                record.source_id.0,
                record.caflou_id.0,
                record.label,
                record.source,
                record.written,
                record.changed_at.map(|at| at.timestamp()),
                record.awaits.as_ref().map(SourceId::as_str),
                at,
                boot,
                up,
                within,
            ],
        )
    }

    /// Notes the state of a record that is not in order, with the reason. The record's Caflou id
    /// and values stay as they are.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn failed(
        &self,
        (kind, id): Key<'_>,
        label: &str,
        state: Option<RecordState>,
        reason: &str,
        now: DateTime<Utc>,
    ) -> Result<(), StateError> {
        self.execute(
            "INSERT INTO records (connection, kind, source_id, state, label, source, reason, \
                 attempts, first_failed_at, last_failed_at) \
                 VALUES (?1, ?2, ?3, coalesce(?4, 'failed'), ?5, '{}', ?6, 1, ?7, ?7) \
                 ON CONFLICT DO UPDATE SET state = coalesce(?4, state), reason = excluded.reason, \
                 attempts = attempts + 1, last_failed_at = excluded.last_failed_at, \
                 first_failed_at = coalesce(first_failed_at, excluded.first_failed_at)",
            params![
                self.connection,
                kind.as_str(),
                id.0,
                state.map(RecordState::as_str),
                label,
                reason,
                now.timestamp(),
            ],
        )
    }

    /// Notes that a record was deleted in Caflou, and up to which values of the source that is
    /// known to the user. What Caflou held stays: it is compared should the record be there again.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn gone(
        &self,
        (kind, id): Key<'_>,
        label: &str,
        caflou_id: Option<CaflouId>,
        source: &Attributes,
    ) -> Result<(), StateError> {
        self.execute(
            "INSERT INTO records (connection, kind, source_id, state, label, caflou_id, source) \
                 VALUES (?1, ?2, ?3, 'gone', ?4, ?5, ?6) \
                 ON CONFLICT DO UPDATE SET state = 'gone', written = coalesce(written, source), \
                 caflou_id = coalesce(excluded.caflou_id, caflou_id), source = excluded.source, \
                 reason = NULL, pending = NULL, \
                 attempts = 0, first_failed_at = NULL, last_failed_at = NULL",
            params![
                self.connection,
                kind.as_str(),
                id.0,
                label,
                caflou_id.map(|id| id.0),
                source.to_json().to_string(),
            ],
        )
    }

    /// Notes that the record in Caflou of this id, with which a record was linked, is no longer there.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn gone_as(&self, (kind, id): Key<'_>, caflou_id: CaflouId) -> Result<(), StateError> {
        self.execute(
            "UPDATE records SET state = 'gone', written = coalesce(written, source), \
                 pending = NULL WHERE connection = ?1 AND kind = ?2 AND source_id = ?3 \
                 AND state = 'synced' AND caflou_id = ?4",
            params![self.connection, kind.as_str(), id.0, caflou_id.0],
        )
    }

    /// Notes that a record that counted as deleted is in Caflou again, as it was left; the next run
    /// compares it.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn again(&self, (kind, id): Key<'_>, now: DateTime<Utc>) -> Result<(), StateError> {
        self.execute(
            "UPDATE records SET state = 'synced', source = coalesce(written, source), \
                 written = NULL, reason = 'it was deleted in Caflou and is there again: the next \
                 run compares it', attempts = 1, first_failed_at = ?4, last_failed_at = ?4 \
                 WHERE connection = ?1 AND kind = ?2 AND source_id = ?3 AND state = 'gone'",
            params![self.connection, kind.as_str(), id.0, now.timestamp()],
        )
    }

    /// Takes an intent back that was never sent. A failure from before stays.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn not_sent(&self, (kind, id): Key<'_>) -> Result<(), StateError> {
        let key = params![self.connection, kind.as_str(), id.0];
        let this = "connection = ?1 AND kind = ?2 AND source_id = ?3 AND state = 'sending'";
        let failed = format!("UPDATE records SET state = 'failed' WHERE {this}");
        let new = format!("DELETE FROM records WHERE {this} AND reason IS NULL");
        self.execute(&new, key)?;
        self.execute(&failed, key)
    }

    /// Forgets a failed record that the settings leave out now: it is not in Caflou.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn forget_failure(&self, (kind, id): Key<'_>) -> Result<(), StateError> {
        self.execute(
            "DELETE FROM records WHERE connection = ?1 AND kind = ?2 AND source_id = ?3 \
                 AND state = 'failed' AND caflou_id IS NULL",
            params![self.connection, kind.as_str(), id.0],
        )
    }

    /// Forgets a record that is not in Caflou and need not be.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn forget(&self, (kind, id): Key<'_>) -> Result<(), StateError> {
        self.execute(
            "DELETE FROM records WHERE connection = ?1 AND kind = ?2 AND source_id = ?3 \
                 AND state IN ('sending', 'uncertain', 'failed')",
            params![self.connection, kind.as_str(), id.0],
        )
    }

    /// Moves a cursor.
    ///
    /// # Errors
    /// When the file cannot be written.
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
                cursor.settings,
            ],
        )
    }

    /// Notes that the file may not know what was written last: until all was compared once, what is
    /// known of a record is compared with Caflou.
    ///
    /// # Errors
    /// When the file cannot be written.
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

/// A write as its columns: `sent_at`, `sent_boot`, `sent_up`, `sent_for`.
type Columns<'a> = (Option<i64>, Option<&'a str>, Option<i64>, Option<i64>);

fn columns(sent: Option<&Sent>) -> Columns<'_> {
    let Some(sent) = sent else {
        return (None, None, None, None);
    };
    let millis = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
    let up = sent.up.as_ref();
    (
        Some(sent.at.timestamp_millis()),
        up.map(|(boot, _)| boot.as_str()),
        up.map(|(_, up)| millis(up.0)),
        Some(millis(sent.within)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Clock;

    /// How commits are forced to the disk while `write` changes records: 2 is at once.
    fn synchronous(journal: &mut Journal, write: impl FnOnce(&mut Journal)) -> Vec<i64> {
        let watch = "CREATE TEMP TABLE IF NOT EXISTS seen (synchronous INTEGER); \
                     DELETE FROM temp.seen; \
                     CREATE TEMP TRIGGER IF NOT EXISTS watch AFTER UPDATE OF sent_at ON main.records \
                     BEGIN INSERT INTO seen SELECT synchronous FROM pragma_synchronous; END";
        journal.sqlite.execute_batch(watch).unwrap();
        write(journal);
        let mut seen = journal.sqlite.prepare("SELECT * FROM temp.seen").unwrap();
        let seen = seen.query_map([], |row| row.get(0)).unwrap();
        seen.collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn what_is_noted_before_a_request_leaves_is_on_the_disk_by_then() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::open(&folder.path().join("state.db"), "shop").unwrap();
        let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let run = RunStart {
            run_id: "run".to_owned(),
            started_at: now,
            part: false,
        };
        journal.begin(&run).unwrap();
        let (id, none) = (SourceId("1".to_owned()), Attributes::default());
        let sent = &Clock::system().leaving(Duration::from_secs(1));
        let key = (Kind::Income, &id);
        let intent = || Intent {
            kind: Kind::Income,
            source_id: &id,
            label: "",
            payload: &none,
            changed_at: None,
            origin: Some("guid"),
        };
        journal.intend(&[intent()], sent).unwrap();
        let known = journal.view().unwrap().known(Kind::Income, &id).unwrap();
        let known = known.unwrap();
        assert_eq!(known.origin.as_deref(), Some("guid"));
        let noted = known.sent_at.unwrap();
        let millis = |sent: &Sent| {
            sent.up
                .as_ref()
                .map(|(boot, up)| (boot.clone(), up.0.as_millis()))
        };
        assert_eq!((millis(&noted), noted.within), (millis(sent), sent.within));
        let seen = synchronous(&mut journal, |journal| {
            journal.intend(&[intent()], sent).unwrap();
            journal.sent(key, sent).unwrap();
            journal.updating(key, (&none, &none), &none, sent).unwrap();
        });
        assert_eq!(seen, [2, 2, 2]);
        // What follows only has to survive the process.
        let seen = synchronous(&mut journal, |journal| journal.not_updated(key).unwrap());
        assert_eq!(seen, [1]);
    }
}
