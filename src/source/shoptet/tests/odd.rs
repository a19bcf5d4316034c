//! Lists as no shop should give them.

use super::*;

#[tokio::test]
async fn a_paginator_may_hold_text_and_is_an_error_where_it_holds_no_counts() {
    let body =
        json!({"orders": [order("A-1")], "paginator": {"totalCount": "1", "pageCount": "1"}});
    let api = Script::new([data(&body)]).await;
    let (lines, complete) = read(&plain(&api), Kind::Income, Scope::Full).await.unwrap();
    assert_eq!(lines, ["1 expected", "A-1 10.00 CZK"]);
    assert!(complete);
    let body = json!({"orders": [order("A-1")], "paginator": {"pageCount": -1}});
    let api = Script::new([data(&body)]).await;
    let error = read(&plain(&api), Kind::Income, Scope::Full)
        .await
        .unwrap_err();
    insta::assert_snapshot!(error, @"Shoptet answered GET /api/orders with something unexpected: in the paginator, `pageCount` is negative, not a count");
}

#[tokio::test]
async fn a_row_that_looks_like_the_code_of_another_does_not_hide_it() {
    let api = Script::new([orders(&[json!(123), order("123")], 1, 2)]).await;
    let (lines, complete) = read(&plain(&api), Kind::Income, Scope::Full).await.unwrap();
    assert_eq!(
        lines,
        ["2 expected", "? broken: not an object", "123 10.00 CZK"]
    );
    assert!(!complete);
}

#[tokio::test]
async fn a_page_that_comes_again_and_again_ends_the_list_as_incomplete() {
    let same = || orders(&[order("A-1")], 1000, 1000);
    let api = Script::new([same(), same()]).await;
    let (lines, complete) = read(&plain(&api), Kind::Income, Scope::Full).await.unwrap();
    assert_eq!(lines[..2], ["1000 expected", "A-1 10.00 CZK"]);
    assert!(lines[2].starts_with("warning: the list of orders kept changing"));
    assert!(!complete);
}

#[tokio::test]
async fn an_unusable_key_is_never_asked_for_and_its_creation_says_where_it_is_found_again() {
    for made in [json!("2026-11-30T09:00:00+0100"), json!(null)] {
        let rows = ["a\u{0}b", "", "..", "a\u{2028}b"].map(|code| {
            let mut row = order("x");
            row["code"] = json!(code);
            row["creationTime"] = made.clone();
            row
        });
        let api = Script::new([orders(&rows, 1, 4)]).await;
        let (lines, complete) = read(&plain(&api), Kind::Income, Scope::Full).await.unwrap();
        assert!(
            lines[1..]
                .iter()
                .all(|line| line.starts_with("? broken: `code` is no usable"))
        );
        assert_eq!((lines.len(), api.lines().len()), (5, 1));
        assert_eq!(complete, !made.is_null());
    }
}

#[tokio::test]
async fn a_code_that_cannot_be_marked_fails_under_its_number_and_leaves_the_reading_complete() {
    let rows = ["<b>", "shoptet:222651:2", "1&amp;2", "A&B", "2024/7"].map(|code| {
        let mut row = order("x");
        row["code"] = json!(code);
        row
    });
    let api = Script::new([orders(&rows, 1, 5)]).await;
    let (lines, complete) = read(&plain(&api), Kind::Income, Scope::Full).await.unwrap();
    let start = |line: &String| line.split(": `").next().unwrap_or_default().to_owned();
    let starts: Vec<_> = lines.iter().map(start).collect();
    assert_eq!(
        starts,
        [
            "5 expected",
            "<b> broken",
            "shoptet:222651:2 broken",
            "1&amp;2 broken",
            "A&B 10.00 CZK",
            "2024/7 10.00 CZK"
        ]
    );
    assert!(complete);
}

#[tokio::test]
async fn an_order_that_stands_in_several_lists_comes_once() {
    let changes = data(&json!({
        "changes": [{"code": "A-2", "changeTime": "2026-11-30T10:00:00+0100", "changeType": "edit"}],
        "paginator": {"totalCount": 1, "pageCount": 1},
    }));
    // The last answer is to the question for A-2.
    let list = orders(&[order("A-1")], 1, 1);
    let both = orders(&[order("A-1"), order("A-2")], 1, 2);
    let api = Script::new([changes, list, both]).await;
    let scope = Scope::Since {
        cursor: "2026-11-30T00:00:00Z".to_owned(),
        whole_list: false,
    };
    let (lines, _) = read(&plain(&api), Kind::Income, scope).await.unwrap();
    assert_eq!(lines, ["1 expected", "A-1 10.00 CZK", "A-2 10.00 CZK"]);
}

#[tokio::test]
async fn of_orders_asked_for_by_their_codes_others_are_left_alone() {
    // A filter that is ignored gives everything.
    let all = orders(&[order("A-1"), order("A-2"), order("A-3")], 1, 3);
    let api = Script::new([all]).await;
    let scope = Scope::Only(vec![SourceId("A-2".to_owned())]);
    let (lines, _) = read(&plain(&api), Kind::Income, scope).await.unwrap();
    assert_eq!(lines, ["1 expected", "A-2 10.00 CZK"]);
}
