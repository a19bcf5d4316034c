//! One page of a list, as it stands in an answer.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

use super::answer::count;
use super::row::{Row, RowError};
use super::wire::BadRow;
use crate::record::Json;

/// One page of any list, as it stands in the text of an answer.
#[derive(Debug)]
pub(super) struct Page<'a> {
    pub(super) rows: Vec<&'a RawValue>,
    paginator: Json,
}

/// Its rows stand under a name of their own.
#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow, alias = "orders", alias = "customers", alias = "changes")]
    rows: Vec<&'a RawValue>,
    #[serde(default)]
    paginator: Json,
}

impl<'de: 'a, 'a> Deserialize<'de> for Page<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        // A list would be taken for the attributes one after another.
        if !raw.get().starts_with('{') {
            return Err(D::Error::custom("a page that is no object"));
        }
        let named = serde_json::from_str(raw.get()).map_err(D::Error::custom)?;
        let Named { rows, paginator } = named;
        Ok(Self { rows, paginator })
    }
}

/// How long a list says that it is.
#[derive(Debug, Default)]
pub(super) struct Extent {
    pub(super) rows: Option<u64>,
    pub(super) pages: Option<u64>,
}

impl Page<'_> {
    /// Its rows, each parsed by itself, so that one that cannot be parsed fails alone.
    pub(super) fn parsed(
        &self,
        key: &'static str,
    ) -> impl Iterator<Item = Result<Value, BadRow>> + '_ {
        self.rows.iter().map(move |raw| parse(raw, key))
    }

    /// What the paginator says.
    pub(super) fn extent(&self) -> Result<Extent, RowError> {
        if self.paginator.0.is_null() {
            return Ok(Extent::default());
        }
        let paginator = Row::of(&self.paginator.0)?;
        Ok(Extent {
            rows: count(paginator, "totalCount")?,
            pages: count(paginator, "pageCount")?,
        })
    }
}

/// Only what a row is found by whose rest cannot be parsed.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Keys {
    code: Json,
    guid: Json,
    creation_time: Json,
}

/// Parses a row by itself; one that cannot be parsed keeps its key, where that much can be.
fn parse(raw: &RawValue, name: &'static str) -> Result<Value, BadRow> {
    Json::parse(raw.get()).map_err(|error| {
        let keys: Keys = serde_json::from_str(raw.get()).unwrap_or_default();
        let Json(found) = if name == "guid" { keys.guid } else { keys.code };
        let row = serde_json::Map::from_iter([
            (name.to_owned(), found),
            ("creationTime".to_owned(), keys.creation_time.0),
        ]);
        BadRow::of(Row(&row), name, RowError::Unreadable(error.to_string()))
    })
}
