//! Ctrl-C and SIGTERM: a run ends in order and soon, and the next one goes on.
#![cfg(unix)]

use std::time::{Duration, Instant};

use crate::sandbox::{Fault, Faults, Matcher, Service};
use crate::support::{Bench, KEY, Ran, Running, wait_for};

/// Long enough that nobody waits for it.
const HANGS: Fault = Fault::Slow(Duration::from_mins(1));

/// A shop with so many orders; nothing is imported.
fn bench(orders: usize) -> Bench {
    // a request that hangs does not bar its path
    let bench = Bench::with(|options| options.single_file = false);
    for _ in 0..orders {
        bench.order(|_| ());
    }
    bench
}

/// The faults are over: the next run completes, each record is there once.
#[track_caller]
fn goes_on(bench: &Bench) {
    bench.sandbox.set_faults(Faults::default());
    bench
        .sandbox
        .set(|options| options.caflou_latency = Duration::ZERO);
    // an unanswered create counts as under way for this long
    bench.caflou_setting("timeout = \"1s\"");
    bench.run(&[]).exits(0);
    bench.each_order_is_there_once();
    assert_eq!(bench.ids_in_state("sending").len(), 0);
}

/// The run was stopped in order, and says so.
#[track_caller]
fn stopped(ran: &Ran) {
    assert_eq!(ran.code, 1, "{}\n{}", ran.stdout, ran.stderr);
    assert_eq!(ran.summary()["status"], "stopped", "{}", ran.stdout);
    let error = ran.error();
    assert!(
        error.contains("interrupted") && error.contains("next run"),
        "{error}"
    );
    assert!(ran.stderr.contains(&error), "{}", ran.stderr);
}

#[test]
fn a_signal_lets_writes_in_flight_end_and_leaves_the_rest_to_the_next_run() {
    std::thread::scope(|scope| {
        for signal in ["INT", "TERM"] {
            scope.spawn(move || ends_in_order(signal));
        }
    });
}

fn ends_in_order(signal: &str) {
    let bench = bench(60);
    bench.sandbox.set(|options| {
        options.caflou_latency = Duration::from_millis(100);
        options.single_file = signal == "TERM";
    });
    let run = bench.spawn(&[]);
    wait_for("creates", || bench.writes().len() > 4);
    run.signal(signal);
    let ran = run.end();
    stopped(&ran);
    let there = bench.sandbox.books().transfers.len();
    assert_eq!(bench.ids_in_state("synced").len(), there);
    assert_eq!(bench.ids_in_state("sending").len(), 0);
    assert_eq!(ran.summary()["incomes"]["created"], there);
    assert_eq!(ran.summary()["incomes"]["failed"], 0);
    assert!(there < 40, "{there} creates after the signal");
    goes_on(&bench);
}

#[test]
fn people_are_told_what_happens_with_the_rest() {
    let bench = bench(60);
    bench
        .sandbox
        .set(|options| options.caflou_latency = Duration::from_millis(50));
    let run = Running::of(&mut bench.command(&["run", KEY]));
    wait_for("a create", || !bench.writes().is_empty());
    run.signal("TERM");
    let ran = run.end().exits(1);
    for said in [
        "stopped after",
        "stopped: interrupted",
        "stays for the next run",
    ] {
        assert!(ran.stdout.contains(said), "{}", ran.stdout);
    }
}

/// A stop comes soon, and in order, while these faults hold a run up; the next run goes on.
fn stops(orders: usize, args: &[&str], what: &str, matcher: &Matcher, faults: Vec<Fault>) {
    let bench = bench(orders);
    if orders >= 10 {
        bench.imported();
    }
    // of a service in maintenance, a few answers will do
    let left = faults.len().saturating_sub(3);
    let script = faults.into_iter().map(|fault| (matcher.clone(), fault));
    bench.sandbox.set_faults(Faults {
        script: script.collect(),
        ..Faults::default()
    });
    let run = bench.spawn(args);
    wait_for(what, || bench.sandbox.pending_faults() <= left);
    let since = Instant::now();
    run.signal("TERM");
    let ran = run.end();
    let took = since.elapsed();
    assert!(took < Duration::from_secs(15), "{what}: {took:?}");
    stopped(&ran);
    goes_on(&bench);
}

fn caflou(method: &str, path: &str) -> Matcher {
    Matcher::new(Service::Caflou, method, path)
}

fn shop(path: &str) -> Matcher {
    Matcher::new(Service::Shoptet, "GET", path)
}

#[test]
fn a_stop_comes_soon_while_a_service_hangs() {
    std::thread::scope(|scope| {
        for (what, matcher) in [
            ("create", caflou("POST", "/transfers").skipping(1)),
            ("list in Caflou", caflou("GET", "/transfers")),
            ("orders", shop("/api/orders")),
            ("shop", shop("/api/eshop")),
        ] {
            scope.spawn(move || stops(8, &[], what, &matcher, vec![HANGS]));
        }
    });
}

