//! Limits of both services, and what is shared by several runs.

use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;

use super::figures::tell;
use super::simulation::number;
use crate::sandbox::{Moment, Service};
use crate::support::{Bench, KEY, Settings};

#[test]
fn fifty_connections_at_once_never_open_more_than_three_requests_per_token() {
    const CONNECTIONS: usize = 50;
    let bench = Bench::with(|options| {
        options.shoptet_latency = Duration::from_millis(10);
        options.connections_limit = false;
        options.single_file = false;
        options.record = false;
    });
    for _ in 0..3 {
        bench.customer(|_| ());
        bench.order(|_| ());
    }
    let settings = Settings {
        mapping: "match_existing = false",
        ..Settings::default()
    };
    let account = bench.sandbox.account_id().to_owned();
    let connection = |number: usize| {
        let text = bench.connection(&format!("shop-{number}"), &settings);
        text.replace(&account, &format!("{account}{number:02}"))
    };
    let all: Vec<_> = (0..CONNECTIONS).map(connection).collect();
    bench.write_config(&all.join("\n"));
    for number in 0..CONNECTIONS {
        let id = format!("{account}{number:02}");
        bench.sandbox.books().accounts.push((id, "Firma".into()));
    }
    let open = Arc::new(Mutex::new((BTreeMap::<String, usize>::new(), 0, 0)));
    let seen = Arc::clone(&open);
    bench.sandbox.watch(move |moment, call| {
        let Some(token) = call.header("shoptet-private-api-token") else {
            return;
        };
        let (open, most, requests) = &mut *seen.lock().unwrap();
        let now = open.entry(token.to_owned()).or_default();
        match moment {
            Moment::Arrived => {
                *now += 1;
                *most = (*most).max(*now);
                *requests += 1;
            }
            Moment::Answered => *now -= 1,
        }
    });
    bench
        .program(&["run", "--all", "--format", "json"])
        .exits(0);
    bench.sandbox.unwatch();
    let (_, most, requests) = *open.lock().unwrap();
    tell(
        "fifty connections with one token",
        &[
            ("requests to Shoptet".into(), requests),
            ("open at once, at most".into(), most as u64),
        ],
    );
    assert_eq!(most, 3, "as many as are allowed, and no more");
    let incomes = bench.sandbox.books().transfers.len();
    assert_eq!(incomes, CONNECTIONS * 3);
}

#[test]
fn connections_of_one_run_are_told_in_their_order_each_as_a_block() {
    let bench = Bench::with(|options| options.single_file = false);
    let keys = ["a", "b", "c", "d", "e"];
    let account = bench.sandbox.account_id().to_owned();
    let all = keys.map(|key| {
        let text = bench.connection(key, &Settings::default());
        let id = format!("{account}{key}");
        bench
            .sandbox
            .books()
            .accounts
            .push((id.clone(), key.into()));
        let name = bench.sandbox.shop().name.clone();
        text.replace(&account, &id).replace(&name, key)
    });
    bench.write_config(&all.join("\n"));
    let ran = bench.program(&["run", "--all"]).exits(0);
    let titles = ran.stdout.lines().filter(|line| line.contains(" → "));
    let titles: Vec<_> = titles.map(|line| &line[..1]).collect();
    assert_eq!(titles, keys, "{}", ran.stdout);
}

/// A shop with some of everything, and two connections that bring it into the same account.
fn twice_connected() -> Bench {
    let bench = Bench::with(|options| {
        options.orders = 40;
        options.customers = 10;
        options.caflou_latency = Duration::from_millis(3);
    });
    let all = ["one", "two"].map(|key| bench.connection(key, &Settings::default()));
    bench.write_config(&all.join("\n"));
    bench
}

