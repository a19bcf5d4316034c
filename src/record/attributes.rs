//! Attributes of a Caflou record as comparable values.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;
use serde_json::Value as Json;

use super::value::{Value, field_name};

/// Attributes by name, in the order of their names.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub struct Attributes(BTreeMap<&'static str, Value>);

impl Attributes {
    /// Sets one.
    pub fn set(&mut self, field: &'static str, value: Value) {
        self.0.insert(field, value);
    }

    /// Sets one if there is a value.
    pub fn set_some(&mut self, field: &'static str, value: Option<Value>) {
        if let Some(value) = value {
            self.set(field, value);
        }
    }

    /// Takes one away.
    pub fn remove(&mut self, field: &str) {
        self.0.remove(field);
    }

    /// Sets all that are in another set.
    pub fn overlay(&mut self, other: &Self) {
        let others = other.0.iter();
        self.0
            .extend(others.map(|(field, value)| (*field, value.clone())));
    }

    /// The day of one, with a time behind it or without.
    #[must_use]
    pub fn day(&self, field: &str) -> Option<NaiveDate> {
        self.text(field)?.get(..10)?.parse().ok()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of one, where it is there at all.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<&Value> {
        self.0.get(field)
    }

    /// The text of one.
    #[must_use]
    pub fn text(&self, field: &str) -> Option<&str> {
        match self.get(field) {
            Some(Value::Text(text)) if !text.trim().is_empty() => Some(text),
            _ => None,
        }
    }

    /// Whether one is `true`.
    #[must_use]
    pub fn is_true(&self, field: &str) -> bool {
        self.get(field) == Some(&Value::Bool(true))
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Value)> + '_ {
        self.0.iter().map(|(field, value)| (*field, value))
    }

    /// The names.
    pub fn fields(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.0.keys().copied()
    }

    /// The names in either of two.
    #[must_use]
    pub fn fields_of_both(&self, other: &Self) -> Vec<&'static str> {
        let mut all: Vec<_> = self.fields().chain(other.fields()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// From a JSON object: the attributes that are ours, others left out.
    #[must_use]
    pub fn from_json(object: &serde_json::Map<String, Json>) -> Self {
        let known = object.iter().filter_map(|(name, value)| {
            field_name(name).map(|field| (field, Value::from_json(value)))
        });
        Self(known.collect())
    }

    /// As a JSON object.
    #[must_use]
    pub fn to_json(&self) -> Json {
        Json::Object(
            self.0
                .iter()
                .map(|(k, v)| ((*k).to_owned(), v.to_json()))
                .collect(),
        )
    }
}

impl FromIterator<(&'static str, Value)> for Attributes {
    fn from_iter<I: IntoIterator<Item = (&'static str, Value)>>(all: I) -> Self {
        Self(all.into_iter().collect())
    }
}
