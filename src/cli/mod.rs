//! The command line: a file per command.

mod completions;
mod confirm;
mod connect;
mod edit;
mod forget;
mod history;
mod link;
mod list;
mod logging;
mod notify;
mod options;
mod part;
mod remove;
mod run;
mod schedule;
mod several;
mod shared;
mod signal;
mod sources;
mod status;
mod test;

use std::env;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use tracing_subscriber::filter::LevelFilter;

use crate::config::{Config, config_path, end_commands, state_path};
use crate::output::lines;
use crate::run::Exit;
use crate::shell::word;
use crate::trouble::Trouble;
use options::{Color, Format};

pub use confirm::confirm;
pub use options::OutputOptions;
pub use signal::end_on_signal;

/// Brings the customers and orders of a Shoptet e-shop into Caflou as companies and incomes.
#[derive(Debug, Parser)]
#[command(
    name = "caflou-sync",
    version,
    max_term_width = 100,
    after_help = "Exit codes: 0 done; 1 failed, or stopped by you; 2 wrong usage or configuration; 3 done, but \
                  some records failed; 4 credentials or rights refused; 5 another run of the same \
                  connection is under way; 6 changes are pending (--dry-run --detailed-exitcode); \
                  7 stopped by a guard rail before any write. `status` has its own: see \
                  its --help."
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
struct Global {
    /// The configuration [default: ./connections.toml, else the one in your configuration folder]
    #[arg(long, global = true, value_name = "FILE", env = "CAFLOU_SYNC_CONFIG")]
    config: Option<PathBuf>,
    /// The import state [default: `state` of the configuration, else state.db in your data folder]
    #[arg(long, global = true, value_name = "FILE", env = "CAFLOU_SYNC_STATE")]
    state: Option<PathBuf>,
    #[command(flatten)]
    output: OutputOptions,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Connect an e-shop with a Caflou account: asks, and tries each answer at once
    Connect(Box<connect::ConnectArgs>),
    /// The programs that records come from, and the settings of each
    Sources(sources::SourcesArgs),
    /// Import now, or show what an import would do
    Run(run::RunArgs),
    /// Overview of the connections
    List,
    /// Change a connection: asks with the present answers, or does what --set says
    Edit(edit::EditArgs),
    /// Remove a connection from the configuration
    Remove(remove::RemoveArgs),
    /// Check a connection: reads both sides, writes nothing
    Test(test::TestArgs),
    /// Is each connection healthy? Fit for a monitoring check
    Status(status::StatusArgs),
    /// Past runs and what each did, record by record
    History(history::HistoryArgs),
    /// Say which Caflou company or income a customer or order is
    Link(link::LinkArgs),
    /// Forget which Caflou company or income a customer or order is: a wrong adoption
    Unlink(link::UnlinkArgs),
    /// Delete the data of a customer, an order or a whole connection from the state file
    Forget(forget::ForgetArgs),
    /// Try the channels by which results are told
    Notify(notify::NotifyArgs),
    /// Let the import run by itself: a timer of systemd, or cron
    Schedule(schedule::ScheduleArgs),
    /// Completions for a shell, on stdout
    Completions(completions::CompletionsArgs),
    /// The manual page, on stdout
    Man(completions::ManArgs),
}

impl Command {
    fn run(&self, global: &Global) -> Result<Exit, Trouble> {
        if !matches!(self, Self::Status(_)) {
            global.output.no_gauges()?;
        }
        match self {
            Self::Connect(args) => connect::connect(global, args),
            Self::Sources(args) => Ok(sources::sources(global, args)),
            Self::Run(args) => run::run(global, args),
            Self::List => list::list(global),
            Self::Edit(args) => edit::edit(global, args),
            Self::Remove(args) => remove::remove(global, args),
            Self::Test(args) => test::test(global, args),
            Self::Status(args) => status::status(global, args),
            Self::History(args) => history::history(global, args),
            Self::Link(args) => link::link(global, args),
            Self::Unlink(args) => link::unlink(global, args),
            Self::Forget(args) => forget::forget(global, args),
            Self::Notify(args) => notify::notify(global, args),
            Self::Schedule(args) => schedule::schedule(global, args),
            Self::Completions(args) => Ok(completions::completions(args)),
            Self::Man(args) => completions::man(args),
        }
    }

    /// What log lines are about without `-v` and `-q`.
    fn usual_level(&self) -> LevelFilter {
        match self {
            // Nobody watches: with errors only, cron has no mail.
            Self::Run(args) if args.is_brief() => LevelFilter::ERROR,
            _ => LevelFilter::WARN,
        }
    }
}

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    ExitCode::from(run_with(env::args_os()) as u8)
}

/// The same with these arguments, of which the first is the program's name.
pub fn run_with(args: impl IntoIterator<Item = OsString>) -> Exit {
    let cli = Cli::parse_from(args);
    cli.global.output.start_log(cli.command.usual_level());
    let done = cli.command.run(&cli.global);
    // What was given up may still wait for its secret.
    end_commands();
    told(done)
}

/// The exit code; the one place that prints an error.
#[must_use]
pub fn ended(done: Result<Exit, Trouble>) -> ExitCode {
    ExitCode::from(told(done) as u8)
}

fn told(done: Result<Exit, Trouble>) -> Exit {
    done.unwrap_or_else(|trouble| {
        let error = format!("error: {trouble}");
        let width = terminal_size::terminal_size_of(io::stderr());
        let width = width.map(|(width, _)| usize::from(width.0));
        let _ = writeln!(io::stderr(), "{}", lines(&error, width));
        trouble.class.into()
    })
}

impl Global {
    fn load(&self) -> Result<(Config, PathBuf), Trouble> {
        let config = Config::load(&config_path(self.config.clone()))?;
        let state = state_path(self.state.clone(), &config);
        Ok((config, state))
    }

    /// As [`Self::load`]; there need not be a connection.
    fn load_any(&self) -> Result<(Config, PathBuf), Trouble> {
        let config = Config::load_any(&config_path(self.config.clone()))?;
        let state = state_path(self.state.clone(), &config);
        Ok((config, state))
    }

    /// The files that were named on the command line, for commands that the user is told to type:
    /// ` --config FILE --state FILE`, or nothing. What is in the environment, or
    /// the usual file, is found next time, too.
    fn files(&self) -> String {
        let file = |flag: &str, path: Option<&PathBuf>, variable: &str| {
            let named =
                path.filter(|path| env::var_os(variable).as_deref() != Some(path.as_os_str()));
            named.map(|path| format!(" {flag} {}", word(&path.to_string_lossy())))
        };
        let usual = config_path(None);
        let config = self.config.as_ref().filter(|path| **path != usual);
        let config = file("--config", config, "CAFLOU_SYNC_CONFIG");
        let state = file("--state", self.state.as_ref(), "CAFLOU_SYNC_STATE");
        config.into_iter().chain(state).collect()
    }

    /// Whether stdout gets colours.
    fn colours(&self) -> bool {
        self.output.colours()
    }

    fn json(&self) -> bool {
        self.output.json()
    }

    /// Columns of the terminal on stdout; `None` in a pipe.
    fn width() -> Option<usize> {
        let (width, _) = terminal_size::terminal_size_of(io::stdout())?;
        Some(usize::from(width.0))
    }
}
