//! How the add-on's backend bears a thousand paired shops that ask for a token at once:
//!
//! `cargo build --release -p caflou-sync-addon && cargo run --release --example addon_load [-- SHOPS]`
//!
//! The backend is a process of its own; Shoptet's side is the sandbox. Each shop installs the add-on and a
//! program of it is paired. Then all of them ask at once: first while every token is still good, then when
//! all have run out together, five programs of a shop at a time. What is printed is measured from before
//! the connection is made.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "an example for people to watch"
)]

#[allow(dead_code, reason = "it needs a part of it")]
#[path = "../../tests/it/mail.rs"]
mod mail;
#[path = "../../examples/sandbox/lib.rs"]
mod sandbox;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Barrier;

use mail::{MailServer, Way};
use sandbox::{Options, Sandbox};

/// The number of the first shop.
const FIRST: u64 = 300_000;
/// Programs of each shop that ask at once when the tokens have run out.
const PROGRAMS: usize = 5;

fn main() {
    let shops = std::env::args()
        .nth(1)
        .map_or(1000, |shops| shops.parse().expect("a number"));
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::start(Options {
        orders: 0,
        customers: 0,
        connections_limit: true,
        record: false,
        ..Options::default()
    });
    let mail = MailServer::start(Way::Open);
    let (backend, address) = start(folder.path(), &sandbox, mail.port);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let began = Instant::now();
    let secrets: Vec<_> = (FIRST..FIRST + shops)
        .map(|eshop_id| pair(&runtime, &sandbox, &mail, &address, eshop_id))
        .collect();
    println!(
        "{shops} shops installed the add-on and paired in {:.1?}",
        began.elapsed()
    );

    let good = runtime.block_on(crowd(&address, &secrets, 1));
    report("all tokens good", &good);
    let given = asked_for(&sandbox, shops);

    run_out(folder.path());
    let out = runtime.block_on(crowd(&address, &secrets, 1));
    report("all tokens run out", &out);
    let first = asked_for(&sandbox, shops);
    assert_eq!(first - given, shops, "one token for each shop");

    run_out(folder.path());
    let many = runtime.block_on(crowd(&address, &secrets, PROGRAMS));
    report(&format!("all run out, {PROGRAMS} programs a shop"), &many);
    let second = asked_for(&sandbox, shops);
    assert_eq!(
        second - first,
        shops,
        "one token for each shop, however many ask"
    );

    let addon = sandbox.addon();
    let desks = (FIRST..FIRST + shops).map(|id| &addon.tenant(id).unwrap().desk);
    let (mut most, mut denied) = (0, 0);
    for desk in desks {
        most = most.max(desk.most());
        denied += desk.denied();
    }
    println!("alive at once in one shop, at most: {most}; denied by Shoptet: {denied}");
    assert!(most <= 5 && denied == 0);
    drop(backend);
}

/// Ends the backend when dropped.
struct Backend(Child);

