//! `status`: whether somebody has to look.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL;
use chrono::{TimeDelta, Utc};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{Bench, KEY, Ran, keys, names, private, stable};

/// The settings of a bench with one word replaced.
fn reconfigure(bench: &Bench, from: &str, to: &str) {
    let config = bench.config();
    assert!(config.contains(from), "{config}");
    bench.write_config(&config.replace(from, to));
}

fn object(bench: &Bench) -> Value {
    let ran = bench.program(&["status", KEY, "--format", "json"]);
    ran.objects().remove(0)
}

/// Time passes since the last whole import.
fn hours_pass(bench: &Bench, hours: i64) {
    let seconds = hours * 3600;
    bench.cursors_go_back(seconds);
    bench.in_state(&format!(
        "UPDATE runs SET started_at = started_at - {seconds}"
    ));
}

#[test]
fn before_the_first_run_nothing_is_needed_to_say_so() {
    let bench = Bench::new();
    let ran = bench.program(&["status"]).exits(1);
    insta::assert_snapshot!(ran.stdout, @r"
    my-shop  never run  Můj e-shop
      ! no run has imported everything yet, though auto_repeat is on: caflou-sync run my-shop
      last run       never
      auto repeat    yes; no timer made by `caflou-sync schedule install` is here
    ");
    assert_eq!(ran.stderr, "");
    assert_eq!(object(&bench)["health"], "never-run");
    reconfigure(&bench, "auto_repeat = true", "auto_repeat = false");
    let ran = bench.program(&["status"]).exits(0);
    insta::assert_snapshot!(ran.stdout, @r"
    my-shop  never run  Můj e-shop
      last run       never
      auto repeat    no, by hand only
    ");
    bench.program(&["history"]).exits(0);
    assert_eq!(bench.sandbox.requests(), 0);
    assert!(!bench.path("state.db").exists());
}

#[test]
fn a_healthy_connection_takes_few_lines_and_exits_with_0() {
    let bench = Bench::new();
    bench.order(|_| ());
    bench.imported();
    let requests = bench.sandbox.requests();
    let ran = bench.program(&["status"]).exits(0);
    insta::assert_snapshot!(stable(&ran.stdout), @r"
    my-shop  healthy  Můj e-shop
      last run       just now (2024-05-06 10:00): ok
      complete to    just now (2024-05-06 10:00)
      auto repeat    yes; no timer made by `caflou-sync schedule install` is here
    ");
    assert_eq!(bench.sandbox.requests(), requests);
    let mut seen = object(&bench);
    let run = names([
        "run_id",
        "started_at",
        "finished_at",
        "status",
        "error",
        "error_class",
    ]);
    assert_eq!(keys(&seen["last_run"]), run);
    assert_eq!(seen["last_run"], seen["last_good_run"]);
    for time in ["complete_to", "last_run", "last_good_run"] {
        assert!(!seen[time].is_null(), "{seen}");
        seen[time].take();
    }
    assert_eq!(
        seen,
        json!({
            "type": "status", "connection": KEY, "name": "Můj e-shop", "health": "healthy",
            "troubles": [], "auto_repeat": true, "next_run_at": null, "running_since": null, "complete_to": null,
            "last_run": null, "last_good_run": null, "failed": 0, "uncertain": 0, "open": [],
            "access": null,
        })
    );
}

#[test]
fn a_failing_connection_says_why_and_when_it_last_went_well() {
    let bench = Bench::new();
    bench.imported();
    hours_pass(&bench, 50);
    bench.sandbox.books().token_revoked = true;
    bench.order(|_| ());
    bench.run(&[]).exits(4);
    let ran = bench.program(&["status"]).exits(1);
    insta::assert_snapshot!(stable(&ran.stdout), @r"
    my-shop  failing  Můj e-shop
      ! the last run failed: Caflou refused GET /api/v1/958a30da1d8c2ccb0a3b6194/transfers: 401, invalid token; `caflou-sync test my-shop` checks both sides
      ! the last whole import was 2 days ago (2024-05-06 10:00)
      last run       just now (2024-05-06 10:00): failed
      last good run  2 days ago (2024-05-06 10:00): ok
      complete to    2 days ago (2024-05-06 10:00)
      auto repeat    yes; no timer made by `caflou-sync schedule install` is here
    ");
    assert_eq!(object(&bench)["health"], "failing");
}

#[test]
fn a_failure_that_does_not_say_what_to_do_is_told_with_a_first_step() {
    let bench = Bench::new();
    bench.imported();
    let url = bench.sandbox.shoptet_url();
    let config = bench.config().replace(&url, "http://127.0.0.1:9");
    bench.write_config(&config);
    bench.run(&[]).exits(1);
    let ran = bench.program(&["status"]).exits(1);
    let line = ran.stdout.lines().nth(1).unwrap();
    assert!(
        line.starts_with("  ! the last run failed: Shoptet cannot be reached: ")
            && line.ends_with("; `caflou-sync test my-shop` checks both sides"),
        "{line}"
    );
}

#[test]
fn open_records_are_listed_with_reason_attempts_and_times() {
    let bench = Bench::new();
    let codes: Vec<_> = (0..12)
        .map(|_| bench.order(|order| order.price.currency = "Kč".into()))
        .collect();
    let good = bench.order(|_| ());
    bench.run(&[]).exits(3);
    bench.run(&[]).exits(3);
    bench.in_state(&format!(
        "UPDATE records SET pending = '{{\"done\":true}}', checksum = NULL WHERE source_id = '{good}'"
    ));
    let ran = bench.program(&["status", KEY]).exits(3);
    insta::assert_snapshot!(stable(&ran.stdout), @r"
    my-shop  needs a look  Můj e-shop
      ! 12 records failed; each run tries them again
      ! 1 record with a write of unknown outcome; the next run looks in Caflou what came of it
      last run       just now (2024-05-06 10:00): done, but some records failed
      complete to    just now (2024-05-06 10:00)
      auto repeat    yes; no timer made by `caflou-sync schedule install` is here
      not in order:
        ? income   2024000013               sent, without an answer yet
        ! income   2024000001               unknown currency `Kč` · 2 times, 2024-05-06 10:00 to 2024-05-06 10:00
        ! income   2024000002               unknown currency `Kč` · 2 times, 2024-05-06 10:00 to 2024-05-06 10:00
        ! income   2024000003               unknown currency `Kč` · 2 times, 2024-05-06 10:00 to 2024-05-06 10:00
        ! income   2024000004               unknown currency `Kč` · 2 times, 2024-05-06 10:00 to 2024-05-06 10:00
        ! income   2024000005               unknown currency `Kč` · 2 times, 2024-05-06 10:00 to 2024-05-06 10:00
        ! income   2024000006               unknown currency `Kč` · 2 times, 2024-05-06 10:00 to 2024-05-06 10:00
        ! income   2024000007               unknown currency `Kč` · 2 times, 2024-05-06 10:00 to 2024-05-06 10:00
        ! income   2024000008               unknown currency `Kč` · 2 times, 2024-05-06 10:00 to 2024-05-06 10:00
        ! income   2024000009               unknown currency `Kč` · 2 times, 2024-05-06 10:00 to 2024-05-06 10:00
        … and 3 more: caflou-sync status my-shop --format json lists all
    ");
    let seen = object(&bench);
    assert_eq!(
        (&seen["failed"], &seen["uncertain"]),
        (&json!(12), &json!(1))
    );
    let all = seen["open"].as_array().unwrap();
    assert_eq!(all.len(), 13, "programs get all");
    let one = all.iter().find(|one| one["source_id"] == codes[0]).unwrap();
    let open = names([
        "kind",
        "source_id",
        "label",
        "state",
        "reason",
        "attempts",
        "first_at",
        "last_at",
    ]);
    assert_eq!(keys(one), open);
    assert_eq!(
        (&one["attempts"], &one["state"]),
        (&json!(2), &json!("failed"))
    );
    let one = all.iter().find(|one| one["source_id"] == good).unwrap();
    assert_eq!(one["state"], "uncertain");
}

#[test]
fn a_run_that_died_is_told_from_one_under_way() {
    let bench = Bench::new();
    bench.imported();
    bench.in_state(
        "INSERT INTO runs (run_id, connection, started_at, nth) \
         VALUES ('30240506T100000Z-00000001', 'my-shop', unixepoch() + 1, 9)",
    );
    let ran = bench.program(&["status"]).exits(1);
    assert!(ran.stdout.contains("! the last run died"), "{}", ran.stdout);
    let runs = bench.program(&["history"]).exits(0).stdout;
    assert!(runs.contains("–     died"), "{runs}");

    let lock = std::fs::File::create(bench.path("state.db.my-shop.lock")).unwrap();
    lock.lock().unwrap();
    let ran = bench.program(&["status"]).exits(0);
    assert!(
        ran.stdout.contains("  running        since"),
        "{}",
        ran.stdout
    );
    let runs = bench.program(&["history"]).exits(0).stdout;
    assert!(runs.contains("–     running"), "{runs}");
}

#[test]
fn a_scheduled_connection_without_a_whole_import_for_26_hours_is_stale() {
    let bench = Bench::new();
    let code = bench.order(|_| ());
    bench.imported();
    hours_pass(&bench, 25);
    bench.program(&["status"]).exits(0);
    hours_pass(&bench, 2);
    let ran = bench.program(&["status"]).exits(1);
    insta::assert_snapshot!(stable(&ran.stdout), @r"
    my-shop  stale  Můj e-shop
      ! the last whole import was 27 h ago (2024-05-06 10:00), though auto_repeat is on: does the timer or cron still start `caflou-sync run --scheduled`?
      last run       27 h ago (2024-05-06 10:00): ok
      complete to    27 h ago (2024-05-06 10:00)
      auto repeat    yes; no timer made by `caflou-sync schedule install` is here
    ");
    assert_eq!(object(&bench)["health"], "stale");

    bench.run(&["--order", &code]).exits(0);
    let ran = bench.program(&["status"]).exits(1);
    assert!(
        ran.stdout.contains("runs end, but do not read everything"),
        "one order is not an import: {}",
        ran.stdout
    );
    reconfigure(&bench, "auto_repeat = true", "auto_repeat = false");
    bench.program(&["status"]).exits(0);
}

/// A token that says that it ends in so many days.
fn token(days: i64) -> String {
    let ends = (Utc::now() + TimeDelta::days(days) + TimeDelta::hours(1)).timestamp();
    let part = |json: &Value| BASE64URL.encode(json.to_string());
    format!(
        "{}.{}.c2ln",
        part(&json!({"alg": "HS256"})),
        part(&json!({"exp": ends}))
    )
}

#[test]
fn the_end_of_a_token_is_told_in_time() {
    let bench = Bench::new();
    bench.imported();
    let mut old = bench.sandbox.caflou_token().to_owned();
    for (days, code, said) in [
        (60, 0, "token until    in 60 days ("),
        (10, 3, "! the Caflou token ends in 10 days ("),
        (-3, 4, "! the Caflou token ended 2 days ago ("),
    ] {
        let new = token(days);
        reconfigure(&bench, &old, &new);
        let ran = bench.program(&["status"]).exits(code);
        assert!(ran.stdout.contains(said), "{}", ran.stdout);
        assert!(!ran.stdout.contains(&new));
        old = new;
    }
    let gone = token(-3);
    std::fs::write(bench.path("token"), &gone).unwrap();
    private(&bench.path("token"));
    reconfigure(&bench, &format!("\"{old}\""), "{ file = \"token\" }");
    bench.program(&["status"]).exits(4);
    // A password manager might ask its user something.
    let command = "{ command = [\"sh\", \"-c\", \"touch asked; cat token\"] }";
    reconfigure(&bench, "{ file = \"token\" }", command);
    bench.program(&["status"]).exits(0);
    assert!(!bench.path("asked").exists());
}

#[test]
fn a_login_is_renewed_by_itself_and_its_end_is_no_trouble() {
    let bench = Bench::new();
    let (email, password) = {
        let books = bench.sandbox.books();
        (books.email.clone(), books.password.clone())
    };
    let token = format!("\ntoken = \"{}\"", bench.sandbox.caflou_token());
    let login = format!("\nemail = \"{email}\"\npassword = \"{password}\"");
    reconfigure(&bench, &token, &login);
    bench.order(|_| ());
    bench.imported();
    let ran = bench.program(&["status"]).exits(0);
    let line = ran.stdout.lines().find(|line| line.contains("login until"));
    assert!(
        line.unwrap().ends_with("), then renewed by itself"),
        "{}",
        ran.stdout
    );
    assert_eq!(object(&bench)["access"]["kind"], "login");
}

#[test]
fn prometheus_gets_gauges_and_only_here() {
    let bench = Bench::new();
    bench.order(|order| order.price.currency = "Kč".into());
    bench.run(&[]).exits(3);
    let ran = bench
        .program(&["status", "--format", "prometheus"])
        .exits(3);
    let lines: Vec<_> = ran.stdout.lines().collect();
    for line in &lines {
        let comment =
            line.starts_with("# HELP caflou_sync_") || line.starts_with("# TYPE caflou_sync_");
        let sample = line.split_once("} ").is_some_and(|(name, value)| {
            name.starts_with("caflou_sync_") && value.parse::<i64>().is_ok()
        });
        assert!(comment || sample, "{line}");
    }
    for line in [
        "caflou_sync_health{connection=\"my-shop\",health=\"attention\"} 1",
        "caflou_sync_health{connection=\"my-shop\",health=\"healthy\"} 0",
        "caflou_sync_open_records{connection=\"my-shop\",state=\"failed\"} 1",
        "# TYPE caflou_sync_open_records gauge",
    ] {
        assert!(lines.contains(&line), "{}", ran.stdout);
    }
    for command in ["list", "history", "run"] {
        let ran = bench.program(&[command, "--format", "prometheus"]).exits(2);
        assert!(ran.stderr.contains("`status` only"), "{}", ran.stderr);
    }
}

/// Ways in which a record of the shop fails; all but the last two of them without a number.
fn spoilt(way: usize, mut raw: Value) -> Value {
    let key = if raw.get("code").is_some() {
        "code"
    } else {
        "guid"
    };
    match way {
        0 => raw[key] = json!(null),
        1 => raw[key] = json!(" "),
        2 => raw[key] = json!({ "of": raw[key] }),
        3 => raw = json!([raw]),
        4 if key == "code" => raw["price"] = json!("much"),
        4 => raw["billingAddress"] = json!("somewhere"),
        _ if key == "code" => raw["price"]["toPay"] = json!("much"),
        _ => raw["accounts"] = json!(7),
    }
    raw
}

/// What a run failed at is what `status` tells, in each of its forms, whether or not it has a number.
#[track_caller]
fn agrees(bench: &Bench, ran: &Ran) {
    let failed = |agenda: &str| ran.summary()[agenda]["failed"].as_u64().unwrap();
    let failed = failed("companies") + failed("incomes");
    let seen = object(bench);
    assert_eq!(seen["failed"], failed, "{seen}");
    let open = seen["open"].as_array().unwrap();
    let told = |rows: &[Value]| {
        let name =
            |row: &Value| [&row["kind"], &row["source_id"], &row["reason"]].map(Value::to_string);
        let mut names: Vec<_> = rows.iter().map(name).collect();
        names.sort();
        names
    };
    let mut changes = ran.changes();
    changes.retain(|change| change["action"] == "fail");
    assert_eq!(told(open), told(&changes));
    let metrics = bench.program(&["status", "--format", "prometheus"]);
    let line =
        format!("caflou_sync_open_records{{connection=\"{KEY}\",state=\"failed\"}} {failed}\n");
    assert!(metrics.stdout.contains(&line), "{}", metrics.stdout);
    let human = bench.program(&["status"]);
    for ran in [&metrics, &human] {
        assert_eq!(ran.code, if failed > 0 { 3 } else { 0 }, "{}", ran.stdout);
    }
    let health = if failed > 0 { "attention" } else { "healthy" };
    assert_eq!(seen["health"], health);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

    #[test]
    fn what_fails_in_each_run_is_in_status_until_it_is_mended(
        orders in vec(0..6_usize, 0..5),
        customers in vec(0..6_usize, 0..3),
    ) {
        let bench = Bench::new();
        bench.order(|_| ());
        bench.imported();
        for way in &orders {
            let code = bench.order(|_| ());
            let mut shop = bench.sandbox.shop();
            let raw = spoilt(*way, shop.order_row(shop.order(&code).unwrap()));
            shop.edit(&code, |order| order.raw = Some(raw));
        }
        for way in &customers {
            let guid = bench.customer(|_| ());
            let mut shop = bench.sandbox.shop();
            let place = shop.customers.iter().position(|one| one.guid == guid).unwrap();
            let raw = spoilt(*way, shop.customer_detail(&shop.customers[place]));
            shop.customers[place].raw = Some(raw);
        }
        let code = if orders.is_empty() && customers.is_empty() { 0 } else { 3 };
        for more in [&["--full"][..], &[], &["--full"]] {
            agrees(&bench, &bench.run(more).exits(code));
        }
        let mended: Vec<_> = bench.sandbox.shop().orders.iter().map(|one| one.code.clone()).collect();
        for code in mended {
            bench.sandbox.shop().edit(&code, |order| order.raw = None);
        }
        for customer in &mut bench.sandbox.shop().customers {
            customer.raw = None;
        }
        agrees(&bench, &bench.run(&[]).exits(0));
        let incomes = bench.sandbox.books().transfers.len();
        prop_assert_eq!(incomes, 1 + orders.len());
    }
}

#[test]
fn a_record_without_a_number_is_told_with_its_reason_and_a_run_of_a_part_keeps_it() {
    let bench = Bench::new();
    let good = bench.order(|_| ());
    bench.imported();
    let code = bench.order(|_| ());
    let mut shop = bench.sandbox.shop();
    let raw = spoilt(0, shop.order_row(shop.order(&code).unwrap()));
    shop.edit(&code, |order| order.raw = Some(raw));
    drop(shop);
    bench.run(&["--full"]).exits(3);
    bench.run(&["--order", &good]).exits(0);
    bench.run(&["--only", "companies"]).exits(0);
    let ran = bench.program(&["status"]).exits(3);
    let line = "! income   without a number         `code` is no usable identifier: \"\"";
    assert!(ran.stdout.contains(line), "{}", ran.stdout);
    assert!(ran.stdout.contains("1 record failed"), "{}", ran.stdout);
    bench.run(&["--full"]).exits(3);
    assert_eq!(object(&bench)["open"][0]["attempts"], 2);
}
