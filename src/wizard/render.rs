//! From answers to values of the configuration. Pure.

use std::path::Path;

use chrono::{Datelike, NaiveDate};
use secrecy::ExposeSecret;
use toml_edit::{Array, Date, Datetime, InlineTable, Value};

use super::answers::Answers;
use crate::config::{Connection, Import, OrderStatus, Read, Secret, Values};
use crate::source::Definition;

/// A value by its path below the connection; `None`: it has to go.
pub type Setting = (Vec<&'static str>, Option<Value>);

/// What is to be written: for a new connection everything, in the order in which people read it;
/// for a `present` one what is different. `folder` is the configuration's: paths in it are written
/// relative to it. A secret without a place is left out, as it has to be stored first.
#[must_use]
pub fn settings(answers: &Answers, present: Option<&Connection>, folder: &Path) -> Vec<Setting> {
    let new = Written {
        name: Some(&answers.name).filter(|name| **name != answers.key),
        program: answers.program,
        source: &answers.source.values,
        caflou: &answers.caflou.values,
        import: &answers.import,
        cancelled_statuses: &answers.cancelled_statuses,
    };
    let all = new.rendered(folder);
    let Some(present) = present else {
        let there = |setting: &Setting| setting.1.is_some();
        return all.into_iter().filter(there).collect();
    };
    let before = Written {
        name: Some(&present.name).filter(|name| **name != present.key),
        program: present.program,
        source: &present.source,
        caflou: &present.caflou,
        import: &present.import,
        cancelled_statuses: &present.mapping.cancelled_statuses,
    };
    let text = |(path, value): &Setting| (path.clone(), value.as_ref().map(ToString::to_string));
    let before: Vec<_> = before.rendered(folder).iter().map(text).collect();
    let is_new = |setting: &Setting| !before.contains(&text(setting));
    all.into_iter().filter(is_new).collect()
}

/// What of a connection is written.
struct Written<'a> {
    name: Option<&'a String>,
    program: &'static Definition,
    source: &'a Values,
    caflou: &'a Values,
    import: &'a Import,
    cancelled_statuses: &'a [OrderStatus],
}

impl Written<'_> {
    /// All settings, also those that are not there.
    fn rendered(&self, folder: &Path) -> Vec<Setting> {
        let mut out = vec![
            (vec!["name"], self.name.map(Value::from)),
            (vec!["program"], Some(self.program.word.into())),
        ];
        for field in self.program.settings.all() {
            let value = self.source.written(field.key);
            let value = value.map(|read| toml(read, folder));
            out.push((self.program.path(field.key), value));
        }
        for field in self.caflou.table().all() {
            let value = self.caflou.written(field.key);
            let value = value.map(|read| toml(read, folder));
            out.push((vec!["caflou", field.key], value));
        }
        let import = self.import;
        let mut set = |key, value| out.push((vec!["import", key], value));
        for kind in self.program.kinds() {
            set(kind.plural(), Some(import.mode(kind).as_str().into()));
        }
        let streams = import.streams.iter();
        let streams = streams.map(|(word, mode)| (*word, Value::from(mode.as_str())));
        let streams: InlineTable = streams.collect();
        set("streams", (!streams.is_empty()).then(|| streams.into()));
        set("from", import.from.map(day));
        set("to", import.to.map(day));
        set("order_statuses", statuses(&import.order_statuses));
        set("auto_repeat", Some(import.auto_repeat.into()));
        let cancelled = statuses(self.cancelled_statuses);
        out.push((vec!["mapping", "cancelled_statuses"], cancelled));
        out
    }
}

/// Statuses as they stand in the file; an empty list need not be there.
fn statuses(statuses: &[OrderStatus]) -> Option<Value> {
    let value = |status: &OrderStatus| match status {
        OrderStatus::Id(id) => Value::from(*id),
        OrderStatus::Name(name) => Value::from(name),
    };
    let array: Array = statuses.iter().map(value).collect();
    Some(array)
        .filter(|array| !array.is_empty())
        .map(Value::from)
}

/// A value as it stands in the file.
fn toml(read: &Read, folder: &Path) -> Value {
    match read {
        Read::Text(text) => text.into(),
        Read::Url(url) => url.as_str().trim_end_matches('/').into(),
        Read::Secret(place) => reference(place, folder),
        Read::Path(path) => relative(path, folder).into(),
        Read::Whole(number) => (*number).into(),
        Read::Day(date) => day(*date),
        Read::Time(_) => read.to_string().into(),
        Read::Yes(yes) => (*yes).into(),
        Read::Words(words) => words.iter().collect::<Array>().into(),
    }
}

/// A path, relative to a folder that it is in.
fn relative(path: &Path, folder: &Path) -> String {
    let path = path.strip_prefix(folder).unwrap_or(path);
    path.to_string_lossy().into_owned()
}

/// A secret's place as it stands in the file.
fn reference(place: &Secret, folder: &Path) -> Value {
    let (word, value) = match place {
        Secret::Plain(secret) => return secret.expose_secret().into(),
        Secret::Env(name) => ("env", name.into()),
        Secret::File(path) => ("file", relative(path, folder).into()),
        Secret::Keyring(name) => ("keyring", name.into()),
        Secret::Command(words) => ("command", words.iter().collect::<Array>().into()),
    };
    InlineTable::from_iter([(word, Value::clone(&value))]).into()
}

fn day(day: NaiveDate) -> Value {
    let number = |number: u32| u8::try_from(number).unwrap_or_default();
    let date = Date {
        year: u16::try_from(day.year()).unwrap_or_default(),
        month: number(day.month()),
        day: number(day.day()),
    };
    Datetime {
        date: Some(date),
        time: None,
        offset: None,
    }
    .into()
}
