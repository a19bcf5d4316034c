//! Text from outside, made fit for a terminal.

use std::borrow::Cow;

/// What stands for a character that is not shown.
const HIDDEN: char = '\u{fffd}';

/// The text on one line, without anything that commands a terminal or turns the reading order:
/// a customer's name must not be able to rewrite the report.
#[must_use]
pub fn safe(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| shown(c) == c) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace("\r\n", "\n").chars().map(shown).collect())
}

fn shown(c: char) -> char {
    match c {
        '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => ' ',
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => HIDDEN,
        c if c.is_control() => HIDDEN,
        c => c,
    }
}

/// Columns that a text takes.
pub(super) fn columns(text: &str) -> usize {
    text.chars().count()
}

/// The text in at most so many columns, with `…` where it was cut.
pub(super) fn cut(text: &str, width: usize) -> Cow<'_, str> {
    if columns(text) <= width {
        return Cow::Borrowed(text);
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    Cow::Owned(format!("{}…", kept.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_from_outside_commands_nothing() {
        assert_eq!(
            safe("Jan\u{1b}[2J\u{7}\u{9b}31m\nNovák"),
            "Jan�[2J��31m Novák"
        );
        assert_eq!(safe("a\u{202e}b\u{2066}c"), "a�b�c");
        assert!(matches!(safe("Žluťoučký kůň – 漢字"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_cut_text_says_so() {
        assert_eq!(cut("Novák", 5), "Novák");
        assert_eq!(cut("Jan Novák", 5), "Jan…");
        assert_eq!(cut("Jan", 0), "…");
    }

    proptest! {
        #[test]
        fn no_control_character_passes(text in any::<String>()) {
            prop_assert!(!safe(&text).chars().any(char::is_control));
        }
    }
}
