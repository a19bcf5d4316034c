//! A shop without Premium: its access tokens come from the add-on's backend.

use std::collections::VecDeque;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use chrono::TimeDelta;
use serde_json::json;

use crate::sandbox::Service;
use crate::support::{Bench, KEY, private};

const SECRET: &str = "pairing-secret-5e1f";
const SHOP: u64 = 222_651;

/// Stands in for the backend: gives these answers in turn, and keeps whole requests.
pub struct Backend {
    pub url: String,
    answers: Arc<Mutex<VecDeque<(u16, String)>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Backend {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let backend = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            answers: Arc::default(),
            asked: Arc::default(),
        };
        let (answers, asked) = (Arc::clone(&backend.answers), Arc::clone(&backend.asked));
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let request = read(&mut stream);
                asked.lock().unwrap().push(request);
                let next = answers.lock().unwrap().pop_front();
                let (status, body) = next.unwrap_or((400, "{}".to_owned()));
                let head = format!("HTTP/1.1 {status} -\r\nconnection: close\r\ncontent-length: ");
                let answer = format!("{head}{}\r\n\r\n{body}", body.len());
                stream.write_all(answer.as_bytes()).ok();
            }
        });
        backend
    }

    pub fn answers(&self, status: u16, body: &serde_json::Value) {
        let answer = (status, body.to_string());
        self.answers.lock().unwrap().push_back(answer);
    }

    /// The next answer is a good token; gives it.
    pub fn gives_a_token(&self, bench: &Bench) -> String {
        let now = bench.sandbox.now();
        let life = TimeDelta::minutes(30);
        let mut addon = bench.sandbox.addon();
        let token = addon.shop(SHOP).desk.mint_addon(SHOP, now, life).unwrap();
        self.answers(200, &json!({"access_token": token, "expires_in": 1800}));
        token
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// Head in small letters, an empty line, body.
fn read(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|n| n > 0) {
        bytes.push(byte[0]);
    }
    let mut text = String::from_utf8(bytes).unwrap();
    let length = text.to_ascii_lowercase();
    let length = length.split("content-length: ").nth(1);
    let length = length.and_then(|rest| rest.split("\r\n").next()?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).unwrap();
    text.push_str(&String::from_utf8(body).unwrap());
    text
}

/// A shop with an order, paired with a backend; the secret is in a file.
fn bench() -> (Bench, Backend) {
    let (bench, backend) = (Bench::new(), Backend::start());
    let private_token = format!("private_token = \"{}\"", bench.sandbox.private_token());
    let pairing = "pairing = { file = \"secrets/pairing\" }";
    let text = bench.config();
    assert!(text.contains(&private_token));
    let url = format!("addon_url = \"{}\"\n\n", backend.url);
    bench.write_config(&(url + &text.replace(&private_token, pairing)));
    fs::create_dir(bench.path("secrets")).unwrap();
    let file = bench.path("secrets/pairing");
    fs::write(&file, format!("{SECRET}\n")).unwrap();
    private(&file);
    bench.order(|_| ());
    (bench, backend)
}

#[test]
fn a_token_is_fetched_once_for_all_runs_of_half_an_hour() {
    let (bench, backend) = bench();
    let token = backend.gives_a_token(&bench);
    bench.run(&["--dry-run"]).exits(0);
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.counts("incomes"), "1 read: 1 created");
    let asked = backend.asked();
    assert_eq!(asked.len(), 1);
    let (head, body) = asked[0].split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /token HTTP/1.1\r\n"), "{head}");
    let bearer = format!("authorization: Bearer {SECRET}\r\n");
    assert!(head.contains(&bearer) && body.is_empty(), "{head}");
    for seen in bench.sandbox.seen() {
        let line = format!("{:?} {}", seen.headers, seen.body);
        assert!(!line.contains(SECRET), "{}", seen.path);
        let has = line.contains(&token);
        assert_eq!(has, seen.service == Service::Shoptet, "{}", seen.path);
    }
}

