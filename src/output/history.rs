//! Past runs and what each did, for people.

use anstyle::Style;
use serde_json::Value as Json;

use super::amount::grouped;
use super::detail::{attributes, changes};
use super::flow::{folded, indented, joined};
use super::line::Line;
use super::record::Layout;
use super::style::{BOLD, CYAN, DIM, GREEN, PLAIN, RED, YELLOW};
use super::time::{local, took};
use crate::record::{Changes, Kind, SourceId};
use crate::state::{Known, PastRun, RecordState, Told};
use crate::sync::report::Change;

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

    fn error(&self) -> Option<Line> {
        let error = self.run.error()?;
        Some(Line::of(RED, "  error: ").with(PLAIN, error))
    }
}

/// What is known of a record, and all that happened to it.
#[derive(Debug)]
pub struct RecordHistory {
    /// The connection's key.
    pub connection: String,
    /// Company or income.
    pub kind: Kind,
    /// Its key at the source.
    pub source_id: SourceId,
    /// Where it stands; `None`: it is not in Caflou, and nothing is open.
    pub known: Option<Known>,
    /// The customer whose company it waits for.
    pub awaits: Option<SourceId>,
    /// What runs did with it, oldest first.
    pub told: Vec<Told>,
}

/// Runs as a table, newest first, without a line end at the end.
#[must_use]
pub fn runs(all: &[ShownRun], options: HistoryOptions) -> String {
    let several = all
        .iter()
        .any(|one| one.run.connection != all[0].run.connection);
    let mut rows = vec![header(several)];
    for one in all {
        let run = &one.run;
        let mut cells = vec![Line::of(PLAIN, &run.run_id)];
        if several {
            cells.push(Line::of(PLAIN, &run.connection));
        }
        cells.push(Line::of(PLAIN, &local(run.started_at)));
        cells.push(Line::of(PLAIN, &took(run.started_at, run.finished_at)));
        cells.push(one.line());
        cells.push(counts(&run.summary["companies"]));
        cells.push(counts(&run.summary["incomes"]));
        rows.push(cells);
    }
    let mut lines = Vec::new();
    for (number, line) in aligned(rows).into_iter().enumerate() {
        lines.extend(folded(line, options.width, 4));
        let error = number.checked_sub(1).and_then(|number| all[number].error());
        lines.extend(
            error
                .into_iter()
                .flat_map(|error| folded(error, options.width, 4)),
        );
    }
    rendered(lines, options)
}

fn header(several: bool) -> Vec<Line> {
    let names = [
        "RUN",
        "CONNECTION",
        "STARTED",
        "TOOK",
        "RESULT",
        "COMPANIES",
        "INCOMES",
    ];
    let shown = names
        .into_iter()
        .filter(|name| several || *name != "CONNECTION");
    shown.map(|name| Line::of(DIM, name)).collect()
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
        for name in ["companies", "incomes"] {
            let mut line = Line::of(BOLD, name);
            line.pad(11);
            line.append(counts(&run.summary[name]));
            lines.push(line);
        }
    }
    rendered(lines, options)
}

/// A record's history, without a line end at the end.
#[must_use]
pub fn record(of: &RecordHistory, options: HistoryOptions) -> String {
    let mut head = Line::of(BOLD, &format!("{} {}", of.kind, of.source_id));
    let label = of.known.as_ref().map(|known| known.label.as_str());
    if let Some(label) = label.filter(|label| !label.is_empty() && *label != of.source_id.0) {
        head.push(PLAIN, &format!("  {label}"));
    }
    head.push(DIM, &format!("  {}", of.connection));
    let mut lines = vec![head];
    lines.extend(
        stands(of)
            .into_iter()
            .flat_map(|line| folded(line, options.width, 7)),
    );
    let layout = Layout::new(options.width);
    for told in &of.told {
        lines.push(Line::default());
        let moment = Line::of(BOLD, &local(told.at)).with(DIM, &format!("  run {}", told.run_id));
        lines.push(moment);
        match Change::read(&told.change) {
            Some(change) => lines.extend(layout.record(&change, true)),
            None => lines.push(Line::of(DIM, "  (what was noted cannot be read)")),
        }
    }
    rendered(lines, options)
}

