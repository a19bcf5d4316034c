//! Words of a shell's command line: of commands that users are told to type, and of a crontab.

use std::borrow::Cow;

/// A text as one word of a POSIX shell's command line: as it is where no shell takes any of it for
/// something else, else in single quotes. Control characters stay: the terminal's door is another.
#[must_use]
pub fn word(text: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_alphanumeric() || "/._-+:@,=".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("'{}'", text.replace('\'', r"'\''")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_what_a_shell_would_change_is_quoted() {
        for plain in ["my-shop", "můj.obchod", "/etc/caflou/connections.toml"] {
            assert_eq!(word(plain), plain);
        }
        assert_eq!(word(""), "''");
        assert_eq!(word("it's here"), r"'it'\''s here'");
        assert_eq!(word("~/a"), "'~/a'");
    }

    proptest! {
        #[test]
        fn a_shell_reads_the_word_that_was_meant(text in "[^\0]*") {
            let line = format!("echo {}", word(&text));
            let words = shlex::split(&line).unwrap();
            prop_assert_eq!(words, ["echo".to_owned(), text]);
        }
    }
}
