//! Third-party check of every conversation: the program and the sandbox talk through a validator
//! (Stoplight Prism), which reports what breaks the vendors' own descriptions; then the program
//! reads the vendor's example records.
//!
//! ```text
//! cargo run --release --example conformance -- PRISM
//! ```
//!
//! `PRISM` is a script that is called as `PRISM proxy shoptet|caflou PORT UPSTREAM` and
//! `PRISM mock shoptet PORT`, and listens on a loopback address.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a tool for developers"
)]

mod stage;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use stage::Stage;
use stage::sandbox::{Options, Sandbox, Service};

/// The validator starts slowly, and the first time it is installed.
const STARTS: Duration = Duration::from_mins(5);
/// Between two looks.
const GLANCE: Duration = Duration::from_millis(200);
/// Time for the validator's last lines.
const SETTLE: Duration = Duration::from_secs(1);
/// The shop tells times to the second: what happens later shall be later.
const LATER: Duration = Duration::from_secs(2);
/// The same shop and account with the other ways in: an add-on's token, a log-in.
const ADDON: &str = "addon";
/// The same again, with customers out of a snapshot.
const BULK: &str = "bulk";

fn main() -> ExitCode {
    if stage::role().is_some() {
        return caflou_sync::cli::main();
    }
    let Some(prism) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: conformance PRISM");
        return ExitCode::from(2);
    };
    let outcome = conversations(&prism).and_then(|()| examples(&prism));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs with changes in between, each request and answer checked.
fn conversations(prism: &Path) -> Result<()> {
    let sandbox = Sandbox::start(Options {
        orders: 130,
        customers: 30,
        bucket: false,
        ..Options::default()
    });
    let logs = tempfile::tempdir()?;
    let arguments = |api: &str, url: String| ["proxy".to_owned(), api.to_owned(), url];
    let shoptet = Prism::start(prism, &arguments("shoptet", sandbox.shoptet_url()), &logs)?;
    let caflou = Prism::start(prism, &arguments("caflou", sandbox.caflou_url()), &logs)?;
    let stage = Stage::new(&connections(&sandbox, &shoptet.url, &caflou.url)?)?;
    run(&stage, &["test", "my-shop"], &[0])?;
    run(&stage, &["run", "my-shop", "--dry-run"], &[0])?;
    run(&stage, &["run", "my-shop"], &[0])?;
    change(&sandbox)?;
    run(&stage, &["run", "my-shop", "--dry-run"], &[0])?;
    run(&stage, &["run", "my-shop"], &[0])?;
    let order = sandbox.shop().orders[0].code.clone();
    run(&stage, &["run", "my-shop", "--order", &order], &[0])?;
    run(&stage, &["run", "my-shop", "--full"], &[0])?;
    run(
        &stage,
        &["run", "my-shop", "--from", "2020-01-01", "--dry-run"],
        &[0],
    )?;
    run(&stage, &["test", ADDON], &[0])?;
    run(&stage, &["run", ADDON], &[0])?;
    // Looked at twice; the file itself is not in the vendor's description.
    sandbox.shop().jobs.left = 1;
    run(&stage, &["run", BULK], &[0])?;
    snapshot_was_read(&sandbox)?;
    std::thread::sleep(SETTLE);

    let seen = sandbox.seen();
    let count = |service| seen.iter().filter(|one| one.service == service).count();
    println!(
        "\nchecked: {} requests to Shoptet, {} to Caflou ({} of them writes)",
        count(Service::Shoptet),
        count(Service::Caflou),
        sandbox.writes().len()
    );
    let mut found = 0;
    for proxy in [&shoptet, &caflou] {
        for (line, times) in proxy.violations()? {
            found += times;
            println!("{times} × {}: {line}", proxy.api);
        }
    }
    println!("violations: {found}");
    ensure!(count(Service::Shoptet) > 0 && count(Service::Caflou) > 0);
    ensure!(found == 0, "the vendors' descriptions are broken");
    Ok(())
}

