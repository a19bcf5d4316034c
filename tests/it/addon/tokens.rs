//! Access tokens: shared by a shop's programs, and asked for at Shoptet as seldom as can be.

use std::time::Duration;

use chrono::TimeDelta;

use super::stage::{OTHER, SHOP, Stage};
use crate::sandbox::{Fault, Faults, Matcher, Service};
use crate::support::wait_for;

#[test]
fn a_program_gets_a_token_of_its_shop_and_never_the_oauth_token() {
    let stage = Stage::new();
    let secret = stage.paired(SHOP);
    let answer = stage.token(&secret).is(200);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let json = answer.json();
    assert!(
        json["access_token"]
            .as_str()
            .unwrap()
            .starts_with("222651-a-")
    );
    let left = json["expires_in"].as_u64().unwrap();
    assert!((1..=1800).contains(&left), "{left}");
    let oauth_token = stage
        .sandbox
        .addon()
        .shop(SHOP)
        .oauth_token
        .clone()
        .unwrap();
    assert!(!answer.body.contains(&oauth_token) && !answer.head.contains(&oauth_token));
}

#[test]
fn the_programs_of_a_shop_share_one_token_also_after_a_restart_and_a_crash() {
    let mut stage = Stage::new();
    let first = stage.paired(SHOP);
    let token = stage.access_token(&first);
    let ran = stage
        .program(&["new-code", "222651", "--format", "json"])
        .exits(0);
    let code = ran.objects()[0]["code"].as_str().unwrap().to_owned();
    let second = stage.pair(SHOP, &code).is(200).json();
    let second = second["pairing_secret"].as_str().unwrap();
    assert_ne!(first, second);
    assert_eq!(stage.access_token(second), token);
    stage.restart();
    assert_eq!(stage.access_token(&first), token);
    stage.crash();
    assert_eq!(stage.access_token(second), token);
    assert_eq!(stage.made(SHOP), 1);
}

#[test]
fn a_hundred_that_ask_at_once_have_one_token_asked_for() {
    let stage = Stage::new();
    let secret = stage.paired(SHOP);
    // The one that the installation left runs out.
    stage.in_state("UPDATE tokens SET renew_at = 0");
    let before = stage.made(SHOP);
    let tokens: std::collections::BTreeSet<_> = std::thread::scope(|scope| {
        let ask = || stage.access_token(&secret);
        let asking: Vec<_> = (0..100).map(|_| scope.spawn(ask)).collect();
        asking.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!((tokens.len(), stage.made(SHOP) - before), (1, 1));
}

#[test]
fn a_hundred_that_ask_at_once_share_an_error_too() {
    let stage = Stage::new();
    let secret = stage.paired(SHOP);
    stage.in_state("UPDATE tokens SET renew_at = 0");
    let matcher = Matcher::new(Service::Shoptet, "GET", "/action/ApiOAuthServer");
    let script = (0..400).map(|_| (matcher.clone(), Fault::StatusBefore(500)));
    stage.sandbox.set_faults(Faults {
        script: script.collect(),
        ..Faults::default()
    });
    // The first answer comes late, so that all the others wait for it.
    stage
        .sandbox
        .set(|options| options.shoptet_latency = Duration::from_millis(500));
    stage.sandbox.forget_seen();
    std::thread::scope(|scope| {
        let ask = || assert_eq!(stage.token(&secret).is(502).error(), "shoptet-unavailable");
        let asking: Vec<_> = (0..100).map(|_| scope.spawn(ask)).collect();
        for one in asking {
            one.join().unwrap();
        }
    });
    // Each turn is two attempts; who comes after an error was told has a turn of its own.
    let seen = stage.sandbox.seen().len();
    assert!(seen < 40, "{seen} requests for a hundred programs");
    stage.sandbox.set_faults(Faults::default());
    stage.access_token(&secret);
}

#[test]
fn a_token_that_runs_out_is_renewed() {
    let stage = Stage::with("", |options| options.token_life = Duration::from_secs(4));
    let secret = stage.paired(SHOP);
    let first = stage.access_token(&secret);
    wait_for("other token", || stage.access_token(&secret) != first);
    wait_for("third token", || {
        stage.made(SHOP) > 2 || stage.token(&secret).status != 200
    });
    assert_eq!(stage.most(SHOP).1, 0, "Shoptet denied one");
}

#[test]
fn a_token_that_shoptet_refuses_is_replaced_once_for_all_programs() {
    let stage = Stage::new();
    let secret = stage.paired(SHOP);
    let dead = stage.access_token(&secret);
    let fresh = stage.refused(&secret, &dead).is(200).json();
    let fresh = fresh["access_token"].as_str().unwrap();
    assert_ne!(fresh, dead);
    // Another program is late with the same news.
    let again = stage.refused(&secret, &dead).is(200).json();
    assert_eq!(again["access_token"], fresh);
    assert_eq!(stage.made(SHOP), 2);
}

#[test]
fn a_program_that_calls_every_token_refused_leaves_room_for_the_renewal() {
    let stage = Stage::new();
    let secret = stage.paired(SHOP);
    let mut token = stage.access_token(&secret);
    let refusal = (0..10).find_map(|_| {
        let answer = stage.refused(&secret, &token);
        if answer.status != 200 {
            return Some(answer);
        }
        token = answer.json()["access_token"].as_str().unwrap().to_owned();
        None
    });
    let refusal = refusal.expect("an end").is(503);
    assert_eq!(refusal.error(), "too-many-tokens");
    let wait: u64 = refusal.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=1800).contains(&wait), "{wait}");
    // The others keep on, and the regular renewal has its place.
    assert_eq!(stage.access_token(&secret), token);
    stage.in_state("UPDATE tokens SET renew_at = 0");
    assert_ne!(stage.access_token(&secret), token);
    assert_eq!(stage.most(SHOP), (5, 0));
}

