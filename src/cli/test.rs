//! `test`: reads both sides and writes nothing.

use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use clap::Args;
use serde_json::json;

use super::shared::find;
use super::signal::ending_runtime;
use super::{Exit, Global, Trouble, word};
use crate::caflou::Reader;
use crate::config::{Connection, Secret, cache_dir};
use crate::http::{HttpError, Policy, Stopper};
use crate::output::{checks, local};
use crate::record::Stream;
use crate::run::{self, Lanes};
use crate::source::{Account, SourceError};
use crate::state::{Cache, View};
use crate::text::escaped;
use crate::trouble::Class;
use crate::wizard::trouble::{self, With};

/// What `test` is asked for.
#[derive(Debug, Args)]
pub(super) struct TestArgs {
    /// The connection [default: the only one]
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

/// A clock that is off by more than this would confuse what changed when.
const SKEW: TimeDelta = TimeDelta::minutes(5);

/// What one check found: a sentence.
pub(super) type Finding = Result<String, Trouble>;

/// Checks a connection; every check is made, whatever the others find.
pub(super) fn test(global: &Global, args: &TestArgs) -> Result<Exit, Trouble> {
    let (config, state) = global.load()?;
    let connection = match (&args.name, config.connections.as_slice()) {
        (Some(name), _) => find(&config, name)?,
        (None, [only]) => only,
        (None, several) => {
            let keys: Vec<_> = several.iter().map(|c| c.key.as_str()).collect();
            return Err(Trouble::usage(format!(
                "which connection? there are {}",
                keys.join(", ")
            )));
        }
    };
    let runtime = ending_runtime()?;
    let again = format!(
        "caflou-sync edit {}{}",
        word(&connection.key),
        global.files()
    );
    let findings = runtime.block_on(check(connection, &state, &again));
    let exits: Vec<_> = findings
        .iter()
        .filter_map(|(_, finding)| Some(finding.as_ref().err()?.class.into()))
        .collect();
    print(global, connection, &findings);
    Ok(Exit::of_all(&exits))
}

/// All checks; `again` is the command that asks for a credential anew.
async fn check(connection: &Connection, state: &Path, again: &str) -> Vec<(&'static str, Finding)> {
    let stopper = Stopper::default();
    let (cache, listener, lanes) = (
        Cache::new(cache_dir()),
        stopper.listener(),
        Lanes::default(),
    );
    let mut findings = Vec::new();
    // Who checks wants to know what is the matter, not to wait until it is over.
    let policy = Policy {
        limit_patience: Duration::ZERO,
        ..Policy::default()
    };
    let program = connection.program;
    let place = program.place;
    match run::source(connection, true, &cache, &lanes, &listener, policy) {
        Err(trouble) => findings.push((place, Err(trouble))),
        Ok(source) => match source.whose().await {
            Err(error) => {
                findings.push((place, Err(source_trouble(&[], error, connection, again))));
            }
            Ok(account) => {
                let Account { id, name, zone, .. } = &account;
                findings.push((place, Ok(format!("{name}, {place} {id}, {zone}"))));
                findings.push(("clock", clock(&account)));
                for stream in connection.import.wanted(program.streams) {
                    let found = source.probe(stream, &account).await;
                    let found = found.map(|total| format!("{total} can be read"));
                    let told = |error| source_trouble(&[stream], error, connection, again);
                    findings.push((stream.word, found.map_err(told)));
                }
            }
        },
    }
    match run::caflou(connection, &cache, &lanes, &listener) {
        Err(trouble) => findings.push(("Caflou", Err(trouble))),
        Ok(client) => findings.push((
            "Caflou",
            account(&Reader::new(Arc::clone(&client)), connection, again).await,
        )),
    }
    findings.push(("state file", state_file(state, &connection.key)));
    findings
}

fn clock(shop: &Account) -> Finding {
    if !shop.has_clock {
        return Ok("the shop does not tell its time; this machine's is used".to_owned());
    }
    let skew = (shop.now - Utc::now()).abs();
    let sentence = format!("{} s from the shop's", skew.num_seconds());
    if skew > SKEW {
        let what = format!("{sentence}: set this machine's clock");
        return Err(Trouble::new(Class::Machine, what));
    }
    Ok(sentence)
}

async fn account(reader: &Reader, connection: &Connection, again: &str) -> Finding {
    let id = connection.account_id();
    let checked = async {
        reader.check().await?;
        reader.accounts().await
    };
    match checked.await {
        Ok(accounts) => match accounts.into_iter().find(|account| account.id == id) {
            Some(account) => Ok(format!("{}, account {id}", account.name)),
            None => Ok(format!("account {id}")),
        },
        Err(error) if error.is_missing() => {
            Err(Trouble::new(Class::Access, error.to_string()).advise("check caflou.account_id"))
        }
        Err(error) => {
            let with = match connection.caflou.get::<&Secret>("token") {
                Some(_) => With::Token,
                None => With::Login,
            };
            let credential = connection.caflou.way().map_or("", |way| way.anew);
            let anew = is_refused(&error).then(|| format!("{credential}: {again}"));
            Err(sentences(trouble::caflou(&error, with), anew))
        }
    }
}

/// Why a source, or these streams of it, cannot be read.
fn source_trouble(
    streams: &[&'static Stream],
    error: SourceError,
    connection: &Connection,
    again: &str,
) -> Trouble {
    let way = connection.source.way();
    let credential = way.map_or("", |way| way.anew);
    match error {
        SourceError::Http(refused) => {
            let anew = is_refused(&refused);
            let error = SourceError::Http(refused);
            let streams = if error.is_denied() { streams } else { &[] };
            let trouble = (connection.program.explain)(&error, way, streams);
            let anew = anew.then(|| format!("{credential}: {again}"));
            sentences(trouble, anew)
        }
        SourceError::Access(message) if way.is_some_and(|way| way.ends) => {
            Trouble::new(Class::Access, format!("{message}. {credential}: {again}"))
        }
        other => other.into(),
    }
}

/// Whether the credential itself was refused.
fn is_refused(error: &HttpError) -> bool {
    error.status().is_some_and(|status| status.as_u16() == 401)
}

/// Trouble in whole sentences, with what the service said at their end.
fn sentences(trouble: Trouble, anew: Option<String>) -> Trouble {
    let what = format!("{}.", trouble.what);
    let advice = Some(trouble.advice).filter(|advice| !advice.is_empty());
    let said = trouble.said.map(|said| format!("({said})"));
    let all = [Some(what), advice, anew, said].into_iter().flatten();
    Trouble::new(trouble.class, all.collect::<Vec<_>>().join(" "))
}

fn state_file(state: &Path, key: &str) -> Finding {
    let path = state.display();
    match View::open(state, key).and_then(|view| view.last_run()) {
        Ok(None) => Ok(format!("{path}, no run of this connection yet")),
        Ok(Some(run)) => Ok(format!("{path}, last run {}", local(run.started_at))),
        Err(error) => Err(error.into()),
    }
}

/// Prints what was found.
pub(super) fn print(global: &Global, connection: &Connection, findings: &[(&str, Finding)]) {
    let mut out = io::stdout().lock();
    let told = findings.iter().map(|(what, finding)| match finding {
        Ok(sentence) => (*what, true, sentence.clone()),
        Err(trouble) => (*what, false, trouble.to_string()),
    });
    if !global.json() {
        let heading = format!("{} ({})", connection.name, connection.key);
        let told: Vec<_> = told.collect();
        let text = checks(&heading, &told, global.colours(), Global::width());
        let _ = writeln!(out, "{text}");
        return;
    }
    for (what, ok, sentence) in told {
        let line =
            json!({"connection": connection.key, "check": what, "ok": ok, "message": sentence});
        let _ = writeln!(out, "{}", escaped(&line.to_string()));
    }
}
