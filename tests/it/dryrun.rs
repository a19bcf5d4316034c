//! A dry run shows what the next run does, and changes nothing anywhere.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::sandbox::Service;
use crate::support::{Bench, Ran, keys, mark};

/// Numbers of all that is in Caflou.
fn ids(bench: &Bench) -> BTreeSet<i64> {
    let books = bench.sandbox.books();
    let both = books.companies.keys().chain(books.transfers.keys());
    both.copied().collect()
}

/// What is the same in a dry run and in the run that follows: not the numbers of records that were
/// not there `before`.
fn plans(ran: &Ran, before: &BTreeSet<i64>) -> Vec<Value> {
    let mut plans = ran.changes();
    for plan in &mut plans {
        let fields: Vec<_> = keys(&plan["fields"])
            .into_iter()
            .map(str::to_owned)
            .collect();
        plan["fields"] = json!(fields);
        let id = plan["caflou_id"].as_i64();
        plan["caflou_id"] = json!(id.filter(|id| before.contains(id)));
    }
    // A run imports companies and incomes side by side.
    plans.sort_by_key(|plan| format!("{} {}", plan["kind"], plan["source_id"]));
    plans
}

/// Everything that can happen, in one shop that was imported once.
fn lively() -> Bench {
    let bench = Bench::new();
    let guid = bench.customer(|_| ());
    let codes: Vec<_> = (0..9).map(|_| bench.order(|_| ())).collect();
    let paid = bench.order(|order| order.paid = Some(true));
    bench.imported();

    let first = bench.income_id(&codes[0]);
    let second = bench.income_id(&codes[1]);
    let mut shop = bench.sandbox.shop();
    let mut books = bench.sandbox.books();
    shop.pay(&codes[0]);
    books.edit_transfer(first, "payment_date", json!("2024-06-01"));
    books.trash_transfer(second);
    shop.pay(&codes[1]);
    shop.pay(&codes[2]);
    shop.cancel(&codes[3]);
    shop.delete(&codes[4]);
    shop.cancel(&paid);
    shop.edit(&codes[5], |order| {
        order.raw = Some(json!({ "code": order.code, "price": 1 }));
    });
    shop.edit_customer(&guid, |customer| customer.remark = Some("nic".into()));
    drop((shop, books));

    let firm = |bench: &Bench| {
        bench.customer(|customer| customer.billing.company_id = Some("27082440".into()))
    };
    let guids = [firm(&bench), firm(&bench), bench.customer(|_| ())];
    let company = json!({ "name": "Jana", "email": format!("{}@example.cz", guids[2]) });
    bench.sandbox.books().add_company(company);
    for guid in guids {
        bench.order(|order| order.customer_guid = Some(guid));
    }
    let adopted = bench.order(|order| order.paid = Some(true));
    let cancelled = bench.order(|_| ());
    bench.sandbox.shop().cancel(&cancelled);
    bench.sandbox.books().add_transfer(json!({
        "kind": "income", "name": "Objednávka", "date": "2024-05-06", "currency": "CZK",
        "value": 1234.5, "description": mark(&adopted),
    }));
    bench
}

#[test]
fn a_dry_run_has_the_actions_and_counts_of_the_run_that_follows() {
    let bench = lively();
    let before = ids(&bench);
    let dry = bench.run(&["--dry-run"]).exits(3);
    let ran = bench.run(&[]).exits(3);
    let sorted = |mut plans: Vec<Value>| {
        plans.sort_by_key(|plan| plan["source_id"].to_string());
        plans
    };
    assert_eq!(sorted(plans(&dry, &before)), sorted(plans(&ran, &before)));
    for agenda in ["companies", "incomes"] {
        assert_eq!(dry.counts(agenda), ran.counts(agenda));
    }
    assert_eq!(dry.summary()["totals"], ran.summary()["totals"]);
    assert_eq!(
        ran.counts("companies"),
        "4 read: 2 created, 1 adopted, 1 unchanged"
    );
    assert_eq!(
        ran.counts("incomes"),
        "15 read: 3 created, 1 adopted, 4 updated, 3 unchanged, 3 skipped, 1 failed"
    );
    for (ran, dry_run) in [(&dry, true), (&ran, false)] {
        assert_eq!(ran.start()["dry_run"], dry_run);
        assert_eq!(ran.summary()["dry_run"], dry_run);
    }
}

#[test]
fn a_dry_run_leaves_the_state_file_and_caflou_as_they_are() {
    let bench = lively();
    bench.sandbox.forget_seen();
    let before = bench.state_hash();
    assert!(before.contains_key("state.db"));
    for _ in 0..2 {
        bench.run(&["--dry-run"]).exits(3);
        bench.run(&["--dry-run", "--full"]).exits(3);
        assert_eq!(bench.state_hash(), before);
    }
    let seen = bench.sandbox.seen();
    let written = seen.iter().filter(|one| one.method != "GET");
    assert_eq!(written.count(), 0);
    assert!(seen.iter().any(|one| one.service == Service::Caflou));
}

#[test]
fn a_first_dry_run_makes_no_state_file() {
    let bench = Bench::new();
    bench.customer(|_| ());
    let code = bench.order(|_| ());
    let dry = bench.run(&["--dry-run"]).exits(0);
    assert_eq!(bench.state_hash().len(), 0);
    assert_eq!(dry.change(&code)["action"], "create");
    let ran = bench.run(&[]).exits(0);
    assert_eq!(plans(&dry, &BTreeSet::new()), plans(&ran, &BTreeSet::new()));
    let again = bench.run(&["--dry-run"]).exits(0);
    assert_eq!(again.counts("incomes"), "1 read: 1 unchanged");
}

#[test]
fn a_dry_run_of_a_whole_shop_is_the_run_that_follows() {
    let bench = Bench::with(|options| {
        options.orders = 120;
        options.customers = 30;
    });
    let dry = bench.run(&["--dry-run"]).exits(0);
    let ran = bench.run(&[]).exits(0);
    assert_eq!(plans(&dry, &BTreeSet::new()), plans(&ran, &BTreeSet::new()));
    assert_eq!(dry.summary()["totals"], ran.summary()["totals"]);
}

#[test]
fn the_detailed_exit_code_tells_whether_changes_are_pending() {
    let bench = Bench::new();
    let code = bench.order(|_| ());
    bench.run(&["--dry-run"]).exits(0);
    bench.run(&["--dry-run", "--detailed-exitcode"]).exits(6);
    bench.run(&[]).exits(0);
    bench.run(&["--dry-run", "--detailed-exitcode"]).exits(0);
    bench.sandbox.shop().pay(&code);
    bench.run(&["--dry-run", "--detailed-exitcode"]).exits(6);
    bench
        .sandbox
        .shop()
        .edit(&code, |order| order.price.currency = "Kč".into());
    bench.run(&["--dry-run", "--detailed-exitcode"]).exits(3);
}

#[test]
fn what_is_only_skipped_is_no_pending_change() {
    let bench = Bench::new();
    let code = bench.order(|_| ());
    bench.sandbox.shop().cancel(&code);
    bench.run(&["--dry-run", "--detailed-exitcode"]).exits(0);
}

#[test]
fn a_dry_run_goes_on_beside_a_run() {
    let bench = Bench::new();
    bench.order(|_| ());
    bench
        .sandbox
        .set(|options| options.caflou_latency = std::time::Duration::from_millis(300));
    let run = bench.spawn(&[]);
    bench.run(&["--dry-run"]).exits(0);
    run.end().exits(0);
}
