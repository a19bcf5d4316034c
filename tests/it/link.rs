//! What the program will not guess is settled by hand, and stays settled.

use serde_json::{Value, json};

use crate::earlier::{SCHEMAS, lay_out};
use crate::support::{Bench, Ran, keys, mark, names};

fn company(bench: &Bench, values: &Value) -> i64 {
    bench
        .sandbox
        .books()
        .add_company(with(json!({ "name": "Ruční" }), values))
}

fn income(bench: &Bench, code: &str, values: &Value) -> i64 {
    let record = json!({
        "kind": "income", "name": "Ruční", "date": "2024-05-20", "currency": "CZK",
        "reference_number": code, "value": 1234.5, "done": false, "inactive": false,
    });
    bench.sandbox.books().add_transfer(with(record, values))
}

fn with(mut record: Value, values: &Value) -> Value {
    for (name, value) in values.as_object().unwrap() {
        record[name] = value.clone();
    }
    record
}

fn link(bench: &Bench, record: &str, id: i64) -> Ran {
    let id = id.to_string();
    bench.program(&["link", "my-shop", record, "--to", &id, "--yes"])
}

fn unlink(bench: &Bench, record: &str) -> Ran {
    bench.program(&["unlink", "my-shop", record, "--yes"])
}

fn state_of(bench: &Bench, id: &str) -> (String, Option<i64>) {
    let sql = "SELECT state, caflou_id FROM records WHERE source_id = ?1";
    let row = bench
        .database()
        .query_row(sql, [id], |row| Ok((row.get(0)?, row.get(1)?)));
    row.unwrap()
}

#[test]
fn what_several_match_is_linked_by_hand_and_only_raised_by_the_next_run() {
    let bench = Bench::new();
    let code = bench.order(|order| order.paid = Some(true));
    let ids = [0; 2].map(|_| income(&bench, &code, &json!({})));
    let ran = bench.run(&[]).exits(3);
    let reason = ran.change(&code)["reason"].as_str().unwrap().to_owned();
    let command = format!("caflou-sync link my-shop {code} --to ID");
    assert!(reason.contains(&command), "{reason}");
    let said = link(&bench, &code, ids[1]).exits(0).stdout;
    assert_eq!(
        said,
        format!("linked: order {code} with Caflou income {}\n", ids[1])
    );
    assert_eq!(bench.writes(), Vec::<String>::new());

    let history = bench
        .program(&["history", "my-shop", "--order", &code])
        .exits(0);
    assert!(
        history.stdout.contains("linked by hand"),
        "{}",
        history.stdout
    );
    bench.program(&["history", "my-shop"]).exits(0);
    bench.program(&["status", "my-shop"]).exits(0);
    let dry = bench.run(&["--dry-run"]).exits(0);
    let ran = bench.run(&[]).exits(0);
    for ran in [dry, ran] {
        let change = ran.change(&code);
        assert_eq!(change["caflou_id"], ids[1]);
        assert_eq!(change["reason"], "linked by hand");
        assert_eq!(keys(&change["fields"]), names(["done", "payment_date"]));
    }
    assert_eq!(bench.writes(), [format!("PATCH /transfers/{}", ids[1])]);
    assert_eq!(bench.sandbox.books().transfers[&ids[1]]["name"], "Ruční");
    bench.sandbox.forget_seen();
    let again = bench.run(&["--full"]).exits(0);
    assert_eq!(again.counts("incomes"), "1 read: 1 unchanged");
    assert_eq!(bench.writes(), Vec::<String>::new());
    bench.sandbox.shop().cancel(&code);
    bench.run(&[]).exits(0);
    assert_eq!(bench.writes(), Vec::<String>::new(), "it is paid");
}

#[test]
fn a_customer_is_linked_with_another_company_and_its_next_order_goes_there() {
    let bench = Bench::new();
    let guid = bench.customer(|_| ());
    bench.imported();
    let id = company(&bench, &json!({ "name": "Sloučená s.r.o." }));
    let first = bench.company(&guid)["id"].as_i64().unwrap();
    bench.sandbox.books().trash_company(first);
    let object = bench.program(&[
        "link",
        "my-shop",
        &guid,
        "--to",
        &id.to_string(),
        "--yes",
        "--format",
        "json",
    ]);
    let said: Value = serde_json::from_str(&object.exits(0).stdout).unwrap();
    let told = json!({"type": "linked", "connection": "my-shop", "kind": "company",
                      "source_id": guid, "caflou_id": id});
    assert_eq!(said, told);
    let code = bench.order(|order| order.customer_guid = Some(guid.clone()));
    bench.run(&[]).exits(0);
    assert_eq!(bench.income(&code)["company_id"], id);
    assert_eq!(state_of(&bench, &guid), ("synced".to_owned(), Some(id)));
    assert_eq!(
        bench.sandbox.books().companies[&id]["name"],
        "Sloučená s.r.o."
    );
    let again = bench.run(&["--full"]).exits(0);
    assert_eq!(again.counts("companies"), "1 read: 1 unchanged");
}

