//! What went wrong: of what kind it is, the sentence, and what the user can do about it. One type
//! from the request that failed to the line on stderr and the exit code.

use std::error::Error as StdError;
use std::fmt;
use std::io;

use serde::{Serialize, Serializer};

use crate::http::{HttpError, Stop};

/// Something that went wrong, or an answer that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What kind of trouble it is.
    pub class: Class,
    /// What is wrong: a sentence without its full stop.
    pub what: String,
    /// What the service said, where the sentence is our own.
    pub said: Option<String>,
    /// What to do, if anything: whole sentences, or half a one that begins with a small letter or a
    /// command.
    pub advice: String,
}

/// The kinds of trouble that callers tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The command line, the configuration or an answer makes no sense.
    Usage,
    /// A credential cannot be had, or the service does not let us in with it.
    Access,
    /// It lets us in, but something may not be read or written.
    Rights,
    /// The service cannot be reached, or is not well.
    Down,
    /// It answers with something unexpected.
    Odd,
    /// The state file cannot be used.
    State,
    /// Another run of the same connection is under way.
    Locked,
    /// More would change at once than is likely to be meant; none of it was written.
    Guard,
    /// The user, a time limit or a signal ended it.
    Stopped,
    /// A file, the terminal or something else of this machine cannot be used.
    Machine,
}

impl Class {
    /// The word in the state.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::Access => "access",
            Self::Rights => "rights",
            Self::Down => "down",
            Self::Odd => "odd",
            Self::State => "state",
            Self::Locked => "locked",
            Self::Guard => "guard",
            Self::Stopped => "stopped",
            Self::Machine => "machine",
        }
    }

    /// Credentials or rights were refused.
    #[must_use]
    pub fn is_access(self) -> bool {
        matches!(self, Self::Access | Self::Rights)
    }

    /// The run was ended on purpose.
    #[must_use]
    pub fn is_stop(self) -> bool {
        matches!(self, Self::Guard | Self::Stopped)
    }

    fn of(error: &HttpError) -> Self {
        match error {
            HttpError::Stopped(_) => Self::Stopped,
            _ if error.is_forbidden() => Self::Rights,
            _ if error.is_access() => Self::Access,
            _ if error.is_outage() => Self::Down,
            _ => Self::Odd,
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        if let Some(said) = &self.said {
            write!(f, " ({said})")?;
        }
        match self.advice.chars().next() {
            None => Ok(()),
            Some(first) if first.is_uppercase() => write!(f, ". {}", self.advice),
            Some(_) => write!(f, "; {}", self.advice),
        }
    }
}

impl Serialize for Trouble {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl From<&HttpError> for Trouble {
    fn from(error: &HttpError) -> Self {
        Self::new(Class::of(error), error.to_string())
    }
}

impl From<HttpError> for Trouble {
    fn from(error: HttpError) -> Self {
        Self::from(&error)
    }
}

/// A file or something else of this machine cannot be used.
impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::of(Class::Machine, &error)
    }
}

/// The run is to end.
impl From<&Stop> for Trouble {
    fn from(stop: &Stop) -> Self {
        Self::new(Class::Stopped, stop.reason().unwrap_or("stopped"))
    }
}

impl Trouble {
    /// A sentence, without advice.
    #[must_use]
    pub fn new(class: Class, what: impl Into<String>) -> Self {
        Self {
            class,
            what: what.into(),
            said: None,
            advice: String::new(),
        }
    }

    /// An error with its causes.
    #[must_use]
    pub fn of(class: Class, error: &dyn StdError) -> Self {
        let trouble = Self::new(class, error.to_string());
        match error.source() {
            Some(cause) => Self::of(class, cause).within(&trouble.what),
            None => trouble,
        }
    }

    /// Said with what it is about in front.
    #[must_use]
    pub fn within(self, about: &str) -> Self {
        Self {
            what: format!("{about}: {}", self.what),
            ..self
        }
    }

    /// With what to do.
    #[must_use]
    pub fn advise(self, advice: impl Into<String>) -> Self {
        Self {
            advice: advice.into(),
            ..self
        }
    }

    /// What cannot be meant so.
    #[must_use]
    pub fn usage(what: impl Into<String>) -> Self {
        Self::new(Class::Usage, what)
    }

    /// On lines of their own: what, what the service said, what to do.
    #[must_use]
    pub fn lines(&self) -> String {
        let advice = Some(self.advice.as_str()).filter(|advice| !advice.is_empty());
        let what = format!("{}.", self.what);
        let lines = [Some(what.as_str()), self.said.as_deref(), advice];
        lines.into_iter().flatten().collect::<Vec<_>>().join("\n")
    }

    /// What a request ended with, where nothing else is known about it.
    #[must_use]
    pub fn answer(service: &str, error: &HttpError) -> Self {
        let class = Class::of(error);
        let (what, advice) = match class {
            Class::Down | Class::Stopped => {
                ("does not answer as it should", "Try again in a while.")
            }
            Class::Access | Class::Rights => ("does not allow this", ""),
            _ => ("answers with something unexpected", "Is its address right?"),
        };
        Self {
            said: Some(error.to_string()),
            ..Self::new(class, format!("{service} {what}")).advise(advice)
        }
    }

    /// The service does not let us in.
    #[must_use]
    pub fn refused(what: &str, error: &impl ToString, advice: &str) -> Self {
        Self {
            said: Some(error.to_string()),
            ..Self::new(Class::Access, what).advise(advice)
        }
    }
}

/// With a capital letter, as a sentence begins.
#[must_use]
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}", first.unwrap_or_default(), letters.as_str())
}
