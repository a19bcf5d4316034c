//! A run that nobody watches: silence where nothing happened, a line where something changed, and
//! what went wrong on stderr, for cron to mail.

use std::io::Write;

use super::amount::{grouped, money};
use super::count::Count;
use super::line::Line;
use super::style::PLAIN;
use crate::record::Kind;
use crate::sync::report::{Change, Status};
use crate::sync::{Action, Counts, Event, Report, RunReport, Totals};

/// Failed records that are listed.
const LISTED: usize = 10;

/// Shows a scheduled run: what changed to one writer, what went wrong to another.
#[derive(Debug)]
pub struct Brief<O, E> {
    out: O,
    err: E,
    /// The files that commands have to name.
    files: String,
    failures: Vec<String>,
    /// Records that the owner should look at.
    to_look_at: u64,
}

impl<O: Write, E: Write> Brief<O, E> {
    /// To stdout and stderr, as it were; `files` are those that commands have to name.
    pub fn new(out: O, err: E, files: String) -> Self {
        Self {
            out,
            err,
            files,
            failures: Vec::new(),
            to_look_at: 0,
        }
    }

    fn change(&mut self, change: &Change) {
        if change.action == Action::Fail {
            if self.failures.len() < LISTED {
                // By its key: a name does not belong into the logs of the machine.
                let reason = change.reason.as_deref().unwrap_or_default();
                let record = format!("{} {}", change.kind, change.source_id);
                self.failures.push(format!("{record} failed: {reason}"));
            }
        } else if !change.warnings.is_empty()
            || !change.kept.is_empty()
            || !change.ignored.is_empty()
        {
            self.to_look_at += 1;
        }
    }

    fn end(&mut self, run: &RunReport) {
        let (key, files) = (&run.connection, &self.files);
        let counts = run.counts.iter();
        let done: Vec<_> = counts
            .filter_map(|(kind, counts)| changed(kind, counts, run.totals_of(kind)))
            .chain((self.to_look_at > 0).then(|| {
                let records = Count(self.to_look_at, "record");
                format!(
                    "{records} to look at: caflou-sync history {key}{files} --run {}",
                    run.run_id
                )
            }))
            .collect();
        if !done.is_empty() {
            write(&mut self.out, &[format!("{key}: {}", done.join(" · "))]);
        }
        let mut wrong = Vec::new();
        if let Some(error) = &run.error {
            let word = if run.status == Status::Stopped {
                "stopped"
            } else {
                "error"
            };
            wrong.push(format!("{word}: {key}: {error}"));
            wrong.push(format!(
                "{key}: the next run goes on where this one ended; `caflou-sync status {key}{files}` \
                 tells when one last went well"
            ));
        }
        wrong.extend(
            self.failures
                .drain(..)
                .map(|failure| format!("{key}: {failure}")),
        );
        let failed = run.failed();
        if failed > 0 {
            let more = failed.saturating_sub(LISTED as u64);
            if more > 0 {
                wrong.push(format!("{key}: … and {} more", grouped(more)));
            }
            wrong.push(format!(
                "{key}: each run tries {} again; `caflou-sync status {key}{files}` lists what is open",
                if failed == 1 { "it" } else { "them" }
            ));
        }
        write(&mut self.err, &wrong);
    }
}

impl<O: Write, E: Write> Report for Brief<O, E> {
    fn event(&mut self, event: &Event) {
        match event {
            Event::Change(change) => self.change(change),
            Event::Summary(run) => self.end(run),
            _ => {}
        }
    }
}

/// "2 companies new · 1 income new (1 234.50 CZK)".
fn changed(kind: Kind, counts: &Counts, totals: &Totals) -> Option<String> {
    let noun = kind.as_str();
    let sums: Vec<_> = totals
        .0
        .iter()
        .map(|(currency, sum)| format!("{} {currency}", money(*sum)))
        .collect();
    let parts = [
        (counts.created, "new"),
        (counts.adopted, "adopted"),
        (counts.updated, "changed"),
    ];
    let parts: Vec<_> = parts
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| {
            let sums = if word == "new" && !sums.is_empty() {
                format!(" ({})", sums.join(" + "))
            } else {
                String::new()
            };
            format!("{} {word}{sums}", Count(number, noun))
        })
        .collect();
    (!parts.is_empty()).then(|| parts.join(" · "))
}

/// At once, so that what several runs say does not get mixed up.
fn write(to: &mut impl Write, lines: &[String]) {
    let lines = lines
        .iter()
        .map(|line| Line::of(PLAIN, line).render(false) + "\n");
    // The reader may be gone; the run is over all the same.
    let _ = to.write_all(lines.collect::<String>().as_bytes());
    let _ = to.flush();
}
