//! Why Caflou does not let us in: the sentences.

use crate::access::Access;
use crate::http::HttpError;
pub use crate::trouble::{Class, Trouble, capital};

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
        _ => return Trouble::answer("Caflou", error),
    };
    Trouble::refused(what, error, advice)
}
