//! How things end: a record, an agenda.

use thiserror::Error;

use crate::http::HttpError;
use crate::record::{Attributes, CaflouId, Draft};
use crate::source::SourceError;
use crate::state::{StateError, Uptime};

use super::engine::Missing;
use super::report::Change;

/// Why a run cannot go on.
#[derive(Debug, Error)]
pub enum Fatal {
    /// Credentials or rights were refused.
    #[error("{0}")]
    Access(String),
    /// The settings name something that is not there.
    #[error("{0}")]
    Settings(String),
    /// A service cannot be reached or does not answer.
    #[error("{0}")]
    Service(String),
    /// The state file cannot be used.
    #[error("{0}")]
    State(String),
    /// More would change at once than is likely to be meant; none of it was written.
    #[error("{0}")]
    Guarded(String),
    /// The user, a time limit or a signal ended it.
    #[error("{0}")]
    Stopped(String),
}

impl From<&HttpError> for Fatal {
    fn from(error: &HttpError) -> Self {
        match error {
            HttpError::Stopped(reason) => Self::Stopped((*reason).to_owned()),
            _ if error.is_access() => Self::Access(error.to_string()),
            _ => Self::Service(error.to_string()),
        }
    }
}

impl From<HttpError> for Fatal {
    fn from(error: HttpError) -> Self {
        Self::from(&error)
    }
}

impl From<StateError> for Fatal {
    fn from(error: StateError) -> Self {
        Self::State(error.to_string())
    }
}

impl From<SourceError> for Fatal {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::Http(error) => error.into(),
            SourceError::State(error) => error.into(),
            SourceError::Access(message) => Self::Access(message),
            SourceError::Settings(message) => Self::Settings(message),
            SourceError::Service(message) | SourceError::UsedUp(message) => Self::Service(message),
            error @ SourceError::Cursor(_) => Self::State(error.to_string()),
            error @ SourceError::BrokenOff => Self::Service(error.to_string()),
        }
    }
}

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
    pub fatal: Option<Fatal>,
    /// The service failed to answer, or let nobody change the record; several in a row end the run.
    pub outage: Option<Fatal>,
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
    pub fn unsent(fatal: Fatal) -> Self {
        Self {
            fatal: Some(fatal),
            unsent: true,
            ..Self::told(None)
        }
    }
}
