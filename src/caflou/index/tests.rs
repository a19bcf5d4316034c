//! What is found, by which key, and what is not.

use serde_json::json;

use super::*;
use crate::record::SourceId;

fn index(kind: Kind, rows: &[serde_json::Value]) -> Index {
    let mut index = Index::empty(kind, "shoptet");
    for row in rows {
        index.add(&Stored::from_json(row).unwrap());
    }
    index
}

fn income(code: &str) -> Keys {
    let mark = Mark::new("shoptet", "1", &SourceId(code.to_owned()));
    let attributes = json!({"reference_number": code, "value": 100, "currency": "CZK"});
    Keys::of(
        Kind::Income,
        &mark,
        &Attributes::from_json(attributes.as_object().unwrap()),
    )
}

#[test]
fn a_mark_is_found_as_plain_text_and_as_html_and_is_never_part_of_another() {
    let index = index(
        Kind::Income,
        &[
            json!({"id": 1, "description": "x\nshoptet:1:2026000011"}),
            json!({"id": 2, "description": "<p>https://a/b?c=1&amp;d<br>shoptet:1:A-1 paid by card</p>"}),
        ],
    );
    assert_eq!(
        index.find(&income("2026000011")),
        Candidates::One(CaflouId(1), MatchedBy::Mark)
    );
    assert_eq!(
        index.find(&income("A-1")),
        Candidates::One(CaflouId(2), MatchedBy::Mark)
    );
    for code in ["202600001", "20260000111", "A"] {
        assert_eq!(index.find(&income(code)), Candidates::None, "{code}");
    }
}

#[test]
fn a_long_row_of_marks_is_none_of_them() {
    let text = "shoptet:".repeat(500_000);
    let index = index(
        Kind::Income,
        &[
            json!({"id": 1, "description": text}),
            json!({"id": 2, "description": format!("{text} shoptet:1:A-1")}),
            json!({"id": 3, "description": format!("shoptet:1:B-1 {}", "x".repeat(500_000))}),
        ],
    );
    let by_mark = |id| Candidates::One(CaflouId(id), MatchedBy::Mark);
    assert_eq!(index.find(&income("A-1")), by_mark(2));
    assert_eq!(index.find(&income("B-1")), by_mark(3));
}

#[test]
fn an_income_matches_by_reference_only_with_value_and_currency_and_without_anothers_mark() {
    let row = |id: i64, value: serde_json::Value, extra: &str| {
        json!({"id": id, "reference_number": "7", "value": value, "currency": "CZK",
               "kind": "income", "description": extra})
    };
    let found = |row: serde_json::Value| index(Kind::Income, &[row]).find(&income("7"));
    let one = Candidates::One(CaflouId(5), MatchedBy::Reference);
    let decimal: serde_json::Value = serde_json::from_str("100.00").unwrap();
    assert_eq!(found(row(5, decimal, "by hand")), one);
    assert_eq!(found(row(5, json!("100.0"), "")), one);
    assert_eq!(found(row(5, json!(99), "")), Candidates::None);
    assert_eq!(
        found(row(5, json!(100), "shoptet:2:7")),
        Candidates::None,
        "another shop's"
    );
    let mut trashed = row(5, json!(100), "");
    trashed["trash"] = json!(true);
    assert_eq!(found(trashed), Candidates::None);
    let mut expense = row(5, json!(100), "");
    expense["kind"] = json!("expense");
    assert_eq!(found(expense), Candidates::None);
}

#[test]
fn companies_match_by_the_first_key_that_matches_and_several_are_several() {
    let keys = |json: serde_json::Value| {
        let mark = Mark::new("shoptet", "1", &SourceId("g".to_owned()));
        Keys::of(
            Kind::Company,
            &mark,
            &Attributes::from_json(json.as_object().unwrap()),
        )
    };
    let index = index(
        Kind::Company,
        &[
            json!({"id": 1, "id_num": "00 123 456", "country": "CZ", "email": "a@x.cz"}),
            json!({"id": 2, "tax_num": "cz123", "email": "B@x.cz"}),
            json!({"id": 3, "email": "b@x.cz"}),
            json!({"id": 4, "another_identifier": "shoptet:1:g"}),
        ],
    );
    let by_mark = index.find(&keys(json!({"id_num": "123456"})));
    assert_eq!(by_mark, Candidates::One(CaflouId(4), MatchedBy::Mark));
    let mut other = keys(json!({"id_num": "123456", "country": "CZ", "email": "b@x.cz"}));
    other.0.remove(0);
    assert_eq!(
        index.find(&other),
        Candidates::One(CaflouId(1), MatchedBy::Registration)
    );
    let mut vat = keys(json!({"tax_num": "CZ 123", "email": "b@x.cz"}));
    vat.0.remove(0);
    assert_eq!(
        index.find(&vat),
        Candidates::One(CaflouId(2), MatchedBy::Vat)
    );
    let mut email = keys(json!({"email": "b@X.cz"}));
    email.0.remove(0);
    let several = Candidates::Several(vec![CaflouId(2), CaflouId(3)], MatchedBy::Email);
    assert_eq!(index.find(&email), several);
}

#[test]
fn what_is_about_to_be_created_is_found_as_pending_until_it_is_settled() {
    let mut index = Index::empty(Kind::Income, "shoptet");
    index.reserve(&income("1"));
    assert_eq!(
        index.find(&income("1")),
        Candidates::Pending(MatchedBy::Mark)
    );
    index.settle(&income("1"), None);
    assert_eq!(index.find(&income("1")), Candidates::None);
}

#[test]
fn a_created_company_may_be_anothers_and_a_created_income_takes_no_room() {
    let mark = |id: &str| Mark::new("shoptet", "1", &SourceId(id.to_owned()));
    let company = |id| {
        let email = Attributes::from_json(json!({"email": "a@x.cz"}).as_object().unwrap());
        Keys::of(Kind::Company, &mark(id), &email)
    };
    let mut index = Index::empty(Kind::Company, "shoptet");
    index.reserve(&company("g"));
    index.settle(&company("g"), Some(CaflouId(9)));
    let found = Candidates::One(CaflouId(9), MatchedBy::Email);
    assert_eq!(index.find(&company("h")), found);
    let mut index = Index::empty(Kind::Income, "shoptet");
    index.reserve(&income("1"));
    index.settle(&income("1"), Some(CaflouId(9)));
    assert!(index.first.is_empty() && index.more.is_empty());
}
