//! What a run is asked for, beside what the configuration says.

use chrono::NaiveDate;

use crate::config::Connection;
use crate::record::{Kind, SourceId, Stream};

/// A part of what a connection imports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Only {
    /// Records of this kind.
    Kind(Kind),
    /// Those of the stream of this word.
    Stream(String),
}

impl Only {
    /// Whether records of a stream are a part of it.
    pub(crate) fn covers(&self, stream: &Stream) -> bool {
        match self {
            Self::Kind(kind) => *kind == stream.kind,
            Self::Stream(word) => word == stream.word,
        }
    }
}

/// A record that the user named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedRecord {
    /// The word of its stream.
    pub(crate) stream: String,
    /// Its key there.
    pub(crate) id: String,
}

/// What a run is asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    /// Nothing is written, neither to Caflou nor to the state.
    pub(crate) dry_run: bool,
    /// Everything is compared, not only what changed since the last run.
    pub(crate) full: bool,
    /// A damaged state file is set aside, and what it knew is found by the marks in Caflou.
    pub(crate) rebuild: bool,
    /// It goes on although the source shows no document at all.
    pub(crate) allow_empty: bool,
    /// Any number of records may become inactive.
    pub(crate) allow_deletions: bool,
    /// Only these records.
    pub(crate) only: Option<Only>,
    /// Only those that were named; empty: all.
    pub(crate) records: Vec<NamedRecord>,
    /// Only documents from this day on, instead of the connection's own.
    pub(crate) from: Option<NaiveDate>,
    /// Only documents up to this day, instead of the connection's own.
    pub(crate) to: Option<NaiveDate>,
    /// The most records that may change, instead of the connection's own number.
    pub(crate) max_changes: Option<u64>,
}

impl Wanted {
    /// Whether records of a stream are a part of this run.
    pub(crate) fn covers(&self, stream: &Stream) -> bool {
        let asked = self.only.as_ref().is_none_or(|only| only.covers(stream));
        asked && (self.records.is_empty() || !self.named(stream).is_empty())
    }

    /// The keys of the records of a stream that were named.
    pub(crate) fn named(&self, stream: &Stream) -> Vec<SourceId> {
        let named = self.records.iter().filter(|one| one.stream == stream.word);
        named.map(|one| stream.key(&one.id)).collect()
    }

    /// The most records that may change; `None`: any number.
    pub(crate) fn most(&self, connection: &Connection) -> Option<u64> {
        self.max_changes.or(connection.import.max_changes)
    }

    /// The interval is of this run only.
    pub(crate) fn own_interval(&self) -> bool {
        self.from.is_some() || self.to.is_some()
    }

    /// Whether only a part of what a connection imports was asked for.
    pub(crate) fn is_part(&self) -> bool {
        self.own_interval() || self.only.is_some() || !self.records.is_empty()
    }
}
