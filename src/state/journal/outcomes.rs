//! What is noted of a record once its fate is known.

use std::sync::atomic::Ordering;

use chrono::{DateTime, Utc};
use rusqlite::params;

use super::attempts::columns;
use super::{Journal, Key, text};
use crate::record::{Attributes, CaflouId, Kind, SourceId};
use crate::state::known::UNBELIEVED;
use crate::state::{RecordState, Sent, StateError};

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

impl Journal {
    /// Notes which records of the source those are that have these keys: for nothing until
    /// [`Journal::believe`], as a source may turn out to be another one than it was.
    pub fn learn_origins(&mut self, origins: &[(Key<'_>, &str)]) -> Result<(), StateError> {
        if origins.is_empty() {
            return Ok(());
        }
        self.learnt = true;
        self.together(|journal| {
            let (doubted, mut origins) = (journal.doubted(), origins.iter());
            let set = "origin = ?5 || ?4";
            origins.try_for_each(|(key, origin)| {
                journal.update_where(*key, set, "origin IS NOT ?4", &[origin, &doubted])
            })
        })
    }

    /// The source is the one that it was: what this run learnt of it is so.
    pub fn believe(&mut self) -> Result<(), StateError> {
        if std::mem::take(&mut self.learnt) {
            self.execute(
                "UPDATE records SET origin = substr(origin, 1 + length(?2)) \
                 WHERE connection = ?1 AND substr(origin, 1, length(?2)) = ?2",
                params![self.connection, self.doubted()],
            )?;
        }
        Ok(())
    }

    /// What an origin begins with that this run learnt and does not believe yet.
    fn doubted(&self) -> String {
        format!("{UNBELIEVED}{} ", self.run_id)
    }

    /// Notes that a record is in Caflou with these values, and that the source's values are
    /// decided upon. Settles an earlier failure.
    pub fn synced(&self, record: &Synced) -> Result<(), StateError> {
        if record.sent_at.is_some() {
            self.lingers.store(true, Ordering::Relaxed);
        }
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
                text(source),
            ],
        )
    }

    /// Notes that the record in Caflou of this id, with which a record was linked, is no longer there.
    pub fn gone_as(&self, key: Key<'_>, caflou_id: CaflouId) -> Result<(), StateError> {
        self.update_where(
            key,
            "state = 'gone', written = coalesce(written, source), pending = NULL",
            "state = 'synced' AND caflou_id = ?4",
            &[&caflou_id.0],
        )
    }

    /// Notes that a record that counted as deleted is in Caflou again, as it was left; the next run
    /// compares it.
    pub fn again(&self, key: Key<'_>, now: DateTime<Utc>) -> Result<(), StateError> {
        self.update_where(
            key,
            "state = 'synced', source = coalesce(written, source), written = NULL, \
             reason = 'it was deleted in Caflou and is there again: the next run compares it', \
             attempts = 1, first_failed_at = ?4, last_failed_at = ?4",
            "state = 'gone'",
            &[&now.timestamp()],
        )
    }

    /// Forgets a failed record that the settings leave out now: it is not in Caflou.
    pub fn forget_failure(&self, key: Key<'_>) -> Result<(), StateError> {
        self.delete(key, "state = 'failed' AND caflou_id IS NULL")
    }

    /// Forgets a record that is not in Caflou and need not be.
    pub fn forget(&self, key: Key<'_>) -> Result<(), StateError> {
        self.delete(key, "state IN ('sending', 'uncertain', 'failed')")
    }
}
