//! Attributes of a Caflou record as comparable values.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value as Json;

use super::money::exact;
use super::rich_text_lines;

/// Every attribute that is ever written, by Caflou's name
/// (`#/paths/.../companies/post` and `.../transfers/post` of its description).
const FIELDS: [&str; 32] = [
    "another_identifier",
    "category_id",
    "city",
    "company_id",
    "country",
    "currency",
    "date",
    "description",
    "done",
    "email",
    "id_num",
    "id_tax_num",
    "inactive",
    "kind",
    "name",
    "payment_date",
    "person",
    "phone",
    "project_id",
    "real_value",
    "reference_number",
    "source_id",
    "street",
    "tags",
    "tax_date",
    "tax_num",
    "value",
    "value_without_vat",
    "vat_payer",
    "vat_value",
    "zip",
    "trash",
];

/// The interned name of an attribute, `None` where it is none of ours.
#[must_use]
pub fn field_name(name: &str) -> Option<&'static str> {
    FIELDS.iter().find(|field| **field == name).copied()
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

/// Before and after of one attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldChange {
    /// As it is in Caflou.
    pub before: Value,
    /// As it is to be.
    pub after: Value,
}

/// Changes by attribute, in the order of their names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FieldChanges(pub BTreeMap<&'static str, FieldChange>);

impl FieldChanges {
    /// All attributes of a new record.
    #[must_use]
    pub fn creation(attributes: &Attributes) -> Self {
        let change = |value: &Value| FieldChange {
            before: Value::Null,
            after: value.clone(),
        };
        Self(
            attributes
                .0
                .iter()
                .map(|(field, value)| (*field, change(value)))
                .collect(),
        )
    }

    /// The values to send.
    #[must_use]
    pub fn after(&self) -> Attributes {
        Attributes(
            self.0
                .iter()
                .map(|(field, change)| (*field, change.after.clone()))
                .collect(),
        )
    }

    /// Nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for FieldChanges {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (field, change) in &self.0 {
            map.serialize_entry(field, change)?;
        }
        map.end()
    }
}

/// Whether two values of an attribute mean the same, however they are written: unset equals empty,
/// for yes-or-no attributes also `false`; tags have no order; a description may have become HTML.
#[must_use]
pub fn same(field: &str, a: Option<&Value>, b: Option<&Value>) -> bool {
    let (a, b) = (a.unwrap_or(&Value::Null), b.unwrap_or(&Value::Null));
    if a == b || (a.is_empty() && b.is_empty()) {
        return true;
    }
    match (field, a, b) {
        ("done" | "inactive" | "vat_payer" | "trash", Value::Bool(yes), Value::Null)
        | ("done" | "inactive" | "vat_payer" | "trash", Value::Null, Value::Bool(yes)) => !yes,
        ("tags", Value::List(a), Value::List(b)) => sorted(a) == sorted(b),
        ("description", Value::Text(a), Value::Text(b)) => rich_text_lines(a) == rich_text_lines(b),
        ("date" | "payment_date", Value::Text(a), Value::Text(b)) if a.len() >= 10 => {
            a.get(..10).is_some_and(|day| b.get(..10) == Some(day))
        }
        (_, Value::Text(a), Value::Text(b)) => a.trim() == b.trim(),
        // Numbers come as text in some answers.
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
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_description_that_came_back_as_html_is_the_same() {
        let sent = Value::text("https://shop.cz/admin?a=1&b=2\nshoptet:1:2026000001");
        for back in [
            "<p>https://shop.cz/admin?a=1&amp;b=2<br>shoptet:1:2026000001</p>",
            "<p>https://shop.cz/admin?a=1&amp;b=2</p>\r\n<p>shoptet:1:2026000001</p>",
            "<div><a href=\"x\">https://shop.cz/admin?a=1&amp;b=2</a><br />shoptet:1:2026000001</div>",
        ] {
            assert!(
                same("description", Some(&sent), Some(&Value::text(back))),
                "{back}"
            );
        }
        assert!(!same(
            "description",
            Some(&sent),
            Some(&Value::text("<p>shoptet:1:2</p>"))
        ));
    }

    #[test]
    fn days_are_compared_as_days_and_what_is_no_day_as_text() {
        let same =
            |a: &str, b: &str| same("payment_date", Some(&Value::text(a)), Some(&Value::text(b)));
        assert!(same("2026-11-22", "2026-11-22T00:00:00+01:00"));
        for (a, b) in [
            ("2026", "1999"),
            ("2026-11-22", "2026"),
            ("0000000000", "123456789ž"),
        ] {
            assert!(!same(a, b) && !same(b, a), "{a} {b}");
        }
    }

    #[test]
    fn unset_equals_empty_and_for_flags_false() {
        assert!(same("inactive", None, Some(&Value::Bool(false))));
        assert!(!same("inactive", None, Some(&Value::Bool(true))));
        assert!(same(
            "payment_date",
            Some(&Value::Null),
            Some(&Value::text(""))
        ));
        assert!(same(
            "value",
            Some(&Value::text("10.50")),
            Some(&Value::Number("10.5".parse().unwrap()))
        ));
        assert!(!same("name", None, Some(&Value::Bool(false))));
    }

    proptest! {
        #[test]
        fn a_number_leaves_and_comes_back_with_its_digits(units in any::<i64>(), scale in 0..5_u32) {
            let number = Decimal::new(units, scale);
            let json = serde_json::to_string(&Value::Number(number)).unwrap();
            prop_assert_eq!(&json, &number.to_string());
            let back: Json = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(Value::from_json(&back), Value::Number(number));
        }
    }
}