#[test]
fn a_token_that_the_shop_does_not_take_any_more_is_replaced() {
    let (bench, backend) = bench();
    let token = backend.gives_a_token(&bench);
    bench.run(&[]).exits(0);
    // the shop's clock goes on; this machine does not notice
    bench.sandbox.advance(Duration::from_mins(31));
    backend.gives_a_token(&bench);
    bench.order(|order| order.code = "nova".into());
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.change("nova")["action"], "create");
    let asked = backend.asked();
    assert_eq!(asked.len(), 2);
    let refused = format!("\r\n\r\n{{\"refused\":\"{token}\"}}");
    assert!(asked[1].ends_with(&refused), "{}", asked[1]);
}

#[test]
fn a_pairing_that_ended_and_a_suspended_add_on_end_with_4_and_say_what_to_do() {
    let (bench, backend) = bench();
    let said = |status, error: &str, message: &str| {
        backend.answers(status, &json!({"error": error, "message": message}));
        let ran = bench.program(&["run", KEY]).exits(4);
        assert!(!ran.stdout.contains(SECRET) && !ran.stderr.contains(SECRET));
        let port = backend.url.rsplit(':').next().unwrap();
        ran.stderr.replace(port, "PORT")
    };
    let ended = said(
        401,
        "unpaired",
        "the add-on was uninstalled; pair again with a new pairing code",
    );
    insta::assert_snapshot!(ended, @"error: my-shop: the add-on's backend gives no token: the add-on was uninstalled; pair again with a new pairing code (http://127.0.0.1:PORT); `caflou-sync test my-shop` checks both sides");
    let paused = said(
        403,
        "suspended",
        "the add-on is paused; it can be resumed in the shop",
    );
    insta::assert_snapshot!(paused, @"error: my-shop: the add-on's backend gives no token: the add-on is paused; it can be resumed in the shop (http://127.0.0.1:PORT); `caflou-sync test my-shop` checks both sides");
    assert!(bench.requests(Service::Shoptet).is_empty());
}

#[test]
fn a_backend_that_is_down_ends_with_1_and_the_next_run_does_everything() {
    let (bench, backend) = bench();
    let down = json!({"error": "shoptet-unavailable", "message": "Shoptet gives no token."});
    for _ in 0..6 {
        backend.answers(502, &down);
    }
    let ran = bench.program(&["run", KEY]).exits(1);
    let port = backend.url.rsplit(':').next().unwrap();
    // before it, warnings of the repetitions, whose waits are random
    let last = ran.stderr.lines().last().unwrap();
    insta::assert_snapshot!(last.replace(port, "PORT"), @"error: my-shop: the add-on's backend refused POST /token: 502 shoptet-unavailable, Shoptet gives no token. (http://127.0.0.1:PORT)");
    backend.gives_a_token(&bench);
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.counts("incomes"), "1 read: 1 created");
}

#[test]
fn the_check_of_a_connection_says_that_the_pairing_ended() {
    let (bench, backend) = bench();
    let message = "the pairing was removed; pair again with a new pairing code";
    backend.answers(401, &json!({"error": "unpaired", "message": message}));
    let ran = bench.program(&["test", KEY, "--format", "json"]).exits(4);
    let first = ran.stdout.lines().next().unwrap();
    let port = backend.url.rsplit(':').next().unwrap();
    insta::assert_snapshot!(first.replace(port, "PORT"), @r#"{"check":"e-shop","connection":"my-shop","message":"the add-on's backend gives no token: the pairing was removed; pair again with a new pairing code (http://127.0.0.1:PORT). If a new pairing code is needed: caflou-sync edit my-shop","ok":false}"#);
}

#[test]
fn no_log_shows_the_secret_or_the_token() {
    let (bench, backend) = bench();
    let token = backend.gives_a_token(&bench);
    let ran = bench.program(&["run", KEY, "-vvv"]).exits(0);
    for secret in [SECRET, &token] {
        assert!(!ran.stdout.contains(secret) && !ran.stderr.contains(secret));
    }
    assert!(ran.stderr.contains("/token"), "{}", ran.stderr);
    assert!(!bench.state_text().contains(SECRET));
}

#[test]
fn a_timer_lets_the_run_read_the_secrets_file() {
    let (bench, _backend) = bench();
    let ran = bench.program(&["schedule", "print", "--systemd"]).exits(0);
    let file = bench.path("secrets/pairing");
    let bound = format!("BindReadOnlyPaths=-{}", file.display());
    assert!(ran.stdout.contains(&bound), "{}", ran.stdout);
}
