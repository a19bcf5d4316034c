//! What changes of a Caflou record.

use std::collections::BTreeMap;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::attributes::Attributes;
use super::value::Value;

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
                .iter()
                .map(|(field, value)| (field, change(value)))
                .collect(),
        )
    }

    /// The values to send.
    #[must_use]
    pub fn after(&self) -> Attributes {
        let after = self.0.iter();
        after
            .map(|(field, change)| (*field, change.after.clone()))
            .collect()
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
