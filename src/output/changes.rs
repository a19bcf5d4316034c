//! What was changed in the configuration, for people.

use super::line::Line;
use super::style::{BOLD, DIM, PLAIN, YELLOW};
use super::text::columns;

/// What stands for a setting that is not there.
const NOTHING: &str = "–";

/// A heading, then a line for each setting with its value before and after, without a line end at the
/// end.
#[must_use]
pub fn changes(
    heading: &str,
    changes: &[(String, Option<String>, Option<String>)],
    color: bool,
) -> String {
    let keys = changes.iter().map(|(key, ..)| columns(key));
    let width = keys.max().unwrap_or_default();
    let mut lines = vec![Line::of(BOLD, heading).render(color)];
    for (key, before, after) in changes {
        let mut line = Line::of(YELLOW, "  ~ ").with(PLAIN, key);
        line.pad(width + 6);
        line.push(DIM, before.as_deref().unwrap_or(NOTHING));
        line.push(DIM, " → ");
        line.push(PLAIN, after.as_deref().unwrap_or(NOTHING));
        lines.push(line.render(color));
    }
    lines.join("\n")
}
