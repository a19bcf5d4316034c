//! Guard rails: a run that would change too much, or that meets an empty shop, stops before its
//! first write.

use rusqlite::OptionalExtension;

use crate::sandbox::{Fault, Faults, Matcher, Service};
use crate::support::{Bench, KEY, Ran, Settings};

/// Two companies and two incomes are imported; one more of each, two paid orders are waiting.
fn bench() -> Bench {
    let bench = Bench::new();
    let codes: Vec<_> = (0..2).map(|_| bench.order(|_| ())).collect();
    bench.customer(|_| ());
    bench.imported();
    bench.order(|_| ());
    bench.customer(|_| ());
    for code in &codes {
        bench.sandbox.shop().pay(code);
    }
    bench
}

fn cursors(bench: &Bench) -> String {
    let sql = "SELECT group_concat(stream || at || ' ' || listed_at) FROM cursors";
    let found = bench.database().query_row(sql, [], |row| row.get(0));
    found.optional().unwrap().unwrap_or_default()
}

#[track_caller]
fn guarded(bench: &Bench, ran: &Ran, said: &[&str]) {
    assert_eq!(ran.code, 7, "{}", ran.stdout);
    assert_eq!(bench.writes(), Vec::<String>::new());
    let summary = ran.summary();
    assert_eq!(summary["status"], "stopped");
    assert_eq!(summary["incomes"]["created"], 0);
    assert_eq!(ran.changes(), Vec::<serde_json::Value>::new());
    for word in said {
        assert!(ran.error().contains(word), "{}", ran.error());
        assert!(ran.stderr.contains(word), "{}", ran.stderr);
    }
}

#[test]
fn more_changes_than_allowed_stop_the_run_before_its_first_write() {
    let bench = bench();
    // seconds tell little in a test
    bench.cursors_go_back(60);
    let before = cursors(&bench);
    for allowed in ["0", "3"] {
        let ran = bench.run(&["--max-changes", allowed]);
        let go_on = format!("caflou-sync run {KEY} --max-changes 4");
        let look = format!("caflou-sync run {KEY} --dry-run");
        guarded(&bench, &ran, &["4 records", &go_on, &look]);
        assert_eq!(cursors(&bench), before, "the cursor moved");
    }
    // updates count, too, and exactly as many as are allowed go through
    let ran = bench.run(&["--max-changes", "4"]).exits(0);
    assert_eq!(ran.counts("incomes"), "3 read: 1 created, 2 updated");
    assert_eq!(ran.counts("companies"), "2 read: 1 created, 1 unchanged");
    bench.each_order_is_there_once();
    assert_ne!(cursors(&bench), before);
    bench.run(&["--max-changes", "0", "--full"]).exits(0);
}

#[test]
fn the_command_line_beats_the_limit_of_the_configuration() {
    let bench = bench();
    bench.configure(&Settings {
        import: "max_changes = 3",
        ..Settings::default()
    });
    guarded(&bench, &bench.run(&[]), &["more than the 3 that"]);
    let ran = bench.run(&["--max-changes", "2"]);
    guarded(&bench, &ran, &["more than the 2 that"]);
    let ran = bench.run(&["--max-changes", "100"]).exits(0);
    assert_eq!(ran.counts("incomes"), "3 read: 1 created, 2 updated");
}

#[test]
fn a_dry_run_is_never_limited() {
    let bench = bench();
    bench.configure(&Settings {
        import: "max_changes = 1",
        ..Settings::default()
    });
    let ran = bench.run(&["--dry-run", "--max-changes", "1"]).exits(0);
    assert_eq!(ran.counts("incomes"), "3 read: 1 created, 2 updated");
    bench.run(&["--dry-run", "--detailed-exitcode"]).exits(6);
}

