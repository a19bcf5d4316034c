//! `forget`: deletes personal data from the state file.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use chrono::Utc;
use clap::Args;
use serde_json::json;

use super::confirm::confirm;
use super::history::known_key;
use super::{Exit, Global, Trouble, part};
use crate::config::Config;
use crate::output::Count;
use crate::record::{Kind, SourceId, Stream};
use crate::run::NamedRecord;
use crate::state::{Belonging, Journal, Lock, View};
use crate::text::{escaped, safe};
use crate::trouble::Class;

/// What `forget` is asked for.
#[derive(Debug, Args)]
pub(super) struct ForgetArgs {
    /// The connection, also one that is not in the configuration any more
    #[arg(value_name = "NAME")]
    name: String,
    /// Only this customer with their orders; may be repeated
    #[arg(long = "customer", value_name = "GUID")]
    customers: Vec<String>,
    /// Only this order, such as a guest's; may be repeated
    #[arg(long = "order", value_name = "CODE")]
    orders: Vec<String>,
    /// The same for any record: its stream and its key there, such as customers/GUID; may be repeated
    #[arg(long = "record", value_name = "STREAM/ID", value_parser = part::record)]
    records: Vec<NamedRecord>,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

/// Deletes, after asking.
pub(super) fn forget(global: &Global, args: &ForgetArgs) -> Result<Exit, Trouble> {
    let (config, state) = global.load_any()?;
    let key = known_key(&config, &state, &args.name)?;
    let named = args.named();
    let task = ForgetTask {
        global,
        yes: args.yes,
        streams: part::streams_of(&config, &key),
        state: &state,
        key: &key,
    };
    if !View::exists(&state)? {
        return Err(Trouble::usage(format!(
            "{} holds nothing: no run wrote it yet",
            state.display()
        )));
    }
    if named.is_empty() {
        task.connection(&config)
    } else {
        task.people(&named)
    }
}

impl ForgetArgs {
    fn named(&self) -> Vec<NamedRecord> {
        let customers = self.customers.iter();
        let customers = customers.map(|id| part::short(part::OF_CUSTOMER, id));
        let orders = self.orders.iter().map(|id| part::short(part::OF_ORDER, id));
        let short = customers.chain(orders);
        short.chain(self.records.iter().cloned()).collect()
    }
}

struct ForgetTask<'a> {
    global: &'a Global,
    yes: bool,
    streams: Vec<&'static Stream>,
    state: &'a Path,
    key: &'a str,
}

