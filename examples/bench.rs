//! How long the program takes, measured from outside. Both services are another process on this
//! computer. Linux only (it asks `/proc`).
//!
//! ```text
//! cargo run --release --example bench                  # sizes: without latency
//! cargo run --release --example bench -- pace          # with latencies, against the ideal
//! cargo run --release --example bench -- state         # a million records in the state file
//! cargo run --release --example bench -- sizes 5000    # one size
//! ```
//!
//! The ideal of a first import is what the services alone need: the longer of the requests to
//! Shoptet, three at a time, and Caflou's writes of one path, as many at a time as it takes.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a tool for developers"
)]

mod stage;

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdin, ChildStdout, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use caflou_sync::output::grouped;
use serde_json::Value;
use stage::Stage;
use stage::sandbox::{Options, Sandbox, Shop};

/// The role of the process that plays both services.
const SANDBOX: &str = "sandbox";
/// The line after the configuration that the sandbox prints, and after each command.
const READY: &str = "# ready";
/// Where the program notes what it used.
const COST: &str = "CAFLOU_SYNC_COST";
/// No run may take longer.
const LIMIT: Duration = Duration::from_mins(30);
/// Ticks of `/proc` in a second: fixed on Linux.
const TICKS: u64 = 100;
/// Orders of the sizes.
const SIZES: [u64; 3] = [1_000, 10_000, 100_000];
/// Latencies of the pace: Shoptet's and Caflou's.
const LATENCIES: (u64, u64) = (50, 80);
/// Orders and customers of the pace.
const PACE: (u64, u64) = (5_000, 1_000);
/// Requests that Shoptet takes at once of a token, and Caflou by the configuration.
const AT_ONCE: (u64, u64) = (3, 4);

fn main() -> ExitCode {
    match stage::role() {
        Some(role) if role == SANDBOX => result(play_services()),
        Some(_) => {
            let exit = caflou_sync::cli::main();
            if let Err(error) = note_cost() {
                eprintln!("what the run used is not known: {error:#}");
            }
            exit
        }
        None => result(bench()),
    }
}

fn result(result: Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn bench() -> Result<()> {
    ensure!(
        cfg!(target_os = "linux"),
        "it asks /proc: it runs on Linux only"
    );
    let words: Vec<String> = std::env::args().skip(1).collect();
    let numbers = words.iter().skip(1).map(|word| word.parse::<u64>());
    let numbers = numbers.collect::<Result<Vec<_>, _>>()?;
    match words.first().map(String::as_str) {
        None => sizes(&SIZES),
        Some("sizes") if numbers.is_empty() => sizes(&SIZES),
        Some("sizes") => sizes(&numbers),
        Some("pace") => pace(),
        Some("state") => state(numbers.first().copied().unwrap_or(1_000_000)),
        Some(other) => bail!("{other}: there are sizes, pace and state"),
    }
}

fn heading(what: &str) {
    println!(
        "{what:<38}{:>9}{:>8}{:>8}{:>9}{:>9}{:>9}",
        "time", "ideal", "CPU", "memory", "Shoptet", "Caflou"
    );
}

/// Without latency: what the program itself needs, by the size of the shop.
fn sizes(sizes: &[u64]) -> Result<()> {
    heading("services without latency");
    for orders in sizes {
        let customers = orders / 10;
        println!(
            "{} orders, {} customers",
            grouped(*orders),
            grouped(customers)
        );
        let mut services = Services::start(&Play {
            orders: *orders,
            customers,
            single_file: false,
            latencies: (0, 0),
        })?;
        let stage = Stage::new(&services.connection("never"))?;
        let first = measure(&stage)?;
        first.complete(*orders, customers)?;
        first.print("  first import", None);
        let second = measure(&stage)?;
        ensure!(second.written() == 0, "something was written again");
        second.print("  no change", None);
        services.change(orders / 100)?;
        let third = measure(&stage)?;
        ensure!(
            third.updated > 0 && third.created() == 0,
            "changes are missing"
        );
        third.print("  1 % changed", None);
        let stage = Stage::new(&services.connection("always"))?;
        services.empty()?;
        let bulk = measure(&stage)?;
        bulk.complete(*orders, customers)?;
        ensure!(bulk.requests.0 < customers, "there was no snapshot");
        bulk.print("  first import, by snapshot", None);
    }
    Ok(())
}

/// With latencies: how near the program comes to what the services allow.
fn pace() -> Result<()> {
    let ((orders, customers), (shop, caflou)) = (PACE, LATENCIES);
    heading("first import, with latencies");
    println!(
        "{} orders, {} customers; {shop} ms (Shoptet), {caflou} ms (Caflou)",
        grouped(orders),
        grouped(customers)
    );
    for single_file in [true, false] {
        let services = Services::start(&Play {
            orders,
            customers,
            single_file,
            latencies: LATENCIES,
        })?;
        let stage = Stage::new(&services.connection("never"))?;
        let run = measure(&stage)?;
        run.complete(orders, customers)?;
        let at_once = if single_file { 1 } else { AT_ONCE.1 };
        let read = run.requests.0 * shop / AT_ONCE.0;
        let written = run.companies.max(run.incomes) * caflou / at_once;
        let what = if single_file {
            "  one request per path at a time"
        } else {
            "  four requests at once"
        };
        run.print(what, Some(Duration::from_millis(read.max(written))));
    }
    Ok(())
}

/// A big state file: what looks at it has to stay quick.
fn state(records: u64) -> Result<()> {
    let services = Services::start(&Play {
        orders: 200,
        customers: 20,
        single_file: false,
        latencies: (0, 0),
    })?;
    let stage = Stage::new(&services.connection("never"))?;
    measure(&stage)?;
    let sqlite = rusqlite::Connection::open(stage.folder().join("state.db"))?;
    sqlite.execute(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1) \
         INSERT INTO records (connection, kind, source_id, state, caflou_id, label, source, \
         changed_at) SELECT connection, 'income', printf('1999%08d', i), 'synced', 100000 + i, \
         label, source, changed_at FROM n, (SELECT * FROM records WHERE kind = 'income' LIMIT 1)",
        [i64::try_from(records)?],
    )?;
    sqlite.execute(
        "INSERT INTO changes (run_id, kind, source_id, action, change) \
         SELECT (SELECT run_id FROM runs), kind, source_id, 'create', \
         json_object('type', 'change', 'label', label) FROM records",
        [],
    )?;
    drop(sqlite);
    heading(&format!("{} records in the state file", grouped(records)));
    measure(&stage)?.print("  run, no change", None);
    for words in [&["status"][..], &["list"], &["history"]] {
        command(&stage, words)?.print(&format!("  {}", words.join(" ")), None);
    }
    Ok(())
}

