//! The seam for sources: what one gives to a run.
//!
//! A source is a folder here. It reads, maps and hands on [`Item`]s one by one; what it wants to
//! know of earlier runs it asks the state. There is one source; a trait comes with the second.

pub mod shoptet;

use chrono::{DateTime, NaiveDate, Utc};
use thiserror::Error;

use crate::http::HttpError;
use crate::record::{Draft, Kind, SourceId};
use crate::state::StateError;

/// What marks begin with: the words of all programs that this program or a later release of it brings
/// records from. A record with such a mark belongs to the connection that wrote it.
pub const PROGRAMS: [&str; 9] = [
    "shoptet",
    "fakturoid",
    "idoklad",
    "flexi",
    "pohoda",
    "money-s3",
    "xero",
    "quickbooks",
    "zoho-books",
];

/// What comes out of reading, in the order in which it was read.
#[derive(Debug)]
pub enum Item {
    /// A record, mapped.
    Draft(Box<Draft>),
    /// A record that cannot be read or mapped.
    Broken(Broken),
    /// A record that was looked at and that earlier runs settled for good.
    Settled,
    /// So many records are to come, as far as the source says.
    Expected(u64),
    /// Something the user should hear.
    Warning(String),
}

/// What a record without values counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Failed, and tried again in each run.
    Failed,
    /// Failed in this run: what the user asked for is not there.
    NotThere,
    /// Left alone: the user's own settings leave it out.
    LeftOut,
}

/// A record that cannot be imported as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// What it counts as.
    pub verdict: Verdict,
    /// Company or income.
    pub kind: Kind,
    /// Its key; `None`: not even that could be read.
    pub source_id: Option<SourceId>,
    /// What people know it by.
    pub label: String,
    /// What is wrong with it.
    pub reason: String,
}

/// Which records are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// All of them.
    Full,
    /// What changed since this moment of the source's clock, and what is still open.
    Since {
        /// The cursor.
        cursor: DateTime<Utc>,
        /// The whole list of customers is due as well.
        whole_list: bool,
    },
    /// Just these.
    Only(Vec<SourceId>),
}

/// Days between which a record was created, both inclusive, in the source's time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Interval {
    /// First day.
    pub from: Option<NaiveDate>,
    /// Last day.
    pub to: Option<NaiveDate>,
}

impl Interval {
    /// Whether a day lies in it.
    #[must_use]
    pub fn contains(&self, day: NaiveDate) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }
}

/// How a reading ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// Everything was read, and what could not be used can be found again: the cursor may move.
    pub complete: bool,
}

/// Why reading cannot go on.
#[derive(Debug, Error)]
pub enum SourceError {
    /// A request failed.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The state could not be asked.
    #[error(transparent)]
    State(#[from] StateError),
    /// The settings name something that the source does not have.
    #[error("{0}")]
    Settings(String),
    /// Credentials cannot be had or are another account's.
    #[error("{0}")]
    Access(String),
    /// A service on the way to the source cannot be reached or does not answer.
    #[error("{0}")]
    Service(String),
    /// The one who takes the items is gone; its own error says why.
    #[error("reading was broken off")]
    BrokenOff,
}
