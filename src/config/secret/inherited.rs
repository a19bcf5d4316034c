//! What other programs are not told: the variables that hold secrets.

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// Variables that the documentation names for secrets, whether the configuration does or not.
const USUAL: [&str; 3] = ["SHOPTET_TOKEN", "CAFLOU_TOKEN", "CAFLOU_PASSWORD"];
/// Those that a configuration of this process names. The environment is the whole process's, and so
/// are they: a program that is started for one connection learns nothing of another's.
static NAMED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Notes that a variable holds a secret.
pub(in crate::config) fn holds_a_secret(name: &str) {
    let mut named = NAMED.lock().unwrap_or_else(PoisonError::into_inner);
    named.insert(name.to_owned());
}

/// Keeps from a program what variables hold secrets.
pub fn without_secrets(command: &mut Command) -> &mut Command {
    for name in USUAL {
        command.env_remove(name);
    }
    let named = NAMED.lock().unwrap_or_else(PoisonError::into_inner);
    for name in &*named {
        command.env_remove(name);
    }
    command
}
