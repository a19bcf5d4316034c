//! Text from a source, made fit for a field, and text made fit for comparing.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::CodePointMapData;
use icu_properties::props::GeneralCategory;

/// The longest text put into one field of a record, in characters.
const LONGEST: usize = 255;

/// A text as people read it: character references of HTML (`&amp;`, `&#39;`) are read once, then as
/// [`tidy`]. `None` where nothing is left.
#[must_use]
pub fn clean(text: &str) -> Option<String> {
    // A field of many megabytes is read no further than it can be used.
    let end = text.char_indices().nth(LONGEST * 16);
    tidy(&without_references(
        &text[..end.map_or(text.len(), |(end, _)| end)],
    ))
}

/// A text without control and invisible format characters, outer and repeated spaces, cut at 255
/// characters; `None` where nothing is left.
#[must_use]
pub fn tidy(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut length = 0;
    let mut space = false;
    for c in text.chars().filter(|c| !is_invisible(*c)) {
        if c.is_whitespace() || c.is_control() {
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

/// The text that character references of HTML stand for.
pub(super) fn without_references(text: &str) -> Cow<'_, str> {
    html_escape::decode_html_entities(text)
}

/// One form for all texts that look the same: composed (NFC), without what nobody sees, each white
/// space a simple one.
#[must_use]
pub fn comparable(text: &str) -> String {
    if text.is_ascii() && !text.contains(|c: char| c.is_ascii_whitespace() && c != ' ') {
        return text.to_owned();
    }
    let seen = text.chars().filter(|c| !is_invisible(*c));
    let seen: String = seen
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .collect();
    ComposingNormalizerBorrowed::new_nfc()
        .normalize(&seen)
        .into_owned()
}

/// Whether two names are one to a reader, however they are typed: in capitals or not, with references of
/// HTML, invisible characters or other white space in them.
#[must_use]
pub fn same_name(one: &str, other: &str) -> bool {
    let seen = |name| clean(name).map(|name| comparable(&name).to_lowercase());
    one == other || seen(one).is_some_and(|one| seen(other).is_some_and(|other| one == other))
}

/// Zero-width spaces, byte order marks, soft hyphens, marks of direction: they come along when text
/// is copied, and hide that two texts are the same.
pub(super) fn is_invisible(c: char) -> bool {
    !c.is_ascii() && CodePointMapData::<GeneralCategory>::new().get(c) == GeneralCategory::Format
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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

    #[test]
    fn what_nobody_sees_is_dropped_wherever_it_stands() {
        for unseen in [
            "\u{200b}", "\u{feff}", "\u{ad}", "\u{200e}", "\u{200f}", "\u{202a}", "\u{2066}",
            "\u{2060}", "&shy;", "&#8203;", "&#xFEFF;",
        ] {
            let text = format!("{unseen}Ma{unseen}nák{unseen} s.r.o.{unseen}");
            assert_eq!(clean(&text).as_deref(), Some("Manák s.r.o."), "{unseen:?}");
            assert_eq!(clean(unseen), None, "{unseen:?}");
        }
    }

    #[test]
    fn references_are_read_once_and_what_is_none_stays() {
        for (text, read) in [
            ("Simon &amp; syn", "Simon & syn"),
            ("O&#39;Hara", "O'Hara"),
            ("O&#x27;Hara", "O'Hara"),
            ("&quot;U &Scaron;vejka&quot;", "\"U Švejka\""),
            ("a&nbsp;&nbsp;b", "a b"),
            ("R&amp;amp;D", "R&amp;D"),
            ("R&D; Q&A", "R&D; Q&A"),
            ("&#0;&#xD800;", "&#0;&#xD800;"),
        ] {
            assert_eq!(clean(text).as_deref(), Some(read), "{text}");
        }
    }

    #[test]
    fn a_name_is_the_same_however_it_is_typed() {
        for typed in [
            "Platba kartou",
            " platba  KARTOU ",
            "Platba\u{a0}kartou",
            "Platba&nbsp;kartou",
            "Plat\u{ad}ba kartou\u{200b}",
        ] {
            assert!(same_name("Platba kartou", typed), "{typed:?}");
        }
        assert!(same_name("Dobírkou", "Dobi\u{301}rkou"));
        assert!(same_name("PayPal & spol.", "PayPal &amp; spol."));
        for other in ["Dobirkou", "Dobírka", "", " "] {
            assert!(!same_name("Dobírkou", other), "{other:?}");
        }
    }

    #[test]
    fn composed_and_decomposed_text_compare_alike() {
        assert_eq!(comparable("Mana\u{301}k\u{a0}1"), "Manák 1");
        assert_eq!(comparable("a\tb"), "a b");
        assert_ne!(comparable("Manak"), comparable("Manák"));
    }

    proptest! {
        #[test]
        fn cleaning_what_is_clean_changes_nothing(text in "(\\PC|[ \u{0}\t\u{200b}\u{ad}\u{feff}a&;#x9]){0,600}") {
            let tidied = tidy(&text);
            prop_assert_eq!(tidied.as_deref().and_then(tidy), tidied.clone());
            let cleaned = clean(&text);
            prop_assert_eq!(cleaned.as_deref().and_then(tidy), cleaned.clone());
            if let Some(cleaned) = cleaned.filter(|text| !text.contains('&')) {
                prop_assert_eq!(clean(&cleaned), Some(cleaned));
            }
        }

        #[test]
        fn one_comparable_form_is_its_own(text in "(\\PC|[ \t\u{301}\u{200b}\u{ad}]){0,60}") {
            let form = comparable(&text);
            prop_assert_eq!(comparable(&form), form);
        }
    }
}
