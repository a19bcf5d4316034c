//! A line of text in styles. All text from outside becomes safe here.

use std::fmt::Write as _;

use anstyle::Style;

use super::style::PLAIN;
use super::text::{columns, cut};
use crate::text::safe;

/// A line, as pieces of text with a style each.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Line(Vec<(Style, String)>);

impl Line {
    /// With a piece of text in front.
    pub(super) fn of(style: Style, text: &str) -> Self {
        Self::default().with(style, text)
    }

    /// With one more piece at the end.
    #[must_use]
    pub(super) fn with(mut self, style: Style, text: &str) -> Self {
        self.push(style, text);
        self
    }

    /// Adds a piece; whatever it holds, it stays on this line and commands no terminal.
    pub(super) fn push(&mut self, style: Style, text: &str) {
        if !text.is_empty() {
            self.0.push((style, safe(text).into_owned()));
        }
    }

    /// Adds all pieces of another.
    pub(super) fn append(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Adds spaces up to a column.
    pub(super) fn pad(&mut self, column: usize) {
        let missing = column.saturating_sub(self.columns());
        self.push(PLAIN, &" ".repeat(missing));
    }

    /// Columns taken.
    pub(super) fn columns(&self) -> usize {
        self.0.iter().map(|(_, text)| columns(text)).sum()
    }

    /// The pieces.
    pub(super) fn pieces(&self) -> impl Iterator<Item = (Style, &str)> {
        self.0.iter().map(|(style, text)| (*style, text.as_str()))
    }

    /// In at most so many columns.
    #[must_use]
    pub(super) fn cut(self, width: usize) -> Self {
        if self.columns() <= width {
            return self;
        }
        let mut left = width;
        let mut out = Self::default();
        let mut pieces = self.0.into_iter().peekable();
        while let Some((style, text)) = pieces.next() {
            let fits = columns(&text) < left || (columns(&text) == left && pieces.peek().is_none());
            if fits {
                left -= columns(&text);
                out.push(style, &text);
            } else {
                // One character more than there is room for, so that the cut is seen.
                out.push(style, &cut(&format!("{text} "), left));
                break;
            }
        }
        out
    }

    /// As it is written, without spaces at its end.
    pub(super) fn render(&self, color: bool) -> String {
        let last = self
            .0
            .iter()
            .rposition(|(_, text)| !text.trim_end().is_empty());
        let mut out = String::new();
        for (at, (style, text)) in self.0.iter().enumerate() {
            let Some(last) = last.filter(|last| at <= *last) else {
                break;
            };
            let text = if at == last { text.trim_end() } else { text };
            let _ = if color && !style.is_plain() {
                write!(out, "{style}{text}{style:#}")
            } else {
                write!(out, "{text}")
            };
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::style::RED;
    use proptest::prelude::*;

    #[test]
    fn a_line_is_cut_across_its_pieces() {
        let line = Line::of(PLAIN, "one ")
            .with(RED, "two")
            .with(PLAIN, " three");
        assert_eq!(line.clone().cut(13).render(false), "one two three");
        assert_eq!(line.clone().cut(12).render(false), "one two thr…");
        assert_eq!(line.clone().cut(7).render(false), "one tw…");
        assert_eq!(line.cut(4).render(false), "one…");
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_it_may_be(texts in prop::collection::vec(".{0,9}", 0..6), width in 1..40_usize) {
            let mut line = Line::default();
            for text in &texts {
                line.push(PLAIN, text);
            }
            prop_assert!(columns(&line.cut(width).render(false)) <= width);
        }
    }
}
