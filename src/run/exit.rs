//! Exit codes, which cron jobs and scripts rely on, and what ends with one.

use crate::config::{ConfigError, EditError};
use crate::sync::Fatal;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// The run failed.
    Failed = 1,
    /// Wrong usage or configuration.
    Usage = 2,
    /// Done, but some records failed.
    SomeFailed = 3,
    /// Credentials or rights refused.
    Access = 4,
    /// Another run of the same connection holds the lock.
    Locked = 5,
    /// Changes are pending (`--dry-run --detailed-exitcode`).
    Pending = 6,
    /// Stopped by a guard rail before any write of what it guards.
    Guarded = 7,
}

impl Exit {
    /// The code of several connections together: the first of 4, 1, 7, 5, 3 that occurred; 6 only
    /// where nothing went wrong.
    #[must_use]
    pub fn of_all(exits: &[Self]) -> Self {
        let gravest_first = [
            Self::Usage,
            Self::Access,
            Self::Failed,
            Self::Guarded,
            Self::Locked,
            Self::SomeFailed,
            Self::Pending,
        ];
        gravest_first
            .into_iter()
            .find(|exit| exits.contains(exit))
            .unwrap_or(Self::Done)
    }
}

impl From<&Fatal> for Exit {
    fn from(fatal: &Fatal) -> Self {
        match fatal {
            Fatal::Access(_) => Self::Access,
            Fatal::Guarded(_) => Self::Guarded,
            Fatal::Settings(_) => Self::Usage,
            Fatal::Service(_) | Fatal::State(_) | Fatal::Stopped(_) => Self::Failed,
        }
    }
}

/// A command that did not come to its end.
#[derive(Debug)]
pub struct Failure {
    /// What went wrong, with its context.
    pub(crate) error: anyhow::Error,
    /// The exit code that says so.
    pub(crate) exit: Exit,
}

impl Failure {
    /// With the exit code that says so.
    pub fn new(exit: Exit, error: impl Into<anyhow::Error>) -> Self {
        Self {
            error: error.into(),
            exit,
        }
    }

    /// Wrong usage or configuration.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, anyhow::Error::msg(message.into()))
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::new(Exit::Usage, error)
    }
}

impl From<EditError> for Failure {
    fn from(error: EditError) -> Self {
        match error {
            EditError::Config(error) => error.into(),
            EditError::Exists { .. } | EditError::NotATable { .. } => Self::new(Exit::Usage, error),
            EditError::Changed { .. } | EditError::Busy { .. } | EditError::Unwritable { .. } => {
                Self::new(Exit::Failed, error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Exit::{Access, Done, Failed, Guarded, Locked, Pending, SomeFailed};
    use super::*;

    #[test]
    fn of_several_connections_the_gravest_counts() {
        assert_eq!(Exit::of_all(&[]), Done);
        assert_eq!(Exit::of_all(&[Done, SomeFailed, Locked]), Locked);
        assert_eq!(Exit::of_all(&[Locked, Guarded]), Guarded);
        assert_eq!(Exit::of_all(&[Guarded, Failed]), Failed);
        assert_eq!(Exit::of_all(&[Failed, Access]), Access);
        assert_eq!(Exit::of_all(&[Pending, SomeFailed]), SomeFailed);
        assert_eq!(Exit::of_all(&[Pending, Done]), Pending);
    }
}
