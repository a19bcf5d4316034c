//! How a run ends that did not come to its end: a sentence, a status, an exit code.

use super::{Exit, Failure};
use crate::state::{LockError, StateError};
use crate::sync::Fatal;
use crate::sync::report::Status;

/// A run that did not come to its end.
pub(crate) struct End {
    pub(crate) message: String,
    pub(crate) status: Status,
    pub(crate) exit: Exit,
}

impl End {
    /// Stopped by a guard rail, before any write.
    pub(crate) fn guarded(message: String) -> Self {
        Self {
            message,
            status: Status::Stopped,
            exit: Exit::Guarded,
        }
    }
}

impl From<Fatal> for End {
    fn from(fatal: Fatal) -> Self {
        let status = match fatal {
            Fatal::Stopped(_) | Fatal::Guarded(_) => Status::Stopped,
            Fatal::Access(_) | Fatal::Settings(_) | Fatal::Service(_) | Fatal::State(_) => {
                Status::Failed
            }
        };
        Self {
            message: fatal.to_string(),
            status,
            exit: Exit::from(&fatal),
        }
    }
}

impl From<Failure> for End {
    fn from(failure: Failure) -> Self {
        let message = format!("{:#}", failure.error);
        Self {
            message,
            status: Status::Failed,
            exit: failure.exit,
        }
    }
}

impl From<LockError> for End {
    fn from(error: LockError) -> Self {
        let exit = match error {
            LockError::Held { .. } => Exit::Locked,
            LockError::Unusable { .. } => Exit::Failed,
        };
        Self {
            message: error.to_string(),
            status: Status::Failed,
            exit,
        }
    }
}

impl From<StateError> for End {
    fn from(error: StateError) -> Self {
        Fatal::from(error).into()
    }
}

/// What to do about an error.
pub(crate) fn advice(exit: Exit, key: &str, files: &str) -> String {
    match exit {
        Exit::Access => format!("; `caflou-sync test {key}{files}` checks both sides"),
        _ => String::new(),
    }
}
