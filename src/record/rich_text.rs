//! Text that may have become HTML.

/// The lines of a text that may be HTML (`<p>`, `<br>`, entities), trimmed, empty ones left out.
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
    let unescaped = plain
        .replace("&nbsp;", " ")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&");
    unescaped
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
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

    proptest! {
        #[test]
        fn any_text_has_lines(text in ".*") {
            let _ = rich_text_lines(&text);
        }
    }
}
