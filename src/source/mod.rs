//! The seam for sources: what one gives to a run.
//!
//! A source is a folder here. It reads, maps and hands on [`Item`]s one
//! by one; what it wants to know of earlier runs it asks the state.

mod definition;
mod error;
pub mod kit;
pub mod registry;
pub mod setup;
pub mod shoptet;

use std::pin::Pin;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use tokio::sync::mpsc::Sender;

pub use definition::{Definition, Explain, Opening};
pub use error::SourceError;

use crate::record::{Draft, Kind, SourceId, Stream};
use crate::state::View;

/// One account at a source, for one run.
pub trait Source {
    /// Whose records these are, and what the source's clock says now. Each call asks the source.
    fn whose(&self) -> Asked<'_, Account>;

    /// How many records of a stream the source shows in all, where it says so; none at all it has to
    /// say.
    fn count<'a>(&'a self, stream: &'a Stream) -> Asked<'a, Option<u64>>;

    /// How many records of a stream lie in an interval, where the source says so.
    fn count_in<'a>(
        &'a self,
        _stream: &'a Stream,
        _interval: Interval,
        _account: &'a Account,
    ) -> Asked<'a, Option<u64>> {
        Box::pin(async { Ok(None) })
    }

    /// Reads a little of everything that a run reads of a stream; how many records there are.
    fn probe<'a>(&'a self, stream: &'a Stream, account: &'a Account) -> Asked<'a, u64>;

    /// The newest documents of an interval, to look for them in Caflou.
    fn newest<'a>(&'a self, _interval: Interval, _account: &'a Account) -> Asked<'a, Vec<Draft>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    /// The statuses that documents have there.
    fn statuses(&self) -> Asked<'_, Vec<Status>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    /// Reads a stream and hands its records on. A record that cannot be read fails alone, as
    /// [`Item::Broken`].
    fn read<'a>(&'a self, ask: Ask<'a>) -> Asked<'a, Reading>;

    /// Requests sent so far, and how many of them were sent again.
    fn requests(&self) -> (u64, u64);
}

/// What a source answers in time.
pub type Asked<'a, T> = Pin<Box<dyn Future<Output = Result<T, SourceError>> + 'a>>;

/// A status of documents at a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Its number there.
    pub id: i64,
    /// Its name.
    pub name: String,
}

/// Whose records a source gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// How the source knows it: the middle of our marks.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Where its days begin.
    pub zone: Tz,
    /// The source's clock when it answered.
    pub now: DateTime<Utc>,
    /// The source says the time in its answers; else `now` is this machine's clock.
    pub has_clock: bool,
}

impl Account {
    /// Up to when what it lists is believed. Where its clock is ahead, what changes until then would
    /// not be asked for again.
    #[must_use]
    pub fn read_to(&self) -> DateTime<Utc> {
        self.now.min(Utc::now() + AHEAD)
    }

    /// The day where the account is.
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        self.now.with_timezone(&self.zone).date_naive()
    }
}

/// What is to be read.
pub struct Ask<'a> {
    /// Of what.
    pub stream: &'static Stream,
    /// How much of it.
    pub scope: &'a Scope,
    /// The account, as it was when the run began: every list ends at its `now`.
    pub account: &'a Account,
    /// Only documents of these days.
    pub interval: Interval,
    /// Beside what changed, what is unpaid with a day in this range: from the first on, where there
    /// is one, and before the last.
    pub overdue: Option<(Option<NaiveDate>, NaiveDate)>,
    /// What earlier runs did.
    pub state: &'a View,
    /// Takes what is read.
    pub out: Sender<Item>,
}

/// No cursor lies further ahead of this machine's clock, whatever the source's says.
const AHEAD: TimeDelta = TimeDelta::minutes(1);

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
    /// What people know it by; of one without a key what its key reads like, if anything.
    pub label: String,
    /// What is wrong with it.
    pub reason: String,
    /// Where one without a key is looked for again, in the source's own words; `None`: nowhere but
    /// where all is read.
    pub place: Option<String>,
}

/// Which records are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// All of them.
    Full,
    /// What changed since an earlier reading, and what is still open.
    Since {
        /// The cursor which that one left.
        cursor: String,
        /// The whole list is due as well.
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Everything was read, and what could not be used can be found again: the cursor may move.
    pub complete: bool,
    /// Where the next reading goes on, in the source's own words.
    pub cursor: String,
}
