//! Text that may have become HTML.

use super::text::{comparable, without_references};

/// The lines of a text that may be HTML (`<p>`, `<br>`, character references), in their comparable
/// form, trimmed, empty ones left out.
#[must_use]
pub fn rich_text_lines(text: &str) -> Vec<String> {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    // Where no `>` follows there are no more tags: a text full of `<` is not searched again and again.
    let last_close = text.rfind('>').unwrap_or(0);
    while let Some(open) = rest.find('<') {
        plain.push_str(&rest[..open]);
        let tail = &rest[open..];
        let is_tag =
            tail[1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!');
        let may_close = is_tag && text.len() - tail.len() < last_close;
        if let Some(close) = may_close.then(|| tail.find('>')).flatten() {
            let name = tail[1..close].trim_start_matches('/');
            plain.extend(breaks_line(name).then_some('\n'));
            rest = &tail[close + 1..];
        } else {
            plain.push('<');
            rest = &tail[1..];
        }
    }
    plain.push_str(rest);
    without_references(&plain)
        .lines()
        .map(|line| comparable(line).trim().to_owned())
        .filter(|line| !line.is_empty())
        .collect()
}

/// Whether a tag with this name and attributes begins a new line.
fn breaks_line(tag: &str) -> bool {
    let end = tag.find(|c: char| !c.is_ascii_alphanumeric());
    let name = &tag[..end.unwrap_or(tag.len())];
    ["p", "br", "div", "li", "ul"]
        .iter()
        .any(|one| name.eq_ignore_ascii_case(one))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_long_text_of_tags_that_never_end_is_read_in_one_go() {
        for part in ["<", "<a", "</p"] {
            let text = part.repeat(1_000_000);
            assert_eq!(rich_text_lines(&text), [text.as_str()]);
        }
    }

    #[test]
    fn lines_are_the_same_in_other_clothes() {
        for text in [
            "Ma\u{301}k 1:2\nb",
            "<p>M&aacute;k&nbsp;1&#58;2</p><p>b</p>",
            "M&#225;k 1&#x3a;2<br/>b",
            "M\u{200b}ák&#32;1:&shy;2&#10;b",
        ] {
            assert_eq!(rich_text_lines(text), ["Mák 1:2", "b"], "{text}");
        }
        assert_eq!(rich_text_lines("1 &lt; 2 &amp;amp; 3"), ["1 < 2 &amp; 3"]);
    }

    proptest! {
        #[test]
        fn any_text_has_lines(text in ".*") {
            let _ = rich_text_lines(&text);
        }
    }
}
