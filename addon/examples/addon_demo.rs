//! A shop without Premium, from installing the add-on to its end, without any account: Shoptet, the
//! mail server and Caflou are played by this computer, the add-on's backend and the program are real.
//!
//! ```text
//! cargo run --release --example addon_demo
//! ```
#![allow(clippy::print_stdout, reason = "a demonstration")]

#[path = "../../tests/it/mail.rs"]
#[allow(
    dead_code,
    clippy::unwrap_used,
    reason = "the mail server of the tests; it may panic"
)]
mod mail;
#[path = "../../examples/stage/mod.rs"]
mod stage;

use std::fmt::Write as _;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anstyle::{AnsiColor, Style};
use anyhow::{Context, Result, bail, ensure};
use caflou_sync::pairing::PairingCode;
use mail::{MailServer, Way};
use stage::Stage;
use stage::sandbox::{Options, Sandbox};

/// The name of the connection.
const CONNECTION: &str = "my-shop";
/// The variable that Caflou's token is in.
const CAFLOU_TOKEN: &str = "CAFLOU_TOKEN";
/// The number of the shop.
const SHOP: u64 = 222_651;
const ORDERS: usize = 6;
const CUSTOMERS: usize = 2;
/// How long the backend may take to start.
const START: Duration = Duration::from_secs(20);
/// The program of the add-on's operator, and this process in its role.
const BACKEND: &str = "caflou-sync-addon";
/// For this demo only.
const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

