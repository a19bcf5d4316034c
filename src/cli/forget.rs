//! `forget`: deletes personal data from the state file.

use std::io::{self, Write};
use std::path::Path;

use chrono::Utc;
use clap::Args;
use serde_json::json;

use super::confirm::confirm;
use super::history::known_key;
use super::{Exit, Global, Trouble};
use crate::config::Config;
use crate::output::Count;
use crate::record::{CaflouId, SourceId};
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
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

/// Deletes, after asking.
pub(super) fn forget(global: &Global, args: &ForgetArgs) -> Result<Exit, Trouble> {
    let (config, state) = global.load_any()?;
    let key = known_key(&config, &state, &args.name)?;
    let whole = args.customers.is_empty() && args.orders.is_empty();
    let task = ForgetTask {
        global,
        args,
        state: &state,
        key: &key,
    };
    if !View::exists(&state)? {
        return Err(Trouble::usage(format!(
            "{} holds nothing: no run wrote it yet",
            state.display()
        )));
    }
    if whole {
        task.connection(&config)
    } else {
        task.people()
    }
}

struct ForgetTask<'a> {
    global: &'a Global,
    args: &'a ForgetArgs,
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
        if !confirm(&question, self.args.yes)? {
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

    fn people(&self) -> Result<Exit, Trouble> {
        let ids = |all: &[String]| -> Vec<_> {
            all.iter()
                .map(|id| SourceId(id.trim().to_owned()))
                .collect()
        };
        let (customers, orders) = (ids(&self.args.customers), ids(&self.args.orders));
        let view = View::open(self.state, self.key)?;
        let held = view.belonging(&customers, &orders)?;
        drop(view);
        if !held.unknown.is_empty() {
            return Err(Trouble::usage(format!(
                "nothing is held of {} in `{}`; nothing was deleted. Where the companies of \
                 customers are not imported, name their orders: --order CODE",
                joined(held.unknown.iter()),
                self.key
            )));
        }
        let question = format!(
            "This deletes the names and values of {} from {}, and what is told of them in the \
             history. That they were imported is kept: they are never imported again, and later \
             changes in the shop no longer reach Caflou{}. Caflou and the shop are not touched",
            self.what(&held),
            self.state.display(),
            same_name(&held),
        );
        if !confirm(&question, self.args.yes)? {
            return Ok(Exit::Done);
        }
        let (_lock, mut journal) = open(self.state, self.key)?;
        // A run may have imported more of them while the question was open.
        let view = journal.view()?;
        let held = view.belonging(&customers, &orders)?;
        drop(view);
        journal.forget_people(&held)?;
        let clean = journal.scrub()?;
        self.tell(&held);
        end(self.state, clean)?;
        Ok(Exit::Done)
    }

    fn what(&self, held: &Belonging) -> String {
        let mut parts = Vec::new();
        let (companies, incomes) = (held.companies.len() as u64, held.incomes.len() as u64);
        if companies > 0 {
            parts.push(Count(companies, "customer").to_string());
        }
        if incomes > 0 {
            parts.push(Count(incomes, "order").to_string());
        }
        format!("{} of `{}`", parts.join(" and "), self.key)
    }

    fn tell(&self, held: &Belonging) {
        let companies = held.companies.iter().filter_map(|held| held.caflou_id);
        let incomes = held.incomes.iter().filter_map(|held| held.caflou_id);
        let sorted = |ids: &mut dyn Iterator<Item = CaflouId>| {
            let mut ids: Vec<_> = ids.map(|id| id.0).collect();
            ids.sort_unstable();
            ids
        };
        let (companies, incomes) = (sorted(&mut { companies }), sorted(&mut { incomes }));
        if self.global.json() {
            let ids = |all: &std::collections::BTreeSet<crate::state::HeldRecord>| -> Vec<_> {
                all.iter().map(|held| held.source_id.clone()).collect()
            };
            let object = json!({
                "type": "forgotten",
                "connection": self.key,
                "all": false,
                "customers": ids(&held.companies),
                "orders": ids(&held.incomes),
                "same_name": held.same_name,
                "caflou": {"companies": companies, "incomes": incomes},
            });
            return Self::print(&escaped(&object.to_string()));
        }
        Self::print(&safe(&format!("forgotten: {}", self.what(held))));
        let list = |word: &str, ids: &[i64]| {
            (!ids.is_empty()).then(|| format!("{word} {}", joined(ids.iter())))
        };
        let left = [list("companies", &companies), list("incomes", &incomes)];
        let left: Vec<_> = left.into_iter().flatten().collect();
        if !left.is_empty() {
            Self::print(&format!("in Caflou there still are: {}", left.join("; ")));
        }
        if !held.same_name.is_empty() {
            Self::print(&format!(
                "linked by nothing but the name: orders {}; a run may read them again. If they \
                 are the same person's: caflou-sync forget {} --order CODE",
                joined(held.same_name.iter()),
                self.key
            ));
        }
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

fn same_name(held: &Belonging) -> String {
    match held.same_name.len() {
        0 => String::new(),
        _ => format!(
            ". Not among them, as nothing but the name links them: orders {} (add --order CODE)",
            joined(held.same_name.iter())
        ),
    }
}

fn joined<T: ToString>(all: impl Iterator<Item = T>) -> String {
    all.map(|one| one.to_string())
        .collect::<Vec<_>>()
        .join(", ")
}