#[test]
fn nothing_is_linked_that_is_gone_or_somebody_elses() {
    let bench = Bench::new();
    let (guid, other) = (bench.customer(|_| ()), bench.customer(|_| ()));
    let code = bench.order(|_| ());
    bench.imported();
    let taken = bench.company(&other)["id"].as_i64().unwrap();
    let trashed = company(&bench, &json!({}));
    bench.sandbox.books().trash_company(trashed);
    let foreign = company(
        &bench,
        &json!({ "another_identifier": "fakturoid:my-firm:subjects/5" }),
    );
    bench.sandbox.books().companies.get_mut(&taken).unwrap()["another_identifier"] = json!("Z-17");
    for (id, words) in [
        (
            taken,
            &["linked with", other.as_str(), "caflou-sync unlink my-shop"][..],
        ),
        (trashed, &["is not there, or lies in the trash"]),
        (999_999, &["is not there"]),
        (foreign, &["fakturoid:my-firm:subjects/5"]),
    ] {
        let ran = link(&bench, &guid, id).exits(2);
        for word in words {
            assert!(
                ran.stderr.replace('\n', " ").contains(word),
                "{}",
                ran.stderr
            );
        }
    }
    let expense = income(&bench, "x", &json!({ "kind": "expense" }));
    let template = income(&bench, "x", &json!({ "template": true }));
    let theirs = income(&bench, "x", &json!({ "description": mark("jiná") }));
    for id in [expense, template, theirs] {
        link(&bench, &code, id).exits(2);
    }
    for unknown in ["nikdo", "orders/", "customers/"] {
        link(&bench, unknown, expense).exits(2);
    }
    let unasked = bench.program(&["link", "my-shop", &guid, "--to", "5"]);
    unasked.exits(2);
    assert_eq!(state_of(&bench, &guid).0, "synced");
    assert_eq!(bench.writes(), Vec::<String>::new());
}

#[test]
fn a_wrong_adoption_is_forgotten_and_not_made_again() {
    let bench = Bench::new();
    let guid = bench.customer(|customer| customer.accounts[0].email = "a@example.cz".into());
    let code = bench.order(|_| ());
    let wrong = company(&bench, &json!({ "email": "a@example.cz" }));
    let theirs = income(&bench, &code, &json!({}));
    bench.imported();
    for (record, id) in [(&guid, wrong), (&code, theirs)] {
        assert_eq!(state_of(&bench, record), ("synced".to_owned(), Some(id)));
        let asked = bench.program(&["unlink", "my-shop", record]).exits(2);
        assert!(asked.stderr.contains("--yes"), "{}", asked.stderr);
        unlink(&bench, record).exits(0);
        unlink(&bench, record).exits(2);
    }
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.change(&guid)["action"], "create");
    assert_eq!(ran.change(&code)["action"], "create");
    assert_ne!(bench.company(&guid)["id"], wrong);
    assert_ne!(bench.income_id(&code), theirs);
    // What the program made itself it would find again.
    let ran = unlink(&bench, &code).exits(2);
    assert!(ran.stderr.contains("mark"), "{}", ran.stderr);
    // The user may think better of it.
    let made = bench.income_id(&code);
    bench.sandbox.books().trash_transfer(made);
    link(&bench, &format!("orders/{code}"), theirs).exits(0);
    bench.run(&[]).exits(0);
    assert_eq!(state_of(&bench, &code), ("synced".to_owned(), Some(theirs)));
}

#[test]
fn what_another_customer_let_go_is_free_again() {
    let bench = Bench::new();
    let wrong = bench.customer(|customer| customer.accounts[0].email = "a@example.cz".into());
    let id = company(&bench, &json!({ "email": "a@example.cz" }));
    bench.imported();
    let right = bench.customer(|customer| customer.accounts[0].email = "a@example.cz".into());
    link(&bench, &format!("customers/{right}"), id).exits(2);
    unlink(&bench, &wrong).exits(0);
    link(&bench, &format!("customers/{right}"), id).exits(0);
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.change(&wrong)["action"], "create");
    assert_eq!(state_of(&bench, &right), ("synced".to_owned(), Some(id)));
}

#[test]
fn one_record_in_caflou_is_refused_to_two_and_what_was_linked_twice_before_is_told() {
    let bench = Bench::new();
    let codes = [0; 3].map(|_| bench.order(|_| ()));
    bench.imported();
    let id = bench.income_id(&codes[0]);
    let double = |code: &str| {
        let sql = format!("UPDATE records SET caflou_id = {id} WHERE source_id = '{code}'");
        bench.database().execute(&sql, [])
    };
    assert!(double(&codes[1]).is_err(), "the state itself refuses it");
    // A file of an older release may hold it.
    lay_out(&bench, SCHEMAS[4]);
    double(&codes[1]).unwrap();
    for args in [&["--dry-run"][..], &[], &["--full"]] {
        let ran = bench.run(args).exits(0);
        let told: Vec<_> = ran.warnings();
        let told = told.iter().find(|text| text.contains(&id.to_string()));
        let told = told.unwrap_or_else(|| panic!("{}", ran.stdout));
        for word in [&codes[0], &codes[1], "caflou-sync unlink my-shop"] {
            assert!(told.contains(word), "{told}");
        }
    }
    assert!(double(&codes[2]).is_err());
    unlink(&bench, &codes[1]).exits(0);
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.warnings(), Vec::<String>::new());
    assert_eq!(ran.change(&codes[1])["action"], "adopt", "by its own mark");
}
