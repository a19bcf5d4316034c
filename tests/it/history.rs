//! `history`: what happened, and why a record is as it is.

use serde_json::json;

use crate::sandbox::{Fault, Faults, Matcher, Service};
use crate::support::{Bench, KEY, Settings, keys, names, stable};

/// A shop whose second run changes, skips and fails something, and adopts a company.
fn two_runs() -> Bench {
    let bench = Bench::new();
    let guid = "c0000000-0000-4000-8000-000000000001";
    let paid = bench.order(|order| order.customer_guid = Some(guid.into()));
    let unpaid = bench.order(|_| ());
    let email = format!("{guid}@example.cz");
    let company = json!({ "name": "Jana Nová", "email": email });
    bench.sandbox.books().add_company(company);
    bench.customer(|_| ());
    bench.imported();
    let mut shop = bench.sandbox.shop();
    shop.edit(&paid, |order| {
        order.price.to_pay = Some("1300".parse().unwrap());
        order.price.with_vat = order.price.to_pay;
    });
    shop.cancel(&unpaid);
    drop(shop);
    let cancelled = bench.order(|_| ());
    bench.sandbox.shop().cancel(&cancelled);
    bench.order(|order| order.price.currency = "Kč".into());
    bench.run(&[]).exits(3);
    bench
}

/// The id of the last run, or of the one before it.
fn run_id(bench: &Bench, number: usize) -> String {
    let runs = bench.program(&["history", "--format", "json"]).objects();
    runs[number]["run_id"].as_str().unwrap().to_owned()
}

