//! How many requests a run costs: exact numbers, as Caflou counts them against the tariff.

use std::collections::BTreeMap;

use serde_json::json;

use crate::sandbox::Service;
use crate::support::{Bench, Ran};

/// The requests of a run, by what they are for.
fn spent(bench: &Bench, service: Service) -> BTreeMap<String, usize> {
    let mut spent = BTreeMap::new();
    for request in bench.requests(service) {
        let (head, last) = request.rsplit_once('/').unwrap_or_default();
        let detail = last.len() > 30 || last.bytes().all(|byte| byte.is_ascii_digit());
        let what = if detail {
            format!("{head}/…")
        } else {
            request
        };
        *spent.entry(what).or_default() += 1;
    }
    spent
}

fn pairs<const N: usize>(pairs: [(&str, usize); N]) -> BTreeMap<String, usize> {
    pairs.map(|(what, times)| (what.to_owned(), times)).into()
}

/// What the report counts is what the services saw.
#[track_caller]
fn counted(bench: &Bench, ran: &Ran) {
    let requests = &ran.summary()["requests"];
    for (name, service) in [("shoptet", Service::Shoptet), ("caflou", Service::Caflou)] {
        assert_eq!(requests[name], bench.requests(service).len(), "{name}");
    }
}

/// Incomes that somebody entered into Caflou.
fn entered(bench: &Bench, incomes: usize) {
    let mut books = bench.sandbox.books();
    for number in 0..incomes {
        books.add_transfer(json!({
            "kind": "income", "name": format!("By hand {number}"), "value": 1, "currency": "CZK",
            "date": "2024-01-01", "reference_number": format!("9{number:07}"),
        }));
    }
}

#[test]
fn a_first_import_reads_each_list_twice_and_sends_each_record_once() {
    // One request at a time, so that none is refused and sent again.
    let bench = Bench::with(|options| options.single_file = false);
    for _ in 0..12 {
        bench.customer(|_| ());
    }
    for _ in 0..120 {
        bench.order(|_| ());
    }
    entered(&bench, 230);
    let ran = bench.run(&[]).exits(0);
    assert_eq!(
        spent(&bench, Service::Shoptet),
        pairs([
            ("GET /api/eshop", 2),
            ("GET /api/customers", 1),
            ("GET /api/customers/…", 12),
            ("GET /api/orders", 3),
        ])
    );
    assert_eq!(
        spent(&bench, Service::Caflou),
        pairs([
            // A second time: nothing is known yet that a short list would lack.
            ("GET /companies", 2),
            ("POST /companies", 12),
            ("GET /transfers", 6),
            ("POST /transfers", 120),
        ])
    );
    counted(&bench, &ran);
}

#[test]
fn a_run_without_changes_sends_five_requests_to_the_shop_and_none_to_caflou() {
    let bench = Bench::new();
    bench.customer(|_| ());
    bench.order(|_| ());
    bench.imported();
    let ran = bench.run(&[]).exits(0);
    assert_eq!(
        spent(&bench, Service::Shoptet),
        pairs([
            ("GET /api/eshop", 2),
            ("GET /api/customers/changes", 1),
            ("GET /api/orders/changes", 1),
            ("GET /api/orders", 1),
        ])
    );
    assert_eq!(spent(&bench, Service::Caflou), pairs([]));
    counted(&bench, &ran);
}

#[test]
fn an_order_newly_paid_costs_a_look_and_a_change() {
    let bench = Bench::new();
    let codes: Vec<_> = (0..5).map(|_| bench.order(|_| ())).collect();
    bench.imported();
    bench.sandbox.shop().pay(&codes[2]);
    let ran = bench.run(&[]).exits(0);
    assert_eq!(bench.requests(Service::Shoptet).len(), 5);
    assert_eq!(
        spent(&bench, Service::Caflou),
        pairs([("GET /transfers/…", 1), ("PATCH /transfers/…", 1)])
    );
    counted(&bench, &ran);
}

/// An account with so many incomes of others, and a shop that was imported into it.
fn beside_many(incomes: usize) -> Bench {
    let bench = Bench::with(|options| options.single_file = false);
    bench.order(|_| ());
    entered(&bench, incomes);
    bench.imported();
    bench
}

#[test]
fn few_new_orders_are_searched_for_where_that_is_fewer_than_the_list() {
    let bench = beside_many(1_000);
    for _ in 0..3 {
        bench.order(|_| ());
    }
    let ran = bench.run(&[]).exits(0);
    // The first page, whether a search can be believed, and a search each: eleven pages are more.
    assert_eq!(
        spent(&bench, Service::Caflou),
        pairs([("GET /transfers", 1 + 1 + 3), ("POST /transfers", 3)])
    );
    counted(&bench, &ran);
}

#[test]
fn many_new_orders_are_looked_for_in_the_list() {
    let bench = beside_many(300);
    for _ in 0..30 {
        bench.order(|_| ());
    }
    bench.run(&[]).exits(0);
    let spent = spent(&bench, Service::Caflou);
    assert_eq!(spent["POST /transfers"], 30);
    assert!(spent["GET /transfers"] <= 2 * 4, "{spent:?}");
}

