//! How the connections are, for Prometheus: its text exposition format
//! (<https://prometheus.io/docs/instrumenting/exposition_formats/>).

use std::fmt::Write;

use chrono::{DateTime, Utc};

use super::Condition;
use crate::health::Health;
use crate::state::PastRun;

/// A sample: more labels than the connection's, and the value.
type Sample = (String, i64);
/// A name, what it means, and its samples of a connection.
type Gauge = (&'static str, &'static str, fn(&Condition) -> Vec<Sample>);

const GAUGES: [Gauge; 10] = [
    (
        "health",
        "1 for the word that holds: healthy, never-run, attention, stale or failing.",
        |of| {
            let words = Health::ALL.into_iter();
            words
                .map(|word| {
                    (
                        format!(",health=\"{}\"", word.as_str()),
                        i64::from(word == of.health),
                    )
                })
                .collect()
        },
    ),
    (
        "troubles",
        "Things that are not as they should be; 0: all is well.",
        |of| vec![(String::new(), count(of.symptoms.len() as u64))],
    ),
    (
        "auto_repeat",
        "1 where the connection takes part in scheduled runs.",
        |of| vec![(String::new(), i64::from(of.auto_repeat))],
    ),
    (
        "next_run_timestamp_seconds",
        "When the timer made by `schedule install` starts the next run.",
        |of| time(of.timer.next()),
    ),
    ("running", "1 while a run is under way.", |of| {
        vec![(String::new(), i64::from(of.running.is_some()))]
    }),
    (
        "last_run_timestamp_seconds",
        "When the last run began, apart from one under way.",
        |of| began(of.last_run.as_ref()),
    ),
    (
        "last_good_run_timestamp_seconds",
        "When the last run began that came to its end.",
        |of| began(of.last_good_run.as_ref()),
    ),
    (
        "complete_timestamp_seconds",
        "Changes at the source before this moment are imported.",
        |of| time(of.complete_to),
    ),
    (
        "open_records",
        "Records that failed, or whose outcome is unknown.",
        |of| {
            let (failed, uncertain) = (count(of.counts.failed), count(of.counts.uncertain));
            vec![
                (",state=\"failed\"".to_owned(), failed),
                (",state=\"uncertain\"".to_owned(), uncertain),
            ]
        },
    ),
    (
        "token_expiry_timestamp_seconds",
        "When the access to Caflou ends; a login is renewed by itself.",
        |of| {
            let Some(access) = of.access else {
                return Vec::new();
            };
            let label = format!(
                ",access=\"{}\"",
                if access.login { "login" } else { "token" }
            );
            vec![(label, access.ends.timestamp())]
        },
    ),
];

/// The conditions as gauges, with a line end at the end.
#[must_use]
pub fn prometheus(all: &[Condition]) -> String {
    let mut out = String::new();
    for (name, help, samples) in GAUGES {
        let mut lines = String::new();
        for condition in all {
            let connection = escaped(&condition.connection);
            for (labels, value) in samples(condition) {
                // Writing to a string cannot fail.
                let _ = writeln!(
                    lines,
                    "caflou_sync_{name}{{connection=\"{connection}\"{labels}}} {value}"
                );
            }
        }
        if !lines.is_empty() {
            let _ = write!(
                out,
                "# HELP caflou_sync_{name} {help}\n# TYPE caflou_sync_{name} gauge\n{lines}"
            );
        }
    }
    out
}

fn began(run: Option<&PastRun>) -> Vec<Sample> {
    time(run.map(|run| run.started_at))
}

fn time(at: Option<DateTime<Utc>>) -> Vec<Sample> {
    at.map(|at| (String::new(), at.timestamp()))
        .into_iter()
        .collect()
}

fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A label's value: backslash, quote and line feed are escaped.
fn escaped(text: &str) -> String {
    text.replace('\\', r"\\")
        .replace('"', "\\\"")
        .replace('\n', r"\n")
}
