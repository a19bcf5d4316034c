//! The add-on's backend: a program is paired with it once, and gets its tokens there.
//!
//! For shops that Shoptet lets in by an add-on only. The OAuth access token stays at the backend;
//! what comes from there are API access tokens, which live half an hour.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use thiserror::Error;
use url::Url;

use super::auth::EXCHANGE_TIMEOUT;
use super::oauth::{bearer, read_token};
use crate::http::{
    Answer, Call, Door, DoorOptions, HttpError, Lane, LaneOptions, Policy, Refusal, Repeat,
    Requests, Stop, retry_after,
};
use crate::pairing::PairingCode;
use crate::record::{Json, clean};
use crate::source::SourceError;
use crate::state::CachedToken;

/// What the backend is called in messages.
const SERVICE: &str = "the add-on's backend";
/// When to try again where the backend does not say.
const AN_HOUR: TimeDelta = TimeDelta::hours(1);

/// What a pairing gives. Debug does not show the secret.
#[derive(Debug, Clone)]
pub struct Paired {
    /// What lets this program in at the backend, until the add-on is uninstalled.
    pub secret: SecretString,
    /// The shop's address for people.
    pub eshop_url: String,
}

/// Why there is no pairing.
#[derive(Debug, Error)]
pub enum PairError {
    /// No such shop, not its code, used already, or too old: the backend does not tell which.
    #[error(
        "the pairing code does not fit this e-shop ID, or it was used already, or it is too old; \
         compare both with the e-mail, or ask for a new code"
    )]
    WrongCode,
    /// Codes were guessed, here or elsewhere.
    #[error("too many wrong codes were tried for this e-shop; try again after {}", until.format("%Y-%m-%d %H:%M UTC"))]
    TooManyTries {
        /// When a code is looked at again.
        until: DateTime<Utc>,
    },
    /// The backend cannot be reached, or is in trouble. The code may have been used up all the
    /// same, unless the connection was never made.
    #[error("{error} ({address})")]
    Trouble {
        /// The backend's address.
        address: String,
        /// What became of the request.
        error: HttpError,
    },
    /// What came back is no answer to a pairing code.
    #[error("{address} does not answer as an add-on's backend does: {reason}; check the address")]
    Unexpected {
        /// The backend's address.
        address: String,
        /// What it answered.
        reason: String,
    },
}

/// Gives the backend the code from the e-mail: `POST /pair`. A code is good once; nothing is
/// repeated.
pub async fn pair(
    addon_url: &Url,
    eshop_id: u64,
    code: &PairingCode,
    stop: Stop,
) -> Result<Paired, PairError> {
    let trouble = |error| PairError::Trouble {
        address: shown(addon_url),
        error,
    };
    let lane = Lane::new(LaneOptions::default());
    let backend = Backend::new(addon_url.clone(), Policy::attended(), Arc::new(lane), stop);
    let backend = backend.map_err(trouble)?;
    let program = env!("CARGO_PKG_NAME");
    let body = json!({ "eshop_id": eshop_id, "code": code.to_string(), "program": program });
    let call = backend.post(
        "pair",
        Some(body.to_string().into_bytes()),
        Repeat::IfRefused,
    );
    let answer = backend.door.ask(&call).await.map_err(trouble)?;
    let unexpected = |reason: String| PairError::Unexpected {
        address: shown(addon_url),
        reason,
    };
    match answer.status {
        status if status.is_success() => read_paired(&answer, eshop_id).map_err(unexpected),
        StatusCode::FORBIDDEN if explain(&answer).0.as_deref() == Some("wrong-code") => {
            Err(PairError::WrongCode)
        }
        StatusCode::TOO_MANY_REQUESTS => {
            let now = Utc::now();
            let wait = retry_after(&answer, now).and_then(|wait| TimeDelta::from_std(wait).ok());
            let until = now.checked_add_signed(wait.unwrap_or(AN_HOUR));
            let until = until.unwrap_or(now + AN_HOUR);
            Err(PairError::TooManyTries { until })
        }
        status if status.is_server_error() => Err(trouble(HttpError::Refused(Box::new(
            backend.door.refusal(&call, &answer),
        )))),
        status => {
            let said = explain(&answer).1.unwrap_or_default();
            let reason = format!("{} {said}", status.as_u16());
            Err(unexpected(reason.trim_end().chars().take(300).collect()))
        }
    }
}

