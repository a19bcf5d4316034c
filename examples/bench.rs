//! How long a big shop takes: 20 000 orders and 2 000 customers into an empty account, and the
//! same once more without changes. Both services are another process on this computer, without
//! latency or limits, so that what is measured is the program. Linux only (it asks `/proc`).
//!
//! ```text
//! cargo run --release --example bench              # or: … --example bench -- ORDERS CUSTOMERS
//! ```
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a tool for developers"
)]

mod stage;

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use caflou_sync::output::grouped;
use serde_json::Value;
use stage::Stage;
use stage::sandbox::{Options, Sandbox};

/// The role of the process that plays both services.
const SANDBOX: &str = "sandbox";
/// The line after the configuration that the sandbox prints.
const READY: &str = "# ready";
/// Where the program notes what it used.
const COST: &str = "CAFLOU_SYNC_COST";
/// No run may take longer.
const LIMIT: Duration = Duration::from_mins(15);
/// Ticks of `/proc` in a second: fixed on Linux.
const TICKS: u64 = 100;

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
    let mut sizes = std::env::args().skip(1).map(|text| text.parse::<u64>());
    let orders = sizes.next().transpose()?.unwrap_or(20_000);
    let customers = sizes.next().transpose()?.unwrap_or(2_000);
    println!(
        "{} orders, {} customers; services without latency, in another process\n",
        grouped(orders),
        grouped(customers)
    );
    println!(
        "{:<34}{:>9}{:>10}{:>9}{:>9}{:>10}{:>10}",
        "", "time", "orders/s", "CPU", "memory", "Shoptet", "Caflou"
    );
    for single_file in [false, true] {
        println!(
            "Caflou takes {}",
            if single_file {
                "one request per path at a time"
            } else {
                "several requests at once"
            }
        );
        let services = Services::start(single_file, orders, customers)?;
        let stage = Stage::new(&services.connection)?;
        let first = measure(&stage)?;
        ensure!(first.companies == customers, "companies are missing");
        ensure!(
            first.incomes + first.skipped == orders && first.incomes > 0,
            "incomes are missing"
        );
        first.print("  first import", first.incomes);
        let second = measure(&stage)?;
        ensure!(
            second.companies + second.incomes == 0,
            "the second run created something"
        );
        second.print("  second run, nothing changed", 0);
    }
    println!("\ntime: wall clock; memory: peak resident; Shoptet, Caflou: requests");
    Ok(())
}

/// Both services, in a process of their own.
struct Services {
    process: Child,
    connection: String,
}

impl Services {
    fn start(single_file: bool, orders: u64, customers: u64) -> Result<Self> {
        let mut process = stage::process(SANDBOX)?
            .args([
                single_file.to_string(),
                orders.to_string(),
                customers.to_string(),
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let out = process.stdout.take().context("its output")?;
        let mut services = Self {
            process,
            connection: String::new(),
        };
        for line in BufReader::new(out).lines() {
            let line = line?;
            if line == READY {
                return Ok(services);
            }
            services.connection.push_str(&line);
            services.connection.push('\n');
        }
        bail!("the services did not start")
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// Both services, until the other end closes the input.
fn play_services() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [single_file, orders, customers] = words.as_slice() else {
        bail!("usage: single_file orders customers");
    };
    let sandbox = Sandbox::start(Options {
        orders: orders.parse()?,
        customers: customers.parse()?,
        single_file: single_file.parse()?,
        bucket: false,
        connections_limit: false,
        record: false,
        ..Options::default()
    });
    let connection = sandbox.connection_toml("my-shop", "");
    let mut out = std::io::stdout();
    writeln!(out, "{connection}\n{READY}")?;
    out.flush()?;
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
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
    skipped: u64,
    requests: (u64, u64),
}

impl Run {
    fn print(&self, what: &str, orders: u64) {
        let millis = u64::try_from(self.wall.as_millis()).unwrap_or(u64::MAX);
        let speed = if orders == 0 {
            String::new()
        } else {
            grouped(orders * 1000 / millis.max(1))
        };
        println!(
            "{what:<34}{:>7} s{speed:>10}{:>7} s{:>6} MB{:>10}{:>10}",
            seconds(millis),
            seconds(self.cpu_ticks * 1000 / TICKS),
            (self.memory_kib * 1024).div_ceil(1_000_000),
            grouped(self.requests.0),
            grouped(self.requests.1),
        );
    }
}

fn seconds(millis: u64) -> String {
    format!("{}.{:02}", millis / 1000, millis % 1000 / 10)
}

fn measure(stage: &Stage) -> Result<Run> {
    let (report, cost) = (
        stage.folder().join("report.jsonl"),
        stage.folder().join("cost"),
    );
    let mut program = stage.program(&["run", "--format", "json"])?;
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
        std::thread::sleep(Duration::from_millis(2));
    };
    let wall = start.elapsed();
    let report = fs::read_to_string(report)?;
    let summary: Value = serde_json::from_str(report.lines().last().context("no report")?)?;
    ensure!(
        status.success(),
        "the run ended with {status}: {}",
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
