//! The lines above a report.

use super::flow::folded;
use super::line::Line;
use super::style::{BOLD, DIM, PLAIN, YELLOW};
use crate::config::Mode;
use crate::sync::report::Start;

/// What a dry run says of itself.
const DRY_RUN: &str = "dry run: nothing is written";
/// To where that is aligned in a pipe.
const WIDTH: usize = 101;
/// At least between the two.
const GAP: usize = 3;

/// Whence and whither, and what of it.
pub(super) fn heading(start: &Start, width: Option<usize>) -> Vec<Line> {
    let mut first = Line::of(
        BOLD,
        &format!("{} → {}", start.heading.source, start.heading.target),
    );
    let mut lines = Vec::new();
    if start.dry_run {
        let column = width.unwrap_or(WIDTH).saturating_sub(DRY_RUN.len());
        if first.columns() + GAP > column && width.is_some() {
            lines.push(std::mem::take(&mut first));
        } else {
            first.pad(column.max(first.columns() + GAP));
        }
        first.push(YELLOW, DRY_RUN);
    }
    lines.push(first);
    lines.push(modes(start));
    lines
        .into_iter()
        .flat_map(|line| folded(line, width, 2))
        .collect()
}

fn modes(start: &Start) -> Line {
    let mut line = Line::default();
    for (kind, mode) in start.modes.iter() {
        let gap = if line.columns() == 0 { "" } else { "   " };
        line.push(DIM, &format!("{gap}{}: ", kind.plural()));
        line.push(PLAIN, mode_words(*mode));
    }
    let mut documents = start.modes.iter().filter(|(kind, _)| kind.is_document());
    let has_documents = documents.any(|(_, mode)| *mode != Mode::No);
    if has_documents && !start.heading.interval.is_empty() {
        line.push(PLAIN, &format!(", {}", start.heading.interval));
    }
    if start.full {
        line.push(DIM, "   everything is compared");
    }
    line
}

fn mode_words(mode: Mode) -> &'static str {
    match mode {
        Mode::No => "no",
        Mode::NewOnly => "new only",
        Mode::NewAndUpdate => "new and update",
    }
}
