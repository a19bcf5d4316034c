//! Our marks in what Caflou shows of a record.

use crate::record::rich_text_lines;

/// No mark of ours is longer, in characters.
const LONGEST_MARK: usize = 256;

/// Marks in a description: from the program's name to the end of the line, and to the first
/// space, as somebody may have written behind it. What is longer than a mark can be is none.
pub(super) fn marks(program: &str, description: &str) -> Vec<String> {
    let start = format!("{program}:");
    let mut marks = Vec::new();
    if !description.contains(&start) {
        return marks;
    }
    for line in rich_text_lines(description) {
        for (at, _) in line.match_indices(&start) {
            let before = line[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '-' || c == '_' || c == '.') {
                continue;
            }
            let end = line[at..]
                .char_indices()
                .nth(LONGEST_MARK)
                .map(|(end, _)| at + end);
            let whole = &line[at..end.unwrap_or(line.len())];
            let word = whole.split_whitespace().next().unwrap_or(whole);
            if end.is_none() || word.len() < whole.len() {
                marks.push(word.to_owned());
            }
            if end.is_none() {
                marks.push(whole.trim_end().to_owned());
            }
        }
    }
    marks.sort_unstable();
    marks.dedup();
    marks
}
