//! What is a mark, what only looks like one, and where one ends.

use proptest::prelude::*;

use super::*;

fn whole(text: &str, reference: Option<&str>) -> Vec<String> {
    Marks::read(text, reference).whole
}

#[test]
fn marks_of_every_program_and_account_are_read() {
    for mark in [
        "shoptet:222651:2024000001",
        "fakturoid:my-firm:invoices/5",
        "idoklad:123:credit-notes/7",
        "flexi:firma_x:contacts/1",
        "pohoda:27082440:cash-in/9",
        "money-s3:27082440:invoices/5",
        "xero:3f2504e0-4f89-11d3-9a0c-0305e82c3301:invoices/a",
        "quickbooks:9130.35:bills/1",
        "zoho-books:Org.1_a-b:expenses/1",
    ] {
        for text in [
            mark.to_owned(),
            format!("https://a/b?c:d\n{mark}"),
            format!("<p>x</p><p>({mark})</p>"),
        ] {
            let found = whole(&text, None);
            assert!(found.iter().any(|one| one == mark), "{text}: {found:?}");
        }
    }
}

#[test]
fn what_only_begins_like_a_mark_is_none() {
    for text in [
        "shoptet",
        "shoptet:",
        "shoptet:222651",
        "shoptet:222651:",
        "shoptet:222651: 5",
        "shoptet: 222651:5",
        "shoptet:a b:5",
        "shoptet:ž:5",
        "shoptet::5",
        "myshoptet:1:5",
        "my-shoptet:1:5",
        "a.shoptet:1:5",
        "a_shoptet:1:5",
        "žshoptet:1:5",
        "faktura:2024:15",
        "12:30:15",
        "Shoptet:1:5",
    ] {
        assert_eq!(Marks::read(text, None), Marks::default(), "{text}");
    }
    assert_eq!(whole("/shoptet:1:5", None), ["shoptet:1:5"]);
}

#[test]
fn a_mark_ends_where_its_reference_does_and_else_in_every_way() {
    for (text, reference, marks) in [
        ("shoptet:1:5", Some("5"), &["shoptet:1:5"][..]),
        ("shoptet:1:5 paid", Some("5"), &["shoptet:1:5"]),
        ("shoptet:1:5, paid", Some(" 5 "), &["shoptet:1:5"]),
        ("(shoptet:1:5)", Some("5"), &["shoptet:1:5"]),
        ("shoptet:1:5 A b", Some("5 A"), &["shoptet:1:5 A"]),
        ("shoptet:1:5 A", Some("5"), &["shoptet:1:5"]),
        ("shoptet:1:5 A", None, &["shoptet:1:5", "shoptet:1:5 A"]),
        ("shoptet:1:5 A", Some(""), &["shoptet:1:5", "shoptet:1:5 A"]),
        ("shoptet:1:55", Some("5"), &["shoptet:1:55"]),
        ("shoptet:1:5-A", Some("5"), &["shoptet:1:5-A"]),
        ("shoptet:1:5,6", Some("5"), &["shoptet:1:5,6"]),
        (
            "shoptet:1:5, x",
            None,
            &["shoptet:1:5", "shoptet:1:5,", "shoptet:1:5, x"],
        ),
        (
            "shoptet:1:5 xero:a:b/1",
            None,
            &["shoptet:1:5", "xero:a:b/1"],
        ),
    ] {
        assert_eq!(whole(text, reference), marks, "{text} {reference:?}");
    }
    let longest = format!("shoptet:1:{}", "x".repeat(LONGEST_MARK - 10));
    assert_eq!(whole(&longest, None), std::slice::from_ref(&longest));
    assert_eq!(whole(&format!("{longest}x"), None), [""; 0]);
}

#[test]
fn the_end_of_a_text_may_be_half_a_mark() {
    let cut = |text, reference| Marks::read(text, reference).cut;
    assert_eq!(
        cut("x\nshoptet:1:20", Some("2024")).as_deref(),
        Some("shoptet:1:20")
    );
    assert_eq!(
        cut("x\nshoptet:1:20…", Some("2024")).as_deref(),
        Some("shoptet:1:20")
    );
    assert_eq!(
        cut("shoptet:1:20...", Some("2024")).as_deref(),
        Some("shoptet:1:20")
    );
    assert_eq!(
        cut("shoptet:1:20&#4", Some("204")).as_deref(),
        Some("shoptet:1:20")
    );
    assert_eq!(
        cut("shoptet:1:A&B C", None).as_deref(),
        Some("shoptet:1:A&B C")
    );
    assert_eq!(cut("shoptet:1:2024", Some("2024")), None, "it is whole");
    assert_eq!(cut("shoptet:1:20\nmore", Some("2024")), None, "it goes on");
    let next = cut("shoptet:1:20 xero:a:b", Some("2024"));
    assert_eq!(next.as_deref(), Some("xero:a:b"), "the last one only");
}

fn each(text: &str, dress: impl Fn(char) -> String) -> String {
    text.chars().map(dress).collect()
}

/// A text as another program would keep it.
fn dressed(text: &str, way: u8) -> String {
    let decomposed = icu_normalizer::DecomposingNormalizerBorrowed::new_nfd();
    match way {
        0 => text.to_owned(),
        1 => each(text, |c| format!("&#{};", u32::from(c))),
        2 => each(text, |c| format!("&#x{:X};", u32::from(c))),
        3 => decomposed
            .normalize(&html_escape::encode_text(text))
            .into_owned(),
        4 => each(text, |c| format!("{c}\u{200b}")),
        5 => text.replace(':', "&colon;").replace(' ', "&nbsp;"),
        _ => format!("<b><i>{}</i></b>", html_escape::encode_text(text)),
    }
}

proptest! {
    #[test]
    fn a_mark_written_is_found_in_any_clothes(
        id in "[A-Za-z0-9žÁ][A-Za-z0-9/žÁ-]{0,20}( [A-Z0-9]{1,3})?",
        way in 0_u8..7,
        around in 0_u8..5,
        behind in prop::option::of("[a-zá]{1,8}[a-zá ]{0,8}"),
    ) {
        let mark = format!("shoptet:222651:{id}");
        let told = dressed(&mark, way);
        let told = match &behind {
            Some(behind) => format!("{told} {behind}"),
            None => told,
        };
        let text = match around {
            0 => format!("https://a/b?c=1&d=2\n{told}"),
            1 => format!("<p>https://a/b?c=1&amp;d=2</p><p>{told}</p>"),
            2 => format!("<p>https://a/b<br>{told}<br/></p>"),
            3 => format!("<div>x</div>\r\n<div>{told}</div>\r\nmore"),
            _ => told,
        };
        let found = whole(&text, Some(&id));
        let wanted = comparable(&mark);
        prop_assert!(found.contains(&wanted), "{}: {:?}", text, found);
    }

    #[test]
    fn any_text_is_read(text in "([:\\PC]|shoptet:1:|xero:){0,30}", reference in prop::option::of("\\PC{0,5}")) {
        let marks = Marks::read(&text, reference.as_deref());
        for mark in marks.whole.iter().chain(&marks.cut) {
            prop_assert!(mark.split(':').count() > 2, "{}", mark);
        }
    }
}
