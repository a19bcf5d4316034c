//! Money: which amount is taken, and that it leaves as it came.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::value::RawValue;

use super::*;

/// The amounts that are sent, and what is warned of.
fn amounts(price: &Json) -> String {
    let draft = order_draft(&json!({"price": price}));
    let fields = ["value", "value_without_vat", "vat_value"];
    let sent = some(&attributes(&draft), &fields);
    format!("{sent} {:?}", draft.warnings)
}

#[test]
fn the_value_is_to_pay_and_where_that_is_empty_or_wrongly_zero_the_price_with_vat() {
    let value =
        |to_pay: Json, with_vat: Json| amounts(&json!({"toPay": to_pay, "withVat": with_vat}));
    let all = [
        value(json!("1234.50"), json!("1234.49")),
        value(json!("1234.50"), json!(null)),
        value(json!(null), json!("1234.49")),
        value(json!("  "), json!("1234.49")),
        value(json!("0.00"), json!("1234.49")),
        value(json!(0), json!("-5.00")),
        value(json!("0.00"), json!("0.00")),
        value(json!("0.00"), json!(null)),
        value(json!(null), json!("0.00")),
        value(json!("-100.00"), json!("-100.00")),
    ];
    insta::assert_snapshot!(all.join("\n"), @r#"
    1234.50 1020.24 214.26 []
    1234.50 1020.24 214.26 []
    1234.49 1020.24 214.26 ["toPay is empty: the price with VAT is taken"]
    1234.49 1020.24 214.26 ["toPay is empty: the price with VAT is taken"]
    1234.49 1020.24 214.26 ["toPay is zero: the price with VAT is taken"]
    -5.00 1020.24 214.26 ["toPay is zero: the price with VAT is taken"]
    0.00 1020.24 214.26 []
    0.00 1020.24 214.26 []
    0.00 1020.24 214.26 ["toPay is empty: the price with VAT is taken"]
    -100.00 1020.24 214.26 []
    "#);
    let empty = json!({"price": {"toPay": null, "withVat": null}});
    insta::assert_snapshot!(order_error(&empty), @"no amount: toPay and withVat are both empty");
    insta::assert_snapshot!(order_error(&json!({"price": null})), @"no amount: toPay and withVat are both empty");
}

#[test]
fn the_price_without_vat_and_the_vat_are_never_computed() {
    let all = [
        // They do not add up, and stay so.
        amounts(&json!({"withoutVat": "1000.00", "vat": "1.00"})),
        amounts(&json!({"withoutVat": null, "vat": null})),
        amounts(&json!({"withoutVat": "0.00", "vat": "0.00"})),
        amounts(&json!({"withoutVat": null, "vat": "214.26"})),
    ];
    insta::assert_snapshot!(all.join("\n"), @"
    1234.50 1000.00 1.00 []
    1234.50 - - []
    1234.50 0.00 0.00 []
    1234.50 - 214.26 []
    ");
}

#[test]
fn numbers_and_texts_are_the_same_amount_and_keep_their_digits() {
    let all = [
        "1234.50",
        "1234.5",
        "1234",
        "0.10",
        "-0.10",
        "1e3",
        "1.5E2",
        "12345e-2",
        "0.0001",
        "999999999999.99",
        "0.1000000",
    ]
    .map(|text| {
        let number = some(
            &income(&json!({"price": {"toPay": parsed(text)}})),
            &["value"],
        );
        let texted = some(&income(&json!({"price": {"toPay": text}})), &["value"]);
        assert_eq!(number, texted, "{text}");
        format!("{text} → {number}")
    });
    insta::assert_snapshot!(all.join("\n"), @"
    1234.50 → 1234.50
    1234.5 → 1234.5
    1234 → 1234
    0.10 → 0.10
    -0.10 → -0.10
    1e3 → 1000
    1.5E2 → 150
    12345e-2 → 123.45
    0.0001 → 0.0001
    999999999999.99 → 999999999999.99
    0.1000000 → 0.1000000
    ");
}

#[test]
fn an_amount_that_no_order_has_is_refused_with_its_attribute() {
    let all = [
        json!({"toPay": "1000000000000"}),
        json!({"toPay": parsed("1e400")}),
        json!({"withVat": parsed("123456789012345678901234567890123456789012345")}),
        json!({"withVat": "0.00001"}),
        json!({"withoutVat": "abc"}),
        json!({"vat": "1,50"}),
        json!({"toPay": "NaN"}),
        json!({"toPay": "1 234.50"}),
        json!({"toPay": "12.50 Kč"}),
    ]
    .map(|price| order_error(&json!({"price": price})));
    insta::assert_snapshot!(all.join("\n"), @"
    `toPay`: amount `1000000000000` is out of range
    `toPay`: `1e+400` is not an amount
    `withVat`: amount `1234567890123456789012345678901234567890` is out of range
    `withVat`: amount `0.00001` is out of range
    `withoutVat`: `abc` is not an amount
    `vat`: `1,50` is not an amount
    `toPay`: `NaN` is not an amount
    `toPay`: `1 234.50` is not an amount
    `toPay`: `12.50 Kč` is not an amount
    ");
}

/// Decimal text with two places, as the shop writes it.
fn two_decimals(hellers: i64) -> String {
    let sign = if hellers < 0 { "-" } else { "" };
    let hellers = hellers.unsigned_abs();
    format!("{sign}{}.{:02}", hellers / 100, hellers % 100)
}

proptest! {
    #[test]
    fn every_amount_in_any_currency_leaves_as_exactly_the_number_it_came_as(
        hellers in prop::array::uniform3(prop_oneof![-100_000..100_000_i64, -99_999_999_999_999..=99_999_999_999_999_i64]),
        currency in select(vec!["CZK", "EUR", "HUF", "usd"]),
        as_numbers in any::<bool>(),
    ) {
        let [value, without_vat, vat] = hellers.map(two_decimals);
        let given = |text: &str| if as_numbers { parsed(text) } else { json!(text) };
        let price = json!({
            "toPay": given(&value), "withVat": null, "withoutVat": given(&without_vat),
            "vat": given(&vat), "currencyCode": currency,
        });
        let body = income(&json!({"price": price})).to_string();
        let sent: BTreeMap<String, Box<RawValue>> = serde_json::from_str(&body).unwrap();
        for (field, came) in [("value", value), ("value_without_vat", without_vat), ("vat_value", vat)] {
            let left = sent[field].get();
            prop_assert!(left.chars().all(|c| c.is_ascii_digit() || c == '.' || c == '-'), "{}", left);
            let exact = |text: &str| Decimal::from_str_exact(text).unwrap();
            prop_assert_eq!(exact(left), exact(&came));
            prop_assert!(left.len() <= came.len(), "{} came as {}", left, came);
        }
        prop_assert_eq!(sent["currency"].get(), format!("\"{}\"", currency.to_uppercase()));
    }
}
