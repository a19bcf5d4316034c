//! The colours: few, and each with one meaning.

use anstyle::{AnsiColor, Color, Style};

use crate::sync::Action;

/// The text as it is.
pub(super) const PLAIN: Style = Style::new();
/// What frames the rest.
pub(super) const DIM: Style = Style::new().dimmed();
/// What a report begins and ends with.
pub(super) const BOLD: Style = Style::new().bold();
/// New.
pub(super) const GREEN: Style = fg(AnsiColor::Green);
/// Linked.
pub(super) const CYAN: Style = fg(AnsiColor::Cyan);
/// Changed, or worth a look.
pub(super) const YELLOW: Style = fg(AnsiColor::Yellow);
/// Not possible.
pub(super) const RED: Style = fg(AnsiColor::Red);

const fn fg(color: AnsiColor) -> Style {
    Style::new().fg_color(Some(Color::Ansi(color)))
}

/// The sign in front of a record, and its colour.
pub(super) const fn sign(action: Action) -> (&'static str, Style) {
    match action {
        Action::Create => ("+", GREEN),
        Action::Adopt => ("=", CYAN),
        Action::Update => ("~", YELLOW),
        Action::Skip => ("-", DIM),
        Action::Fail => ("!", RED),
    }
}
