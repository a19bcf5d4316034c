//! `run`: imports now, or shows what an import would do.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDate;
use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};

use super::several::side_by_side;
use super::shared::find;
use super::signal::ends_in_order;
use super::{Exit, Global, Trouble, part};
use crate::config::{Config, Connection, cache_dir, parse_day, parse_duration};
use crate::http::Stopper;
use crate::output::{Brief, Human, HumanOptions, JsonLines, Progress};
use crate::run::{Lanes, NamedRecord, Session, Wanted, run_and_tell};
use crate::state::Cache;
use crate::sync::Report;

/// What `run` is asked for.
#[derive(Debug, Args)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub(super) struct RunArgs {
    /// The connections to run [default: the only one]
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// All connections
    #[arg(long, conflicts_with = "names")]
    all: bool,
    /// All connections with `auto_repeat`, for a timer or cron: a line for each that changed
    /// something, errors on stderr, else silence
    #[arg(long, conflicts_with_all = ["names", "all"])]
    scheduled: bool,
    /// Show what would change; nothing is written, neither to Caflou nor to the state file
    #[arg(long)]
    dry_run: bool,
    /// Import only the companies, only the incomes, or only one stream of them
    #[arg(long, value_name = "WHAT", value_parser = PossibleValuesParser::new(part::words()))]
    only: Option<String>,
    /// For this run: only orders created from this day (YYYY-MM-DD)
    #[arg(long, value_name = "DATE", value_parser = day)]
    from: Option<NaiveDate>,
    /// For this run: only orders created up to this day (YYYY-MM-DD)
    #[arg(long, value_name = "DATE", value_parser = day)]
    to: Option<NaiveDate>,
    /// Only the order with this code; may be repeated
    #[arg(long = "order", value_name = "CODE", conflicts_with_all = ["from", "to", "full"])]
    orders: Vec<String>,
    /// Only this record: its stream and its key there, such as orders/2024000123 or customers/GUID;
    /// may be repeated
    #[arg(long = "record", value_name = "STREAM/ID", value_parser = part::record, conflicts_with_all = ["from", "to", "full"])]
    records: Vec<NamedRecord>,
    /// Compare everything, not only what changed since the last run
    #[arg(long)]
    full: bool,
    /// Set a damaged state file aside, and find what it knew by the marks in Caflou
    #[arg(long, conflicts_with_all = ["scheduled", "only", "from", "to", "orders", "records"])]
    rebuild: bool,
    /// Stop before the first write when more records than this would change
    #[arg(long, value_name = "N")]
    max_changes: Option<u64>,
    /// Go on although the shop shows no orders at all
    #[arg(long)]
    allow_empty: bool,
    /// Go on where more would change at once than is likely to be meant: `deletions` lets any
    /// number of cancelled or deleted orders become inactive
    #[arg(long, value_name = "WHAT")]
    allow: Vec<Allowed>,
    /// End in order after this time, such as 90s, 30m or 2h; what is not done stays for the next run
    #[arg(long, value_name = "TIME", value_parser = time_limit)]
    timeout: Option<Duration>,
    /// With --dry-run: exit with 6 when changes are pending
    #[arg(long, requires = "dry_run")]
    detailed_exitcode: bool,
}

/// A day on the command line.
pub(super) fn day(text: &str) -> Result<NaiveDate, &'static str> {
    parse_day(text).ok_or("a day is written as 2026-01-31")
}

fn time_limit(text: &str) -> Result<Duration, &'static str> {
    parse_duration(text).ok_or("a time is a number and a unit, such as 90s, 30m or 2h")
}

/// What a guard rail lets through when the user says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Allowed {
    Deletions,
}

impl RunArgs {
    /// What a session is asked for.
    fn wanted(&self) -> Wanted {
        Wanted {
            dry_run: self.dry_run,
            full: self.full || self.rebuild,
            rebuild: self.rebuild,
            allow_empty: self.allow_empty,
            allow_deletions: self.allow.contains(&Allowed::Deletions),
            only: self.only.as_deref().map(part::only),
            records: self.records(),
            from: self.from,
            to: self.to,
            max_changes: self.max_changes,
        }
    }

    /// The records that were named.
    fn records(&self) -> Vec<NamedRecord> {
        let orders = self.orders.iter();
        let orders = orders.map(|code| part::short(part::OF_ORDER, code));
        let mut records: Vec<_> = orders.collect();
        for record in &self.records {
            if !records.contains(record) {
                records.push(record.clone());
            }
        }
        records
    }

    /// Whether nobody watches: only what changed is told, and what went wrong.
    pub(super) fn is_brief(&self) -> bool {
        self.scheduled && !self.dry_run
    }