/// What the services play.
struct Play {
    orders: u64,
    customers: u64,
    single_file: bool,
    /// Milliseconds of each request to Shoptet and to Caflou.
    latencies: (u64, u64),
}

/// Both services, in a process of their own.
struct Services {
    process: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    connection: String,
}

impl Services {
    fn start(play: &Play) -> Result<Self> {
        let mut process = stage::process(SANDBOX)?
            .args([
                play.single_file.to_string(),
                play.orders.to_string(),
                play.customers.to_string(),
                play.latencies.0.to_string(),
                play.latencies.1.to_string(),
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = process.stdin.take().context("its input")?;
        let output = process.stdout.take().context("its output")?;
        let mut services = Self {
            process,
            input,
            output: BufReader::new(output).lines(),
            connection: String::new(),
        };
        services.connection = services.answer()?;
        Ok(services)
    }

    /// So many orders are paid.
    fn change(&mut self, orders: u64) -> Result<()> {
        writeln!(self.input, "pay {orders}")?;
        self.answer().map(drop)
    }

    /// Nothing is in Caflou any more.
    fn empty(&mut self) -> Result<()> {
        writeln!(self.input, "empty")?;
        self.answer().map(drop)
    }

    /// The connection that reads customers by snapshot (`"always"`) or one by one (`"never"`).
    fn connection(&self, bulk: &str) -> String {
        let table = "[connections.my-shop.shoptet]\n";
        let with = format!("{table}bulk = \"{bulk}\"\n");
        self.connection.replace(table, &with)
    }

    fn answer(&mut self) -> Result<String> {
        let mut text = String::new();
        for line in self.output.by_ref() {
            let line = line?;
            if line == READY {
                return Ok(text);
            }
            text.push_str(&line);
            text.push('\n');
        }
        bail!("the services ended")
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// Both services, until the other end closes the input. A line on it pays so many orders, or
/// empties Caflou.
fn play_services() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [single_file, orders, customers, shop, caflou] = words.as_slice() else {
        bail!("usage: single_file orders customers shoptet_ms caflou_ms");
    };
    let sandbox = Sandbox::start(Options {
        orders: orders.parse()?,
        customers: customers.parse()?,
        single_file: single_file.parse()?,
        shoptet_latency: Duration::from_millis(shop.parse()?),
        caflou_latency: Duration::from_millis(caflou.parse()?),
        bucket: false,
        connections_limit: false,
        record: false,
        ..Options::default()
    });
    let now = sandbox.now();
    sandbox.shop().jobs.listen(now);
    let mut out = std::io::stdout();
    writeln!(out, "{}", sandbox.connection_toml("my-shop", ""))?;
    writeln!(out, "{READY}")?;
    out.flush()?;
    for line in std::io::stdin().lines() {
        if let Some(number) = line?.strip_prefix("pay ") {
            pay(&mut sandbox.shop(), number.parse()?);
        } else {
            let mut books = sandbox.books();
            books.companies.clear();
            books.transfers.clear();
        }
        writeln!(out, "{READY}")?;
        out.flush()?;
    }
    Ok(())
}

/// Pays so many of the unpaid orders.
fn pay(shop: &mut Shop, number: usize) {
    let open = shop
        .orders
        .iter()
        .filter(|order| order.paid == Some(false) && order.before_cancel.is_none());
    let codes: Vec<_> = open.take(number).map(|order| order.code.clone()).collect();
    for code in &codes {
        shop.pay(code);
    }
}

/// What a run took and did.
struct Run {
    wall: Duration,
    cpu_ticks: u64,
    memory_kib: u64,
    /// Created.
    companies: u64,
    /// Created.
    incomes: u64,
    updated: u64,
    skipped: u64,
    requests: (u64, u64),
}

impl Run {
    fn created(&self) -> u64 {
        self.companies + self.incomes
    }

    fn written(&self) -> u64 {
        self.created() + self.updated
    }

    /// Everything went in.
    fn complete(&self, orders: u64, customers: u64) -> Result<()> {
        ensure!(self.companies == customers, "companies are missing");
        ensure!(
            self.incomes + self.skipped == orders && self.incomes > 0,
            "incomes are missing"
        );
        Ok(())
    }

    fn print(&self, what: &str, ideal: Option<Duration>) {
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let wall = millis(self.wall);
        let ratio = ideal.map_or(String::new(), |ideal| {
            let hundredths = wall * 100 / millis(ideal).max(1);
            format!("× {}.{:02}", hundredths / 100, hundredths % 100)
        });
        let tenths = (self.memory_kib * 1024).div_ceil(100_000);
        println!(
            "{what:<38}{:>7} s{ratio:>8}{:>6} s{:>4}.{} MB{:>9}{:>9}",
            seconds(wall),
            seconds(self.cpu_ticks * 1000 / TICKS),
            tenths / 10,
            tenths % 10,
            grouped(self.requests.0),
            grouped(self.requests.1),
        );
    }
}

fn seconds(millis: u64) -> String {
    format!("{}.{:02}", millis / 1000, millis % 1000 / 10)
}

fn measure(stage: &Stage) -> Result<Run> {
    command(stage, &["run", "--format", "json"])
}

/// Runs the program; of a run, its summary is read.
fn command(stage: &Stage, words: &[&str]) -> Result<Run> {
    let (report, cost) = (
        stage.folder().join("report.jsonl"),
        stage.folder().join("cost"),
    );
    let mut program = stage.program(words)?;
    program.env(COST, &cost).stdout(File::create(&report)?);
    let start = Instant::now();
    let mut program = program.spawn()?;
    let status = loop {
        if let Some(status) = program.try_wait()? {
            break status;
        }
        if start.elapsed() > LIMIT {
            program.kill()?;
            program.wait()?;
            bail!("stopped after {} s", LIMIT.as_secs());
        }
        std::thread::sleep(Duration::from_millis(1));
    };
    let wall = start.elapsed();
    let report = fs::read_to_string(report)?;
    let summary = report.lines().last().unwrap_or_default();
    let summary: Value = serde_json::from_str(summary).unwrap_or_default();
    ensure!(
        status.success(),
        "{words:?} ended with {status}: {}",
        summary["error"]
    );
    let cost = fs::read_to_string(cost)?;
    let (memory, cpu) = cost.trim().split_once(' ').context("what it used")?;
    let count = |group: &str, name: &str| summary[group][name].as_u64().unwrap_or_default();
    Ok(Run {
        wall,
        cpu_ticks: cpu.parse()?,
        memory_kib: memory.parse()?,
        companies: count("companies", "created"),
        incomes: count("incomes", "created"),
        updated: count("incomes", "updated"),
        skipped: count("incomes", "skipped"),
        requests: (count("requests", "shoptet"), count("requests", "caflou")),
    })
}

/// Notes the peak resident memory (KiB) and the CPU time (ticks) of this process, at its end.
fn note_cost() -> Result<()> {
    let Some(file) = std::env::var_os(COST) else {
        return Ok(());
    };
    let status = fs::read_to_string("/proc/self/status")?;
    let memory = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.split_whitespace().next())
        .context("VmHWM")?;
    let stat = fs::read_to_string("/proc/self/stat")?;
    // after the name in parentheses, which may hold anything
    let (_, rest) = stat.rsplit_once(')').context("stat")?;
    let ticks = rest.split_whitespace().skip(11).take(2);
    let cpu: u64 = ticks.filter_map(|text| text.parse::<u64>().ok()).sum();
    fs::write(file, format!("{memory} {cpu}\n"))?;
    Ok(())
}
