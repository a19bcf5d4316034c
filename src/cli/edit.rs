//! `edit`: changes settings of a connection; without `--set` and `--unset` the wizard asks.

use std::io::{self, Write};
use std::path::Path;
use std::slice;

use clap::Args;
use serde_json::json;
use toml_edit::Value;

use super::connect;
use super::shared::key_of;
use super::signal::ending_runtime;
use super::{Exit, Global, Trouble};
use crate::config::{
    Assignment, Config, ConfigError, Connection, Editor, Kept, Problem, Secret, Setting, Vault,
    config_path, dotted, state_path,
};
use crate::output;
use crate::shell::word;
use crate::source::Definition;
use crate::source::registry::source_of;
use crate::state::View;
use crate::text::escaped;
use crate::trouble::Class;

/// What `edit` is asked for.
#[derive(Debug, Args)]
pub(super) struct EditArgs {
    /// The connection
    #[arg(value_name = "NAME")]
    name: String,
    /// Do not ask, but give a setting this value, such as import.incomes=new-only; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Take a setting away, so that its usual value holds; may be repeated
    #[arg(long, value_name = "KEY")]
    unset: Vec<String>,
}

/// A setting that is not what it was: with its values for people.
type EditedSetting = (String, Option<String>, Option<String>);

/// Changes the settings that were named, all of them or none.
pub(super) fn edit(global: &Global, args: &EditArgs) -> Result<Exit, Trouble> {
    if args.set.is_empty() && args.unset.is_empty() {
        return connect::edit(global, &args.name);
    }
    let mut editor = Editor::open(&config_path(global.config.clone()))?;
    let key = key_of(&editor, &args.name)?;
    let (assignments, taken) = settings(args)?;
    let before = editor.clone();
    for (setting, value) in &assignments {
        editor.set(&setting.path(&key), value.clone())?;
    }
    for setting in &taken {
        editor.unset(&setting.path(&key));
    }
    let config = editor.check().map_err(|error| refused(&key, error))?;
    let state = state_path(global.state.clone(), &config);
    same_sides(&before, &editor, &key, &state)?;
    let named = assignments.iter().map(|(setting, _)| setting).chain(&taken);
    let changes = changes(&key, named, &before, &editor);
    if editor.is_changed() {
        editor.save()?;
    }
    // A secret's command may be asked for it; until the end, as no signal is heard without it.
    let _listens = ending_runtime()?;
    let (goes, stays) = left_over(&config, &key, &before, &editor);
    for (kept, error) in &stays {
        let _ = writeln!(
            io::stderr(),
            "warning: {error}; the old secret stays in {kept}. Delete it yourself once \
             `caflou-sync test {}` is well",
            word(&key)
        );
    }
    let deleted = delete_secrets(&editor, &goes);
    let gone = if deleted.is_ok() { &goes[..] } else { &[] };
    print(global, &key, &changes, gone);
    deleted.map(|()| Exit::Done)
}

/// What was imported was imported from this e-shop into this account. Under the key of a connection
/// of others, a run would take new orders for imported ones.
pub(super) fn same_sides(
    before: &Editor,
    after: &Editor,
    key: &str,
    state: &Path,
) -> Result<(), Trouble> {
    let sides = [whose(before, key), vec!["caflou", "account_id"]];
    let changed = sides.into_iter().find(|side| {
        let path = [&["connections", key], side.as_slice()].concat();
        let text = |editor: &Editor| editor.get(&path).map(|value| text_of(&value));
        text(before) != text(after)
    });
    let Some(side) = changed else {
        return Ok(());
    };
    let known = View::connections(state)?;
    if !known.iter().any(|other| other == key) {
        return Ok(());
    }
    Err(Trouble::usage(format!(
        "nothing was changed: all that `{key}` imported until now belongs to its present {} ({}). \
         For another one make another connection: caflou-sync connect. Or delete the import state \
         first: caflou-sync forget {}",
        side.join("."),
        state.display(),
        word(key)
    )))
}

/// The setting that says whose records a connection imports.
fn whose(editor: &Editor, key: &str) -> Vec<&'static str> {
    let program = editor.get(&["connections", key, "program"]);
    let word = program.as_ref().and_then(Value::as_str);
    let source = word.and_then(source_of);
    source.map_or_else(|| vec!["program"], Definition::identity_path)
}