    fn check(&self) -> Result<(), Trouble> {
        // An empty filter could mean all orders.
        if self.orders.iter().any(|code| code.trim().is_empty()) {
            return Err(Trouble::usage("--order needs the code of an order"));
        }
        if let (Some(from), Some(to)) = (self.from, self.to)
            && from > to
        {
            return Err(Trouble::usage(format!("--from {from} is after --to {to}")));
        }
        Ok(())
    }

    /// The connections that are meant.
    fn choose<'a>(&self, config: &'a Config) -> Result<Vec<&'a Connection>, Trouble> {
        if self.all {
            return Ok(config.connections.iter().collect());
        }
        if self.scheduled {
            let all = config.connections.iter();
            return Ok(all.filter(|one| one.import.auto_repeat).collect());
        }
        if self.names.is_empty() {
            return match config.connections.as_slice() {
                [only] => Ok(vec![only]),
                several => {
                    let keys: Vec<_> = several.iter().map(|c| c.key.as_str()).collect();
                    let message = format!(
                        "which connection? there are {}; name one or more, or say --all",
                        keys.join(", ")
                    );
                    Err(Trouble::usage(message))
                }
            };
        }
        let mut chosen: Vec<&Connection> = Vec::new();
        for name in &self.names {
            let found = find(config, name)?;
            if !chosen.iter().any(|connection| connection.key == found.key) {
                chosen.push(found);
            }
        }
        Ok(chosen)
    }
}

/// Runs the chosen connections.
pub(super) fn run(global: &Global, args: &RunArgs) -> Result<Exit, Trouble> {
    args.check()?;
    let (config, state) = global.load()?;
    let chosen = args.choose(&config)?;
    if chosen.is_empty() {
        return Ok(nothing_to_run(global, &config));
    }
    let wanted = args.wanted();
    part::check(wanted.only.as_ref(), &wanted.records, &chosen)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        // The services are waited for most of the time, and each thread keeps memory of its own.
        .worker_threads(1)
        .enable_all()
        .build()?;
    let stopper = Arc::new(Stopper::default());
    let (cache, stop) = (Cache::new(cache_dir()), stopper.listener());
    ends_in_order(&runtime, args.timeout, stopper);
    let (lanes, files) = (Lanes::default(), global.files());
    let session = |connection| Session {
        connection,
        wanted: &wanted,
        state: &state,
        files: &files,
        keep_runs: config.keep_runs,
        told_briefly: args.is_brief() && !global.json(),
        cache: &cache,
        lanes: &lanes,
        stop: &stop,
        heart: None,
    };
    let one = |connection, report: &mut dyn Report| {
        runtime.block_on(run_and_tell(session(connection), report))
    };
    let exits = match chosen.as_slice() {
        [only] if !args.scheduled => {
            let progress = (!global.output.quiet).then(Progress::on_terminal).flatten();
            let mut report = reporter(global, args, io::stdout(), progress);
            vec![one(only, report.as_mut())]
        }
        several => side_by_side(
            several,
            if args.is_brief() { "" } else { "\n" },
            |connection, out| {
                if stop.reason().is_some() {
                    return None;
                }
                let mut report = reporter(global, args, out, None);
                Some(one(connection, report.as_mut()))
            },
        ),
    };
    // A request that nobody waits for any more must not hold up the end.
    runtime.shutdown_background();
    let exit = Exit::of_all(&exits);
    Ok(if exit == Exit::Pending && !args.detailed_exitcode {
        Exit::Done
    } else {
        exit
    })
}

/// Only --scheduled can choose none. That may be meant: it is no failure, but no secret.
fn nothing_to_run(global: &Global, config: &Config) -> Exit {
    if !global.output.quiet {
        let path = config.path.display();
        let _ = writeln!(
            io::stderr(),
            "nothing to run: no connection in {path} has auto_repeat = true"
        );
    }
    Exit::Done
}

/// What a run says goes to stdout: as JSON at once, for people to `out`.
fn reporter(
    global: &Global,
    args: &RunArgs,
    out: impl Write + 'static,
    progress: Option<Progress>,
) -> Box<dyn Report> {
    if global.json() {
        return Box::new(JsonLines::new(io::stdout()));
    }
    if args.is_brief() && global.output.quiet {
        return Box::new(Brief::new(io::sink(), io::stderr(), global.files()));
    }
    if args.is_brief() {
        return Box::new(Brief::new(out, io::stderr(), global.files()));
    }
    let options = HumanOptions {
        color: global.colours(),
        width: Global::width(),
        verbosity: if global.output.quiet {
            -1
        } else {
            i8::try_from(global.output.verbose).unwrap_or(1)
        },
        every_record: args.dry_run || global.output.verbose > 0,
        files: global.files(),
        progress,
    };
    Box::new(Human::new(out, options))
}
