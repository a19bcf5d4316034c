//! `remove`: takes a connection out of the configuration.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::confirm::confirm;
use super::edit::delete_secrets;
use super::forget::{end, open};
use super::shared::key_of;
use super::{Exit, Global, Trouble};
use crate::config::{ConfigError, Editor, Kept, Vault, config_path, state_path};
use crate::shell::word;
use crate::source::registry::source_of;
use crate::state::View;
use crate::text::{escaped, safe};

/// What `remove` is asked for.
#[derive(Debug, Args)]
pub(super) struct RemoveArgs {
    /// The connection
    #[arg(value_name = "NAME")]
    name: String,
    /// Also delete its import state: what was imported as what, and the history
    #[arg(long)]
    forget: bool,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

/// Removes the connection, after asking.
pub(super) fn remove(global: &Global, args: &RemoveArgs) -> Result<Exit, Trouble> {
    let mut editor = Editor::open(&config_path(global.config.clone()))?;
    let key = key_of(&editor, &args.name)?;
    let before = editor.clone();
    editor.remove_connection(&key);
    let mut goes = Goes {
        secrets: Vault::left_over(&before.references(), &editor.references()),
        state: state(global, &editor, &key, args.forget)?,
        forget: args.forget,
        last: editor.connections().is_empty(),
        key,
    };
    if !confirm(&goes.question(&before), args.yes)? {
        return Ok(Exit::Done);
    }
    // a run under way is found out before anything is changed
    let state = goes.state.clone().filter(|_| args.forget);
    let opened = state.as_deref().map(|state| open(state, &goes.key));
    let opened = opened.transpose()?;
    editor.save()?;
    let deleted = delete_secrets(&editor, &goes.secrets);
    if deleted.is_err() {
        goes.secrets.clear();
    }
    if let (Some(state), Some((_lock, mut journal))) = (state, opened) {
        journal.forget_connection()?;
        let clean = journal.scrub()?;
        end(&state, clean)?;
    }
    goes.tell(global);
    deleted.map(|()| Exit::Done)
}

/// The state file, if it holds something of the connection.
fn state(
    global: &Global,
    editor: &Editor,
    key: &str,
    needed: bool,
) -> Result<Option<PathBuf>, Trouble> {
    let path = match editor.check() {
        Ok(config) => state_path(global.state.clone(), &config),
        // others are wrong, too: this one can be removed all the same
        Err(ConfigError::Invalid { .. }) if !needed => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let known = View::connections(&path)?;
    Ok(known.iter().any(|other| other == key).then_some(path))
}

/// What goes, and what stays.
struct Goes {
    key: String,
    secrets: Vec<Kept>,
    state: Option<PathBuf>,
    forget: bool,
    last: bool,
}

impl Goes {
    fn question(&self, before: &Editor) -> String {
        let text = |path: &[&str]| {
            let value = before.get(&[&["connections", &self.key], path].concat())?;
            Some(
                value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned),
            )
        };
        let program = text(&["program"]);
        let source = program.as_deref().and_then(source_of);
        let whose = source.and_then(|one| Some((one, text(&one.identity_path())?)));
        let what = [
            Some(format!("`{}`", self.key)),
            text(&["name"]),
            whose.map(|(source, id)| format!("{} {id}", source.name)),
            text(&["caflou", "account_id"]).map(|id| format!("Caflou account {id}")),
        ];
        let what = what.into_iter().flatten().collect::<Vec<_>>().join(", ");
        let path = before.path().display();
        let mut first = format!("This removes the connection {what} from {path}");
        let mut with: Vec<_> = self.secrets.iter().map(ToString::to_string).collect();
        let state = self.state.as_deref().filter(|_| self.forget);
        with.extend(state.map(|state| format!("its import state in {}", state.display())));
        if !with.is_empty() {
            first = format!("{first}, and deletes with it: {}", with.join(", "));
        }
        let mut lines = vec![first];
        lines.extend(self.kept_line());
        lines.push("Caflou and the shop are not touched".to_owned());
        let lines: Vec<_> = lines.iter().map(|line| safe(line)).collect();
        lines.join(".\n")
    }

    fn kept_line(&self) -> Option<String> {
        let state = self.state.as_deref().filter(|_| !self.forget)?.display();
        let key = word(&self.key);
        Some(format!(
            "Its import state in {state} is kept; to delete it: caflou-sync forget {key}"
        ))
    }

    fn tell(&self, global: &Global) {
        let mut out = io::stdout().lock();
        if global.json() {
            let secrets: Vec<_> = self.secrets.iter().map(ToString::to_string).collect();
            let state = match (&self.state, self.forget) {
                (None, _) => "none",
                (Some(_), true) => "forgotten",
                (Some(_), false) => "kept",
            };
            let line = json!({
                "type": "removed", "connection": self.key, "state": state, "secrets": secrets,
                "last": self.last,
            });
            let _ = writeln!(out, "{}", escaped(&line.to_string()));
            return;
        }
        let _ = writeln!(out, "removed: {}", safe(&self.key));
        for secret in &self.secrets {
            let _ = writeln!(out, "deleted: {secret}");
        }
        match (&self.state, self.forget) {
            (Some(_), true) => drop(writeln!(out, "deleted: its import state")),
            _ => drop(self.kept_line().map(|line| writeln!(out, "{line}"))),
        }
        if self.last {
            let _ = writeln!(
                out,
                "It was the last one. To make another: caflou-sync connect. To end scheduled runs: \
                 caflou-sync schedule uninstall"
            );
        }
    }
}
