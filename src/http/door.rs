//! Sends requests, one attempt after another as the policy says.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use chrono::Utc;
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use tracing::{debug, warn};
use url::Url;

use super::error::innermost;
use super::policy::retry_after;
use super::{Answer, Clients, HttpError, Lane, Policy, Refusal, Repeat, Stop};
use crate::text::safe;

/// The largest body that is read; a larger one is an error.
const LARGEST_BODY: usize = 64 * 1024 * 1024;
/// A length that is announced is believed up to this.
const BELIEVED: usize = 1024 * 1024;

/// Requests of one run to one service.
#[derive(Debug, Default)]
pub struct Requests {
    /// All that were sent, repetitions included.
    pub sent: AtomicU64,
    /// Those that repeated an earlier one.
    pub retries: AtomicU64,
}

impl Requests {
    /// Sent so far.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Repetitions so far.
    #[must_use]
    pub fn retries(&self) -> u64 {
        self.retries.load(Ordering::Relaxed)
    }
}

/// One request.
#[derive(Debug)]
pub struct Call {
    /// Method.
    pub method: Method,
    /// Whole address.
    pub url: Url,
    /// Headers beside the door's own; mark secrets as sensitive.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// JSON body.
    pub body: Option<Vec<u8>>,
    /// Whether it may be sent twice.
    pub repeat: Repeat,
}

/// How a door is made.
#[derive(Debug)]
pub struct DoorOptions {
    /// The service's name in messages.
    pub service: &'static str,
    /// How long one request may take.
    pub timeout: Duration,
    /// Headers of every request.
    pub headers: HeaderMap,
    /// Reads the service's error code and message out of a refusing answer.
    pub explain: fn(&Answer) -> (Option<String>, Option<String>),
    /// When requests are repeated.
    pub policy: Policy,
}

/// A door to one service.
#[derive(Debug, Clone)]
pub struct Door {
    clients: Clients,
    options: Arc<DoorOptions>,
    lane: Arc<Lane>,
    requests: Arc<Requests>,
    stop: Stop,
}

impl Door {
    /// A door through which nothing went yet.
    ///
    /// # Errors
    /// When the system's certificates cannot be read.
    pub fn new(options: DoorOptions, lane: Arc<Lane>, stop: Stop) -> Result<Self, HttpError> {
        let clients = Clients::new(options.timeout, &options.headers).map_err(|error| {
            HttpError::Unreachable {
                service: options.service,
                reason: innermost(&error),
            }
        })?;
        Ok(Self {
            clients,
            options: Arc::new(options),
            lane,
            requests: Arc::default(),
            stop,
        })
    }

    /// What went through so far.
    #[must_use]
    pub fn requests(&self) -> &Requests {
        &self.requests
    }

    /// The lane.
    #[must_use]
    pub fn lane(&self) -> &Lane {
        &self.lane
    }

    /// Sends a request until it brings an answer or must not be repeated. `before` runs right
    /// before each attempt; its error keeps the request from being sent.
    ///
    /// # Errors
    /// See [`HttpError`]. An answer that is not a success is a refusal.
    pub async fn send(
        &self,
        call: Call,
        before: impl Fn() -> Result<(), HttpError>,
    ) -> Result<Answer, HttpError> {
        let mut waited = Duration::ZERO;
        let mut attempt = 0;
        loop {
            if let Some(reason) = self.stop.reason() {
                return Err(HttpError::Stopped(reason));
            }
            let (error, asked) = match self.attempt(&call, &before, attempt).await {
                Ok(answer) if answer.status.is_success() => return Ok(answer),
                Ok(answer) => {
                    let asked = retry_after(&answer, Utc::now());
                    (
                        HttpError::Refused(Box::new(self.refusal(&call, &answer))),
                        asked,
                    )
                }
                Err(error) => (error, None),
            };
            let so_far = (attempt, waited, fastrand::u8(..));
            let Some(wait) = self
                .options
                .policy
                .again(call.repeat, &error, asked, so_far)
            else {
                return Err(error);
            };
            Self::announce(&error, wait);
            if !self.stop.sleep(wait).await {
                return Err(HttpError::Stopped(self.stop.reason().unwrap_or("stopped")));
            }
            waited += wait;
            attempt += 1;
        }
    }

    /// Sends a request once and gives its answer, whatever the status.
    ///
    /// # Errors
    /// When there is none.
    pub async fn ask(&self, call: &Call) -> Result<Answer, HttpError> {
        self.attempt(call, &|| Ok(()), 0).await
    }

