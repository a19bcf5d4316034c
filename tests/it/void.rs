//! Orders that do not count any more: cancelled or deleted, before and after their import.

use serde_json::json;

use crate::sandbox::Service;
use crate::support::{Bench, Ran, Settings, price};

/// The action and the reason of the order's change.
fn told(ran: &Ran, code: &str) -> (String, String) {
    let change = ran.change(code);
    let text = |name: &str| change[name].as_str().unwrap_or_default().to_owned();
    (text("action"), text("reason"))
}

fn pair(action: &str, reason: &str) -> (String, String) {
    (action.to_owned(), reason.to_owned())
}

const GONE_BACK: &str = "paid and then cancelled or deleted: check whether the money went back";

#[test]
fn cancelled_before_the_import_it_is_skipped_with_the_reason() {
    let bench = Bench::new();
    let code = bench.order(|_| ());
    bench.sandbox.shop().cancel(&code);
    for _ in 0..2 {
        let ran = bench.run(&[]).exits(0);
        let skipped = pair("skip", "cancelled in the shop, not imported");
        assert_eq!(told(&ran, &code), skipped);
        assert_eq!(ran.counts("incomes"), "1 read: 1 skipped");
    }
    assert_eq!(bench.writes(), Vec::<String>::new());
}

#[test]
fn cancelled_and_paid_before_the_import_it_is_skipped_too() {
    let bench = Bench::new();
    let code = bench.order(|order| order.paid = Some(true));
    bench.sandbox.shop().cancel(&code);
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.change(&code)["action"], "skip");
    assert_eq!(bench.writes(), Vec::<String>::new());
}

#[test]
fn cancelled_after_the_import_and_unpaid_it_leaves_the_cash_flow_with_its_value() {
    let bench = Bench::new();
    let code = bench.order(|_| ());
    bench.imported();
    bench.sandbox.shop().cancel(&code);
    let ran = bench.run(&[]).exits(0);
    assert_eq!(told(&ran, &code), pair("update", "cancelled in the shop"));
    assert_eq!(bench.patches(), [json!({ "inactive": true })]);
    assert_eq!(bench.income(&code)["value"].to_string(), "1234.50");

    for args in [&[][..], &["--full"][..]] {
        let again = bench.run(args).exits(0);
        assert_eq!(again.counts("incomes"), "1 read: 1 unchanged");
    }
    assert_eq!(bench.patches().len(), 1);
}

#[test]
fn cancelled_after_the_import_and_paid_it_is_left_alone_with_a_warning() {
    let bench = Bench::new();
    let code = bench.order(|order| order.paid = Some(true));
    bench.imported();
    bench.sandbox.shop().cancel(&code);
    let ran = bench.run(&[]).exits(0);
    let reason = "cancelled in the shop, but paid: left alone";
    assert_eq!(told(&ran, &code), pair("skip", reason));
    assert_eq!(ran.change(&code)["warnings"], json!([GONE_BACK]));
    assert_eq!(bench.writes(), Vec::<String>::new());
    assert_eq!(bench.income(&code)["inactive"], false);
}

#[test]
fn paid_and_cancelled_between_two_runs_it_is_left_alone() {
    let bench = Bench::new();
    let code = bench.order(|_| ());
    bench.imported();
    bench.sandbox.shop().pay(&code);
    bench.sandbox.shop().cancel(&code);
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.change(&code)["action"], "skip");
    assert_eq!(ran.change(&code)["warnings"], json!([GONE_BACK]));
    assert_eq!(bench.writes(), Vec::<String>::new());
}

#[test]
fn cancelled_but_marked_as_paid_in_caflou_it_is_left_alone() {
    let bench = Bench::new();
    let code = bench.order(|_| ());
    bench.imported();
    let id = bench.income_id(&code);
    bench.sandbox.books().edit_transfer(id, "done", json!(true));
    bench.sandbox.shop().cancel(&code);
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.change(&code)["warnings"], json!([GONE_BACK]));
    assert_eq!(bench.writes(), Vec::<String>::new());
}

