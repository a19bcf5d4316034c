//! What a run says of itself: its heading, and warnings about the run as a whole.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::session::Session;
use crate::caflou::{Client as Caflou, Reader};
use crate::config::Mode;
use crate::record::{ByKind, Stream};
use crate::source::{Interval, Scope};
use crate::state::{AccountLock, RunStart};
use crate::sync::report::{Heading, SCHEMA, Start};
use crate::sync::{Event, Report};

impl Session<'_> {
    pub(super) async fn account_name(&self, caflou: &Arc<Caflou>) -> Option<String> {
        let reader = Reader::new(Arc::clone(caflou));
        let accounts = tokio::select! {
            accounts = reader.accounts() => accounts.ok()?,
            () = self.stop.wait() => return None,
        };
        let account = accounts
            .into_iter()
            .find(|a| a.id == self.connection.account_id())?;
        Some(account.name)
    }

    pub(super) fn begin(
        &self,
        run: &RunStart,
        account: Option<String>,
        scopes: &[(&'static Stream, Scope)],
        report: &mut dyn Report,
    ) {
        let connection = self.connection;
        let bare = format!("Caflou {}", connection.account_id());
        let Interval { from, to } = self.interval();
        let words = [
            from.map(|day| format!("from {day}")),
            to.map(|day| format!("to {day}")),
        ];
        report.event(&Event::Start(Start {
            schema: SCHEMA,
            run_id: run.run_id.clone(),
            connection: connection.key.clone(),
            dry_run: self.wanted.dry_run,
            started_at: run.started_at,
            modes: ByKind::of(&connection.program.kinds(), |kind| {
                connection.import.mode(kind)
            }),
            full: scopes.iter().any(|(_, scope)| *scope == Scope::Full),
            heading: Heading {
                source: format!(
                    "{} ({} {})",
                    connection.name,
                    connection.program.name,
                    connection.identity()
                ),
                target: match &account {
                    Some(name) => format!("{name} ({bare})"),
                    None => bare.clone(),
                },
                route: format!("{} → {}", connection.name, account.unwrap_or(bare)),
                interval: words.into_iter().flatten().collect::<Vec<_>>().join(" "),
            },
        }));
        let asked = scopes.iter().map(|(stream, _)| stream);
        let never = asked
            .filter(|stream| !stream.updates)
            .filter(|stream| connection.import.mode_of(stream) == Mode::NewAndUpdate);
        let told = never.map(|stream| {
            format!(
                "{} are never updated from the source: new-and-update does for them what new-only \
                 does",
                stream.kind.plural()
            )
        });
        self.warn(report, told.collect());
    }

    pub(crate) fn warn(&self, report: &mut dyn Report, messages: Vec<String>) {
        for message in messages {
            let connection = self.connection.key.clone();
            report.event(&Event::Warning {
                connection,
                message,
            });
        }
    }
}

/// The account's lock holds back only runs with the same state file.
pub(super) fn unknown_to_others(alone: &AccountLock) -> Vec<String> {
    let why = alone.unknown_to_others();
    let told = why.map(|why| {
        format!(
            "another run with another state file could write to this Caflou account at the same \
             time: {why}"
        )
    });
    told.into_iter().collect()
}

/// The wall clock was set during the run.
pub(super) fn clock_was_set(by: Option<TimeDelta>) -> Vec<String> {
    let told = by.map(|by| {
        let way = if by < TimeDelta::zero() {
            "back"
        } else {
            "forward"
        };
        // Rounded: what was set by two hours is a moment more or less than that.
        let minutes = (by.num_seconds().abs() + 30) / 60;
        format!("this machine's clock was set {way} by {minutes} min during the run")
    });
    told.into_iter().collect()
}

/// The clock went backwards between two runs.
pub(super) fn clock_went_back(last: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Option<String> {
    let ahead = last? - now;
    (ahead > TimeDelta::minutes(1)).then(|| {
        format!(
            "this machine's clock went back: by it the last run began in {} min; what was sent \
             without an answer is waited for as long as ever",
            ahead.num_minutes()
        )
    })
}

/// Documents of a stream that do not say whether they are paid.
pub(super) fn unknown_paid(stream: &Stream, number: u64) -> Vec<String> {
    match number {
        0 => Vec::new(),
        1 => vec![format!(
            "1 {} does not say whether it is paid: taken as unpaid",
            stream.one
        )],
        n => vec![format!(
            "{n} {} do not say whether they are paid: taken as unpaid",
            stream.many
        )],
    }
}
