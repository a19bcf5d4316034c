//! Details flow over several lines where a terminal is narrow, and nothing of them is lost.

use anstyle::Style;

use super::line::Line;
use super::style::{DIM, PLAIN};
use super::text::columns;

/// Between two details.
const SEPARATOR: &str = " · ";

/// The details on one line.
pub(super) fn joined(items: Vec<Line>) -> Line {
    let mut out = Line::default();
    for item in items {
        if out.columns() > 0 {
            out.push(DIM, SEPARATOR);
        }
        out.append(item);
    }
    out
}

/// The details on lines of at most `width` columns, broken between details where that suffices,
/// else between words.
pub(super) fn wrapped(items: Vec<Line>, width: usize) -> Vec<Line> {
    let mut flow = Flow {
        lines: Vec::new(),
        line: Line::default(),
        width,
    };
    for item in items {
        let separator = if flow.line.columns() > 0 {
            columns(SEPARATOR)
        } else {
            0
        };
        if flow.line.columns() + separator + item.columns() <= width {
            flow.line
                .push(DIM, if separator > 0 { SEPARATOR } else { "" });
            flow.line.append(item);
            continue;
        }
        if separator > 0 {
            flow.line.push(DIM, SEPARATOR);
            flow.end();
        }
        flow.words(&item);
    }
    flow.end();
    flow.lines
}

/// A line on as many lines as a terminal needs, the further ones indented.
pub(super) fn folded(line: Line, width: Option<usize>, indent: usize) -> Vec<Line> {
    match width {
        Some(width) if line.columns() > width => {
            let lines = wrapped(vec![line], width.saturating_sub(indent)).into_iter();
            let at = |(at, line)| {
                if at == 0 {
                    line
                } else {
                    indented(indent, line)
                }
            };
            lines.enumerate().map(at).collect()
        }
        _ => vec![line],
    }
}

/// A paragraph on lines of at most `width` columns, broken between words; `None`: on one.
#[must_use]
pub fn paragraph(text: &str, width: Option<usize>) -> String {
    let lines = folded(Line::of(PLAIN, text), width, 0).into_iter();
    let lines = lines.map(|line| line.render(false));
    lines.collect::<Vec<_>>().join("\n")
}

/// Lines on lines of at most `width` columns, broken between words; what does not fit on one goes on
/// indented. `None`: as they are.
#[must_use]
pub fn lines(text: &str, width: Option<usize>) -> String {
    let lines = text.lines();
    let lines = lines.flat_map(|line| folded(Line::of(PLAIN, line), width, 2));
    let lines = lines.map(|line| line.render(false));
    lines.collect::<Vec<_>>().join("\n")
}

/// A line behind so many spaces.
pub(super) fn indented(column: usize, line: Line) -> Line {
    let mut out = Line::of(PLAIN, &" ".repeat(column));
    out.append(line);
    out
}

struct Flow {
    lines: Vec<Line>,
    line: Line,
    width: usize,
}

impl Flow {
    fn end(&mut self) {
        if self.line.columns() > 0 {
            self.lines.push(std::mem::take(&mut self.line));
        }
    }

    fn words(&mut self, item: &Line) {
        for (style, text) in item.pieces() {
            for word in text.split_inclusive(' ') {
                self.word(style, word);
            }
        }
    }

    fn word(&mut self, style: Style, word: &str) {
        if self.line.columns() + columns(word.trim_end()) > self.width {
            self.end();
        }
        let mut rest: Vec<char> = word.chars().collect();
        // A web address may be longer than a line.
        while rest.len() > self.width.max(1) && word.trim_end().chars().count() > self.width {
            let tail = rest.split_off(self.width.max(1));
            self.line.push(style, &rest.into_iter().collect::<String>());
            self.end();
            rest = tail;
        }
        let style = if rest.iter().all(|c| *c == ' ') {
            PLAIN
        } else {
            style
        };
        self.line.push(style, &rest.into_iter().collect::<String>());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(items: &[&str], width: usize) -> Vec<String> {
        let items = items.iter().map(|text| Line::of(PLAIN, text)).collect();
        wrapped(items, width)
            .iter()
            .map(|line| line.render(false))
            .collect()
    }

    #[test]
    fn details_stay_whole_where_they_can() {
        let items = ["done: no → yes", "value: 1 234.50 → 1 300.00", "zip: – → 1"];
        assert_eq!(
            shown(&items, 28),
            [
                "done: no → yes ·",
                "value: 1 234.50 → 1 300.00 ·",
                "zip: – → 1"
            ]
        );
        assert_eq!(shown(&items, 80).len(), 1);
    }

    #[test]
    fn a_folded_line_goes_on_indented() {
        let line = || Line::of(PLAIN, "error: the service did not answer");
        let shown = |width| {
            let lines = folded(line(), width, 2);
            lines
                .iter()
                .map(|line| line.render(false))
                .collect::<Vec<_>>()
        };
        assert_eq!(shown(Some(20)), ["error: the service", "  did not answer"]);
        assert_eq!(shown(None).len(), 1);
    }

    #[test]
    fn lines_stay_lines() {
        let text = "error: two problems\n  line 1  no connections yet";
        assert_eq!(lines(text, None), text);
        assert_eq!(
            lines(text, Some(16)),
            "error: two\n  problems\n  line 1  no\n  connections\n  yet"
        );
    }

    #[test]
    fn words_are_broken_only_where_they_must() {
        assert_eq!(
            shown(&["no amount: toPay is empty"], 12),
            ["no amount:", "toPay is", "empty"]
        );
        assert_eq!(
            shown(&["see abcdefghijklmno now"], 6),
            ["see", "abcdef", "ghijkl", "mno", "now"]
        );
    }
}
