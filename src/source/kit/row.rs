//! Reading one record out of JSON, forgiving what the live service is known to vary: numbers as
//! text and text as numbers, null anywhere. What cannot be meant otherwise is an error that names
//! the attribute.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::{Map, Value};
use thiserror::Error;

use crate::record::{AmountError, amount};

/// An attribute that is not what it has to be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RowError {
    /// Not valid JSON by itself, or nested beyond reason.
    #[error("unreadable: {0}")]
    Unreadable(String),
    /// The row is no object.
    #[error("not an object")]
    NotAnObject,
    /// An identifier that nothing can be known by.
    #[error("`{field}` is no usable identifier: {text:?}")]
    BadKey {
        /// The attribute.
        field: &'static str,
        /// What it holds, shortened.
        text: String,
    },
    /// An attribute that is not there.
    #[error("no `{0}`")]
    Missing(&'static str),
    /// An amount that is none.
    #[error("`{field}`: {source}")]
    BadAmount {
        /// The attribute.
        field: &'static str,
        /// What is wrong with it.
        source: AmountError,
    },
    /// A word or a time that is not known.
    #[error("`{field}` is {text:?}, which is not {wanted}")]
    Unknown {
        /// The attribute.
        field: &'static str,
        /// What it holds, shortened.
        text: String,
        /// What it should be.
        wanted: &'static str,
    },
    /// An attribute of the wrong type.
    #[error("`{field}` is {found}, not {wanted}")]
    WrongType {
        /// Which.
        field: &'static str,
        /// What it is.
        found: &'static str,
        /// What it should be.
        wanted: &'static str,
    },
}

/// An object of a row.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a>(pub &'a Map<String, Value>);

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

impl<'a> Row<'a> {
    /// The object that a value is.
    pub fn of(value: &'a Value) -> Result<Self, RowError> {
        value.as_object().map(Row).ok_or(RowError::NotAnObject)
    }

    fn get(self, field: &'static str) -> Option<&'a Value> {
        self.0.get(field).filter(|value| !value.is_null())
    }

    fn wrong<T>(field: &'static str, value: &Value, wanted: &'static str) -> Result<T, RowError> {
        Err(RowError::WrongType {
            field,
            found: type_of(value),
            wanted,
        })
    }

    /// Text; a number counts as its digits. Empty counts as not there.
    pub fn text(self, field: &'static str) -> Result<Option<String>, RowError> {
        match self.get(field) {
            None => Ok(None),
            Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(other) => Self::wrong(field, other, "text"),
        }
    }

    /// Text that has to be there.
    pub fn must(self, field: &'static str) -> Result<String, RowError> {
        self.text(field)?.ok_or(RowError::Missing(field))
    }

    /// An amount of money, a number or text.
    pub fn amount(self, field: &'static str) -> Result<Option<Decimal>, RowError> {
        let text = self.text(field)?;
        let read = text.map(|text| amount(&text)).transpose();
        read.map_err(|source| RowError::BadAmount { field, source })
    }

    /// A day, `2026-01-31`; a time of day behind it does not count.
    pub fn day(self, field: &'static str) -> Result<Option<NaiveDate>, RowError> {
        self.read(field, "a day", |text| text.get(..10)?.parse().ok())
    }

    /// A moment as RFC 3339 writes it.
    pub fn moment(self, field: &'static str) -> Result<Option<DateTime<Utc>>, RowError> {
        self.read(field, "a time", |text| text.parse().ok())
    }

    /// Text that means something.
    pub fn read<T>(
        self,
        field: &'static str,
        wanted: &'static str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, RowError> {
        let text = self.text(field)?;
        let unknown = |text: &str| RowError::Unknown {
            field,
            text: text.chars().take(40).collect(),
            wanted,
        };
        let read = text.map(|text| read(text.trim()).ok_or_else(|| unknown(&text)));
        read.transpose()
    }

    /// True, false or not there.
    pub fn flag(self, field: &'static str) -> Result<Option<bool>, RowError> {
        match self.get(field) {
            None => Ok(None),
            Some(Value::Bool(yes)) => Ok(Some(*yes)),
            Some(other) => Self::wrong(field, other, "true, false or null"),
        }
    }

    /// A whole number, also as text.
    pub fn whole(self, field: &'static str) -> Result<Option<i64>, RowError> {
        match self.get(field) {
            None => Ok(None),
            Some(value @ (Value::Number(_) | Value::String(_))) => {
                let text = value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned);
                match text.trim().parse() {
                    Ok(number) => Ok(Some(number)),
                    Err(_) => Self::wrong(field, value, "a whole number"),
                }
            }
            Some(other) => Self::wrong(field, other, "a whole number"),
        }
    }

    /// An object.
    pub fn object(self, field: &'static str) -> Result<Option<Row<'a>>, RowError> {
        match self.get(field) {
            None => Ok(None),
            Some(Value::Object(map)) => Ok(Some(Row(map))),
            // PHP writes an empty object as an empty list.
            Some(Value::Array(items)) if items.is_empty() => Ok(None),
            Some(other) => Self::wrong(field, other, "an object"),
        }
    }

    /// A list of objects.
    pub fn objects(self, field: &'static str) -> Result<Vec<Row<'a>>, RowError> {
        match self.get(field) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => items
                .iter()
                .map(|item| match item {
                    Value::Object(map) => Ok(Row(map)),
                    other => Self::wrong(field, other, "a list of objects"),
                })
                .collect(),
            Some(other) => Self::wrong(field, other, "a list"),
        }
    }
}
