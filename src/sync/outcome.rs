//! How things end: a record, an agenda.

use crate::record::{Attributes, CaflouId, Draft};
use crate::state::Uptime;
use crate::trouble::Trouble;

use super::engine::Missing;
use super::report::Change;

/// What became of a record.
#[derive(Debug)]
pub struct Done {
    /// What is told of it; `None`: it needed nothing.
    pub change: Option<Change>,
    /// Its id, where it was created.
    pub created: Option<CaflouId>,
    /// The values of a record that was created or would be, for the sums.
    pub values: Option<Attributes>,
    /// Its create was sent and the outcome is unknown: it has to be looked for, but only after
    /// this moment does absence prove anything.
    pub uncertain: Option<(Box<Draft>, Uptime)>,
    /// Nothing more can be done after it.
    pub fatal: Option<Trouble>,
    /// The service failed to answer, or let nobody change the record; several in a row end the run.
    pub outage: Option<Trouble>,
    /// Caflou says that it is not there: that is to be found out.
    pub missing: Option<Box<Missing>>,
    /// The run is ending: nothing was sent, and the next run reads the record again.
    pub unsent: bool,
}

impl Done {
    /// Told, and no more to it.
    #[must_use]
    pub fn told(change: Option<Change>) -> Self {
        Self {
            change,
            created: None,
            values: None,
            uncertain: None,
            fatal: None,
            outage: None,
            missing: None,
            unsent: false,
        }
    }

    /// Not sent, because the run is ending.
    #[must_use]
    pub fn unsent(fatal: impl Into<Trouble>) -> Self {
        Self {
            fatal: Some(fatal.into()),
            unsent: true,
            ..Self::told(None)
        }
    }
}
