//! What a shop's errors mean to whoever connects it: the sentences, and what to do.

use super::pairing::PairError;
use crate::config::Way;
use crate::http::HttpError;
use crate::record::Stream;
use crate::source::SourceError;
use crate::trouble::{Class, Trouble, capital};

/// By which token a shop is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    PrivateToken,
    Addon,
    Pairing,
}

impl By {
    fn of(way: Option<&Way>) -> Self {
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

/// Why a shop does not tell who it is, or why these streams cannot be read.
pub(super) fn explain(
    error: &SourceError,
    way: Option<&Way>,
    streams: &[&'static Stream],
) -> Trouble {
    if streams.is_empty() {
        return shop(error, By::of(way));
    }
    let words = streams
        .iter()
        .map(|stream| (stream.many, capital(stream.many)));
    let (what, groups): (Vec<_>, Vec<_>) = words.unzip();
    let word = if groups.len() == 1 { "group" } else { "groups" };
    Trouble {
        class: Class::Rights,
        what: format!(
            "This token may not read {}: it lacks the endpoint {word} {}",
            what.join(" and "),
            groups.join(" and ")
        ),
        said: Some(error.to_string()),
        advice: By::of(way).switch_on().to_owned(),
    }
}

/// Why a shop does not tell who it is.
fn shop(error: &SourceError, by: By) -> Trouble {
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
            _ => Trouble::answer("Shoptet", error),
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
        _ => Trouble::answer("The add-on's OAuth server", error),
    }
}

/// Why a pairing code was not accepted.
#[must_use]
pub fn pairing(error: &PairError) -> Trouble {
    let what = error.to_string();
    match error {
        PairError::WrongCode | PairError::TooManyTries { .. } => Trouble {
            class: Class::Access,
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
