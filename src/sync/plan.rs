//! What to do with a record: pure decisions, as data.
//!
//! Two steps, because some decisions need to know what Caflou holds: [`need`] says what has to be
//! looked up, [`adopt`] and [`update`] decide with what was found. Planning again after a plan was
//! applied gives [`Plan::Unchanged`].

mod adopt;
mod closed;
mod compare;
mod desired;
mod expiry;
mod need;
mod reused;
mod theirs;
mod update;
mod voided;

pub use adopt::adopt;
pub use closed::{hold_closed, unless_told};
pub use desired::desired;
pub use expiry::expire;
pub use need::{absent, need};
pub use update::{again, update};

use chrono::NaiveDate;

use crate::caflou::MatchedBy;
use crate::config::Mode;
use crate::record::{Attributes, CaflouId, FieldChanges};

/// The settings that planning follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// The mode of the record's stream, as far as that updates anything.
    pub mode: Mode,
    /// Whether records that others brought into Caflou are linked instead of created again. Our
    /// own, by our mark, always are.
    pub match_existing: bool,
    /// The last day of the closed period.
    pub locked_until: Option<NaiveDate>,
    /// So many days after its day an unpaid income becomes inactive.
    pub unpaid_expires: Option<u16>,
    /// The day, where the source is.
    pub today: NaiveDate,
    /// What is told only once is told again.
    pub tells_again: bool,
}

impl Rules {
    /// These, with no period closed and nothing that expires.
    #[must_use]
    pub const fn new(mode: Mode, match_existing: bool) -> Self {
        Self {
            mode,
            match_existing,
            locked_until: None,
            unpaid_expires: None,
            today: NaiveDate::MIN,
            tells_again: false,
        }
    }

    /// Whether imported records are updated.
    #[must_use]
    pub fn updates(&self) -> bool {
        self.mode == Mode::NewAndUpdate
    }
}

/// What is to be done with a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    /// Nothing.
    Unchanged,
    /// Create it.
    Create {
        /// With these values.
        attributes: Attributes,
    },
    /// Link it with a record that is in Caflou.
    Adopt {
        /// That record; `None`: one that this run is about to create (in a dry run).
        id: Option<CaflouId>,
        /// Why it is taken for the same.
        by: MatchedBy,
        /// What is written nevertheless.
        revision: Revision,
    },
    /// Change it, or only take note that it agrees already.
    Update {
        /// The record.
        id: CaflouId,
        /// The changes.
        revision: Revision,
    },
    /// Leave it alone, for a reason the user should know.
    Skip {
        /// Why.
        reason: String,
        /// What to look at.
        warning: Option<&'static str>,
        /// The record, where a failure or an update of unknown outcome is settled with it, and what
        /// is then known of it.
        settled: Option<Box<(CaflouId, Revision)>>,
        /// It is told once: what is remembered to know that it was.
        once: Option<String>,
    },
    /// It was deleted in Caflou: leave it alone for good.
    Gone {
        /// The record, where it is found in the trash.
        id: Option<CaflouId>,
        /// The source's values up to which that is known.
        source: Attributes,
    },
    /// It cannot be imported.
    Fail {
        /// Why.
        reason: String,
    },
}

/// Changes to a record in Caflou, and what is remembered once they are made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Revision {
    /// To be written.
    pub fields: FieldChanges,
    /// Changed at the source, but somebody else changed them in Caflou: they stay.
    pub kept: Vec<&'static str>,
    /// What to look at, once it is written.
    pub warnings: Vec<&'static str>,
    /// The source's values that are then decided upon.
    pub source: Attributes,
    /// What Caflou then holds, as far as it is known before writing.
    pub written: Attributes,
}

/// What has to be known of Caflou to decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need {
    /// Nothing: this is the plan.
    Nothing(Plan),
    /// Whether the record is there already. `by_mark_only`: nothing but our own is looked for.
    Candidates {
        /// See above.
        by_mark_only: bool,
    },
    /// The record as it is there now.
    Current(CaflouId),
}

#[cfg(test)]
mod tests;
