//! A second run asks for changes only, finds all of them, and knows when that is not enough.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use serde_json::json;

use crate::sandbox::{Moment, Service};
use crate::support::{Bench, Ran, Settings, keys, names};

const QUIET: [&str; 5] = [
    "GET /api/customers/changes",
    "GET /api/eshop",
    "GET /api/eshop",
    "GET /api/orders",
    "GET /api/orders/changes",
];

/// Requests to the shop of the run after the last [`Bench::imported`], sorted.
fn asked(bench: &Bench) -> Vec<String> {
    let mut asked = bench.requests(Service::Shoptet);
    asked.sort();
    asked
}

fn filled() -> (Bench, Vec<String>) {
    let bench = Bench::new();
    let guid = bench.customer(|_| ());
    bench.customer(|_| ());
    let codes = (0..5).map(|number| {
        let buyer = (number == 0).then(|| guid.clone());
        bench.order(|order| order.customer_guid = buyer)
    });
    let codes = codes.collect();
    (bench, codes)
}

#[test]
fn a_second_run_without_changes_sends_five_requests_and_none_to_caflou() {
    let bench = Bench::with(|options| {
        options.orders = 120;
        options.customers = 30;
    });
    let first = bench.imported();
    for _ in 0..2 {
        bench.sandbox.forget_seen();
        let ran = bench.run(&[]).exits(0);
        assert_eq!(asked(&bench), QUIET);
        assert_eq!(bench.requests(Service::Caflou), Vec::<String>::new());
        let requests = &ran.summary()["requests"];
        assert_eq!(
            requests,
            &json!({ "shoptet": 5, "caflou": 0, "retries": 0 })
        );
        assert_eq!(ran.start()["full"], false);
    }
    assert_eq!(first.start()["full"], true);
}

#[test]
fn a_full_run_without_changes_writes_nothing() {
    let bench = Bench::with(|options| {
        options.orders = 120;
        options.customers = 30;
    });
    bench.imported();
    let ran = bench.run(&["--full"]).exits(0);
    assert_eq!(ran.start()["full"], true);
    assert_eq!(ran.counts("companies"), "30 read: 30 unchanged");
    assert_eq!(ran.summary()["incomes"]["read"], 120);
    assert_eq!(bench.writes(), Vec::<String>::new());
    // Those that were cancelled before they came in are looked for in the list, by their marks.
    let lists = bench.requests(Service::Caflou);
    assert!(
        lists.iter().all(|line| line == "GET /transfers"),
        "{lists:?}"
    );
    assert!(lists.len() <= 2, "{lists:?}");
}

#[test]
fn an_order_that_only_the_feed_knows_is_found_by_its_code() {
    let (bench, codes) = filled();
    bench.imported();
    bench.sandbox.shop().edit(&codes[1], |order| {
        order.paid = Some(true);
        order.hidden_from_change_list = true;
    });
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.change(&codes[1])["action"], "update");
    assert_eq!(asked(&bench).len(), QUIET.len() + 1);
    let seen = bench.sandbox.seen();
    let by_code = seen
        .iter()
        .filter_map(|one| one.params().remove("orderCodes"));
    assert_eq!(by_code.collect::<Vec<_>>(), [codes[1].as_str()]);
}

#[test]
fn a_change_in_the_second_of_the_last_run_is_found() {
    let now = Utc::now().trunc_subsecs(0);
    let bench = Bench::with(|options| options.clock = Some(now));
    let code = bench.order(|_| ());
    bench.imported();
    bench.sandbox.shop().edit(&code, |order| {
        order.paid = Some(true);
        order.hidden_from_change_list = true;
    });
    bench.sandbox.advance(Duration::from_mins(1));
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.change(&code)["action"], "update");
}

/// The orders of a shop in the order of its lists.
fn listed(bench: &Bench) -> Vec<String> {
    let mut shop = bench.sandbox.shop();
    let places = shop.select("all", |_| true);
    places
        .iter()
        .map(|place| shop.orders[*place].code.clone())
        .collect()
}