fn read_paired(answer: &Answer, eshop_id: u64) -> Result<Paired, String> {
    let Json(json) = serde_json::from_slice(&answer.body).unwrap_or_default();
    let text = |field: &str| json[field].as_str().filter(|text| !text.is_empty());
    if json["eshop_id"].as_u64() != Some(eshop_id) {
        return Err("the pairing is another e-shop's".to_owned());
    }
    Ok(Paired {
        secret: text("pairing_secret").ok_or("no pairing_secret")?.into(),
        eshop_url: text("eshop_url").and_then(clean).unwrap_or_default(),
    })
}

/// The way to a backend.
#[derive(Debug)]
pub(super) struct Backend {
    door: Door,
    addon_url: Url,
}

impl Backend {
    pub(super) fn new(
        addon_url: Url,
        policy: Policy,
        lane: Arc<Lane>,
        stop: Stop,
    ) -> Result<Self, HttpError> {
        let json = HeaderValue::from_static("application/json");
        let options = DoorOptions {
            service: SERVICE,
            timeout: EXCHANGE_TIMEOUT,
            headers: HeaderMap::from_iter([(CONTENT_TYPE, json)]),
            explain,
            policy,
        };
        let door = Door::new(options, lane, stop)?;
        Ok(Self { door, addon_url })
    }

    pub(super) fn addon_url(&self) -> &Url {
        &self.addon_url
    }

    pub(super) fn requests(&self) -> &Requests {
        self.door.requests()
    }

    /// `POST /token`: the API access token that the programs of a shop share, and another one than
    /// `refused`.
    ///
    /// # Errors
    /// Never [`SourceError::Http`] but for the end of the run: an answer of the backend's says
    /// nothing about the record that a token is wanted for.
    pub(super) async fn access_token(
        &self,
        secret: &SecretString,
        refused: Option<&SecretString>,
    ) -> Result<CachedToken, SourceError> {
        let body = refused.map(|token| json!({ "refused": token.expose_secret() }));
        let body = body.map(|body| body.to_string().into_bytes());
        let mut call = self.post("token", body, Repeat::Safe);
        let bearer = bearer(&call.method, &call.url, secret).map_err(|_| {
            SourceError::Access(
                "the pairing secret holds characters that none has; pair again".to_owned(),
            )
        })?;
        call.headers.push(bearer);
        let asked_at = Utc::now();
        let answer = self.door.send(call, || Ok(())).await;
        let answer = answer.map_err(|error| match error {
            HttpError::Stopped(_) => error.into(),
            HttpError::Refused(refusal) if !refusal.status.is_server_error() => {
                self.refused(&refusal)
            }
            error => SourceError::Service(format!("{error} ({})", shown(&self.addon_url))),
        })?;
        read_token(&answer.body, asked_at).ok_or_else(|| {
            SourceError::Service(format!(
                "{} does not answer as {SERVICE} does: no access_token; check addon_url",
                shown(&self.addon_url)
            ))
        })
    }

    /// What a refusal means, and what to do about it: the backend knows best.
    fn refused(&self, refusal: &Refusal) -> SourceError {
        let address = shown(&self.addon_url);
        let no_token = |otherwise| {
            let message = refusal.message.trim_end_matches('.');
            let why = if message.is_empty() {
                otherwise
            } else {
                message
            };
            format!("{SERVICE} gives no token: {why} ({address})")
        };
        SourceError::Access(match (refusal.status, refusal.code.as_deref()) {
            (StatusCode::UNAUTHORIZED, _) => {
                no_token("the pairing has ended; pair again with a new pairing code")
            }
            (StatusCode::FORBIDDEN, Some("suspended")) => {
                no_token("the add-on is suspended; resume it in the shop's administration")
            }
            (StatusCode::TOO_MANY_REQUESTS, _) => {
                return SourceError::Service(format!("{refusal} ({address})"));
            }
            _ => format!("{refusal} ({address}); check addon_url"),
        })
    }

    /// A request to one of the backend's addresses.
    fn post(&self, name: &str, body: Option<Vec<u8>>, repeat: Repeat) -> Call {
        let mut url = self.addon_url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push(name);
        }
        Call {
            method: Method::POST,
            url,
            headers: Vec::new(),
            body,
            repeat,
        }
    }
}

/// The backend's address as people write it.
fn shown(addon_url: &Url) -> String {
    addon_url.as_str().trim_end_matches('/').to_owned()
}

/// `{"error": "<code>", "message": "<sentence for a person>"}`.
fn explain(answer: &Answer) -> (Option<String>, Option<String>) {
    let Ok(Json(json)) = serde_json::from_slice(&answer.body) else {
        return (None, None);
    };
    let text = |field: &str| json[field].as_str().map(str::to_owned);
    (text("error"), text("message"))
}
