//! Saving a connection that works: its secrets, then the file.

use std::path::{Path, PathBuf};

use crate::config::{Connection, Editor, KeepError, Kept, Vault};
use crate::wizard::{Answers, settings};

use crate::cli::Trouble;
use crate::trouble::Class;

/// What was saved.
#[derive(Debug)]
pub(super) struct Saved {
    /// Secrets that the program keeps now.
    pub(super) kept: Vec<Kept>,
    /// Whether the file was changed.
    pub(super) changed: bool,
}

/// Saves, or leaves everything as it was.
pub(super) fn save(
    mut editor: Editor,
    answers: &mut Answers,
    present: Option<&Connection>,
) -> Result<Saved, Trouble> {
    let path = editor.path().to_owned();
    let vault = Vault::beside(&path);
    let kept = keep(&vault, answers)?;
    let before = editor.references();
    let written = write(&mut editor, answers, present);
    if let Err(failure) = written {
        for one in &kept {
            // Nothing names it: at worst it lies there unused.
            let _ = vault.delete(one);
        }
        return Err(failure);
    }
    for old in Vault::left_over(&before, &editor.references()) {
        if let Err(error) = vault.delete(&old) {
            tracing::warn!("{old} is not used any more, but could not be deleted: {error}");
        }
    }
    let changed = written?;
    Ok(Saved { kept, changed })
}

/// Keeps the secrets that were typed in.
fn keep(vault: &Vault, answers: &mut Answers) -> Result<Vec<Kept>, Trouble> {
    let mut kept = Vec::new();
    let key = answers.key.clone();
    let sides = [
        (answers.program.word, &mut answers.source),
        ("caflou", &mut answers.caflou),
    ];
    for (side, access) in sides {
        for (name, secret) in access.homeless() {
            match vault.keep(&key, &format!("{side}.{name}"), &secret, None) {
                Ok(one) => {
                    access.hold(name, secret, Some(one.secret()));
                    kept.push(one);
                }
                Err(error) => {
                    for one in &kept {
                        let _ = vault.delete(one);
                    }
                    return Err(unkept(&error));
                }
            }
        }
    }
    Ok(kept)
}

fn write(
    editor: &mut Editor,
    answers: &Answers,
    present: Option<&Connection>,
) -> Result<bool, Trouble> {
    let folder = folder(editor.path());
    let settings = settings(answers, present, &folder);
    if present.is_some() {
        for (path, value) in settings {
            let path = [&["connections", &answers.key], path.as_slice()].concat();
            match value {
                Some(value) => editor.set(&path, value)?,
                None => drop(editor.unset(&path)),
            }
        }
    } else {
        let settings = settings.into_iter();
        let settings = settings.filter_map(|(path, value)| Some((path, value?)));
        let settings: Vec<_> = settings.collect();
        editor.add_connection(&answers.key, &settings)?;
    }
    for (setting, value) in &answers.others {
        editor.set(&setting.path(&answers.key), value.clone())?;
    }
    let changed = editor.is_changed();
    editor.check()?;
    editor.save()?;
    Ok(changed)
}

/// The configuration's folder, from the root.
pub(super) fn folder(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    path.parent().map(Path::to_owned).unwrap_or_default()
}

fn unkept(error: &KeepError) -> Trouble {
    Trouble::of(Class::Machine, &error).within("nothing was saved")
}
