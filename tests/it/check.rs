//! `test`: what is said of credentials and rights that are refused, and what to do about it.

use crate::support::{Bench, KEY};

type Break = fn(&Bench);

#[test]
fn a_refused_credential_is_told_with_what_to_do_about_it() {
    let cases: [(Break, &str); 4] = [
        (
            |bench| bench.sandbox.books().token_revoked = true,
            "Caflou does not accept this token. Copy it once more, whole: Caflou shows it under \
             Account settings, API. To type in a token: caflou-sync edit my-shop (Caflou refused \
             GET /api/v1/958a30da1d8c2ccb0a3b6194: 401, invalid token)",
        ),
        (
            |bench| bench.sandbox.shop().private_token_revoked = true,
            "Shoptet does not accept this token. Copy it once more, whole: the administration of \
             the shop shows it under Connections, API. To type in a token: caflou-sync edit \
             my-shop (Shoptet refused GET /api/eshop: 401",
        ),
        (
            |bench| bench.sandbox.shop().rights.orders = false,
            "This token may not read orders: it lacks the endpoint group Orders. Switch it on in \
             the administration of the shop, under Connections, API, at this token; reading is \
             enough. (Shoptet refused GET /api/orders/changes: 403",
        ),
        (
            |bench| {
                let id = bench.sandbox.account_id().to_owned();
                bench.write_config(&bench.config().replace(&id, "999"));
            },
            "Caflou refused GET /api/v1/999: 404, account not found; check caflou.account_id",
        ),
    ];
    for (refuse, sentence) in cases {
        let bench = Bench::new();
        refuse(&bench);
        let ran = bench.program(&["test", KEY]).exits(4);
        assert!(ran.stdout.contains(sentence), "{}", ran.stdout);
    }
}

#[test]
fn a_run_into_an_account_that_is_not_there_names_the_setting() {
    let bench = Bench::new();
    bench.order(|_| ());
    let id = bench.sandbox.account_id().to_owned();
    bench.write_config(&bench.config().replace(&id, "999"));
    let error = bench.run(&[]).exits(1).error();
    assert!(
        error.ends_with("404, account not found; check caflou.account_id"),
        "{error}"
    );
}

#[test]
fn what_was_not_looked_at_says_why() {
    let bench = Bench::new();
    let ran = bench
        .program(&["run", KEY, "--order", "nix", "--dry-run"])
        .exits(3);
    let (_, said) = ran.stdout.split_once("\n\n").unwrap_or_default();
    assert_eq!(
        said,
        "  ! income   nix                      the shop has no order with this code\n\n\
         companies  not asked for\nincomes    1 failed\nThere is nothing to send.\n"
    );
    let said = bench
        .program(&["run", KEY, "--order", "nix"])
        .exits(3)
        .stdout;
    assert!(said.contains("incomes    1 failed\n"), "{said}");
    assert!(!said.contains("tried again"), "{said}");
    bench.sandbox.shop().private_token_revoked = true;
    let said = bench.program(&["run", KEY]).exits(4).stdout;
    assert!(
        said.contains("companies  not done\nincomes    not done\n"),
        "{said}"
    );
}

#[test]
fn a_command_to_type_names_the_files_that_were_named() {
    let bench = Bench::new();
    bench.sandbox.books().token_revoked = true;
    let ran = bench.program(&[
        "test",
        "--config",
        "./connections.toml",
        "--state",
        "my state.db",
    ]);
    let again = "caflou-sync edit my-shop --config ./connections.toml --state 'my state.db' (";
    assert!(ran.exits(4).stdout.contains(again), "no files");
    bench.sandbox.books().token_revoked = false;
    bench.order(|_| ());
    let files = ["--config", "./connections.toml"];
    let would = "  caflou-sync run my-shop --config ./connections.toml\n";
    let ran = bench.program(&[&["run", KEY, "--dry-run"], &files[..]].concat());
    assert!(ran.stdout.ends_with(would), "{}", ran.stdout);
    bench.sandbox.books().token_revoked = true;
    let test = "`caflou-sync test my-shop --config ./connections.toml` checks both sides";
    let ran = bench
        .program(&[&["run", KEY], &files[..]].concat())
        .exits(4);
    assert!(ran.stderr.trim_end().ends_with(test), "{}", ran.stderr);
}
