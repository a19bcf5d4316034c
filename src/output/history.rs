//! Past runs and what each did, for people.

use serde_json::Value as Json;

use super::amount::grouped;
use super::flow::{folded, joined};
use super::line::Line;
use super::record::Layout;
use super::style::{BOLD, CYAN, DIM, GREEN, PLAIN, RED, YELLOW};
use super::time::{local, took};
use crate::record::Kind;
use crate::state::PastRun;
use crate::sync::report::Change;

/// The kinds that runs dealt with, as their summaries name them.
fn kinds<'r>(runs: impl IntoIterator<Item = &'r PastRun>) -> Vec<&'static str> {
    let mut found = [false; Kind::ALL.len()];
    for run in runs {
        for (found, kind) in found.iter_mut().zip(Kind::PLURALS) {
            *found |= run.summary.get(kind).is_some();
        }
    }
    let all = Kind::PLURALS.into_iter().zip(found);
    all.filter_map(|(kind, found)| found.then_some(kind))
        .collect()
}

/// How the history is shown.
#[derive(Debug, Clone, Copy)]
pub struct HistoryOptions {
    /// In colours.
    pub color: bool,
    /// Columns of the terminal; `None`: not a terminal, nothing is cut.
    pub width: Option<usize>,
    /// New records with all their attributes.
    pub all: bool,
}

/// A run with what it is to be called: a run without an end is under way, or died.
#[derive(Debug, Clone)]
pub struct ShownRun {
    /// The run.
    pub run: PastRun,
    /// It is under way.
    pub running: bool,
}

impl ShownRun {
    /// How it ended: `ok`, `partial`, `failed`, `stopped`, `running` or `died`.
    #[must_use]
    pub fn result(&self) -> &str {
        match (&self.run.status, self.running) {
            (Some(status), _) => status,
            (None, true) => "running",
            (None, false) => "died",
        }
    }

    fn line(&self) -> Line {
        let (word, style) = match self.result() {
            "ok" => ("ok", GREEN),
            "partial" => ("partly", YELLOW),
            "stopped" => ("stopped", YELLOW),
            "running" => ("running", CYAN),
            other => (other, RED),
        };
        Line::of(style, word)
    }

    /// Its cells of the table, but for what it did.
    fn cells(&self, several: bool) -> Vec<Line> {
        let run = &self.run;
        let cell = |text: &str| Line::of(PLAIN, text);
        let connection = several.then(|| cell(&run.connection));
        let mut cells = vec![cell(&run.run_id)];
        cells.extend(connection);
        cells.push(cell(&local(run.started_at)));
        cells.push(cell(&took(run.started_at, run.finished_at)));
        cells.push(self.line());
        cells
    }

    /// What it did, a line for each kind that it did anything with.
    fn did_below(&self) -> Vec<Line> {
        let some = kinds([&self.run]).into_iter().filter(|kind| {
            let counts = self.run.summary[kind].as_object();
            let mut numbers = counts.into_iter().flat_map(|counts| counts.values());
            numbers.any(|number| number.as_u64() > Some(0))
        });
        let line = |kind| {
            let mut line = Line::of(DIM, &format!("  {kind}"));
            line.pad(13);
            line.append(counts(&self.run.summary[kind]));
            line
        };
        some.map(line).collect()
    }

    fn error(&self) -> Option<Line> {
        let error = self.run.error()?;
        Some(Line::of(RED, "  error: ").with(PLAIN, error))
    }
}

