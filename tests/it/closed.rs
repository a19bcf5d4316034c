//! A closed period is not written to, and what is not paid in time leaves the cash flow.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::sandbox::Service;
use crate::support::{Bench, Ran, Settings, at, keys, names};

fn import(bench: &Bench, import: &'static str) {
    bench.configure(&Settings {
        import,
        ..Settings::default()
    });
}

fn skipped(ran: &Ran, code: &str) -> Value {
    let change = ran.change(code);
    assert_eq!(change["action"], "skip");
    change["reason"].clone()
}

/// The order's income is skipped with this word: once, and again where everything is told.
#[track_caller]
fn is_told_once(bench: &Bench, code: &str, what: &str) {
    let reason = format!("in the closed period up to 2024-05-31: not {what}");
    bench.sandbox.forget_seen();
    let told = |args: &[&str]| skipped(&bench.run(args).exits(0), code);
    assert_eq!(told(&["--dry-run"]), reason);
    assert_eq!(told(&[]), reason);
    for args in [&[][..], &["--dry-run"]] {
        let again = bench.run(args).exits(0);
        assert_eq!(again.counts("incomes"), "1 read: 1 unchanged");
    }
    assert_eq!(told(&["--full"]), reason);
    assert_eq!(bench.writes(), Vec::<String>::new());
}

const LOCKED: &str = "locked_until = 2024-05-31";

#[test]
fn nothing_is_created_in_a_closed_period_until_it_is_opened() {
    let bench = Bench::new();
    import(&bench, LOCKED);
    let code = bench.order(|_| ());
    is_told_once(&bench, &code, "created");
    import(&bench, "locked_until = 2024-05-05");
    bench.run(&[]).exits(0);
    assert_eq!(bench.income(&code)["date"], "2024-05-06");
}

#[test]
fn nothing_is_changed_or_switched_off_in_a_closed_period() {
    let bench = Bench::new();
    let code = bench.order(|_| ());
    bench.imported();
    import(&bench, LOCKED);
    bench.sandbox.shop().pay(&code);
    is_told_once(&bench, &code, "changed");
    bench.sandbox.shop().unpay(&code);
    bench.sandbox.shop().cancel(&code);
    is_told_once(&bench, &code, "switched off");
    bench.sandbox.shop().reopen(&code);
    bench.sandbox.shop().pay(&code);
    import(&bench, "");
    bench.run(&[]).exits(0);
    assert_eq!(keys(&bench.patches()[0]), names(["done", "payment_date"]));
}

#[test]
fn what_lies_outside_is_written_and_a_payment_in_it_is_not() {
    let bench = Bench::new();
    let july = |order: &mut crate::sandbox::model::Order| {
        order.creation_time = Some(at("2024-07-01T10:00:00Z"));
    };
    let (open, into) = (bench.order(july), bench.order(july));
    bench.imported();
    import(&bench, LOCKED);
    bench.sandbox.shop().pay(&open);
    bench.sandbox.shop().edit(&into, |order| {
        order.paid = Some(true);
        order.change_time = Some(at("2024-05-20T10:00:00Z"));
    });
    let ran = bench.run(&["--full"]).exits(0);
    assert_eq!(ran.change(&open)["action"], "update");
    skipped(&ran, &into);
    // An accountant put it into the closed period.
    let id = bench.income_id(&open);
    bench
        .sandbox
        .books()
        .edit_transfer(id, "date", json!("2024-05-31"));
    bench.sandbox.shop().unpay(&open);
    skipped(&bench.run(&[]).exits(0), &open);
}

#[test]
fn an_income_of_a_closed_period_is_linked_and_no_more() {
    let bench = Bench::new();
    import(&bench, LOCKED);
    let code = bench.order(|order| order.paid = Some(true));
    let id = bench.sandbox.books().add_transfer(json!({
        "kind": "income", "name": "Ručně", "date": "2024-05-20", "currency": "CZK",
        "reference_number": code, "value": 1234.5, "done": false,
    }));
    let ran = bench.run(&[]).exits(0);
    let change = ran.change(&code);
    assert_eq!(
        (&change["action"], &change["caflou_id"]),
        (&json!("adopt"), &json!(id))
    );
    assert_eq!(bench.writes(), Vec::<String>::new());
    import(&bench, "");
    bench.run(&[]).exits(0);
    assert_eq!(keys(&bench.patches()[0]), names(["done", "payment_date"]));
}

/// A shop whose clock, and that of Caflou, is four days behind ours for now.
fn four_days_ago() -> (Bench, DateTime<Utc>) {
    let then = Utc::now() - TimeDelta::days(4);
    let bench = Bench::with(|options| options.clock = Some(then));
    import(&bench, "unpaid_expires = 30");
    (bench, then)
}

#[test]
fn an_unpaid_order_that_grows_old_leaves_the_cash_flow_until_it_is_paid() {
    let (bench, then) = four_days_ago();
    let age = |days| bench.order(|order| order.creation_time = Some(then - TimeDelta::days(days)));
    let (ancient, old, young) = (age(100), age(29), age(5));
    let ran = bench.imported();
    let off = |code: &str| bench.income(code)["inactive"].clone();
    assert_eq!(
        ran.change(&ancient)["reason"],
        "not paid in time (unpaid_expires)"
    );
    assert_eq!(
        [off(&ancient), off(&old), off(&young)],
        [json!(true), json!(false), json!(false)]
    );

    bench.sandbox.set(|options| options.clock = None);
    let preview = bench.run(&["--dry-run"]).exits(0);
    assert_eq!(preview.change(&old)["fields"]["inactive"]["after"], true);
    bench.sandbox.forget_seen();
    let ran = bench.run(&[]).exits(0);
    assert_eq!(
        ran.change(&old)["reason"],
        "not paid in time (unpaid_expires)"
    );
    assert_eq!(bench.patches(), [json!({ "inactive": true })]);
    let codes = |line: &&String| line.contains("orderCodes");
    let asked = bench.requests(Service::Shoptet);
    assert!(asked.iter().filter(codes).count() <= 1, "{asked:?}");
    assert_eq!([off(&old), off(&young)], [json!(true), json!(false)]);
    for args in [&[][..], &["--full"]] {
        assert_eq!(bench.run(args).exits(0).changes().len(), 0);
    }

    bench.sandbox.shop().pay(&old);
    bench.sandbox.shop().pay(&ancient);
    bench.run(&[]).exits(0);
    for code in [&old, &ancient] {
        assert_eq!(off(code), false);
        assert_eq!(bench.income(code)["done"], true);
    }
}

#[test]
fn what_the_bank_paired_does_not_expire() {
    let (bench, then) = four_days_ago();
    let code = bench.order(|order| order.creation_time = Some(then - TimeDelta::days(29)));
    bench.imported();
    let id = bench.income_id(&code);
    bench.sandbox.books().edit_transfer(id, "done", json!(true));
    bench.sandbox.set(|options| options.clock = None);
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.change(&code)["kept"], json!(["inactive"]));
    assert_eq!(bench.writes(), Vec::<String>::new());
    assert_eq!(bench.run(&[]).exits(0).changes().len(), 0);
}
