//! What can be wrong with an answer: the sentences, and what the user can do about it.

use std::fmt;

use crate::http::HttpError;

/// An answer that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What kind of trouble it is.
    pub class: Class,
    /// What is wrong: a sentence without its full stop.
    pub what: String,
    /// What the service said.
    pub said: Option<String>,
    /// What to do: whole sentences.
    pub advice: String,
}

/// The kinds of trouble that callers tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The answer makes no sense.
    Usage,
    /// The service does not let us in.
    Refused,
    /// It does, but something may not be read.
    Rights,
    /// The service cannot be reached, or is not well.
    Down,
    /// It answers with something unexpected.
    Odd,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        if let Some(said) = &self.said {
            write!(f, " ({said})")?;
        }
        if !self.advice.is_empty() {
            write!(f, ". {}", self.advice)?;
        }
        Ok(())
    }
}

impl Trouble {
    /// An answer that makes no sense.
    #[must_use]
    pub fn usage(what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            class: Class::Usage,
            what: what.into(),
            said: None,
            advice: advice.into(),
        }
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
    pub fn of(service: &str, error: &HttpError) -> Self {
        let (class, what, advice) = if error.is_outage() {
            let what = format!("{service} does not answer as it should");
            (Class::Down, what, "Try again in a while.")
        } else if error.is_access() {
            let what = format!("{service} does not allow this");
            (Class::Refused, what, "")
        } else {
            let what = format!("{service} answers with something unexpected");
            (Class::Odd, what, "Is its address right?")
        };
        Self {
            class,
            what,
            said: Some(error.to_string()),
            advice: advice.to_owned(),
        }
    }

    /// The service does not let us in.
    #[must_use]
    pub fn refused(what: &str, error: &impl ToString, advice: &str) -> Self {
        Self {
            class: Class::Refused,
            what: what.to_owned(),
            said: Some(error.to_string()),
            advice: advice.to_owned(),
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
