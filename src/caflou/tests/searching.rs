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
    let mut lookup = Lookup::new(&reader(api), Kind::Income);
    if !certain {
        lookup.begin().await.unwrap();
    }
    let mut found = Vec::new();
    for order in orders {
        let keys = keys(*order);
        if !lookup
            .cover(keys.search_term(), (certain, certain))
            .await
            .unwrap()
        {
            lookup.read_whole(&[], certain).await.unwrap();
        }
        found.push(lookup.find(&keys) != Candidates::None);
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
async fn what_has_to_be_certain_is_looked_for_in_the_list_read_twice() {
    let pages = [1, 2, 7].map(|id| page(&json!([income(id)]), 3, 3));
    let api = Script::new([pages.clone(), pages].concat()).await;
    assert_eq!(look(&api, &[7], true).await, [true]);
    let lines = api.lines();
    assert_eq!(lines.len(), 6, "twice, and the same");
    assert!(lines.iter().all(|line| line.contains("page=")), "{lines:?}");
}

#[tokio::test]
async fn a_search_of_which_something_is_unread_is_not_believed() {
    for odd in [
        page(&json!([null]), 1, 1),
        page(&json!([{"transfer": income(7)}]), 1, 1),
        page(&json!([]), 1, 1),
    ] {
        let api = Script::new([
            page(&json!([income(1)]), 5, 5),
            page(&json!([income(1)]), 1, 1),
            odd,
            page(&json!([income(2)]), 5, 5),
            page(&json!([income(3)]), 5, 5),
            page(&json!([income(4)]), 5, 5),
            page(&json!([income(7)]), 5, 5),
        ])
        .await;
        assert_eq!(look(&api, &[7], false).await, [true]);
    }
}

/// Reads a list that has to have the records 1 to 6, with these answers.
async fn with_the_known(answers: impl IntoIterator<Item = Reply>) -> (String, usize) {
    let api = Script::new(answers).await;
    let mut lookup = Lookup::new(&reader(&api), Kind::Income);
    let said = match lookup.read_whole(&[1, 2, 3, 4, 5, 6], false).await {
        Ok(()) => format!("{:?}", lookup.standing(CaflouId(1))),
        Err(error) => error.to_string(),
    };
    (said, api.lines().len())
}

#[tokio::test]
async fn a_list_without_what_is_known_to_be_there_is_not_whole() {
    let rows = |ids: &[i64]| Json::from(ids.iter().map(|id| income(*id)).collect::<Vec<_>>());
    let list = |ids: &[i64]| page(&rows(ids), 1, ids.len() as u64);
    let all = || list(&[1, 2, 3, 4, 5, 6, 9]);
    let there = "Some(There)".to_owned();
    assert_eq!(with_the_known([all()]).await, (there.clone(), 1));
    // Empty for a moment.
    assert_eq!(with_the_known([list(&[]), all()]).await, (there.clone(), 2));
    // Without one that is there when it is asked for.
    let lacks = || [list(&[1, 2, 3, 4, 5]), Reply::new(200, income(6))];
    let answers = lacks().into_iter().chain([all()]);
    assert_eq!(with_the_known(answers).await, (there.clone(), 3));
    let again = (0..4).flat_map(|_| lacks());
    let (said, _) = with_the_known(again).await;
    assert!(said.contains("lacks record 6, which is there"), "{said}");
    // Without one that is gone.
    let missing = Reply::new(404, json!({"error": "not found"}));
    let gone = [list(&[2, 3, 4, 5, 6]), missing];
    assert_eq!(with_the_known(gone).await, ("Some(NotThere)".to_owned(), 2));
    // All but one gone is no list to believe.
    let (said, asked) = with_the_known((0..4).map(|_| list(&[]))).await;
    assert!(
        said.contains("lacks 6 of 6 records that were imported"),
        "{said}"
    );
    assert_eq!(asked, 4);
}