/// Both connections through the validators.
fn connections(sandbox: &Sandbox, shoptet: &str, caflou: &str) -> Result<String> {
    let through = |text: String| {
        text.replace(&sandbox.shoptet_url(), shoptet)
            .replace(&sandbox.caflou_url(), caflou)
    };
    let private = through(sandbox.connection_toml("my-shop", ""));
    let (email, password) = {
        let books = sandbox.books();
        (books.email.clone(), books.password.clone())
    };
    // The exchange of tokens is not in the vendor's description: it goes past the validator.
    let secret = |name: &str, value: &str| format!("{name} = \"{value}\"");
    let addon = through(sandbox.connection_toml(ADDON, "\n"))
        .replace(
            &secret("private_token", sandbox.private_token()),
            &format!(
                "{}\n{}",
                secret("oauth_token", sandbox.oauth_token()),
                secret("token_url", &sandbox.token_url())
            ),
        )
        .replace(
            &secret("token", sandbox.caflou_token()),
            &format!(
                "{}\n{}",
                secret("email", &email),
                secret("password", &password)
            ),
        );
    ensure!(
        addon.contains("oauth_token") && addon.contains("password"),
        "the add-on's connection"
    );
    let table = "api_url =";
    let settings = "bulk = \"always\"\nwebhook_url = \"https://example.com/done\"";
    let bulk = through(sandbox.connection_toml(BULK, ""));
    let bulk = bulk.replacen(table, &format!("{settings}\n{table}"), 1);
    ensure!(bulk.contains(settings), "the connection that reads in bulk");
    Ok(format!("{private}\n\n{addon}\n\n{bulk}"))
}

/// Webhook, job and file were asked for, and no customer one by one.
fn snapshot_was_read(sandbox: &Sandbox) -> Result<()> {
    let seen = sandbox.seen();
    let last = seen
        .iter()
        .rposition(|one| one.path == "/api/customers/snapshot");
    let last = last.context("no snapshot was asked for")?;
    let rest: Vec<_> = seen[last..].iter().map(|one| one.path.as_str()).collect();
    let began = |start: &str| rest.iter().filter(|path| path.starts_with(start)).count();
    ensure!(sandbox.shop().jobs.webhooks.len() == 1, "no webhook");
    ensure!(began("/api/system/jobs/") == 2, "looks at the job");
    ensure!(began("/api-results/") == 1, "the file");
    ensure!(began("/api/customers/") == 1, "customers one by one");
    Ok(())
}

/// A day in the shop: paid, cancelled, edited, deleted, new.
fn change(sandbox: &Sandbox) -> Result<()> {
    std::thread::sleep(LATER);
    let mut shop = sandbox.shop();
    let open: Vec<_> = shop
        .orders
        .iter()
        .filter(|order| order.paid == Some(false) && order.before_cancel.is_none())
        .map(|order| order.code.clone())
        .take(7)
        .collect();
    let [first, second, third, fourth, fifth, sixth, seventh] = open.as_slice() else {
        bail!("too few unpaid orders");
    };
    for code in [first, second, third] {
        shop.pay(code);
    }
    shop.cancel(fourth);
    shop.edit(fifth, |order| order.full_name = Some("Jana Nová".into()));
    shop.delete(sixth);
    // A hole: the log does not name this one.
    shop.edit_unlogged(seventh, |order| order.paid = Some(true));
    let customer = shop.draft_customer();
    let mut order = shop.draft_order();
    order.customer_guid = Some(shop.add_customer(customer));
    shop.add_order(order);
    shop.new_order();
    Ok(())
}

/// The program reads the vendor's own example records.
fn examples(prism: &Path) -> Result<()> {
    let sandbox = Sandbox::start(Options {
        orders: 0,
        customers: 0,
        ..Options::default()
    });
    let logs = tempfile::tempdir()?;
    let shoptet = Prism::start(prism, &["mock".to_owned(), "shoptet".to_owned()], &logs)?;
    let eshop_id = shoptet.eshop_id()?;
    let connection = sandbox
        .connection_toml("examples", "")
        .replace(&sandbox.shoptet_url(), &shoptet.url)
        // its number, and the token begins with it
        .replace(&sandbox.shop().eshop_id.to_string(), &eshop_id);
    let stage = Stage::new(&connection)?;
    println!("\nthe vendor's example records (e-shop {eshop_id}):");
    show(&stage, &["test", "examples"])?;
    show(&stage, &["run", "examples", "--dry-run"])?;
    ensure!(sandbox.writes().is_empty(), "a dry run wrote");
    Ok(())
}

