//! Signs of life for a service that raises an alarm where none comes: the run that did not happen is
//! the one thing that no run can tell. <https://healthchecks.io/docs/http_api/>

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::HeaderMap;
use secrecy::ExposeSecret;
use tokio::task::JoinHandle;
use url::Url;

use super::error::resolve;
use super::{ChannelError, LIMIT};
use crate::config::{Heartbeat, Secret, address};
use crate::http::{Clients, innermost};

/// Stands in an address for the connection's key.
const CONNECTION: &str = "{connection}";
/// How long a run that has ended waits for the sign of its beginning to be taken.
const PATIENCE: Duration = Duration::from_secs(3);

/// What a sign says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Beat {
    Start,
    Ok,
    Fail,
}

/// The signs of life of one run.
#[derive(Debug)]
pub struct Heart {
    connection: String,
    settings: Heartbeat,
    start: Mutex<Option<JoinHandle<Result<String, ChannelError>>>>,
}

impl Heart {
    pub(super) fn new(connection: &str, settings: &Heartbeat) -> Self {
        Self {
            connection: connection.to_owned(),
            settings: settings.clone(),
            start: Mutex::default(),
        }
    }

    /// Says that the run begins, and does not wait for an answer. To be called in a runtime.
    pub fn begin(&self) {
        let (settings, connection) = (self.settings.clone(), self.connection.clone());
        let sign = async move { beat(&settings, &connection, Beat::Start).await };
        let mut start = self.start.lock().unwrap_or_else(PoisonError::into_inner);
        *start = Some(tokio::spawn(sign));
    }

    /// Says how the run ended, after its beginning was said.
    pub(super) async fn end(&self, good: bool) -> Result<String, ChannelError> {
        let start = self
            .start
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let begun = match start {
            None => Ok(String::new()),
            Some(start) => begun(start).await,
        };
        let sign = if good { Beat::Ok } else { Beat::Fail };
        let ended = beat(&self.settings, &self.connection, sign).await;
        begun.and(ended)
    }

    /// Says that a run begins and that it was good.
    pub(super) async fn test(&self) -> Result<String, ChannelError> {
        self.begin();
        self.end(true).await
    }
}

/// Waits a little for the sign of the beginning, and then no more.
async fn begun(
    mut start: JoinHandle<Result<String, ChannelError>>,
) -> Result<String, ChannelError> {
    let Ok(begun) = tokio::time::timeout(PATIENCE, &mut start).await else {
        start.abort();
        return Err(ChannelError::TooSlow);
    };
    begun.unwrap_or_else(|error| Err(ChannelError::BrokenOff(error.to_string())))
}

async fn beat(settings: &Heartbeat, connection: &str, beat: Beat) -> Result<String, ChannelError> {
    let (secret, end, key) = which(settings, beat);
    let text = resolve(secret).await?;
    let url = place(text.expose_secret(), connection, end);
    let url = url.map_err(|message| ChannelError::Address { key, message })?;
    let unreachable = |error: reqwest::Error| ChannelError::Unreachable {
        reason: innermost(&error),
        key,
    };
    let clients = Clients::new(LIMIT, &HeaderMap::new()).map_err(unreachable)?;
    let answer = clients.to(&url).get(url).send().await;
    let status = answer.map_err(unreachable)?.status();
    if !status.is_success() {
        return Err(ChannelError::Refused { status, key });
    }
    Ok(format!("the sign of life was taken ({status})"))
}

/// The address for a sign, what is to be put behind its path, and its key in the configuration.
fn which(settings: &Heartbeat, beat: Beat) -> (&Secret, Option<&'static str>, &'static str) {
    let (own, end, key) = match beat {
        Beat::Start => (&settings.start_url, "start", "notify.heartbeat.start_url"),
        Beat::Fail => (&settings.fail_url, "fail", "notify.heartbeat.fail_url"),
        Beat::Ok => return (&settings.url, None, "notify.heartbeat.url"),
    };
    match own {
        Some(own) => (own, None, key),
        None => (&settings.url, Some(end), "notify.heartbeat.url"),
    }
}

/// An address with the connection in it, and with one more part at the end of its path.
fn place(text: &str, connection: &str, end: Option<&str>) -> Result<Url, &'static str> {
    let mut url = address(text)?;
    // The parser has encoded the braces; what replaces them is encoded as a part of the path.
    let parts: Vec<_> = url
        .path_segments()
        .into_iter()
        .flatten()
        .map(|part| part.replace("%7B", "{").replace("%7D", "}"))
        .map(|part| part.replace(CONNECTION, connection))
        .collect();
    if let Ok(mut path) = url.path_segments_mut() {
        path.clear().extend(&parts);
        if let Some(end) = end {
            path.pop_if_empty().push(end);
        }
    }
    Ok(url)
}

#[cfg(test)]
mod tests;
