//! The seam for sources: what one gives to a run.
//!
//! A source is a folder here. It reads, maps and hands on [`Item`]s one
//! by one; what it wants to know of earlier runs it asks the state.

pub mod kit;
pub mod registry;
pub mod setup;
pub mod shoptet;

use std::pin::Pin;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use secrecy::SecretString;
use thiserror::Error;
use tokio::sync::mpsc::Sender;

use self::setup::Setup;
use crate::access::{Access, Shared};
use crate::config::{Field, Import, Mapping, Need, Table, Way};
use crate::http::{HttpError, Pace};
use crate::record::{Draft, Kind, SourceId, Stream};
use crate::state::{StateError, View};
use crate::trouble::{Class, Trouble};

/// What a source is, before any of its records are asked for.
#[derive(Debug)]
pub struct Definition {
    /// The word for it: `program` in the configuration, and how its marks begin.
    pub word: &'static str,
    /// Its name for people.
    pub name: &'static str,
    /// What one account at it is.
    pub place: &'static str,
    /// The setting that says whose records it gives.
    pub identity: &'static str,
    /// Its settings.
    pub settings: &'static Table,
    /// It says itself whose records a credential opens: whoever connects it need not know.
    pub tells: bool,
    /// Whose records a credential opens, where its own text says so.
    pub named_by: fn(&SecretString) -> Option<String>,
    /// What only it knows of connecting it.
    pub setup: Option<&'static Setup>,
    /// What an error means to whoever connects it; with streams: the right to read them is missing.
    pub explain: Explain,
    /// How fast it may be asked by one token.
    pub pace: Pace,
    /// Opens one account at it; nothing is sent yet.
    pub open: fn(Opening<'_>) -> Result<Box<dyn Source>, SourceError>,
    /// For people: where to click, what is read, limits, oddities.
    pub docs: &'static str,
    /// What it lists, in the order in which that is read.
    pub streams: &'static [&'static Stream],
}

impl Definition {
    /// Where its identity stands in a connection.
    #[must_use]
    pub fn identity_path(&self) -> Vec<&'static str> {
        self.path(self.identity)
    }

    /// The settings that whoever connects it has to know, whatever the way in.
    pub fn needed(&self) -> impl Iterator<Item = &'static Field> {
        let told = self.tells.then_some(self.identity);
        let table = self.settings;
        let needed = table.all().filter(|field| field.need == Need::Must);
        needed.filter(move |field| table.way_of(field.key).is_none() && Some(field.key) != told)
    }

    /// Where a setting of it stands in a connection.
    #[must_use]
    pub fn path(&self, key: &'static str) -> Vec<&'static str> {
        let beside = self.settings.beside.iter().any(|field| field.key == key);
        if beside {
            vec![key]
        } else {
            vec![self.word, key]
        }
    }
}

/// Tells what is the matter, and what to do.
pub type Explain = fn(&SourceError, Option<&Way>, &[&'static Stream]) -> Trouble;

/// With what one account is opened.
pub struct Opening<'a> {
    /// The way in, and whose records are wanted.
    pub access: &'a Access,
    /// What the client shares with others.
    pub shared: Shared,
    /// How records are to look in Caflou.
    pub mapping: &'a Mapping,
    /// What of them is wanted.
    pub import: &'a Import,
    /// Nothing is registered at the source.
    pub dry_run: bool,
}

impl Definition {
    /// What its records become.
    #[must_use]
    pub fn kinds(&self) -> Vec<Kind> {
        let has = |kind: &Kind| self.streams.iter().any(|stream| stream.kind == *kind);
        Kind::ALL.into_iter().filter(has).collect()
    }

    /// What its records of a kind are, for messages: several of them.
    #[must_use]
    pub fn many(&self, kind: Kind) -> &'static str {
        let mut streams = self.streams.iter();
        let found = streams.find(|stream| stream.kind == kind);
        found.map_or(kind.plural(), |stream| stream.many)
    }

    /// What its records of a kind are, for messages: one of them.
    #[must_use]
    pub fn noun(&self, kind: Kind) -> &'static str {
        let mut streams = self.streams.iter();
        let found = streams.find(|stream| stream.kind == kind);
        found.map_or(kind.as_str(), |stream| stream.one)
    }
}

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

impl SourceError {
    /// Whether the source lets us in, but not to this.
    #[must_use]
    pub fn is_denied(&self) -> bool {
        matches!(self, Self::Http(error)
            if error.status().is_some_and(|status| status.as_u16() == 403))
    }
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
    /// The cursor in the state is none of this source's.
    #[error("the cursor `{0}` in the state file cannot be read: read everything once, with --full")]
    Cursor(String),
    /// Credentials cannot be had or are another account's.
    #[error("{0}")]
    Access(String),
    /// A service on the way to the source cannot be reached or does not answer.
    #[error("{0}")]
    Service(String),
    /// What the account may have at one time is used up; that ends by itself.
    #[error("{0}")]
    UsedUp(String),
    /// The one who takes the items is gone; its own error says why.
    #[error("reading was broken off")]
    BrokenOff,
}

impl From<SourceError> for Trouble {
    fn from(error: SourceError) -> Self {
        let class = match error {
            SourceError::Http(error) => return error.into(),
            SourceError::State(error) => return error.into(),
            SourceError::Access(_) => Class::Access,
            SourceError::Settings(_) => Class::Usage,
            SourceError::Service(_) | SourceError::UsedUp(_) | SourceError::BrokenOff => {
                Class::Down
            }
            SourceError::Cursor(_) => Class::State,
        };
        Self::new(class, error.to_string())
    }
}
