//! What a source is: its words, settings, streams and pace, as data.

use secrecy::SecretString;

use super::setup::Setup;
use super::{Source, SourceError};
use crate::access::{Access, Shared};
use crate::config::{Field, Import, Mapping, Need, Table, Way};
use crate::http::Pace;
use crate::record::{Kind, Stream};
use crate::trouble::Trouble;

/// What a source is, before any of its records are asked for.
#[derive(Debug)]
pub struct Definition {
    /// The word for it: `program` in the configuration, and how its marks begin.
    pub word: &'static str,
    /// Its name for people.
    pub name: &'static str,
    /// What one account at it is.
    pub place: &'static str,
    /// The setting that says whose records it gives.
    pub identity: &'static str,
    /// Its settings.
    pub settings: &'static Table,
    /// It says itself whose records a credential opens: whoever connects it need not know.
    pub tells: bool,
    /// Whose records a credential opens, where its own text says so.
    pub named_by: fn(&SecretString) -> Option<String>,
    /// What only it knows of connecting it.
    pub setup: Option<&'static Setup>,
    /// What an error means to whoever connects it; with streams: the right to read them is missing.
    pub explain: Explain,
    /// How fast it may be asked by one token.
    pub pace: Pace,
    /// Opens one account at it; nothing is sent yet.
    pub open: fn(Opening<'_>) -> Result<Box<dyn Source>, SourceError>,
    /// For people: where to click, what is read, limits, oddities.
    pub docs: &'static str,
    /// What it lists, in the order in which that is read.
    pub streams: &'static [&'static Stream],
}

impl Definition {
    /// Where its identity stands in a connection.
    #[must_use]
    pub fn identity_path(&self) -> Vec<&'static str> {
        self.path(self.identity)
    }

    /// The settings that whoever connects it has to know, whatever the way in.
    pub fn needed(&self) -> impl Iterator<Item = &'static Field> {
        let told = self.tells.then_some(self.identity);
        let table = self.settings;
        let needed = table.all().filter(|field| field.need == Need::Must);
        needed.filter(move |field| table.way_of(field.key).is_none() && Some(field.key) != told)
    }

    /// Where a setting of it stands in a connection.
    #[must_use]
    pub fn path(&self, key: &'static str) -> Vec<&'static str> {
        let beside = self.settings.beside.iter().any(|field| field.key == key);
        if beside {
            vec![key]
        } else {
            vec![self.word, key]
        }
    }

    /// What its records become.
    #[must_use]
    pub fn kinds(&self) -> Vec<Kind> {
        let has = |kind: &Kind| self.streams.iter().any(|stream| stream.kind == *kind);
        Kind::ALL.into_iter().filter(has).collect()
    }

    /// What its records of a kind are, for messages: several of them.
    #[must_use]
    pub fn many(&self, kind: Kind) -> &'static str {
        let mut streams = self.streams.iter();
        let found = streams.find(|stream| stream.kind == kind);
        found.map_or(kind.plural(), |stream| stream.many)
    }

    /// What its records of a kind are, for messages: one of them.
    #[must_use]
    pub fn noun(&self, kind: Kind) -> &'static str {
        let mut streams = self.streams.iter();
        let found = streams.find(|stream| stream.kind == kind);
        found.map_or(kind.as_str(), |stream| stream.one)
    }
}

/// Tells what is the matter, and what to do.
pub type Explain = fn(&SourceError, Option<&Way>, &[&'static Stream]) -> Trouble;

/// With what one account is opened.
pub struct Opening<'a> {
    /// The way in, and whose records are wanted.
    pub access: &'a Access,
    /// What the client shares with others.
    pub shared: Shared,
    /// How records are to look in Caflou.
    pub mapping: &'a Mapping,
    /// What of them is wanted.
    pub import: &'a Import,
    /// Nothing is registered at the source.
    pub dry_run: bool,
}
