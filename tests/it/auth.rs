//! Tokens that are obtained on the way: exchanged once, kept privately, renewed when they end.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use serde_json::{Value, json};

use crate::sandbox::{Fault, Faults, Matcher, Options, Service};
use crate::support::{Bench, Ran};

const EXCHANGE: &str = "GET /action/ApiOAuthServer/getAccessToken";
const LOGIN: &str = "POST /api/v1/login";

/// A shop that is connected by an add-on, accounts by a login.
pub fn bench(change: impl FnOnce(&mut Options)) -> Bench {
    let bench = Bench::with(change);
    let sandbox = &bench.sandbox;
    let private = format!("private_token = \"{}\"", sandbox.private_token());
    let (oauth, url) = (sandbox.oauth_token(), sandbox.token_url());
    let addon = format!("oauth_token = \"{oauth}\"\ntoken_url = \"{url}\"");
    let token = format!("token = \"{}\"", sandbox.caflou_token());
    let login = {
        let books = sandbox.books();
        format!(
            "email = \"{}\"\npassword = \"{}\"",
            books.email, books.password
        )
    };
    let text = bench.config();
    assert!(text.contains(&private) && text.contains(&token));
    bench.write_config(
        &text
            .replace(&private, &addon)
            .replace(&format!("\n{token}"), &format!("\n{login}")),
    );
    bench.customer(|_| ());
    bench.order(|_| ());
    bench
}

fn count(bench: &Bench, request: &str) -> usize {
    let both = [Service::Shoptet, Service::Caflou];
    let all = both.into_iter().flat_map(|service| bench.requests(service));
    all.filter(|one| one == request).count()
}

fn kept(bench: &Bench) -> String {
    let path = bench.path("cache/caflou-sync/tokens.json");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    fs::read_to_string(path).unwrap()
}

#[track_caller]
fn all_is_in(bench: &Bench, ran: &Ran) {
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    let books = bench.sandbox.books();
    assert_eq!((books.companies.len(), books.transfers.len()), (1, 1));
}

#[test]
fn tokens_are_exchanged_once_and_used_by_all_runs() {
    let bench = bench(|_| ());
    bench.run(&["--dry-run"]).exits(0);
    assert_eq!((count(&bench, EXCHANGE), count(&bench, LOGIN)), (1, 1));
    let ran = bench.run(&[]);
    all_is_in(&bench, &ran);
    bench.run(&["--dry-run", "--full"]).exits(0);
    assert_eq!((count(&bench, EXCHANGE), count(&bench, LOGIN)), (1, 1));
    assert_eq!(bench.sandbox.addon_tokens_made(), 1);

    let tokens = kept(&bench);
    let password = bench.sandbox.books().password.clone();
    for secret in [bench.sandbox.oauth_token(), &password] {
        assert!(!tokens.contains(secret), "{tokens}");
    }
}

#[test]
fn the_never_ending_token_goes_to_its_own_address_only() {
    let bench = bench(|_| ());
    bench.run(&[]).exits(0);
    for seen in bench.sandbox.seen() {
        let has = seen
            .headers
            .iter()
            .any(|(_, value)| value.contains(bench.sandbox.oauth_token()));
        assert_eq!(has, seen.path.ends_with("getAccessToken"), "{}", seen.path);
    }
}

#[test]
fn without_the_cache_everything_works_with_a_token_more() {
    let bench = bench(|_| ());
    bench.run(&[]).exits(0);
    fs::remove_dir_all(bench.path("cache")).unwrap();
    bench.order(|order| order.code = "nova".into());
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.change("nova")["action"], "create");
    assert_eq!((count(&bench, EXCHANGE), count(&bench, LOGIN)), (2, 2));
    fs::write(bench.path("cache/caflou-sync/tokens.json"), "{ half").unwrap();
    bench.run(&[]).exits(0);
}

#[test]
fn tokens_that_ended_between_two_runs_are_renewed_once() {
    let bench = bench(|_| ());
    bench.run(&[]).exits(0);
    // both services forget their tokens; this machine does not notice
    bench.sandbox.advance(Duration::from_hours(24 * 8));
    bench.order(|order| order.code = "nova".into());
    bench.sandbox.forget_seen();
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.change("nova")["action"], "create");
    assert_eq!((count(&bench, EXCHANGE), count(&bench, LOGIN)), (1, 1));
    assert_eq!(ran.summary()["incomes"]["failed"], 0);
}

#[test]
fn a_token_that_ends_in_the_middle_of_a_run_is_renewed_and_nothing_is_missed() {
    let bench = bench(|options| options.shoptet_latency = Duration::from_millis(60));
    for _ in 0..120 {
        bench.order(|_| ());
    }
    let run = bench.spawn(&[]);
    while count(&bench, "GET /api/orders") == 0 {
        std::thread::sleep(Duration::from_millis(2));
    }
    bench.sandbox.advance(Duration::from_mins(31));
    let ran = run.end().exits(0);
    assert_eq!(ran.counts("incomes"), "121 read: 121 created");
    assert_eq!(bench.sandbox.addon_tokens_made(), 2);
    let statuses = bench
        .sandbox
        .seen()
        .iter()
        .map(|seen| seen.status)
        .collect::<BTreeSet<_>>();
    assert!(statuses.contains(&401), "{statuses:?}");
}

#[test]
fn a_token_refused_again_and_again_ends_with_4() {
    let bench = bench(|_| ());
    bench.sandbox.set_faults(refusals(20));
    let ran = bench.run(&[]).exits(4);
    assert_eq!(ran.summary()["status"], "failed");
    assert!(
        count(&bench, EXCHANGE) <= 2,
        "a new token is asked for once"
    );
}

/// The shop says so many times that the token has expired.
fn refusals(times: usize) -> Faults {
    let body = json!({
        "data": null,
        "errors": [{ "errorCode": "expired-token", "message": "The token has expired.", "instance": "token" }],
        "metadata": { "requestId": "r-2" },
    });
    let refusal = Fault::Answer {
        status: 401,
        body: body.to_string(),
    };
    let matcher = Matcher::new(Service::Shoptet, "GET", "/api/eshop");
    Faults {
        script: vec![(matcher, refusal); times],
        ..Faults::default()
    }
}

#[test]
fn one_refusal_of_a_good_token_does_no_harm() {
    let bench = bench(|_| ());
    bench.sandbox.set_faults(refusals(1));
    let ran = bench.run(&[]);
    all_is_in(&bench, &ran);
    assert_eq!(count(&bench, EXCHANGE), 2);
}

#[test]
fn wrong_secrets_end_with_4_and_say_which() {
    let swap = |from: fn(&Bench) -> String, said: &str| {
        let bench = bench(|_| ());
        let secret = from(&bench);
        let text = bench.config();
        assert!(text.contains(&secret));
        bench.write_config(&text.replace(&secret, "spatne"));
        let ran = bench.run(&[]).exits(4);
        let error: Value = ran.summary()["error"].clone();
        let error = error.as_str().unwrap();
        assert!(error.contains(said), "{error}");
        assert!(!error.contains("spatne"), "{error}");
        let status = bench.program(&["status", "--format", "json"]).exits(1);
        let status = &status.objects()[0];
        assert_eq!(status["last_run"]["error_class"], "access", "{status}");
        let advised = status["troubles"][0].as_str().unwrap();
        assert_eq!(advised.matches("caflou-sync test").count(), 1, "{advised}");
    };
    swap(
        |bench| bench.sandbox.oauth_token().to_owned(),
        "oauth_token",
    );
    swap(|bench| bench.sandbox.books().password.clone(), "Caflou");
}
