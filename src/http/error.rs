//! What can become of a request.

use std::error::Error as StdError;
use std::fmt;

use reqwest::{Method, StatusCode};
use thiserror::Error;

use crate::text::safe;

/// A request that brought no usable answer. The variants are the classes that callers branch on.
/// Displayed on one line: what the service says commands no terminal.
#[derive(Debug, Error)]
pub enum HttpError {
    /// The connection was never made: nothing has happened at the service.
    #[error("{service} cannot be reached: {}", safe(.reason))]
    Unreachable {
        /// The service's name.
        service: &'static str,
        /// The innermost cause.
        reason: String,
    },
    /// The request may have arrived, but no whole answer came back.
    #[error("{service} gave no answer to {method} {path}: {}", safe(.reason))]
    Lost {
        /// The service's name.
        service: &'static str,
        /// Method of the request.
        method: Method,
        /// Path of the request, without its query.
        path: String,
        /// The innermost cause.
        reason: String,
    },
    /// The service answered with an error.
    #[error("{0}")]
    Refused(Box<Refusal>),
    /// The answer is not what the service's description promises.
    #[error("{service} answered {method} {path} with something unexpected: {}{}", safe(.reason), id(.request_id.as_deref()))]
    Garbled {
        /// The service's name.
        service: &'static str,
        /// Method of the request.
        method: Method,
        /// Path of the request, without its query.
        path: String,
        /// What was found instead.
        reason: String,
        /// The service's id of the request.
        request_id: Option<String>,
    },
    /// The run is coming to its end; nothing was sent.
    #[error("{0}")]
    Stopped(&'static str),
}

/// An answer with an error status.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// The service's name.
    pub service: &'static str,
    /// Method of the request.
    pub method: Method,
    /// Path of the request, without its query.
    pub path: String,
    /// The status.
    pub status: StatusCode,
    /// The service's code for the error, where it has one.
    pub code: Option<String>,
    /// What the service says, shortened.
    pub message: String,
    /// The service's id of the request.
    pub request_id: Option<String>,
}

fn id(request_id: Option<&str>) -> String {
    request_id
        .map(|id| format!(" (request {})", safe(id)))
        .unwrap_or_default()
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            service,
            method,
            path,
            status,
            code,
            message,
            request_id,
        } = self;
        write!(f, "{service} refused {method} {path}: {}", status.as_u16())?;
        if let Some(code) = code {
            write!(f, " {}", safe(code))?;
        }
        if !message.is_empty() {
            write!(f, ", {}", safe(message))?;
        }
        f.write_str(&id(request_id.as_deref()))
    }
}

impl HttpError {
    /// A service that cannot be asked, as a setting is missing.
    #[must_use]
    pub fn unset(service: &'static str, missing: &impl ToString) -> Self {
        Self::Unreachable {
            service,
            reason: missing.to_string(),
        }
    }

    /// The status of a refusal.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Refused(refusal) => Some(refusal.status),
            _ => None,
        }
    }

    /// Credentials or rights were refused: no other request will fare better.
    #[must_use]
    pub fn is_access(&self) -> bool {
        matches!(
            self.status(),
            Some(StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
        )
    }

    /// Not permitted: of a record that is there, that may be said of this one alone.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        self.status() == Some(StatusCode::FORBIDDEN)
    }

    /// The record is not there (any more).
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(
            self.status(),
            Some(StatusCode::NOT_FOUND | StatusCode::GONE)
        )
    }

    /// A write that ended so may have been carried out.
    #[must_use]
    pub fn is_outcome_unknown(&self) -> bool {
        match self {
            Self::Lost { .. } | Self::Garbled { .. } => true,
            Self::Refused(refusal) => {
                refusal.status.is_server_error() || refusal.status == StatusCode::REQUEST_TIMEOUT
            }
            Self::Unreachable { .. } | Self::Stopped(_) => false,
        }
    }

    /// The trouble is the service's or the network's, not this request's: the next one will most
    /// likely meet it too.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Lost { .. } | Self::Stopped(_) => true,
            Self::Refused(refusal) => {
                refusal.status.is_server_error() || refusal.status == StatusCode::TOO_MANY_REQUESTS
            }
            Self::Garbled { .. } => false,
        }
    }

    /// The service could be reached and let us in, but does not deal with this request.
    #[must_use]
    pub fn is_about_this_record(&self) -> bool {
        match self {
            Self::Garbled { .. } => true,
            Self::Refused(refusal) => {
                !matches!(refusal.status.as_u16(), 401 | 403 | 423 | 429 | 503)
            }
            Self::Unreachable { .. } | Self::Lost { .. } | Self::Stopped(_) => false,
        }
    }
}

/// The cause at the bottom: the layers above it only repeat that a request failed, and hold the
/// address with its query.
#[must_use]
pub fn innermost(error: &dyn StdError) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn whatever_a_service_says_stays_on_one_line(
            text in "([\u{0}-\u{1f}\u{7f}-\u{9f}\u{200e}\u{2028}-\u{202e}\u{2066}-\u{2069}]|\\PC){0,40}"
        ) {
            let service = "Caflou";
            let (method, path) = (Method::GET, "/api".to_owned());
            let (reason, request_id) = (text.clone(), Some(text.clone()));
            let refusal = Refusal {
                service,
                method: method.clone(),
                path: path.clone(),
                status: StatusCode::NOT_FOUND,
                code: Some(text.clone()),
                message: text,
                request_id: request_id.clone(),
            };
            let errors = [
                HttpError::Unreachable { service, reason: reason.clone() },
                HttpError::Lost { service, method: method.clone(), path: path.clone(), reason: reason.clone() },
                HttpError::Refused(Box::new(refusal)),
                HttpError::Garbled { service, method, path, reason, request_id },
            ];
            for error in errors {
                let told = error.to_string();
                prop_assert_eq!(safe(&told), told.as_str());
            }
        }
    }
}
