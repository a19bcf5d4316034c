//! Only orders created from a day and up to a day, both inclusive, of the shop's time zone.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::sandbox::Service;
use crate::support::{Bench, Ran, Settings, at};

/// A day, the last second before it, its first and last ones, and the first after it.
const DAYS: [(&str, [&str; 4]); 3] = [
    (
        "2024-01-15",
        [
            "2024-01-14T22:59:59Z",
            "2024-01-14T23:00:00Z",
            "2024-01-15T22:59:59Z",
            "2024-01-15T23:00:00Z",
        ],
    ),
    // 23 hours long
    (
        "2025-03-30",
        [
            "2025-03-29T22:59:59Z",
            "2025-03-29T23:00:00Z",
            "2025-03-30T21:59:59Z",
            "2025-03-30T22:00:00Z",
        ],
    ),
    // 25 hours long
    (
        "2025-10-26",
        [
            "2025-10-25T21:59:59Z",
            "2025-10-25T22:00:00Z",
            "2025-10-26T22:59:59Z",
            "2025-10-26T23:00:00Z",
        ],
    ),
];

fn order_at(bench: &Bench, time: &str) -> String {
    bench.order(|order| order.creation_time = Some(at(time)))
}

fn created(ran: &Ran) -> BTreeSet<String> {
    ran.actions()
        .into_iter()
        .map(|(code, action)| {
            assert_eq!(action, "create");
            code
        })
        .collect()
}

fn shop_with(times: [&str; 4]) -> (Bench, [String; 4]) {
    let bench = Bench::new();
    let codes = times.map(|time| order_at(&bench, time));
    (bench, codes)
}

#[test]
fn the_edges_are_the_first_and_last_second_of_the_shops_days() {
    for (day, times) in DAYS {
        let (bench, [before, first, last, after]) = shop_with(times);
        let wanted = |codes: &[&String]| codes.iter().map(|code| (*code).clone()).collect();
        let dry = |args: &[&str]| created(&bench.run(&[&["--dry-run"], args].concat()).exits(0));
        let both: BTreeSet<_> = wanted(&[&first, &last]);
        assert_eq!(dry(&["--from", day, "--to", day]), both, "{day}");
        let from = wanted(&[&first, &last, &after]);
        assert_eq!(dry(&["--from", day]), from, "from {day}");
        let to = wanted(&[&before, &first, &last]);
        assert_eq!(dry(&["--to", day]), to, "to {day}");
    }
}

#[test]
fn the_interval_of_the_connection_holds_in_every_run_and_names_the_shops_day() {
    for (day, times) in DAYS {
        let (bench, [_, first, last, _]) = shop_with(times);
        let import: &'static str = format!("from = {day}\nto = {day}").leak();
        bench.configure(&Settings {
            import,
            ..Settings::default()
        });
        let ran = bench.run(&[]).exits(0);
        assert_eq!(created(&ran), BTreeSet::from([first.clone(), last.clone()]));
        assert_eq!(ran.counts("incomes"), "2 read: 2 created");
        for code in [&first, &last] {
            assert_eq!(bench.income(code)["date"], day);
        }
        let again = bench.run(&[]).exits(0);
        assert_eq!(again.counts("incomes"), "2 read: 2 unchanged");
        assert_eq!(bench.sandbox.books().transfers.len(), 2);
    }
}

#[test]
fn the_hours_that_come_twice_and_not_at_all_belong_to_their_day() {
    let bench = Bench::new();
    let twice = ["2025-10-26T00:30:00Z", "2025-10-26T01:30:00Z"];
    let jump = ["2025-03-30T00:59:59Z", "2025-03-30T01:00:00Z"];
    for (day, times) in [("2025-10-26", twice), ("2025-03-30", jump)] {
        let codes = times.map(|time| order_at(&bench, time));
        let ran = bench.run(&["--from", day, "--to", day]).exits(0);
        assert_eq!(created(&ran), codes.iter().cloned().collect(), "{day}");
        for code in codes {
            assert_eq!(bench.income(&code)["date"], day);
        }
    }
}

