//! Answers that Caflou should not give: what cannot be read is never guessed, a create whose
//! answer is not the record's is looked for, and nothing foreign is touched.

use serde_json::{Value, json};

use crate::sandbox::{Fault, Faults, Matcher, Service};
use crate::support::{Bench, mark};

/// A bench that does not wait long for lost creates.
fn bench() -> Bench {
    let bench = Bench::new();
    bench.caflou_setting("timeout = \"1s\"");
    bench
}

/// Caflou's answers to the next requests of a method to a path.
fn says(bench: &Bench, answers: &[(&str, &str, String)]) {
    let fault = |(method, path, body): &(&str, &str, String)| {
        let status = if *method == "POST" { 201 } else { 200 };
        let body = body.clone();
        let matcher = Matcher::new(Service::Caflou, method, path);
        (matcher, Fault::Answer { status, body })
    };
    bench.sandbox.set_faults(Faults {
        script: answers.iter().map(fault).collect(),
        ..Faults::default()
    });
}

fn list(rows: &Value, pages: &Value, total: &Value) -> String {
    json!({ "results": rows, "total_pages": pages, "total_results": total, "page": 1 }).to_string()
}

#[test]
fn a_list_that_cannot_be_read_whole_ends_the_run_before_anything_is_written() {
    let record = json!({ "name": "Objednávka", "description": mark("2024000001") });
    let deep = "[".repeat(10_000) + &"]".repeat(10_000);
    let same = list(
        &json!([{ "id": 5, "name": "x" }]),
        &json!(1_000_000),
        &json!(1),
    );
    let begun = list(&json!([{ "id": 5, "name": "x" }]), &json!(3), &json!(3));
    let none = list(&json!([]), &json!(3), &json!(3));
    for bodies in [
        vec![deep],
        vec!["[]".to_owned()],
        vec!["7".to_owned()],
        vec![list(&json!({}), &json!(1), &json!(0))],
        vec![list(&json!([]), &json!([]), &json!(0))],
        vec![list(&json!([]), &json!(-1), &json!(0))],
        vec![list(&json!([record]), &json!(1), &json!(1))],
        vec![same.clone(), same],
        vec![begun, none],
    ] {
        let bench = bench();
        bench.order(|_| ());
        let answers: Vec<_> = bodies
            .iter()
            .map(|body| ("GET", "/transfers", body.clone()))
            .collect();
        says(&bench, &answers);
        let ran = bench.run(&["--only", "incomes"]).exits(1);
        let said = ran.summary()["error"].to_string();
        assert!(said.contains("something unexpected"), "{said}");
        assert_eq!(bench.writes(), Vec::<String>::new());
    }
}

#[test]
fn a_create_without_a_usable_id_in_its_answer_is_looked_for_and_goes_in_once() {
    for body in [
        "{}",
        "[]",
        "null",
        r#"{"id":null}"#,
        r#"{"id":0}"#,
        r#"{"id":-5}"#,
        r#"{"id":1.5}"#,
        r#"{"id":"abc"}"#,
        r#"{"id":[1001]}"#,
    ] {
        let bench = bench();
        let codes = [bench.order(|_| ()), bench.order(|_| ())];
        says(&bench, &[("POST", "/transfers", body.to_owned())]);
        let ran = bench.run(&["--only", "incomes"]).exits(0);
        assert_eq!(ran.counts("incomes"), "2 read: 2 created", "{body}");
        for code in &codes {
            bench.income(code);
        }
        assert_eq!(bench.sandbox.books().transfers.len(), 2, "{body}");
    }
}

