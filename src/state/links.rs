//! Which record of a connection a record in Caflou is linked with, and which it is not.

use chrono::{DateTime, Utc};
use rusqlite::params;

use super::view::{asked, one};
use super::{Journal, StateError, View};
use crate::record::{CaflouId, Kind, SourceId};

const LINKED: &str = "SELECT source_id FROM records WHERE connection = ?1 AND kind = ?2 \
     AND caflou_id = ?3 AND state = 'synced' AND doubled = 0";
const DOUBLED: &str = "SELECT one.caflou_id, one.source_id, two.source_id FROM records AS one \
     JOIN records AS two ON two.connection = one.connection AND two.kind = one.kind \
     AND two.caflou_id = one.caflou_id AND two.state = 'synced' AND two.doubled = 0 \
     WHERE one.connection = ?1 AND one.kind = ?2 AND one.state = 'synced' AND one.doubled = 1 \
     ORDER BY one.caflou_id, one.source_id";

/// Two records that an earlier release linked with one in Caflou.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubled {
    /// The record in Caflou.
    pub caflou_id: CaflouId,
    /// The one that should let go of it.
    pub source_id: SourceId,
    /// The one that has it, too.
    pub other: SourceId,
}

impl View {
    /// The record of this connection that a record in Caflou is linked with.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn linked_with(&self, kind: Kind, id: CaflouId) -> Result<Option<SourceId>, StateError> {
        let sqlite = &self.sqlite;
        let key = params![self.connection, kind.as_str(), id.0];
        one(sqlite, LINKED, key, |row| row.get(0).map(SourceId))
    }

    /// Whether the user said that a record in Caflou is not this one.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn is_parted(
        &self,
        (kind, source_id): (Kind, &SourceId),
        id: CaflouId,
    ) -> Result<bool, StateError> {
        let sqlite = &self.sqlite;
        let found = one(
            sqlite,
            "SELECT 1 FROM parted WHERE connection = ?1 AND kind = ?2 AND source_id = ?3 \
             AND caflou_id = ?4",
            params![self.connection, kind.as_str(), source_id.0, id.0],
            |row| row.get::<_, i64>(0),
        )?;
        Ok(found.is_some())
    }

    /// Records that an earlier release linked with a record in Caflou that has another one.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn doubled(&self, kind: Kind) -> Result<Vec<Doubled>, StateError> {
        let sqlite = &self.sqlite;
        asked(sqlite, || {
            let mut statement = sqlite.prepare_cached(DOUBLED)?;
            let rows = statement.query_map(params![self.connection, kind.as_str()], |row| {
                Ok(Doubled {
                    caflou_id: CaflouId(row.get(0)?),
                    source_id: SourceId(row.get(1)?),
                    other: SourceId(row.get(2)?),
                })
            })?;
            rows.collect()
        })
    }
}

impl Journal {
    /// Notes that a record in Caflou is this one, because the user says so. No value of either is
    /// noted: the next run compares them.
    ///
    /// # Errors
    /// When the file cannot be written, and where another record is linked with it.
    pub fn link(
        &self,
        (kind, source_id): (Kind, &SourceId),
        id: CaflouId,
        label: &str,
    ) -> Result<(), StateError> {
        let key = params![self.connection, kind.as_str(), source_id.0, id.0];
        self.execute(
            "DELETE FROM parted WHERE connection = ?1 AND kind = ?2 AND source_id = ?3 \
             AND caflou_id = ?4",
            key,
        )?;
        self.execute(
            "INSERT INTO records (connection, kind, source_id, state, caflou_id, label, source) \
             VALUES (?1, ?2, ?3, 'synced', ?4, ?5, '{}') \
             ON CONFLICT DO UPDATE SET state = 'synced', doubled = 0, \
             caflou_id = excluded.caflou_id, label = excluded.label, source = '{}', \
             written = NULL, pending = NULL, changed_at = NULL, sent_at = NULL, awaits = NULL, \
             reason = NULL, attempts = 0, first_failed_at = NULL, last_failed_at = NULL",
            params![self.connection, kind.as_str(), source_id.0, id.0, label],
        )
    }

    /// Forgets which record in Caflou this one is, because the user says that it is not: the next run
    /// looks for it anew, and passes that one over.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn unlink(
        &self,
        (kind, source_id): (Kind, &SourceId),
        id: CaflouId,
        now: DateTime<Utc>,
    ) -> Result<(), StateError> {
        let kind = kind.as_str();
        self.execute(
            "INSERT OR IGNORE INTO parted (connection, kind, source_id, caflou_id) \
             VALUES (?1, ?2, ?3, ?4)",
            params![self.connection, kind, source_id.0, id.0],
        )?;
        self.execute(
            "UPDATE records SET state = 'failed', caflou_id = NULL, doubled = 0, source = '{}', \
             written = NULL, pending = NULL, changed_at = NULL, sent_at = NULL, awaits = NULL, \
             reason = 'unlinked by hand: the next run looks for it anew', attempts = 0, \
             first_failed_at = ?4, last_failed_at = ?4 \
             WHERE connection = ?1 AND kind = ?2 AND source_id = ?3",
            params![self.connection, kind, source_id.0, now.timestamp()],
        )?;
        // Of several that an earlier release linked with it, the next one has it now.
        self.execute(
            "UPDATE records SET doubled = 0 WHERE connection = ?1 AND kind = ?2 AND doubled = 1 \
             AND source_id = (SELECT min(source_id) FROM records WHERE connection = ?1 \
             AND kind = ?2 AND caflou_id = ?3 AND state = 'synced') \
             AND NOT EXISTS (SELECT 1 FROM records WHERE connection = ?1 AND kind = ?2 \
             AND caflou_id = ?3 AND state = 'synced' AND doubled = 0)",
            params![self.connection, kind, id.0],
        )
    }
}
