//! Lists and details: what is read, and what becomes of rows that move, repeat or are broken.

use super::*;
use crate::config::PaymentDate;

#[tokio::test]
async fn rows_that_move_between_pages_are_read_in_a_second_pass_and_none_comes_twice() {
    let [a, b, c, d] = ["A", "B", "C", "D"].map(order);
    let api = Script::new([
        orders(&[a.clone(), b.clone()], 2, 3),
        // One more, which pushed B to the second page and C out of sight.
        orders(std::slice::from_ref(&b), 2, 4),
        orders(&[d, a], 2, 4),
        orders(&[b, c], 2, 4),
    ])
    .await;
    let (items, complete) = read(&plain(&api), Kind::Income, Scope::Full).await.unwrap();
    insta::assert_snapshot!(items.join("\n"), @"
    3 expected
    A 10.00 CZK
    B 10.00 CZK
    D 10.00 CZK
    C 10.00 CZK
    ");
    assert!(complete);
    assert_eq!(api.lines().len(), 4);
}

#[tokio::test]
async fn a_list_that_never_holds_still_is_given_up_and_reading_is_not_complete() {
    let mut replies = Vec::new();
    for pass in 0..4 {
        replies.push(orders(&[order("A")], 2, 2 + pass));
        replies.push(orders(&[order("B")], 2, 3 + pass));
    }
    let api = Script::new(replies).await;
    let (items, complete) = read(&plain(&api), Kind::Income, Scope::Full).await.unwrap();
    insta::assert_snapshot!(items.join("\n"), @"
    2 expected
    A 10.00 CZK
    B 10.00 CZK
    warning: the list of orders kept changing while it was read; the next run reads it again
    ");
    assert!(!complete);
    assert_eq!(api.lines().len(), 8);
}

#[tokio::test]
async fn a_row_that_is_there_twice_makes_no_endless_reading() {
    let page = || orders(&[order("A"), order("A")], 1, 2);
    let api = Script::new([page(), page()]).await;
    let (items, complete) = read(&plain(&api), Kind::Income, Scope::Full).await.unwrap();
    assert_eq!(items, ["2 expected", "A 10.00 CZK"]);
    assert!(complete);
    assert_eq!(api.lines().len(), 2);
}

#[tokio::test]
async fn a_malformed_row_fails_alone_with_its_code() {
    let mut bad = order("B");
    bad["paid"] = json!("yes");
    let mut poor = order("C");
    poor["price"] = json!({"toPay": null, "currencyCode": "CZK"});
    let api = Script::new([orders(&[order("A"), bad, poor, order("D")], 1, 4)]).await;
    let (items, complete) = read(&plain(&api), Kind::Income, Scope::Full).await.unwrap();
    insta::assert_snapshot!(items.join("\n"), @"
    4 expected
    A 10.00 CZK
    B broken: `paid` is text, not true, false or null
    C broken: no amount: toPay and withVat are both empty
    D 10.00 CZK
    ");
    assert!(complete, "they can be found again by their codes");
}

#[tokio::test]
async fn a_row_without_a_readable_code_fails_alone_and_reading_is_not_complete() {
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    let rows = format!(
        r#"[{}, "B", {{"remark": {deep}}}, {}]"#,
        order("A"),
        order("D")
    );
    let paginator = r#"{"totalCount": 4, "pageCount": 1}"#;
    let page = format!(r#"{{"data": {{"orders": {rows}, "paginator": {paginator}}}}}"#);
    let api = Script::new([Reply::new(200, page)]).await;
    let (items, complete) = read(&plain(&api), Kind::Income, Scope::Full).await.unwrap();
    insta::assert_snapshot!(items.join("\n"), @"
    4 expected
    A 10.00 CZK
    ? broken: not an object
    ? broken: unreadable: recursion limit exceeded at line 1 column 138
    D 10.00 CZK
    ");
    assert!(!complete);
}

#[tokio::test]
async fn pages_are_asked_for_until_the_last_that_the_shop_counts() {
    let api = Script::new([
        orders(&[order("A")], 3, 3),
        orders(&[order("B")], 3, 3),
        orders(&[order("C")], 3, 3),
    ])
    .await;
    let (items, complete) = read(&plain(&api), Kind::Income, Scope::Full).await.unwrap();
    assert_eq!(
        (items.len(), complete),
        (4, true),
        "the total and three rows"
    );
    insta::assert_snapshot!(api.lines().join("\n"), @"
    GET /api/orders?creationTimeTo=2026-12-01T12%3A00%3A00%2B0100&itemsPerPage=50&page=1
    GET /api/orders?creationTimeTo=2026-12-01T12%3A00%3A00%2B0100&itemsPerPage=50&page=2
    GET /api/orders?creationTimeTo=2026-12-01T12%3A00%3A00%2B0100&itemsPerPage=50&page=3
    ");
}

#[tokio::test]
async fn changes_and_the_list_by_change_time_are_united_and_deletions_come_from_the_changes() {
    let change = |code: &str, kind: &str| json!({"code": code, "changeType": kind, "changeTime": "2026-11-30T12:00:00+0100"});
    let rows = [
        change("A", "edit"),
        change("B", "edit"),
        change("C", "delete"),
        json!({"code": {}}),
    ];
    let api = Script::new([
        data(&json!({"changes": rows, "paginator": {"totalCount": 4, "pageCount": 1}})),
        orders(&[order("A"), order("N")], 1, 2),
        orders(&[order("B")], 1, 1),
    ])
    .await;
    let cursor = "2026-11-30T12:00:00Z".to_owned();
    let whole_list = false;
    let scope = Scope::Since { cursor, whole_list };
    let (mut items, complete) = read(&plain(&api), Kind::Income, scope).await.unwrap();
    items.sort_unstable();
    insta::assert_snapshot!(items.join("\n"), @"
    2 expected
    A 10.00 CZK
    B 10.00 CZK
    C deleted in the shop
    N 10.00 CZK
    warning: a line of the orders' changes is unusable: `code` is an object, not text
    ");
    assert!(!complete, "a line of the changes could not be read");
    assert!(api.lines()[2].starts_with("GET /api/orders?orderCodes=B&"));
}

#[tokio::test]
async fn orders_asked_for_by_code_are_read_at_once_and_a_missing_one_is_confirmed_missing() {
    let ids = ["A-1", "B/2", "C"].map(|code| SourceId(code.to_owned()));
    let detail = json!({
        "order": {
            "code": "B/2", "creationTime": "2026-11-20T10:15:00+0100", "paid": false,
            "price": {"toPay": "7", "currencyCode": "EUR"},
        },
    });
    let api = Script::new([
        orders(&[order("A-1")], 1, 1),
        data(&detail),
        refusal(404, "not-found", "Order not found."),
    ])
    .await;
    let scope = Scope::Only(ids.to_vec());
    let (items, complete) = read(&plain(&api), Kind::Income, scope).await.unwrap();
    insta::assert_snapshot!(items.join("\n"), @"
    3 expected
    A-1 10.00 CZK
    B/2 7 EUR
    C broken: the shop has no order with this code
    ");
    insta::assert_snapshot!(api.lines().join("\n"), @"
    GET /api/orders?orderCodes=A-1%2CB%2F2%2CC&itemsPerPage=50&page=1
    GET /api/orders/B%2F2
    GET /api/orders/C
    ");
    assert!(complete);
}

#[tokio::test]
async fn payment_transactions_are_asked_for_of_paid_orders_and_only_where_the_setting_wants_them() {
    let mut unpaid = order("B");
    unpaid["paid"] = json!(false);
    let rows = [order("A"), unpaid, order("G")];
    let ok = json!({"status": "OK", "changeTime": "2026-11-21T10:00:00+0100"});
    let api = Script::new([
        orders(&rows, 1, 3),
        data(&json!({"order": {"code": "A", "paymentTransactions": [ok]}})),
        refusal(404, "not-found", "Order not found."),
    ])
    .await;
    let mapping = Mapping {
        payment_date: PaymentDate::Transactions,
        ..Mapping::default()
    };
    let source = source(&api, Interval::default(), mapping);
    let (items, _) = read(&source, Kind::Income, Scope::Full).await.unwrap();
    assert_eq!(items.len(), 4);
    assert_eq!(
        api.lines()[1..],
        [
            "GET /api/orders/A?include=paymentTransactions",
            "GET /api/orders/G?include=paymentTransactions"
        ]
    );
    let api = Script::new([orders(&rows, 1, 3)]).await;
    read(&plain(&api), Kind::Income, Scope::Full).await.unwrap();
    assert_eq!(api.lines().len(), 1);
}

#[tokio::test]
async fn an_order_outside_the_interval_is_passed_over_and_one_asked_for_says_so() {
    let interval = Interval {
        from: Some("2026-11-21".parse().unwrap()),
        to: None,
    };
    let page = || orders(&[order("A")], 1, 1);
    let api = Script::new([page(), page()]).await;
    let source = source(&api, interval, Mapping::default());
    let (items, _) = read(&source, Kind::Income, Scope::Full).await.unwrap();
    assert_eq!(items, ["1 expected"]);
    let only = Scope::Only(vec![SourceId("A".to_owned())]);
    let (items, _) = read(&source, Kind::Income, only).await.unwrap();
    insta::assert_snapshot!(items.join("\n"), @"
    1 expected
    A broken: created on 2026-11-20, outside the interval
    ");
}

#[tokio::test]
async fn customers_are_listed_and_each_ones_detail_is_read() {
    let rows = ["g-1", "g-2", "g-3", "g-4"].map(|guid| json!({"guid": guid}));
    let detail = |guid: &str| {
        data(&json!({"customer": {"guid": guid, "billingAddress": {"fullName": "Jana"}}}))
    };
    let api = Script::new([
        data(&json!({"customers": rows, "paginator": {"totalCount": 4, "pageCount": 1}})),
        detail("g-1").at("/g-1"),
        // Deleted since.
        refusal(404, "not-found", "Customer not found.").at("/g-2"),
        detail("g-9").at("/g-3"),
        data(&json!({"customer": {"guid": "g-4", "billingAddress": null}})).at("/g-4"),
    ])
    .await;
    let (items, complete) = read(&plain(&api), Kind::Company, Scope::Full)
        .await
        .unwrap();
    insta::assert_snapshot!(items.join("\n"), @"
    4 expected
    g-1 company Jana
    g-3 broken: the shop answered with another customer, g-9
    g-4 erased in the shop
    ");
    let mut lines = api.lines();
    lines[1..].sort_unstable(); // three at a time
    insta::assert_snapshot!(lines.join("\n"), @"
    GET /api/customers?itemsPerPage=1000&page=1
    GET /api/customers/g-1
    GET /api/customers/g-2
    GET /api/customers/g-3
    GET /api/customers/g-4
    ");
    assert!(complete);
}

#[tokio::test]
async fn details_that_are_refused_one_after_another_end_the_reading() {
    let rows: Vec<_> = (1..=9).map(|n| json!({"guid": format!("g-{n}")})).collect();
    let list = data(&json!({"customers": rows, "paginator": {"totalCount": 9, "pageCount": 1}}));
    let refused = vec![refusal(422, "unprocessable", "No."); 9];
    let api = Script::new(std::iter::once(list).chain(refused)).await;
    let error = read(&plain(&api), Kind::Company, Scope::Full)
        .await
        .unwrap_err();
    insta::assert_snapshot!(error, @"Shoptet refused GET /api/customers/g-5: 422 unprocessable, No. (request r-2)");
    assert!(api.lines().len() <= 1 + 5 + 3, "the rest is not asked for");
}
