//! What several commands share: which connection is meant, and moments for programs.

use chrono::{DateTime, SecondsFormat, Utc};

use crate::config::{Config, Connection, Editor};
use crate::trouble::Trouble;

/// A connection by its key; where there is none, the near miss.
pub(super) fn find<'a>(config: &'a Config, name: &str) -> Result<&'a Connection, Trouble> {
    config.connection(name).ok_or_else(|| {
        let keys = config.connections.iter().map(|one| one.key.as_str());
        let others = others(config.nearest(name), keys);
        let path = config.path.display();
        Trouble::usage(format!("no connection `{name}` in {path}{others}"))
    })
}

/// What may have been meant by a key that is not there: the near miss, else the keys there are.
pub(super) fn others<'a>(near: Option<&str>, keys: impl Iterator<Item = &'a str>) -> String {
    const MOST: usize = 5;
    if let Some(near) = near {
        return format!("; did you mean `{near}`?");
    }
    let keys: Vec<_> = keys.map(|key| format!("`{key}`")).collect();
    match keys.as_slice() {
        [] => String::new(),
        [only] => format!("; there is {only}"),
        few if few.len() <= MOST => format!("; there are {}", few.join(", ")),
        _ => "; `caflou-sync list` shows those there are".to_owned(),
    }
}

/// The key of a connection; where there is none, the near miss.
pub(super) fn key_of(editor: &Editor, name: &str) -> Result<String, Trouble> {
    if editor.connections().iter().any(|key| key == name) {
        return Ok(name.to_owned());
    }
    let (near, keys) = (editor.nearest(name), editor.connections());
    let others = others(near.as_deref(), keys.iter().map(String::as_str));
    let path = editor.path().display();
    Err(Trouble::usage(format!(
        "no connection `{name}` in {path}{others}"
    )))
}

/// A moment for programs.
pub(super) fn rfc3339(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
