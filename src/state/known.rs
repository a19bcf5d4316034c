//! What is known of a record from earlier runs. Plain data: planning reads it.

use chrono::{DateTime, Utc};

use super::{Sent, hex_digest};
use crate::record::{Attributes, CaflouId, Draft};

/// Where a record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordState {
    /// A create is intended and may be under way; found so after a crash, its outcome is unknown.
    Sending,
    /// A create was sent and its outcome is unknown.
    Uncertain,
    /// It is in Caflou.
    Synced,
    /// It is not in Caflou; creating it was refused or not possible.
    Failed,
    /// It was in Caflou and was deleted there.
    Gone,
}

impl RecordState {
    /// The word in the state file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sending => "sending",
            Self::Uncertain => "uncertain",
            Self::Synced => "synced",
            Self::Failed => "failed",
            Self::Gone => "gone",
        }
    }

    /// From the word in the state file.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [
            Self::Sending,
            Self::Uncertain,
            Self::Synced,
            Self::Failed,
            Self::Gone,
        ]
        .into_iter()
        .find(|state| state.as_str() == word)
    }
}

/// The last failure of a record, still unsettled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Why.
    pub reason: String,
    /// How often it was tried.
    pub attempts: u32,
    /// First time.
    pub first: DateTime<Utc>,
    /// Last time.
    pub last: DateTime<Utc>,
}

/// A record as earlier runs left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Where it stands.
    pub state: RecordState,
    /// Its id in Caflou, once known.
    pub caflou_id: Option<CaflouId>,
    /// What people know it by.
    pub label: String,
    /// Which record of the source it is, as [`Draft::origin`](crate::record::Draft::origin); `None`:
    /// not known yet.
    pub origin: Option<String>,
    /// The source's values as last decided upon: written, kept as they were in Caflou, or ignored
    /// by it. For a create of unknown outcome, what was sent.
    pub source: Attributes,
    /// What Caflou held in our attributes after our last write.
    pub written: Attributes,
    /// The source's change time when it was last decided upon.
    pub changed_at: Option<DateTime<Utc>>,
    /// The values of an update of unknown outcome; none of them where there is no such update.
    pub pending: Attributes,
    /// The last write that may be carried out still: until [`Clock::until`](super::Clock::until)
    /// is past, what Caflou holds proves nothing.
    pub sent_at: Option<Sent>,
    /// Its unsettled failure.
    pub failure: Option<Failure>,
}

impl Known {
    /// Whether the user said which record in Caflou it is, and no run has compared the two since.
    #[must_use]
    pub fn is_by_hand(&self) -> bool {
        self.state == RecordState::Synced && self.source.is_empty()
    }

    /// Whether the user had it forgotten (`caflou-sync forget`): all that is left is that it must
    /// not be imported again. Nothing else is gone without a single value.
    #[must_use]
    pub fn is_forgotten(&self) -> bool {
        self.state == RecordState::Gone && self.source.is_empty()
    }

    /// Whether a record says for the first time which one it is.
    #[must_use]
    pub fn learns(&self, draft: &Draft) -> bool {
        self.origin.is_none() && draft.origin.is_some() && !self.is_forgotten()
    }

    /// The source's values as they were when something was last sent, whether it arrived or not.
    #[must_use]
    pub fn source_then(&self) -> Attributes {
        let mut source = self.source.clone();
        source.overlay(&self.pending);
        source
    }
}

/// What an origin begins with that a run learnt of a source which may have been another one.
pub(super) const UNBELIEVED: char = '?';

/// What stands in place of the settings once the file was found to be an older copy.
pub(super) const DOUBTED: &str = "restored";

impl Cursor {
    /// Whether the file was restored from an older copy, and not all was compared since.
    #[must_use]
    pub fn is_doubted(&self) -> bool {
        self.settings == DOUBTED
    }
}

/// How far a stream was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Where the next reading goes on, in the source's own words: all changes before are settled or
    /// stored as failed.
    pub text: String,
    /// When that was, by the source's clock.
    pub at: DateTime<Utc>,
    /// When the whole list was last read.
    pub listed_at: DateTime<Utc>,
    /// Fingerprint of the interval, modes and mapping that were in force.
    pub settings: String,
}

impl Cursor {
    /// The settings as they are kept: with a sum of the whole cursor, as one that was damaged would
    /// hide what changed before it.
    pub(super) fn sealed(&self) -> String {
        let Self {
            text,
            at,
            listed_at,
            settings,
        } = self;
        let (at, listed) = (at.timestamp(), listed_at.timestamp());
        let sum = hex_digest(&format!("{text}\n{at}\n{listed}\n{settings}"), 8);
        format!("{settings}#{sum}")
    }

    /// A cursor as it was kept; `None` where it is not what was kept. Those of earlier releases have no
    /// sum.
    pub(super) fn unsealed(mut self) -> Option<Self> {
        let kept = std::mem::take(&mut self.settings);
        let settings = kept.split_once('#').map_or(kept.as_str(), |(own, _)| own);
        settings.clone_into(&mut self.settings);
        (self.settings == kept || self.sealed() == kept).then_some(self)
    }
}