/// Runs the program out of sight; it must end with one of these codes.
fn run(stage: &Stage, arguments: &[&str], codes: &[i32]) -> Result<()> {
    let output = stage.program(arguments)?.output()?;
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    let code = output.status.code().unwrap_or(-1);
    let words = arguments.join(" ");
    ensure!(
        codes.contains(&code),
        "caflou-sync {words} ended with {code}:\n{out}{err}"
    );
    let last = out.lines().rfind(|line| line.starts_with("incomes"));
    println!("caflou-sync {words}: {code}  {}", last.unwrap_or_default());
    Ok(())
}

/// Runs the program in sight; it must end well.
fn show(stage: &Stage, arguments: &[&str]) -> Result<()> {
    println!("$ caflou-sync {}", arguments.join(" "));
    std::io::stdout().flush()?;
    let status = stage.program(arguments)?.status()?;
    ensure!(
        status.success(),
        "caflou-sync {} ended with {status}",
        arguments.join(" ")
    );
    Ok(())
}

/// A validator, until it is dropped.
struct Prism {
    process: Child,
    api: String,
    url: String,
    port: u16,
    log: PathBuf,
}

impl Prism {
    /// Starts it on a free port and waits until it listens. `arguments`: what, which, where to.
    fn start(script: &Path, arguments: &[String], logs: &tempfile::TempDir) -> Result<Self> {
        let [mode, api, upstream @ ..] = arguments else {
            bail!("too few arguments");
        };
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
            .local_addr()?
            .port();
        let log = logs.path().join(format!("{mode}-{api}.log"));
        let file = File::create(&log)?;
        let process = Command::new(script)
            .args([mode, api, &port.to_string()])
            .args(upstream)
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .with_context(|| format!("cannot start {}", script.display()))?;
        let mut prism = Self {
            process,
            api: api.clone(),
            url: format!("http://127.0.0.1:{port}"),
            port,
            log,
        };
        let start = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            if let Some(status) = prism.process.try_wait()? {
                let log = fs::read_to_string(&prism.log)?;
                bail!("the validator of {api} ended with {status}:\n{log}");
            }
            ensure!(
                start.elapsed() < STARTS,
                "the validator of {api} does not start"
            );
            std::thread::sleep(GLANCE);
        }
        Ok(prism)
    }

    /// What it found, and how often; refusals and breakdowns are not described by the vendors.
    fn violations(&self) -> Result<BTreeMap<String, u64>> {
        let log = fs::read_to_string(&self.log)?;
        let mut found = BTreeMap::new();
        for line in log.lines() {
            let Some((_, what)) = line.split_once("Violation") else {
                continue;
            };
            let about_status = what.contains("status code");
            let code: String = what.chars().filter(char::is_ascii_digit).collect();
            let aside = matches!(code.as_str(), "401" | "429") || code.starts_with('5');
            if !(about_status && aside && code.len() == 3) {
                *found.entry(format!("Violation{what}")).or_default() += 1;
            }
        }
        Ok(found)
    }

    /// Whose shop it plays.
    fn eshop_id(&self) -> Result<String> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        stream.write_all(
            b"GET /api/eshop HTTP/1.0\r\nHost: localhost\r\nAccept: application/json\r\n\
              Content-Type: application/json\r\nShoptet-Private-API-Token: 1-p-example\r\n\r\n",
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (_, body) = answer
            .split_once("\r\n\r\n")
            .context("no answer of /api/eshop")?;
        let answer: Value = serde_json::from_str(body.trim())?;
        let id = &answer["data"]["contactInformation"]["eshopId"];
        Ok(id.to_string().trim_matches('"').to_owned())
    }
}

impl Drop for Prism {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
