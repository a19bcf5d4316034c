//! Settings of a connection by their dotted keys, as commands and their output name them.

use std::fmt;
use std::path::Path;

use toml_edit::{InlineTable, Key, Value as Toml};

use super::edit::dotted;
use super::field;
use super::near;
use super::schema::{Field, Value};
use super::secret::PLACES;
use super::tables::CONNECTION;
use super::values::Read;
use crate::source::registry::sources;

/// A setting of a connection, such as `import.incomes`. Displayed as in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    keys: Vec<String>,
}

/// A setting and the value that it is to have.
pub type Assignment = (Setting, Toml);

impl Setting {
    /// The setting of a dotted key; what is wrong with one that does not exist.
    pub fn parse(text: &str) -> Result<Self, String> {
        let keys = Key::parse(text).map_err(|_| {
            // not the whole text: it may be a secret in the wrong place
            let start: String = text.chars().take_while(|c| plain(*c)).collect();
            format!("\"{start}…\" is no key such as import.incomes")
        })?;
        let keys = keys.into_iter().map(|key| key.get().to_owned()).collect();
        let setting = Self { keys };
        if setting.is_known() {
            return Ok(setting);
        }
        let suggestion = match setting.meant() {
            Some(meant) => format!("; did you mean {meant:?}?"),
            None => "; connections.example.toml shows all settings".to_owned(),
        };
        Err(format!("{setting}: no such setting{suggestion}"))
    }

    /// A setting and its value, written `KEY=VALUE`. The value is TOML, or text without quotes; a
    /// secret can only be a place where it is, as a command line is no place for it.
    pub fn assignment(text: &str) -> Result<Assignment, String> {
        // a quoted key may have a "=" in it: the first one that leaves a key before it counts
        let mut places = text.match_indices('=').map(|(at, _)| at);
        let at = places
            .find(|at| Key::parse(&text[..*at]).is_ok())
            .or_else(|| text.find('='));
        let Some(at) = at else {
            let setting = Self::parse(text)?;
            return Err(format!("{setting}: no value; write {setting}=VALUE"));
        };
        let setting = Self::parse(text[..at].trim())?;
        let value = setting.value(text[at + 1..].trim())?;
        Ok(setting.whole(value))
    }

    fn value(&self, text: &str) -> Result<Toml, String> {
        if text.is_empty() {
            return Err(format!("{self}: no value; to take it away: --unset {self}"));
        }
        let value = text.parse::<Toml>().ok();
        let is_place = value.as_ref().is_some_and(Toml::is_inline_table);
        let off = value.as_ref().and_then(Toml::as_bool) == Some(false);
        if self.is_secret() && !is_place && !off {
            return Err(format!(
                "{self}: a secret is not for a command line, where others can see it; say where it \
                 is, such as {self}='{{ env = \"NAME\" }}'"
            ));
        }
        let is_text = matches!(self.holds(), Some(Value::Text | Value::Id | Value::OwnText));
        Ok(match value {
            Some(value) if value.is_str() || !is_text => value,
            _ => text.into(),
        })
    }

    /// A secret's place, such as `caflou.token.env`, as the whole secret: it has one place only.
    fn whole(self, value: Toml) -> Assignment {
        let secret = self.told();
        match self.keys.last() {
            Some(place) if secret != self => {
                let table = InlineTable::from_iter([(place.as_str(), value)]);
                (secret, table.into())
            }
            _ => (self, value),
        }
    }

    /// The path from the top of the file.
    #[must_use]
    pub fn path<'a>(&'a self, connection: &'a str) -> Vec<&'a str> {
        let keys = self.keys.iter().map(String::as_str);
        ["connections", connection]
            .into_iter()
            .chain(keys)
            .collect()
    }

    /// The setting to tell of where this one changes: of a secret's place the secret.
    #[must_use]
    pub fn told(&self) -> Self {
        let secret = (1..self.keys.len()).find_map(|depth| {
            let keys = self.keys[..depth].to_vec();
            Some(Self { keys }).filter(Self::is_secret)
        });
        secret.unwrap_or_else(|| self.clone())
    }

    /// A value of this setting for people, without quotes. Of a secret, its place.
    #[must_use]
    pub fn shown(&self, value: &Toml) -> String {
        if self.is_secret() {
            return place(value);
        }
        match value {
            Toml::String(text) => text.value().clone(),
            // a table may have secrets in it
            Toml::InlineTable(_) if !matches!(self.holds(), Some(Value::Open)) => {
                "{ … }".to_owned()
            }
            other => other.to_string().trim().to_owned(),
        }
    }