#[test]
fn an_order_that_slips_to_a_page_already_read_is_found_although_the_count_stays() {
    let bench = Arc::new(Bench::new());
    for _ in 0..61 {
        bench.order(|_| ());
    }
    let later = Duration::from_hours(5);
    bench.sandbox.advance(later);
    bench.imported();
    let codes = listed(&bench);
    let (last, changed) = codes.split_last().unwrap();
    bench.sandbox.advance(later);
    for code in changed {
        let mut shop = bench.sandbox.shop();
        shop.edit_unlogged(code, |order| order.paid = Some(true));
    }
    bench.sandbox.advance(later);
    // Between two pages one order leaves the list and another one comes in.
    let (shop, turned) = (Arc::clone(&bench), AtomicBool::new(false));
    let (first, last) = (changed[0].clone(), last.clone());
    bench.sandbox.watch(move |moment, call| {
        let page = call.path == "/api/orders" && call.query.contains("page=2");
        if page && moment == Moment::Arrived && !turned.swap(true, Ordering::SeqCst) {
            shop.sandbox.advance(Duration::from_secs(2));
            let mut shop = shop.sandbox.shop();
            shop.delete(&first);
            shop.edit_unlogged(&last, |order| order.paid = Some(true));
        }
    });
    bench.run(&[]).exits(0);
    bench.sandbox.unwatch();
    bench.sandbox.advance(later);
    bench.run(&[]).exits(0);
    for code in &codes[1..] {
        assert_eq!(bench.income(code)["done"], true, "{code}");
    }
}

#[test]
fn fifty_codes_go_into_one_request() {
    let bench = Bench::new();
    let codes: Vec<_> = (0..60).map(|_| bench.order(|_| ())).collect();
    bench.imported();
    for code in &codes {
        bench.sandbox.shop().edit(code, |order| {
            order.paid = Some(true);
            order.hidden_from_change_list = true;
        });
    }
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.counts("incomes"), "60 read: 60 updated");
    assert_eq!(asked(&bench).len(), QUIET.len() + 2);
}

#[test]
fn an_order_that_only_the_list_knows_is_found() {
    let (bench, codes) = filled();
    bench.imported();
    bench
        .sandbox
        .shop()
        .edit_unlogged(&codes[2], |order| order.paid = Some(true));
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.change(&codes[2])["action"], "update");
    assert_eq!(asked(&bench), QUIET);
}

#[test]
fn a_creation_that_the_feed_does_not_name_is_found() {
    let (bench, _) = filled();
    bench.sandbox.shop().feed_names_creations = false;
    bench.imported();
    let code = bench.order(|_| ());
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.change(&code)["action"], "create");
}

#[test]
fn a_new_order_that_the_list_hides_is_found_by_the_feed() {
    let (bench, _) = filled();
    bench.imported();
    let code = bench.order(|order| order.hidden_from_change_list = true);
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.change(&code)["action"], "create");
}

#[test]
fn a_malformed_order_fails_alone_by_its_code_until_it_can_be_read() {
    let (bench, codes) = filled();
    let bad = codes[3].clone();
    let raw = json!({ "code": bad, "creationTime": "2024-05-06T12:00:00+0200",
                      "changeTime": "včera", "price": "draho", "paid": false });
    let set = |raw| {
        let mut shop = bench.sandbox.shop();
        let place = shop.position(&bad).unwrap();
        shop.orders[place].raw = raw;
    };
    set(Some(raw));
    let ran = bench.run(&[]).exits(3);
    assert_eq!(ran.counts("incomes"), "5 read: 4 created, 1 failed");
    let change = ran.change(&bad);
    assert_eq!(change["action"], "fail");
    assert_ne!(change["reason"].as_str().unwrap(), "");
    assert_eq!(ran.summary()["status"], "partial");

    let again = bench.run(&[]).exits(3);
    assert_eq!(again.start()["full"], false, "the cursor moved");
    assert_eq!(again.change(&bad)["action"], "fail");

    set(None);
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.change(&bad)["action"], "create");
    bench.sandbox.forget_seen();
    bench.run(&[]).exits(0);
    assert_eq!(asked(&bench), QUIET, "the failure is over");
}

