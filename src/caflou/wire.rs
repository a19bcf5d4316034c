//! Records as Caflou sends them. Live answers hold null where the description says text, and
//! attributes that it does not know.

use serde_json::Value;

use crate::record::{Attributes, CaflouId};

/// A record in Caflou, with those of its attributes that are ever written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its id.
    pub id: CaflouId,
    /// Its values.
    pub attributes: Attributes,
    /// It lies in the trash.
    pub trashed: bool,
    /// It is a template, not a record.
    pub template: bool,
}

impl Stored {
    /// From a record of an answer; `None` where it has no id.
    #[must_use]
    pub fn from_json(json: &Value) -> Option<Self> {
        let object = json.as_object()?;
        let yes = |name: &str| object.get(name) == Some(&Value::Bool(true));
        Some(Self {
            id: CaflouId(whole(object.get("id")?).filter(|id| *id > 0)?),
            attributes: Attributes::from_json(object),
            trashed: yes("trash") || object.get("trashed_at").is_some_and(|at| !at.is_null()),
            template: yes("template"),
        })
    }
}

/// A whole number, also as text.
pub(super) fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.to_string().parse().ok(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A value as short text for messages.
pub(super) fn shorten(value: &Value) -> String {
    value.to_string().chars().take(300).collect()
}
