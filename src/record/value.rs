//! The value of an attribute of a Caflou record, and when two mean the same.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Serialize, Serializer};
use serde_json::Value as Json;

use super::money::exact;
use super::rich_text_lines;

/// How the values of an attribute are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Text,
    /// An amount or an id; some answers have it as text.
    Number,
    /// Unset is no.
    YesNo,
    /// A day, with a time behind it or without.
    Day,
    /// In no order.
    Tags,
    /// Plain when sent, perhaps HTML when it comes back.
    RichText,
}

/// Every attribute that is ever written or looked at, by Caflou's name
/// (`#/paths/.../companies/post` and `.../transfers/post` of its description). Of what Caflou answers
/// and the state keeps, only these are read.
const FIELDS: &[(&str, Meaning)] = &[
    ("another_identifier", Meaning::Text),
    ("category_id", Meaning::Number),
    ("city", Meaning::Text),
    ("company_id", Meaning::Number),
    ("country", Meaning::Text),
    ("currency", Meaning::Text),
    ("date", Meaning::Day),
    ("description", Meaning::RichText),
    ("done", Meaning::YesNo),
    ("email", Meaning::Text),
    ("id_num", Meaning::Text),
    ("id_tax_num", Meaning::Text),
    ("inactive", Meaning::YesNo),
    ("kind", Meaning::Text),
    ("name", Meaning::Text),
    ("payment_date", Meaning::Day),
    ("person", Meaning::Text),
    ("phone", Meaning::Text),
    ("project_id", Meaning::Number),
    ("real_value", Meaning::Number),
    ("reference_number", Meaning::Text),
    ("source_id", Meaning::Number),
    ("street", Meaning::Text),
    ("tags", Meaning::Tags),
    ("tax_date", Meaning::Day),
    ("tax_num", Meaning::Text),
    ("trash", Meaning::YesNo),
    ("value", Meaning::Number),
    ("value_without_vat", Meaning::Number),
    ("vat_payer", Meaning::YesNo),
    ("vat_value", Meaning::Number),
    ("zip", Meaning::Text),
];

/// The interned name of an attribute, `None` where it is none of ours.
#[must_use]
pub fn field_name(name: &str) -> Option<&'static str> {
    let mut names = FIELDS.iter().map(|(field, _)| *field);
    names.find(|field| *field == name)
}

fn meaning(name: &str) -> Meaning {
    let field = FIELDS.iter().find(|(field, _)| *field == name);
    field.map_or(Meaning::Text, |(_, meaning)| *meaning)
}

/// The value of one attribute. Numbers are exact decimals; days are text `YYYY-MM-DD`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Not set.
    Null,
    /// Yes or no.
    Bool(bool),
    /// An amount or an id; `1.5` equals `1.50`.
    Number(Decimal),
    /// Text, also days and codes.
    Text(String),
    /// A list of texts, as tags are.
    List(Vec<String>),
}

impl Value {
    /// Text.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    /// A day as `YYYY-MM-DD`.
    #[must_use]
    pub fn day(day: NaiveDate) -> Self {
        Self::Text(day.format("%Y-%m-%d").to_string())
    }

    /// A Caflou id.
    #[must_use]
    pub fn id(id: i64) -> Self {
        Self::Number(Decimal::from(id))
    }

    /// From JSON; what is none of these shapes becomes `Null`.
    #[must_use]
    pub fn from_json(json: &Json) -> Self {
        match json {
            Json::Bool(yes) => Self::Bool(*yes),
            Json::Number(number) => exact(&number.to_string()).map_or(Self::Null, Self::Number),
            Json::String(text) => Self::Text(text.clone()),
            Json::Array(items) => Self::List(
                items
                    .iter()
                    .filter_map(|i| i.as_str().map(str::to_owned))
                    .collect(),
            ),
            Json::Null | Json::Object(_) => Self::Null,
        }
    }

    /// As JSON; a number keeps exactly its digits.
    #[must_use]
    pub fn to_json(&self) -> Json {
        match self {
            Self::Null => Json::Null,
            Self::Bool(yes) => Json::Bool(*yes),
            Self::Number(number) => serde_json::from_str(&number.to_string()).unwrap_or(Json::Null),
            Self::Text(text) => Json::String(text.clone()),
            Self::List(items) => Json::Array(items.iter().cloned().map(Json::String).collect()),
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Text(text) => text.trim().is_empty(),
            Self::List(items) => items.is_empty(),
            Self::Bool(_) | Self::Number(_) => false,
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

/// Whether two values of an attribute mean the same, however they are written. Unset equals empty.
#[must_use]
pub fn same(field: &str, a: Option<&Value>, b: Option<&Value>) -> bool {
    let (a, b) = (a.unwrap_or(&Value::Null), b.unwrap_or(&Value::Null));
    if a == b || (a.is_empty() && b.is_empty()) {
        return true;
    }
    match (meaning(field), a, b) {
        (Meaning::YesNo, Value::Bool(yes), Value::Null)
        | (Meaning::YesNo, Value::Null, Value::Bool(yes)) => !yes,
        (Meaning::Tags, Value::List(a), Value::List(b)) => sorted(a) == sorted(b),
        (Meaning::RichText, Value::Text(a), Value::Text(b)) => {
            rich_text_lines(a) == rich_text_lines(b)
        }
        (Meaning::Day, Value::Text(a), Value::Text(b)) if a.len() >= 10 => {
            a.get(..10).is_some_and(|day| b.get(..10) == Some(day))
        }
        (_, Value::Text(a), Value::Text(b)) => a.trim() == b.trim(),
        (_, Value::Number(number), Value::Text(text))
        | (_, Value::Text(text), Value::Number(number)) => exact(text.trim()) == Some(*number),
        _ => false,
    }
}

fn sorted(items: &[String]) -> Vec<&str> {
    let mut all: Vec<_> = items.iter().map(String::as_str).collect();
    all.sort_unstable();
    all
}

#[cfg(test)]
mod tests;
