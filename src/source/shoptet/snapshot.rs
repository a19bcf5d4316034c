//! Jobs: a snapshot is asked for, awaited, and found (`GET /api/system/jobs/{jobId}`).

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tracing::{debug, info};
use url::Url;

use super::client::Client;
use super::row::{Row, RowError};
use super::time::parse_time;
use super::wire;
use crate::http::{HttpError, Repeat, is_loopback};
use crate::record::Json;
use crate::source::SourceError;

/// The detail of an unfinished job may be asked for so often; then it answers 403
/// (`GET /api/system/jobs/{jobId}`, description). The list of jobs has no such limit.
const LOOKS: u32 = 10;
/// Pauses grow to so many times the first.
const LONGEST_PAUSE: u32 = 60;
/// Rows a page of `GET /api/system/jobs`: maximum.
const JOBS_A_PAGE: &str = "500";

/// Why there is no snapshot.
#[derive(Debug)]
pub(super) enum NoSnapshot {
    /// The shop has no webhook for `job:finished`, and none may be registered.
    NoWebhook,
    /// What went wrong.
    Because(String),
    /// Nothing else will go better.
    Fatal(SourceError),
}

impl From<SourceError> for NoSnapshot {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::Http(error) => error.into(),
            other => Self::Fatal(other),
        }
    }
}

impl From<HttpError> for NoSnapshot {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::Stopped(_) => Self::Fatal(error.into()),
            other => Self::Because(other.to_string()),
        }
    }
}

impl From<RowError> for NoSnapshot {
    fn from(error: RowError) -> Self {
        Self::Because(format!("the job cannot be understood: {error}"))
    }
}

/// A job that is done.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) result: Url,
    pub(super) created: Option<DateTime<Utc>>,
}

/// How a job is awaited.
#[derive(Debug, Clone)]
pub(super) struct Waiting<'a> {
    /// The first pause; each is twice the one before, up to sixty times the first.
    pub(super) pause: Duration,
    /// The longest that is waited in all.
    pub(super) patience: Duration,
    /// A moment before the job was made, as a query has it.
    pub(super) since: &'a str,
}

/// Where a job stands.
enum Standing {
    UnderWay,
    Completed,
    /// `failed`, `expired` or `killed`.
    Over(String),
}

impl Client {
    /// Asks for a snapshot; the job's id. The shop must have a webhook for `job:finished`, whoever
    /// hears of it: whether there is one is known from the answer, without a request for it.
    pub(super) async fn submit(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        webhook: Option<&Url>,
    ) -> Result<String, NoSnapshot> {
        match self.job_id(path, query).await {
            Err(NoSnapshot::NoWebhook) => {}
            other => return other,
        }
        let url = webhook.ok_or(NoSnapshot::NoWebhook)?;
        self.register(url).await?;
        self.job_id(path, query).await
    }

