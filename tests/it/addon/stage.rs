//! Shoptet's side, a mail server, and the backend between them, in a folder of its own.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::mail::{Mail, MailServer, Way};
use crate::sandbox::{Heard, Options, Sandbox};
use crate::support::{Ran, private, wait_for};

/// The shop of these tests.
pub const SHOP: u64 = 222_651;
/// A second one.
pub const OTHER: u64 = 125_671;
/// The key of the state file.
pub const KEY: &str = "5f0e3d2c1b0a99887766554433221100ffeeddccbbaa00998877665544332211";

/// All of it.
pub struct Stage {
    pub sandbox: Sandbox,
    pub mail: MailServer,
    folder: TempDir,
    backend: Option<Child>,
    /// `http://127.0.0.1:PORT` of the backend.
    pub url: String,
    /// The same of its metrics; empty where it serves none.
    pub metrics: String,
}

/// What the backend answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The code of a refusal.
    pub fn error(&self) -> String {
        self.json()["error"].as_str().expect("a code").to_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let found = lines.find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value)
    }

    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }
}

impl Stage {
    /// A backend that serves.
    pub fn new() -> Self {
        Self::with("", |_| ())
    }

    /// A backend with these lines at the top of its configuration, beside another sandbox.
    pub fn with(lines: &str, change: impl FnOnce(&mut Options)) -> Self {
        let mut options = Options {
            orders: 0,
            customers: 0,
            bucket: false,
            ..Options::default()
        };
        change(&mut options);
        let mut stage = Self {
            sandbox: Sandbox::start(options),
            mail: MailServer::start(Way::Open),
            folder: tempfile::tempdir().unwrap(),
            backend: None,
            url: String::new(),
            metrics: String::new(),
        };
        stage.sandbox.addon().add_shop(OTHER);
        stage.configure(lines, stage.mail.port);
        stage.start();
        stage
    }

    /// Writes the configuration.
    pub fn configure(&self, lines: &str, mail_port: u16) {
        let (token_url, api_url) = (self.sandbox.token_url(), self.sandbox.shoptet_url());
        let addon = self.sandbox.addon();
        let (id, redirect_uri) = (&addon.client_id, &addon.redirect_uri);
        let (secret, hooks) = (
            addon.client_secret.as_deref().unwrap(),
            &addon.signature_key,
        );
        let listen = if lines.contains("listen = ") {
            ""
        } else {
            "listen = \"127.0.0.1:0\""
        };
        let text = format!(
            "{listen}\nmetrics_listen = \"127.0.0.1:0\"\n{lines}\npublic_url = \"https://addon.example.com\"\nkey = \"{KEY}\"\n\
             token_url = \"{token_url}\"\nclient_id = \"{id}\"\nclient_secret = \"{secret}\"\n\
             redirect_uri = \"{redirect_uri}\"\nshoptet_api_url = \"{api_url}\"\n\
             webhook_signature_key = \"{hooks}\"\n[mail]\nserver = \"localhost\"\n\
             security = \"none\"\nport = {mail_port}\nfrom = \"Caflou <addon@example.com>\"\n"
        );
        fs::write(self.path("addon.toml"), text).unwrap();
        private(&self.path("addon.toml"));
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `caflou-sync-addon …`
    pub fn command(&self, args: &[&str]) -> Command {
        // Cargo names only the programs of this crate; the other one lies beside.
        let program = Path::new(env!("CARGO_BIN_EXE_caflou-sync"));
        let name = format!("caflou-sync-addon{}", std::env::consts::EXE_SUFFIX);
        let program = program.with_file_name(name);
        assert!(
            program.exists(),
            "cargo build -p caflou-sync-addon makes it"
        );
        let mut command = Command::new(program);
        let home = self.folder.path();
        command.args(args).current_dir(home);
        command.env_clear().env("HOME", home).stdin(Stdio::null());
        command
    }

    pub fn program(&self, args: &[&str]) -> Ran {
        Ran::of(self.command(args).output().unwrap())
    }

    /// Starts the backend; its log is kept in `log`.
    pub fn start(&mut self) {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.path("log"));
        let before = self.log().len();
        let mut command = self.command(&["serve", "-v", "--log-format", "json"]);
        let child = command.stdout(Stdio::null()).stderr(log.unwrap()).spawn();
        self.backend = Some(child.unwrap());
        let named = |name: &str| {
            let log = self.log();
            log[before..].lines().find_map(|line| {
                let line: Value = serde_json::from_str(line).ok()?;
                let address = line["fields"][name].as_str()?;
                Some(format!("http://{address}"))
            })
        };
        let mut url = None;
        wait_for("backend that listens", || {
            url = named("address");
            url.is_some()
        });
        let metrics = named("metrics").unwrap_or_default();
        (self.url, self.metrics) = (url.unwrap(), metrics);
    }

