//! A few records are searched for, where the search can be believed.

use super::*;
use crate::record::{Attributes, Mark, SourceId, Value as Field};

fn income(id: i64) -> Json {
    json!({"id": id, "reference_number": format!("R{id}"), "value": 5, "currency": "CZK"})
}

/// The keys of order `R<n>`.
fn keys(n: i64) -> Keys {
    let mut attributes = Attributes::default();
    attributes.set("reference_number", Field::text(&format!("R{n}")));
    attributes.set("value", Field::id(5));
    attributes.set("currency", Field::text("CZK"));
    let mark = Mark::new("shoptet", "1", &SourceId(format!("R{n}")));
    Keys::of(Kind::Income, &mark, &attributes)
}

/// Looks for these orders, one after another; `true` for each that is found.
async fn look(api: &Script, orders: &[i64], certain: bool) -> Vec<bool> {
    let mut lookup = Lookup::new(&reader(api), Kind::Income, "shoptet");
    lookup.begin(false).await.unwrap();
    let mut found = Vec::new();
    for order in orders {
        lookup.cover(&keys(*order), certain).await.unwrap();
        found.push(lookup.find(&keys(*order)) != Candidates::None);
    }
    found
}

#[tokio::test]
async fn a_search_is_believed_once_it_found_what_is_there() {
    let api = Script::new([
        page(&json!([income(1), income(2)]), 90, 9000),
        page(&json!([income(2)]), 1, 1),
        page(&json!([income(7)]), 1, 1),
        page(&json!([]), 0, 0),
    ])
    .await;
    assert_eq!(look(&api, &[7, 8], false).await, [true, false]);
    insta::assert_snapshot!(api.lines().join("\n"), @"
    GET /api/v1/12345/transfers?page=1&per=1000
    GET /api/v1/12345/transfers?filter%5Bsearch%5D=R2&per=1000
    GET /api/v1/12345/transfers?filter%5Bsearch%5D=R7&per=1000
    GET /api/v1/12345/transfers?filter%5Bsearch%5D=R8&per=1000
    ");
}

#[tokio::test]
async fn a_search_that_changes_nothing_is_not_believed_and_the_list_is_read() {
    let all = || page(&json!([income(1), income(2)]), 4, 5);
    let api = Script::new([
        all(),
        all(),
        page(&json!([income(3)]), 4, 5),
        page(&json!([income(4)]), 4, 5),
        page(&json!([income(7)]), 4, 5),
    ])
    .await;
    assert_eq!(look(&api, &[7, 8], false).await, [true, false]);
    insta::assert_snapshot!(api.lines().join("\n"), @"
    GET /api/v1/12345/transfers?page=1&per=1000
    GET /api/v1/12345/transfers?filter%5Bsearch%5D=R2&per=1000
    GET /api/v1/12345/transfers?page=2&per=1000
    GET /api/v1/12345/transfers?page=3&per=1000
    GET /api/v1/12345/transfers?page=4&per=1000
    ");
}

#[tokio::test]
async fn a_search_that_does_not_find_what_is_there_is_not_believed() {
    let api = Script::new([
        page(&json!([income(1)]), 4, 4),
        page(&json!([]), 0, 0),
        page(&json!([income(2)]), 4, 4),
        page(&json!([income(3)]), 4, 4),
        page(&json!([income(7)]), 4, 4),
    ])
    .await;
    assert_eq!(look(&api, &[7], false).await, [true]);
}

#[tokio::test]
async fn the_list_is_read_where_that_takes_fewer_requests() {
    let api = Script::new([
        page(&json!([income(1)]), 2, 2),
        page(&json!([income(7)]), 2, 2),
    ])
    .await;
    assert_eq!(look(&api, &[7, 8], false).await, [true, false]);
    assert_eq!(api.lines().len(), 2);
}

#[tokio::test]
async fn what_has_to_be_certain_is_looked_for_in_the_list() {
    let api = Script::new([
        page(&json!([income(1)]), 3, 3),
        page(&json!([income(2)]), 3, 3),
        page(&json!([income(7)]), 3, 3),
    ])
    .await;
    assert_eq!(look(&api, &[7], true).await, [true]);
    let lines = api.lines();
    assert!(lines.iter().all(|line| line.contains("page=")), "{lines:?}");
}
