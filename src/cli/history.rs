//! `history`: past runs and what each did, record by record. Reads the state file; asks nobody.

use std::io::{self, Write};
use std::path::Path;

use clap::Args;
use serde_json::{Value, json};

use super::shared::{others, rfc3339};
use super::status::is_running;
use super::{Exit, Global, Trouble, part};
use crate::config::Config;
use crate::output::{HistoryOptions, RecordHistory, ShownRun, run_history, runs as render, story};
use crate::record::{Attributes, Kind, SourceId};
use crate::run::NamedRecord;
use crate::state::{PastRun, StateError, View};
use crate::sync::report::Change;
use crate::text::{escaped, safe};

/// Runs named when the beginning of an id fits several.
const CANDIDATES: u32 = 5;

/// What `history` is asked for.
#[derive(Debug, Args)]
pub(super) struct HistoryArgs {
    /// The connection [default: all]
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// So many runs
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// One run, record by record; the beginning of its id is enough
    #[arg(long, value_name = "ID", conflicts_with_all = ["order", "customer", "record"])]
    run: Option<String>,
    /// Everything that happened to the order with this code, and where it stands
    #[arg(long, value_name = "CODE", conflicts_with_all = ["customer", "record"])]
    order: Option<String>,
    /// Everything that happened to the customer with this guid, and where it stands
    #[arg(long, value_name = "GUID", conflicts_with = "record")]
    customer: Option<String>,
    /// The same for any record: its stream and its key there, such as customers/GUID
    #[arg(long, value_name = "STREAM/ID", value_parser = part::record)]
    record: Option<NamedRecord>,
}

/// Tells what happened.
pub(super) fn history(global: &Global, args: &HistoryArgs) -> Result<Exit, Trouble> {
    let (config, state) = global.load_any()?;
    let keys = match &args.name {
        Some(name) => vec![known_key(&config, &state, name)?],
        None => config.connections.iter().map(|c| c.key.clone()).collect(),
    };
    let shown = ShownHistory {
        global,
        state: &state,
        keys,
    };
    let order = args
        .order
        .as_ref()
        .map(|id| part::short(part::OF_ORDER, id));
    let customer = args.customer.as_ref();
    let customer = customer.map(|id| part::short(part::OF_CUSTOMER, id));
    let record = args.record.clone().or(order).or(customer);
    match (&args.run, record) {
        (Some(id), _) => shown.run(id.trim()),
        (None, Some(named)) => shown.record(&config, &named),
        (None, None) => Ok(shown.runs(args.limit)?),
    }
}

/// The key of a connection of the configuration, or of one that only the state file still knows.
pub(super) fn known_key(config: &Config, state: &Path, name: &str) -> Result<String, Trouble> {
    if let Some(connection) = config.connection(name) {
        return Ok(connection.key.clone());
    }
    let mut known = View::connections(state)?;
    if known.iter().any(|key| key == name) {
        return Ok(name.to_owned());
    }
    let keys = config.connections.iter().map(|one| one.key.clone());
    known.extend(keys);
    known.sort();
    known.dedup();
    let others = others(config.nearest(name), known.iter().map(String::as_str));
    Err(Trouble::usage(format!(
        "no connection `{name}`, neither in {} nor in {}{others}",
        config.path.display(),
        state.display()
    )))
}

struct ShownHistory<'a> {
    global: &'a Global,
    state: &'a Path,
    keys: Vec<String>,
}

