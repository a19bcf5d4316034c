//! `status`: is each connection healthy? Reads the state file; asks nobody.

use std::io::{self, Write};
use std::path::Path;

use chrono::{DateTime, Utc};
use clap::Args;
use serde_json::{Value, json};

use super::shared::{find, rfc3339};
use super::{Exit, Format, Global, Trouble};
use crate::caflou::{login_ends, token_ends};
use crate::config::{Connection, Secret, cache_dir};
use crate::health::{RunEnd, Signs, Symptom, health, symptoms};
use crate::output::{AccessEnd, Condition, LISTED, prometheus, status as render, symptom_words};
use crate::record::Kind;
use crate::schedule::Timer;
use crate::state::{Cache, Lock, OpenRecord, PastRun, StateError, View};
use crate::text::escaped;

/// What `status` is asked for.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 all is well; 1 a last run failed or died, or nothing was imported \
                  for more than 26 hours though auto_repeat is on; 3 records failed or are \
                  uncertain, or a token ends within 14 days; 4 a token has ended."
)]
pub(super) struct StatusArgs {
    /// The connection [default: all]
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

/// Tells how the connections are.
pub(super) fn status(global: &Global, args: &StatusArgs) -> Result<Exit, Trouble> {
    let (config, state) = global.load()?;
    let chosen = match &args.name {
        Some(name) => vec![find(&config, name)?],
        None => config.connections.iter().collect(),
    };
    let (now, cache) = (Utc::now(), Cache::new(cache_dir()));
    let files = global.files();
    // People see the first few open records, programs all of them.
    let listed = (global.output.format == Format::Human).then_some(LISTED);
    let timer = if chosen.iter().any(|one| one.import.auto_repeat) {
        Timer::of(&config.path, now)
    } else {
        Timer::None
    };
    let conditions: Vec<_> = chosen
        .into_iter()
        .map(|connection| condition(connection, &state, &files, &cache, listed, timer, now))
        .collect::<Result<_, _>>()?;
    let mut out = io::stdout().lock();
    // The reader may be gone; the exit code tells all the same.
    let _ = match global.output.format {
        Format::Human => {
            let text = render(&conditions, now, global.colours(), Global::width());
            writeln!(out, "{text}")
        }
        Format::Json => conditions.iter().try_for_each(|condition| {
            writeln!(out, "{}", escaped(&object(condition, now).to_string()))
        }),
        Format::Prometheus => write!(out, "{}", prometheus(&conditions)),
    };
    let symptoms = conditions.iter().flat_map(|one| &one.symptoms);
    Ok(Exit::of_all(&symptoms.map(exit).collect::<Vec<_>>()))
}

fn exit(symptom: &Symptom) -> Exit {
    match symptom {
        Symptom::TokenEnded(_) => Exit::Access,
        Symptom::LastRun(_) | Symptom::Stale(_) | Symptom::NeverComplete => Exit::Failed,
        Symptom::Failed(_) | Symptom::Uncertain(_) | Symptom::TokenEnds(_) => Exit::SomeFailed,
    }
}

fn condition(
    connection: &Connection,
    state: &Path,
    files: &str,
    cache: &Cache,
    listed: Option<u32>,
    timer: Timer,
    now: DateTime<Utc>,
) -> Result<Condition, StateError> {
    let view = View::open(state, &connection.key)?;
    let mut runs = view.runs(2)?.into_iter();
    let (mut last_run, mut running) = (runs.next(), None);
    if last_run.as_ref().is_some_and(|run| is_running(run, state)) {
        (running, last_run) = (last_run, runs.next());
    }
    let counts = view.open_counts()?;
    let access = access(connection, cache, now);
    let signs = Signs {
        auto_repeat: connection.import.auto_repeat,
        running: running.is_some(),
        last_run: last_run.as_ref().map(ended),
        complete_to: complete_to(connection, &view)?,
        failed: counts.failed,
        uncertain: counts.uncertain,
        token_ends: access.filter(|access| !access.renewable).map(|a| a.ends),
    };
    let symptoms = symptoms(&signs, now);
    Ok(Condition {
        connection: connection.key.clone(),
        files: files.to_owned(),
        name: connection.name.clone(),
        auto_repeat: signs.auto_repeat,
        timer: if signs.auto_repeat {
            timer
        } else {
            Timer::None
        },
        health: health(&signs, &symptoms),
        symptoms,
        running,
        last_run,
        last_good_run: view.last_good_run()?,
        complete_to: signs.complete_to,
        counts,
        gone: gone(&view)?,
        open: view.open_list(listed)?,
        access,
    })
}

/// Whether a run is under way: it has no end, and its connection is locked.
pub(super) fn is_running(run: &PastRun, state: &Path) -> bool {
    run.finished_at.is_none() && Lock::is_held(state, &run.connection)
}

fn ended(run: &PastRun) -> RunEnd {
    match run.status.as_deref() {
        Some("ok" | "partial") => RunEnd::Good,
        Some("stopped") => RunEnd::Stopped,
        Some(_) => RunEnd::Failed,
        None => RunEnd::Died,
    }
}

/// Up to when all that the connection imports was read: the earliest one of its streams. Only a
/// run that read everything moves it, so a run of one order does not pass for an import.
fn complete_to(connection: &Connection, view: &View) -> Result<Option<DateTime<Utc>>, StateError> {
    let mut earliest: Option<DateTime<Utc>> = None;
    for stream in connection.import.wanted(connection.program.streams) {
        match view.cursor(stream)?.filter(|cursor| !cursor.is_doubted()) {
            Some(cursor) => {
                earliest = Some(earliest.map_or(cursor.at, |at| at.min(cursor.at)));
            }
            None => return Ok(None),
        }
    }
    Ok(earliest)
}

/// How many records were deleted in Caflou.
fn gone(view: &View) -> Result<u64, StateError> {
    let mut gone = 0;
    for kind in Kind::ALL {
        gone += view.gone(kind)?.len() as u64;
    }
    Ok(gone)
}

/// When the access to Caflou ends. A password manager or keyring is not troubled for that.
fn access(connection: &Connection, cache: &Cache, now: DateTime<Utc>) -> Option<AccessEnd> {
    let cheap = |secret: &Secret| match secret {
        Secret::Plain(_) | Secret::Env(_) | Secret::File(_) => secret.resolve().ok(),
        Secret::Command(_) | Secret::Keyring(_) => None,
    };
    let caflou = &connection.caflou;
    let secret = |key| caflou.get::<&Secret>(key);
    if let Some(token) = secret("token") {
        return Some(AccessEnd {
            login: false,
            renewable: false,
            ends: token_ends(&cheap(token)?)?,
        });
    }
    let (email, password) = (caflou.get("email")?, cheap(secret("password")?)?);
    let url = caflou.get("api_url")?;
    let (ends, renewable) = login_ends(cache, url, email, &password, now)?;
    Some(AccessEnd {
        login: true,
        renewable,
        ends,
    })
}

fn object(of: &Condition, now: DateTime<Utc>) -> Value {
    let run = |run: &PastRun| {
        json!({
            "run_id": run.run_id,
            "started_at": rfc3339(run.started_at),
            "finished_at": run.finished_at.map(rfc3339),
            "status": run.status.as_deref().unwrap_or("died"),
            "error": run.error(),
            "error_class": run.error_class,
        })
    };
    let words = |symptom: &Symptom| symptom_words(*symptom, of, now);
    let mut object = json!({
        "type": "status",
        "connection": of.connection,
        "name": of.name,
        "health": of.health.as_str(),
        "troubles": of.symptoms.iter().map(words).collect::<Vec<_>>(),
        "auto_repeat": of.auto_repeat,
        "next_run_at": of.timer.next().map(rfc3339),
        "running_since": of.running.as_ref().map(|run| rfc3339(run.started_at)),
        "last_run": of.last_run.as_ref().map(run),
        "last_good_run": of.last_good_run.as_ref().map(run),
        "complete_to": of.complete_to.map(rfc3339),
        "failed": of.counts.failed,
        "uncertain": of.counts.uncertain,
        "open": of.open.iter().map(open).collect::<Vec<_>>(),
        "access": of.access.map(|access| json!({
            "kind": if access.login { "login" } else { "token" },
            "expires_at": rfc3339(access.ends),
        })),
    });
    if of.gone > 0 {
        object["gone"] = json!(of.gone);
    }
    object
}

fn open(record: &OpenRecord) -> Value {
    json!({
        "kind": record.kind,
        "source_id": record.source_id,
        "label": record.label,
        "state": if record.uncertain { "uncertain" } else { "failed" },
        "reason": record.reason,
        "attempts": record.attempts,
        "first_at": record.first.map(rfc3339),
        "last_at": record.last.map(rfc3339),
    })
}
