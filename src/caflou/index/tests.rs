//! What is found, by which key, and what is not.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::record::{Mark, SourceId};

fn index(kind: Kind, rows: &[serde_json::Value]) -> Index {
    let mut index = Index::empty(kind);
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
fn an_expense_matches_by_supplier_number_and_day_for_bills_of_a_month_have_one_symbol_and_value() {
    let bill = |id: i64, company: i64, day: &str, kind: &str| {
        json!({"id": id, "kind": kind, "reference_number": "7", "value": 100, "currency": "CZK",
               "company_id": company, "date": day, "description": ""})
    };
    let keys = |company: serde_json::Value| {
        let mark = Mark::new("fakturoid", "my-firm", &SourceId("expenses/1".to_owned()));
        let json = json!({"reference_number": " 7", "value": 100, "currency": "CZK",
                          "company_id": company, "date": "2026-11-05"});
        Keys::of(
            Kind::Expense,
            &mark,
            &Attributes::from_json(json.as_object().unwrap()),
        )
    };
    let index = index(
        Kind::Expense,
        &[
            bill(1, 9, "2026-10-05", "expense"),
            bill(2, 9, "2026-11-05", "expense"),
            bill(3, 8, "2026-11-05", "expense"),
            bill(4, 9, "2026-11-05", "income"),
        ],
    );
    let found = Candidates::One(CaflouId(2), MatchedBy::Supplier);
    assert_eq!(index.find(&keys(json!(9))), found);
    assert_eq!(index.find(&keys(json!(7))), Candidates::None, "another's");
    assert_eq!(index.find(&keys(json!(null))), Candidates::None, "nobody's");
    assert_eq!(keys(json!(9)).search_term(), Some("7"));
}

fn company(json: &serde_json::Value) -> Keys {
    let mark = Mark::new("shoptet", "1", &SourceId("g".to_owned()));
    let attributes = Attributes::from_json(json.as_object().unwrap());
    Keys::of(Kind::Company, &mark, &attributes)
}

#[test]
fn companies_match_by_the_first_key_that_matches_and_several_are_several() {
    let rows = [
        json!({"id": 1, "id_num": "00 123 455", "country": "CZ", "email": "a@x.cz"}),
        json!({"id": 2, "tax_num": "cz27082440", "email": "B@x.cz"}),
        json!({"id": 3, "email": "b@x.cz"}),
        json!({"id": 4, "another_identifier": "shoptet:1:g"}),
    ];
    let found = |rows: &[serde_json::Value], keys: serde_json::Value| {
        index(Kind::Company, rows).find(&company(&keys))
    };
    let by_mark = found(&rows, json!({"id_num": "123455"}));
    assert_eq!(by_mark, Candidates::One(CaflouId(4), MatchedBy::Mark));
    let rows = &rows[..3];
    let both = found(
        rows,
        json!({"id_num": "123455", "country": "CZ", "email": "b@x.cz"}),
    );
    assert_eq!(both, Candidates::One(CaflouId(1), MatchedBy::Registration));
    let vat = found(rows, json!({"tax_num": "CZ 27.08-2440", "email": "b@x.cz"}));
    assert_eq!(vat, Candidates::One(CaflouId(2), MatchedBy::Vat));
    let email = found(rows, json!({"email": "\u{feff}b@X.cz"}));
    let several = Candidates::Several(vec![CaflouId(2), CaflouId(3)], MatchedBy::Email);
    assert_eq!(email, several);
}

#[test]
fn a_weaker_key_never_joins_what_a_stronger_keeps_apart() {
    let email = "ucetni@example.cz";
    for (theirs, ours, joined) in [
        (
            json!({"id_num": "27082440"}),
            json!({"id_num": "25596641"}),
            false,
        ),
        (
            json!({"id_num": "27082440"}),
            json!({"id_num": "123"}),
            true,
        ),
        (json!({"id_num": "27082440"}), json!({}), true),
        (json!({}), json!({"id_num": "27082440"}), true),
        (
            json!({"tax_num": "CZ27082440"}),
            json!({"tax_num": "CZ25596641"}),
            false,
        ),
        (
            json!({"tax_num": "CZ699000001"}),
            json!({"tax_num": "CZ25596641"}),
            true,
        ),
        (
            json!({"id_num": "27082440", "tax_num": "CZ25596641"}),
            json!({"id_num": "00123455", "tax_num": "CZ25596641"}),
            false,
        ),
        (
            json!({"id_num": "27082440", "country": "SK"}),
            json!({"id_num": "27082440", "country": "CZ"}),
            false,
        ),
        (
            json!({"id_num": "27082440"}),
            json!({"id_num": "27082440", "country": "CZ"}),
            true,
        ),
        (
            json!({"id_num": "27082440", "country": "SK"}),
            json!({"id_num": "27082440"}),
            true,
        ),
        // Each German court has a firm of this number; a Czech number is one firm's.
        (
            json!({"id_num": "HRB 12345", "country": "DE", "tax_num": "DE123456789"}),
            json!({"id_num": "hrb12345", "country": "DE", "tax_num": "DE987654321"}),
            false,
        ),
        (
            json!({"id_num": "HRB 12345", "country": "DE", "tax_num": "DE123456789"}),
            json!({"id_num": "hrb12345", "country": "DE", "tax_num": "123 456 789"}),
            true,
        ),
        (
            json!({"id_num": "27082440", "country": "CZ", "tax_num": "CZ7001011234"}),
            json!({"id_num": "27082440", "country": "CZ", "tax_num": "CZ27082440"}),
            true,
        ),
    ] {
        let (mut theirs, mut ours) = (theirs, ours);
        theirs["id"] = json!(1);
        theirs["email"] = json!(email);
        ours["email"] = json!(email);
        let found = index(Kind::Company, &[theirs.clone()]).find(&company(&ours));
        assert_eq!(found != Candidates::None, joined, "{theirs} {ours}");
    }
}

#[test]
fn a_number_in_its_own_country_is_preferred_to_one_without() {
    let rows = [
        json!({"id": 1, "id_num": "27082440"}),
        json!({"id": 2, "id_num": "27082440", "country": "cz"}),
        json!({"id": 3, "id_num": "27082440", "country": "SK"}),
    ];
    let index_of_first = |rows: &[serde_json::Value]| index(Kind::Company, &rows[..1]);
    let all = index(Kind::Company, &rows);
    let find = |keys| all.find(&company(&keys));
    let one = |id| Candidates::One(CaflouId(id), MatchedBy::Registration);
    assert_eq!(find(json!({"id_num": "27082440", "country": "CZ"})), one(2));
    assert_eq!(
        find(json!({"id_num": "27082440", "tax_num": "SK2020123456"})),
        one(3)
    );
    assert_eq!(
        find(json!({"id_num": "27082440", "country": "PL"})),
        Candidates::None
    );
    let without = index_of_first(&rows);
    let found = without.find(&company(&json!({"id_num": "27082440", "country": "CZ"})));
    assert_eq!(found, one(1));
    let several = (1..=3).map(CaflouId).collect();
    let several = Candidates::Several(several, MatchedBy::Registration);
    assert_eq!(find(json!({"id_num": "27082440"})), several);
}

#[test]
fn a_company_with_a_mark_is_that_connections_and_what_is_not_free_is_passed_over() {
    let keys = company(&json!({"id_num": "27082440", "country": "CZ", "email": "a@x.cz"}));
    for mark in [
        "shoptet:2:g",
        "shoptet:1:h",
        "fakturoid:my-firm:subjects/5",
        "shoptet&#58;2:g",
    ] {
        let row =
            json!({"id": 1, "another_identifier": mark, "id_num": "27082440", "email": "a@x.cz"});
        let found = index(Kind::Company, &[row]).find(&keys);
        assert_eq!(found, Candidates::None, "{mark}");
    }
    let number = json!({"id": 1, "another_identifier": "Z-17", "id_num": "27082440"});
    let email = json!({"id": 2, "email": "a@x.cz"});
    let index = index(Kind::Company, &[number, email]);
    let found = |taken: i64| index.find_among(&keys, |id, _| id.0 != taken);
    assert_eq!(
        found(2),
        Candidates::One(CaflouId(1), MatchedBy::Registration)
    );
    assert_eq!(found(1), Candidates::One(CaflouId(2), MatchedBy::Email));
}

#[test]
fn a_mark_in_other_clothes_or_cut_short_is_found() {
    let keys = income("2026000011");
    let own = {
        let mark = Mark::new("shoptet", "1", &SourceId("2026000011".to_owned()));
        let row = json!({"reference_number": "2026000011", "value": 100, "currency": "CZK"});
        let attributes = Attributes::from_json(row.as_object().unwrap());
        Keys::own(Kind::Income, &mark, &attributes)
    };
    for description in [
        "<p>x<br>shoptet&#58;1&#x3a;2026000011</p>",
        "shop\u{ad}tet:1:2026000011",
        "x\nshoptet:1:2026",
        "<p>x<br>shoptet:1:202600001...</p>",
    ] {
        let row = json!({"id": 5, "description": description, "reference_number": "2026000011",
                         "value": 100, "currency": "CZK", "kind": "income"});
        let index = index(Kind::Income, &[row]);
        let one = Candidates::One(CaflouId(5), MatchedBy::Mark);
        assert_eq!(index.find(&keys), one, "{description}");
        assert_eq!(index.find(&own), one, "{description}");
    }
    for other in [
        json!({"description": "x\nshoptet:1:2026", "reference_number": "2026"}),
        json!({"description": "x\nshoptet:1:2026", "value": 99}),
        json!({"description": "x\nshoptet:1:2025"}),
        json!({"description": "x\nshoptet:1:2026\nmore"}),
        json!({"description": "x\nshoptet:2:2026"}),
    ] {
        let mut row = json!({"id": 5, "reference_number": "2026000011", "value": 100,
                             "currency": "CZK", "kind": "income"});
        for (name, value) in other.as_object().unwrap() {
            row[name] = value.clone();
        }
        let index = index(Kind::Income, &[row]);
        assert_eq!(index.find(&keys), Candidates::None, "{other}");
    }
}

proptest! {
    #[test]
    fn two_companies_with_two_valid_numbers_of_one_country_are_never_joined(
        first in prop::sample::select(&NUMBERS[..]),
        second in prop::sample::select(&NUMBERS[..]),
        country in prop::option::of("(CZ|SK)"),
        vat in prop::option::of("CZ[0-9]{8}"),
        gap in "[ \u{200b}.]{0,2}",
    ) {
        prop_assume!(first.trim_start_matches('0') != second.trim_start_matches('0'));
        let with = |number: &str| json!({
            "id": 1, "id_num": format!("{gap}{number}"), "country": country, "tax_num": vat,
            "email": "ucetni@example.cz",
        });
        let found = index(Kind::Company, &[with(first)]).find(&company(&with(second)));
        prop_assert_eq!(found, Candidates::None);
    }
}

const NUMBERS: [&str; 5] = ["27082440", "25596641", "00123455", "123455", "6947"];
