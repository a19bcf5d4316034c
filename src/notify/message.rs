//! What is told of a run: at most [`MOST_LINES`] lines, for the owner of a shop.

use chrono::{DateTime, FixedOffset};

use super::memory::{Listed, Memory};
use super::rule::News;
use crate::output::{Count, grouped, money};
use crate::record::Kind;
use crate::sync::report::Status;
use crate::sync::{Counts, RunReport, Totals};
use crate::text::safe;
use crate::trouble::Trouble;

/// No message has more lines.
pub const MOST_LINES: usize = 20;
/// Columns before the text of a row.
const LABEL: usize = 12;
/// Characters of an error; it may hold advice at its end.
const LONGEST_ERROR: usize = 1000;

/// A message.
#[derive(Debug, Clone)]
pub struct Message {
    /// In one line, with the connection's name in front.
    pub subject: String,
    /// Whether somebody has to act.
    pub alarming: bool,
    /// What it says.
    pub(super) lines: Vec<MessageLine>,
}

/// A line of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum MessageLine {
    /// The one above all others.
    Head(String),
    /// Text across the whole width.
    Text(String),
    /// A word, and what there is to say about it.
    Row(&'static str, String),
    /// One of several, below a row.
    Item(String),
    /// Less important.
    Note(String),
    /// Nothing.
    Gap,
}

impl Message {
    /// The message as plain text, with a line end behind each line.
    #[must_use]
    pub fn text(&self) -> String {
        self.lines.iter().map(plain).collect()
    }

    /// The same without its headline, for chats that show the subject above it.
    #[must_use]
    pub fn body(&self) -> String {
        let lines = self.lines.iter();
        let below = lines.filter(|line| !matches!(line, MessageLine::Head(_)));
        below.map(plain).collect()
    }

    /// Says that a channel works.
    #[must_use]
    pub fn sample(name: &str, key: &str) -> Self {
        let reach = format!("Messages about the import of {name} reach you this way.");
        let lines = vec![
            MessageLine::Head("This is a test.".to_owned()),
            MessageLine::Gap,
            MessageLine::Text(reach),
            MessageLine::Gap,
            MessageLine::Note(format!("Sent by: caflou-sync notify test {key}")),
        ];
        Self {
            subject: format!("{name}: a test message"),
            alarming: false,
            lines,
        }
    }
}

fn plain(line: &MessageLine) -> String {
    match line {
        MessageLine::Head(text) | MessageLine::Text(text) | MessageLine::Note(text) => {
            format!("{text}\n")
        }
        MessageLine::Row(word, text) => format!("{word:LABEL$}{text}\n"),
        MessageLine::Item(text) => format!("  - {text}\n"),
        MessageLine::Gap => "\n".to_owned(),
    }
}

/// The message about a run of a connection of this name; `finished` is the run's end where people
/// are.
#[must_use]
pub fn message(
    name: &str,
    run: &RunReport,
    memory: &Memory,
    told: News,
    finished: DateTime<FixedOffset>,
) -> Message {
    let headline = headline(run, memory, told);
    let mut lines = vec![
        MessageLine::Head(format!("{}.", capital(&headline))),
        MessageLine::Text(memory.route.clone()),
        MessageLine::Gap,
    ];
    lines.extend(run.error.as_ref().map(why));
    lines.extend(numbers(run, memory));
    lines.extend(failed(run, &memory.failed));
    if memory.look.number > 0 {
        let records = Count(memory.look.number, "record");
        lines.push(MessageLine::Row(
            "Look at",
            format!("{records} with a warning"),
        ));
        lines.extend(memory.look.first.iter().cloned().map(MessageLine::Item));
    }
    let warnings = memory.warnings.first.iter().cloned();
    lines.extend(warnings.map(|text| MessageLine::Row("Warning", text)));
    lines.extend(advice(run).map(|text| MessageLine::Row("What to do", text)));
    lines.push(MessageLine::Gap);
    let at = finished.format("%Y-%m-%d %H:%M (UTC%:z)");
    lines.push(MessageLine::Note(format!("Run {}, ended {at}", run.run_id)));
    Message {
        subject: format!("{name}: {headline}"),
        alarming: run.status != Status::Ok,
        lines,
    }
}