#[test]
fn an_order_without_an_amount_fails_and_comes_once_it_has_one() {
    let (bench, codes) = filled();
    bench.sandbox.shop().edit(&codes[0], |order| {
        order.price.to_pay = None;
        order.price.with_vat = None;
    });
    let ran = bench.run(&[]).exits(3);
    let reason = &ran.change(&codes[0])["reason"];
    assert_eq!(reason, "no amount: toPay and withVat are both empty");
    bench.sandbox.shop().edit(&codes[0], |order| {
        order.price.to_pay = order.price.vat;
    });
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.change(&codes[0])["action"], "create");
}

#[test]
fn a_malformed_customer_fails_alone_until_it_can_be_read() {
    let (bench, codes) = filled();
    let bad = bench.customer(|_| ());
    let set = |raw| {
        let mut shop = bench.sandbox.shop();
        let place = shop.customers.iter().position(|one| one.guid == bad);
        shop.customers[place.unwrap()].raw = raw;
    };
    set(Some(
        json!({ "guid": bad, "billingAddress": 5, "accounts": {} }),
    ));
    for _ in 0..2 {
        let ran = bench.run(&[]).exits(3);
        assert_eq!(ran.change(&bad)["action"], "fail");
        assert_eq!(ran.summary()["companies"]["failed"], 1);
        assert_eq!(ran.summary()["incomes"]["failed"], 0);
    }
    assert_eq!(bench.sandbox.books().transfers.len(), codes.len());
    set(None);
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.change(&bad)["action"], "create");
    bench.sandbox.forget_seen();
    bench.run(&[]).exits(0);
    assert_eq!(asked(&bench), QUIET);
}

#[test]
fn an_order_without_a_code_fails_and_keeps_the_cursor_where_it_was() {
    let (bench, codes) = filled();
    bench
        .sandbox
        .shop()
        .edit(&codes[0], |order| order.raw = Some(json!({ "price": 5 })));
    let ran = bench.run(&["--only", "incomes"]).exits(3);
    assert_eq!(ran.counts("incomes"), "5 read: 4 created, 1 failed");
    let again = bench.run(&["--only", "incomes"]);
    assert_eq!(again.start()["full"], true, "everything is read again");
}

/// The last run compared everything and said why.
#[track_caller]
fn compared_everything(ran: &Ran, why: &str) {
    assert_eq!(ran.start()["full"], true);
    let warnings = ran.warnings();
    let said = warnings.iter().filter(|one| one.contains(why));
    assert_eq!(said.count(), 1, "{warnings:?}");
}

#[test]
fn another_mapping_compares_everything_says_so_and_writes_the_difference() {
    let (bench, codes) = filled();
    bench.imported();
    bench.configure(&Settings {
        mapping: "tags = [\"e-shop\"]\ncategory_id = 41",
        ..Settings::default()
    });
    let ran = bench.run(&[]).exits(0);
    compared_everything(&ran, "interval, modes or mapping changed");
    assert_eq!(ran.counts("incomes"), "5 read: 5 updated");
    for code in &codes {
        assert_eq!(
            keys(&ran.change(code)["fields"]),
            names(["category_id", "tags"])
        );
        assert_eq!(bench.income(code)["tags"], json!(["e-shop"]));
    }
    let again = bench.run(&[]).exits(0);
    assert_eq!(again.start()["full"], false);
    assert_eq!(again.warnings(), Vec::<String>::new());
}

#[test]
fn a_dry_run_with_another_mapping_does_not_use_the_difference_up() {
    let (bench, _) = filled();
    bench.imported();
    bench.configure(&Settings {
        mapping: "category_id = 41",
        ..Settings::default()
    });
    for args in [&["--dry-run"][..], &[][..]] {
        let ran = bench.run(args).exits(0);
        compared_everything(&ran, "interval, modes or mapping changed");
        assert_eq!(ran.counts("incomes"), "5 read: 5 updated");
    }
}