impl ShownHistory<'_> {
    fn options(&self) -> HistoryOptions {
        HistoryOptions {
            color: self.global.colours(),
            width: Global::width(),
            all: self.global.output.verbose > 0,
        }
    }

    /// Prints lines. The reader may be gone (`| head`).
    fn print(text: &str) {
        let _ = writeln!(io::stdout().lock(), "{text}");
    }

    fn shown(&self, run: PastRun) -> ShownRun {
        let running = is_running(&run, self.state);
        ShownRun { run, running }
    }

    fn runs(&self, limit: u32) -> Result<Exit, StateError> {
        let mut all = Vec::new();
        for key in &self.keys {
            all.extend(View::open(self.state, key)?.runs(limit)?);
        }
        all.sort_by(|a, b| (b.started_at, &b.run_id).cmp(&(a.started_at, &a.run_id)));
        all.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        let all: Vec<_> = all.into_iter().map(|run| self.shown(run)).collect();
        if self.global.json() {
            for run in &all {
                Self::print(&escaped(&object(run).to_string()));
            }
        } else if all.is_empty() {
            Self::print("no runs yet");
        } else {
            Self::print(&render(&all, self.options()));
        }
        Ok(Exit::Done)
    }

    fn run(&self, id: &str) -> Result<Exit, Trouble> {
        let mut found = Vec::new();
        for key in &self.keys {
            let view = View::open(self.state, key)?;
            found.extend(view.runs_beginning(id, CANDIDATES)?);
        }
        let run = match found.len() {
            0 => {
                return Err(Trouble::usage(format!(
                    "no run has an id that begins with `{id}`; `caflou-sync history{}` lists them",
                    self.global.files()
                )));
            }
            1 => self.shown(found.remove(0)),
            _ => {
                let ids: Vec<_> = found.iter().map(|run| run.run_id.as_str()).collect();
                let ids = ids.join(", ");
                return Err(Trouble::usage(format!(
                    "several runs begin with `{id}`: {ids}"
                )));
            }
        };
        let mut changes = Vec::new();
        View::open(self.state, &run.run.connection).and_then(|view| {
            view.run_changes(&run.run.run_id, |change| changes.push(change.to_owned()))
        })?;
        if self.global.json() {
            Self::print(&escaped(&object(&run).to_string()));
            for change in &changes {
                Self::print(&escaped(&change_line(&run.run.run_id, change)));
            }
        } else {
            let changes: Vec<_> = changes
                .iter()
                .filter_map(|text| Change::read(text))
                .collect();
            Self::print(&run_history(&run, &changes, self.options()));
        }
        Ok(Exit::Done)
    }

    fn record(&self, config: &Config, named: &NamedRecord) -> Result<Exit, Trouble> {
        let (mut blocks, mut said) = (Vec::new(), None);
        for key in &self.keys {
            let streams = part::streams_of(config, key);
            let (kind, source_id) = match part::key(named, &streams, key) {
                Ok(record) => record,
                Err(none) => {
                    said = Some(none);
                    continue;
                }
            };
            let found = self.look_up(key, kind, &source_id)?;
            let Some(of) = found else { continue };
            if self.global.json() {
                blocks.push(record_object(&of).to_string());
                for told in &of.told {
                    blocks.push(change_line(&told.run_id, &told.change));
                }
            } else {
                blocks.push(story(&of, self.options()));
            }
        }
        if blocks.is_empty() {
            return Err(Trouble::usage(said.unwrap_or_else(|| {
                format!(
                    "no run of {} has dealt with {}/{}; is that right? A run that left it unchanged \
                     tells nothing of it",
                    self.keys.join(", "),
                    named.stream,
                    safe(&named.id)
                )
            })));
        }
        if self.global.json() {
            Self::print(&escaped(&blocks.join("\n")));
        } else {
            Self::print(&blocks.join("\n\n"));
        }
        Ok(Exit::Done)
    }

    fn look_up(
        &self,
        key: &str,
        kind: Kind,
        id: &SourceId,
    ) -> Result<Option<RecordHistory>, StateError> {
        let view = View::open(self.state, key)?;
        let (known, told) = (view.known(kind, id)?, view.told_of(kind, id)?);
        if known.is_none() && told.is_empty() {
            return Ok(None);
        }
        Ok(Some(RecordHistory {
            connection: key.to_owned(),
            kind,
            source_id: id.clone(),
            known,
            awaits: view.awaits(kind, id)?,
            told,
        }))
    }
}

fn object(shown: &ShownRun) -> Value {
    let (run, summary) = (&shown.run, &shown.run.summary);
    json!({
        "type": "run",
        "run_id": run.run_id,
        "connection": run.connection,
        "started_at": rfc3339(run.started_at),
        "finished_at": run.finished_at.map(rfc3339),
        "status": shown.result(),
        "error": run.error(),
        "error_class": run.error_class,
        "companies": summary["companies"],
        "incomes": summary["incomes"],
        "totals": summary["totals"],
        "requests": summary["requests"],
    })
}

/// A change as it was reported, with its run in front.
fn change_line(run_id: &str, change: &str) -> String {
    let rest = change.strip_prefix('{').unwrap_or("}");
    let comma = if rest == "}" { "" } else { "," };
    let run_id = Value::from(run_id);
    format!("{{\"type\":\"change\",\"run_id\":{run_id}{comma}{rest}")
}

fn record_object(of: &RecordHistory) -> Value {
    let known = of.known.as_ref();
    let values = |values: &Attributes| (!values.is_empty()).then(|| values.to_json());
    let failure = known.and_then(|known| known.failure.as_ref());
    let state = match known {
        None => "not-imported",
        Some(known) if known.is_forgotten() => "forgotten",
        Some(known) => known.state.as_str(),
    };
    json!({
        "type": "record",
        "connection": of.connection,
        "kind": of.kind,
        "source_id": of.source_id,
        "label": known.map(|known| &known.label),
        "state": state,
        "caflou_id": known.and_then(|known| known.caflou_id),
        "source": known.and_then(|known| values(&known.source)),
        "written": known.and_then(|known| values(&known.written)),
        "pending": known.and_then(|known| values(&known.pending)),
        "awaits": of.awaits,
        "reason": failure.map(|failure| &failure.reason),
        "attempts": failure.map_or(0, |failure| failure.attempts),
        "first_at": failure.map(|failure| rfc3339(failure.first)),
        "last_at": failure.map(|failure| rfc3339(failure.last)),
    })
}