/// An ID may be written as a number or as text.
fn text_of(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// The secrets that the program kept and that are named no more. Where the connection now gets that
/// secret gives none, the old one may be the only copy: those stay, with what is wrong.
fn left_over(
    config: &Config,
    key: &str,
    before: &Editor,
    after: &Editor,
) -> (Vec<Kept>, Vec<(Kept, Trouble)>) {
    let (mut goes, mut stays) = (Vec::new(), Vec::new());
    let after = after.references();
    for reference in before.references() {
        let side = reference.key.split('.').next().unwrap_or_default();
        for kept in Vault::left_over(slice::from_ref(&reference), &after) {
            let sides = config.connection(key).map(Connection::sides);
            let mut sides = sides.iter().flatten().filter(|(name, _)| *name == side);
            let new = sides.next().and_then(|(_, values)| values.secrets().next());
            let new = new.map(|(_, secret)| secret);
            match new.map(Secret::resolve) {
                Some(Err(error)) => stays.push((kept, Trouble::of(Class::Access, &error))),
                Some(Ok(_)) | None => goes.push(kept),
            }
        }
    }
    (goes, stays)
}

/// Deletes secrets that the configuration names no more.
pub(super) fn delete_secrets(editor: &Editor, secrets: &[Kept]) -> Result<(), Trouble> {
    let vault = Vault::beside(editor.path());
    for secret in secrets {
        vault.delete(secret).map_err(|error| {
            let told = format!("the configuration is changed, but {secret} could not be deleted");
            Trouble::of(Class::Machine, &error).within(&told)
        })?;
    }
    Ok(())
}

/// What is to be set and unset, or all that is wrong with the flags.
fn settings(args: &EditArgs) -> Result<(Vec<Assignment>, Vec<Setting>), Trouble> {
    let mut wrong = Vec::new();
    let mut assignments: Vec<Assignment> = Vec::new();
    let mut taken = Vec::new();
    let mut seen: Vec<Setting> = Vec::new();
    let mut twice = |setting: &Setting| {
        let twice = seen.contains(setting);
        seen.push(setting.clone());
        twice.then(|| format!("{setting}: named twice"))
    };
    for text in &args.set {
        match Setting::assignment(text) {
            Ok(assignment) => {
                wrong.extend(twice(&assignment.0));
                assignments.push(assignment);
            }
            Err(message) => wrong.push(message),
        }
    }
    for text in &args.unset {
        match Setting::parse(text.trim()) {
            Ok(setting) => {
                wrong.extend(twice(&setting));
                taken.push(setting);
            }
            Err(message) => wrong.push(message),
        }
    }
    if wrong.is_empty() {
        Ok((assignments, taken))
    } else {
        Err(Trouble::usage(nothing_changed(&wrong)))
    }
}

/// Why the changed text is no configuration. Its lines are not those of the file: not told.
fn refused(key: &str, error: ConfigError) -> Trouble {
    let ConfigError::Invalid { problems, .. } = error else {
        return error.into();
    };
    let own = format!("{}.", dotted(&["connections", key]));
    let told = |problem: Problem| match problem.path.strip_prefix(&own) {
        Some(path) => Problem {
            path: path.to_owned(),
            ..problem
        }
        .to_string(),
        None => problem.to_string(),
    };
    let problems: Vec<_> = problems.into_iter().map(told).collect();
    Trouble::usage(nothing_changed(&problems))
}

fn nothing_changed(problems: &[String]) -> String {
    match problems {
        [only] => format!("nothing was changed: {only}"),
        all => format!(
            "nothing was changed: {} problems\n  {}",
            all.len(),
            all.join("\n  ")
        ),
    }
}

fn changes<'s>(
    key: &str,
    named: impl Iterator<Item = &'s Setting>,
    before: &Editor,
    after: &Editor,
) -> Vec<EditedSetting> {
    let mut changes: Vec<EditedSetting> = Vec::new();
    for setting in named.map(Setting::told) {
        let path = setting.path(key);
        let shown = |editor: &Editor| editor.get(&path).map(|value| setting.shown(&value));
        let (old, new) = (before.get(&path), after.get(&path));
        let (old, new) = (old.map(|v| v.to_string()), new.map(|v| v.to_string()));
        let name = setting.to_string();
        if old != new && !changes.iter().any(|(other, ..)| *other == name) {
            changes.push((name, shown(before), shown(after)));
        }
    }
    changes
}

fn print(global: &Global, key: &str, changes: &[EditedSetting], deleted: &[Kept]) {
    let mut out = io::stdout().lock();
    if global.json() {
        let objects = changes.iter().map(
            |(setting, before, after)| json!({"key": setting, "before": before, "after": after}),
        );
        let changes: Vec<_> = objects.collect();
        let deleted: Vec<_> = deleted.iter().map(ToString::to_string).collect();
        let line = json!({
            "type": "edited", "connection": key, "changes": changes, "secrets": deleted,
        });
        let _ = writeln!(out, "{}", escaped(&line.to_string()));
    } else if changes.is_empty() {
        let _ = writeln!(out, "{key}: nothing to change, it is so already");
    } else {
        let text = output::changes(key, changes, global.colours());
        let _ = writeln!(out, "{text}");
        for secret in deleted {
            let _ = writeln!(out, "deleted, as nothing names it any more: {secret}");
        }
    }
}
