//! Failed records: kept with what is known of the failure, tried again until they work.

use serde_json::json;

use crate::sandbox::{Fault, Faults, Matcher, Service};
use crate::support::{Bench, KEY};

/// What the state file knows of the failure of an income.
#[derive(Debug, PartialEq, Eq)]
struct Failure {
    state: String,
    reason: Option<String>,
    attempts: i64,
    first: Option<i64>,
    last: Option<i64>,
}

fn failure(bench: &Bench, code: &str) -> Failure {
    let sql = "SELECT state, reason, attempts, first_failed_at, last_failed_at FROM records \
               WHERE kind = 'income' AND source_id = ?1";
    let read = |row: &rusqlite::Row<'_>| {
        Ok(Failure {
            state: row.get(0)?,
            reason: row.get(1)?,
            attempts: row.get(2)?,
            first: row.get(3)?,
            last: row.get(4)?,
        })
    };
    bench.database().query_row(sql, [code], read).unwrap()
}

/// As if all that failed had failed so long ago.
fn let_time_pass(bench: &Bench, seconds: i64) {
    let sql = "UPDATE records SET first_failed_at = first_failed_at - ?1, \
               last_failed_at = last_failed_at - ?1";
    bench.database().execute(sql, [seconds]).unwrap();
}

/// Caflou refuses the next request of this method to transfers for good.
fn refuse(bench: &Bench, method: &str, times: usize) {
    let refusal = Fault::Answer {
        status: 422,
        body: json!({ "errors": { "currency": ["is not allowed"] } }).to_string(),
    };
    let matcher = Matcher::new(Service::Caflou, method, "/transfers");
    bench.sandbox.set_faults(Faults {
        script: vec![(matcher, refusal); times],
        ..Faults::default()
    });
}

fn settled() -> Failure {
    Failure {
        state: "synced".to_owned(),
        reason: None,
        attempts: 0,
        first: None,
        last: None,
    }
}

#[test]
fn a_failed_create_is_kept_with_its_history_and_tried_again_until_it_works() {
    let bench = Bench::new();
    let (bad, good) = (bench.order(|_| ()), bench.order(|_| ()));
    bench.run(&["--order", &good]).exits(0);
    refuse(&bench, "POST", 1);
    let ran = bench.run(&[]).exits(3);
    assert_eq!(ran.summary()["status"], "partial");
    assert_eq!(ran.change(&bad)["action"], "fail");
    let reason = ran.change(&bad)["reason"].as_str().unwrap().to_owned();
    assert!(
        reason.contains("422") && reason.contains("is not allowed"),
        "{reason}"
    );

    let first = failure(&bench, &bad);
    assert_eq!((first.state.as_str(), first.attempts), ("failed", 1));
    assert_eq!(first.reason.as_deref(), Some(reason.as_str()));
    assert!(
        first.first.is_some() && first.first == first.last,
        "{first:?}"
    );

    // tried again though the shop tells no change, and counted
    let_time_pass(&bench, 1000);
    refuse(&bench, "POST", 1);
    bench.run(&[]).exits(3);
    let second = failure(&bench, &bad);
    assert_eq!(second.attempts, 2);
    assert_eq!(second.first, first.first.map(|at| at - 1000));
    assert!(second.last >= first.last, "{second:?}");

    let ran = bench.run(&[]).exits(0);
    assert_eq!(
        ran.actions().into_iter().collect::<Vec<_>>(),
        [(bad.clone(), "create".to_owned())]
    );
    assert_eq!(failure(&bench, &bad), settled());
    bench.run(&[]).exits(0);
    bench.each_order_is_there_once();
}

#[test]
fn a_failed_update_keeps_its_record_and_is_tried_again() {
    let bench = Bench::new();
    let code = bench.order(|_| ());
    bench.imported();
    bench.sandbox.shop().pay(&code);
    for attempts in 1..=2 {
        refuse(&bench, "PATCH", 1);
        let ran = bench.run(&[]).exits(3);
        assert_eq!(ran.counts("incomes"), "1 read: 1 failed");
        let failure = failure(&bench, &code);
        assert_eq!(
            (failure.state.as_str(), failure.attempts),
            ("synced", attempts)
        );
    }
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.change(&code)["action"], "update");
    assert_eq!(failure(&bench, &code), settled());
    assert_eq!(bench.income(&code)["done"], true);
}

#[test]
fn an_order_that_cannot_be_imported_fails_alone_until_the_shop_puts_it_right() {
    let bench = Bench::new();
    let bad = bench.order(|order| (order.price.to_pay, order.price.with_vat) = (None, None));
    bench.order(|_| ());
    let ran = bench.run(&[]).exits(3);
    assert_eq!(ran.counts("incomes"), "2 read: 1 created, 1 failed");
    bench.run(&[]).exits(3);
    assert_eq!(failure(&bench, &bad).attempts, 2);
    let price = crate::support::price("10.00");
    bench.sandbox.shop().edit(&bad, |order| order.price = price);
    bench.run(&[]).exits(0);
    assert_eq!(failure(&bench, &bad), settled());
    bench.each_order_is_there_once();
}

#[test]
fn the_summary_for_people_lists_the_failed_records() {
    let bench = Bench::new();
    let codes: Vec<_> = (0..5).map(|_| bench.order(|_| ())).collect();
    // for people all of them, for a mail by cron the first few
    for (args, listed) in [(&["run", KEY][..], 5), (&["run", KEY, "--quiet"], 3)] {
        refuse(&bench, "POST", 5);
        let said = bench.program(args).exits(3).stdout;
        let found = codes.iter().filter(|code| said.contains(*code)).count();
        assert_eq!(found, listed, "{said}");
        assert_eq!(said.contains("2 more"), listed == 3, "{said}");
        assert_eq!(said.contains("5 failed"), listed == 5, "{said}");
        for words in ["is not allowed", "tried again in each run"] {
            assert!(said.contains(words), "{said}");
        }
    }
    let quiet = bench.program(&["run", KEY, "--quiet"]).exits(0);
    assert_eq!(quiet.stdout, "");
    bench.each_order_is_there_once();
}
