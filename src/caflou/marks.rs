//! Our marks in what Caflou shows of a record.

use crate::record::rich_text_lines;

/// No mark of ours is longer, in characters.
const LONGEST_MARK: usize = 256;

/// Marks in a description. Somebody may have written behind one, and an id may hold spaces: where
/// the record's `reference` is what the id begins with, the mark ends there; else it is taken to
/// the end of the line, and to the first space.
pub(super) fn marks(program: &str, description: &str, reference: Option<&str>) -> Vec<String> {
    let start = format!("{program}:");
    let mut marks = Vec::new();
    if !description.contains(&start) {
        return marks;
    }
    for line in rich_text_lines(description) {
        let mut starts = line.match_indices(&start).map(|(at, _)| at).peekable();
        while let Some(at) = starts.next() {
            let before = line[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '-' || c == '_' || c == '.') {
                continue;
            }
            // No id holds the beginning of another mark.
            let text = &line[at..starts.peek().copied().unwrap_or(line.len())];
            let end = text.char_indices().nth(LONGEST_MARK + 1);
            let text = &text[..end.map_or(text.len(), |(end, _)| end)];
            marks.extend(marks_at(text, start.len(), reference));
        }
    }
    marks.sort_unstable();
    marks.dedup();
    marks
}

/// Marks that a text may begin with, which is at most one character longer than a mark can be.
/// `after` is the length of the program's name and its colon.
fn marks_at(text: &str, after: usize, reference: Option<&str>) -> Vec<String> {
    let Some(id) = id_of(&text[after..]) else {
        return Vec::new();
    };
    let begin = text.len() - id.len();
    let named = reference.and_then(|reference| id.strip_prefix(reference.trim()));
    if let Some(behind) = named
        && behind.len() < id.len()
        && !behind.starts_with(|c: char| !c.is_whitespace())
    {
        return vec![text[..text.len() - behind.len()].to_owned()];
    }
    let word = id.split_whitespace().next().unwrap_or(id);
    let ends = [begin + word.len(), text.trim_end().len()];
    let marks = ends.into_iter().map(|end| &text[..end]);
    let short = marks.filter(|mark| mark.chars().nth(LONGEST_MARK).is_none());
    short.map(str::to_owned).collect()
}

/// What follows an account at the source and a colon; `None` where there is no such thing: people
/// write the program's name and a colon, too.
fn id_of(text: &str) -> Option<&str> {
    let (account, id) = text.split_once(':')?;
    let is_account = !account.is_empty() && account.chars().all(char::is_alphanumeric);
    let is_id = id.starts_with(|c: char| !c.is_whitespace());
    (is_account && is_id).then_some(id)
}