#[test]
fn a_stop_comes_soon_while_a_request_is_put_off() {
    let (later, out) = (vec![Fault::TooMany(60)], vec![Fault::StatusBefore(503); 40]);
    std::thread::scope(|scope| {
        for (what, matcher, faults) in [
            (
                "create later",
                caflou("POST", "/transfers").skipping(1),
                &later,
            ),
            ("list in Caflou later", caflou("GET", "/transfers"), &later),
            ("orders later", shop("/api/orders"), &later),
            ("Caflou out", caflou("GET", "/transfers"), &out),
            ("shop out", shop("/api/orders"), &out),
        ] {
            scope.spawn(move || stops(8, &[], what, &matcher, faults.clone()));
        }
    });
}

#[test]
fn a_stop_comes_soon_while_a_run_looks_round_at_its_start() {
    let (name, count) = (caflou("GET", "/api/v1/accounts"), shop("/api/orders"));
    std::thread::scope(|scope| {
        scope.spawn(|| stops(8, &["--dry-run"], "name of the account", &name, vec![HANGS]));
        scope.spawn(|| stops(10, &["--full"], "count of orders", &count, vec![HANGS]));
    });
}

#[test]
fn a_stop_comes_soon_while_one_record_waits_for_another() {
    let bench = bench(1);
    // the income waits for the company of its customer
    let guid = bench.customer(|_| ());
    bench.order(|order| order.customer_guid = Some(guid));
    let create = caflou("POST", "/companies");
    bench.sandbox.set_faults(Faults::once(create, HANGS));
    let run = bench.spawn(&[]);
    wait_for("hanging create", || bench.sandbox.pending_faults() == 0);
    let since = Instant::now();
    run.signal("TERM");
    let ran = run.end();
    let took = since.elapsed();
    assert!(took < Duration::from_secs(15), "{took:?}");
    stopped(&ran);
    goes_on(&bench);
    assert_eq!(bench.sandbox.books().companies.len(), 1);
}

#[test]
fn a_stop_comes_soon_while_lost_creates_are_waited_for() {
    let bench = bench(8);
    let create = caflou("POST", "/transfers");
    bench
        .sandbox
        .set_faults(Faults::once(create, Fault::CutAfter));
    let run = bench.spawn(&[]);
    let has = |state, count| bench.ids_in_state(state).len() == count;
    wait_for("first creates", || !bench.writes().is_empty());
    wait_for("lost create", || has("uncertain", 1) && has("synced", 7));
    let since = Instant::now();
    run.signal("TERM");
    let ran = run.end();
    assert!(since.elapsed() < Duration::from_secs(15));
    stopped(&ran);
    goes_on(&bench);
}

#[test]
fn a_second_signal_stops_at_once_and_safely() {
    let bench = bench(8);
    let create = Matcher::new(Service::Caflou, "POST", "/transfers").skipping(2);
    bench.sandbox.set_faults(Faults::once(create, HANGS));
    let mut run = bench.spawn(&[]);
    wait_for("hanging create", || bench.sandbox.pending_faults() == 0);
    wait_for("end", || {
        run.signal("INT");
        std::thread::sleep(Duration::from_millis(50));
        !run.runs()
    });
    let ran = run.end().exits(1);
    assert!(
        ran.of_type("summary").is_empty(),
        "it waited: {}",
        ran.stdout
    );
    goes_on(&bench);
}

/// It takes no notice of a signal, and waits for a process of its own; the ids of both are in the file
/// `began`.
pub const SCRIPT: &str = "trap '' TERM; echo $$ > began.new; sleep 60 & echo $! >> began.new; \
                          mv began.new began; wait";

#[test]
fn a_stop_comes_soon_while_a_secrets_command_hangs_and_ends_all_of_it() {
    for (key, args) in [("private_token", &[][..]), ("token", &["--dry-run"])] {
        let bench = bench(1);
        let config = bench.config();
        let hangs = format!("\n{key} = {{ command = [\"sh\", \"-c\", \"{SCRIPT}\"] }}");
        let mut secret = config
            .lines()
            .filter(|line| line.starts_with(&format!("{key} = ")));
        let secret = format!("\n{}", secret.next().unwrap());
        bench.write_config(&config.replace(&secret, &hangs));
        let run = bench.spawn(args);
        let began = bench.path("began");
        wait_for("the command", || began.exists());
        let since = Instant::now();
        run.signal("TERM");
        let ran = run.end();
        let took = since.elapsed();
        assert!(took < Duration::from_secs(15), "{key}: {took:?}");
        stopped(&ran);
        both_end(&bench);
        bench.write_config(&config);
        goes_on(&bench);
    }
}

/// What [`SCRIPT`] started comes to its end.
#[track_caller]
pub fn both_end(bench: &Bench) {
    let ids = std::fs::read_to_string(bench.path("began")).unwrap();
    let ids: Vec<_> = ids.lines().map(str::to_owned).collect();
    assert_eq!(ids.len(), 2);
    for id in ids {
        wait_for("its end", || !is_alive(&id));
    }
}

/// Whether a process runs; one that only waits to be noticed does not.
fn is_alive(id: &str) -> bool {
    let output = std::process::Command::new("ps")
        .args(["-o", "stat=", "-p", id])
        .output();
    let state = String::from_utf8(output.unwrap().stdout).unwrap();
    !state.trim().is_empty() && !state.trim().starts_with('Z')
}