#[test]
fn an_order_outside_the_interval_stays_out_when_it_changes() {
    let bench = Bench::set(&Settings {
        import: "from = 2024-01-15\nto = 2024-01-15",
        ..Settings::default()
    });
    let before = order_at(&bench, "2024-01-14T22:59:59Z");
    let after = order_at(&bench, "2024-01-15T23:00:00Z");
    bench.imported();
    bench.sandbox.shop().pay(&before);
    bench
        .sandbox
        .shop()
        .edit_unlogged(&after, |order| order.paid = Some(true));
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.counts("incomes"), "0 read");
    assert_eq!(bench.requests(Service::Caflou), Vec::<String>::new());
}

#[test]
fn a_narrower_interval_leaves_what_was_imported_alone() {
    let bench = Bench::new();
    let outside = order_at(&bench, "2024-01-14T12:00:00Z");
    let inside = order_at(&bench, "2024-01-15T12:00:00Z");
    bench.imported();
    bench.configure(&Settings {
        import: "from = 2024-01-15",
        ..Settings::default()
    });
    for args in [&[][..], &["--full"][..]] {
        bench.run(args).exits(0);
    }
    assert_eq!(bench.writes(), Vec::<String>::new());
    for code in [outside, inside] {
        assert_eq!(bench.income(&code)["inactive"], false);
    }
}

#[test]
fn a_wider_interval_brings_the_older_orders() {
    let bench = Bench::set(&Settings {
        import: "from = 2024-01-15",
        ..Settings::default()
    });
    let old = order_at(&bench, "2024-01-14T12:00:00Z");
    order_at(&bench, "2024-01-15T12:00:00Z");
    assert_eq!(bench.imported().counts("incomes"), "1 read: 1 created");
    bench.configure(&Settings {
        import: "from = 2024-01-14",
        ..Settings::default()
    });
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.counts("incomes"), "2 read: 1 created, 1 unchanged");
    assert_eq!(ran.change(&old)["action"], "create");
}

#[test]
fn companies_have_no_interval() {
    let bench = Bench::set(&Settings {
        import: "from = 2024-01-15\nto = 2024-01-15",
        ..Settings::default()
    });
    bench.customer(|customer| customer.creation_time = Some(at("2020-01-01T00:00:00Z")));
    bench.customer(|_| ());
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.counts("companies"), "2 read: 2 created");
}

/// From when the last run wanted changes of orders.
fn changes_from(bench: &Bench) -> Option<DateTime<Utc>> {
    let seen = bench.sandbox.seen();
    let asked = seen.iter().rfind(|one| one.path == "/api/orders/changes")?;
    let from = DateTime::parse_from_str(&asked.params()["from"], "%Y-%m-%dT%H:%M:%S%z");
    Some(from.unwrap().to_utc())
}

#[test]
fn an_interval_for_one_run_does_not_move_the_cursor() {
    let bench = Bench::new();
    order_at(&bench, "2024-01-15T12:00:00Z");
    bench.imported();
    let first = bench.sandbox.now();
    bench.sandbox.advance(Duration::from_hours(2));
    let new = order_at(&bench, "2024-02-20T12:00:00Z");
    let ran = bench
        .run(&["--from", "2024-01-01", "--to", "2024-01-31"])
        .exits(0);
    assert_eq!(ran.counts("incomes"), "1 read: 1 unchanged");
    assert_eq!(changes_from(&bench), None, "the whole interval is read");

    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.change(&new)["action"], "create");
    assert!(
        changes_from(&bench).unwrap() < first,
        "from the first run on"
    );
}

#[test]
fn an_interval_for_the_first_run_does_not_count_as_the_first_import() {
    let bench = Bench::new();
    let old = order_at(&bench, "2024-01-15T12:00:00Z");
    let new = order_at(&bench, "2024-02-20T12:00:00Z");
    let ran = bench.run(&["--from", "2024-02-01"]).exits(0);
    assert_eq!(created(&ran), BTreeSet::from([new]));
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.start()["full"], true);
    assert_eq!(ran.counts("incomes"), "2 read: 1 created, 1 unchanged");
    assert_eq!(ran.change(&old)["action"], "create");
}
