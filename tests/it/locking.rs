//! One run of a connection at a time, and SQLite's own locks.

use std::time::{Duration, Instant};

use crate::sandbox::{Fault, Faults, Liar, Lie, Matcher, Service};
use crate::support::{Bench, Ran, Running, price, wait_for};

/// A shop with orders.
fn shop(orders: usize) -> Bench {
    let bench = Bench::new();
    for _ in 0..orders {
        bench.order(|_| ());
    }
    bench.caflou_setting("timeout = \"1s\"");
    bench
}

/// Lets each request to the shop take so long.
fn slow(bench: &Bench, millis: u64) {
    let latency = Duration::from_millis(millis);
    bench
        .sandbox
        .set(|options| options.shoptet_latency = latency);
}

#[test]
fn of_runs_started_together_exactly_one_works_and_the_others_say_which() {
    let bench = shop(3);
    slow(&bench, 500);
    for round in 0..2 {
        bench.order(|_| ());
        bench.sandbox.forget_seen();
        let runs: Vec<_> = (0..5).map(|_| bench.spawn(&[])).collect();
        let ran: Vec<_> = runs.into_iter().map(|run| (run.id(), run.end())).collect();
        let worked: Vec<_> = ran.iter().filter(|(_, ran)| ran.code == 0).collect();
        assert_eq!(worked.len(), 1, "round {round}");
        for (_, refused) in ran.iter().filter(|(_, ran)| ran.code != 0) {
            assert_eq!(refused.code, 5, "{}", refused.stdout);
            let since = worked[0].1.start()["started_at"]
                .as_str()
                .unwrap()
                .to_owned();
            let (day, time) = since.split_once('T').unwrap();
            let who = format!("process {} since {day} {}", worked[0].0, &time[..8]);
            assert!(refused.error().contains(&who), "{who}: {}", refused.error());
        }
        let opened = bench.requests(Service::Shoptet);
        let opened = opened.iter().filter(|one| *one == "GET /api/eshop").count();
        assert_eq!(opened, 2, "at the beginning and at the end, round {round}");
    }
    bench.each_order_is_there_once();
}

#[test]
fn the_lock_dies_with_its_process() {
    let bench = shop(3);
    slow(&bench, 1000);
    let held = bench.spawn(&[]);
    wait_for("request", || bench.sandbox.requests() > 0);
    bench.run(&[]).exits(5);
    held.kill();
    slow(&bench, 0);
    bench.run(&[]).exits(0);
    bench.each_order_is_there_once();
}

#[cfg(unix)]
#[test]
fn one_state_file_by_two_names_has_one_lock() {
    let bench = shop(1);
    bench.imported();
    std::os::unix::fs::symlink("state.db", bench.path("other.db")).unwrap();
    slow(&bench, 500);
    let held = bench.spawn(&[]);
    wait_for("request", || !bench.sandbox.seen().is_empty());
    bench.run(&["--state", "other.db"]).exits(5);
    slow(&bench, 0);
    held.end().exits(0);
    bench.run(&["--state", "other.db"]).exits(0);
}

#[test]
fn two_state_files_never_write_to_one_account_at_once() {
    let bench = shop(3);
    bench.run(&["--only", "companies"]).exits(0);
    std::fs::copy(bench.path("state.db"), bench.path("copy.db")).unwrap();
    slow(&bench, 500);
    bench.sandbox.forget_seen();
    let first = bench.spawn(&[]);
    wait_for("request", || !bench.sandbox.seen().is_empty());
    let others = ["copy.db", "new.db"].map(|name| bench.spawn(&["--state", name]));
    let first = first.end().exits(0);
    assert!(!first.stderr.contains("waiting"), "{}", first.stderr);
    for other in others {
        let other = other.end().exits(0);
        let waits = "waiting for another run that writes to this Caflou account";
        assert!(other.stderr.contains(waits), "{}", other.stderr);
    }
    bench.each_order_is_there_once();
}

/// What a run says that waits for what another one sent.
const LEFT: &str = "Caflou may still carry them out";

/// A run whose first create is on its way, and is carried out only three seconds later.
fn with_a_late_create(bench: &Bench) -> Running {
    bench.caflou_setting("timeout = \"6s\"");
    let create = Matcher::new(Service::Caflou, "POST", "/transfers");
    bench.sandbox.set_faults(Faults {
        script: vec![(create, Fault::LateWrite(Duration::from_secs(3)))],
        ..Faults::default()
    });
    let run = bench.spawn(&[]);
    wait_for("create", || !bench.writes().is_empty());
    run
}