/// Runs as a table, newest first, without a line end at the end. Where the terminal is too narrow
/// for it, what each did stands below it.
#[must_use]
pub fn runs(all: &[ShownRun], options: HistoryOptions) -> String {
    let several = all
        .iter()
        .any(|one| one.run.connection != all[0].run.connection);
    let kinds = kinds(all.iter().map(|one| &one.run));
    let did = |one: &ShownRun| {
        let cells = kinds.iter().map(|kind| counts(&one.run.summary[kind]));
        cells.collect::<Vec<_>>()
    };
    let table = |wide: bool| {
        let rows = all.iter().map(|one| {
            let mut cells = one.cells(several);
            cells.extend(wide.then(|| did(one)).into_iter().flatten());
            cells
        });
        let kinds = if wide { &kinds[..] } else { &[] };
        aligned([header(several, kinds)].into_iter().chain(rows).collect())
    };
    let fits = |line: &Line| options.width.is_none_or(|width| line.columns() <= width);
    let mut table_lines = table(true);
    let wide = table_lines.iter().all(fits);
    if !wide {
        table_lines = table(false);
    }
    let mut table_lines = table_lines.into_iter();
    let mut lines: Vec<_> = table_lines.next().into_iter().collect();
    for (line, one) in table_lines.zip(all) {
        lines.extend(folded(line, options.width, 4));
        let below = if wide { Vec::new() } else { one.did_below() };
        let below = below.into_iter().chain(one.error());
        lines.extend(below.flat_map(|line| folded(line, options.width, 4)));
    }
    rendered(lines, options)
}

fn header(several: bool, kinds: &[&str]) -> Vec<Line> {
    let names = [
        ("RUN", true),
        ("CONNECTION", several),
        ("STARTED", true),
        ("TOOK", true),
        ("RESULT", true),
    ];
    let shown = names.into_iter().filter(|(_, shown)| *shown);
    let names = shown.map(|(name, _)| name.to_owned());
    let names = names.chain(kinds.iter().map(|kind| kind.to_uppercase()));
    names.map(|name| Line::of(DIM, &name)).collect()
}

/// A run record by record, without a line end at the end.
#[must_use]
pub fn run(one: &ShownRun, did: &[Change], options: HistoryOptions) -> String {
    let run = &one.run;
    let mut head = Line::of(BOLD, &run.run_id);
    head.push(
        PLAIN,
        &format!("  {}  {}", run.connection, local(run.started_at)),
    );
    head.push(
        DIM,
        &format!("  {}  ", took(run.started_at, run.finished_at)),
    );
    head.append(one.line());
    let mut lines = folded(head, options.width, 2);
    lines.extend(
        one.error()
            .into_iter()
            .flat_map(|error| folded(error, options.width, 4)),
    );
    lines.push(Line::default());
    let layout = Layout::new(options.width);
    for change in did {
        lines.extend(layout.record(change, options.all));
    }
    if did.is_empty() {
        lines.push(Line::of(DIM, "  no record was written, skipped or failed"));
    }
    if run.summary.is_object() {
        lines.push(Line::default());
        for name in kinds([run]) {
            let mut line = Line::of(BOLD, name);
            line.pad(11);
            line.append(counts(&run.summary[name]));
            lines.push(line);
        }
    }
    rendered(lines, options)
}

/// "2 new · 1 failed", from the counts of a summary.
fn counts(counts: &Json) -> Line {
    let parts = [
        ("created", "new", GREEN),
        ("adopted", "adopted", CYAN),
        ("updated", "changed", YELLOW),
        ("unchanged", "unchanged", DIM),
        ("skipped", "skipped", PLAIN),
        ("failed", "failed", RED),
    ];
    let number = |name: &str| counts[name].as_u64().unwrap_or_default();
    let some = parts.into_iter().filter(|(name, ..)| number(name) > 0);
    let mut items: Vec<_> = some
        .map(|(name, word, style)| Line::of(style, &format!("{} {word}", grouped(number(name)))))
        .collect();
    if items.is_empty() {
        items.push(Line::of(DIM, "–"));
    }
    joined(items)
}

/// Cells in columns.
fn aligned(rows: Vec<Vec<Line>>) -> Vec<Line> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let wide = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(Line::columns).max().unwrap_or_default()
    };
    let widths: Vec<_> = (0..columns).map(wide).collect();
    let line = |row: Vec<Line>| {
        let (mut line, mut column) = (Line::default(), 0);
        for (cell, width) in row.into_iter().zip(&widths) {
            line.pad(column);
            line.append(cell);
            column += width + 2;
        }
        line
    };
    rows.into_iter().map(line).collect()
}

/// Lines as they are written.
pub(super) fn rendered(lines: Vec<Line>, options: HistoryOptions) -> String {
    let lines = lines.into_iter().map(|line| line.render(options.color));
    lines.collect::<Vec<_>>().join("\n")
}