    /// All that the backend logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// Asks the backend to end, and waits until it has; its exit code.
    pub fn stop(&mut self) -> Option<i32> {
        self.ask_to_end();
        self.ended()
    }

    /// Asks the backend to end.
    pub fn ask_to_end(&self) {
        let id = self.backend.as_ref().unwrap().id().to_string();
        let killed = Command::new("kill").args(["-TERM", &id]).status();
        assert!(killed.unwrap().success());
    }

    /// Waits for the end of the backend; its exit code.
    pub fn ended(&mut self) -> Option<i32> {
        let mut backend = self.backend.take().unwrap();
        backend.wait().unwrap().code()
    }

    /// Ends the backend in order and starts it again.
    pub fn restart(&mut self) {
        assert_eq!(self.stop(), Some(0), "{}", self.log());
        self.start();
    }

    /// Kills the backend and starts it again.
    pub fn crash(&mut self) {
        let mut backend = self.backend.take().unwrap();
        backend.kill().unwrap();
        backend.wait().unwrap();
        self.start();
    }

    /// Sends bytes, and reads what comes until the backend closes.
    pub fn raw(&self, bytes: &[u8]) -> Answer {
        send(connect(&self.url), bytes)
    }

    pub fn connect(&self) -> TcpStream {
        connect(&self.url)
    }

    /// A connection from 127.0.0.`host`.
    #[cfg(target_os = "linux")]
    pub fn connect_from(&self, host: u8) -> TcpStream {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build();
        let stream = runtime.unwrap().block_on(async {
            let socket = tokio::net::TcpSocket::new_v4()?;
            socket.bind(([127, 0, 0, host], 0).into())?;
            let address = self.url.trim_start_matches("http://").parse().unwrap();
            socket.connect(address).await?.into_std()
        });
        let stream = stream.unwrap();
        stream.set_nonblocking(false).unwrap();
        patient(stream)
    }

    /// A request with these header lines.
    pub fn ask(&self, line: &str, headers: &[&str], body: &str) -> Answer {
        ask_at(&self.url, line, headers, body)
    }

    pub fn get(&self, path: &str) -> Answer {
        self.ask(&format!("GET {path}"), &[], "")
    }

    /// The shop installs the add-on.
    pub fn install(&self, eshop_id: u64) -> Heard {
        self.sandbox
            .install(eshop_id, &format!("{}/install", self.url))
    }

    /// The shop installs the add-on; the code of the e-mail.
    #[track_caller]
    pub fn installed(&self, eshop_id: u64) -> String {
        let before = self.mail.mails().len();
        let heard = self.install(eshop_id);
        assert_eq!(heard.status, 200, "{heard:?}\n{}", self.log());
        let mails = self.mail.mails();
        assert_eq!(mails.len(), before + 1);
        code_of(&mails[before])
    }

    pub fn pair(&self, eshop_id: u64, code: &str) -> Answer {
        self.pair_from(eshop_id, code, &[])
    }

    /// Pairing with more header lines.
    pub fn pair_from(&self, eshop_id: u64, code: &str, headers: &[&str]) -> Answer {
        let body = json!({"eshop_id": eshop_id, "code": code, "program": "caflou-sync"});
        self.ask("POST /pair", headers, &body.to_string())
    }

    /// The shop installs the add-on and a program is paired; its pairing secret.
    #[track_caller]
    pub fn paired(&self, eshop_id: u64) -> String {
        let code = self.installed(eshop_id);
        let answer = self.pair(eshop_id, &code).is(200);
        text(&answer.json()["pairing_secret"])
    }

