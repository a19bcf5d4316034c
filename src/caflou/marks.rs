//! Our marks in what Caflou shows of a record.

use crate::record::{Mark, comparable, rich_text_lines};
use crate::source::registry::words;

/// No mark of ours is longer, in characters.
const LONGEST_MARK: usize = 256;

/// What stands behind a mark in a sentence.
const CLOSING: [char; 10] = ['.', ',', ';', ':', '!', '?', ')', ']', '"', '\''];

/// The marks in a text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    /// Marks, each perhaps read in several ways.
    pub(super) whole: Vec<String>,
    /// What the text ends with, where that may be the beginning of a mark whose rest was cut off.
    pub(super) cut: Option<String>,
}

impl Marks {
    /// Marks of any program in a text that may have become HTML. Somebody may have written behind
    /// one, and an id may hold spaces: where the record's `reference` is what the id begins with, the
    /// mark ends there; else it is taken to the end of the line, and to the first space.
    pub(super) fn read(text: &str, reference: Option<&str>) -> Self {
        let mut marks = Self::default();
        if !may_hold_marks(text) {
            return marks;
        }
        let reference = reference.map(comparable);
        let reference = reference.as_deref().map(str::trim);
        let lines = rich_text_lines(text);
        for (number, line) in lines.iter().enumerate() {
            let starts = starts(line);
            for (nth, (at, after)) in starts.iter().enumerate() {
                // No id holds the beginning of another mark.
                let next = starts.get(nth + 1).map(|(at, _)| *at);
                let text = &line[*at..next.unwrap_or(line.len())];
                let end = text.char_indices().nth(LONGEST_MARK + 1);
                let text = &text[..end.map_or(text.len(), |(end, _)| end)];
                let Some(id) = id_of(&text[*after..]) else {
                    continue;
                };
                let last = number + 1 == lines.len() && next.is_none();
                let ended = marks.add(text, id, reference);
                marks.cut = (last && !ended).then(|| without_remains(text).to_owned());
            }
        }
        marks.whole.sort_unstable();
        marks.whole.dedup();
        marks
    }

    /// Whether there is none, or one whose end may have been cut off.
    pub(super) fn is_in_doubt(&self) -> bool {
        self.whole.is_empty() || self.cut.is_some()
    }

    /// Adds what a text may begin with, which is at most one character longer than a mark can be;
    /// whether it is certain where the mark ends.
    fn add(&mut self, text: &str, id: &str, reference: Option<&str>) -> bool {
        let begin = text.len() - id.len();
        let named = reference.filter(|reference| !reference.is_empty());
        if let Some(behind) = named.and_then(|reference| id.strip_prefix(reference))
            && let rest = behind.trim_start_matches(CLOSING)
            && !rest.starts_with(|c: char| !c.is_whitespace())
        {
            self.whole
                .push(text[..text.len() - behind.len()].to_owned());
            return true;
        }
        let word = id.split_whitespace().next().unwrap_or(id);
        let bare = word.trim_end_matches(CLOSING);
        for end in [
            begin + word.len(),
            begin + bare.len(),
            text.trim_end().len(),
        ] {
            let mark = &text[..end];
            if end > begin && mark.chars().nth(LONGEST_MARK).is_none() {
                self.whole.push(mark.to_owned());
            }
        }
        false
    }
}

/// A quick look that leaves most texts out.
fn may_hold_marks(text: &str) -> bool {
    let plain = text.is_ascii() && !text.contains(['&', '<']);
    !plain || words().iter().any(|program| text.contains(*program))
}

/// Where a program's name and a colon stand as a word, and how long they are, in order.
fn starts(line: &str) -> Vec<(usize, usize)> {
    let mut starts = Vec::new();
    for program in words() {
        for (at, _) in line.match_indices(*program) {
            let before = line[..at].chars().next_back();
            let inside = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
            if line[at + program.len()..].starts_with(':') && !before.is_some_and(inside) {
                starts.push((at, program.len() + 1));
            }
        }
    }
    starts.sort_unstable();
    starts
}

/// What follows an account at the source and a colon; `None` where there is no such thing: people
/// write the program's name and a colon, too.
fn id_of(text: &str) -> Option<&str> {
    let (account, id) = text.split_once(':')?;
    let is_id = id.starts_with(|c: char| !c.is_whitespace());
    (Mark::is_account(account) && is_id).then_some(id)
}

/// A text that was cut off, without dots that say so and without half a character reference or tag.
pub(super) fn without_remains(text: &str) -> &str {
    let text = text.trim_end().trim_end_matches(['…', '.']);
    let half = |rest: &str| {
        let mut bytes = rest.bytes();
        bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'#' | b'/'))
    };
    match text.rsplit_once(['&', '<']) {
        Some((whole, rest)) if half(rest) => whole.trim_end(),
        _ => text,
    }
}

#[cfg(test)]
mod tests;
