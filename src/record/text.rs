//! Text from a source, made fit for a field.

/// The longest text put into one field of a record, in characters.
const LONGEST: usize = 255;

/// A text without control characters, outer and repeated spaces, cut at 255 characters;
/// `None` where nothing is left.
#[must_use]
pub fn clean(text: &str) -> Option<String> {
    let mut out = String::new();
    // A field of many megabytes is read no further than it can be used.
    let visible = text
        .chars()
        .take(LONGEST * 16)
        .map(|c| if c.is_control() { ' ' } else { c });
    let mut length = 0;
    let mut space = false;
    for c in visible {
        if c.is_whitespace() {
            space = length > 0;
            continue;
        }
        if length + usize::from(space) >= LONGEST {
            break;
        }
        if space {
            out.push(' ');
            length += 1;
            space = false;
        }
        out.push(c);
        length += 1;
    }
    (!out.is_empty()).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_hold_no_control_characters_and_no_loose_spaces() {
        assert_eq!(clean(" Jan\u{0}\n  Novák ").as_deref(), Some("Jan Novák"));
        assert_eq!(clean(" \t\u{7} "), None);
        assert_eq!(
            clean(&"ž".repeat(10_000)).map(|t| t.chars().count()),
            Some(LONGEST)
        );
    }
}