#[track_caller]
fn waited(ran: &Ran) {
    assert!(ran.stderr.contains(LEFT), "{}", ran.stderr);
}

#[test]
fn what_a_killed_run_sent_is_waited_for_by_those_whose_state_does_not_know_it() {
    let lives = |go_on: fn(&Bench)| {
        let bench = Bench::new();
        bench.order(|_| ());
        with_a_late_create(&bench).kill();
        assert!(bench.sandbox.books().transfers.is_empty(), "it is late");
        go_on(&bench);
        bench.each_order_is_there_once();
    };
    std::thread::scope(|scope| {
        scope.spawn(|| {
            lives(|bench| {
                // One that does not wait for long enough leaves it to the next.
                let cut = bench.run(&["--state", "other.db", "--timeout", "1s"]);
                waited(&cut.exits(1));
                waited(&bench.run(&["--state", "third.db"]).exits(0));
            });
        });
        scope.spawn(|| {
            lives(|bench| {
                for name in ["state.db", "state.db-wal", "state.db-shm"] {
                    let _ = std::fs::remove_file(bench.path(name));
                }
                waited(&bench.run(&[]).exits(0));
            });
        });
        scope.spawn(|| {
            lives(|bench| {
                let ran = bench.run(&[]).exits(0);
                assert!(!ran.stderr.contains(LEFT), "{}", ran.stderr);
            });
        });
    });
}

#[cfg(unix)]
#[test]
fn what_a_stopped_run_left_unanswered_is_waited_for_and_what_is_settled_is_not() {
    let bench = Bench::new();
    bench.order(|_| ());
    let run = with_a_late_create(&bench);
    wait_for("uncertain", || !bench.ids_in_state("uncertain").is_empty());
    run.signal("TERM");
    run.end().exits(1);
    waited(&bench.run(&["--state", "other.db"]).exits(0));
    bench.order(|_| ());
    for state in ["other.db", "state.db", "third.db"] {
        let ran = bench.run(&["--state", state]).exits(0);
        assert!(!ran.stderr.contains(LEFT), "{state}: {}", ran.stderr);
    }
    bench.each_order_is_there_once();
}

#[test]
fn an_update_that_was_sent_twice_is_waited_for_as_the_first_one_may_come_late() {
    let bench = Bench::new();
    bench.caflou_setting("timeout = \"4s\"");
    let code = bench.order(|_| ());
    let other = ["--state", "other.db"];
    bench.run(&other).exits(0);
    bench.imported();
    let costs = |value: &str| {
        let price = price(value);
        bench
            .sandbox
            .shop()
            .edit(&code, |order| order.price = price);
    };
    costs("2000");
    let update = Matcher::new(Service::Caflou, "PATCH", "/transfers");
    let late = Fault::LateWrite(Duration::from_secs(3));
    bench.sandbox.set_faults(Faults::once(update, late));
    bench.run(&[]).exits(0);
    assert_eq!(bench.patches().len(), 2);
    costs("3000");
    // It did not write what is there, and leaves it to the one that did.
    waited(&bench.run(&other).exits(0));
    bench.run(&[]).exits(0);
    assert_eq!(bench.income(&code)["value"].to_string(), "3000.00");
}

/// The lock of the account that lies in the cache folder.
fn account_lock(bench: &Bench) -> std::fs::File {
    let files = std::fs::read_dir(bench.path("cache/caflou-sync")).unwrap();
    let mut files = files.map(|file| file.unwrap().path());
    let lock = files.find(|path| path.to_string_lossy().contains("@caflou-"));
    std::fs::File::open(lock.unwrap()).unwrap()
}