#[test]
fn a_create_that_was_carried_out_though_its_answer_has_no_id_is_found_by_our_mark() {
    let bench = bench();
    let code = bench.order(|_| ());
    // It is there, but the list was read before, and so once more, as in each first import.
    let id = bench.sandbox.books().add_transfer(json!({
        "kind": "income", "name": "Objednávka", "date": "2024-05-06", "currency": "CZK",
        "value": 1234.5, "reference_number": code, "description": mark(&code),
    }));
    let empty = list(&json!([]), &json!(1), &json!(0));
    let answers = [
        ("GET", "/transfers", empty.clone()),
        ("GET", "/transfers", empty),
        ("POST", "/transfers", r#"{"name":"Objednávka"}"#.to_owned()),
    ];
    says(&bench, &answers);
    let ran = bench.run(&["--only", "incomes"]).exits(0);
    assert_eq!(ran.change(&code)["caflou_id"], json!(id));
    assert_eq!(bench.writes(), ["POST /transfers"]);
    assert_eq!(bench.income_id(&code), id);
}

#[test]
fn a_create_answered_with_another_record_is_looked_for_and_the_other_stays_as_it_is() {
    for other in [
        json!({ "name": "Ručně zadaná", "description": "nájem" }),
        json!({ "name": "Ručně zadaná", "description": null }),
        json!({ "name": "Objednávka 1", "reference_number": "1" }),
        json!({ "name": "Objednávka 1", "description": mark("1") }),
    ] {
        let bench = bench();
        let code = bench.order(|_| ());
        let mut record = json!({
            "kind": "income", "date": "2024-05-06", "currency": "CZK", "value": 5,
        });
        for (name, value) in other.as_object().unwrap() {
            record[name] = value.clone();
        }
        let id = bench.sandbox.books().add_transfer(record);
        let shown = bench.sandbox.books().transfers[&id].clone();
        let body = Value::Object(shown.clone()).to_string();
        says(&bench, &[("POST", "/transfers", body)]);
        bench.run(&["--only", "incomes"]).exits(0);
        assert_ne!(bench.income_id(&code), id);

        bench.sandbox.shop().pay(&code);
        bench.run(&["--only", "incomes"]).exits(0);
        assert_eq!(bench.income(&code)["done"], true);
        assert_eq!(bench.sandbox.books().transfers[&id], shown);
        assert_eq!(bench.sandbox.books().transfers.len(), 2);
    }
}

#[test]
fn an_id_as_text_is_an_id() {
    let bench = bench();
    let code = bench.order(|_| ());
    let id = bench.sandbox.books().add_transfer(json!({
        "kind": "income", "name": "Objednávka", "date": "2024-05-06", "currency": "CZK",
        "value": 1234.5, "reference_number": code, "description": mark(&code),
    }));
    let empty = list(&json!([]), &json!("1"), &json!("0"));
    let created = json!({ "id": id.to_string() }).to_string();
    says(
        &bench,
        &[
            ("GET", "/transfers", empty),
            ("POST", "/transfers", created),
        ],
    );
    let ran = bench.run(&["--only", "incomes"]).exits(0);
    assert_eq!(ran.change(&code)["caflou_id"], json!(id));
    bench.sandbox.shop().pay(&code);
    bench.run(&["--only", "incomes"]).exits(0);
    assert_eq!(bench.income(&code)["done"], true);
}

#[test]
fn an_update_answered_with_another_record_fails_and_is_tried_again() {
    for body in [r#"{"id":999999,"done":false}"#, "{}", "[]", r#"{"id":"x"}"#] {
        let bench = bench();
        let code = bench.order(|_| ());
        bench.imported();
        bench.sandbox.shop().pay(&code);
        says(&bench, &[("PATCH", "/transfers", body.to_owned())]);
        let ran = bench.run(&["--only", "incomes"]).exits(3);
        let change = ran.change(&code);
        assert_eq!(change["action"], "fail");
        assert!(change["reason"].to_string().contains("record"), "{change}");
        bench.run(&["--only", "incomes"]).exits(0);
        assert_eq!(bench.income(&code)["done"], true);
    }
}

#[test]
fn customers_who_write_a_dash_for_their_numbers_stay_apart() {
    let bench = bench();
    let guids = ["0", "0"].map(|number| {
        bench.customer(|customer| {
            customer.billing.company_id = Some(number.into());
            customer.billing.vat_id = Some("-".into());
        })
    });
    bench.run(&["--only", "companies"]).exits(0);
    for guid in &guids {
        assert_eq!(bench.company(guid)["another_identifier"], json!(mark(guid)));
    }
    assert_eq!(bench.sandbox.books().companies.len(), 2);
}
