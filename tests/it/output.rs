//! What people see, and what nobody may see.

use serde_json::json;

use crate::support::{Bench, KEY, Ran, Settings, at, mark};

/// One of each, with names, amounts and days that do not depend on when the test runs.
fn shop() -> Bench {
    let bench = Bench::new();
    let orders: Vec<_> = (0..4).map(|_| bench.order(|_| ())).collect();
    bench.imported();
    let paid_on = at("2024-05-09T08:00:00Z");
    let mut shop = bench.sandbox.shop();
    shop.edit(&orders[0], |order| {
        order.paid = Some(true);
        order.change_time = Some(paid_on);
    });
    shop.cancel(&orders[1]);
    shop.edit(&orders[2], |order| {
        order.price.to_pay = None;
        order.price.with_vat = None;
    });
    drop(shop);
    let firm = bench.customer(|customer| {
        customer.billing.company = Some("Manák, lahůdky s.r.o.".into());
        customer.billing.company_id = Some("00123456".into());
    });
    let person = bench.customer(|_| ());
    let email = format!("{person}@example.cz");
    let company = json!({ "name": "Jana Nová", "email": email });
    bench.sandbox.books().add_company(company);
    bench.order(|order| order.customer_guid = Some(firm));
    let adopted = bench.order(|_| ());
    bench.sandbox.books().add_transfer(json!({
        "kind": "income", "name": "Objednávka", "date": "2024-05-06", "currency": "CZK",
        "value": 1234.5, "description": mark(&adopted),
    }));
    bench
}

#[test]
fn a_dry_run_shows_every_record_the_counts_and_what_a_run_would_send() {
    let bench = shop();
    let ran = bench.program(&["run", KEY, "--dry-run"]).exits(3);
    assert_eq!(ran.stderr, "");
    let account = bench.sandbox.account_id();
    let expected = format!(
        "\
Můj e-shop (Shoptet 222651) → Příklad s.r.o. (Caflou {account})   dry run: nothing is written
companies: new only   incomes: new and update

  + company  Manák, lahůdky s.r.o.    IČO 00123456 · Brno
  = company  Jana Nová                adopts Caflou company 1005 (same e-mail)
  = income   2024000006               adopts Caflou income 1006 (our mark) · kept in Caflou: description, name, reference number, value without VAT, VAT value
  ! income   2024000003               no amount: toPay and withVat are both empty
  + income   2024000005               1 234.50 CZK · unpaid · 2024-05-06 · Jan Novák
  ~ income   2024000001               done: no → yes · payment date: – → 2024-05-09
warning: 1 income in Caflou with this connection's mark was not known here (a state that was lost, renamed or forgotten): it is linked
  ~ income   2024000002               inactive: no → yes (cancelled in the shop)

companies  1 new · 1 adopted
incomes    1 new (1 234.50 CZK) · 1 adopted · 2 changed · 1 unchanged · 1 failed
A real run would send 10 requests to Caflou:  caflou-sync run my-shop
"
    );
    assert_eq!(ran.stdout, expected);

    let requests = bench.run(&[]).exits(3).summary()["requests"].take();
    let number = |name: &str| requests[name].as_u64().unwrap();
    assert_eq!(number("caflou") - number("retries"), 10, "as was said");
}

#[test]
fn a_dry_run_without_changes_says_so_in_few_lines() {
    let bench = Bench::new();
    bench.order(|_| ());
    bench.imported();
    let ran = bench.program(&["run", KEY, "--dry-run"]).exits(0);
    let lines: Vec<_> = ran.stdout.lines().skip(2).collect();
    let expected = [
        "",
        "companies  nothing to look at",
        "incomes    1 unchanged",
        "Nothing would change.",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn a_run_ends_with_a_summary_of_at_most_ten_lines() {
    let bench = shop();
    let ran = bench.program(&["run", KEY]).exits(3);
    let (above, summary) = ran.stdout.rsplit_once("\n\n").unwrap();
    assert!(above.contains("! income   2024000003"), "{above}");
    let lines: Vec<_> = summary.lines().collect();
    assert!(lines.len() <= 10, "{summary}");
    assert!(lines[0].starts_with("Můj e-shop → "), "{summary}");
    assert!(lines[0].contains("partly done in"), "{summary}");
    for line in [
        "companies  1 new · 1 adopted",
        "incomes    1 new (1 234.50 CZK) · 1 adopted · 2 changed · 1 unchanged · 1 failed",
    ] {
        assert!(lines.contains(&line), "{summary}");
    }
    assert_eq!(ran.stderr, "");
}

#[test]
fn in_a_pipe_there_are_no_colours_unless_they_are_asked_for() {
    let bench = shop();
    let dry = |color: &str| {
        bench
            .program(&["run", KEY, "--dry-run", "--color", color])
            .stdout
    };
    let coloured = dry("always");
    assert!(coloured.contains('\u{1b}'));
    for color in ["auto", "never"] {
        assert!(!dry(color).contains('\u{1b}'), "{color}");
    }
    assert_eq!(
        anstream::adapter::strip_str(&coloured).to_string(),
        dry("never")
    );
}

#[test]
fn quiet_says_nothing_of_a_run_that_went_well_and_what_went_wrong_of_another() {
    let bench = Bench::new();
    bench.customer(|_| ());
    let code = bench.order(|order| order.paid = None);
    for args in [&["--dry-run"][..], &[][..], &["--full"][..]] {
        let ran = bench
            .program(&[&["run", KEY, "--quiet"], args].concat())
            .exits(0);
        assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""));
    }
    bench
        .sandbox
        .shop()
        .edit(&code, |order| order.price.currency = "Kč".into());
    let ran = bench.program(&["run", KEY, "--quiet"]).exits(3);
    assert!(ran.stdout.contains(&code), "{}", ran.stdout);
}

