//! `connect`: the pairing wizard. `edit` without `--set` is the same with the present answers.

mod flags;
mod save;

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use super::run::find;
use super::signal::once_stopped;
use super::{Color, Exit, Failure, Global};
use crate::config::{Config, ConfigError, Connection, Editor, cache_dir, config_path};
use crate::http::Stopper;
use crate::output::Count;
use crate::state::Cache;
use crate::wizard::{Asker, Class, Connected, Ended, Given, Says, Services, Terminal, Wizard};

pub(super) use flags::ConnectArgs;
use save::Saved;

/// Makes a new connection.
pub(super) fn connect(global: &Global, args: &ConnectArgs) -> Result<Exit, Failure> {
    let given = args.given();
    let terminal = terminal(global);
    if !terminal.is_there() {
        let missing = given.missing();
        if !missing.is_empty() {
            return Err(Failure::usage(format!(
                "there is no terminal to ask at; say also: {} (--yes takes the usual answers to \
                 what is imported)",
                missing.join(", ")
            )));
        }
    }
    let path = config_path(global.config.clone());
    let config = match Config::load_any(&path) {
        Ok(config) => Some(config),
        Err(ConfigError::NotFound { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let all = config
        .as_ref()
        .map_or(&[][..], |config| &config.connections);
    let command = Command {
        global,
        path: &path,
        present: None,
        all,
    };
    command.run(terminal, given)
}

/// Asks anew what a connection is, with the present answers as the usual ones.
pub(super) fn edit(global: &Global, name: &str) -> Result<Exit, Failure> {
    let config = Config::load(&config_path(global.config.clone()))?;
    let present = find(&config, name)?;
    let terminal = terminal(global);
    if !terminal.is_there() {
        return Err(Failure::usage(
            "there is no terminal to ask at; say what to change with --set key=value",
        ));
    }
    let command = Command {
        global,
        path: &config.path,
        present: Some(present),
        all: &config.connections,
    };
    command.run(terminal, Given::default())
}

fn terminal(global: &Global) -> Terminal {
    Terminal::new(match global.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never,
    })
}

struct Command<'a> {
    global: &'a Global,
    path: &'a Path,
    present: Option<&'a Connection>,
    all: &'a [Connection],
}

impl Command<'_> {
    fn run(&self, mut terminal: Terminal, given: Given) -> Result<Exit, Failure> {
        // What is changed is the file as it is before the questions; a new connection goes into it
        // as it is after them.
        let before = self.present.map(|_| Editor::open(self.path)).transpose()?;
        let stopper = Stopper::default();
        let cache = Cache::new(cache_dir());
        let services = Services::new(cache, stopper.listener());
        let services = services.map_err(|error| Failure::new(Exit::Failed, error))?;
        let saving = Arc::new(AtomicBool::new(false));
        let asking = Arc::clone(&saving);
        services.runtime().spawn(once_stopped(move || {
            if !asking.load(Ordering::SeqCst) {
                let _ = writeln!(io::stderr(), "\nerror: {}", Ended::Stopped);
                std::process::exit(Exit::Failed as i32);
            }
        }));
        let wizard = Wizard::new(&mut terminal, &services, given, self.present, self.all);
        let mut connected = wizard.run().map_err(ended)?;
        saving.store(true, Ordering::SeqCst);
        let editor = match before {
            Some(editor) => editor,
            None => Editor::open(self.path)?,
        };
        let saved = save::save(editor, &mut connected.answers, self.present)?;
        self.tell(&mut terminal, &connected, &saved);
        Ok(Exit::Done)
    }

    fn tell(&self, terminal: &mut Terminal, connected: &Connected, saved: &Saved) {
        let Connected {
            answers,
            shop_name,
            account_name,
            customers,
            orders,
            doubles,
        } = connected;
        let path = self.path.display();
        let next = self.next(&answers.key);
        let mut out = io::stdout().lock();
        if self.global.json() {
            let doubles = doubles.map(|doubles| {
                json!({
                    "looked_at": doubles.looked_at,
                    "found": doubles.found,
                    "ours": doubles.ours,
                })
            });
            let object = json!({
                "type": "connected",
                "connection": answers.key,
                "name": answers.name,
                "program": answers.program.as_str(),
                "eshop_id": answers.eshop_id,
                "eshop": shop_name,
                "account_id": answers.account_id,
                "account": account_name,
                "customers": customers,
                "orders": orders,
                "already_in_caflou": doubles,
                "config": path.to_string(),
                "next": next,
            });
            let _ = writeln!(out, "{object}");
            return;
        }
        for kept in &saved.kept {
            terminal.say(Says::Note, &format!("A secret is kept: {kept}."));
        }
        if io::stdout().is_terminal() {
            let _ = writeln!(out);
        }
        let program = answers.program;
        let _ = writeln!(
            out,
            "connected: {shop_name} ({program} {}) → {account_name} (Caflou {})",
            answers.eshop_id, answers.account_id
        );
        let saved = match (self.present, saved.changed) {
            (Some(_), false) => "Nothing was changed",
            _ => "Saved",
        };
        let _ = writeln!(out, "{saved}: connection {} in {path}", answers.key);
        let sizes = [(customers, "customer"), (orders, "order")];
        let sizes = sizes
            .iter()
            .filter_map(|(count, noun)| Some(Count((**count)?, noun)));
        let sizes: Vec<_> = sizes.map(|count| count.to_string()).collect();
        if sizes.is_empty() {
            let _ = writeln!(out, "Nothing is imported: both modes are \"no\"");
        } else {
            let sizes = sizes.join(" and ");
            let _ = writeln!(
                out,
                "A run looks at {sizes}. To see what it would do, type:"
            );
        }
        let _ = writeln!(out, "\n    {next}");
    }

    /// The command to type next, with the same configuration.
    fn next(&self, key: &str) -> String {
        let variable = std::env::var_os("CAFLOU_SYNC_CONFIG");
        let named = self.global.config.as_ref();
        let named = named.filter(|path| variable.as_deref() != Some(path.as_os_str()));
        let config = named.map(|path| {
            let path = path.to_string_lossy();
            let quoted = shlex::try_quote(&path).map_or(path.to_string(), |word| word.to_string());
            format!(" --config {quoted}")
        });
        format!(
            "caflou-sync run {}{} --dry-run",
            shlex::try_quote(key).unwrap_or(key.into()),
            config.unwrap_or_default()
        )
    }
}

fn ended(ended: Ended) -> Failure {
    let exit = match &ended {
        Ended::Failed(trouble) => match trouble.class {
            Class::Usage => Exit::Usage,
            Class::Refused | Class::Rights => Exit::Access,
            Class::Down | Class::Odd => Exit::Failed,
        },
        Ended::Stopped | Ended::Terminal(_) => Exit::Failed,
    };
    Failure::new(exit, ended)
}
