//! The values of a table, read and checked by its fields.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use chrono::NaiveDate;
use serde::{Serialize, Serializer};
use thiserror::Error;
use url::Url;

use super::reader::{Findings, Section};
use super::schema::{Field, Need, Table, Way};
use super::secret::Secret;
use super::{field, ways};

/// The values of a table.
#[derive(Debug, Clone)]
pub struct Values {
    table: &'static Table,
    values: BTreeMap<&'static str, Read>,
}

/// A value as it was read.
#[derive(Debug, Clone)]
pub enum Read {
    /// A text, an ID or a word.
    Text(String),
    /// An address.
    Url(Url),
    /// Where a secret is.
    Secret(Secret),
    /// A file; a relative path is already joined to the folder.
    Path(PathBuf),
    /// A whole number.
    Whole(i64),
    /// A day.
    Day(NaiveDate),
    /// A length of time.
    Time(Duration),
    /// True or false.
    Yes(bool),
    /// A list of texts.
    Words(Vec<String>),
}

/// A value that has to be there for what is done with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{0:?} is missing")]
pub struct Missing(pub &'static str);

/// Of a secret it says nothing.
impl fmt::Display for Read {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Url(url) => f.write_str(url.as_str()),
            Self::Secret(_) => Ok(()),
            Self::Path(path) => path.display().fmt(f),
            Self::Whole(number) => number.fmt(f),
            Self::Day(day) => day.fmt(f),
            Self::Time(time) => match (time.as_secs(), time.subsec_millis()) {
                (seconds, 0) => write!(f, "{seconds}s"),
                (..) => write!(f, "{}ms", time.as_millis()),
            },
            Self::Yes(yes) => yes.fmt(f),
            Self::Words(words) => f.write_str(&words.join(", ")),
        }
    }
}

/// For programs; of a secret it says nothing.
impl Serialize for Read {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Whole(number) => serializer.serialize_i64(*number),
            Self::Yes(yes) => serializer.serialize_bool(*yes),
            other => serializer.collect_str(other),
        }
    }
}

/// What can be made of a value.
pub trait Of<'v>: Sized {
    /// It, where the value is of this kind.
    fn of(read: &'v Read) -> Option<Self>;
}

macro_rules! of {
    ($($type:ty: $variant:ident($value:ident) => $made:expr,)+) => {
        $(impl<'v> Of<'v> for $type {
            fn of(read: &'v Read) -> Option<Self> {
                match read {
                    Read::$variant($value) => Some($made),
                    _ => None,
                }
            }
        })+
    };
}

of! {
    &'v str: Text(text) => text,
    String: Text(text) => text.clone(),
    Url: Url(url) => url.clone(),
    Secret: Secret(secret) => secret.clone(),
    &'v Url: Url(url) => url,
    &'v Secret: Secret(secret) => secret,
    &'v [String]: Words(words) => words,
    PathBuf: Path(path) => path.clone(),
    i64: Whole(number) => *number,
    NaiveDate: Day(day) => *day,
    Duration: Time(time) => *time,
    bool: Yes(yes) => *yes,
}

impl Values {
    /// Nothing at all.
    #[must_use]
    pub fn none(table: &'static Table) -> Self {
        Self {
            table,
            values: BTreeMap::new(),
        }
    }

    /// Nothing but what usually holds.
    #[must_use]
    pub fn usual(table: &'static Table) -> Self {
        let usual = |field: &'static Field| Some((field.key, usual(field)?));
        Self {
            table,
            values: table.all().filter_map(usual).collect(),
        }
    }

    /// What they are the values of.
    #[must_use]
    pub fn table(&self) -> &'static Table {
        self.table
    }

    /// A value.
    #[must_use]
    pub fn get<'v, T: Of<'v>>(&'v self, key: &str) -> Option<T> {
        debug_assert!(self.table.field(key).is_some(), "no setting {key}");
        self.values.get(key).and_then(T::of)
    }

    /// A value as it was read.
    #[must_use]
    pub fn read_of(&self, key: &str) -> Option<&Read> {
        self.values.get(key)
    }

    /// A value that is another than the usual one.
    #[must_use]
    pub fn written(&self, key: &str) -> Option<&Read> {
        let usual = self.table.field(key).and_then(usual);
        let same = |read: &&Read| usual.as_ref().map(ToString::to_string) != Some(read.to_string());
        self.values.get(key).filter(same)
    }

    /// A value that has to be there.
    ///
    /// # Errors
    /// Where it is not.
    pub fn need<'v, T: Of<'v>>(&'v self, key: &'static str) -> Result<T, Missing> {
        self.get(key).ok_or(Missing(key))
    }

    /// A number that cannot be negative.
    #[must_use]
    pub fn count<T: TryFrom<i64>>(&self, key: &str) -> Option<T> {
        self.get::<i64>(key)
            .and_then(|number| number.try_into().ok())
    }

    /// The way in that is taken.
    #[must_use]
    pub fn way(&self) -> Option<&'static Way> {
        let there = |way: &&Way| way.keys.iter().any(|key| self.values.contains_key(key));
        self.table.ways.iter().find(there)
    }

    /// Puts a value, or takes it away.
    pub fn put(&mut self, key: &'static str, value: Option<Read>) {
        match value {
            Some(value) => drop(self.values.insert(key, value)),
            None => drop(self.values.remove(key)),
        }
    }

    /// The values that are texts or addresses.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.values.values().filter_map(|read| match read {
            Read::Text(text) => Some(text.as_str()),
            Read::Url(url) => Some(url.as_str()),
            _ => None,
        })
    }

    /// The secrets, each with its key.
    pub fn secrets(&self) -> impl Iterator<Item = (&'static str, &Secret)> {
        let secret = |(key, read)| Some((key, <&Secret>::of(read)?));
        let values = self.values.iter().map(|(key, read)| (*key, read));
        values.filter_map(secret)
    }

    /// With other values of the same table.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        self.values.extend(others.values);
        self
    }

    /// Reads fields of a table. Those of a way in may all be missing.
    pub(super) fn take(
        &mut self,
        section: &Section<'_>,
        found: &mut Findings,
        fields: &'static [Field],
    ) {
        for field in fields {
            match section.entry(found, field.key) {
                Some(entry) => {
                    let value = field::read(field, &entry, found);
                    self.values.extend(value.map(|value| (field.key, value)));
                }
                None if field.need == Need::Must && self.table.way_of(field.key).is_none() => {
                    section.required(found, field.key);
                }
                None => {}
            }
        }
    }

    /// Reads a whole table but for what its owner reads itself. What is wrong is noted, and not among
    /// the values.
    pub(super) fn read(section: &Section<'_>, found: &mut Findings, table: &'static Table) -> Self {
        let mut values = Self::usual(table);
        values.take(section, found, table.fields);
        ways::check(&mut values.values, section, found, table);
        values
    }
}

/// What holds where nothing is written.
fn usual(field: &Field) -> Option<Read> {
    match field.need {
        Need::Usually(text) => field.parse(text),
        Need::Must | Need::May => None,
    }
}
