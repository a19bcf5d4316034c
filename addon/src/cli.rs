//! The command line: the backend, and what its operator looks at and does.

mod list;

use std::error::Error as StdError;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use caflou_sync::cli::{OutputOptions, confirm, end_on_signal, ended};
use caflou_sync::http::Stopper;
use caflou_sync::output::{Count, local};
use caflou_sync::run::Exit;
use caflou_sync::trouble::{Class, Trouble};
use chrono::{SecondsFormat, Utc};
use clap::{Args, Parser, Subcommand};
use serde_json::json;
use tracing::info;
use tracing::level_filters::LevelFilter;

use self::list::list;
use crate::config::{AddonConfig, LoadError};
use crate::{
    Backend, CODE_LIFE, Contents, Database, DatabaseError, Kind, Language, Listening, StartError,
    Vault, mail_login, post, serve, vault,
};

/// The configuration where none is named.
const CONFIG: &str = "addon.toml";
/// How long each step of a letter may take; nobody waits for it in haste.
const MAIL_LIMIT: Duration = Duration::from_secs(30);

/// The closing sentence of the help.
const CONFIGURATION: &str = "The configuration is addon.toml in the current folder, or the one of --config. \
                             See docs/addon.md.";

/// The backend of a Shoptet add-on, by which shops without Premium are paired with caflou-sync.
#[derive(Debug, Parser)]
#[command(name = "caflou-sync-addon", version, max_term_width = 100, after_help = CONFIGURATION)]
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
    /// The configuration [default: ./addon.toml]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The state file [default: `state` of the configuration]
    #[arg(long, global = true, value_name = "FILE")]
    state: Option<PathBuf>,
    #[command(flatten)]
    output: OutputOptions,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve: take installations, pair programs, give them tokens; until SIGTERM or Ctrl-C
    #[command(after_help = CONFIGURATION)]
    Serve,
    /// Overview of the shops that have the add-on
    #[command(after_help = CONFIGURATION)]
    List,
    /// Make a new pairing code for a shop, in place of the one before; programs stay paired
    #[command(after_help = CONFIGURATION)]
    NewCode(NewCodeArgs),
    /// End all pairings of a shop, and its pairing code
    #[command(after_help = CONFIGURATION)]
    Unpair(UnpairArgs),
}

#[derive(Debug, Args)]
struct NewCodeArgs {
    /// Number of the shop
    #[arg(value_name = "ESHOP_ID")]
    eshop_id: u64,
    /// Send the code to the shop's owner instead of printing it
    #[arg(long)]
    mail: bool,
}

#[derive(Debug, Args)]
struct UnpairArgs {
    /// Number of the shop
    #[arg(value_name = "ESHOP_ID")]
    eshop_id: u64,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

impl Command {
    fn run(&self, global: &Global) -> Result<Exit, Trouble> {
        global.output.no_gauges()?;
        let path = global.config.clone();
        let config = AddonConfig::load(&path.unwrap_or_else(|| PathBuf::from(CONFIG)));
        let mut config = config.map_err(|error: LoadError| Trouble::of(Class::Usage, &error))?;
        if let Some(state) = &global.state {
            config.state.clone_from(state);
        }
        match self {
            Self::Serve => start(config),
            Self::List => list(global, &config),
            Self::NewCode(args) => new_code(global, &config, args),
            Self::Unpair(args) => unpair(global, &config, args),
        }
    }

    /// What log lines are about without `-v` and `-q`.
    fn usual_level(&self) -> LevelFilter {
        match self {
            Self::Serve => LevelFilter::INFO,
            Self::List | Self::NewCode(_) | Self::Unpair(_) => LevelFilter::WARN,
        }
    }
}

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    cli.global.output.start_log(cli.command.usual_level());
    ended(cli.command.run(&cli.global))
}

fn start(config: AddonConfig) -> Result<Exit, Trouble> {
    let backend = Arc::new(Backend::start(config).map_err(unstarted)?);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let served = runtime.block_on(async {
        let stopper = Arc::new(Stopper::default());
        let stop = stopper.listener();
        tokio::spawn(end_on_signal(stopper));
        let ready = |listening: Listening| {
            if let Some(metrics) = listening.metrics {
                info!(%metrics, "metrics can be collected");
            }
            info!(address = %listening.requests, "the add-on's backend takes requests");
        };
        serve(backend, stop, ready).await
    });
    served.map_err(failed)?;
    Ok(Exit::Done)
}

