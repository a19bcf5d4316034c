//! Texts that people wrote: erased ones, and addresses of the web.

use crate::record::clean;
use crate::source::registry::words;

/// A text about a person; `None` where it was erased, which leaves it empty, starred out, or a word
/// that says so.
pub(super) fn personal(text: Option<&str>) -> Option<String> {
    let text = clean(text?)?;
    let word = text.split([' ', '@', '-', '.', '_']).next();
    let word = word.unwrap_or_default().to_lowercase();
    let said = ["anonymized", "anonymised"].contains(&word.as_str())
        || ["anonymizovan", "anonymizován"]
            .iter()
            .any(|beginning| word.starts_with(beginning));
    let starred = text.chars().all(|c| c == '*' || c == ' ');
    (!said && !starred).then_some(text)
}

/// A web address, if it is one that may stand in a text that becomes HTML, and that nobody could
/// take for a mark.
pub(super) fn link(text: &str) -> Option<String> {
    let text = text.trim();
    let usable = (text.starts_with("https://") || text.starts_with("http://"))
        && text.len() <= 1000
        && !text.contains(|c: char| c.is_whitespace() || c.is_control() || "<>\"'`".contains(c))
        && !words()
            .iter()
            .any(|program| text.contains(&format!("{program}:")));
    usable.then(|| text.to_owned())
}