    /// The `jobId` of a 202 (`GET /api/customers/snapshot`).
    async fn job_id(&self, path: &[&str], query: &[(&str, &str)]) -> Result<String, NoSnapshot> {
        match self.get::<Json>(path, query).await {
            Ok(answer) => Ok(wire::key(Row::of(&answer.data.0)?, "jobId")?),
            Err(SourceError::Http(error)) if code(&error) == "required-webhook-registration" => {
                Err(NoSnapshot::NoWebhook)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Registers a webhook (`POST /api/webhooks`). That there is one meanwhile (422, one address
    /// for an event) or that the answer was lost does not matter: the next request tells.
    async fn register(&self, url: &Url) -> Result<(), NoSnapshot> {
        let body = json!({"data": [{"event": "job:finished", "url": url.as_str()}]});
        let (path, repeat) = (["api", "webhooks"], Repeat::IfRefused);
        let sent = self
            .call::<Json>(Method::POST, &path, &[], Some(&body), repeat)
            .await;
        match sent {
            Ok(_) => info!("registered a webhook for job:finished at the shop"),
            Err(SourceError::Http(HttpError::Lost { .. })) => {}
            Err(SourceError::Http(error))
                if error.status() == Some(StatusCode::UNPROCESSABLE_ENTITY) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Waits until a job is done.
    pub(super) async fn done(&self, id: &str, wait: &Waiting<'_>) -> Result<Done, NoSnapshot> {
        let (mut pause, mut waited, mut looks) = (wait.pause, Duration::ZERO, 0);
        loop {
            if waited >= wait.patience {
                let minutes = waited.as_millis().div_ceil(60_000);
                let why = format!("the job {id} is not done after {minutes} min");
                return Err(NoSnapshot::Because(why));
            }
            if !self.stop().sleep(pause).await {
                let reason = self.stop().reason().unwrap_or("stopped");
                return Err(HttpError::Stopped(reason).into());
            }
            waited += pause;
            pause = (pause * 2).min(wait.pause * LONGEST_PAUSE);
            if looks >= LOOKS {
                if self.is_under_way(id, wait.since).await? {
                    continue;
                }
            } else {
                looks += 1;
            }
            match self.job(id).await {
                Ok(job) => {
                    if let Some(done) = read(id, &job, self.api_url())? {
                        return Ok(done);
                    }
                }
                // Repeated requests count, too.
                Err(SourceError::Http(error)) if looks < LOOKS && is_worn_out(&error) => {
                    looks = LOOKS;
                }
                Err(error) => return Err(error.into()),
            }
            debug!("the job {id} is not done yet");
        }
    }

    /// The `job` of `GET /api/system/jobs/{jobId}`.
    async fn job(&self, id: &str) -> Result<Value, SourceError> {
        let answer = self.get::<Json>(&["api", "system", "jobs", id], &[]).await;
        Ok(super::answer::part(answer?.data.0, "job"))
    }

    /// Whether a job is not over yet, by the list of jobs (`GET /api/system/jobs`).
    async fn is_under_way(&self, id: &str, since: &str) -> Result<bool, NoSnapshot> {
        let query = [("creationTimeFrom", since), ("itemsPerPage", JOBS_A_PAGE)];
        let answer = self
            .get::<Json>(&["api", "system", "jobs"], &query)
            .await?
            .data;
        for job in Row::of(&answer.0)?.objects("jobs")? {
            if job.text("jobId")?.as_deref() == Some(id) {
                return Ok(matches!(standing(job)?, Standing::UnderWay));
            }
        }
        Ok(true)
    }
}

/// The result of a job; `None` where it is not done yet.
fn read(id: &str, job: &Value, api_url: &Url) -> Result<Option<Done>, NoSnapshot> {
    let row = Row::of(job)?;
    match standing(row)? {
        Standing::UnderWay => Ok(None),
        Standing::Over(how) => {
            let log = row.text("log")?.unwrap_or_default();
            let log: String = log.chars().filter(|c| !c.is_control()).take(200).collect();
            let log = if log.is_empty() {
                log
            } else {
                format!(": {log}")
            };
            Err(NoSnapshot::Because(format!("the job {id} is {how}{log}")))
        }
        Standing::Completed => {
            let url = row.text("resultUrl")?.unwrap_or_default();
            let url = Url::parse(url.trim()).ok();
            let result = url.filter(|url| is_safe(url, api_url)).ok_or_else(|| {
                let why = format!("the job {id} has no address to get its result from safely");
                NoSnapshot::Because(why)
            })?;
            let created = row.text("creationTime")?.as_deref().and_then(parse_time);
            Ok(Some(Done { result, created }))
        }
    }
}

fn standing(job: Row<'_>) -> Result<Standing, RowError> {
    let status = job.text("status")?.unwrap_or_default();
    Ok(match status.as_str() {
        "completed" => Standing::Completed,
        "failed" | "expired" | "killed" => Standing::Over(status),
        _ => Standing::UnderWay,
    })
}

/// Customers' data come over a safe line only; between this machine's own ports any line is one.
fn is_safe(url: &Url, api_url: &Url) -> bool {
    let at_home = api_url.scheme() == "http" && is_loopback(api_url);
    let safe = url.scheme() == "https" || (url.scheme() == "http" && at_home && is_loopback(url));
    safe && url.username().is_empty() && url.password().is_none()
}

fn code(error: &HttpError) -> &str {
    match error {
        HttpError::Refused(refusal) => refusal.code.as_deref().unwrap_or_default(),
        _ => "",
    }
}

fn is_worn_out(error: &HttpError) -> bool {
    code(error) == "job-detail-try-counter-exceeded-limit"
}
