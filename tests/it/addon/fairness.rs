//! One address takes nothing that the others need: no places for installations, connections, requests.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::stage::{SHOP, Stage, read};
use crate::sandbox::{Fault, Faults, Matcher, Service};
use crate::support::wait_for;

const BEHIND_A_PROXY: &str = "trusted_proxies = [\"127.0.0.1\"]";
const STRANGER: &str = "x-forwarded-for: 6.6.6.6";
const OTHER: &str = "x-forwarded-for: 7.7.7.7";

/// Whether a request is answered on a connection that stays open.
fn asks(mut stream: &TcpStream) -> bool {
    let request = b"GET /healthz HTTP/1.1\r\nhost: addon\r\n\r\n";
    let mut answer = Vec::new();
    let mut part = [0; 512];
    stream.write_all(request).ok();
    while !answer.ends_with(b"{\"status\":\"ok\"}") {
        match stream.read(&mut part) {
            Ok(0) | Err(_) => return false,
            Ok(length) => answer.extend(&part[..length]),
        }
    }
    answer.starts_with(b"HTTP/1.1 200")
}

#[test]
fn made_up_installations_of_one_address_keep_no_shop_from_installing() {
    let stage = Stage::with(BEHIND_A_PROXY, |_| ());
    stage.sandbox.forget_seen();
    let exchange = Matcher::new(Service::Shoptet, "POST", "/action/ApiOAuthServer");
    let slow = (0..200).map(|_| (exchange.clone(), Fault::Slow(Duration::from_secs(2))));
    stage.sandbox.set_faults(Faults {
        script: slow.collect(),
        ..Faults::default()
    });
    let enough = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..22 {
            scope.spawn(|| {
                while !enough.load(Ordering::Relaxed) {
                    stage.ask("GET /install?code=made-up", &[STRANGER], "");
                }
            });
        }
        wait_for("made-up installations", || stage.sandbox.seen().len() >= 6);
        let heard = stage.install(SHOP);
        enough.store(true, Ordering::Relaxed);
        assert_eq!(heard.status, 200, "{heard:?}\n{}", stage.log());
    });
    let wrong = stage.ask("GET /install?code=made-up", &[OTHER], "");
    assert_eq!(wrong.is(403).error(), "wrong-code");
}

#[cfg(target_os = "linux")]
#[test]
fn who_is_connected_and_says_nothing_makes_room_for_who_asks() {
    let stage = Stage::with("limits = { connections = 20 }", |_| ());
    let idle: Vec<_> = (0..100)
        .map(|number| stage.connect_from(2 + number % 10))
        .collect();
    stage.get("/healthz").is(200);
    assert!(asks(&idle[99]), "only the oldest ones are closed");
    assert_eq!(read(&idle[0]).status, 0);
}

#[cfg(target_os = "linux")]
#[test]
fn an_address_has_so_many_connections_and_the_oldest_idle_one_is_closed_for_one_more() {
    let stage = Stage::with("limits = { connections_per_address = 2 }", |_| ());
    let other = stage.connect_from(3);
    let idle = [2, 2, 2].map(|host| stage.connect_from(host));
    assert_eq!(read(&idle[0]).status, 0);
    assert!(asks(&idle[1]) && asks(&idle[2]) && asks(&other));
    let _fourth = stage.connect_from(2);
    assert_eq!(read(&idle[1]).status, 0);
    assert!(asks(&idle[2]) && asks(&other));
}

#[test]
fn requests_under_way_of_one_address_are_limited_behind_a_proxy_too() {
    let lines = format!("{BEHIND_A_PROXY}\nlimits = {{ connections_per_address = 2 }}");
    let stage = Stage::with(&lines, |_| ());
    let mut begun = Vec::new();
    let mut refused = None;
    wait_for("limit of an address", || {
        // One that meets the question below is itself the one too many; the next takes its place.
        let mut stream = stage.connect();
        let head =
            format!("POST /pair HTTP/1.1\r\nhost: a\r\n{STRANGER}\r\ncontent-length: 9\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        begun.push(stream);
        let answer = stage.ask("GET /healthz", &[STRANGER], "");
        refused = (answer.status == 429).then_some(answer);
        refused.is_some()
    });
    let refused = refused.unwrap();
    assert_eq!(refused.error(), "too-many-requests");
    assert_eq!(refused.header("retry-after"), Some("1"));
    stage.ask("GET /healthz", &[OTHER], "").is(200);
    stage.get("/healthz").is(200);
    drop(begun);
    wait_for("end of what was begun", || {
        stage.ask("GET /healthz", &[STRANGER], "").status == 200
    });
}
