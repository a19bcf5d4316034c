//! What an answer says beside its records: why it refuses, and what will go away.

use reqwest::Method;
use tracing::warn;
use url::Url;

use super::answer::{Unusable, open};
use crate::http::{Answer, HttpError};
use crate::record::Json;

/// The `data` of an answer about the shop.
pub(super) fn whose(url: &Url, answer: &Answer) -> Result<Json, HttpError> {
    let text = String::from_utf8_lossy(&answer.body);
    open(&text).map_err(|why| garbled(Method::GET, url, answer, why))
}

pub(super) fn garbled(method: Method, url: &Url, answer: &Answer, unusable: Unusable) -> HttpError {
    let request_id = answer.request_id().map(str::to_owned);
    HttpError::Garbled {
        service: "Shoptet",
        method,
        path: url.path().to_owned(),
        reason: unusable.reason,
        request_id: request_id.or(unusable.request_id),
    }
}

/// `errors[0]` of the envelope.
pub(super) fn explain(answer: &Answer) -> (Option<String>, Option<String>) {
    let Ok(Json(json)) = serde_json::from_slice(&answer.body) else {
        return (None, None);
    };
    let first = &json["errors"][0];
    let text = |field: &str| first[field].as_str().map(str::to_owned);
    let id = json["metadata"]["requestId"]
        .as_str()
        .filter(|_| answer.request_id().is_none());
    let message = match (text("message"), id) {
        (Some(message), Some(id)) => Some(format!("{message} (request {id})")),
        (message, _) => message,
    };
    (text("errorCode"), message)
}

/// The service says in headers that an address will go away.
pub(super) fn announce_end_of_life(url: &Url, answer: &Answer) {
    for header in ["x-shoptet-deprecated", "sunset"] {
        if let Some(value) = answer.header(header) {
            warn!(
                "Shoptet will withdraw {}: {header} {value}; look for a newer caflou-sync",
                url.path()
            );
        }
    }
}