#[track_caller]
fn nothing_is_there_twice(bench: &Bench) {
    let books = bench.sandbox.books();
    let incomes = books.transfers_by_last_line();
    let twice: Vec<_> = incomes.iter().filter(|(_, ids)| ids.len() > 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
    let customers = bench.sandbox.shop().customers.len();
    assert_eq!(books.companies.len(), customers);
}

#[test]
fn two_connections_into_one_account_do_not_create_the_same_record_in_one_run() {
    let bench = twice_connected();
    bench
        .program(&["run", "--all", "--format", "json"])
        .exits(0);
    nothing_is_there_twice(&bench);
}

#[test]
fn two_connections_into_one_account_do_not_create_the_same_record_in_two_processes() {
    let bench = twice_connected();
    let start = |key| {
        let output = fs::File::create(bench.path(key)).unwrap();
        let mut command = bench.command(&["run", key]);
        command.stdout(output.try_clone().unwrap()).stderr(output);
        command.spawn().unwrap()
    };
    for mut child in [start("one"), start("two")] {
        assert!(child.wait().unwrap().success());
    }
    nothing_is_there_twice(&bench);
}

#[test]
fn a_long_import_is_paced_by_the_leaky_bucket() {
    // A customer is a request. The bucket lets some 130 go at once and then ten in a second.
    let customers = number("RELIABILITY_CUSTOMERS").unwrap_or(300);
    let bench = Bench::with(|options| {
        options.bucket = true;
        options.customers = usize::try_from(customers).unwrap();
        options.orders = 60;
        options.single_file = false;
    });
    bench.run(&[]).exits(0);
    let seen = bench.sandbox.seen();
    let to_shop: Vec<_> = seen
        .iter()
        .filter(|one| one.service == Service::Shoptet)
        .collect();
    let refused = to_shop.iter().filter(|one| one.status == 429).count();
    tell(
        "a long import against the leaky bucket",
        &[
            ("requests to Shoptet".into(), to_shop.len() as u64),
            ("answered with 429".into(), refused as u64),
        ],
    );
    assert!(to_shop.len() as u64 > customers);
    assert!(
        refused * 1000 <= to_shop.len(),
        "{refused} of {}",
        to_shop.len()
    );
}

#[test]
fn a_path_that_takes_one_request_at_a_time_collides_in_less_than_one_of_a_hundred() {
    let bench = Bench::with(|options| {
        options.orders = 250;
        options.customers = 60;
        options.caflou_latency = Duration::from_millis(5);
    });
    bench.run(&[]).exits(0);
    let seen = bench.sandbox.seen();
    let to_caflou: Vec<_> = seen
        .iter()
        .filter(|one| one.service == Service::Caflou)
        .collect();
    let collisions = to_caflou.iter().filter(|one| one.status == 429).count();
    tell(
        "paths that take one request at a time",
        &[
            ("requests to Caflou".into(), to_caflou.len() as u64),
            ("collisions".into(), collisions as u64),
        ],
    );
    assert!(collisions * 100 < to_caflou.len(), "{collisions}");
    bench.sandbox.forget_seen();
    bench.order(|_| ());
    bench.order(|_| ());
    bench.run(&[]).exits(0);
    let again = bench.sandbox.seen();
    assert!(
        again.iter().all(|one| one.status != 429),
        "it was not remembered"
    );
}

#[test]
fn a_run_ends_in_order_when_its_time_is_over() {
    let bench = Bench::with(|options| {
        options.orders = 30;
        options.caflou_latency = Duration::from_millis(300);
    });
    let ran = bench.run(&["--timeout", "1s"]).exits(1);
    let summary = ran.summary();
    assert_eq!(summary["status"], "stopped");
    let error = summary["error"].as_str().unwrap();
    assert!(
        error.contains("--timeout") && error.contains("next run"),
        "{error}"
    );
    let done = bench.sandbox.books().transfers.len();
    assert_eq!(
        summary["incomes"]["created"],
        json!(done),
        "what was sent is counted"
    );
    bench
        .sandbox
        .set(|options| options.caflou_latency = Duration::ZERO);
    bench.run(&[]).exits(0);
    let books = bench.sandbox.books();
    assert!(
        books
            .transfers_by_last_line()
            .values()
            .all(|ids| ids.len() == 1)
    );
    drop(books);
    let wrong = bench.program(&["run", KEY, "--timeout", "soon"]).exits(2);
    assert!(wrong.stderr.contains("90s"), "{}", wrong.stderr);
}