#[test]
fn reopened_it_is_active_again() {
    let bench = Bench::new();
    let code = bench.order(|_| ());
    bench.imported();
    bench.sandbox.shop().cancel(&code);
    bench.imported();
    bench.sandbox.shop().reopen(&code);
    bench.run(&[]).exits(0);
    assert_eq!(bench.patches(), [json!({ "inactive": false })]);
    let income = bench.income(&code);
    assert_eq!(income["inactive"], false);
    assert_eq!(income["value"].to_string(), "1234.50");
    let again = bench.run(&["--full"]).exits(0);
    assert_eq!(again.counts("incomes"), "1 read: 1 unchanged");
}

#[test]
fn reopened_before_a_run_noticed_nothing_happens() {
    let bench = Bench::new();
    let code = bench.order(|_| ());
    bench.imported();
    bench.sandbox.shop().cancel(&code);
    bench.sandbox.shop().reopen(&code);
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.counts("incomes"), "1 read: 1 unchanged");
}

#[test]
fn reopened_with_another_price_and_paid_all_of_it_is_written() {
    let bench = Bench::new();
    let code = bench.order(|_| ());
    bench.imported();
    bench.sandbox.shop().cancel(&code);
    bench.imported();
    bench.sandbox.shop().reopen(&code);
    bench.sandbox.shop().edit(&code, |order| {
        order.price = price("2000.00");
        order.paid = Some(true);
    });
    bench.run(&[]).exits(0);
    let income = bench.income(&code);
    assert_eq!(income["inactive"], false);
    assert_eq!(income["done"], true);
    assert_eq!(income["value"].to_string(), "2000.00");
}

#[test]
fn reopened_before_the_import_it_is_imported() {
    let bench = Bench::new();
    let code = bench.order(|_| ());
    bench.sandbox.shop().cancel(&code);
    bench.imported();
    bench.sandbox.shop().reopen(&code);
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.change(&code)["action"], "create");
}

#[test]
fn deleted_before_the_import_it_never_comes() {
    let bench = Bench::new();
    let code = bench.order(|_| ());
    bench.sandbox.shop().delete(&code);
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.counts("incomes"), "0 read");
    let short = bench.order(|_| ());
    bench.sandbox.shop().delete(&short);
    let ran = bench.run(&[]).exits(0);
    assert!(!ran.actions().values().any(|action| action != "skip"));
    assert_eq!(bench.writes(), Vec::<String>::new());
}

#[test]
fn deleted_after_the_import_and_unpaid_it_leaves_the_cash_flow() {
    let bench = Bench::new();
    let code = bench.order(|_| ());
    bench.imported();
    bench.sandbox.shop().delete(&code);
    let ran = bench.run(&[]).exits(0);
    assert_eq!(told(&ran, &code), pair("update", "deleted in the shop"));
    assert_eq!(bench.patches(), [json!({ "inactive": true })]);
    for args in [&[][..], &["--full"][..]] {
        let again = bench.run(args).exits(0);
        assert_eq!(again.counts("incomes"), "1 read: 1 unchanged");
    }
}

#[test]
fn deleted_after_the_import_and_paid_it_is_left_alone_with_a_warning() {
    let bench = Bench::new();
    let code = bench.order(|order| order.paid = Some(true));
    bench.imported();
    bench.sandbox.shop().delete(&code);
    let ran = bench.run(&[]).exits(0);
    let reason = "deleted in the shop, but paid: left alone";
    assert_eq!(told(&ran, &code), pair("skip", reason));
    assert_eq!(ran.change(&code)["warnings"], json!([GONE_BACK]));
    assert_eq!(bench.writes(), Vec::<String>::new());
}

#[test]
fn a_deletion_that_the_feed_does_not_know_is_noticed_by_a_full_compare() {
    let bench = Bench::new();
    let code = bench.order(|_| ());
    let stays = bench.order(|_| ());
    bench.imported();
    {
        let mut shop = bench.sandbox.shop();
        shop.delete(&code);
        shop.changes.clear();
    }
    bench.run(&[]).exits(0);
    assert_eq!(
        bench.income(&code)["inactive"],
        false,
        "nothing tells of it"
    );
    let ran = bench.run(&["--full"]).exits(0);
    assert_eq!(told(&ran, &code), pair("update", "deleted in the shop"));
    assert_eq!(bench.income(&code)["inactive"], true);
    assert_eq!(bench.income(&stays)["inactive"], false);
}

