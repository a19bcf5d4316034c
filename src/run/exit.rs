//! Exit codes, which cron jobs and scripts rely on.

use crate::trouble::Class;

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

impl From<Class> for Exit {
    fn from(class: Class) -> Self {
        match class {
            Class::Usage => Self::Usage,
            Class::Access | Class::Rights => Self::Access,
            Class::Locked => Self::Locked,
            Class::Guard => Self::Guarded,
            Class::Down | Class::Odd | Class::State | Class::Stopped | Class::Machine => {
                Self::Failed
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
