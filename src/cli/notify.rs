//! `notify`: whether messages arrive.

use chrono::Utc;
use clap::{Args, Subcommand};

use super::shared::find;
use super::signal::ending_runtime;
use super::test::{Finding, print};
use super::{Exit, Global, Trouble};
use crate::config::{Config, Connection};
use crate::notify::{Notifier, Outcome};
use crate::record::ByKind;
use crate::sync::Counts;
use crate::sync::RequestCounts;
use crate::sync::report::Status;
use crate::sync::{RunReport, Totals};
use crate::trouble::Class;

/// What `notify` is asked for.
#[derive(Debug, Args)]
pub(super) struct NotifyArgs {
    #[command(subcommand)]
    action: NotifyAction,
}

#[derive(Debug, Subcommand)]
enum NotifyAction {
    /// Send a sample through each channel of a connection, and say how it went
    Test {
        /// The connection [default: the only one]
        #[arg(value_name = "NAME")]
        name: Option<String>,
    },
}

/// Sends a sample through each channel; 1 where one of them does not work.
pub(super) fn notify(global: &Global, args: &NotifyArgs) -> Result<Exit, Trouble> {
    let NotifyAction::Test { name } = &args.action;
    let (config, _) = global.load()?;
    let connection = choose(&config, name.as_deref())?;
    let Some(notifier) = Notifier::of(connection) else {
        return Err(Trouble::usage(format!(
            "connection `{}` tells nobody: add a channel such as [notify.email] to {}; \
             connections.example.toml shows them all",
            connection.key,
            config.path.display()
        )));
    };
    let runtime = ending_runtime()?;
    let outcomes = runtime.block_on(notifier.test(&sample(connection)));
    // What was given up must not hold up the end.
    runtime.shutdown_background();
    let findings: Vec<_> = outcomes.into_iter().map(finding).collect();
    print(global, connection, &findings);
    let all = findings.iter().all(|(_, finding)| finding.is_ok());
    Ok(if all { Exit::Done } else { Exit::Failed })
}

fn choose<'a>(config: &'a Config, name: Option<&str>) -> Result<&'a Connection, Trouble> {
    match (name, config.connections.as_slice()) {
        (Some(name), _) => find(config, name),
        (None, [only]) => Ok(only),
        (None, several) => {
            let keys: Vec<_> = several.iter().map(|c| c.key.as_str()).collect();
            let keys = keys.join(", ");
            Err(Trouble::usage(format!(
                "which connection? there are {keys}"
            )))
        }
    }
}

fn finding((channel, outcome): Outcome) -> (&'static str, Finding) {
    let told = outcome.map_err(|error| Trouble::new(Class::Machine, error.to_string()));
    (channel, told)
}

/// A good run in which nothing was to do.
fn sample(connection: &Connection) -> RunReport {
    let now = Utc::now();
    RunReport {
        connection: connection.key.clone(),
        run_id: "test".to_owned(),
        dry_run: false,
        started_at: now,
        finished_at: now,
        status: Status::Ok,
        counts: ByKind::of(&connection.program.kinds(), |_| Counts::default()),
        totals: Totals::default(),
        spent: Totals::default(),
        unexplained: 0,
        requests: RequestCounts {
            program: connection.program.word,
            ..RequestCounts::default()
        },
        error: None,
        forecast: 0,
    }
}