#[test]
fn stdout_has_data_only_also_with_logs() {
    let bench = shop();
    let ran = bench.run(&["-vv"]).exits(3);
    assert!(!ran.objects().is_empty());
    assert!(ran.stderr.lines().count() > 3, "requests are logged");
    let ran = bench
        .run(&["-vv", "--log-format", "json", "--full"])
        .exits(3);
    assert!(!ran.objects().is_empty());
    for line in ran.stderr.lines() {
        let _: serde_json::Value = serde_json::from_str(line).expect(line);
    }
}

#[test]
fn the_report_is_the_same_at_every_verbosity() {
    let bench = shop();
    let changes = |args: &[&str]| bench.run(&[&["--dry-run"], args].concat()).changes();
    assert_eq!(changes(&["-q"]), changes(&["-vv"]));
}

/// No secret, and no e-mail address of a customer in the logs.
#[track_caller]
fn keeps_secrets(bench: &Bench, ran: &Ran, more: &[&str]) {
    let sandbox = &bench.sandbox;
    let password = sandbox.books().password.clone();
    let known = [
        sandbox.private_token(),
        sandbox.oauth_token(),
        sandbox.caflou_token(),
        &password,
    ];
    for secret in known.iter().chain(more) {
        for text in [&ran.stdout, &ran.stderr] {
            assert!(!text.contains(*secret), "{secret} in {text}");
        }
    }
    assert!(!ran.stderr.contains("@example.cz"), "{}", ran.stderr);
}

#[test]
fn no_output_has_a_secret() {
    let bench = shop();
    for args in [&["--dry-run"][..], &[], &["--full"]] {
        for format in ["human", "json"] {
            let all = [&["run", KEY, "-vv", "--format", format], args].concat();
            let ran = bench.program(&all);
            assert!(ran.stderr.contains("/transfers") || ran.stderr.contains("/api/"));
            keeps_secrets(&bench, &ran, &[]);
        }
    }
    for command in [&["list", "-vv"][..], &["test", KEY, "-vv"]] {
        keeps_secrets(&bench, &bench.program(command), &[]);
    }
    bench.sandbox.shop().private_token_revoked = true;
    let ran = bench.run(&["-vv"]).exits(4);
    keeps_secrets(&bench, &ran, &[]);
    bench.sandbox.shop().private_token_revoked = false;
    bench.sandbox.books().token_revoked = true;
    let ran = bench.run(&["-vv", "--full"]);
    keeps_secrets(&bench, &ran, &[]);
}

#[test]
fn no_output_has_a_token_that_was_obtained_on_the_way() {
    let bench = Bench::new();
    bench.order(|_| ());
    let sandbox = &bench.sandbox;
    let (oauth, url) = (sandbox.oauth_token(), sandbox.token_url());
    let (email, password) = {
        let books = sandbox.books();
        (books.email.clone(), books.password.clone())
    };
    let text = bench.connection(KEY, &Settings::default());
    let text = text.replace(
        &format!("private_token = \"{}\"", sandbox.private_token()),
        &format!("oauth_token = \"{oauth}\"\ntoken_url = \"{url}\""),
    );
    let text = text.replace(
        &format!("\ntoken = \"{}\"", sandbox.caflou_token()),
        &format!("\nemail = \"{email}\"\npassword = \"{password}\""),
    );
    bench.write_config(&text);
    let ran = bench.run(&["-vv"]).exits(0);
    let kept = std::fs::read_to_string(bench.path("cache/caflou-sync/tokens.json")).unwrap();
    let kept: serde_json::Value = serde_json::from_str(&kept).unwrap();
    let tokens: Vec<_> = kept.as_object().unwrap().values().collect();
    let tokens: Vec<_> = tokens
        .iter()
        .map(|one| one["token"].as_str().unwrap())
        .collect();
    assert_eq!(tokens.len(), 2);
    keeps_secrets(&bench, &ran, &tokens);
}

#[test]
fn a_broken_configuration_names_every_problem_and_no_secret() {
    let bench = Bench::new();
    let text = bench.config();
    let text = text
        .replace("companies = ", "companys = ")
        .replace("eshop_id = ", "eshop_id = -");
    bench.write_config(&text);
    let ran = bench.program(&["run", KEY]).exits(2);
    for said in ["companys", "companies", "eshop_id"] {
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
    }
    assert_eq!(ran.stdout, "");
    keeps_secrets(&bench, &ran, &[]);
}

#[cfg(unix)]
#[test]
fn a_configuration_with_secrets_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let bench = Bench::new();
    let path = bench.path("connections.toml");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let ran = bench.program(&["run", KEY]).exits(2);
    assert!(ran.stderr.contains("chmod 600"), "{}", ran.stderr);
    assert_eq!(bench.sandbox.requests(), 0);
    keeps_secrets(&bench, &ran, &[]);
}