fn main() -> ExitCode {
    match stage::role() {
        Some(role) if role == BACKEND => return caflou_sync_addon::cli::main(),
        Some(_) => return caflou_sync::cli::main(),
        None => {}
    }
    match demo() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            anstream::eprintln!("the demo did not go as it should: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn demo() -> Result<()> {
    say(
        "A shop without Premium, Shoptet's OAuth server, a mail server and a Caflou account, all \
         played by this computer. Nothing leaves it.",
    );
    let play = Play::begin()?;

    head("1. The owner installs the add-on in the administration of the shop.");
    play.install()?;

    head("2. An e-mail comes:");
    let code = play.read_the_mail()?;

    head("3. The owner types Eshop ID and code on the own computer.");
    play.connect(&code)?;

    head("4. What would an import do? The token for that comes from the add-on.");
    play.run(&["run", CONNECTION, "--dry-run"], 0)?;

    head("5. Import.");
    play.run(&["run", CONNECTION], 0)?;
    play.all_is_in()?;

    head("6. What the add-on's operator sees:");
    play.run_as(BACKEND, &["list", "--config", "addon/addon.toml"], 0)?;

    head("7. Half a year later, the owner uninstalls the add-on. The next run says so.");
    play.uninstall()?;
    play.run(&["run", CONNECTION], 4)?;

    head("8. The connection is not needed any more; its secret goes with it.");
    play.run(&["remove", CONNECTION, "--yes"], 0)?;
    head("That is all of it. To run an add-on of your own: docs/addon.md.");
    Ok(())
}

/// Everyone who takes part.
struct Play {
    sandbox: Sandbox,
    mail: MailServer,
    stage: Stage,
    backend: Backend,
}

/// The add-on's backend: a process of its own, until it is dropped.
struct Backend {
    process: Child,
    url: String,
}

impl Backend {
    fn start(stage: &Stage, port: u16) -> Result<Self> {
        let process = stage
            .program_as(BACKEND, &["serve", "--config", "addon/addon.toml"])?
            .stdout(Stdio::null())
            .stderr(fs::File::create(stage.folder().join("addon/log"))?)
            .spawn()
            .context("the add-on's backend")?;
        let url = format!("http://127.0.0.1:{port}");
        let backend = Self { process, url };
        let since = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if since.elapsed() > START {
                let log = fs::read_to_string(stage.folder().join("addon/log"));
                bail!("the backend does not listen: {}", log.unwrap_or_default());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(backend)
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

impl Play {
    fn begin() -> Result<Self> {
        let sandbox = Sandbox::start(Options {
            orders: ORDERS,
            customers: CUSTOMERS,
            ..Options::default()
        });
        let mail = MailServer::start(Way::Open);
        let stage = Stage::new("")?;
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        sandbox.addon().uninstall(SHOP);
        sandbox.addon().redirect_uri = format!("http://127.0.0.1:{port}/install");
        fs::create_dir(stage.folder().join("addon"))?;
        stage.write("addon/addon.toml", &settings(&sandbox, mail.port, port))?;
        let backend = Backend::start(&stage, port)?;
        Ok(Self {
            sandbox,
            mail,
            stage,
            backend,
        })
    }

    fn install(&self) -> Result<()> {
        let heard = self
            .sandbox
            .install(SHOP, &format!("{}/install", self.backend.url));
        say(&format!(
            "Shoptet: GET {}/install?code=…\nthe add-on: {} {}",
            self.backend.url, heard.status, heard.body
        ));
        ensure!(heard.status == 200, "the installation failed");
        Ok(())
    }

    /// Shows the e-mail, and finds the code in it.
    fn read_the_mail(&self) -> Result<PairingCode> {
        let mails = self.mail.mails();
        let mail = mails.last().context("no e-mail came")?;
        let text = mail.text.split("Content-Type: text/plain").nth(1);
        let text = text.and_then(|text| text.split_once("\n\n"));
        let (_, text) = text.context("a text in the e-mail")?;
        let text = text.split("\n--").next().unwrap_or_default();
        let style = Style::new().fg_color(Some(AnsiColor::Cyan.into()));
        for line in text.trim().lines() {
            anstream::println!("  {style}│{style:#} {line}");
        }
        let codes = text.lines().filter_map(|line| line.split_once(": "));
        let mut codes = codes.filter_map(|(_, value)| value.parse().ok());
        codes.next().context("a pairing code in the e-mail")
    }

    /// The wizard with all its answers as flags.
    fn connect(&self, code: &PairingCode) -> Result<()> {
        let (shop, code) = (SHOP.to_string(), code.to_string());
        let arguments = [
            "connect",
            CONNECTION,
            "--eshop-id",
            &shop,
            "--pairing-code",
            &code,
            "--addon-url",
            &self.backend.url,
            "--caflou-token-env",
            CAFLOU_TOKEN,
            "--shoptet-api-url",
            &self.sandbox.shoptet_url(),
            "--caflou-api-url",
            &self.sandbox.caflou_url(),
            "--yes",
        ];
        self.run(&arguments, 0)
    }

    /// Runs the program in sight, as a user would type it.
    fn run(&self, arguments: &[&str], code: i32) -> Result<()> {
        self.run_as(stage::PROGRAM, arguments, code)
    }

    /// The same with one of the two programs.
    fn run_as(&self, program: &str, arguments: &[&str], code: i32) -> Result<()> {
        let (dim, bold) = (Style::new().dimmed(), Style::new().bold());
        let typed = arguments.join(" ");
        anstream::println!("{dim}${dim:#} {bold}{program} {typed}{bold:#}\n");
        let status = self
            .stage
            .program_as(program, arguments)?
            .env(CAFLOU_TOKEN, self.sandbox.caflou_token())
            // A keyring of this user's is not for a demo: secrets go into files.
            .env_remove("DBUS_SESSION_BUS_ADDRESS")
            .env_remove("XDG_RUNTIME_DIR")
            .status()?;
        ensure!(
            status.code() == Some(code),
            "{program} {typed} ended with {status}, not {code}"
        );
        Ok(())
    }

    /// Every order and customer is in Caflou, by way of one token.
    fn all_is_in(&self) -> Result<()> {
        let books = self.sandbox.books();
        let there = (books.companies.len(), books.transfers.len());
        ensure!(
            there == (CUSTOMERS, ORDERS),
            "{there:?} companies and incomes"
        );
        let tokens = self.sandbox.addon_tokens_made();
        ensure!(tokens == 1, "{tokens} tokens were asked for instead of one");
        Ok(())
    }

    fn uninstall(&self) -> Result<()> {
        let address = format!("{}/webhooks/addon", self.backend.url);
        let heard = self.sandbox.uninstall(SHOP, Some(&address));
        let heard = heard.context("an answer to the webhook")?;
        say(&format!(
            "Shoptet: POST {address}, signed: addon:uninstall\nthe add-on: {} {}\n",
            heard.status, heard.body
        ));
        ensure!(heard.status == 200, "the webhook was refused");
        Ok(())
    }
}

/// `addon.toml`, but for the state file, which the stage names.
fn settings(sandbox: &Sandbox, mail: u16, port: u16) -> String {
    let addon = sandbox.addon();
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name} = \"{value}\"");
    };
    line("listen", &format!("127.0.0.1:{port}"));
    line("public_url", &format!("http://127.0.0.1:{port}"));
    line("key", KEY);
    line("token_url", &sandbox.token_url());
    line("client_id", &addon.client_id);
    line(
        "client_secret",
        addon.client_secret.as_deref().unwrap_or_default(),
    );
    line("redirect_uri", &addon.redirect_uri);
    line("shoptet_api_url", &sandbox.shoptet_url());
    line("webhook_signature_key", &addon.signature_key);
    let _ = write!(
        text,
        "\n[mail]\nserver = \"127.0.0.1\"\nsecurity = \"none\"\nport = {mail}\n\
         from = \"Caflou add-on <addon@example.com>\"\n"
    );
    text
}

fn head(text: &str) {
    let style = Style::new().bold().fg_color(Some(AnsiColor::Blue.into()));
    anstream::println!("\n{style}{text}{style:#}");
}

fn say(text: &str) {
    anstream::println!("{text}");
}
