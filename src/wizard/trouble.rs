//! What can be wrong with an answer: the sentences, and what the user can do about it.

use std::fmt;

use crate::access::Access;
use crate::config::Way;
use crate::http::HttpError;
use crate::record::Kind;
use crate::source::SourceError;
use crate::source::shoptet::pairing::PairError;

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
    fn of(service: &str, error: &HttpError) -> Self {
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

    fn refused(what: &str, error: &impl ToString, advice: &str) -> Self {
        Self {
            class: Class::Refused,
            what: what.to_owned(),
            said: Some(error.to_string()),
            advice: advice.to_owned(),
        }
    }
}

/// By which token a shop is read, for what is to be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// A private API token.
    PrivateToken,
    /// An add-on.
    Addon,
    /// An add-on, by way of its backend.
    Pairing,
}

impl By {
    /// Of a way into a shop.
    #[must_use]
    pub fn of(way: Option<&Way>) -> Self {
        match way.and_then(|way| way.keys.first()).copied() {
            Some("oauth_token") => Self::Addon,
            Some("pairing") => Self::Pairing,
            _ => Self::PrivateToken,
        }
    }

    fn switch_on(self) -> &'static str {
        match self {
            Self::PrivateToken => {
                "Switch it on in the administration of the shop, under Connections, API, at this \
                 token; reading is enough."
            }
            Self::Addon | Self::Pairing => {
                "Switch it on in the partner's administration, at the add-on's access to the API; \
                 reading is enough."
            }
        }
    }
}

/// Why a shop does not tell who it is.
#[must_use]
pub fn shop(error: &SourceError, by: By) -> Trouble {
    match error {
        SourceError::Http(error) => match (error.status().map(|status| status.as_u16()), by) {
            (Some(401), By::PrivateToken) => Trouble::refused(
                "Shoptet does not accept this token",
                error,
                "Copy it once more, whole: the administration of the shop shows it under \
                 Connections, API.",
            ),
            (Some(401), By::Addon | By::Pairing) => Trouble::refused(
                "Shoptet does not accept the add-on's token",
                error,
                "Is the add-on still installed in the shop?",
            ),
            (Some(403), _) => Trouble {
                class: Class::Rights,
                what: "This token may not read the shop's information: it lacks the endpoint \
                       group Eshop"
                    .to_owned(),
                said: Some(error.to_string()),
                advice: by.switch_on().to_owned(),
            },
            _ => Trouble::of("Shoptet", error),
        },
        SourceError::UsedUp(message) => Trouble {
            class: Class::Down,
            what: capital(message),
            said: None,
            advice: "Try again then. Does another program use the same OAuth access token?"
                .to_owned(),
        },
        SourceError::Service(_) => Trouble {
            class: Class::Down,
            what: "The add-on's backend does not answer as it should".to_owned(),
            said: Some(error.to_string()),
            advice: "Try again in a while.".to_owned(),
        },
        other if by == By::Pairing => {
            Trouble::refused("The add-on does not let us into the e-shop", other, "")
        }
        other => Trouble::refused(
            "The add-on's OAuth server does not accept this OAuth access token",
            other,
            "Is the add-on still installed in the shop, and is the token whole?",
        ),
    }
}

/// Why records of these kinds cannot be read.
#[must_use]
pub fn records(missing: &[(Kind, SourceError)], by: By) -> Option<Trouble> {
    let (_, first) = missing.first()?;
    let denied = |error: &SourceError| {
        matches!(error, SourceError::Http(error)
            if error.status().is_some_and(|status| status.as_u16() == 403))
    };
    if let Some((_, other)) = missing.iter().find(|(_, error)| !denied(error)) {
        return Some(shop(other, by));
    }
    let words = missing.iter().map(|(kind, _)| match kind {
        Kind::Company => ("customers", "Customers"),
        Kind::Income => ("orders", "Orders"),
    });
    let (what, groups): (Vec<_>, Vec<_>) = words.unzip();
    let word = if groups.len() == 1 { "group" } else { "groups" };
    Some(Trouble {
        class: Class::Rights,
        what: format!(
            "This token may not read {}: it lacks the endpoint {word} {}",
            what.join(" and "),
            groups.join(" and ")
        ),
        said: Some(first.to_string()),
        advice: by.switch_on().to_owned(),
    })
}

/// Why an installation code was not exchanged.
#[must_use]
pub fn exchange(error: &HttpError) -> Trouble {
    match error.status() {
        Some(status) if status.is_client_error() => Trouble::refused(
            "The add-on's OAuth server does not accept this installation code",
            error,
            "A code is good once and for a short time, for the add-on's own client ID, secret and \
             redirect address.",
        ),
        _ => Trouble::of("The add-on's OAuth server", error),
    }
}

/// Why a pairing code was not accepted.
#[must_use]
pub fn pairing(error: &PairError) -> Trouble {
    let what = error.to_string();
    match error {
        PairError::WrongCode | PairError::TooManyTries { .. } => Trouble {
            class: Class::Refused,
            what: capital(&what),
            said: None,
            advice: String::new(),
        },
        PairError::Trouble { .. } => Trouble {
            class: Class::Down,
            what: "The add-on's backend does not answer as it should".to_owned(),
            said: Some(what),
            advice: "Try again in a while; if the code is not accepted then, ask for a new one."
                .to_owned(),
        },
        PairError::Unexpected { .. } => Trouble {
            class: Class::Odd,
            what: capital(&what),
            said: None,
            advice: String::new(),
        },
    }
}

/// With a capital letter, as a sentence begins.
#[must_use]
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}", first.unwrap_or_default(), letters.as_str())
}

/// With what Caflou is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum With {
    /// A token.
    Token,
    /// A log-in.
    Login,
    /// A log-in with a one-time password.
    Otp,
}

impl With {
    /// Of a way into Caflou.
    #[must_use]
    pub fn of(access: &Access) -> Self {
        match access.secret("token") {
            Ok(_) => Self::Token,
            Err(_) => Self::Login,
        }
    }
}

/// Why Caflou does not let us in.
#[must_use]
pub fn caflou(error: &HttpError, with: With) -> Trouble {
    let status = error.status().map(|status| status.as_u16());
    let (what, advice) = match (status, with) {
        (Some(401), With::Token) => (
            "Caflou does not accept this token",
            "Copy it once more, whole: Caflou shows it under Account settings, API.",
        ),
        (Some(401), With::Login) => (
            "Caflou does not accept this log-in: the e-mail address or the password is wrong, or \
             two-factor is on and a six-digit code is needed",
            "",
        ),
        (Some(401), With::Otp) => (
            "Caflou does not accept this log-in: the six-digit code, the e-mail address or the \
             password is wrong",
            "A code is good once, and for half a minute.",
        ),
        (Some(403), _) => (
            "Caflou lets this user in, but does not allow the API",
            "The owner of the account can allow it.",
        ),
        _ => return Trouble::of("Caflou", error),
    };
    Trouble::refused(what, error, advice)
}
