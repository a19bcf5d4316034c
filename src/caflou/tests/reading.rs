//! Lists and single records.

use super::*;
use crate::record::{Mark, SourceId};

fn company(id: i64) -> Json {
    json!({"id": id, "name": "A", "another_identifier": format!("shoptet:1:g-{id}")})
}

/// What is known of the customers `g-1` to `g-4`.
fn found(index: &Lookup) -> [bool; 4] {
    [1, 2, 3, 4].map(|id| {
        let mark = Mark::new("shoptet", "1", &SourceId(format!("g-{id}")));
        let one = Candidates::One(CaflouId(id), MatchedBy::Mark);
        index.find(&Keys::mark(&mark)) == one
    })
}

async fn whole_list(api: &Script) -> Lookup {
    let mut lookup = Lookup::new(&reader(api), Kind::Company);
    lookup.read_whole(&[], false).await.unwrap();
    lookup
}

#[tokio::test]
async fn a_list_asks_for_a_thousand_rows_a_page_and_believes_how_many_pages_there_are() {
    let api = Script::new([
        page(&json!([company(1)]), 3, 3),
        page(&json!([company(2)]), 3, 3),
        page(&json!([company(3)]), 3, 3),
    ])
    .await;
    let index = whole_list(&api).await;
    assert_eq!(found(&index), [true, true, true, false]);
    insta::assert_snapshot!(api.lines().join("\n"), @"
    GET /api/v1/12345/companies?page=1&per=1000
    GET /api/v1/12345/companies?page=2&per=1000
    GET /api/v1/12345/companies?page=3&per=1000
    ");
}

#[tokio::test]
async fn incomes_are_transfers() {
    let api = Script::new([page(&json!([]), 0, 0)]).await;
    let page = reader(&api).page(Kind::Income, 1).await.unwrap();
    assert_eq!((page.rows.len(), page.pages, page.total), (0, 0, Some(0)));
    assert_eq!(api.lines(), ["GET /api/v1/12345/transfers?page=1&per=1000"]);
}

#[tokio::test]
async fn a_list_that_changed_while_it_was_read_is_read_again() {
    let api = Script::new([
        page(&json!([company(1), company(2)]), 2, 3),
        // One was trashed, and 3 went to the first page.
        page(&json!([company(4)]), 2, 2),
        page(&json!([company(2), company(3)]), 2, 3),
        page(&json!([company(4)]), 2, 3),
    ])
    .await;
    let index = whole_list(&api).await;
    assert_eq!(found(&index), [true; 4]);
    assert_eq!(api.lines().len(), 4);
}

#[tokio::test]
async fn templates_and_trashed_records_are_not_found() {
    let rows = json!([
        {"id": 1, "another_identifier": "shoptet:1:g-1", "trash": true},
        {"id": 2, "another_identifier": "shoptet:1:g-2", "template": true},
        {"id": 3, "another_identifier": "shoptet:1:g-3", "trashed_at": "2026-01-01"},
        {"id": "4", "another_identifier": "shoptet:1:g-4", "trash": null, "template": null},
    ]);
    let api = Script::new([page(&rows, 1, 4)]).await;
    let index = whole_list(&api).await;
    assert_eq!(found(&index), [false, false, false, true]);
}

#[tokio::test]
async fn a_list_that_is_none_is_an_error() {
    let api = Script::new([
        Reply::new(200, json!([company(1)])),
        Reply::new(200, json!({"results": []})).with("x-request-id", "r-9"),
    ])
    .await;
    let reader = reader(&api);
    for _ in 0..2 {
        let error = reader.page(Kind::Company, 1).await.map(drop).unwrap_err();
        assert!(error.to_string().contains("something unexpected: no "));
    }
}

#[tokio::test]
async fn a_record_is_read_with_its_exact_values() {
    let body = r#"{"id": 7, "value": 1234.50, "name": null, "tags": ["a"], "custom_column_1": 5,
                   "done": false, "description": "<p>x</p>"}"#;
    let api = Script::new([Reply::new(200, body)]).await;
    let stored = reader(&api).get(Kind::Income, CaflouId(7)).await.unwrap();
    let stored = stored.unwrap();
    assert_eq!(api.lines(), ["GET /api/v1/12345/transfers/7"]);
    insta::assert_snapshot!(stored.attributes.to_json(), @r#"{"description":"<p>x</p>","done":false,"name":null,"tags":["a"],"value":1234.50}"#);
}

#[tokio::test]
async fn a_record_that_is_missing_or_in_the_trash_is_none() {
    let api = Script::new([
        Reply::new(404, json!({"error": "Not found"})),
        Reply::new(404, "<html>"),
        Reply::new(410, ""),
        Reply::new(200, json!({"id": 7, "trash": true})),
        Reply::new(
            200,
            json!({"id": 7, "trash": false, "trashed_at": "2026-01-01T00:00:00Z"}),
        ),
    ])
    .await;
    let reader = reader(&api);
    for _ in 0..5 {
        let stored = reader.get(Kind::Company, CaflouId(7)).await.unwrap();
        assert_eq!(stored, None);
    }
    assert_eq!(api.lines(), ["GET /api/v1/12345/companies/7"; 5]);
}

#[tokio::test]
async fn another_record_than_the_one_asked_for_is_an_error() {
    let api = Script::new([Reply::new(200, json!({"id": 8}))]).await;
    let error = reader(&api)
        .get(Kind::Company, CaflouId(7))
        .await
        .unwrap_err();
    insta::assert_snapshot!(error, @"Caflou answered GET /api/v1/12345/companies/7 with something unexpected: not the record asked for");
}

#[tokio::test]
async fn accounts_are_listed_bare_or_as_results_with_ids_as_text_or_numbers() {
    let rows = json!([{"id": "958a30da", "name": "Příklad s.r.o."}, {"id": 5, "name": null}, {}]);
    let api = Script::new([
        Reply::new(200, &rows),
        Reply::new(200, json!({"results": rows})),
        Reply::new(200, "{}"),
    ])
    .await;
    let reader = reader(&api);
    for _ in 0..2 {
        let accounts = reader.accounts().await.unwrap();
        let accounts: Vec<_> = accounts.into_iter().map(|a| (a.id, a.name)).collect();
        let expected = [("958a30da", "Příklad s.r.o."), ("5", "5")];
        assert_eq!(
            accounts,
            expected.map(|(id, name)| (id.to_owned(), name.to_owned()))
        );
    }
    assert!(reader.accounts().await.is_err());
    assert_eq!(api.lines(), ["GET /api/v1/accounts"; 3]);
}
