//! Why reading a source cannot go on.

use thiserror::Error;

use crate::http::HttpError;
use crate::state::StateError;
use crate::trouble::{Class, Trouble};

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

impl SourceError {
    /// Whether the source lets us in, but not to this.
    #[must_use]
    pub fn is_denied(&self) -> bool {
        matches!(self, Self::Http(error)
            if error.status().is_some_and(|status| status.as_u16() == 403))
    }
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
