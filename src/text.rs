//! Text from outside on its way to people, logs and programs.

use std::borrow::Cow;
use std::fmt::Write as _;

/// What stands for a character that is not shown.
const HIDDEN: char = '\u{fffd}';

/// The text on one line, without anything that commands a terminal or turns the reading order:
/// a customer's name must not be able to rewrite the report, nor a service's error a log.
#[must_use]
pub fn safe(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| shown(c) == c) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace("\r\n", "\n").chars().map(shown).collect())
}

fn shown(c: char) -> char {
    match c {
        '\n' | '\r' | '\t' | '\u{85}' | '\u{2028}' | '\u{2029}' => ' ',
        c if commands(c) => HIDDEN,
        c => c,
    }
}

/// Control characters, the ends of lines that are none in ASCII, and what turns the reading order.
fn commands(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// JSON text that means the same, with what commands a terminal, ends a line or turns the reading
/// order written as `\u…`. JSON itself escapes only the first 32 characters.
#[must_use]
pub fn escaped(json: &str) -> Cow<'_, str> {
    // In ASCII only DEL is left to escape: what JSON escapes by itself, here stands between values.
    let bare = |c: char| c >= '\u{7f}' && commands(c);
    if !json.contains(bare) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if bare(c) {
            // all of them are below U+10000; writing to a String does not fail
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_from_outside_commands_nothing() {
        assert_eq!(
            safe("Jan\u{1b}[2J\u{7}\u{9b}31m\nNovák"),
            "Jan�[2J��31m Novák"
        );
        assert_eq!(safe("a\u{202e}b\u{2066}c\u{200f}"), "a�b�c�");
        assert_eq!(safe("a\u{85}b\u{2028}c\r\nd"), "a b c d");
        assert!(matches!(safe("Žluťoučký kůň – 漢字"), Cow::Borrowed(_)));
    }

    #[test]
    fn json_says_the_same_in_other_letters() {
        let json = "{\"a\":\"\u{9b}31m\u{7f}\u{202e}\u{2029}ž\"}\n";
        assert_eq!(
            escaped(json),
            "{\"a\":\"\\u009b31m\\u007f\\u202e\\u2029ž\"}\n"
        );
        assert!(matches!(escaped("{\"a\":\"kůň\"}\n"), Cow::Borrowed(_)));
    }

    /// Text with many of the characters that matter.
    fn odd() -> impl Strategy<Value = String> {
        "([\u{0}-\u{1f}\u{7f}-\u{9f}\u{61c}\u{200e}\u{200f}\u{2028}-\u{202e}\u{2066}-\u{2069}ž\"\\\\]|\\PC){0,60}"
    }

    proptest! {
        #[test]
        fn no_control_or_bidi_character_passes(text in odd()) {
            prop_assert!(!safe(&text).contains(commands));
            let shown = safe(&text).into_owned();
            prop_assert_eq!(safe(&shown), shown.as_str());
        }

        #[test]
        fn escaped_json_stays_a_line_and_keeps_its_meaning(text in odd()) {
            let json = serde_json::to_string(&text).unwrap();
            let line = escaped(&json);
            prop_assert!(!line.contains(commands));
            prop_assert_eq!(serde_json::from_str::<String>(&line).unwrap(), text);
        }
    }
}
