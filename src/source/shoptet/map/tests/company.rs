//! Customers become companies.

use super::*;

#[test]
fn a_firm_has_all_its_attributes() {
    let draft = customer_draft(&json!({}));
    insta::assert_snapshot!(pretty(&attributes(&draft)), @r#"
    {
      "another_identifier": "shoptet:222651:0d3f8ec4-8e3f-11e9-beb1-002590dad85e",
      "city": "Brno",
      "country": "CZ",
      "email": "eva@example.com",
      "id_num": "00123456",
      "kind": "legal_entity",
      "name": "Manák, lahůdky s.r.o.",
      "person": "Jan Manák",
      "phone": "+420777000111",
      "street": "Nová 12a, 2. patro",
      "tax_num": "CZ00123456",
      "vat_payer": true,
      "zip": "602 00"
    }
    "#);
    assert_eq!(draft.kind, Kind::Company);
    assert_eq!(
        draft.source_id.as_str(),
        "0d3f8ec4-8e3f-11e9-beb1-002590dad85e"
    );
    assert_eq!(draft.label, "Manák, lahůdky s.r.o.");
    assert_eq!(
        draft.changed_at,
        Some("2026-01-02T09:00:00Z".parse().unwrap())
    );
    assert_eq!(draft.warnings, [""; 0]);
}

#[test]
fn a_person_with_little_filled_in_has_no_empty_attributes() {
    let record = json!({
        "guid": "g-2",
        "billingAddress": {
            "company": "", "fullName": "Jana Nová", "street": " ", "houseNumber": null,
            "city": "", "zip": null, "countryCode": "", "companyId": " ", "vatId": "", "taxId": null
        },
        "accounts": [{"fullName": null, "email": "", "phone": " "}]
    });
    insta::assert_snapshot!(pretty(&attributes(&map_customer(&record).unwrap())), @r#"
    {
      "another_identifier": "shoptet:222651:g-2",
      "kind": "individual",
      "name": "Jana Nová",
      "vat_payer": false
    }
    "#);
}

#[test]
fn the_name_is_the_company_else_the_billing_name_else_the_accounts_name_else_its_email() {
    let mut record = customer_record();
    let mut names = Vec::new();
    for taken_away in [
        json!({}),
        json!({"billingAddress": {"company": " "}}),
        json!({"billingAddress": {"fullName": null}}),
        json!({"accounts": [{"fullName": "", "email": "eva@example.com"}]}),
    ] {
        merge(&mut record, &taken_away);
        names.push(map_customer(&record).unwrap());
    }
    let names: Vec<_> = names
        .iter()
        .map(|draft| some(&attributes(draft), &["name"]))
        .collect();
    insta::assert_snapshot!(names.join("\n"), @r#"
    "Manák, lahůdky s.r.o."
    "Jan Manák"
    "Eva Manáková"
    "eva@example.com"
    "#);
    merge(&mut record, &json!({"accounts": [{"phone": "111"}]}));
    assert!(is_erased(&map_customer(&record).unwrap()));
    let nothing = json!({"billingAddress": [], "accounts": []});
    assert!(is_erased(&customer_draft(&nothing)));
    let words = json!({
        "billingAddress": {"company": "***", "fullName": "Anonymizováno"},
        "accounts": [{"fullName": "Anonymized customer", "email": "anonymized-7@example.com"}],
    });
    assert!(is_erased(&customer_draft(&words)));
    let firm = json!({"billingAddress": {"company": "Anonymous s.r.o."}});
    assert!(!is_erased(&customer_draft(&firm)));
}

fn is_erased(draft: &Draft) -> bool {
    matches!(
        draft.record,
        Record::Void {
            why: Void::Erased,
            ..
        }
    )
}

#[test]
fn a_legal_entity_has_a_company_name_or_a_registration_number_and_only_it_has_a_person() {
    let kind = |billing: Json| {
        some(
            &company(&json!({"billingAddress": billing})),
            &["kind", "name", "person"],
        )
    };
    let kinds = [
        kind(json!({})),
        kind(json!({"companyId": null})),
        kind(json!({"company": null})),
        kind(json!({"company": null, "companyId": null})),
        // The firm's billing address names nobody: the account does.
        kind(json!({"fullName": null})),
    ];
    insta::assert_snapshot!(kinds.join("\n"), @r#"
    "legal_entity" "Manák, lahůdky s.r.o." "Jan Manák"
    "legal_entity" "Manák, lahůdky s.r.o." "Jan Manák"
    "legal_entity" "Jan Manák" "Jan Manák"
    "individual" "Jan Manák" -
    "legal_entity" "Manák, lahůdky s.r.o." "Eva Manáková"
    "#);
}

#[test]
fn tax_numbers_go_where_the_country_has_them_and_a_vat_number_makes_a_vat_payer() {
    let numbers = |country: Json, vat: Json, tax: Json| {
        let billing = json!({"countryCode": country, "vatId": vat, "taxId": tax});
        let out = company(&json!({"billingAddress": billing}));
        let numbers = some(&out, &["id_num", "tax_num", "id_tax_num", "vat_payer"]);
        format!("{country}: {numbers}")
    };
    let (vat, tax) = (json!("SK2020"), json!("2020"));
    let none = || Json::Null;
    let all = [
        numbers(json!("CZ"), json!("CZ1"), json!("1")),
        numbers(json!("CZ"), none(), json!("1")),
        numbers(json!("CZ"), none(), none()),
        numbers(json!("SK"), vat.clone(), tax.clone()),
        numbers(json!("sk"), vat.clone(), none()),
        numbers(json!("SK"), none(), tax.clone()),
        numbers(json!("DE"), json!("DE9"), json!("9")),
        numbers(json!("DE"), none(), json!("9")),
        numbers(none(), vat, tax),
    ];
    insta::assert_snapshot!(all.join("\n"), @r#"
    "CZ": "00123456" "CZ1" - true
    "CZ": "00123456" "1" - false
    "CZ": "00123456" - - false
    "SK": "00123456" "2020" "SK2020" true
    "sk": "00123456" - "SK2020" true
    "SK": "00123456" "2020" - false
    "DE": "00123456" "DE9" - true
    "DE": "00123456" "9" - false
    null: "00123456" "SK2020" - true
    "#);
}

#[test]
fn street_and_house_number_are_joined_by_a_space_as_far_as_they_are_there() {
    let street = |street: Json, number: Json| {
        let billing = json!({"street": street, "houseNumber": number, "additional": null});
        some(&company(&json!({"billingAddress": billing})), &["street"])
    };
    let second = |street: Json, second: Json| {
        let billing = json!({"street": street, "houseNumber": "1", "additional": second});
        some(&company(&json!({"billingAddress": billing})), &["street"])
    };
    assert_eq!(
        second(json!("Nová"), json!("2. patro ")),
        "\"Nová 1, 2. patro\""
    );
    assert_eq!(second(json!("Nová"), json!(" ")), "\"Nová 1\"");
    let alone =
        json!({"billingAddress": {"street": null, "houseNumber": null, "additional": "Dvůr B"}});
    assert_eq!(some(&company(&alone), &["street"]), "\"Dvůr B\"");
    let all = [
        street(json!("Nová"), json!("12a")),
        street(json!(" Nová "), json!(12)),
        street(json!("Nová 12"), json!(null)),
        street(json!(""), json!("12")),
        street(json!(null), json!(" ")),
    ];
    insta::assert_snapshot!(all.join("\n"), @r#"
    "Nová 12a"
    "Nová 12"
    "Nová 12"
    "12"
    -
    "#);
}

#[test]
fn the_country_is_upper_case_and_what_is_no_code_is_left_out_with_a_warning() {
    let country = |code: &str| {
        let draft = customer_draft(&json!({"billingAddress": {"countryCode": code}}));
        let sent = some(&attributes(&draft), &["country"]);
        format!("{sent} {:?}", draft.warnings)
    };
    let all = ["cz", " SK ", "De", "CZE", "č", "4", ""].map(country);
    insta::assert_snapshot!(all.join("\n"), @r#"
    "CZ" []
    "SK" []
    "DE" []
    - ["country `CZE` is no ISO code: left out"]
    - ["country `Č` is no ISO code: left out"]
    - ["country `4` is no ISO code: left out"]
    - []
    "#);
}

#[test]
fn email_and_telephone_are_the_main_accounts_else_the_first_ones() {
    let contact = |accounts: Json| {
        let out = company(&json!({"accounts": accounts}));
        some(&out, &["email", "phone"])
    };
    let (one, two) = (
        json!({"email": "1@example.com", "phone": "1"}),
        json!({"email": "2@example.com"}),
    );
    let main = changed(two.clone(), &json!({"mainAccount": true}));
    let all = [
        contact(json!([one, two])),
        contact(json!([one, main])),
        contact(json!([])),
        contact(Json::Null),
    ];
    insta::assert_snapshot!(all.join("\n"), @r#"
    "1@example.com" "1"
    "2@example.com" -
    - -
    - -
    "#);
}

#[test]
fn the_mark_names_the_shop_and_the_customer() {
    let out = company(&json!({"guid": " g-7 "}));
    assert_eq!(out["another_identifier"], "shoptet:222651:g-7");
}

#[test]
fn numbers_pass_for_text_and_nul_bytes_and_loose_spaces_are_dropped() {
    let out = company(&json!({
        "billingAddress": {
            "company": "Lahůdky\u{0}\r\n  s.r.o.", "zip": 60200, "companyId": 123_456,
            "vatId": "\u{0}", "city": "Brno\t-\tmesto"
        },
        "accounts": [{"phone": 420_777_000_111_i64}]
    }));
    let fields = [
        "name",
        "zip",
        "id_num",
        "tax_num",
        "vat_payer",
        "city",
        "phone",
    ];
    insta::assert_snapshot!(some(&out, &fields), @r#""Lahůdky s.r.o." "60200" "123456" "CZ00123456" false "Brno - mesto" "420777000111""#);
}

#[test]
fn long_texts_are_cut_at_255_characters() {
    let out = company(&json!({"billingAddress": {"company": "ž".repeat(5_000_000)}}));
    assert_eq!(out["name"], "ž".repeat(255));
}

#[test]
fn a_change_time_that_is_none_does_not_fail_a_customer() {
    for time in [
        "yesterday",
        "9999-12-31T23:59:59+0100",
        "0000-00-00T00:00:00+0000",
    ] {
        let draft = customer_draft(&json!({"changeTime": time}));
        assert_eq!(draft.changed_at, None, "{time}");
    }
}

#[test]
fn a_malformed_attribute_is_named() {
    let all = [
        json!({"guid": null}),
        json!({"guid": "a\u{0}b"}),
        json!({"guid": "g".repeat(129)}),
        json!({"guid": {}}),
        json!({"billingAddress": "Nová 12"}),
        json!({"billingAddress": {"city": ["Brno"]}}),
        json!({"billingAddress": {"vatId": true}}),
        json!({"accounts": {"email": "a@example.com"}}),
        json!({"accounts": ["a@example.com"]}),
        json!({"accounts": [{"mainAccount": 1}]}),
        json!({"accounts": [{"email": {}}]}),
    ]
    .map(|changes| customer_error(&changes));
    insta::assert_snapshot!(all.join("\n"), @r#"
    `guid` is no usable identifier: ""
    `guid` is no usable identifier: "a\0b"
    `guid` is no usable identifier: "gggggggggggggggggggggggggggggggggggggggg"
    `guid` is an object, not text
    `billingAddress` is text, not an object
    `city` is a list, not text
    `vatId` is true or false, not text
    `accounts` is an object, not a list
    `accounts` is text, not a list of objects
    `mainAccount` is a number, not true, false or null
    `email` is an object, not text
    "#);
    insta::assert_snapshot!(map_customer(&json!(["g"])).unwrap_err(), @"not an object");
}
