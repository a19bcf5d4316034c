//! Orders become incomes.

use super::*;
use crate::config::{ExpectedDays, NameTemplate};
use crate::record::CaflouId;
use crate::record::CompanyLink;

#[test]
fn a_paid_order_has_all_its_attributes() {
    let draft = order_draft(&json!({}));
    insta::assert_snapshot!(pretty(&attributes(&draft)), @r#"
    {
      "currency": "CZK",
      "date": "2026-11-20",
      "description": "https://222651.myshoptet.com/admin/objednavky-detail/?id=12&x=1\nshoptet:222651:2026000124",
      "done": true,
      "kind": "income",
      "name": "Objednávka 2026000124 – Novák, lahůdky s.r.o.",
      "payment_date": "2026-11-22",
      "reference_number": "2026000124",
      "value": 1234.50,
      "value_without_vat": 1020.24,
      "vat_value": 214.26
    }
    "#);
    assert_eq!(draft.kind, Kind::Income);
    assert_eq!(draft.source_id.as_str(), "2026000124");
    assert_eq!(draft.label, "Novák, lahůdky s.r.o.");
    assert_eq!(
        draft.changed_at,
        Some("2026-11-22T07:00:00Z".parse().unwrap())
    );
    assert_eq!(draft.warnings, [""; 0]);
}

#[test]
fn an_order_with_little_filled_in_has_no_empty_attributes() {
    let row = json!({
        "code": "A-1", "creationTime": "2026-11-20T10:15:00+0100", "changeTime": null,
        "fullName": " ", "company": "", "customerGuid": "", "adminUrl": "", "status": null,
        "paymentMethod": null, "price": {"toPay": "10", "withoutVat": "", "currencyCode": "CZK"},
        "paid": null
    });
    let draft = map_order(&row, &settings(Mapping::default())).unwrap();
    insta::assert_snapshot!(pretty(&attributes(&draft)), @r#"
    {
      "currency": "CZK",
      "date": "2026-11-20",
      "description": "shoptet:222651:A-1",
      "done": false,
      "kind": "income",
      "name": "Objednávka A-1",
      "reference_number": "A-1",
      "value": 10
    }
    "#);
    assert_eq!(draft.label, "Objednávka A-1");
}

#[test]
fn the_company_is_linked_where_it_is_imported() {
    let Record::Document(income) = order_draft(&json!({})).record else {
        panic!("no income")
    };
    assert_eq!(income.company, Some(SourceId("c-1".to_owned())));
    let mark = settings(Mapping::default()).mark(&SourceId("2026000124".to_owned()));
    let linked = income.attributes(
        Kind::Income,
        &mark,
        Some(&CompanyLink::Imported(CaflouId(1001))),
    );
    assert_eq!(linked.to_json()["company_id"].to_string(), "1001");
    let Record::Document(guest) = order_draft(&json!({"customerGuid": null})).record else {
        panic!("no income")
    };
    assert_eq!(guest.company, None);
}

#[test]
fn the_name_has_the_company_else_the_full_name_and_no_dash_without_either() {
    let name = |changes: Json| some(&income(&changes), &["name"]);
    let all = [
        name(json!({})),
        name(json!({"company": null})),
        name(json!({"company": " ", "fullName": "Jan\u{0}\n Novák"})),
        name(json!({"company": null, "fullName": null})),
        // As the detail of an order has it.
        name(json!({"company": null, "fullName": null,
                    "billingAddress": {"company": null, "fullName": "Eva Malá"}})),
    ];
    insta::assert_snapshot!(all.join("\n"), @r#"
    "Objednávka 2026000124 – Novák, lahůdky s.r.o."
    "Objednávka 2026000124 – Jan Novák"
    "Objednávka 2026000124 – Jan Novák"
    "Objednávka 2026000124"
    "Objednávka 2026000124 – Eva Malá"
    "#);
}

#[test]
fn the_name_follows_the_setting() {
    let name = |template: &str, changes: Json| {
        let income_name: NameTemplate = template.parse().unwrap();
        let mapping = Mapping {
            income_name,
            ..Mapping::default()
        };
        some(&income_under(mapping, &changes), &["name"])
    };
    let nobody = || json!({"company": null, "fullName": null});
    let all = [
        name("E-shop {code}", json!({})),
        name("{customer}{dash}{code} {{x}}", json!({})),
        name("{customer}{dash}{code}", nobody()),
        // A name there has to be.
        name("{customer}", nobody()),
    ];
    insta::assert_snapshot!(all.join("\n"), @r#"
    "E-shop 2026000124"
    "Novák, lahůdky s.r.o. – 2026000124 {x}"
    "2026000124"
    "2026000124"
    "#);
}

#[test]
fn a_long_name_is_cut_at_255_characters() {
    let out = income(&json!({"company": "ž".repeat(1_000_000)}));
    assert_eq!(out["name"].as_str().unwrap().chars().count(), 255);
}

#[test]
fn done_is_paid_is_true_and_only_then_is_there_a_payment_date() {
    let done = |paid: Json| {
        let draft = order_draft(&json!({"paid": paid}));
        let Record::Document(income) = &draft.record else {
            panic!("no income")
        };
        let sent = some(&attributes(&draft), &["done", "payment_date", "date"]);
        format!("{paid}: {sent} {:?}", income.payment)
    };
    let all = [json!(true), json!(false), json!(null)].map(done);
    insta::assert_snapshot!(all.join("\n"), @r#"
    true: true "2026-11-22" "2026-11-20" Paid { on: 2026-11-22 }
    false: false - "2026-11-20" Open
    null: false - "2026-11-20" Unknown
    "#);
}

#[test]
fn the_description_is_the_administration_link_and_then_our_mark() {
    let description = |link: Json| some(&income(&json!({"adminUrl": link})), &["description"]);
    let all = [
        json!("https://a.cz/admin/?id=1"),
        json!(" http://a.cz/1 "),
        json!(null),
        json!("javascript:alert(1)"),
        json!("https://a.cz/\nshoptet:1:other"),
        json!("https://a.cz/\u{0}"),
        json!(format!("https://a.cz/{}", "x".repeat(1000))),
    ]
    .map(description);
    insta::assert_snapshot!(all.join("\n"), @r#"
    "https://a.cz/admin/?id=1\nshoptet:222651:2026000124"
    "http://a.cz/1\nshoptet:222651:2026000124"
    "shoptet:222651:2026000124"
    "shoptet:222651:2026000124"
    "shoptet:222651:2026000124"
    "shoptet:222651:2026000124"
    "shoptet:222651:2026000124"
    "#);
}

#[test]
fn category_project_source_and_tags_come_from_the_settings() {
    let mapping = Mapping {
        category_id: Some(11),
        project_id: Some(12),
        source_id: Some(13),
        tags: vec!["e-shop".to_owned(), "B2C".to_owned()],
        ..Mapping::default()
    };
    let fields = ["category_id", "project_id", "source_id", "tags"];
    let set = some(&income_under(mapping, &json!({})), &fields);
    insta::assert_snapshot!(set, @r#"11 12 13 ["e-shop","B2C"]"#);
    assert_eq!(some(&income(&json!({})), &fields), "- - - -");
}

#[test]
fn the_currency_is_taken_in_any_case_and_an_unknown_one_is_refused() {
    let sent = some(
        &income(&json!({"price": {"currencyCode": "eur"}})),
        &["currency"],
    );
    assert_eq!(sent, "\"EUR\"");
    let all = [
        json!("XXQ"),
        json!("Kč"),
        json!(""),
        json!(null),
        json!(978),
    ]
    .map(|code| order_error(&json!({"price": {"currencyCode": code}})));
    insta::assert_snapshot!(all.join("\n"), @"
    unknown currency `XXQ`
    unknown currency `Kč`
    no currency
    no currency
    unknown currency `978`
    ");
}

#[test]
fn a_cancelled_order_is_void_and_its_zero_price_is_no_value() {
    let zero = json!({"status": {"id": -4}, "price": {"toPay": "0.00", "withVat": "0.00"}});
    for (changes, was_paid) in [
        (json!({}), true),
        (json!({"paid": false}), false),
        (json!({"paid": null}), false),
        (json!({"status": {"id": "-4"}}), true),
        (json!({"price": null}), true),
        (
            json!({"price": {"currencyCode": "???", "toPay": "?"}}),
            true,
        ),
    ] {
        let draft = order_draft(&changed(zero.clone(), &changes));
        let (why, paid) = (Void::Cancelled, was_paid);
        assert_eq!(draft.record, Record::Void { why, paid }, "{changes}");
        assert_eq!(draft.mark.as_str(), "shoptet:222651:2026000124");
    }
    let open = order_draft(&json!({"status": {"id": 4}}));
    assert!(matches!(open.record, Record::Document(_)));
}

#[test]
fn what_the_shop_deleted_is_void() {
    let settings = settings(Mapping::default());
    for (draft, kind) in [
        (deleted_order("A-1", &settings), Kind::Income),
        (deleted_customer("A-1", &settings), Kind::Company),
    ] {
        let (why, paid) = (Void::Deleted, false);
        assert_eq!(
            (draft.kind, draft.record),
            (kind, Record::Void { why, paid })
        );
        assert_eq!(draft.mark.as_str(), "shoptet:222651:A-1");
    }
}

#[test]
fn the_same_order_gives_the_same_draft() {
    let mapping = Mapping {
        expected_days: ExpectedDays {
            default: 3,
            ..ExpectedDays::default()
        },
        ..Mapping::default()
    };
    let draft = || map_order(&order_row(), &settings(mapping.clone())).unwrap();
    assert_eq!(draft(), draft());
}

#[test]
fn a_malformed_attribute_is_named() {
    let all = [
        json!({"code": null}),
        json!({"code": " "}),
        json!({"code": "2026\u{0}1"}),
        json!({"code": "1".repeat(129)}),
        json!({"code": ["1"]}),
        json!({"fullName": {}}),
        json!({"company": false}),
        json!({"customerGuid": []}),
        json!({"adminUrl": true}),
        json!({"status": 4}),
        json!({"status": {"id": "new"}}),
        json!({"status": {"id": parsed("1.5")}}),
        json!({"status": {"id": parsed("99999999999999999999")}}),
        json!({"paymentMethod": "Dobírkou"}),
        json!({"paymentMethod": {"name": []}}),
        json!({"price": "1234.50"}),
        json!({"price": {"toPay": {}}}),
        json!({"price": {"currencyCode": []}}),
        json!({"paid": "true"}),
        json!({"paid": 1}),
        json!({"billingAddress": "Nová 12"}),
    ]
    .map(|changes| order_error(&changes));
    insta::assert_snapshot!(all.join("\n"), @r#"
    `code` is no usable identifier: ""
    `code` is no usable identifier: ""
    `code` is no usable identifier: "2026\01"
    `code` is no usable identifier: "1111111111111111111111111111111111111111"
    `code` is a list, not text
    `fullName` is an object, not text
    `company` is true or false, not text
    `customerGuid` is a list, not text
    `adminUrl` is true or false, not text
    `status` is a number, not an object
    `id` is text, not a whole number
    `id` is a number, not a whole number
    `id` is a number, not a whole number
    `paymentMethod` is text, not an object
    `name` is a list, not text
    `price` is text, not an object
    `toPay` is an object, not text
    `currencyCode` is a list, not text
    `paid` is text, not true, false or null
    `paid` is a number, not true, false or null
    `billingAddress` is text, not an object
    "#);
    insta::assert_snapshot!(
        map_order(&json!("A-1"), &settings(Mapping::default())).unwrap_err(),
        @"not an object"
    );
}
