//! Listens to a run and keeps what a message may need.

use crate::record::{Kind, Value};
use crate::sync::report::Change;
use crate::sync::{Action, Event, Report, RunReport};
use crate::text::safe;

/// Failed records that a message lists.
const FAILED: usize = 3;
/// Records with a warning that a message lists.
const LOOK: usize = 2;
/// Paid incomes that a message lists.
const PAID: usize = 8;
/// Sentences about the run as a whole that a message lists.
const WARNINGS: usize = 2;
/// Characters that are kept of anything that was said.
const LONGEST: usize = 300;

/// The first of several texts, and how many there are.
#[derive(Debug, Clone, Default)]
pub struct Listed {
    /// The first of them, each on one line and not too long.
    pub first: Vec<String>,
    /// All.
    pub number: u64,
}

impl Listed {
    fn add(&mut self, most: usize, text: &str) {
        self.number += 1;
        if self.first.len() < most {
            self.first.push(short(text));
        }
    }

    /// Those that are not listed.
    #[must_use]
    pub fn more(&self) -> u64 {
        self.number.saturating_sub(self.first.len() as u64)
    }
}

/// What was heard of a run, however long it was.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    /// "Můj e-shop (Shoptet 222651) → Caflou 12345".
    pub route: String,
    /// Records that failed, each with the reason.
    pub failed: Listed,
    /// Codes of incomes that were open before and are paid now.
    pub paid: Listed,
    /// So many incomes were paid when they were created.
    pub created_paid: u64,
    /// Records with a warning, or with something that was kept or not taken, each with what it is.
    pub look: Listed,
    /// What was said about the run as a whole.
    pub warnings: Listed,
    /// How it ended.
    pub run: Option<RunReport>,
}

/// Hands everything on, and remembers what a message may need.
pub struct Listener<'a> {
    report: &'a mut dyn Report,
    /// What was heard so far.
    pub memory: Memory,
}

impl<'a> Listener<'a> {
    /// In front of another report.
    pub fn new(report: &'a mut dyn Report) -> Self {
        Self {
            report,
            memory: Memory::default(),
        }
    }
}

impl Report for Listener<'_> {
    fn event(&mut self, event: &Event) {
        self.memory.event(event);
        self.report.event(event);
    }
}

impl Memory {
    pub(super) fn event(&mut self, event: &Event) {
        match event {
            Event::Start(start) => {
                let heading = &start.heading;
                self.route = short(&format!("{} → {}", heading.source, heading.target));
            }
            Event::Change(change) => self.change(change),
            Event::Warning { message, .. } => self.warnings.add(WARNINGS, message),
            Event::Summary(run) => self.run = Some((**run).clone()),
            Event::Agenda(_) | Event::Expected(_) | Event::Unchanged => {}
        }
    }

    fn change(&mut self, change: &Change) {
        if change.action == Action::Fail {
            let reason = change.reason.as_deref().unwrap_or("no reason was given");
            let failed = format!("{} {}: {reason}", change.kind, name(change));
            self.failed.add(FAILED, &failed);
        } else if let Some(what) = noteworthy(change) {
            let look = format!("{} {}: {what}", change.kind, name(change));
            self.look.add(LOOK, &look);
        }
        let done = change.fields.0.get("done");
        let paid = done.is_some_and(|done| done.after == Value::Bool(true));
        match change.action {
            Action::Create if paid => self.created_paid += 1,
            Action::Update | Action::Adopt if paid => self.paid.add(PAID, &change.source_id),
            _ => {}
        }
    }
}

/// What the user should look at.
fn noteworthy(change: &Change) -> Option<String> {
    let listed = |what: &str, fields: &[&str]| format!("{what}: {}", fields.join(", "));
    match (change.warnings.first(), &*change.kept, &*change.ignored) {
        (Some(warning), ..) => Some(warning.clone()),
        (None, [], []) => None,
        (None, [], ignored) => Some(listed("not taken by Caflou", ignored)),
        (None, kept, _) => Some(listed("kept as it was changed in Caflou", kept)),
    }
}

/// A company is known by its name, a document by its code alone: who bought is nobody else's concern.
fn name(change: &Change) -> &str {
    match change.kind {
        Kind::Company if !change.label.trim().is_empty() => &change.label,
        _ => &change.source_id,
    }
}

fn short(text: &str) -> String {
    let text = safe(text);
    let mut out: String = text.chars().take(LONGEST).collect();
    if text.chars().nth(LONGEST).is_some() {
        out.push('…');
    }
    out
}