#[test]
fn a_shop_that_suddenly_shows_no_orders_changes_nothing() {
    let bench = Bench::new();
    for _ in 0..10 {
        bench.order(|_| ());
    }
    bench.imported();
    {
        let mut shop = bench.sandbox.shop();
        let codes: Vec<_> = shop.orders.iter().map(|order| order.code.clone()).collect();
        for code in &codes {
            shop.delete(code);
        }
    }
    let go_on = format!("caflou-sync run {KEY} --full --allow-empty");
    let ran = bench.run(&["--full"]);
    guarded(&bench, &ran, &["no orders", "10 were imported", &go_on]);
    // ten may always go; more than that needs a word of its own
    let ran = bench.run(&["--full", "--allow-empty"]).exits(0);
    assert_eq!(ran.counts("incomes"), "10 read: 10 updated");
    let books = bench.sandbox.books();
    assert!(books.transfers.values().all(|one| one["inactive"] == true));
}

#[test]
fn with_several_connections_a_guard_rail_comes_after_a_failed_run_and_before_failed_records() {
    let bench = bench();
    let guarded = bench.connection(
        "hlidane",
        &Settings {
            import: "max_changes = 1",
            mapping: "match_existing = false",
            ..Settings::default()
        },
    );
    let fine = bench.connection(KEY, &Settings::default());
    let run = |text: &str| {
        bench.write_config(text);
        let ran = bench.program(&["run", "--all", "--format", "json"]);
        let ends = ran.of_type("summary").into_iter();
        let ends: Vec<_> = ends.map(|one| one["status"].clone()).collect();
        (ran.code, ends)
    };
    bench.order(|order| (order.price.to_pay, order.price.with_vat) = (None, None));
    let (code, ends) = run(&format!("{guarded}{fine}"));
    assert_eq!((code, ends), (7, vec!["stopped".into(), "partial".into()]));

    let refused = fine
        .replace(bench.sandbox.caflou_token(), "spatny-token")
        .replace(&format!("connections.{KEY}"), "connections.odmitnute");
    let (code, ends) = run(&format!("{guarded}{refused}"));
    assert_eq!((code, ends), (4, vec!["stopped".into(), "failed".into()]));

    let shop = Matcher::new(Service::Shoptet, "GET", "/api/eshop").skipping(2);
    let no = Fault::Answer {
        status: 400,
        body: "{}".to_owned(),
    };
    bench.sandbox.set_faults(Faults::once(shop, no));
    let (code, ends) = run(&format!("{guarded}{fine}"));
    assert_eq!((code, ends), (1, vec!["stopped".into(), "failed".into()]));
}

/// Where the next run begins to read a stream.
fn cursor(bench: &Bench, stream: &str) -> i64 {
    let sql = "SELECT unixepoch(cursor) FROM cursors WHERE stream = ?1";
    let found = bench.database().query_row(sql, [stream], |row| row.get(0));
    found.unwrap()
}

/// So many unpaid orders, imported.
fn imported(orders: usize) -> (Bench, Vec<String>) {
    let bench = Bench::new();
    let codes = (0..orders).map(|_| bench.order(|_| ())).collect();
    bench.imported();
    (bench, codes)
}

fn inactive(bench: &Bench) -> usize {
    let books = bench.sandbox.books();
    let incomes = books.transfers.values();
    incomes.filter(|one| one["inactive"] == true).count()
}