#[test]
fn where_search_does_nothing_the_list_is_read_and_what_is_there_is_found() {
    let bench = beside_many(1_000);
    bench.sandbox.set(|options| options.transfer_search = false);
    let code = bench.order(|_| ());
    bench.sandbox.books().add_transfer(json!({
        "kind": "income", "name": "By hand", "value": 1234.50, "currency": "CZK",
        "date": "2024-01-01", "reference_number": code,
    }));
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.change(&code)["action"], "adopt");
}

#[test]
fn what_a_search_finds_is_adopted() {
    let bench = beside_many(1_000);
    let code = bench.order(|_| ());
    bench.sandbox.books().add_transfer(json!({
        "kind": "income", "name": "By hand", "value": 1234.50, "currency": "CZK",
        "date": "2024-01-01", "reference_number": code,
    }));
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.change(&code)["action"], "adopt");
    let lists = bench.requests(Service::Caflou);
    assert!(lists.len() < 6, "{lists:?}");
}

#[test]
fn a_dry_run_tells_how_many_requests_the_run_sends_to_caflou() {
    let bench = beside_many(150);
    for _ in 0..4 {
        bench.order(|_| ());
    }
    let shown = bench.program(&["run", "my-shop", "--dry-run"]).exits(0);
    bench.sandbox.forget_seen();
    bench.run(&[]).exits(0);
    let sent = bench.requests(Service::Caflou).len();
    let line = format!("A real run would send {sent} requests to Caflou");
    assert!(shown.stdout.contains(&line), "{sent}\n{}", shown.stdout);
}

/// A shop of which so many orders were imported.
fn imported(orders: usize) -> (Bench, Vec<String>) {
    let bench = Bench::with(|options| options.single_file = false);
    let codes = (0..orders).map(|_| bench.order(|_| ())).collect();
    bench.imported();
    (bench, codes)
}

fn pay<'a>(bench: &Bench, codes: impl IntoIterator<Item = &'a String>) {
    for code in codes {
        bench.sandbox.shop().pay(code);
    }
}

#[test]
fn many_changes_cost_the_lists_pages_and_a_change_each_and_few_cost_a_look_each() {
    let (bench, codes) = imported(1_000);
    pay(&bench, codes.iter().step_by(2));
    let shown = bench.program(&["run", "my-shop", "--dry-run"]).exits(0);
    bench.sandbox.forget_seen();
    let ran = bench.run(&[]).exits(0);
    assert_eq!(
        spent(&bench, Service::Caflou),
        pairs([("GET /transfers", 10), ("PATCH /transfers/…", 500)])
    );
    counted(&bench, &ran);
    let line = "A real run would send 510 requests to Caflou";
    assert!(shown.stdout.contains(line), "{}", shown.stdout);
    assert_eq!(
        ran.counts("incomes"),
        "1000 read: 500 updated, 500 unchanged"
    );
    for (place, code) in codes.iter().enumerate() {
        assert_eq!(bench.income(code)["done"], place % 2 == 0, "{code}");
    }

    bench.sandbox.forget_seen();
    pay(&bench, codes.iter().skip(1).step_by(400));
    let ran = bench.run(&[]).exits(0);
    assert_eq!(
        spent(&bench, Service::Caflou),
        pairs([("GET /transfers/…", 3), ("PATCH /transfers/…", 3)])
    );
    counted(&bench, &ran);
}

#[test]
fn the_list_is_read_no_further_than_to_the_last_of_what_changed() {
    let (bench, mut codes) = imported(250);
    codes.sort_by_key(|code| bench.income_id(code));
    pay(&bench, &codes[..60]);
    bench.run(&[]).exits(0);
    assert_eq!(
        spent(&bench, Service::Caflou),
        pairs([("GET /transfers", 1), ("PATCH /transfers/…", 60)])
    );
}

#[test]
fn where_the_list_is_longer_than_what_changed_each_is_looked_at() {
    let bench = Bench::with(|options| options.single_file = false);
    entered(&bench, 2_000);
    let codes: Vec<_> = (0..20).map(|_| bench.order(|_| ())).collect();
    bench.imported();
    pay(&bench, &codes[..8]);
    bench.run(&[]).exits(0);
    assert_eq!(
        spent(&bench, Service::Caflou),
        pairs([("GET /transfers/…", 8), ("PATCH /transfers/…", 8)])
    );

    // How long the list of others is, its first page tells.
    bench.sandbox.forget_seen();
    pay(&bench, &codes[8..]);
    bench.run(&[]).exits(0);
    assert_eq!(
        spent(&bench, Service::Caflou),
        pairs([
            ("GET /transfers", 1),
            ("GET /transfers/…", 12),
            ("PATCH /transfers/…", 12),
        ])
    );
}

#[test]
fn many_cancelled_orders_cost_the_lists_pages_and_a_change_each() {
    let (bench, codes) = imported(200);
    for code in codes.iter().step_by(10) {
        bench.sandbox.shop().cancel(code);
    }
    let ran = bench.run(&[]).exits(0);
    assert_eq!(
        spent(&bench, Service::Caflou),
        pairs([("GET /transfers", 2), ("PATCH /transfers/…", 20)])
    );
    assert_eq!(ran.counts("incomes"), "200 read: 20 updated, 180 unchanged");
}
