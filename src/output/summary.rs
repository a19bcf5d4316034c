//! The lines below a report: what came of it.

use anstyle::Style;

use super::amount::{grouped, money};
use super::count::Count;
use super::duration::span;
use super::flow::{folded, indented, joined, wrapped};
use super::line::Line;
use super::style::{BOLD, CYAN, DIM, GREEN, PLAIN, RED, YELLOW, sign};
use crate::config::Mode;
use crate::record::{ByKind, Kind};
use crate::source::registry::name_of;
use crate::sync::report::Status;
use crate::sync::{Action, Counts, RunReport, Totals};

/// Failed records that a summary lists.
const LISTED: usize = 3;
/// Columns before the counts.
const LABEL: usize = 11;
/// Columns before what did not fit on a line.
const INDENT: usize = 2;

/// A record that failed.
#[derive(Debug, Clone)]
pub(super) struct FailedRecord {
    pub(super) kind: Kind,
    pub(super) name: String,
    pub(super) reason: String,
}

/// What a summary needs to know beside the end of the run.
#[derive(Debug, Clone, Default)]
pub(super) struct RunSeen {
    /// "Můj e-shop → Příklad s.r.o."
    pub(super) route: String,
    /// The modes, once the run has begun.
    pub(super) modes: Option<ByKind<Mode>>,
    /// The agendas that were begun.
    pub(super) begun: Vec<Kind>,
    /// Failed records that no other run tries.
    pub(super) not_there: u64,
    /// The failed records, the first few of them.
    pub(super) failures: Vec<FailedRecord>,
    /// The files that commands have to name.
    pub(super) files: String,
    /// Columns of the terminal; `None`: not a terminal, nothing is broken.
    pub(super) width: Option<usize>,
    /// The failed records are not to be seen above any more.
    pub(super) repeat_failures: bool,
}

impl RunSeen {
    /// Remembers a failed record, if the summary could list it.
    pub(super) fn failed(&mut self, failure: FailedRecord) {
        if self.failures.len() < LISTED {
            self.failures.push(failure);
        }
    }

    fn folded(&self, line: Line) -> Vec<Line> {
        folded(line, self.width, INDENT)
    }

    fn labelled(&self, label: &str, items: Vec<Line>) -> Vec<Line> {
        let mut head = Line::of(BOLD, label);
        head.pad(LABEL);
        let lines = match self.width {
            Some(width) => wrapped(items, width.saturating_sub(LABEL)),
            None => vec![joined(items)],
        };
        let mut lines = lines.into_iter();
        lines
            .next()
            .into_iter()
            .for_each(|first| head.append(first));
        let rest = lines.map(|line| indented(LABEL, line));
        std::iter::once(head).chain(rest).collect()
    }
}

/// The end of a dry run.
pub(super) fn preview(run: &RunReport, seen: &RunSeen) -> Vec<Line> {
    let mut lines = counts(run, seen);
    lines.extend(trouble(run, seen));
    if run.error.is_none() && !matches!(run.status, Status::Failed | Status::Stopped) {
        lines.extend(forecast(run, seen));
    }
    lines
}

fn forecast(run: &RunReport, seen: &RunSeen) -> Vec<Line> {
    let changes = run.changes();
    let would = match (run.forecast, changes) {
        (0, 0) if run.failed() > 0 => {
            return vec![Line::of(PLAIN, "There is nothing to send.")];
        }
        (0, 0) => return vec![Line::of(PLAIN, "Nothing would change.")],
        (0, _) => "A real run would send nothing to Caflou, only note the links:".to_owned(),
        (number, _) => format!(
            "A real run would send {} to Caflou:",
            Count(number, "request")
        ),
    };
    let mut would = Line::of(PLAIN, &would);
    let command = format!("caflou-sync run {}{}", run.connection, seen.files);
    let command = Line::of(BOLD, &command);
    // A command stays in one piece, to be copied.
    let together = would.columns() + INDENT + command.columns();
    if seen.width.is_some_and(|width| together > width) {
        return vec![would, indented(INDENT, command)];
    }
    would.append(indented(INDENT, command));
    vec![would]
}

/// The end of a real run.
pub(super) fn summary(run: &RunReport, seen: &RunSeen) -> Vec<Line> {
    let mut lines = seen.folded(title(run, seen));
    lines.extend(counts(run, seen));
    lines.extend(seen.labelled("requests", requests(run)));
    lines.extend(trouble(run, seen));
    lines.extend(failures(run, seen));
    lines
}

/// Only what went wrong; nothing after a run in which all went well.
pub(super) fn problems(run: &RunReport, seen: &RunSeen) -> Vec<Line> {
    let failures = failures(run, seen);
    if run.status == Status::Ok && run.error.is_none() && failures.is_empty() {
        return Vec::new();
    }
    let mut lines = seen.folded(title(run, seen));
    lines.extend(trouble(run, seen));
    lines.extend(failures);
    lines
}