/// Where a record stands now.
fn stands(of: &RecordHistory) -> Vec<Line> {
    let now = |style: Style, words: &str| Line::of(DIM, "  now: ").with(style, words);
    let Some(known) = &of.known else {
        return vec![now(PLAIN, "not imported, and nothing is open")];
    };
    let id = known.caflou_id.map(|id| id.to_string()).unwrap_or_default();
    let mut lines = match known.state {
        RecordState::Gone if known.is_forgotten() => {
            vec![now(DIM, "forgotten at your request; never imported again")]
        }
        RecordState::Gone => {
            vec![now(
                YELLOW,
                &format!(
                    "deleted in Caflou (it was {} {id}); not created again",
                    of.kind
                ),
            )]
        }
        RecordState::Synced => vec![now(GREEN, &format!("in Caflou as {} {id}", of.kind))],
        RecordState::Failed => vec![now(RED, "not in Caflou; each run tries it again")],
        RecordState::Sending | RecordState::Uncertain => vec![now(
            YELLOW,
            "sent to Caflou, outcome unknown; the next run looks for it there before anything else",
        )],
    };
    let item = |line: Line| indented(7, line);
    if !known.pending.is_empty() {
        let fields: Vec<_> = known.pending.fields().collect();
        let words = format!("an update of unknown outcome: {}", fields.join(", "));
        lines.push(item(Line::of(YELLOW, &words)));
    }
    if let Some(failure) = &known.failure {
        let (first, last) = (local(failure.first), local(failure.last));
        let tried = match failure.attempts {
            0 | 1 => format!("tried once, {last}"),
            number => format!("tried {} times, {first} to {last}", grouped(number.into())),
        };
        let words = format!("{} ({tried})", failure.reason);
        lines.push(item(Line::of(RED, &words)));
    }
    if let Some(customer) = &of.awaits {
        let words = format!("is linked with its company once customer {customer} is imported");
        lines.push(item(Line::of(PLAIN, &words)));
    }
    let mut differs = Changes::default();
    for field in known.source.fields_of_both(&known.written) {
        let (ours, theirs) = (known.source.get(field), known.written.get(field));
        if !crate::record::same(field, ours, theirs) {
            let value = |value: Option<&crate::record::Value>| {
                value.cloned().unwrap_or(crate::record::Value::Null)
            };
            let change = crate::record::Change {
                before: value(ours),
                after: value(theirs),
            };
            differs.0.insert(field, change);
        }
    }
    if !differs.is_empty() {
        let words = Line::of(YELLOW, "differs (shop → Caflou): ");
        let mut line = words;
        line.append(joined(changes(&differs)));
        lines.push(item(line));
    }
    lines.extend(
        attributes(&Changes::creation(&known.source))
            .into_iter()
            .map(item),
    );
    lines
}

/// "2 new · 1 failed", from the counts of a summary.
fn counts(counts: &Json) -> Line {
    let parts = [
        ("created", "new", GREEN),
        ("adopted", "adopted", CYAN),
        ("updated", "changed", YELLOW),
        ("skipped", "skipped", PLAIN),
        ("failed", "failed", RED),
    ];
    let number = |name: &str| counts[name].as_u64().unwrap_or_default();
    let some = parts.into_iter().filter(|(name, ..)| number(name) > 0);
    let mut items: Vec<_> = some
        .map(|(name, word, style)| Line::of(style, &format!("{} {word}", grouped(number(name)))))
        .collect();
    if items.is_empty() {
        let words = match number("unchanged") {
            0 => "–".to_owned(),
            number => format!("{} unchanged", grouped(number)),
        };
        items.push(Line::of(DIM, &words));
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

fn rendered(lines: Vec<Line>, options: HistoryOptions) -> String {
    let lines = lines.into_iter().map(|line| line.render(options.color));
    lines.collect::<Vec<_>>().join("\n")
}
