//! Companies that are no longer in Caflou: deleted there, or merged with another one.

use serde_json::{Value, json};

use crate::support::{Bench, Settings, at};

/// A company and an income of it; the numbers of both in Caflou.
fn imported() -> (Bench, String, i64) {
    let bench = Bench::new();
    let guid = bench.customer(|_| ());
    bench.order(|order| order.customer_guid = Some(guid.clone()));
    bench.imported();
    let company = bench.company(&guid)["id"].as_i64().unwrap();
    (bench, guid, company)
}

fn delete(bench: &Bench, company: i64) {
    let mut books = bench.sandbox.books();
    books.companies.remove(&company).unwrap();
    for income in books.transfers.values_mut() {
        income["company_id"] = Value::Null;
    }
}

fn warning_of(change: &Value) -> &str {
    change["warnings"][0].as_str().unwrap_or_default()
}

#[test]
fn an_income_whose_company_was_deleted_goes_in_without_it() {
    let (bench, guid, company) = imported();
    delete(&bench, company);
    let order = bench.order(|order| order.customer_guid = Some(guid.clone()));
    let ran = bench.run(&[]).exits(0);
    let change = ran.change(&order);
    assert_eq!(change["action"], "create");
    let said = format!("its company {company} was deleted in Caflou");
    assert!(warning_of(&change).starts_with(&said), "{change}");
    assert!(change["fields"].get("company_id").is_none());
    assert_eq!(bench.income(&order)["company_id"], json!(null));
    bench.each_order_is_there_once();
    // It is known from now on: nothing is refused, and nothing is sent again.
    let next = bench.order(|order| order.customer_guid = Some(guid.clone()));
    bench.sandbox.forget_seen();
    let ran = bench.run(&[]).exits(0);
    assert_eq!(bench.writes(), ["POST /transfers"]);
    assert_eq!(ran.change(&next)["warnings"], json!([]));
    let full = bench.run(&["--full"]).exits(0);
    assert_eq!(full.changes().len(), 0, "{}", full.stdout);
    bench.program(&["status"]).exits(0);
}

#[test]
fn a_refusal_for_another_reason_is_no_companys_fault() {
    let (bench, guid, company) = imported();
    let order = bench.order(|order| order.customer_guid = Some(guid.clone()));
    let post = crate::sandbox::Matcher::new(crate::sandbox::Service::Caflou, "POST", "/transfers");
    let refusal = crate::sandbox::Fault::StatusBefore(422);
    bench
        .sandbox
        .set_faults(crate::sandbox::Faults::once(post, refusal));
    let ran = bench.run(&[]).exits(3);
    assert_eq!(ran.change(&order)["action"], "fail");
    bench.run(&[]).exits(0);
    assert_eq!(bench.income(&order)["company_id"], company);
}

#[test]
fn companies_in_the_trash_are_noticed_when_companies_are_listed() {
    for args in [&[][..], &["--full"]] {
        let (bench, guid, company) = imported();
        let mut books = bench.sandbox.books();
        books.companies.get_mut(&company).unwrap()["trash"] = json!(true);
        drop(books);
        // A new customer has to be looked for: the list is read.
        bench.customer(|_| ());
        let ran = bench.run(args).exits(0);
        let told = ran.warnings();
        assert!(
            told.iter()
                .any(|one| one.contains("were deleted or merged")),
            "{told:?}"
        );
        let order = bench.order(|order| order.customer_guid = Some(guid));
        bench.run(&[]).exits(0);
        assert_eq!(bench.income(&order)["company_id"], json!(null));
    }
}

#[test]
fn booked_incomes_keep_what_caflou_made_of_their_company() {
    let (bench, guid, company) = imported();
    let merged = bench
        .sandbox
        .books()
        .add_company(json!({ "name": "Sloučená" }));
    let mut books = bench.sandbox.books();
    books.companies.remove(&company);
    for income in books.transfers.values_mut() {
        income["company_id"] = json!(merged);
    }
    drop(books);
    let paid = bench.sandbox.shop().orders[0].code.clone();
    bench.sandbox.shop().pay(&paid);
    bench.order(|order| {
        order.customer_guid = Some(guid);
        order.creation_time = Some(at("2024-05-07T10:00:00Z"));
    });
    bench.run(&[]).exits(0);
    let income = bench.income(&paid);
    assert_eq!(
        (&income["done"], &income["company_id"]),
        (&json!(true), &json!(merged))
    );
    bench.configure(&Settings::default());
    assert_eq!(bench.run(&["--full"]).exits(0).changes().len(), 0);
}
