//! What a run tells, while it happens. Rendered in two ways: for people, and as JSON lines.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};

use super::counts::{Counts, RequestCounts, Totals};
use crate::caflou::MatchedBy;
use crate::config::Mode;
use crate::record::{ByKind, CaflouId, FieldChanges, Kind};
use crate::trouble::Trouble;

/// Takes what a run tells.
pub trait Report {
    /// Something happened.
    fn event(&mut self, event: &Event);
}

/// The version of the report's shape.
pub const SCHEMA: u32 = 1;

/// Something that happened in a run.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Event {
    /// The run begins.
    Start(Start),
    /// An agenda begins; shown to people only.
    #[serde(skip)]
    Agenda(Kind),
    /// So many records of the agenda are to come; shown to people only.
    #[serde(skip)]
    Expected(u64),
    /// A record was looked at and needs nothing; shown to people only.
    #[serde(skip)]
    Unchanged,
    /// A record was dealt with, or would be.
    Change(Change),
    /// Something about the run as a whole.
    Warning {
        /// The connection.
        connection: String,
        /// The sentence.
        message: String,
    },
    /// The run ended.
    Summary(Box<RunReport>),
}

/// The beginning of a run.
#[derive(Debug, Clone, Serialize)]
pub struct Start {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The run.
    pub run_id: String,
    /// The connection's key.
    pub connection: String,
    /// Nothing is written.
    pub dry_run: bool,
    /// When.
    #[serde(serialize_with = "rfc3339")]
    pub started_at: DateTime<Utc>,
    /// The modes.
    #[serde(flatten)]
    pub modes: ByKind<Mode>,
    /// Everything is compared, not only what changed.
    pub full: bool,
    /// For people: whence and whither, and what of it.
    #[serde(skip)]
    pub heading: Heading,
}

/// The lines above a report for people.
#[derive(Debug, Clone, Default)]
pub struct Heading {
    /// "Můj e-shop (Shoptet 222651)".
    pub source: String,
    /// "Příklad s.r.o. (Caflou 12345)".
    pub target: String,
    /// The two without their accounts: "Můj e-shop → Příklad s.r.o.".
    pub route: String,
    /// "from 2021-01-01".
    pub interval: String,
}

/// What is done with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Created.
    Create,
    /// Linked with what was there.
    Adopt,
    /// Changed.
    Update,
    /// Left alone, for a reason.
    Skip,
    /// Not possible.
    Fail,
}

impl Action {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Create,
        Self::Adopt,
        Self::Update,
        Self::Skip,
        Self::Fail,
    ];

    /// The word of the report.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Adopt => "adopt",
            Self::Update => "update",
            Self::Skip => "skip",
            Self::Fail => "fail",
        }
    }
}

/// What was done with a record, or would be.
#[derive(Debug, Clone, Serialize)]
pub struct Change {
    /// The connection's key.
    pub connection: String,
    /// Company or income.
    pub kind: Kind,
    /// What.
    pub action: Action,
    /// Its key at the source; empty where not even that could be read.
    pub source_id: String,
    /// Its id in Caflou, once it has one.
    pub caflou_id: Option<CaflouId>,
    /// What people know it by.
    pub label: String,
    /// Before and after of each attribute written.
    pub fields: FieldChanges,
    /// Attributes that somebody else changed in Caflou: they stay.
    pub kept: Vec<&'static str>,
    /// Attributes that Caflou did not take.
    pub ignored: Vec<&'static str>,
    /// What the user should look at.
    pub warnings: Vec<String>,
    /// Why, where the action alone does not say it.
    pub reason: Option<String>,
    /// For an adoption, by what.
    #[serde(skip)]
    pub matched_by: Option<MatchedBy>,
    /// Failed in this run only, as what the user asked for is not there: no other run tries it.
    #[serde(skip)]
    pub not_there: bool,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// All went well.
    Ok,
    /// Some records failed.
    Partial,
    /// The run could not go on.
    Failed,
    /// The user or a guard rail stopped it.
    Stopped,
}

impl Status {
    /// The word of the report.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Partial => "partial",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
        }
    }
}

/// The end of a run.
#[derive(Debug, Clone, Serialize)]
pub struct RunReport {
    /// The connection's key.
    pub connection: String,
    /// The run.
    pub run_id: String,
    /// Nothing was written.
    pub dry_run: bool,
    /// When it began; for people.
    #[serde(skip)]
    pub started_at: DateTime<Utc>,
    /// When it ended.
    #[serde(serialize_with = "rfc3339")]
    pub finished_at: DateTime<Utc>,
    /// How it ended.
    pub status: Status,
    /// How many records there were of each outcome.
    #[serde(flatten)]
    pub counts: ByKind<Counts>,
    /// Of the created incomes.
    pub totals: Totals,
    /// Of the created expenses; for people.
    #[serde(skip)]
    pub spent: Totals,
    /// Incomes looked at whose value is not net plus VAT; left out of the JSON where there are none.
    #[serde(rename = "value_differs", skip_serializing_if = "is_zero")]
    pub unexplained: u64,
    /// Sent.
    pub requests: RequestCounts,
    /// Why it did not go on.
    pub error: Option<Trouble>,
    /// Requests that a real run would send to Caflou; for people, after a dry run.
    #[serde(skip)]
    pub forecast: u64,
}

static NOTHING: Totals = Totals::NONE;

impl RunReport {
    /// The sums of what was created of a kind, where they are told.
    #[must_use]
    pub fn totals_of(&self, kind: Kind) -> &Totals {
        match kind {
            Kind::Income => &self.totals,
            Kind::Expense => &self.spent,
            Kind::Company => &NOTHING,
        }
    }

    /// Adds sums of what was created of a kind.
    pub fn add(&mut self, kind: Kind, totals: &Totals) {
        match kind {
            Kind::Income => self.totals.add_all(totals),
            Kind::Expense => self.spent.add_all(totals),
            Kind::Company => {}
        }
    }

    /// One count of all kinds together, such as [`Counts::changes`].
    #[must_use]
    pub fn all(&self, count: impl Fn(&Counts) -> u64) -> u64 {
        self.counts.iter().map(|(_, counts)| count(counts)).sum()
    }

    /// Records of all kinds that failed.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.all(|counts| counts.failed)
    }

    /// Records of all kinds that were or would be written or linked.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.all(Counts::changes)
    }
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

fn rfc3339<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time.to_rfc3339_opts(SecondsFormat::Secs, true))
}
