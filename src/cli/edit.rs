//! `edit`: changes settings of a connection; without `--set` and `--unset` the wizard asks.

use std::io::{self, Write};

use clap::Args;
use serde_json::json;

use super::connect;
use super::{Exit, Failure, Global};
use crate::config::{
    Assignment, ConfigError, Editor, Problem, Setting, Vault, config_path, dotted,
};
use crate::output;

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
type Change = (String, Option<String>, Option<String>);

/// Changes the settings that were named, all of them or none.
pub(super) fn edit(global: &Global, args: &EditArgs) -> Result<Exit, Failure> {
    if args.set.is_empty() && args.unset.is_empty() {
        return connect::edit(global, &args.name);
    }
    let mut editor = Editor::open(&config_path(global.config.clone()))?;
    let key = find(&editor, &args.name)?;
    let (assignments, taken) = settings(args)?;
    let before = editor.clone();
    for (setting, value) in &assignments {
        editor.set(&setting.path(&key), value.clone())?;
    }
    for setting in &taken {
        editor.unset(&setting.path(&key));
    }
    editor.check().map_err(|error| refused(&key, error))?;
    let named = assignments.iter().map(|(setting, _)| setting).chain(&taken);
    let changes = changes(&key, named, &before, &editor);
    if editor.is_changed() {
        editor.save()?;
    }
    print(global, &key, &changes);
    let left_over = Vault::left_over(&before.references(), &editor.references());
    delete_secrets(&editor, &left_over)?;
    Ok(Exit::Done)
}

/// The key of a connection; where there is none, the near miss.
pub(super) fn find(editor: &Editor, name: &str) -> Result<String, Failure> {
    if editor.connections().iter().any(|key| key == name) {
        return Ok(name.to_owned());
    }
    let near = editor.nearest(name);
    let near = near.map(|near| format!("; did you mean `{near}`?"));
    let path = editor.path().display();
    Err(Failure::usage(format!(
        "no connection `{name}` in {path}{}",
        near.unwrap_or_default()
    )))
}

/// Deletes secrets that the configuration names no more.
pub(super) fn delete_secrets(
    editor: &Editor,
    secrets: &[crate::config::Kept],
) -> Result<(), Failure> {
    let vault = Vault::beside(editor.path());
    for secret in secrets {
        vault.delete(secret).map_err(|error| {
            let error = anyhow::Error::new(error);
            let told = format!("the configuration is changed, but {secret} could not be deleted");
            Failure::new(Exit::Failed, error.context(told))
        })?;
        let _ = writeln!(io::stderr(), "deleted: {secret}");
    }
    Ok(())
}

/// What is to be set and unset, or all that is wrong with the flags.
fn settings(args: &EditArgs) -> Result<(Vec<Assignment>, Vec<Setting>), Failure> {
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
        Err(Failure::usage(nothing_changed(&wrong)))
    }
}

/// Why the changed text is no configuration. Its lines are not those of the file: not told.
fn refused(key: &str, error: ConfigError) -> Failure {
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
    Failure::usage(nothing_changed(&problems))
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
) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
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

fn print(global: &Global, key: &str, changes: &[Change]) {
    let mut out = io::stdout().lock();
    if global.json() {
        let objects = changes.iter().map(
            |(setting, before, after)| json!({"key": setting, "before": before, "after": after}),
        );
        let changes: Vec<_> = objects.collect();
        let line = json!({"type": "edited", "connection": key, "changes": changes});
        let _ = writeln!(out, "{line}");
    } else if changes.is_empty() {
        let _ = writeln!(out, "{key}: nothing to change, it is so already");
    } else {
        let text = output::changes(key, changes, global.colours());
        let _ = writeln!(out, "{text}");
    }
}