impl Drop for Backend {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Starts the backend; its address.
fn start(folder: &Path, sandbox: &Sandbox, mail_port: u16) -> (Backend, String) {
    let addon = sandbox.addon();
    let config = format!(
        "listen = \"127.0.0.1:0\"\npublic_url = \"https://addon.example.com\"\nkey = \"{}\"\n\
         token_url = \"{}\"\nclient_id = \"{}\"\nclient_secret = \"{}\"\nredirect_uri = \"{}\"\n\
         shoptet_api_url = \"{}\"\nwebhook_signature_key = \"{}\"\n[mail]\nserver = \"localhost\"\n\
         security = \"none\"\nport = {mail_port}\nfrom = \"addon@example.com\"\n\
         [limits]\nconnections = 2000\nconnections_per_address = 2000\n",
        "5f".repeat(32),
        sandbox.token_url(),
        addon.client_id,
        addon.client_secret.as_deref().unwrap(),
        addon.redirect_uri,
        sandbox.shoptet_url(),
        addon.signature_key,
    );
    drop(addon);
    let path = folder.join("addon.toml");
    fs::write(&path, config).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }
    let log = folder.join("log");
    let child = Command::new(program())
        .args(["serve", "--log-format", "json", "--config"])
        .arg(&path)
        .stdin(Stdio::null())
        .stderr(fs::File::create(&log).unwrap())
        .spawn()
        .expect("cargo build --release before");
    let backend = Backend(child);
    for _ in 0..1000 {
        let text = fs::read_to_string(&log).unwrap();
        let mut lines = text.lines().filter_map(|line| {
            let line: Value = serde_json::from_str(line).ok()?;
            Some(line["fields"]["address"].as_str()?.to_owned())
        });
        if let Some(address) = lines.next() {
            return (backend, address);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!(
        "the backend does not listen:\n{}",
        fs::read_to_string(&log).unwrap()
    );
}

/// The program beside this example.
fn program() -> PathBuf {
    let mut path = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    path.join("caflou-sync-addon")
}

fn pair(
    runtime: &tokio::runtime::Runtime,
    sandbox: &Sandbox,
    mail: &MailServer,
    address: &str,
    eshop_id: u64,
) -> String {
    sandbox.add_shop(eshop_id);
    let heard = sandbox.install(eshop_id, &format!("http://{address}/install"));
    assert_eq!(heard.status, 200, "{heard:?}");
    let text = mail.mails().pop().unwrap().text;
    let code = text
        .lines()
        .find_map(|line| line.strip_prefix("Párovací kód: "));
    let body = json!({"eshop_id": eshop_id, "code": code.unwrap(), "program": "load"});
    let answer = runtime.block_on(ask(address, "/pair", "", &body.to_string()));
    answer["pairing_secret"]
        .as_str()
        .expect("a secret")
        .to_owned()
}

/// All secrets at once, each so many times; how long each answer took, sorted.
async fn crowd(address: &str, secrets: &[String], times: usize) -> Vec<Duration> {
    let start = Arc::new(Barrier::new(secrets.len() * times));
    let asking: Vec<_> = secrets
        .iter()
        .flat_map(|secret| std::iter::repeat_n(secret, times))
        .map(|secret| {
            let (address, start) = (address.to_owned(), Arc::clone(&start));
            let header = format!("authorization: Bearer {secret}\r\n");
            tokio::spawn(async move {
                start.wait().await;
                let began = Instant::now();
                let answer = ask(&address, "/token", &header, "").await;
                assert!(answer["access_token"].is_string(), "{answer}");
                began.elapsed()
            })
        })
        .collect();
    let mut took = Vec::new();
    for one in asking {
        took.push(one.await.unwrap());
    }
    took.sort_unstable();
    took
}

async fn ask(address: &str, path: &str, headers: &str, body: &str) -> Value {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: addon\r\nconnection: close\r\ncontent-length: {}\r\n\
         {headers}\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").expect("an answer");
    serde_json::from_str(body).unwrap()
}

/// Half an hour goes by for what the backend remembers.
fn run_out(folder: &Path) {
    let sqlite = rusqlite::Connection::open(folder.join("addon.db")).unwrap();
    sqlite.busy_timeout(Duration::from_secs(10)).unwrap();
    sqlite
        .execute("UPDATE tokens SET renew_at = 0", [])
        .unwrap();
}

/// How many tokens Shoptet gave out.
fn asked_for(sandbox: &Sandbox, shops: u64) -> u64 {
    let addon = sandbox.addon();
    (FIRST..FIRST + shops)
        .map(|id| addon.tenant(id).unwrap().desk.made())
        .sum()
}

fn report(what: &str, took: &[Duration]) {
    let at = |percent: usize| took[(took.len() * percent / 100).min(took.len() - 1)];
    println!(
        "{what}: {} answers, median {} ms, p99 {} ms, slowest {} ms",
        took.len(),
        at(50).as_millis(),
        at(99).as_millis(),
        took[took.len() - 1].as_millis()
    );
}
