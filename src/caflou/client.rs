//! Requests to the Caflou API: address, headers, token.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Method, StatusCode};
use secrecy::SecretString;
use serde_json::Value;
use url::Url;

use super::auth::{Auth, Credentials, bearer};
use super::wire::shorten;
use crate::access::{Access, Shared};
use crate::config::Missing;
use crate::http::{Answer, Call, Door, DoorOptions, HttpError, Lane, Policy, Repeat, Stop};
use crate::record::{Json, Kind};
use crate::state::Cache;

/// What a client needs.
#[derive(Debug)]
pub struct ClientOptions {
    /// Base address, `https://app.caflou.com` or a customer's own domain.
    pub api_url: Url,
    /// The account.
    pub account_id: String,
    /// How Caflou lets us in.
    pub credentials: Credentials,
    /// How long one request may take; an unanswered create counts as under way for this long.
    pub timeout: Duration,
    /// Where tokens obtained on the way are kept.
    pub cache: Cache,
    /// How patient the client is.
    pub policy: Policy,
    /// The way in, shared by all that use the same account.
    pub lane: Arc<Lane>,
    /// Ends the run.
    pub stop: Stop,
}

/// A client of one account.
#[derive(Debug)]
pub struct Client {
    door: Door,
    api_url: Url,
    account_id: String,
    timeout: Duration,
    auth: Auth,
    cache: Cache,
}

/// The part of a path that stands for a kind of record.
pub(super) fn collection(kind: Kind) -> &'static str {
    match kind {
        Kind::Company => "companies",
        Kind::Income | Kind::Expense => "transfers",
    }
}

impl Client {
    /// A client of the account that a way leads into; without an account in it, of the user. Nothing
    /// is sent yet.
    ///
    /// # Errors
    /// When something of the way is missing, or the system's certificates cannot be read.
    pub fn open(access: &Access, shared: Shared) -> Result<Self, HttpError> {
        let Shared {
            cache,
            policy,
            lane,
            stop,
        } = shared;
        let values = &access.values;
        let options = || {
            Ok(ClientOptions {
                api_url: values.need("api_url")?,
                account_id: values.get("account_id").unwrap_or_default(),
                credentials: Credentials::of(access)?,
                timeout: values.need("timeout")?,
                cache,
                policy,
                lane,
                stop,
            })
        };
        Self::new(options().map_err(|missing: Missing| HttpError::unset("Caflou", &missing))?)
    }

    /// A client that has sent nothing yet.
    ///
    /// # Errors
    /// When the system's certificates cannot be read.
    pub fn new(options: ClientOptions) -> Result<Self, HttpError> {
        let ClientOptions {
            api_url,
            account_id,
            credentials,
            timeout,
            cache,
            policy,
            lane,
            stop,
        } = options;
        let json = HeaderValue::from_static("application/json");
        let headers = HeaderMap::from_iter([(ACCEPT, json)]);
        let door = DoorOptions {
            service: "Caflou",
            timeout,
            headers,
            explain,
            policy,
        };
        let door = Door::new(door, lane, stop)?;
        let auth = Auth::new(credentials, login_url(&api_url), cache.clone());
        Ok(Self {
            door,
            api_url,
            account_id,
            timeout,
            auth,
            cache,
        })
    }

    /// Logs in anew, with a one-time password where two-factor is on, and keeps the token for the
    /// next runs. When the login ends; `None` where a token lets us in.
    ///
    /// # Errors
    /// 401 where e-mail, password or one-time password are wrong, or one is missing.
    pub async fn log_in(
        &self,
        otp: Option<&SecretString>,
    ) -> Result<Option<DateTime<Utc>>, HttpError> {
        self.auth.log_in(&self.door, otp).await
    }

    /// Requests sent and repeated so far.
    #[must_use]
    pub fn requests(&self) -> (u64, u64) {
        let requests = self.door.requests();
        (requests.sent(), requests.retries())
    }

