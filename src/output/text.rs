//! Text in columns.

use std::borrow::Cow;

/// Columns that a text takes.
pub(super) fn columns(text: &str) -> usize {
    text.chars().count()
}

/// The text in at most so many columns, with `…` where it was cut.
pub(super) fn cut(text: &str, width: usize) -> Cow<'_, str> {
    if columns(text) <= width {
        return Cow::Borrowed(text);
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    Cow::Owned(format!("{}…", kept.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_text_says_so() {
        assert_eq!(cut("Novák", 5), "Novák");
        assert_eq!(cut("Jan Novák", 5), "Jan…");
        assert_eq!(cut("Jan", 0), "…");
    }
}
