//! Limits: of size, of time, of connections; and the end.

use std::io::Write;
use std::thread;
use std::time::Duration;

use super::stage::{SHOP, Stage, read};
use crate::sandbox::{Fault, Faults, Matcher, Service};
use crate::support::wait_for;

#[test]
fn a_body_that_is_too_large_is_refused() {
    let stage = Stage::new();
    let large = "x".repeat(17 * 1024);
    for line in ["POST /pair", "POST /token", "POST /webhooks/addon"] {
        assert_eq!(stage.ask(line, &[], &large).is(413).error(), "too-large");
    }
    // Also where nobody says beforehand how large it is.
    let chunk = format!("{:x}\r\n{large}\r\n", large.len());
    let request = format!(
        "POST /pair HTTP/1.1\r\nhost: addon\r\nconnection: close\r\n\
         transfer-encoding: chunked\r\n\r\n{chunk}{chunk}0\r\n\r\n"
    );
    stage.raw(request.as_bytes()).is(413);
}

#[test]
fn a_head_that_is_too_large_is_refused() {
    let stage = Stage::new();
    let long = format!("x-long: {}", "x".repeat(20_000));
    stage.ask("GET /healthz", &[&long], "").is(431);
    let many: Vec<_> = (0..100).map(|number| format!("x-{number}: 1")).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    stage.ask("GET /healthz", &many, "").is(431);
    stage.get("/healthz").is(200);
}

#[test]
fn who_sends_slowly_is_cut_off_and_others_do_not_notice() {
    let stage = Stage::new();
    let secret = stage.paired(SHOP);
    let begin = |text: &str| {
        let mut stream = stage.connect();
        stream.write_all(text.as_bytes()).unwrap();
        stream
    };
    let slow_head = begin("GET /healthz HTTP/1.1\r\nhost: a");
    let slow_body = begin("POST /pair HTTP/1.1\r\nhost: a\r\ncontent-length: 99\r\n\r\n{");
    let silent = begin("");
    let idle = begin("GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n");
    stage.token(&secret).is(200);
    // Answered, and then closed as no other request came.
    read(idle).is(200);
    assert!([0, 408].contains(&read(slow_head).status));
    read(slow_body).is(408);
    assert_eq!(read(silent).status, 0);
}

#[test]
fn what_is_under_way_is_answered_before_it_ends() {
    let mut stage = Stage::new();
    let secret = stage.paired(SHOP);
    stage.in_state("UPDATE tokens SET renew_at = 0");
    stage.sandbox.forget_seen();
    let matcher = Matcher::new(Service::Shoptet, "GET", "/action/ApiOAuthServer");
    stage.sandbox.set_faults(Faults {
        script: vec![(matcher, Fault::Slow(Duration::from_secs(1)))],
        ..Faults::default()
    });
    thread::scope(|scope| {
        let under_way = scope.spawn(|| stage.token(&secret));
        wait_for("request at Shoptet", || !stage.sandbox.seen().is_empty());
        stage.ask_to_end();
        under_way.join().unwrap().is(200);
    });
    let ended = stage.ended();
    assert_eq!(ended, Some(0), "{}", stage.log());
    // The token that was asked for at the last moment is there.
    let made = stage.made(SHOP);
    stage.start();
    stage.token(&secret).is(200);
    assert_eq!(stage.made(SHOP), made);
}

#[test]
fn a_client_that_does_not_wait_costs_no_token() {
    let stage = Stage::new();
    let secret = stage.paired(SHOP);
    stage.in_state("UPDATE tokens SET renew_at = 0");
    stage.sandbox.forget_seen();
    let matcher = Matcher::new(Service::Shoptet, "GET", "/action/ApiOAuthServer");
    stage.sandbox.set_faults(Faults {
        script: vec![(matcher, Fault::Slow(Duration::from_millis(500)))],
        ..Faults::default()
    });
    let mut impatient = stage.connect();
    let request = format!(
        "POST /token HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {secret}\r\n\
         content-length: 0\r\n\r\n"
    );
    impatient.write_all(request.as_bytes()).unwrap();
    wait_for("request at Shoptet", || !stage.sandbox.seen().is_empty());
    drop(impatient);
    stage.token(&secret).is(200);
    assert_eq!(
        stage.made(SHOP),
        2,
        "one by the installation, one by both of these"
    );
}