impl ForgetTask<'_> {
    fn connection(&self, config: &Config) -> Result<Exit, Trouble> {
        let key = self.key;
        let connection = config.connection(key);
        if connection.is_some_and(|connection| !connection.mapping.match_existing) {
            return Err(Trouble::usage(format!(
                "`{key}` has match_existing = false: once its state is forgotten, a run would \
                 create every company and income a second time. Set match_existing = true first, \
                 or remove the connection from the configuration"
            )));
        }
        let then = match connection {
            Some(_) => {
                "A later run links what it finds in Caflou, and creates what it does not \
                        find: also what was deleted there"
            }
            None => "It is not in the configuration any more",
        };
        let question = format!(
            "This deletes all that {} holds of `{key}`: which records were imported as what, and \
             the history. {then}. Caflou and the shop are not touched",
            self.state.display()
        );
        if !confirm(&question, self.yes)? {
            return Ok(Exit::Done);
        }
        let (_lock, mut journal) = open(self.state, key)?;
        journal.forget_connection()?;
        let clean = journal.scrub()?;
        if self.global.json() {
            Self::print(&json!({"type": "forgotten", "connection": key, "all": true}).to_string());
        } else {
            Self::print(&format!("forgotten: all of {key}"));
        }
        end(self.state, clean)?;
        Ok(Exit::Done)
    }

    fn people(&self, named: &[NamedRecord]) -> Result<Exit, Trouble> {
        let records = named.iter();
        let records = records.map(|named| part::key(named, &self.streams, self.key));
        let records = records.collect::<Result<Vec<_>, _>>();
        let records = records.map_err(Trouble::usage)?;
        let view = View::open(self.state, self.key)?;
        let held = view.belonging(&records)?;
        drop(view);
        if !held.unknown.is_empty() {
            return Err(Trouble::usage(format!(
                "nothing is held of {} in `{}`; nothing was deleted. Where companies are \
                 not imported, name their documents: {}",
                joined(held.unknown.iter()),
                self.key,
                self.documents("ID")
            )));
        }
        let question = format!(
            "This deletes the names and values of {} from {}, and what is told of them in the \
             history. That they were imported is kept: they are never imported again, and later \
             changes in the shop no longer reach Caflou{}. Caflou and the shop are not touched",
            self.what(&held),
            self.state.display(),
            self.same_name(&held),
        );
        if !confirm(&question, self.yes)? {
            return Ok(Exit::Done);
        }
        let (_lock, mut journal) = open(self.state, self.key)?;
        // A run may have imported more of them while the question was open.
        let view = journal.view()?;
        let held = view.belonging(&records)?;
        drop(view);
        journal.forget_people(&held)?;
        let clean = journal.scrub()?;
        self.tell(&held);
        end(self.state, clean)?;
        Ok(Exit::Done)
    }

    fn what(&self, held: &Belonging) -> String {
        let streams = self.streams.iter();
        let counts = streams.map(|stream| (of(stream, held).len() as u64, stream.one));
        let counts = counts.filter(|(count, _)| *count > 0);
        let counts: Vec<_> = counts
            .map(|(count, one)| Count(count, one).to_string())
            .collect();
        format!("{} of `{}`", counts.join(" and "), self.key)
    }

    /// How documents are named on the command line.
    fn documents(&self, id: &str) -> String {
        let streams = self.streams.iter();
        let documents = streams.filter(|stream| stream.kind.is_document());
        let flags = documents.map(|stream| format!("--record {}/{id}", stream.word));
        flags.collect::<Vec<_>>().join(" or ")
    }

    fn tell(&self, held: &Belonging) {
        let left = Kind::ALL.map(|kind| {
            let of = held.held.iter().filter(|held| held.kind == kind);
            let mut ids: Vec<_> = of.filter_map(|held| held.caflou_id).collect();
            ids.sort_unstable();
            (kind.plural(), ids)
        });
        let has = |kind: &str| {
            self.streams
                .iter()
                .any(|stream| stream.kind.plural() == kind)
        };
        if self.global.json() {
            let mut object = json!({
                "type": "forgotten",
                "connection": self.key,
                "all": false,
                "same_name": held.same_name.iter().map(|(_, id)| id).collect::<Vec<_>>(),
                "caflou": left.into_iter().filter(|(kind, _)| has(kind)).collect::<BTreeMap<_, _>>(),
            });
            for stream in &self.streams {
                object[stream.word] = json!(of(stream, held));
            }
            return Self::print(&escaped(&object.to_string()));
        }
        Self::print(&safe(&format!("forgotten: {}", self.what(held))));
        let left = left.into_iter().filter(|(_, ids)| !ids.is_empty());
        let left: Vec<_> = left.collect();
        if !left.is_empty() {
            let left = left.iter();
            let left = left.map(|(kinds, ids)| format!("{kinds} {}", joined(ids.iter())));
            let left = left.collect::<Vec<_>>().join("; ");
            Self::print(&format!("in Caflou there still are: {left}"));
        }
        if !held.same_name.is_empty() {
            Self::print(&safe(&format!(
                "linked by nothing but the name: {}; a run may read them again. If they are the same \
                 person's: caflou-sync forget {} {}",
                joined(held.same_name.iter().map(|(_, id)| id)),
                self.key,
                self.documents("ID")
            )));
        }
    }

    fn same_name(&self, held: &Belonging) -> String {
        if held.same_name.is_empty() {
            return String::new();
        }
        format!(
            ". Not among them, as nothing but the name links them: {} (add {})",
            joined(held.same_name.iter().map(|(_, id)| id)),
            self.documents("ID")
        )
    }

    fn print(text: &str) {
        let _ = writeln!(io::stdout().lock(), "{text}");
    }
}

/// The state for writing, with no run beside it.
pub(super) fn open(state: &Path, key: &str) -> Result<(Lock, Journal), Trouble> {
    let lock = Lock::take(state, key, Utc::now())?;
    Ok((lock, Journal::open(state, key)?))
}

/// A failure where remains are left.
pub(super) fn end(state: &Path, clean: bool) -> Result<(), Trouble> {
    if clean {
        return Ok(());
    }
    Err(Trouble::new(
        Class::Machine,
        format!(
            "deleted, but another program has {} open, and remains may still be in its free \
             places: run the same command again when that has ended",
            state.display()
        ),
    ))
}

/// The keys of a stream's records among those that are held.
fn of<'h>(stream: &Stream, held: &'h Belonging) -> Vec<&'h SourceId> {
    let [from, before] = stream.keys();
    let own = held.held.iter().filter(|held| {
        let id = held.source_id.as_str();
        held.kind == stream.kind && id >= from.as_str() && id < before.as_str()
    });
    own.map(|held| &held.source_id).collect()
}

fn joined<T: ToString>(all: impl Iterator<Item = T>) -> String {
    all.map(|one| one.to_string())
        .collect::<Vec<_>>()
        .join(", ")
}
