//! What is noted of a write before it leaves, and where nothing came of it.

use std::time::Duration;

use chrono::{DateTime, Utc};
use rusqlite::params;

use super::{Journal, Key, text};
use crate::record::{Attributes, Kind, SourceId};
use crate::state::{Sent, StateError};

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

impl Journal {
    /// Commits intents durably, all of them or none. A create that leaves later than `leaves` has
    /// to be noted once more, see [`Journal::sent`].
    ///
    /// # Errors
    /// When the file cannot be written: then nothing may be sent.
    pub fn intend(&mut self, intents: &[Intent<'_>], leaves: &Sent) -> Result<(), StateError> {
        if intents.is_empty() {
            return Ok(());
        }
        self.leaves(leaves, |journal| {
            let mut intents = intents.iter();
            intents.try_for_each(|intent| journal.note_intent(intent, leaves))
        })
    }

    fn note_intent(&self, intent: &Intent<'_>, leaves: &Sent) -> Result<(), StateError> {
        let (at, boot, up, within) = columns(Some(leaves));
        // A failure stays until it is settled: its count of attempts goes on.
        self.execute(
            "INSERT INTO records (connection, kind, source_id, state, label, source, \
             changed_at, sent_at, sent_boot, sent_up, sent_for, origin) \
             VALUES (?1, ?2, ?3, 'sending', ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) \
             ON CONFLICT DO UPDATE SET state = 'sending', caflou_id = NULL, doubled = 0, \
             label = excluded.label, source = excluded.source, written = NULL, pending = NULL, \
             changed_at = excluded.changed_at, sent_at = excluded.sent_at, \
             sent_boot = excluded.sent_boot, sent_up = excluded.sent_up, \
             sent_for = excluded.sent_for, origin = excluded.origin",
            params![
                self.connection,
                intent.kind.as_str(),
                intent.source_id.0,
                intent.label,
                text(intent.payload),
                intent.changed_at.map(|at| at.timestamp()),
                at,
                boot,
                up,
                within,
                intent.origin,
            ],
        )
    }

    /// Notes durably that a create leaves now, later than its intent said.
    pub fn sent(&self, key: Key<'_>, sent: &Sent) -> Result<(), StateError> {
        let (at, boot, up, within) = columns(Some(sent));
        self.leaves(sent, |journal| {
            journal.update(
                key,
                "sent_at = ?4, sent_boot = ?5, sent_up = ?6, sent_for = ?7",
                &[&at, &boot, &up, &within],
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
        key: Key<'_>,
        (source, written): (&Attributes, &Attributes),
        sent: &Attributes,
        leaves: &Sent,
    ) -> Result<(), StateError> {
        let (at, boot, up, within) = columns(Some(leaves));
        let [source, written, sent] = [source, written, sent].map(text);
        self.leaves(leaves, |journal| {
            journal.update(
                key,
                "source = ?4, written = ?5, pending = ?6, \
                 sent_at = ?7, sent_boot = ?8, sent_up = ?9, sent_for = ?10",
                &[&source, &written, &sent, &at, &boot, &up, &within],
            )
        })
    }

    /// Notes that the update that was sent last was refused: nothing of it was written.
    pub fn not_updated(&self, key: Key<'_>) -> Result<(), StateError> {
        self.update(key, "pending = NULL, sent_at = NULL", &[])
    }

    /// Takes an intent back that was never sent. A failure from before stays.
    pub fn not_sent(&self, key: Key<'_>) -> Result<(), StateError> {
        self.delete(key, "state = 'sending' AND reason IS NULL")?;
        self.update_where(key, "state = 'failed'", "state = 'sending'", &[])
    }
}

/// A write as its columns: `sent_at`, `sent_boot`, `sent_up`, `sent_for`.
type Columns<'a> = (Option<i64>, Option<&'a str>, Option<i64>, Option<i64>);

pub(super) fn columns(sent: Option<&Sent>) -> Columns<'_> {
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
