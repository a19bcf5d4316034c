//! Files beside a service's API: read piece by piece, without credentials.

use std::ops::Deref;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use reqwest::{Method, Response};
use tracing::info;
use url::{Host, Url};

use super::error::innermost;
use super::{Clients, HttpError, Refusal, Requests, Stop};

/// How long a file may bring nothing. There is no limit for the whole: whoever takes the pieces
/// may be slow.
const SILENCE: Duration = Duration::from_mins(1);
/// The address of a file is what lets one in: it stands in no message.
const HIDDEN: &str = "(the file)";

/// Gets files. Sends nothing but the request itself: no token, no cookie, no redirect followed.
#[derive(Debug)]
pub struct Downloads {
    clients: Clients,
    service: &'static str,
    requests: Requests,
    stop: Stop,
}

/// A file under way.
#[derive(Debug)]
pub struct Download {
    response: Response,
    service: &'static str,
}

impl Downloads {
    /// Nothing was asked for yet.
    ///
    /// # Errors
    /// When the system's certificates cannot be read.
    pub fn new(service: &'static str, stop: Stop) -> Result<Self, HttpError> {
        let clients = Clients::patient(SILENCE).map_err(|error| HttpError::Unreachable {
            service,
            reason: innermost(&error),
        })?;
        Ok(Self {
            clients,
            service,
            requests: Requests::default(),
            stop,
        })
    }

    /// Requests so far.
    #[must_use]
    pub fn requests(&self) -> &Requests {
        &self.requests
    }

    /// Asks for a file, once.
    ///
    /// # Errors
    /// When it is refused or does not come.
    pub async fn open(&self, url: &Url) -> Result<Download, HttpError> {
        if let Some(reason) = self.stop.reason() {
            return Err(HttpError::Stopped(reason));
        }
        self.requests.sent.fetch_add(1, Ordering::Relaxed);
        let started = Instant::now();
        let answer = self.clients.to(url).get(url.clone()).send().await;
        let response = answer.map_err(|error| broken(self.service, &error))?;
        let (service, status) = (self.service, response.status());
        let millis = started.elapsed().as_millis();
        info!(
            service,
            method = "GET",
            path = HIDDEN,
            status = status.as_u16(),
            millis,
            "file"
        );
        if !status.is_success() {
            return Err(HttpError::Refused(Box::new(Refusal {
                service,
                method: Method::GET,
                path: HIDDEN.to_owned(),
                status,
                code: None,
                message: String::new(),
                request_id: None,
            })));
        }
        Ok(Download { response, service })
    }
}

impl Download {
    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// When the line breaks before the end.
    pub async fn piece(
        &mut self,
    ) -> Result<Option<impl Deref<Target = [u8]> + Send + use<>>, HttpError> {
        let piece = self.response.chunk().await;
        piece.map_err(|error| broken(self.service, &error))
    }
}

/// Whether an address is this machine's.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    url.host().is_some_and(|host| is_local(&host))
}

/// Whether a host is this machine.
#[must_use]
pub fn is_local<S: AsRef<str>>(host: &Host<S>) -> bool {
    match host {
        Host::Domain(name) => name.as_ref() == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

fn broken(service: &'static str, error: &reqwest::Error) -> HttpError {
    let reason = innermost(error);
    if error.is_connect() || error.is_builder() {
        return HttpError::Unreachable { service, reason };
    }
    HttpError::Lost {
        service,
        method: Method::GET,
        path: HIDDEN.to_owned(),
        reason,
    }
}