    /// What is known of it; `None`: it is no setting, or a table.
    #[must_use]
    pub fn field(&self) -> Option<&'static Field> {
        let this = self.to_string();
        known().into_iter().find(|(key, _)| *key == this)?.1
    }

    fn holds(&self) -> Option<Value> {
        self.field().map(|field| field.value)
    }

    /// Whether its value is a secret.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        matches!(self.holds(), Some(Value::Secret))
    }

    /// Its table, and its key there; the table of what stands in the connection itself is empty.
    #[must_use]
    pub fn place(&self) -> (String, &str) {
        let (last, table) = self
            .keys
            .split_last()
            .map_or(("", &[][..]), |(l, t)| (l.as_str(), t));
        (table.join("."), last)
    }

    /// A value as it would be read from the file in this folder; `None`: what owns it reads it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(&self, value: &Toml, folder: &Path) -> Result<Option<Read>, String> {
        let Some(field) = self.field() else {
            return Ok(None);
        };
        let read = field::alone(field, value, folder);
        read.map_err(|message| format!("{self}: {message}"))
    }

    fn is_known(&self) -> bool {
        let inside = |depth| {
            let (table, rest) = self.keys.split_at(depth);
            match (
                Self {
                    keys: table.to_vec(),
                }
                .holds(),
                rest,
            ) {
                (Some(Value::Open), _) => true,
                (Some(Value::Secret), [place]) => PLACES.contains(&place.as_str()),
                _ => false,
            }
        };
        let this = self.to_string();
        known().iter().any(|(key, _)| *key == this) || (1..self.keys.len()).any(inside)
    }

    /// The setting that was probably meant: one of the same last key, or a near one.
    fn meant(&self) -> Option<String> {
        let known: Vec<_> = known().into_iter().map(|(key, _)| key).collect();
        let this = self.to_string();
        let last = self.keys.last()?;
        let same = known
            .iter()
            .find(|key| key.rsplit('.').next() == Some(last));
        let near = || near::nearest(&this, known.iter().map(String::as_str)).map(str::to_owned);
        let inner = || {
            let last = near::nearest(last, known.iter().filter_map(|key| key.rsplit('.').next()))?;
            known
                .iter()
                .find(|key| key.rsplit('.').next() == Some(last))
                .cloned()
        };
        same.cloned().or_else(near).or_else(inner)
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<_> = self.keys.iter().map(String::as_str).collect();
        f.write_str(&dotted(&keys))
    }
}

/// All settings of a connection, in the order of the example; the table of a source has no field.
pub(super) fn known() -> Vec<(String, Option<&'static Field>)> {
    let mut known = Vec::new();
    let [name, program, rest @ ..] = CONNECTION.fields else {
        return known;
    };
    walk("", [name, program], &mut known);
    for source in sources() {
        walk("", source.settings.beside, &mut known);
        known.push((source.word.to_owned(), None));
        let table = format!("{}.", source.word);
        walk(&table, source.settings.fields, &mut known);
    }
    walk("", rest, &mut known);
    known
}

fn walk(
    table: &str,
    fields: impl IntoIterator<Item = &'static Field>,
    known: &mut Vec<(String, Option<&'static Field>)>,
) {
    for field in fields {
        let key = format!("{table}{}", field.key);
        known.push((key.clone(), Some(field)));
        if let Value::Table(inner) = field.value {
            walk(&format!("{key}."), inner.fields, known);
        }
    }
}

/// Where a secret is, in words.
fn place(value: &Toml) -> String {
    let named = |place: &str| {
        let table = value.as_inline_table()?;
        table.get(place).map(|name| match name {
            Toml::String(name) => name.value().clone(),
            // of a command the program alone: its arguments may tell too much
            Toml::Array(words) => words
                .get(0)
                .and_then(Toml::as_str)
                .unwrap_or("…")
                .to_owned(),
            _ => "…".to_owned(),
        })
    };
    let words = [
        ("env", "variable"),
        ("file", "file"),
        ("command", "command"),
        ("keyring", "keyring"),
    ];
    let found = words
        .into_iter()
        .find_map(|(place, word)| Some(format!("{word} {}", named(place)?)));
    match (found, value) {
        (Some(found), _) => found,
        (None, Toml::Boolean(off)) => off.value().to_string(),
        (None, _) => "in the file".to_owned(),
    }
}

fn plain(c: char) -> bool {
    c.is_ascii_lowercase() || "._-\"".contains(c)
}

#[cfg(test)]
mod tests;
