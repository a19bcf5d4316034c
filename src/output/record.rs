//! The lines of one record.

use super::detail::{attributes, details};
use super::flow::{indented, joined, wrapped};
use super::line::Line;
use super::style::{DIM, PLAIN, YELLOW, sign};
use super::text::{columns, cut};
use crate::record::Kind;
use crate::sync::Action;
use crate::sync::report::Change;

/// Columns of the widest kind.
const KIND: usize = 7;
/// Columns before the name: sign and kind, with their spaces.
const BEFORE: usize = 2 + 2 + KIND + 2;
/// Columns of the name, where there is no terminal or one of ordinary width.
const NAME: usize = 23;
/// The narrowest column that details are wrapped in; below, a line is simply cut.
const NARROWEST: usize = 16;

/// How the columns are laid out in a run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    /// Columns of the terminal; `None`: not a terminal, nothing is cut.
    width: Option<usize>,
    /// Columns of the name.
    name: usize,
}

impl Layout {
    /// For a terminal of so many columns, or for a pipe.
    pub(super) fn new(width: Option<usize>) -> Self {
        let name = match width {
            Some(width @ ..80) => (width / 4).clamp(10, NAME),
            // On a wide terminal some of the room goes to long names.
            Some(width @ 101..) => (NAME + (width - 100) / 2).min(40),
            _ => NAME,
        };
        Self { width, name }
    }

    /// The column in which details begin.
    fn details(self) -> usize {
        BEFORE + self.name + 2
    }

    /// The lines of a record: its own, what there is to say about it, and what to look at.
    pub(super) fn record(self, change: &Change, all: bool) -> Vec<Line> {
        let mut lines = self.own(change);
        if all && change.action == Action::Create {
            for line in attributes(&change.fields) {
                lines.extend(self.below(line));
            }
        }
        for warning in &change.warnings {
            let line = Line::of(YELLOW, "warning: ").with(PLAIN, warning);
            lines.extend(self.below(line));
        }
        lines
    }

    fn own(self, change: &Change) -> Vec<Line> {
        let mut head = self.head(change);
        let (details, room) = (details(change), self.room(self.details()));
        // New records are many and alike: one line for each. What changes is shown in full.
        let (Some(width), Some(room), true) = (self.width, room, change.action != Action::Create)
        else {
            head.append(joined(details));
            return vec![self.width.map_or(head.clone(), |width| head.cut(width))];
        };
        let mut rest = wrapped(details, room).into_iter();
        rest.next().into_iter().for_each(|first| head.append(first));
        let mut lines = vec![head.cut(width)];
        lines.extend(rest.map(|line| indented(self.details(), line)));
        lines
    }

    fn head(self, change: &Change) -> Line {
        let (sign, style) = sign(change.action);
        let mut head = Line::of(style, &format!("  {sign} "));
        head.push(
            if change.action == Action::Skip {
                DIM
            } else {
                PLAIN
            },
            change.kind.as_str(),
        );
        head.pad(BEFORE);
        let name = name(change);
        // A pipe takes the whole name, at the price of the alignment of this one line.
        let shown = if self.width.is_some() {
            cut(name, self.name)
        } else {
            name.into()
        };
        head.push(
            if change.action == Action::Skip {
                DIM
            } else {
                PLAIN
            },
            &shown,
        );
        head.pad(self.details() - 2);
        head.push(PLAIN, "  ");
        head
    }

    fn room(self, before: usize) -> Option<usize> {
        let room = self.width?.saturating_sub(before);
        (room >= NARROWEST).then_some(room)
    }

    /// A line below the record's own.
    fn below(self, line: Line) -> Vec<Line> {
        match self.room(BEFORE) {
            Some(room) => wrapped(vec![line], room)
                .into_iter()
                .map(|line| indented(BEFORE, line))
                .collect(),
            None => vec![indented(BEFORE, line)],
        }
    }
}

/// What a record is called in its line: an order by its code, a customer by their name.
pub(super) fn name(change: &Change) -> &str {
    let (first, second) = match change.kind {
        Kind::Company => (&change.label, &change.source_id),
        Kind::Income | Kind::Expense => (&change.source_id, &change.label),
    };
    if columns(first.trim()) > 0 {
        first
    } else {
        second
    }
}
