//! All that happened to a record, for people.

use anstyle::Style;

use super::amount::grouped;
use super::detail::{attributes, changes};
use super::flow::{folded, indented, joined};
use super::history::{HistoryOptions, rendered};
use super::line::Line;
use super::record::Layout;
use super::style::{BOLD, DIM, GREEN, PLAIN, RED, YELLOW};
use super::time::local;
use crate::record::{self, FieldChanges, Kind, SourceId, Value, same};
use crate::state::{Failure, Known, PastChange, RecordState};
use crate::sync::report::Change;

/// Columns before what is said below the first line.
const INDENT: usize = 7;

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
    pub told: Vec<PastChange>,
}

/// A record's history, without a line end at the end.
#[must_use]
pub fn story(of: &RecordHistory, options: HistoryOptions) -> String {
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
            .flat_map(|line| folded(line, options.width, INDENT)),
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
    let Some(known) = &of.known else {
        return vec![now(PLAIN, "not imported, and nothing is open")];
    };
    let mut lines = vec![state(of.kind, known)];
    let mut say = |line: Line| lines.push(indented(INDENT, line));
    if !known.pending.is_empty() {
        let fields: Vec<_> = known.pending.fields().collect();
        let words = format!("an update of unknown outcome: {}", fields.join(", "));
        say(Line::of(YELLOW, &words));
    }
    if let Some(failure) = &known.failure {
        say(Line::of(RED, &failed(failure)));
    }
    if let Some(customer) = &of.awaits {
        let words = format!("is linked with its company once customer {customer} is imported");
        say(Line::of(PLAIN, &words));
    }
    let differs = differences(known);
    if !differs.is_empty() {
        let mut line = Line::of(YELLOW, "differs (shop → Caflou): ");
        line.append(joined(changes(&differs)));
        say(line);
    }
    attributes(&FieldChanges::creation(&known.source))
        .into_iter()
        .for_each(say);
    lines
}

fn now(style: Style, words: &str) -> Line {
    Line::of(DIM, "  now: ").with(style, words)
}

fn state(kind: Kind, known: &Known) -> Line {
    let id = known.caflou_id.map(|id| id.to_string()).unwrap_or_default();
    match known.state {
        RecordState::Gone if known.is_forgotten() => {
            now(DIM, "forgotten at your request; never imported again")
        }
        RecordState::Gone => {
            let words = format!("deleted in Caflou (it was {kind} {id}); not created again");
            now(YELLOW, &words)
        }
        RecordState::Synced => now(GREEN, &format!("in Caflou as {kind} {id}")),
        RecordState::Failed => now(RED, "not in Caflou; each run tries it again"),
        RecordState::Sending | RecordState::Uncertain => now(
            YELLOW,
            "sent to Caflou, outcome unknown; the next run looks for it there before all else",
        ),
    }
}

fn failed(failure: &Failure) -> String {
    let (first, last) = (local(failure.first), local(failure.last));
    let tried = match failure.attempts {
        0 | 1 => format!("tried once, {last}"),
        number => format!("tried {} times, {first} to {last}", grouped(number.into())),
    };
    format!("{} ({tried})", failure.reason)
}

/// What Caflou holds otherwise than the shop: kept as it is there, or not taken by it.
fn differences(known: &Known) -> FieldChanges {
    let mut differs = FieldChanges::default();
    for field in known.source.fields_of_both(&known.written) {
        let (ours, theirs) = (known.source.get(field), known.written.get(field));
        if !same(field, ours, theirs) {
            let value = |value: Option<&Value>| value.cloned().unwrap_or(Value::Null);
            let (before, after) = (value(ours), value(theirs));
            differs
                .0
                .insert(field, record::FieldChange { before, after });
        }
    }
    differs
}
