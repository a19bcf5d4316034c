//! Pairing codes: good once, for two weeks, and not to be guessed.

use serde_json::json;

use super::stage::{OTHER, SHOP, Stage};

const WRONG: &str = "07EN-W3AH-RZ6D-MV29-GQYR";

#[test]
fn a_code_gives_the_secret_of_its_shop_once() {
    let stage = Stage::new();
    let code = stage.installed(SHOP);
    let answer = stage.pair(SHOP, &code).is(200);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let answer = answer.json();
    assert_eq!(answer["eshop_id"], SHOP);
    assert_eq!(answer["eshop_url"], "https://222651.myshoptet.com");
    assert_eq!(answer["pairing_secret"].as_str().unwrap().len(), 43);
    assert_eq!(stage.pair(SHOP, &code).is(403).error(), "wrong-code");
}

#[test]
fn no_such_shop_wrong_used_and_expired_are_answered_alike() {
    let stage = Stage::new();
    let used = stage.installed(SHOP);
    stage.pair(SHOP, &used).is(200);
    let expired = stage.installed(OTHER);
    stage.age("codes", "expires_at", 15 * 24);
    let head = |answer: &super::stage::Answer| {
        let lines = answer
            .head
            .lines()
            .filter(|line| !line.starts_with("date: "));
        lines.collect::<Vec<_>>().join("\n")
    };
    let wrong = stage.pair(SHOP, WRONG).is(403);
    assert_eq!(wrong.error(), "wrong-code");
    for (eshop_id, code) in [
        (999_999, WRONG),
        (SHOP, used.as_str()),
        (OTHER, expired.as_str()),
        (SHOP, "no code at all"),
        (SHOP, ""),
    ] {
        let answer = stage.pair(eshop_id, code);
        assert_eq!(answer.body, wrong.body, "{eshop_id} {code}");
        assert_eq!(head(&answer), head(&wrong), "{eshop_id} {code}");
    }
}

#[test]
fn after_five_wrong_codes_a_shop_takes_not_even_the_right_one_for_an_hour() {
    let mut stage = Stage::new();
    let code = stage.installed(SHOP);
    for _ in 0..5 {
        stage.pair(SHOP, WRONG).is(403);
    }
    let refused = stage.pair(SHOP, &code).is(429);
    assert_eq!(refused.error(), "too-many-tries");
    let seconds: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((3000..=3600).contains(&seconds), "{seconds}");
    // Neither another address nor a restart helps.
    stage.restart();
    stage.pair(SHOP, &code).is(429);
    stage.age("tries", "at", 1);
    stage.pair(SHOP, &code).is(200);
}

#[test]
fn a_shop_that_there_is_not_is_limited_like_one_that_there_is() {
    let stage = Stage::new();
    for _ in 0..5 {
        stage.pair(999_999, WRONG).is(403);
    }
    stage.pair(999_999, WRONG).is(429);
}

#[test]
fn guesses_side_by_side_are_counted_like_those_one_after_another() {
    let stage = Stage::new();
    stage.installed(SHOP);
    let statuses: Vec<_> = std::thread::scope(|scope| {
        let guess = || stage.pair(SHOP, WRONG).status;
        let guesses: Vec<_> = (0..30).map(|_| scope.spawn(guess)).collect();
        guesses
            .into_iter()
            .map(|guess| guess.join().unwrap())
            .collect()
    });
    let taken = statuses.iter().filter(|status| **status == 403).count();
    let limited = statuses.iter().filter(|status| **status == 429).count();
    assert_eq!((taken, limited), (5, 25));
}

#[test]
fn one_code_pairs_one_program_however_many_try_it_at_once() {
    let stage = Stage::new();
    let code = stage.installed(SHOP);
    let paired = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| stage.pair(SHOP, &code).status))
            .collect();
        let statuses = tries.into_iter().map(|one| one.join().unwrap());
        statuses.filter(|status| *status == 200).count()
    });
    assert_eq!(paired, 1);
    assert_eq!(stage.metric("paired_programs"), Some(1));
}

#[test]
fn an_address_has_twenty_wrong_codes_an_hour_over_all_shops() {
    let stage = Stage::new();
    let code = stage.installed(SHOP);
    for eshop_id in 1..=20 {
        // Nobody believes a header that anybody can write.
        let forged = format!("x-forwarded-for: 203.0.113.{eshop_id}");
        stage.pair_from(eshop_id, WRONG, &[&forged]).is(403);
    }
    stage.pair(SHOP, &code).is(429);
    stage
        .pair_from(SHOP, &code, &["x-forwarded-for: 203.0.113.99"])
        .is(429);
}

#[test]
fn behind_a_trusted_proxy_each_client_has_its_own_count() {
    let stage = Stage::with("trusted_proxies = [\"127.0.0.1\"]", |_| ());
    let code = stage.installed(SHOP);
    for eshop_id in 1..=20 {
        // What the client wrote itself stands before what the proxy adds.
        let header = format!("x-forwarded-for: 203.0.113.{eshop_id}, 198.51.100.7");
        stage.pair_from(eshop_id, WRONG, &[&header]).is(403);
    }
    stage
        .pair_from(SHOP, &code, &["x-forwarded-for: 198.51.100.7"])
        .is(429);
    stage
        .pair_from(SHOP, &code, &["x-forwarded-for: 198.51.100.8"])
        .is(200);
}

#[test]
fn a_request_that_is_none_is_refused_and_not_counted() {
    let stage = Stage::new();
    let code = stage.installed(SHOP);
    let whole = json!({"eshop_id": SHOP, "code": code, "program": "caflou-sync"});
    for (name, value) in [
        ("eshop_id", json!("222651")),
        ("eshop_id", json!(-1)),
        ("eshop_id", json!(u64::MAX)),
        ("code", json!(7)),
        ("program", json!("")),
        ("program", json!("a\nb")),
        ("program", json!("x".repeat(65))),
        ("program", json!(null)),
    ] {
        let mut body = whole.clone();
        body[name] = value;
        let answer = stage.ask("POST /pair", &[], &body.to_string()).is(400);
        assert_eq!(answer.error(), "bad-request", "{body}");
        assert!(!answer.body.contains(&code));
    }
    for body in ["", "[]", "{", "null"] {
        stage.ask("POST /pair", &[], body).is(400);
    }
    stage.pair(SHOP, &code).is(200);
}