    pub fn token(&self, secret: &str) -> Answer {
        self.ask(
            "POST /token",
            &[&format!("authorization: Bearer {secret}")],
            "",
        )
    }

    /// The access token that a program gets.
    #[track_caller]
    pub fn access_token(&self, secret: &str) -> String {
        text(&self.token(secret).is(200).json()["access_token"])
    }

    /// The program says that Shoptet refused a token.
    pub fn refused(&self, secret: &str, token: &str) -> Answer {
        let body = json!({"refused": token}).to_string();
        self.ask(
            "POST /token",
            &[&format!("authorization: Bearer {secret}")],
            &body,
        )
    }

    /// Where webhooks go.
    pub fn hooks(&self) -> String {
        format!("{}/webhooks/addon", self.url)
    }

    /// How many access tokens Shoptet gave out for a shop since it installed the add-on.
    pub fn made(&self, eshop_id: u64) -> u64 {
        let addon = self.sandbox.addon();
        addon.tenant(eshop_id).unwrap().desk.made()
    }

    /// How many access tokens of a shop were alive at once, at most, and how many were denied.
    pub fn most(&self, eshop_id: u64) -> (usize, u64) {
        let addon = self.sandbox.addon();
        let desk = &addon.tenant(eshop_id).unwrap().desk;
        (desk.most(), desk.denied())
    }

    /// Changes the state file behind the backend's back, as time does.
    pub fn in_state(&self, sql: &str) -> usize {
        let sqlite = rusqlite::Connection::open(self.path("addon.db")).unwrap();
        sqlite.busy_timeout(Duration::from_secs(20)).unwrap();
        sqlite.execute(sql, []).expect(sql)
    }

    /// Lets time go by for what the state file remembers.
    pub fn age(&self, table: &str, column: &str, hours: u64) {
        let millis = hours * 3_600_000;
        self.in_state(&format!(
            "UPDATE {table} SET {column} = {column} - {millis}"
        ));
    }

    /// One sample of the backend's metrics.
    pub fn metric(&self, name: &str) -> Option<u64> {
        let answer = ask_at(&self.metrics, "GET /metrics", &[], "").is(200);
        let name = format!("caflou_sync_addon_{name} ");
        let line = answer
            .body
            .lines()
            .find_map(|line| line.strip_prefix(&name));
        line.map(|number| number.parse().unwrap())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Some(mut backend) = self.backend.take() {
            backend.kill().ok();
            backend.wait().ok();
        }
    }
}

/// A request to one of the backend's addresses.
pub fn ask_at(url: &str, line: &str, headers: &[&str], body: &str) -> Answer {
    let end = if headers.is_empty() { "" } else { "\r\n" };
    let headers = headers.join("\r\n") + end;
    let request = format!(
        "{line} HTTP/1.1\r\nhost: addon\r\nconnection: close\r\ncontent-length: {}\r\n\
         {headers}\r\n{body}",
        body.len()
    );
    send(connect(url), request.as_bytes())
}

fn connect(url: &str) -> TcpStream {
    patient(TcpStream::connect(url.trim_start_matches("http://")).unwrap())
}

fn patient(stream: TcpStream) -> TcpStream {
    let limit = Some(Duration::from_secs(40));
    stream.set_read_timeout(limit).unwrap();
    stream
}

fn send(mut stream: TcpStream, bytes: &[u8]) -> Answer {
    // It may have been refused already.
    stream.write_all(bytes).ok();
    read(stream)
}

/// An answer, once the other side has closed.
pub fn read(mut stream: impl Read) -> Answer {
    let mut bytes = Vec::new();
    // A reset after the answer is as good as an end.
    let _ = stream.read_to_end(&mut bytes);
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
    Answer {
        status: status.unwrap_or(0),
        head: head.to_owned(),
        body: body.to_owned(),
    }
}

/// The pairing code in a mail.
#[track_caller]
pub fn code_of(mail: &Mail) -> String {
    let words = ["Párovací kód: ", "Pairing code: "];
    let mut lines = mail.text.lines();
    let code = lines.find_map(|line| words.iter().find_map(|word| line.strip_prefix(word)));
    code.expect("a pairing code").trim().to_owned()
}

pub fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}
