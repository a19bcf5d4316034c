//! Days: of the order, of its payment, in the time zone of the shop.

use std::collections::BTreeMap;

use super::*;
use crate::config::ExpectedDays;
use crate::source::shoptet::row::Row;

fn created(time: &str) -> Result<String, String> {
    let changes = json!({"creationTime": time, "changeTime": null});
    let row = changed(order_row(), &changes);
    let draft = map_order(&row, &settings(Mapping::default()))?;
    Ok(some(&attributes(&draft), &["date"]))
}

#[test]
fn the_date_is_the_day_in_the_shops_time_zone() {
    let all = [
        // The offset that it is written with does not matter.
        "2026-07-01T23:59:59+0200",
        "2026-07-01T21:59:59+0000",
        "2026-07-01T22:00:00Z",
        "2026-07-01T18:00:00-0400",
        "2026-01-01T00:00:00+0100",
        "2025-12-31T22:59:59+0000",
        "2025-12-31T23:00:00.500+00:00",
        // The clock goes from 02:00 to 03:00.
        "2026-03-28T22:59:59+0000",
        "2026-03-28T23:00:00+0000",
        "2026-03-29T00:59:59+0000",
        "2026-03-29T01:00:00+0000",
        "2026-03-29T21:59:59+0000",
        "2026-03-29T22:00:00+0000",
        // The clock goes from 03:00 to 02:00.
        "2026-10-24T21:59:59+0000",
        "2026-10-24T22:00:00+0000",
        "2026-10-25T02:30:00+0200",
        "2026-10-25T02:30:00+0100",
        "2026-10-25T22:59:59+0000",
        "2026-10-25T23:00:00+0000",
    ]
    .map(|time| format!("{time} → {}", created(time).unwrap()));
    insta::assert_snapshot!(all.join("\n"), @r#"
    2026-07-01T23:59:59+0200 → "2026-07-01"
    2026-07-01T21:59:59+0000 → "2026-07-01"
    2026-07-01T22:00:00Z → "2026-07-02"
    2026-07-01T18:00:00-0400 → "2026-07-02"
    2026-01-01T00:00:00+0100 → "2026-01-01"
    2025-12-31T22:59:59+0000 → "2025-12-31"
    2025-12-31T23:00:00.500+00:00 → "2026-01-01"
    2026-03-28T22:59:59+0000 → "2026-03-28"
    2026-03-28T23:00:00+0000 → "2026-03-29"
    2026-03-29T00:59:59+0000 → "2026-03-29"
    2026-03-29T01:00:00+0000 → "2026-03-29"
    2026-03-29T21:59:59+0000 → "2026-03-29"
    2026-03-29T22:00:00+0000 → "2026-03-30"
    2026-10-24T21:59:59+0000 → "2026-10-24"
    2026-10-24T22:00:00+0000 → "2026-10-25"
    2026-10-25T02:30:00+0200 → "2026-10-25"
    2026-10-25T02:30:00+0100 → "2026-10-25"
    2026-10-25T22:59:59+0000 → "2026-10-25"
    2026-10-25T23:00:00+0000 → "2026-10-26"
    "#);
}

#[test]
fn another_shop_has_other_days() {
    let mut settings = settings(Mapping::default());
    settings.zone = chrono_tz::America::New_York;
    let row = changed(
        order_row(),
        &json!({"creationTime": "2026-11-20T05:00:00+0100"}),
    );
    let out = attributes(&map_order(&row, &settings).unwrap());
    assert_eq!(out["date"], "2026-11-19");
}

#[test]
fn a_time_that_is_none_or_out_of_range_is_refused_with_its_attribute() {
    let long = "2026-11-20 ".repeat(50);
    let all = [
        "2026-11-20",
        "2026-11-20T10:15:00",
        "2026-02-30T10:15:00+0100",
        "1989-12-31T10:15:00+0100",
        "2101-01-01T10:15:00+0100",
        "0000-00-00T00:00:00+0000",
        "-271821-04-20T00:00:00+0000",
        long.as_str(),
    ]
    .map(|time| created(time).unwrap_err());
    insta::assert_snapshot!(all.join("\n"), @"
    `creationTime` is not a usable date-time: `2026-11-20`
    `creationTime` is not a usable date-time: `2026-11-20T10:15:00`
    `creationTime` is not a usable date-time: `2026-02-30T10:15:00+0100`
    `creationTime` is not a usable date-time: `1989-12-31T10:15:00+0100`
    `creationTime` is not a usable date-time: `2101-01-01T10:15:00+0100`
    `creationTime` is not a usable date-time: `0000-00-00T00:00:00+0000`
    `creationTime` is not a usable date-time: `-271821-04-20T00:00:00+0000`
    `creationTime` is not a usable date-time: `2026-11-20 2026-11-20 2026-11-20 2026-11`
    ");
    insta::assert_snapshot!(order_error(&json!({"creationTime": null})), @"no creation time");
    insta::assert_snapshot!(order_error(&json!({"creationTime": []})), @"`creationTime` is a list, not text");
}

#[test]
fn a_change_time_that_is_none_fails_nothing_and_is_told_where_it_is_needed() {
    for text in [
        "0000-00-00T00:00:00+0000",
        "9999-12-31T23:59:59+0000",
        "yesterday",
        "",
    ] {
        for (paid, warns) in [(true, true), (false, false)] {
            let draft = order_draft(&json!({"changeTime": text, "paid": paid}));
            assert_eq!(draft.changed_at, None);
            let told = draft
                .warnings
                .iter()
                .any(|one| one.starts_with("changeTime"));
            assert_eq!(told, warns && !text.is_empty(), "{text:?}, paid: {paid}");
        }
        let draft = customer_draft(&json!({"changeTime": text}));
        assert_eq!(draft.changed_at, None);
    }
}

#[test]
fn an_unpaid_order_is_expected_after_the_days_of_its_payment_method() {
    let mapping = Mapping {
        expected_days: ExpectedDays {
            default: 14,
            by_method: BTreeMap::from([("Dobírkou".to_owned(), 7), ("Kartou".to_owned(), 0)]),
        },
        ..Mapping::default()
    };
    let date = |paid: Json, method: Json| {
        let changes = json!({"paid": paid, "paymentMethod": method});
        let out = income_under(mapping.clone(), &changes);
        format!("{paid} {method}: {}", some(&out, &["date"]))
    };
    let all = [
        date(json!(false), json!({"name": "Dobírkou"})),
        date(json!(null), json!({"name": " Dobírkou "})),
        date(json!(false), json!({"name": "Kartou"})),
        date(json!(false), json!({"name": "Převodem"})),
        date(json!(false), json!({"name": null})),
        date(json!(false), json!(null)),
        date(json!(true), json!({"name": "Dobírkou"})),
    ];
    insta::assert_snapshot!(all.join("\n"), @r#"
    false {"name":"Dobírkou"}: "2026-11-27"
    null {"name":" Dobírkou "}: "2026-11-27"
    false {"name":"Kartou"}: "2026-11-20"
    false {"name":"Převodem"}: "2026-12-04"
    false {"name":null}: "2026-12-04"
    false null: "2026-12-04"
    true {"name":"Dobírkou"}: "2026-11-20"
    "#);
}

#[test]
fn days_are_expected_by_the_calendar_also_over_a_change_of_the_clock_and_to_the_last_year() {
    let mapping = Mapping {
        expected_days: ExpectedDays {
            default: 3650,
            ..ExpectedDays::default()
        },
        ..Mapping::default()
    };
    let changes = json!({"creationTime": "2100-12-31T22:00:00+0000", "paid": false});
    assert_eq!(income_under(mapping, &changes)["date"], "2110-12-29");
    let mapping = Mapping {
        expected_days: ExpectedDays {
            default: 1,
            ..ExpectedDays::default()
        },
        ..Mapping::default()
    };
    let changes = json!({"creationTime": "2026-10-25T00:00:00+0200", "paid": false});
    assert_eq!(income_under(mapping, &changes)["date"], "2026-10-26");
}

/// The day of payment of an order that was paid online, or was not.
fn paid(payment_date: PaymentDate, paid_at: Option<&str>, changes: &Json) -> String {
    let mapping = Mapping {
        payment_date,
        ..Mapping::default()
    };
    let order = wire::decode(Ok(changed(order_row(), changes)), "code", Order::read);
    let paid_at = paid_at.map(|time| time.parse().unwrap());
    let draft = super::super::order(&order.unwrap(), &settings(mapping), paid_at).unwrap();
    some(&attributes(&draft), &["payment_date"])
}

#[test]
fn the_payment_date_is_the_day_of_the_change_of_the_order_or_of_the_payment() {
    use PaymentDate::{FirstPaid, OrderTime, Transactions};
    let (late, none) = (Some("2026-11-21T23:30:00Z"), json!({}));
    let all = [
        paid(FirstPaid, None, &none),
        paid(
            FirstPaid,
            None,
            &json!({"changeTime": "2026-11-21T23:30:00+0000"}),
        ),
        // Nothing says when it changed: then when it was made.
        paid(FirstPaid, None, &json!({"changeTime": null})),
        paid(OrderTime, late, &none),
        paid(
            OrderTime,
            None,
            &json!({"creationTime": "2026-11-20T23:30:00+0000"}),
        ),
        paid(Transactions, late, &none),
        // Paid in another way than online.
        paid(Transactions, None, &none),
        paid(Transactions, late, &json!({"paid": false})),
    ];
    insta::assert_snapshot!(all.join("\n"), @r#"
    "2026-11-22"
    "2026-11-22"
    "2026-11-20"
    "2026-11-20"
    "2026-11-21"
    "2026-11-22"
    "2026-11-22"
    -
    "#);
}

#[test]
fn the_payment_is_the_last_transaction_that_succeeded() {
    let last = |transactions: Json| {
        let detail = json!({"paymentTransactions": transactions});
        let time = wire::last_payment(Row::of(&detail).unwrap());
        time.map(|time| time.map(|time| time.to_rfc3339()))
            .map_err(|error| error.to_string())
    };
    let ok = |time: &str| json!({"status": "OK", "changeTime": time});
    let (early, late) = (
        ok("2026-11-20T10:00:00+0100"),
        ok("2026-11-21T10:00:00+0100"),
    );
    let failed = json!({"status": "FAILED", "changeTime": "2026-11-22T10:00:00+0100"});
    let unchanged = json!({"status": "OK", "creationTime": "2026-11-20T10:00:00+0100"});
    let time = |text: &str| Ok(Some(text.to_owned()));
    assert_eq!(
        last(json!([late, early, failed])),
        time("2026-11-21T09:00:00+00:00")
    );
    assert_eq!(last(json!([unchanged])), time("2026-11-20T09:00:00+00:00"));
    assert_eq!(last(json!([failed])), Ok(None));
    assert_eq!(last(json!([])), Ok(None));
    assert_eq!(last(json!(null)), Ok(None));
    assert_eq!(last(json!([{"status": "OK"}])), Ok(None));
    assert_eq!(
        last(json!("none")),
        Err("`paymentTransactions` is text, not a list".to_owned())
    );
}

#[test]
fn an_order_without_a_guid_is_known_by_the_moment_of_its_creation() {
    let origin = |changes: Json| order_draft(&changes).origin.unwrap_or_default();
    assert_eq!(origin(json!({})), "a6e6b6a2-0e0b-11f0-8f5d-0cc47a6c9c84");
    let moment = "created 2026-11-20T09:15:00Z";
    assert_eq!(origin(json!({"guid": null})), moment);
    let elsewhere = json!({"guid": null, "creationTime": "2026-11-20T09:15:00Z"});
    assert_eq!(origin(elsewhere), moment);
}
