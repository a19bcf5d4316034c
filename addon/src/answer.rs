//! Answers: JSON, and refusals with a code for programs and a sentence for people.

use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use hyper::StatusCode;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use serde_json::{Value, json};

use super::store::StoreError;
use super::vault::VaultError;

/// A request that is not done: `{"error": code, "message": sentence}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The status.
    pub status: StatusCode,
    /// For programs.
    pub code: &'static str,
    /// For people.
    pub message: String,
    /// When it may be tried again.
    pub retry_after: Option<Duration>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            retry_after: None,
        }
    }

    pub(crate) fn after(self, wait: Duration) -> Self {
        Self {
            retry_after: Some(wait),
            ..self
        }
    }

    /// What the request says cannot be used.
    pub(crate) fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-request", message)
    }

    /// This side cannot do it now.
    pub(crate) fn unavailable() -> Self {
        let message = "the add-on's backend cannot do this now; try again in a few minutes";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", message)
            .after(Duration::from_mins(1))
    }
}

impl From<StoreError> for Refusal {
    fn from(_: StoreError) -> Self {
        Self::unavailable()
    }
}

impl From<VaultError> for Refusal {
    fn from(reason: VaultError) -> Self {
        tracing::error!(%reason, "the vault");
        Self::unavailable()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({"error": self.code, "message": self.message});
        let mut response = json_response(self.status, &body);
        if let Some(wait) = self.retry_after {
            // Rounded up: who comes then is not refused again.
            let seconds = wait.as_millis().div_ceil(1000).to_string();
            if let Ok(value) = HeaderValue::from_str(&seconds) {
                response.headers_mut().insert(RETRY_AFTER, value);
            }
        }
        response
    }
}

/// An answer that no cache keeps.
pub(crate) fn json_response(status: StatusCode, body: &Value) -> Response {
    text_response(status, "application/json", body.to_string())
}

/// As [`json_response`], of another type.
pub(crate) fn text_response(status: StatusCode, kind: &'static str, body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