/// The whole in one sentence.
fn headline(run: &RunReport, memory: &Memory, told: News) -> String {
    let mut parts = Vec::new();
    if told.recovered > 0 {
        let failures = Count(told.recovered, "failure");
        parts.push(format!("works again after {failures}"));
    }
    let in_a_row = match told.failures {
        0 | 1 => String::new(),
        failures => format!(" ({failures} bad runs in a row)"),
    };
    match run.status {
        Status::Failed => parts.push(format!("the import failed{in_a_row}")),
        Status::Stopped => parts.push(format!("the import was stopped{in_a_row}")),
        Status::Partial => {
            let failed = run.failed();
            parts.push(format!("{} failed{in_a_row}", Count(failed, "record")));
        }
        Status::Ok => {}
    }
    let news = [
        (run.counts[Kind::Income].created, "new income"),
        (run.counts[Kind::Expense].created, "new expense"),
        (run.counts[Kind::Company].created, "new company"),
        (memory.paid.number, "paid income"),
    ];
    let news = news.into_iter().filter(|(number, _)| *number > 0);
    parts.extend(news.map(|(number, noun)| Count(number, noun).to_string()));
    if parts.is_empty() {
        let changed = run.changes();
        parts.push(match changed {
            0 => "nothing new".to_owned(),
            number => format!("{} changed", Count(number, "record")),
        });
    }
    parts.join(", ")
}

fn why(error: &Trouble) -> MessageLine {
    let error = error.to_string();
    let error = safe(&error);
    MessageLine::Row("Why", error.chars().take(LONGEST_ERROR).collect())
}

/// How many there were, what they are worth, and what was paid.
fn numbers(run: &RunReport, memory: &Memory) -> Vec<MessageLine> {
    let mut lines = Vec::new();
    // Where it broke off before the first record, there is nothing to count.
    if run.error.is_none() || run.all(|counts| counts.read) > 0 {
        for (kind, of_kind) in run.counts.iter() {
            let (head, paid) = match kind {
                Kind::Company => ("Companies", 0),
                Kind::Income => ("Incomes", memory.created_paid),
                Kind::Expense => ("Expenses", 0),
            };
            let text = counts(run.status, of_kind, run.totals_of(kind), paid);
            lines.push(MessageLine::Row(head, text));
        }
    }
    if memory.paid.number > 0 {
        lines.push(MessageLine::Row("Paid now", listed(&memory.paid)));
    }
    lines
}

/// Counts of one kind, and the sums of what was created.
fn counts(status: Status, counts: &Counts, totals: &Totals, paid: u64) -> String {
    // All fields by name, so that a new count cannot be forgotten here.
    let Counts {
        read,
        created,
        adopted,
        updated,
        unchanged,
        skipped,
        failed,
    } = *counts;
    if read == 0 {
        let none = match status {
            Status::Failed | Status::Stopped => "not done",
            Status::Ok | Status::Partial => "nothing to look at",
        };
        return none.to_owned();
    }
    let sums = totals.0.iter();
    let sums = sums.map(|(currency, sum)| format!("{} {currency}", money(*sum)));
    let mut details: Vec<_> = sums.collect();
    if details.len() > 1 {
        details = vec![details.join(" + ")];
    }
    if paid > 0 {
        details.push(format!("{} paid", grouped(paid)));
    }
    let new = match details.join(", ") {
        details if details.is_empty() => "new".to_owned(),
        details => format!("new ({details})"),
    };
    let parts = [
        (created, new.as_str()),
        (adopted, "found in Caflou"),
        (updated, "changed"),
        (unchanged, "unchanged"),
        (skipped, "skipped"),
        (failed, "failed"),
    ];
    let parts = parts.into_iter().filter(|(number, _)| *number > 0);
    let parts = parts.map(|(number, word)| format!("{} {word}", grouped(number)));
    parts.collect::<Vec<_>>().join(" · ")
}

fn listed(listed: &Listed) -> String {
    let codes = listed.first.join(", ");
    match listed.more() {
        0 => codes,
        more => format!("{codes} and {} more", grouped(more)),
    }
}

fn failed(run: &RunReport, failed: &Listed) -> Vec<MessageLine> {
    if failed.number == 0 {
        return Vec::new();
    }
    let read = run.all(|counts| counts.read);
    let of_all = format!("{} of {}", grouped(failed.number), Count(read, "record"));
    let mut lines = vec![MessageLine::Row("Failed", of_all)];
    lines.extend(failed.first.iter().cloned().map(MessageLine::Item));
    if failed.more() > 0 {
        lines.push(MessageLine::Item(format!(
            "and {} more",
            grouped(failed.more())
        )));
    }
    lines
}

/// What to do, where the error does not say it.
fn advice(run: &RunReport) -> Option<String> {
    let key = &run.connection;
    let advised = |error: &Trouble| !error.advice.is_empty();
    match run.status {
        Status::Ok => None,
        Status::Partial => Some(format!(
            "put right what is said above; each run tries again. Look at all of them: caflou-sync \
             run {key} --dry-run"
        )),
        Status::Failed | Status::Stopped if run.error.as_ref().is_some_and(advised) => None,
        Status::Failed => Some(format!(
            "check both sides with caflou-sync test {key}; the next run takes up what is not done"
        )),
        Status::Stopped => Some("the next run takes up what is not done".to_owned()),
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests;