fn title(run: &RunReport, seen: &RunSeen) -> Line {
    let (words, style) = match run.status {
        Status::Ok => ("done in", GREEN),
        Status::Partial => ("partly done in", YELLOW),
        Status::Failed => ("failed after", RED),
        Status::Stopped => ("stopped after", YELLOW),
    };
    let route = if seen.route.is_empty() {
        &run.connection
    } else {
        &seen.route
    };
    let took = (run.finished_at - run.started_at)
        .to_std()
        .unwrap_or_default();
    let dry_run = if run.dry_run { " (dry run)" } else { "" };
    Line::of(BOLD, route)
        .with(PLAIN, ": ")
        .with(style, &format!("{words} {}", span(took)))
        .with(PLAIN, dry_run)
}

fn trouble(run: &RunReport, seen: &RunSeen) -> Vec<Line> {
    let Some(error) = &run.error else {
        return Vec::new();
    };
    let (word, style) = if run.status == Status::Stopped {
        ("stopped: ", YELLOW)
    } else {
        ("error: ", RED)
    };
    seen.folded(Line::of(style, word).with(PLAIN, &error.to_string()))
}

fn counts(run: &RunReport, seen: &RunSeen) -> Vec<Line> {
    let mut lines: Vec<_> = run
        .counts
        .iter()
        .flat_map(|(kind, counts)| {
            let mode = seen.modes.map(|modes| modes[kind]);
            let items = match counts.read {
                0 => vec![Line::of(DIM, nothing(kind, mode, run.status, seen))],
                _ => count_items(counts, run.totals_of(kind)),
            };
            seen.labelled(kind.plural(), items)
        })
        .collect();
    if run.unexplained > 0 {
        let text = format!(
            "{}: the value is not net plus VAT (a voucher, a deposit?)",
            Count(run.unexplained, "income")
        );
        lines.extend(seen.folded(Line::of(YELLOW, &text)));
    }
    lines
}

/// Why no record of a kind was looked at.
fn nothing(kind: Kind, mode: Option<Mode>, status: Status, seen: &RunSeen) -> &'static str {
    match status {
        _ if mode == Some(Mode::No) => "not imported",
        Status::Failed | Status::Stopped => "not done",
        _ if !seen.begun.is_empty() && !seen.begun.contains(&kind) => "not asked for",
        Status::Ok | Status::Partial => "nothing to look at",
    }
}

fn count_items(counts: &Counts, totals: &Totals) -> Vec<Line> {
    // All fields by name, so that a new count cannot be forgotten here.
    let Counts {
        read: _,
        created,
        adopted,
        updated,
        unchanged,
        skipped,
        failed,
    } = *counts;
    let parts: [(u64, &str, Style); 6] = [
        (created, "new", GREEN),
        (adopted, "adopted", CYAN),
        (updated, "changed", YELLOW),
        (unchanged, "unchanged", PLAIN),
        (skipped, "skipped", PLAIN),
        (failed, "failed", RED),
    ];
    let mut items = Vec::new();
    for (number, word, style) in parts {
        if number == 0 {
            continue;
        }
        let mut item = Line::of(style, &format!("{} {word}", grouped(number)));
        if word == "new" && !totals.0.is_empty() {
            item.push(PLAIN, &format!(" ({})", sums(totals)));
        }
        items.push(item);
    }
    items
}

fn sums(totals: &Totals) -> String {
    let sums = totals
        .0
        .iter()
        .map(|(currency, sum)| format!("{} {currency}", money(*sum)));
    sums.collect::<Vec<_>>().join(" + ")
}

fn requests(run: &RunReport) -> Vec<Line> {
    let sent = run.requests;
    let mut items = vec![
        Line::of(
            PLAIN,
            &format!("{} to {}", grouped(sent.source), name_of(sent.program)),
        ),
        Line::of(PLAIN, &format!("{} to Caflou", grouped(sent.caflou))),
    ];
    if sent.retries > 0 {
        items.push(Line::of(
            PLAIN,
            &format!("{} repeated", grouped(sent.retries)),
        ));
    }
    items
}

fn failures(run: &RunReport, seen: &RunSeen) -> Vec<Line> {
    let failed = run.failed();
    if failed == 0 {
        return Vec::new();
    }
    let mut lines = Vec::new();
    if seen.repeat_failures {
        let (sign, style) = sign(Action::Fail);
        for FailedRecord { kind, name, reason } in &seen.failures {
            let line = Line::of(style, sign).with(PLAIN, &format!(" {kind} {name}  {reason}"));
            lines.extend(seen.folded(line));
        }
        let more = failed.saturating_sub(seen.failures.len() as u64);
        if more > 0 {
            let (key, files) = (&run.connection, &seen.files);
            let all = format!("caflou-sync run {key}{files} --format json");
            let line = Line::of(PLAIN, &format!("… and {} more: ", grouped(more)));
            lines.push(line.with(BOLD, &all).with(PLAIN, " shows all"));
        }
    }
    if failed > seen.not_there {
        lines.push(Line::of(DIM, "Failed records are tried again in each run."));
    }
    lines
}