#[test]
fn runs_are_a_table_newest_first() {
    let bench = two_runs();
    let ran = bench.program(&["history"]).exits(0);
    insta::assert_snapshot!(stable(&ran.stdout), @r"
    RUN                        STARTED           TOOK  RESULT  COMPANIES    INCOMES
    20240506T100000Z-00000001  2024-05-06 10:00  0 s   partly  1 unchanged  2 changed · 1 skipped · 1 failed
    20240506T100000Z-00000001  2024-05-06 10:00  0 s   ok      1 adopted    2 new
    ");
    let ran = bench.program(&["history", KEY, "--limit", "1"]).exits(0);
    assert_eq!(ran.stdout.lines().count(), 2);
    let runs = bench.program(&["history", "--format", "json"]).objects();
    let said = |number: usize| {
        (
            runs[number]["status"].clone(),
            runs[number]["incomes"]["created"].clone(),
        )
    };
    assert_eq!(said(0), (json!("partial"), json!(0)));
    assert_eq!(said(1), (json!("ok"), json!(2)));
    assert_eq!(runs.len(), 2);
}

#[test]
fn a_run_is_told_record_by_record_by_the_beginning_of_its_id() {
    let bench = two_runs();
    let id = run_id(&bench, 0);
    let ran = bench.program(&["history", "--run", &id]).exits(0);
    insta::assert_snapshot!(stable(&ran.stdout), @r"
    20240506T100000Z-00000001  my-shop  2024-05-06 10:00  0 s  partly

      ~ income   2024000001               value: 1 234.50 → 1 300.00
                 warning: the value is not net plus VAT, by 65.50 CZK: a voucher or a deposit?
      ~ income   2024000002               inactive: no → yes (cancelled in the shop)
      - income   2024000003               cancelled in the shop, not imported
      ! income   2024000004               unknown currency `Kč`

    companies  1 unchanged
    incomes    2 changed · 1 skipped · 1 failed
    ");
    // The rest of an id is chance, but for the second and its thousandth.
    let short = bench.program(&["history", "--run", &id[..20]]).exits(0);
    assert_eq!(short.stdout, ran.stdout);
    let ran = bench.program(&["history", "--run", &id, "--format", "json"]);
    let objects = ran.exits(0).objects();
    assert_eq!(objects[0]["type"], "run");
    assert!(
        objects[1..]
            .iter()
            .all(|one| one["type"] == "change" && one["run_id"] == id.as_str())
    );
    assert_eq!(objects.len(), 5);

    let ran = bench.program(&["history", "--run", "2"]).exits(2);
    assert!(
        ran.stderr.contains(&id) && ran.stderr.contains("several runs"),
        "{}",
        ran.stderr
    );
    let ran = bench.program(&["history", "--run", "1999"]).exits(2);
    assert!(ran.stderr.contains("no run has an id"), "{}", ran.stderr);
}

#[test]
fn a_record_tells_where_it_stands_and_how_it_came_there() {
    let bench = two_runs();
    // Two creates under way together: Caflou numbers them as they come.
    let number = format!("ome {}\n", bench.income_id("2024000001"));
    let created = number.replace("ome ", "Caflou ");
    let of = |flag: &str, id: &str| {
        let ran = bench.program(&["history", flag, id]).exits(0);
        let text = ran.stdout.replace(&number, "ome 1003\n");
        stable(&text.replace(&created, "Caflou 1003\n"))
    };
    insta::assert_snapshot!(of("--order", "2024000001"), @r"
    income 2024000001  Jan Novák  my-shop
      now: in Caflou as income 1003
           company id: 1001
           currency: CZK
           date: 2024-05-06
           description: https://222651.myshoptet.com/admin/objednavky-detail/?code=2024000001 / shoptet:222651:2024000001
           done: no
           kind: income
           name: Objednávka 2024000001 – Jan Novák
           reference number: 2024000001
           value: 1 300.00
           value without VAT: 1 020.25
           VAT value: 214.25

    2024-05-06 10:00  run 20240506T100000Z-00000001
      + income   2024000001               1 234.50 CZK · unpaid · 2024-05-06 · Jan Novák · Caflou 1003
                 company id: 1001
                 currency: CZK
                 date: 2024-05-06
                 description: https://222651.myshoptet.com/admin/objednavky-detail/?code=2024000001 / shoptet:222651:2024000001
                 done: no
                 kind: income
                 name: Objednávka 2024000001 – Jan Novák
                 reference number: 2024000001
                 value: 1 234.50
                 value without VAT: 1 020.25
                 VAT value: 214.25

    2024-05-06 10:00  run 20240506T100000Z-00000001
      ~ income   2024000001               value: 1 234.50 → 1 300.00
                 warning: the value is not net plus VAT, by 65.50 CZK: a voucher or a deposit?
    ");
    insta::assert_snapshot!(of("--order", "2024000003"), @r"
    income 2024000003  my-shop
      now: not imported, and nothing is open

    2024-05-06 10:00  run 20240506T100000Z-00000001
      - income   2024000003               cancelled in the shop, not imported
    ");
    insta::assert_snapshot!(of("--order", "2024000004"), @r"
    income 2024000004  my-shop
      now: not in Caflou; each run tries it again
           unknown currency `Kč` (tried once, 2024-05-06 10:00)

    2024-05-06 10:00  run 20240506T100000Z-00000001
      ! income   2024000004               unknown currency `Kč`
    ");
    insta::assert_snapshot!(of("--customer", "c0000000-0000-4000-8000-000000000001"), @r"
    company c0000000-0000-4000-8000-000000000001  Jana Nová  my-shop
      now: in Caflou as company 1001
           differs (shop → Caflou): another identifier: shoptet:222651:c0000000-0000-4000-8000-000000000001 → – · city: Brno → – · country: CZ → – · kind: individual → – · street: Dlouhá 1 → – · zip: 60200 → –
           another identifier: shoptet:222651:c0000000-0000-4000-8000-000000000001
           city: Brno
           country: CZ
           email: c0000000-0000-4000-8000-000000000001@example.cz
           kind: individual
           name: Jana Nová
           street: Dlouhá 1
           VAT payer: no
           zip: 60200

    2024-05-06 10:00  run 20240506T100000Z-00000001
      = company  Jana Nová                adopts Caflou company 1001 (same e-mail)
    ");
    let ran = bench.program(&["history", "--order", "2024000001", "--format", "json"]);
    let objects = ran.objects();
    assert_eq!(
        (&objects[0]["type"], &objects[0]["state"]),
        (&json!("record"), &json!("synced"))
    );
    let actions: Vec<_> = objects[1..]
        .iter()
        .map(|one| one["action"].clone())
        .collect();
    assert_eq!(actions, ["create", "update"]);
    let ran = bench.program(&["history", "--order", "1"]).exits(2);
    assert_eq!(
        ran.stderr,
        "error: no run of my-shop has dealt with orders/1; is that right? A run that left it \
         unchanged tells nothing of it\n"
    );
}

/// What the README promises to programs.
#[test]
fn programs_get_the_same_keys_always() {
    let bench = two_runs();
    let objects = |flags: &[&str]| {
        let args = [&["history", "--format", "json"], flags].concat();
        bench.program(&args).exits(0).objects()
    };
    let run = names([
        "type",
        "run_id",
        "connection",
        "started_at",
        "finished_at",
        "status",
        "error",
        "error_class",
        "companies",
        "incomes",
        "totals",
        "requests",
    ]);
    let change = names([
        "type",
        "run_id",
        "connection",
        "kind",
        "action",
        "source_id",
        "caflou_id",
        "label",
        "fields",
        "kept",
        "ignored",
        "warnings",
        "reason",
    ]);
    let record = names([
        "type",
        "connection",
        "kind",
        "source_id",
        "label",
        "state",
        "caflou_id",
        "source",
        "written",
        "pending",
        "awaits",
        "reason",
        "attempts",
        "first_at",
        "last_at",
    ]);
    let all = objects(&[]);
    assert!(all.iter().all(|one| keys(one) == run), "{all:?}");
    let id = run_id(&bench, 0);
    let all = objects(&["--run", &id]);
    assert_eq!(keys(&all[0]), run);
    assert!(all[1..].iter().all(|one| keys(one) == change), "{all:?}");
    // imported, skipped, failed
    for code in ["2024000001", "2024000003", "2024000004"] {
        let all = objects(&["--order", code]);
        assert_eq!(keys(&all[0]), record, "{code}");
        assert!(all[1..].iter().all(|one| keys(one) == change), "{all:?}");
    }
}

#[test]
fn an_answer_that_was_lost_is_part_of_the_story() {
    let bench = Bench::set(&Settings {
        companies: "no",
        ..Settings::default()
    });
    let config = bench.config();
    bench.write_config(
        &config
            .replace("api_url", "timeout = \"500ms\"\napi_url")
            .replacen("timeout = \"500ms\"\n", "", 1),
    );
    let code = bench.order(|_| ());
    let create = Matcher::new(Service::Caflou, "POST", "/transfers");
    bench
        .sandbox
        .set_faults(Faults::once(create, Fault::CutAfter));
    bench.run(&[]).exits(0);
    let ran = bench.program(&["history", "--order", &code]).exits(0);
    let (lost, found) = (
        ran.stdout.find("outcome unknown"),
        ran.stdout.find("(our mark)"),
    );
    assert!(lost.is_some() && lost < found, "{}", ran.stdout);
}

#[test]
fn a_connection_that_is_not_configured_any_more_still_has_its_history() {
    let bench = Bench::new();
    bench.order(|_| ());
    bench.imported();
    let config = bench.config();
    bench.write_config(&config.replace("[connections.my-shop", "[connections.other"));
    let ran = bench.program(&["history", KEY]).exits(0);
    assert!(ran.stdout.contains("1 new"), "{}", ran.stdout);
    bench.program(&["history", "my-shpo"]).exits(2);
}