#[test]
fn more_than_a_tenth_that_vanishes_is_not_switched_off_unless_allowed() {
    for how in ["deleted", "cancelled"] {
        let (bench, codes) = imported(40);
        for code in &codes[..11] {
            let mut shop = bench.sandbox.shop();
            match how {
                "deleted" => shop.delete(code),
                _ => shop.cancel(code),
            }
        }
        let new = bench.order(|_| ());
        bench.cursors_go_back(60);
        let before = cursor(&bench, "orders");
        for args in [&[][..], &["--full"]] {
            let ran = bench.run(args);
            assert_eq!(ran.code, 7, "{how}: {}", ran.stdout);
            assert_eq!(ran.summary()["status"], "stopped");
            assert_eq!(inactive(&bench), 0, "{how}");
            let full = if args.is_empty() { "" } else { " --full" };
            let go_on = format!("caflou-sync run {KEY}{full} --allow deletions");
            for word in ["11 incomes", "it may be 10", &go_on] {
                assert!(ran.error().contains(word), "{}", ran.error());
            }
        }
        assert_eq!(cursor(&bench, "orders"), before, "the cursor moved");
        // what is new came all the same
        bench.income(&new);
        let shown = bench.run(&["--dry-run"]).exits(0);
        assert!(shown.counts("incomes").contains("11 updated"), "{how}");
        assert!(
            shown.stdout.contains("a run would stop: 11 incomes"),
            "{}",
            shown.stdout
        );
        bench.run(&["--allow", "deletions"]).exits(0);
        assert_eq!(inactive(&bench), 11, "{how}");
        bench.run(&["--full"]).exits(0);
    }
}

#[test]
fn ten_that_vanish_are_switched_off_as_ever() {
    let (bench, codes) = imported(12);
    for code in &codes[..10] {
        bench.sandbox.shop().delete(code);
    }
    bench.run(&[]).exits(0);
    assert_eq!(inactive(&bench), 10);
}

/// Answers a request like this so, after the first `skip` of them.
fn answer(bench: &Bench, path: &str, skip: usize, status: u16, body: &serde_json::Value) {
    let matcher = Matcher::new(Service::Shoptet, "GET", path).skipping(skip);
    let body = body.to_string();
    let fault = Fault::Answer { status, body };
    bench.sandbox.set_faults(Faults::once(matcher, fault));
}

#[test]
fn a_feed_that_calls_all_orders_deleted_is_not_believed() {
    let (bench, codes) = imported(12);
    // so long ago that no other list of what changed shows them
    let long_ago = Some(crate::support::at(crate::support::MADE));
    for order in &mut bench.sandbox.shop().orders {
        order.change_time = long_ago;
    }
    let changes = codes.iter().map(|code| {
        serde_json::json!({"code": code, "changeTime": "2030-01-01T10:00:00+0100", "changeType": "delete"})
    });
    let changes: Vec<_> = changes.collect();
    let page = serde_json::json!({"totalCount": 12, "page": 1, "pageCount": 1, "itemsOnPage": 12, "itemsPerPage": 1000});
    let body = serde_json::json!({"data": {"changes": changes, "paginator": page}, "errors": null});
    answer(&bench, "/api/orders/changes", 0, 200, &body);
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.counts("incomes"), "12 read: 12 unchanged");
    assert!(
        ran.stdout
            .contains("12 orders were deleted, but the shop still shows them"),
        "{}",
        ran.stdout
    );
    assert_eq!(bench.writes(), Vec::<String>::new());
}

fn another_shop() -> serde_json::Value {
    serde_json::json!({"data": {
        "contactInformation": {"eshopId": 999_111, "eshopName": "Jiný obchod"},
        "settings": {"timezone": "Europe/Prague"},
    }, "errors": null})
}

#[test]
fn a_shop_that_is_another_one_at_the_end_takes_nothing_out_and_moves_no_cursor() {
    let (bench, codes) = imported(3);
    bench.sandbox.shop().delete(&codes[0]);
    bench.cursors_go_back(60);
    let before = cursor(&bench, "orders");
    answer(&bench, "/api/eshop", 1, 200, &another_shop());
    let ran = bench.run(&[]).exits(4);
    assert!(ran.error().contains("999111"), "{}", ran.error());
    assert_eq!(inactive(&bench), 0);
    assert_eq!(cursor(&bench, "orders"), before, "the cursor moved");
    bench.run(&[]).exits(0);
    assert_eq!(inactive(&bench), 1);
    // customers likewise
    bench.cursors_go_back(60);
    let before = cursor(&bench, "customers");
    answer(&bench, "/api/eshop", 1, 200, &another_shop());
    bench.run(&["--only", "companies"]).exits(4);
    assert_eq!(cursor(&bench, "customers"), before, "the cursor moved");
}
