//! `run --scheduled`: what cron starts and nobody watches.

use crate::support::{Bench, KEY, Settings};

/// Three connections of one shop: two for the timer, of which one cannot get in, and one not.
fn three(bench: &Bench) {
    let mine = bench.connection("mine", &Settings::default());
    let other = bench
        .connection("other", &Settings::default())
        .replace(bench.sandbox.private_token(), "222651-p-revoked");
    let by_hand = bench
        .connection("by-hand", &Settings::default())
        .replace("auto_repeat = true", "auto_repeat = false");
    bench.write_config(&format!("{other}\n{by_hand}\n{mine}"));
}

#[test]
fn connections_with_auto_repeat_run_and_a_failing_one_stops_no_other() {
    let bench = Bench::new();
    bench.order(|_| ());
    three(&bench);
    let ran = bench.program(&["run", "--scheduled"]).exits(4);
    assert_eq!(ran.stdout, "mine: 1 income new (1 234.50 CZK)\n");
    let lines: Vec<_> = ran.stderr.lines().collect();
    assert_eq!(lines.len(), 2, "{}", ran.stderr);
    assert!(lines[0].starts_with("error: other: "), "{}", lines[0]);
    assert!(lines[0].contains("caflou-sync test other"), "{}", lines[0]);
    assert_eq!(
        lines[1],
        "other: the next run goes on where this one ended; `caflou-sync status other` tells when \
         one last went well"
    );
    let runs = bench.program(&["history"]).exits(0).stdout;
    assert!(!runs.contains("by-hand"), "{runs}");

    let ran = bench.program(&["run", "--scheduled"]).exits(4);
    assert_eq!(ran.stdout, "", "nothing changed");
}

#[test]
fn silence_when_nothing_changed_and_a_line_when_something_did() {
    let bench = Bench::new();
    let code = bench.order(|_| ());
    bench.customer(|_| ());
    let run = || {
        let ran = bench.program(&["run", "--scheduled"]).exits(0);
        assert_eq!(ran.stderr, "");
        ran.stdout
    };
    assert_eq!(
        run(),
        format!("{KEY}: 1 company new · 1 income new (1 234.50 CZK)\n")
    );
    assert_eq!(run(), "");
    let mut shop = bench.sandbox.shop();
    shop.edit(&code, |order| order.paid = Some(true));
    drop(shop);
    assert_eq!(run(), format!("{KEY}: 1 income changed\n"));
    bench.sandbox.shop().cancel(&code);
    let line = run();
    assert!(
        line.starts_with(&format!(
            "{KEY}: 1 record to look at: caflou-sync history {KEY} --run 2"
        )),
        "{line}"
    );
    let look = line.trim_end().split_once("caflou-sync ").unwrap().1;
    let words: Vec<_> = look.split(' ').collect();
    let seen = bench.program(&words).exits(0).stdout;
    assert!(seen.contains("check whether the money went back"), "{seen}");
}

#[test]
fn with_quiet_as_in_a_crontab_only_what_went_wrong_is_said() {
    let bench = Bench::new();
    bench.order(|_| ());
    let run = || bench.program(&["--quiet", "run", "--scheduled"]);
    let ran = run().exits(0);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""));
    assert!(
        bench
            .program(&["history"])
            .exits(0)
            .stdout
            .contains("1 new")
    );
    let bad = bench.order(|order| order.price.currency = "Kč".into());
    bench.order(|_| ());
    let ran = run().exits(3);
    assert_eq!(ran.stdout, "");
    let failed = format!("my-shop: income {bad} failed: unknown currency");
    assert!(ran.stderr.starts_with(&failed), "{}", ran.stderr);
}

#[test]
fn failed_records_are_told_on_stderr_by_their_keys() {
    let bench = Bench::new();
    let bad: Vec<_> = (0..12)
        .map(|_| bench.order(|order| order.price.currency = "Kč".into()))
        .collect();
    let ran = bench.program(&["run", "--scheduled"]).exits(3);
    assert_eq!(ran.stdout, "");
    assert!(!ran.stderr.contains("Novák"), "{}", ran.stderr);
    let lines: Vec<_> = ran.stderr.lines().collect();
    assert_eq!(lines.len(), 12, "{}", ran.stderr);
    let failed = lines.iter().filter(|line| {
        let record = line.strip_prefix("my-shop: income ");
        record.is_some_and(|rest| bad.iter().any(|code| rest.starts_with(code.as_str())))
    });
    assert_eq!(failed.count(), 10);
    assert_eq!(
        lines[10..],
        [
            "my-shop: … and 2 more",
            "my-shop: each run tries them again; `caflou-sync status my-shop` lists what is open",
        ]
    );
}

#[test]
fn without_auto_repeat_anywhere_it_says_so_and_is_no_failure() {
    let bench = Bench::new();
    let config = bench.config();
    bench.write_config(&config.replace("auto_repeat = true", "auto_repeat = false"));
    let ran = bench.program(&["run", "--scheduled"]).exits(0);
    assert_eq!(ran.stdout, "");
    assert_eq!(
        ran.stderr,
        "nothing to run: no connection in connections.toml has auto_repeat = true\n"
    );
    let ran = bench.program(&["run", "--scheduled", "--quiet"]).exits(0);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""));
    assert_eq!(bench.sandbox.requests(), 0);
}

#[test]
fn names_and_all_do_not_go_with_it() {
    let bench = Bench::new();
    for other in ["--all", KEY] {
        let ran = bench.program(&["run", "--scheduled", other]).exits(2);
        assert!(ran.stderr.contains("cannot be used with"), "{}", ran.stderr);
    }
}

#[test]
fn programs_get_the_usual_lines_and_a_dry_run_is_shown_in_full() {
    let bench = Bench::new();
    bench.order(|_| ());
    let ran = bench.program(&["run", "--scheduled", "--dry-run"]).exits(0);
    assert!(ran.stdout.contains("+ income"), "{}", ran.stdout);
    let ran = bench
        .program(&["run", "--scheduled", "--format", "json"])
        .exits(0);
    let types: Vec<_> = ran
        .objects()
        .into_iter()
        .map(|mut o| o["type"].take())
        .collect();
    assert_eq!(types, ["start", "change", "summary"]);
    assert_eq!(ran.stderr, "");
}

#[test]
fn connections_that_make_the_state_file_side_by_side_do_not_fail_for_it() {
    let bench = Bench::new();
    let one = |number: i32| {
        let key = format!("shop-{number}");
        let text = bench.connection(&key, &Settings::default());
        // An account each: then they run at the same time.
        text.replace(bench.sandbox.account_id(), &format!("account{number}"))
    };
    bench.write_config(&(0..8).map(one).collect::<Vec<_>>().join("\n"));
    let ran = bench.program(&["run", "--scheduled"]);
    assert!(!ran.stderr.contains("state file"), "{}", ran.stderr);
    let runs = bench.program(&["history"]).exits(0).stdout;
    assert_eq!(runs.matches("shop-").count(), 8, "{runs}");
}