fn new_code(global: &Global, config: &AddonConfig, args: &NewCodeArgs) -> Result<Exit, Trouble> {
    let (vault, mut database) = open(config)?;
    let eshop_id = args.eshop_id;
    let code = vault.new_code().map_err(failed)?;
    let until = Utc::now() + CODE_LIFE;
    let hash = vault.code_hash(eshop_id, &code);
    let shop = database.transaction(|database| {
        let shop = database.shop(eshop_id)?;
        if shop.is_some() {
            database.set_code(eshop_id, &hash, until)?;
        }
        Ok(shop)
    });
    let shop = shop.map_err(failed)?.ok_or_else(|| unknown(eshop_id))?;
    if args.mail {
        let contact = vault
            .open(Kind::Contact, eshop_id, &shop.contact)
            .map_err(failed)?;
        let login = mail_login(config).map_err(unstarted)?;
        let contents = Contents {
            eshop_id,
            shop_url: &shop.url,
            code: &code,
            until,
            public_url: &config.public_url,
        };
        let language = Language::read(&shop.language);
        let (server, login) = (&config.mail, login.as_ref());
        let letter = post(server, login, &contact, language, &contents, MAIL_LIMIT);
        block_on(letter)?.map_err(failed)?;
    }
    let until_text = until.to_rfc3339_opts(SecondsFormat::Secs, true);
    let text = match (global.output.json(), args.mail) {
        (true, true) => {
            json!({"eshop_id": eshop_id, "mailed": true, "until": until_text}).to_string()
        }
        (true, false) => {
            json!({"eshop_id": eshop_id, "code": code.to_string(), "until": until_text}).to_string()
        }
        (false, true) => format!(
            "the owner of e-shop {eshop_id} has a new code, good until {}",
            local(until)
        ),
        (false, false) => format!(
            "Eshop ID      {eshop_id}\nPairing code  {code}\nGood until    {}, once",
            local(until)
        ),
    };
    let _ = writeln!(io::stdout().lock(), "{text}");
    Ok(Exit::Done)
}

fn unpair(global: &Global, config: &AddonConfig, args: &UnpairArgs) -> Result<Exit, Trouble> {
    let (_, mut database) = open(config)?;
    let eshop_id = args.eshop_id;
    let found = database.transaction(|database| {
        Ok((
            database.installed_at(eshop_id)?,
            database.programs(eshop_id)?,
        ))
    });
    let (installed_at, programs) = found.map_err(failed)?;
    installed_at.ok_or_else(|| unknown(eshop_id))?;
    let paired = Count(programs.len() as u64, "program");
    let question = format!(
        "This ends all pairings of e-shop {eshop_id} ({paired}), and its pairing code. The add-on stays \
         installed; `caflou-sync-addon new-code {eshop_id}` lets programs pair again"
    );
    if !confirm(&question, args.yes)? {
        return Ok(Exit::Done);
    }
    let ended = database
        .transaction(|database| database.unpair(eshop_id))
        .map_err(failed)?;
    let text = if global.output.json() {
        json!({"eshop_id": eshop_id, "unpaired": ended}).to_string()
    } else {
        format!(
            "e-shop {eshop_id}: {} unpaired",
            Count(ended as u64, "program")
        )
    };
    let _ = writeln!(io::stdout().lock(), "{text}");
    Ok(Exit::Done)
}

/// The state file of a backend, which may be serving at the same time.
fn open(config: &AddonConfig) -> Result<(Vault, Database), Trouble> {
    let vault = vault(config).map_err(unstarted)?;
    let database = Database::open_existing(&config.state, &vault).map_err(|error| {
        let class = match error {
            DatabaseError::Missing { .. } | DatabaseError::OtherKey { .. } => Class::Usage,
            _ => Class::State,
        };
        Trouble::of(class, &error)
    })?;
    Ok((vault, database))
}

fn block_on<T>(work: impl Future<Output = T>) -> Result<T, Trouble> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    Ok(runtime.block_on(work))
}

fn unknown(eshop_id: u64) -> Trouble {
    Trouble::usage(format!(
        "e-shop {eshop_id} has not installed the add-on; `caflou-sync-addon list` shows those that have"
    ))
}

#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
fn failed(error: impl StdError) -> Trouble {
    Trouble::of(Class::Machine, &error)
}

/// Where it does not start.
#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
fn unstarted(error: StartError) -> Trouble {
    let class = match &error {
        StartError::Secret { .. }
        | StartError::Key(_)
        | StartError::Database(DatabaseError::OtherKey { .. }) => Class::Usage,
        StartError::Serving { .. } => Class::Locked,
        StartError::Lock(_) | StartError::Database(_) | StartError::Http(_) => Class::Machine,
    };
    Trouble::of(class, &error)
}
