//! Clocks that are wrong: ours, and the shop's.

use std::time::Duration;

use chrono::{TimeDelta, Utc};

use crate::sandbox::{Fault, Faults, Matcher, Service};
use crate::support::{Bench, wait_for};

/// A run is killed whose create is carried out only two seconds later.
fn killed_before_its_create_arrived(bench: &Bench) {
    bench.caflou_setting("timeout = \"4s\"");
    let create = Matcher::new(Service::Caflou, "POST", "/transfers");
    bench.sandbox.set_faults(Faults {
        script: vec![(create, Fault::LateWrite(Duration::from_secs(2)))],
        ..Faults::default()
    });
    let run = bench.spawn(&[]);
    wait_for("create", || !bench.writes().is_empty());
    run.kill();
    assert!(bench.sandbox.books().transfers.is_empty(), "it is late");
}

#[test]
fn a_clock_set_forward_and_a_lowered_time_limit_prove_no_absence() {
    let bench = Bench::new();
    bench.order(|_| ());
    killed_before_its_create_arrived(&bench);
    // By the clock of today it was sent in 1970.
    bench.in_state("UPDATE records SET sent_at = 0, checksum = NULL");
    let text = bench.config();
    bench.write_config(&text.replace("timeout = \"4s\"", "timeout = \"1s\""));
    bench.run(&[]).exits(0);
    bench.each_order_is_there_once();
}

#[test]
fn a_clock_set_back_by_years_does_not_hold_a_run_up_and_is_told() {
    let bench = Bench::new();
    bench.order(|_| ());
    killed_before_its_create_arrived(&bench);
    bench.in_state("UPDATE records SET sent_at = sent_at + 100000000000, checksum = NULL");
    bench.in_state("UPDATE runs SET started_at = started_at + 100000000");
    let ran = bench.run(&["--timeout", "60s"]).exits(0);
    let told = ran.warnings();
    assert!(
        told.iter().any(|one| one.contains("clock went back")),
        "{told:?}"
    );
    bench.each_order_is_there_once();
}

#[test]
fn a_run_of_a_time_when_the_clock_was_years_ahead_does_not_stay_the_last_one() {
    let bench = Bench::new();
    bench.order(|_| ());
    bench.imported();
    bench.in_state(
        "UPDATE runs SET started_at = started_at + 315360000, finished_at = finished_at + 315360000",
    );
    bench.sandbox.books().token_revoked = true;
    bench.order(|_| ());
    bench.run(&[]).exits(4);
    let status = bench.program(&["status"]).exits(1);
    assert!(
        status.stdout.contains("the last run failed"),
        "{}",
        status.stdout
    );
}

#[test]
fn a_write_from_before_the_machine_started_is_waited_for_anew() {
    let bench = Bench::new();
    bench.order(|_| ());
    killed_before_its_create_arrived(&bench);
    bench.in_state("UPDATE records SET sent_at = 0, sent_boot = 'another', checksum = NULL");
    bench.run(&[]).exits(0);
    bench.each_order_is_there_once();
}

#[test]
fn a_shop_whose_clock_was_ahead_hides_no_later_change() {
    let ahead = Utc::now() + TimeDelta::hours(3);
    let bench = Bench::with(|options| options.clock = Some(ahead));
    let code = bench.order(|_| ());
    bench.imported();
    let latest = "SELECT max(unixepoch(cursor) - unixepoch()) FROM cursors";
    let latest = bench.database().query_row(latest, [], |row| row.get(0));
    let latest: i64 = latest.unwrap();
    assert!(latest <= 60, "{latest}");
    bench.sandbox.set(|options| options.clock = None);
    bench.sandbox.shop().pay(&code);
    bench.run(&[]).exits(0);
    assert_eq!(bench.income(&code)["done"], true);
}