    fn announce(error: &HttpError, wait: Duration) {
        let seconds = wait.as_millis().div_ceil(1000);
        if wait >= Duration::from_secs(2) {
            warn!("{error}; trying again in {seconds} s");
        } else {
            debug!("{error}; trying again in {} ms", wait.as_millis());
        }
    }

    async fn attempt(
        &self,
        call: &Call,
        before: &impl Fn() -> Result<(), HttpError>,
        attempt: u32,
    ) -> Result<Answer, HttpError> {
        let path = call.url.path();
        let _place = self.lane.enter(path).await;
        let pause = self.lane.pause();
        if !pause.is_zero() && !self.stop.sleep(pause).await {
            return Err(HttpError::Stopped(self.stop.reason().unwrap_or("stopped")));
        }
        if let Some(reason) = self.stop.reason() {
            return Err(HttpError::Stopped(reason));
        }
        let client = self.clients.to(&call.url);
        let mut request = client.request(call.method.clone(), call.url.clone());
        for (name, value) in &call.headers {
            request = request.header(name, value);
        }
        if let Some(body) = &call.body {
            request = request.body(body.clone());
        }
        before()?;
        self.requests.sent.fetch_add(1, Ordering::Relaxed);
        if attempt > 0 {
            self.requests.retries.fetch_add(1, Ordering::Relaxed);
        }
        let started = Instant::now();
        let outcome = read(request).await;
        // a number in JSON as well, which one of 128 bits is not
        let millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let service = self.options.service;
        let answer = outcome.map_err(|error| {
            let reason = innermost(&error);
            debug!(service, method = %call.method, path, millis, reason, "request without an answer");
            self.unanswered(call, &error, reason)
        })?;
        let (status, id) = (answer.status.as_u16(), answer.request_id().unwrap_or("-"));
        debug!(service, method = %call.method, path, status, millis, request_id = id, "request");
        if self.lane.learn(path, &answer) {
            debug!("{service} serves {path} one request at a time");
        }
        self.checked(call, answer)
    }

    /// A request that may not have reached the service, or one that did and has no answer.
    fn unanswered(&self, call: &Call, error: &reqwest::Error, reason: String) -> HttpError {
        let service = self.options.service;
        if error.is_connect() || error.is_builder() {
            return HttpError::Unreachable { service, reason };
        }
        HttpError::Lost {
            service,
            method: call.method.clone(),
            path: call.url.path().to_owned(),
            reason,
        }
    }

    /// A gateway's page of HTML may come with a status of success.
    fn checked(&self, call: &Call, answer: Answer) -> Result<Answer, HttpError> {
        if !answer.status.is_success() {
            return Ok(answer);
        }
        match serde_json::from_slice::<serde::de::IgnoredAny>(&answer.body) {
            Ok(_) => Ok(answer),
            Err(error) => Err(HttpError::Garbled {
                service: self.options.service,
                method: call.method.clone(),
                path: call.url.path().to_owned(),
                reason: format!("no JSON ({error})"),
                request_id: answer.request_id().map(str::to_owned),
            }),
        }
    }

    /// What an answer that is not a success says.
    #[must_use]
    pub fn refusal(&self, call: &Call, answer: &Answer) -> Refusal {
        let (code, message) = (self.options.explain)(answer);
        let shorten = |text: String| safe(&text).chars().take(300).collect::<String>();
        Refusal {
            service: self.options.service,
            method: call.method.clone(),
            path: call.url.path().to_owned(),
            status: answer.status,
            code: code.map(shorten),
            message: message.map(shorten).unwrap_or_default(),
            request_id: answer.request_id().map(|id| safe(id).into_owned()),
        }
    }
}

/// Reads an answer whole, up to the largest size.
async fn read(request: reqwest::RequestBuilder) -> Result<Answer, reqwest::Error> {
    let mut response = request.send().await?;
    let (status, headers) = (response.status(), response.headers().clone());
    let announced = response.content_length().map(usize::try_from);
    let announced = announced.and_then(Result::ok).unwrap_or_default();
    let mut body = Vec::with_capacity(announced.min(BELIEVED));
    while let Some(chunk) = response.chunk().await? {
        // What is cut off here fails to decode later, with its size in the message.
        if body.len() + chunk.len() > LARGEST_BODY {
            break;
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer {
        status,
        headers,
        body,
    })
}
