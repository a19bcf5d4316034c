//! Jobs that fail, files that break, what happens meanwhile.

use serde_json::json;

use super::{BULK, asked, details, each_is_there_once, heard, read_in_bulk_or_one_by_one, sent};
use crate::sandbox::{Fate, Fault, Faults, Matcher, Service};
use crate::support::wait_for;

#[test]
fn each_failure_is_told_and_what_is_missing_is_read_one_by_one() {
    // what becomes of the job, what is said, customers read one by one (of 40)
    let cases = [
        (Fate::Fails, "is failed: Out of memory", 40..=40),
        (Fate::Expires, "is expired", 40..=40),
        (Fate::Killed, "is killed", 40..=40),
        (Fate::Gone, "404", 40..=40),
        (Fate::Old, "is older than this run", 40..=40),
        (Fate::Half, "damaged or not whole", 10..=40),
        (
            Fate::Unreadable,
            "4 lines of its file are unreadable",
            4..=4,
        ),
        (Fate::Short, "it has 36 customers, the list 40", 4..=4),
    ];
    for (fate, why, one_by_one) in cases {
        let bench = heard(40, "bulk = \"always\"");
        bench.sandbox.shop().jobs.fate = fate;
        let ran = bench.run(&[]).exits(0);
        assert_eq!(ran.counts("companies"), "40 read: 40 created", "{fate:?}");
        let warnings = ran.warnings();
        assert_eq!(warnings.len(), 1, "{fate:?} {warnings:?}");
        assert!(warnings[0].contains(why), "{fate:?} {warnings:?}");
        assert!(
            one_by_one.contains(&details(&bench)),
            "{fate:?} {}",
            details(&bench)
        );
        each_is_there_once(&bench);
        bench.sandbox.forget_seen();
        let ran = bench.run(&[]).exits(0);
        assert_eq!(ran.start()["full"], false, "{fate:?}: the cursor moved");
        assert_eq!(read_in_bulk_or_one_by_one(&bench), 0);
    }
}

#[test]
fn half_a_file_of_a_big_shop_brings_half_of_it() {
    let bench = heard(1000, "");
    bench.sandbox.shop().jobs.fate = Fate::Half;
    bench.run(&[]).exits(0);
    let details = details(&bench);
    assert!((300..700).contains(&details), "{details}");
    each_is_there_once(&bench);
}

#[test]
fn a_line_that_breaks_is_taken_up_again_and_no_customer_comes_twice() {
    let bench = heard(1000, "");
    let file = Matcher::new(Service::Shoptet, "GET", "/api-results/");
    bench.sandbox.set_faults(Faults {
        script: vec![
            (file.clone(), Fault::HalfAnswer),
            (file.clone(), Fault::CutBefore),
            (file, Fault::StatusBefore(503)),
        ],
        ..Faults::default()
    });
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.counts("companies"), "1000 read: 1000 created");
    // the half brought some, the cut nothing; the third time in vain is the last
    assert_eq!(ran.warnings().len(), 1);
    each_is_there_once(&bench);

    let bench = heard(1000, "");
    let file = Matcher::new(Service::Shoptet, "GET", "/api-results/");
    bench
        .sandbox
        .set_faults(Faults::once(file, Fault::HalfAnswer));
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.counts("companies"), "1000 read: 1000 created");
    assert_eq!((ran.warnings().len(), details(&bench)), (0, 0));
    sent(&ran, 8);
    each_is_there_once(&bench);
}

#[test]
fn a_result_that_is_not_packed_is_read_as_well() {
    let bench = heard(300, "");
    bench.sandbox.shop().jobs.fate = Fate::Plain;
    let ran = bench.run(&[]).exits(0);
    assert_eq!((ran.warnings().len(), details(&bench)), (0, 0));
    each_is_there_once(&bench);
}

#[test]
fn a_result_over_an_unsafe_line_is_not_got() {
    for address in [
        "http://192.0.2.1",
        "ftp://127.0.0.1",
        "https://me:pw@127.0.0.1",
        "x",
    ] {
        let bench = heard(3, "bulk = \"always\"");
        bench.sandbox.shop().jobs.address = address.into();
        let ran = bench.run(&[]).exits(0);
        assert!(ran.warnings()[0].contains("safely"), "{:?}", ran.warnings());
        assert!(!ran.stdout.contains("lrmsrf0"), "the address is a key");
        assert_eq!(details(&bench), 3);
    }
}

#[test]
fn what_happens_after_the_snapshot_is_read_by_the_next_run() {
    let bench = heard(20, "bulk = \"always\"");
    bench.sandbox.shop().jobs.left = 1;
    let running = bench.spawn(&[]);
    wait_for("look at the job", || {
        asked(&bench)
            .iter()
            .any(|one| one.contains("/api/system/jobs/"))
    });
    let late = bench.customer(|_| ());
    let (edited, deleted) = {
        let mut shop = bench.sandbox.shop();
        let guids = [
            shop.customers[3].guid.clone(),
            shop.customers[7].guid.clone(),
        ];
        shop.edit_customer(&guids[0], |one| one.billing.city = Some("Praha".into()));
        shop.delete_customer(&guids[1]);
        guids.into()
    };
    let ran = running.end().exits(0);
    assert_eq!(ran.counts("companies"), "20 read: 20 created");
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.change(&late)["action"], "create");
    assert!(!ran.actions().contains_key(&edited) && !ran.actions().contains_key(&deleted));
    assert_eq!(bench.sandbox.books().companies.len(), 21);
}

#[test]
fn a_customer_that_cannot_be_mapped_fails_alone() {
    let bench = heard(5, "bulk = \"always\"");
    let bad = bench.customer(|one| one.raw = Some(json!({"guid": one.guid, "accounts": 5})));
    let ran = bench.run(&[]).exits(3);
    assert_eq!(ran.counts("companies"), "6 read: 5 created, 1 failed");
    assert_eq!(ran.change(&bad)["action"], "fail");
    assert_eq!(asked(&bench), BULK);
}

#[cfg(unix)]
#[test]
fn waiting_for_a_job_ends_with_the_run() {
    use std::time::{Duration, Instant};

    let bench = heard(3, "bulk = \"always\"");
    bench.sandbox.shop().jobs.left = 1000;
    let running = bench.spawn(&[]);
    wait_for("look at the job", || {
        asked(&bench)
            .iter()
            .any(|one| one.contains("/api/system/jobs/"))
    });
    let since = Instant::now();
    running.signal("TERM");
    let ran = running.end().exits(1);
    assert!(since.elapsed() < Duration::from_secs(5));
    assert_eq!(ran.summary()["status"], "stopped");
    assert_eq!(bench.sandbox.books().companies.len(), 0);
    bench.sandbox.shop().jobs.left = 0;
    bench.run(&[]).exits(0);
    each_is_there_once(&bench);
}