#[test]
fn tokens_that_somebody_else_uses_up_end_no_pairing() {
    let stage = Stage::new();
    let secret = stage.paired(SHOP);
    let token = stage.access_token(&secret);
    let now = stage.sandbox.now();
    {
        let mut addon = stage.sandbox.addon();
        let desk = &mut addon.shop(SHOP).desk;
        while desk.mint_addon(SHOP, now, TimeDelta::minutes(30)).is_some() {}
    }
    let refusal = stage.refused(&secret, &token).is(503);
    assert_eq!(refusal.error(), "too-many-tokens");
    assert_eq!(refusal.header("retry-after"), Some("60"));
    stage.sandbox.advance(Duration::from_mins(31));
    stage.refused(&secret, &token).is(200);
}

#[test]
fn each_secret_gets_tokens_of_its_own_shop() {
    let stage = Stage::new();
    let (one, other) = (stage.paired(SHOP), stage.paired(OTHER));
    assert!(stage.access_token(&one).starts_with("222651-a-"));
    let token = stage.access_token(&other);
    assert!(token.starts_with("125671-a-"));
    // Another shop's token is not to be had, nor is it renewed, by naming it.
    let answer = stage.refused(&one, &token).is(200).json();
    assert!(
        answer["access_token"]
            .as_str()
            .unwrap()
            .starts_with("222651-a-")
    );
    assert_eq!((stage.made(SHOP), stage.made(OTHER)), (1, 1));
}

#[test]
fn an_uninstalled_add_on_gives_no_tokens_even_where_the_webhook_was_lost() {
    let stage = Stage::new();
    let secret = stage.paired(SHOP);
    stage.sandbox.uninstall(SHOP, None);
    stage.in_state("UPDATE tokens SET renew_at = 0");
    let answer = stage.token(&secret).is(401);
    assert_eq!(answer.error(), "unpaired");
    let message = answer.json()["message"].as_str().unwrap().to_owned();
    assert!(message.contains("install the add-on again"), "{message}");
}
