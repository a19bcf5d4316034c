//! What the checks of a connection found, for people.

use super::flow::{indented, wrapped};
use super::line::Line;
use super::style::{BOLD, GREEN, PLAIN, RED};
use super::text::columns;

/// At least so wide is the column of the checks' names.
const NAMES: usize = 10;
/// What stands in front of a name.
const SIGN: usize = 6;

/// A heading, then a line for each check: its name, whether it is well, and a sentence. Without a
/// line end at the end.
#[must_use]
pub fn checks(
    heading: &str,
    checks: &[(&str, bool, impl AsRef<str>)],
    color: bool,
    width: Option<usize>,
) -> String {
    let names = checks.iter().map(|(name, ..)| columns(name));
    let column = SIGN + names.max().unwrap_or_default().max(NAMES) + 2;
    let mut lines = vec![Line::of(BOLD, heading)];
    for (name, well, sentence) in checks {
        let (sign, style) = if *well { ("ok", GREEN) } else { ("!!", RED) };
        let mut line = Line::of(PLAIN, "  ").with(style, sign).with(PLAIN, "  ");
        line.push(PLAIN, name);
        line.pad(column);
        let sentence = Line::of(PLAIN, sentence.as_ref());
        let mut told = match width.filter(|width| *width > 2 * column) {
            Some(width) => wrapped(vec![sentence], width - column),
            None => vec![sentence],
        }
        .into_iter();
        line.append(told.next().unwrap_or_default());
        lines.push(line);
        lines.extend(told.map(|more| indented(column, more)));
    }
    let lines: Vec<_> = lines.iter().map(|line| line.render(color)).collect();
    lines.join("\n")
}