#[test]
fn auto_repeat_is_no_reason_to_compare_everything() {
    let (bench, _) = filled();
    bench.imported();
    let text = bench
        .config()
        .replace("auto_repeat = true", "auto_repeat = false");
    bench.write_config(&text);
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.start()["full"], false);
    assert_eq!(asked(&bench), QUIET);
}

/// A shop that was imported so many days ago by its own clock and ours.
fn imported_days_ago(days: i64) -> (Bench, DateTime<Utc>) {
    let then = Utc::now().trunc_subsecs(0) - TimeDelta::days(days);
    let bench = Bench::with(|options| options.clock = Some(then));
    bench.customer(|_| ());
    bench.order(|_| ());
    bench.imported();
    bench.sandbox.set(|options| options.clock = None);
    (bench, then)
}

#[test]
fn the_whole_list_of_customers_is_read_once_in_seven_days() {
    for (days, whole) in [(6, false), (8, true)] {
        let (bench, _) = imported_days_ago(days);
        // registered, but the feed does not know it
        let guid = bench.customer(|_| ());
        bench.sandbox.shop().customer_changes.clear();
        let ran = bench.run(&[]).exits(0);
        let listed = asked(&bench).contains(&"GET /api/customers".to_owned());
        assert_eq!(listed, whole, "after {days} days");
        assert_eq!(ran.actions().contains_key(&guid), whole);
        assert_eq!(ran.start()["full"], false);
        bench.sandbox.forget_seen();
        bench.run(&[]).exits(0);
        assert_eq!(asked(&bench), QUIET, "only once");
    }
}

#[test]
fn after_more_than_29_days_everything_is_compared() {
    let (bench, _) = imported_days_ago(31);
    let ran = bench.run(&[]).exits(0);
    compared_everything(&ran, "31 days ago");
    let again = bench.run(&[]).exits(0);
    assert_eq!(again.start()["full"], false);
}

#[test]
fn changes_are_asked_for_from_the_shops_own_clock_with_an_overlap() {
    let (bench, then) = imported_days_ago(2);
    bench.run(&[]).exits(0);
    let seen = bench.sandbox.seen();
    for (path, name) in [
        ("/api/orders/changes", "from"),
        ("/api/orders", "changeTimeFrom"),
        ("/api/customers/changes", "from"),
    ] {
        let one = seen.iter().find(|one| one.path == path).unwrap();
        let from = DateTime::parse_from_str(&one.params()[name], "%Y-%m-%dT%H:%M:%S%z");
        let overlap = then - from.unwrap().to_utc();
        assert!(overlap > TimeDelta::zero(), "{path}: {overlap}");
        assert!(overlap <= TimeDelta::days(1), "{path}: {overlap}");
        assert!(
            !one.query.contains('+'),
            "a plus has to be %2B: {}",
            one.query
        );
    }
}

#[test]
fn a_clock_that_is_off_is_worth_a_warning() {
    let bench = Bench::with(|options| options.clock = Some(Utc::now() - TimeDelta::hours(2)));
    let ran = bench.run(&[]).exits(0);
    let warnings = ran.warnings();
    assert!(
        warnings.iter().any(|one| one.contains("clock")),
        "{warnings:?}"
    );
}

#[test]
fn an_agenda_that_was_left_out_is_read_from_where_it_was_left() {
    let (bench, _) = filled();
    bench.run(&["--only", "incomes"]).exits(0);
    assert_eq!(bench.sandbox.books().companies.len(), 0);
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.counts("companies"), "2 read: 2 created");
}

#[test]
fn an_order_imported_before_its_customers_company_gets_it_later() {
    let (bench, codes) = filled();
    bench.run(&["--only", "incomes"]).exits(0);
    assert!(bench.income(&codes[0])["company_id"].is_null());
    bench.run(&[]).exits(0);
    assert!(bench.income(&codes[0])["company_id"].is_i64());
}