#[test]
fn of_two_state_files_that_begin_together_the_second_believes_no_half_list() {
    let bench = shop(4);
    bench.imported();
    std::fs::copy(bench.path("state.db"), bench.path("copy.db")).unwrap();
    for _ in 0..4 {
        bench.order(|_| ());
    }
    let lock = account_lock(&bench);
    lock.lock().unwrap();
    let states = ["state.db", "copy.db"];
    let runs = states.map(|state| bench.spawn(&["--state", state]));
    for state in states {
        wait_for("run that waits", || {
            let state = rusqlite::Connection::open(bench.path(state)).unwrap();
            let runs = state.query_row("SELECT count(*) FROM runs", [], |row| row.get(0));
            runs.is_ok_and(|runs: i64| runs == 2)
        });
    }
    bench
        .sandbox
        .set_liar(Liar::new(1, 1000, vec![Lie::HalfList]));
    lock.unlock().unwrap();
    let told = runs.map(|run| run.end().exits(0).warnings().join("\n"));
    let met = told
        .iter()
        .filter(|told| told.contains("another state file imported"));
    assert_eq!(met.count(), 1, "{told:?}");
    bench.each_order_is_there_once();
}

#[test]
fn a_connection_that_is_named_as_its_account_does_not_wait_for_itself() {
    let bench = shop(1);
    let key = format!("caflou:{}", bench.sandbox.account_id());
    let text = bench
        .config()
        .replace("connections.my-shop", &format!("connections.\"{key}\""));
    bench.write_config(&text);
    bench
        .program(&["run", &key, "--timeout", "20s", "--format", "json"])
        .exits(0);
    bench.each_order_is_there_once();
}

#[test]
fn a_run_that_others_cannot_meet_says_so() {
    let bench = shop(1);
    std::fs::write(bench.path("cache"), "").unwrap();
    let ran = bench.run(&[]).exits(0);
    let told = ran.warnings();
    let told = told.iter().any(|one| one.contains("another state file"));
    assert!(told, "{:?}", ran.warnings());
}

#[cfg(unix)]
#[test]
fn a_lock_that_is_a_link_is_not_followed() {
    let bench = shop(1);
    std::fs::write(bench.path("victim"), "precious").unwrap();
    for name in ["state.db.my-shop.lock", "state.db.lock"] {
        let lock = bench.path(name);
        std::os::unix::fs::symlink("victim", &lock).unwrap();
        let ran = bench.run(&[]).exits(1);
        assert!(ran.error().contains("it is a link"), "{}", ran.error());
        std::fs::remove_file(&lock).unwrap();
    }
    assert_eq!(std::fs::read(bench.path("victim")).unwrap(), b"precious");
    assert_eq!(bench.writes(), Vec::<String>::new());
}

/// Holds the state file's write lock.
fn hold(bench: &Bench) -> rusqlite::Connection {
    let database = bench.database();
    database.execute_batch("BEGIN IMMEDIATE").unwrap();
    database
}

#[test]
fn a_state_file_that_is_held_ends_the_run_and_nothing_is_lost() {
    let bench = |orders| {
        let bench = shop(1);
        bench.imported();
        (0..orders).for_each(|_| drop(bench.order(|_| ())));
        bench
    };
    // both wait for as long as the program does
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let bench = bench(3);
            let held = hold(&bench);
            let ran = bench.run(&[]).exits(1);
            assert_eq!(bench.writes(), Vec::<String>::new());
            drop(held);
            said(&ran.error());
            bench.run(&[]).exits(0);
            bench.each_order_is_there_once();
        });
        scope.spawn(|| {
            let bench = bench(60);
            bench
                .sandbox
                .set(|options| options.caflou_latency = Duration::from_millis(30));
            let run = bench.spawn(&[]);
            wait_for("create", || !bench.writes().is_empty());
            let (held, since) = (hold(&bench), Instant::now());
            let ran = run.end().exits(1);
            // each of the records under way does not wait for as long once more
            assert!(since.elapsed() < Duration::from_mins(1));
            drop(held);
            assert_eq!(ran.summary()["status"], "failed");
            said(&ran.error());
            bench.run(&[]).exits(0);
            bench.each_order_is_there_once();
        });
        scope.spawn(|| {
            let bench = bench(3);
            let held = hold(&bench);
            let mut run = bench.spawn(&[]);
            std::thread::sleep(Duration::from_millis(500));
            assert!(run.runs(), "it waits for a while");
            drop(held);
            run.end().exits(0);
            bench.each_order_is_there_once();
        });
    });
}

#[track_caller]
fn said(error: &str) {
    for word in ["state.db", "locked", "another program holds it"] {
        assert!(error.contains(word), "{error}");
    }
}
