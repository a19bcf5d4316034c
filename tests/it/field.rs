//! What happens in shops and in books beside what any list names.

use serde_json::{Value, json};

use crate::sandbox::{Fault, Faults, Matcher, Service};
use crate::support::{Bench, Settings, at, keys, names};

const TAKEN_BACK: &str = "no longer paid at the source: check whether the money went back";

/// Somebody changes an income in Caflou.
fn entered(bench: &Bench, id: i64, values: &Value) {
    let mut books = bench.sandbox.books();
    for (field, value) in values.as_object().unwrap() {
        books.edit_transfer(id, field, value.clone());
    }
}

#[test]
fn a_payment_that_somebody_dated_in_caflou_is_not_half_taken_back() {
    for (bank_first, import, kept) in [
        (true, "", &["date", "done", "payment_date"][..]),
        (false, "", &["date", "done", "payment_date"]),
        (
            false,
            "unpaid_expires = 30",
            &["date", "done", "inactive", "payment_date"],
        ),
    ] {
        let bench = Bench::set(&Settings {
            import,
            mapping: "expected_days = 7",
            ..Settings::default()
        });
        let code = bench.order(|order| order.paid = Some(!bank_first));
        bench.imported();
        let bank = json!({ "done": true, "payment_date": "2026-10-31" });
        entered(&bench, bench.income_id(&code), &bank);
        if bank_first {
            bench.sandbox.shop().pay(&code);
            bench.imported();
        }
        let before = bench.income(&code);
        bench.sandbox.shop().unpay(&code);
        let ran = bench.run(&[]).exits(0);
        let change = ran.change(&code);
        assert_eq!(change["warnings"], json!([TAKEN_BACK]));
        assert_eq!(change["kept"], json!(kept));
        assert_eq!(bench.income(&code), before);
        bench.sandbox.shop().pay(&code);
        let ran = bench.run(&[]).exits(0);
        assert!(ran.change(&code)["fields"].get("done").is_none());
        assert_eq!(bench.income(&code)["payment_date"], "2026-10-31");
    }
}

#[test]
fn a_text_that_was_in_caflou_before_its_income_was_linked_stays() {
    let bench = Bench::new();
    let code = bench.order(|_| ());
    let text = "Domluveno telefonicky, viz https://example.cz";
    let id = bench.sandbox.books().add_transfer(json!({
        "kind": "income", "name": "Ručně", "date": "2024-05-20", "currency": "CZK",
        "reference_number": code, "value": 1234.5, "done": false, "description": text,
    }));
    bench.imported();
    bench.sandbox.shop().edit(&code, |order| {
        order.admin_url = order.admin_url.replace("222651.myshoptet.com", "novy.cz");
        order.paid = Some(true);
    });
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.change(&code)["kept"], json!([]));
    assert_eq!(keys(&bench.patches()[0]), names(["done", "payment_date"]));
    assert_eq!(
        bench.sandbox.books().transfers[&id]["description"],
        json!(text)
    );
    assert_eq!(bench.run(&["--full"]).exits(0).changes().len(), 0);
}

#[test]
fn a_payment_of_an_order_that_never_came_in_is_not_that_of_the_next_with_its_number() {
    let bench = Bench::new();
    let guid = |n: u8| format!("{n}1111111-0000-4000-8000-000000000001");
    let code = bench.order(|order| (order.guid, order.paid) = (guid(1), Some(true)));
    let post = Matcher::new(Service::Caflou, "POST", "/transfers");
    let refusal = Fault::StatusBefore(422);
    bench.sandbox.set_faults(Faults::once(post, refusal));
    bench.run(&[]).exits(3);
    let other = |paid| {
        bench.sandbox.shop().edit(&code, |order| {
            (order.guid, order.paid) = (guid(2), paid);
            order.change_time = Some(at("2026-11-20T12:00:00Z"));
        });
    };
    other(None);
    bench.run(&["--full"]).exits(0);
    let income = bench.income(&code);
    assert_eq!(
        (&income["done"], &income["payment_date"]),
        (&json!(false), &Value::Null)
    );
}

#[test]
fn the_payments_of_an_order_are_asked_for_once_until_it_is_paid_anew() {
    let bench = Bench::set(&Settings {
        mapping: "payment_date = \"transactions\"",
        ..Settings::default()
    });
    let code = bench.order(|order| order.paid = Some(true));
    let asked = |args: &[&str]| {
        bench.sandbox.forget_seen();
        bench.run(args).exits(0);
        let detail = format!("GET /api/orders/{code}");
        let requests = bench.requests(Service::Shoptet);
        requests.iter().filter(|one| **one == detail).count()
    };
    assert_eq!(asked(&[]), 1);
    bench.sandbox.shop().edit(&code, |order| {
        order.remark = Some("zabaleno".into());
    });
    assert_eq!([asked(&[]), asked(&["--full"])], [0, 0]);
    bench.sandbox.shop().unpay(&code);
    assert_eq!(asked(&[]), 0);
    bench.sandbox.shop().pay(&code);
    assert_eq!(asked(&[]), 1);
    // Nothing is paid by an order that is cancelled.
    let cancelled = bench.order(|order| order.paid = Some(true));
    bench.sandbox.shop().cancel(&cancelled);
    bench.sandbox.forget_seen();
    bench.run(&[]).exits(0);
    let detail = format!("GET /api/orders/{cancelled}");
    assert!(!bench.requests(Service::Shoptet).contains(&detail));
}
