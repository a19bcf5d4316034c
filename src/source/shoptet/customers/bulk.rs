//! Many customers at once, out of a snapshot's file.

use serde_json::Value;
use tracing::info;
use url::Url;

use super::{Customers, OVERLAP};
use crate::http::HttpError;
use crate::record::{Json, Kind, SourceId};
use crate::source::shoptet::Bulk;
use crate::source::shoptet::lines::{Lines, PIECE};
use crate::source::shoptet::row::Row;
use crate::source::shoptet::snapshot::{NoSnapshot, Waiting};
use crate::source::shoptet::time::format_time;
use crate::source::shoptet::wire;
use crate::source::{Item, SourceError};

/// A file that breaks off is asked for again while it brings something new, and so often more.
const TRIES: u32 = 1;

/// What one reading of the file came to.
enum Pass {
    /// To its end: so many customers, so many lines that are none.
    Whole(u64, u64),
    /// It broke off.
    Broken(String),
}

impl Customers<'_> {
    /// Puts a customer on the waitlist. Where that is long, a snapshot is read now; what it does
    /// not bring is read one by one.
    pub(super) async fn want(&mut self, guid: &str) -> Result<(), SourceError> {
        self.bulk.wanted.push(guid.to_owned());
        if self.bulk.is_decided() {
            return self.one_by_one().await;
        }
        if !self.bulk.is_long() {
            return Ok(());
        }
        let why = match self.snapshot().await {
            Ok(()) => None,
            Err(NoSnapshot::Fatal(error)) => return Err(error),
            Err(NoSnapshot::Because(why)) => Some(why),
            Err(NoSnapshot::NoWebhook) => {
                let why =
                    "the shop has no webhook for job:finished, and this run may register none";
                let wished = self.source.bulk.when == Bulk::Always;
                if !wished {
                    info!("no snapshot of customers: {why}");
                }
                wished.then(|| why.to_owned())
            }
        };
        if let Some(why) = why {
            let message = format!(
                "no whole snapshot of the customers: {why}; what is missing is read one by one"
            );
            self.send(Item::Warning(message)).await?;
        }
        self.one_by_one().await
    }

    /// Reads a snapshot (`GET /api/customers/snapshot`) and hands its customers on.
    ///
    /// It was made after the run began, so later changes are in the next run's log: the cursor is
    /// the run's beginning.
    async fn snapshot(&mut self) -> Result<(), NoSnapshot> {
        let source = self.source;
        let options = &source.bulk;
        let since = format_time(source.now - OVERLAP, source.settings.zone);
        let changed = self.bulk.since.clone();
        let query: Vec<_> = changed
            .iter()
            .map(|s| ("changeTimeFrom", s.as_str()))
            .collect();
        let path = ["api", "customers", "snapshot"];
        let webhook = options.webhook_url.as_ref();
        let job = source.client.submit(&path, &query, webhook).await?;
        let waiting = Waiting {
            pause: options.pause,
            patience: self.bulk.patience(),
            since: &since,
        };
        let done = source.client.done(&job, &waiting).await?;
        if done.created.is_some_and(|at| at < source.now - OVERLAP) {
            let why = format!("the job {job} is older than this run");
            return Err(NoSnapshot::Because(why));
        }
        let (customers, unreadable) = self.download(&done.result).await?;
        if unreadable > 0 {
            let why = format!("{unreadable} lines of its file are unreadable");
            return Err(NoSnapshot::Because(why));
        }
        if changed.is_some() {
            return Ok(());
        }
        match self.bulk.total {
            Some(total) if customers < total => Err(NoSnapshot::Because(format!(
                "it has {customers} customers, the list {total}"
            ))),
            total => {
                self.bulk.whole = total.is_some();
                Ok(())
            }
        }
    }

    /// The file to its end, in several goes if need be: whoever takes the customers may be slower
    /// than the line is patient.
    async fn download(&mut self, url: &Url) -> Result<(u64, u64), NoSnapshot> {
        let mut in_vain = 0;
        loop {
            let before = self.bulk.came;
            match self.pass(url).await? {
                Pass::Whole(customers, unreadable) => return Ok((customers, unreadable)),
                Pass::Broken(why) if self.bulk.came == before && in_vain >= TRIES => {
                    return Err(NoSnapshot::Because(why));
                }
                Pass::Broken(why) => {
                    in_vain = if self.bulk.came == before {
                        in_vain + 1
                    } else {
                        0
                    };
                    info!(
                        "the snapshot broke off after {} customers: {why}",
                        self.bulk.came
                    );
                }
            }
            // A stop is met at the next request.
            self.source
                .client
                .stop()
                .sleep(self.source.bulk.pause)
                .await;
        }
    }

    async fn pass(&mut self, url: &Url) -> Result<Pass, NoSnapshot> {
        let mut file = match self.source.client.downloads().open(url).await {
            Ok(file) => file,
            Err(error @ HttpError::Stopped(_)) => return Err(error.into()),
            Err(error) if error.is_outage() => return Ok(Pass::Broken(error.to_string())),
            Err(error) => return Err(error.into()),
        };
        let (mut lines, mut counts) = (Lines::new(), (0, 0));
        loop {
            let piece = match file.piece().await {
                Ok(Some(piece)) => piece,
                Ok(None) => break,
                Err(error) => return Ok(Pass::Broken(error.to_string())),
            };
            for part in piece.chunks(PIECE) {
                match lines.push(part) {
                    Ok(ready) => self.take_lines(ready, &mut counts).await?,
                    Err(error) => return Ok(broken_file(&error)),
                }
            }
        }
        match lines.finish() {
            Ok(ready) => self.take_lines(ready, &mut counts).await?,
            Err(error) => return Ok(broken_file(&error)),
        }
        Ok(Pass::Whole(counts.0, counts.1))
    }

    async fn take_lines(
        &mut self,
        lines: Vec<Vec<u8>>,
        (customers, unreadable): &mut (u64, u64),
    ) -> Result<(), SourceError> {
        for line in lines {
            let line = line.trim_ascii();
            if line.is_empty() {
                continue;
            }
            match customer(line) {
                Some((guid, customer)) => {
                    *customers += 1;
                    self.take_whole(guid, customer).await?;
                }
                None => *unreadable += 1,
            }
        }
        Ok(())
    }

    /// Hands a customer on, unless that was done already.
    async fn take_whole(&mut self, guid: String, customer: Value) -> Result<(), SourceError> {
        let wanted = &mut self.bulk.wanted;
        if let Some(place) = wanted.iter().position(|one| *one == guid) {
            wanted.remove(place);
        } else if self.seen.contains(&guid) {
            return Ok(());
        } else {
            self.seen.insert(&guid);
            let id = SourceId(guid.clone());
            if self.state.settled(Kind::Company, &id)?.is_some() {
                self.bulk.came += 1;
                return self.send(Item::Settled).await;
            }
        }
        self.bulk.came += 1;
        self.detail(&guid, Ok(customer)).await
    }

    /// From now on without a snapshot.
    pub(super) async fn one_by_one(&mut self) -> Result<(), SourceError> {
        self.bulk.limit = None;
        for guid in std::mem::take(&mut self.bulk.wanted) {
            self.ask(guid).await?;
        }
        Ok(())
    }
}

/// A line as a customer: it has the format of the detail (`customerSnapshot`).
fn customer(line: &[u8]) -> Option<(String, Value)> {
    let value = Json::parse(std::str::from_utf8(line).ok()?).ok()?;
    let guid = wire::customer_guid(Row::of(&value).ok()?).ok()?;
    Some((guid, value))
}

fn broken_file(error: &std::io::Error) -> Pass {
    Pass::Broken(format!("its file is damaged or not whole: {error}"))
}