    /// How long an unanswered create counts as possibly under way.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Keeps what was learnt about the service for the next runs.
    pub fn remember(&self) {
        let paths = self.door.lane().single_file();
        if !paths.is_empty() {
            self.kept(self.cache.keep_single_file(self.api_url.as_str(), &paths));
        }
    }

    /// How many rows a list had when a run last believed it, where that is known.
    pub(super) fn rows(&self, kind: Kind) -> Option<u64> {
        self.cache.rows(self.account(&[collection(kind)]).as_str())
    }

    /// Keeps it for the next runs.
    pub(super) fn keep_rows(&self, kind: Kind, rows: u64) {
        let list = self.account(&[collection(kind)]);
        self.kept(self.cache.keep_rows(list.as_str(), rows));
    }

    fn kept(&self, kept: io::Result<()>) {
        if let Err(error) = kept {
            tracing::warn!(
                "the cache in {} cannot be written: {error}",
                self.cache.folder().display()
            );
        }
    }

    /// `/api/v1/…`.
    pub(super) fn root(&self, path: &[&str]) -> Url {
        join(&join(&self.api_url, &["api", "v1"]), path)
    }

    /// `/api/v1/{account_id}/…`.
    pub(super) fn account(&self, path: &[&str]) -> Url {
        join(&self.root(&[&self.account_id]), path)
    }

    /// Sends, and where a login has run out, once more with a fresh one.
    pub(super) async fn send(
        &self,
        method: Method,
        url: Url,
        body: Option<Vec<u8>>,
        repeat: Repeat,
        before: impl Fn() -> Result<(), HttpError>,
    ) -> Result<Answer, HttpError> {
        let mut refused: Option<SecretString> = None;
        loop {
            let token = self.auth.token(&self.door, refused.as_ref()).await?;
            let mut headers = vec![bearer(&token)?];
            if body.is_some() {
                headers.push((CONTENT_TYPE, HeaderValue::from_static("application/json")));
            }
            let call = Call {
                method: method.clone(),
                url: url.clone(),
                headers,
                body: body.clone(),
                repeat,
            };
            match self.door.send(call, &before).await {
                Err(error)
                    if error.status() == Some(StatusCode::UNAUTHORIZED)
                        && refused.is_none()
                        && self.auth.renewable() =>
                {
                    refused = Some(token);
                }
                other => return other,
            }
        }
    }

    /// Decodes an answer as JSON.
    pub(super) fn decode(method: &Method, url: &Url, answer: &Answer) -> Result<Value, HttpError> {
        Json::parse(&String::from_utf8_lossy(&answer.body))
            .map_err(|error| Self::garbled(method, url, answer, error.to_string()))
    }

    /// An answer that is not what was promised.
    pub(super) fn garbled(
        method: &Method,
        url: &Url,
        answer: &Answer,
        reason: String,
    ) -> HttpError {
        HttpError::Garbled {
            service: "Caflou",
            method: method.clone(),
            path: url.path().to_owned(),
            reason,
            request_id: answer.request_id().map(str::to_owned),
        }
    }
}

/// Where a login is exchanged for a token.
pub(super) fn login_url(api_url: &Url) -> Url {
    join(api_url, &["api", "v1", "login"])
}

fn join(base: &Url, path: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    url
}

/// Errors come as `{"error": "…"}`, `{"message": "…"}` or `{"errors": {"attribute": ["…"]}}`.
fn explain(answer: &Answer) -> (Option<String>, Option<String>) {
    let text = String::from_utf8_lossy(&answer.body);
    let Ok(json) = Json::parse(&text) else {
        // A page of HTML says nothing to the user.
        let plain = !text.trim_start().starts_with('<');
        return (
            None,
            Some(text.trim().to_owned()).filter(|text| plain && !text.is_empty()),
        );
    };
    let said = ["error", "message", "errors"].iter().find_map(|field| {
        let value = &json[*field];
        (!value.is_null()).then(|| value.as_str().map_or_else(|| shorten(value), str::to_owned))
    });
    (None, said.or_else(|| Some(shorten(&json))))
}