#[test]
fn cancelled_then_deleted_it_stays_out_of_the_cash_flow() {
    let bench = Bench::new();
    let code = bench.order(|_| ());
    bench.imported();
    bench.sandbox.shop().cancel(&code);
    bench.imported();
    bench.sandbox.shop().delete(&code);
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.counts("incomes"), "1 read: 1 unchanged");
    assert_eq!(bench.income(&code)["inactive"], true);
}

#[test]
fn put_back_into_the_cash_flow_by_hand_it_stays_there_until_the_shop_says_more() {
    let bench = Bench::new();
    let code = bench.order(|_| ());
    bench.imported();
    bench.sandbox.shop().cancel(&code);
    bench.imported();
    let id = bench.income_id(&code);
    bench
        .sandbox
        .books()
        .edit_transfer(id, "inactive", json!(false));
    bench.run(&["--full"]).exits(0);
    assert_eq!(bench.writes(), Vec::<String>::new());
}

#[test]
fn under_new_only_a_cancellation_is_ignored() {
    let bench = Bench::set(&Settings {
        incomes: "new-only",
        ..Settings::default()
    });
    let code = bench.order(|_| ());
    bench.imported();
    bench.sandbox.shop().cancel(&code);
    let ran = bench.run(&["--full"]).exits(0);
    assert_eq!(ran.counts("incomes"), "1 read: 1 unchanged");
    assert_eq!(bench.income(&code)["inactive"], false);
}

/// An import whose state is lost; nothing says that it was.
fn imported_and_forgotten(orders: usize) -> (Bench, Vec<String>) {
    let bench = Bench::new();
    let codes = (0..orders).map(|_| bench.order(|_| ())).collect();
    bench.imported();
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(bench.path(&format!("state.db{end}")));
    }
    std::fs::remove_dir_all(bench.path("cache")).unwrap();
    bench.sandbox.forget_seen();
    (bench, codes)
}

#[test]
fn cancelled_while_nothing_was_known_of_it_it_leaves_the_cash_flow_and_comes_back() {
    let (bench, codes) = imported_and_forgotten(3);
    bench.sandbox.shop().cancel(&codes[1]);
    bench.run(&["--dry-run"]).exits(0);
    assert_eq!(bench.writes(), Vec::<String>::new());
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.change(&codes[1])["action"], "adopt");
    assert_eq!(bench.patches(), [json!({ "inactive": true })]);
    bench.sandbox.forget_seen();
    bench.run(&["--full"]).exits(0);
    assert_eq!(bench.writes(), Vec::<String>::new());
    bench.sandbox.shop().reopen(&codes[1]);
    bench.run(&[]).exits(0);
    assert_eq!(bench.patches(), [json!({ "inactive": false })]);
}

#[test]
fn more_than_a_tenth_of_what_is_not_known_is_held_back_as_well() {
    let (bench, codes) = imported_and_forgotten(12);
    for code in &codes {
        bench.sandbox.shop().cancel(code);
    }
    bench.run(&[]).exits(7);
    assert_eq!(bench.writes(), Vec::<String>::new());
    bench.run(&["--allow", "deletions"]).exits(0);
    assert_eq!(bench.patches().len(), 12);
}

#[test]
fn orders_that_were_cancelled_before_their_import_cost_no_requests_of_their_own() {
    let bench = Bench::new();
    bench.order(|_| ());
    bench.imported();
    for _ in 0..30 {
        let code = bench.order(|_| ());
        bench.sandbox.shop().cancel(&code);
    }
    bench.run(&[]).exits(0);
    assert_eq!(bench.requests(Service::Caflou), Vec::<String>::new());
    bench.sandbox.forget_seen();
    bench.run(&["--full"]).exits(0);
    let spent = bench.requests(Service::Caflou);
    assert!(spent.len() <= 2, "{spent:?}");
}
