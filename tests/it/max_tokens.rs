//! As many tokens are valid as the add-on's OAuth server allows: that ends by itself.
#![cfg(unix)]

use std::time::Duration;

use chrono::TimeDelta;

use crate::auth::bench;
use crate::sandbox::Service;
use crate::support::{Bench, KEY, wait_for};

const SHOP: u64 = 222_651;
const SAID: &str = "the add-on's OAuth server gives no token: as many as it allows are in use";
const REFUSAL: &str = "(Shoptet refused GET /action/ApiOAuthServer/getAccessToken: 403 max_tokens, The \
                       maximum of valid tokens is reached.)";

/// Another program holds all five.
fn taken() -> Bench {
    let bench = bench(|_| ());
    let now = bench.sandbox.now();
    let mut addon = bench.sandbox.addon();
    let desk = &mut addon.shop(SHOP).desk;
    while desk.mint_addon(SHOP, now, TimeDelta::minutes(30)).is_some() {}
    drop(addon);
    bench
}

/// So often was a token asked for in vain.
fn denied(bench: &Bench) -> u64 {
    bench.sandbox.addon().shop(SHOP).desk.denied()
}

/// What was said of the waiting, one line for all of it.
fn waiting() -> String {
    format!("warning: {SAID}; waiting until one runs out, 31 min at most {REFUSAL}\n")
}

#[test]
fn a_run_waits_until_a_token_is_to_be_had_and_goes_on() {
    let bench = taken();
    let before = denied(&bench);
    let run = bench.spawn(&[]);
    wait_for("refusals", || denied(&bench) > before + 2);
    bench.sandbox.advance(Duration::from_mins(31));
    let ran = run.end().exits(0);
    assert_eq!(ran.counts("incomes"), "1 read: 1 created");
    assert_eq!(ran.stderr, waiting());
}

#[test]
fn another_runs_token_is_taken_while_this_one_waits() {
    let bench = taken();
    let before = denied(&bench);
    let waits = bench.spawn(&[]);
    wait_for("refusal", || denied(&bench) > before);
    // Nobody waits for the cache meanwhile: the other run, of another connection, is quick.
    let other = bench.config().replace(KEY, "other");
    bench.write_config(&format!("{}\n{other}", bench.config()));
    bench.sandbox.addon().shop(SHOP).desk.revoke();
    bench.program(&["run", "other", "--dry-run"]).exits(0);
    waits.end().exits(0);
    assert_eq!(bench.sandbox.addon().shop(SHOP).desk.made(), 6);
}

#[test]
fn a_stop_and_a_time_limit_end_the_waiting_in_order() {
    for (args, signal, said) in [
        (&[][..], true, "interrupted"),
        (
            &["--timeout", "1s"],
            false,
            "the time limit (--timeout) is over",
        ),
    ] {
        let bench = taken();
        let before = denied(&bench);
        let run = bench.spawn(args);
        wait_for("refusal", || denied(&bench) > before);
        if signal {
            run.signal("TERM");
        }
        let ran = run.end().exits(1);
        assert_eq!(ran.summary()["status"], "stopped", "{}", ran.stdout);
        assert!(ran.error().contains(said), "{}", ran.error());
        assert!(bench.requests(Service::Caflou).is_empty());
    }
}

#[test]
fn a_check_and_the_wizard_say_so_at_once_and_what_to_do() {
    let bench = taken();
    let ran = bench.program(&["test", KEY, "--format", "json"]).exits(1);
    let first = ran.stdout.lines().next().unwrap();
    assert!(
        first.contains(SAID) && first.contains("half an hour"),
        "{first}"
    );
    assert_eq!(ran.stderr, "");
    let (url, shop) = (bench.sandbox.token_url(), bench.sandbox.shoptet_url());
    let connect = [
        "connect",
        "new",
        "--oauth-token-env",
        "OAUTH",
        "--token-url",
        &url,
        "--shoptet-api-url",
        &shop,
        "--caflou-token-env",
        "OAUTH",
        "--yes",
    ];
    let mut connect = bench.command(&connect);
    let output = connect.env("OAUTH", bench.sandbox.oauth_token()).output();
    let ran = crate::support::Ran::of(output.unwrap()).exits(1);
    assert_eq!(
        ran.stderr,
        format!(
            "error: The{}, until they run out within half an hour {REFUSAL}. Try again then. Does \
             another program use the same OAuth access token?\n",
            SAID.strip_prefix("the").unwrap()
        )
    );
}
