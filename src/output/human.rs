//! A run for people.

use std::io::{self, Write};

use super::flow::folded;
use super::heading::heading;
use super::line::Line;
use super::progress::Progress;
use super::record::{Layout, name};
use super::style::{PLAIN, YELLOW};
use super::summary::{FailedRecord, RunSeen, preview, problems, summary};
use crate::sync::report::{Change, Start};
use crate::sync::{Action, Event, Report, RunReport};

/// So many lines of records stay in sight above a summary: failures among them are not repeated.
const IN_SIGHT: usize = 10;

/// Columns of a terminal below which it is narrow.
const NARROW: usize = 80;

/// How a run is shown.
#[derive(Debug, Default)]
pub struct HumanOptions {
    /// In colours.
    pub color: bool,
    /// Columns of the terminal; `None`: not a terminal, nothing is cut.
    pub width: Option<usize>,
    /// Below 0: problems only, at the end. Above 0: new records with all their attributes.
    pub verbosity: i8,
    /// A line for each record, not only for failures and what is worth a look.
    pub every_record: bool,
    /// The files that commands have to name: ` --config FILE --state FILE`, or nothing.
    pub files: String,
    /// A line on the terminal that shows how far the run is.
    pub progress: Option<Progress>,
}

/// Shows a run to people.
#[derive(Debug)]
pub struct Human<W> {
    out: W,
    options: HumanOptions,
    layout: Layout,
    /// The lines above the records, until they are shown.
    heading: Vec<Line>,
    /// Lines of records so far.
    lines: usize,
    seen: RunSeen,
    failed: Option<io::Error>,
}

impl<W: Write> Human<W> {
    /// To a writer.
    pub fn new(out: W, mut options: HumanOptions) -> Self {
        if let (Some(..NARROW), Some(progress)) = (options.width, &mut options.progress) {
            progress.narrow();
        }
        let layout = Layout::new(options.width);
        let seen = RunSeen {
            width: options.width,
            files: options.files.clone(),
            ..RunSeen::default()
        };
        Self {
            out,
            options,
            layout,
            heading: Vec::new(),
            lines: 0,
            seen,
            failed: None,
        }
    }

    /// Why lines were lost: the reader may be gone (`| head`), and the run goes on without it.
    pub fn failed(&self) -> Option<&io::Error> {
        self.failed.as_ref()
    }

    fn quiet(&self) -> bool {
        self.options.verbosity < 0
    }

    fn start(&mut self, start: &Start) {
        self.heading = heading(start, self.options.width);
        self.lines = 0;
        self.seen = RunSeen {
            route: start.heading.route.clone(),
            modes: Some(start.modes),
            files: self.options.files.clone(),
            width: self.options.width,
            ..RunSeen::default()
        };
        if self.options.every_record && !self.quiet() {
            let lines = std::mem::take(&mut self.heading);
            self.print(&lines);
        }
    }

    fn change(&mut self, change: &Change) {
        if change.action == Action::Fail {
            self.seen.not_there += u64::from(change.not_there);
            self.seen.failed(FailedRecord {
                kind: change.kind,
                name: name(change).to_owned(),
                reason: change.reason.clone().unwrap_or_default(),
            });
        }
        let worth_a_look = change.action == Action::Fail
            || !change.warnings.is_empty()
            || !change.kept.is_empty()
            || !change.ignored.is_empty();
        if !self.quiet() && (worth_a_look || self.options.every_record) {
            let lines = self.layout.record(change, self.options.verbosity > 0);
            self.body(&lines);
        }
    }

    /// Lines between heading and summary; they bring the heading with them, so that a run with
    /// nothing to tell has its summary only.
    fn body(&mut self, lines: &[Line]) {
        let mut all = std::mem::take(&mut self.heading);
        if self.lines == 0 {
            all.push(Line::default());
        }
        self.lines += lines.len();
        all.extend_from_slice(lines);
        self.print(&all);
    }

    fn end(&mut self, run: &RunReport) {
        if let Some(progress) = &self.options.progress {
            progress.finish();
        }
        self.seen.repeat_failures = self.quiet() || (!run.dry_run && self.lines > IN_SIGHT);
        let end = if self.quiet() {
            problems(run, &self.seen)
        } else if run.dry_run {
            preview(run, &self.seen)
        } else {
            summary(run, &self.seen)
        };
        let above = self.lines > 0 || (self.options.every_record && !self.quiet());
        let mut lines = if above {
            vec![Line::default()]
        } else {
            Vec::new()
        };
        lines.extend(end);
        self.print(&lines);
    }

    /// Prints lines, unless nobody reads them any more.
    fn print(&mut self, lines: &[Line]) {
        if self.failed.is_some() || lines.is_empty() {
            return;
        }
        let mut text = String::new();
        for line in lines {
            text.push_str(&line.render(self.options.color));
            text.push('\n');
        }
        let out = &mut self.out;
        let mut write = || out.write_all(text.as_bytes()).and_then(|()| out.flush());
        self.failed = match &self.options.progress {
            // Both on a terminal: the one would write into the other.
            Some(progress) if self.options.width.is_some() => progress.suspend(write),
            _ => write(),
        }
        .err();
    }
}

impl<W: Write> Report for Human<W> {
    fn event(&mut self, event: &Event) {
        match event {
            Event::Start(start) => self.start(start),
            Event::Change(change) => self.change(change),
            Event::Warning { message, .. } if !self.quiet() => {
                let line = Line::of(YELLOW, "warning: ").with(PLAIN, message);
                self.body(&folded(line, self.options.width, 2));
            }
            Event::Summary(run) => self.end(run),
            Event::Agenda(kind) => self.seen.begun.push(*kind),
            Event::Expected(_) | Event::Unchanged | Event::Warning { .. } => {}
        }
        if let Some(progress) = &mut self.options.progress {
            progress.event(event);
        }
    }
}
