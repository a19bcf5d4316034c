//! What a run did with a record, read back from the history.

use serde_json::Value as Json;

use super::report::{Action, Change};
use crate::record::{self, CaflouId, FieldChanges, Kind, Value, field_name};

/// The reason of a change that `forget` left bare (`state/retention.rs`).
const FORGOTTEN: &str = "forgotten";

impl Change {
    /// Whether what was done is not known any more, at the user's request.
    #[must_use]
    pub fn is_forgotten(&self) -> bool {
        self.label.is_empty() && self.reason.as_deref() == Some(FORGOTTEN)
    }

    /// From the JSON of the report; `None` where it is not one.
    #[must_use]
    pub fn read(json: &str) -> Option<Self> {
        let json: Json = serde_json::from_str(json).ok()?;
        let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
        let list = |name: &str| json[name].as_array().cloned().unwrap_or_default();
        let fields_of = |name: &str| {
            let names = list(name);
            let names = names.iter().filter_map(Json::as_str);
            names.filter_map(field_name).collect()
        };
        let fields = json["fields"].as_object().cloned().unwrap_or_default();
        let fields = fields.iter().filter_map(|(name, change)| {
            let change = record::FieldChange {
                before: Value::from_json(&change["before"]),
                after: Value::from_json(&change["after"]),
            };
            Some((field_name(name)?, change))
        });
        let warnings = list("warnings").into_iter();
        Some(Self {
            connection: text("connection"),
            kind: Kind::ALL
                .into_iter()
                .find(|kind| json["kind"] == kind.as_str())?,
            action: Action::ALL
                .into_iter()
                .find(|action| json["action"] == action.as_str())?,
            source_id: text("source_id"),
            caflou_id: json["caflou_id"].as_i64().map(CaflouId),
            label: text("label"),
            fields: FieldChanges(fields.collect()),
            kept: fields_of("kept"),
            ignored: fields_of("ignored"),
            warnings: warnings
                .filter_map(|text| text.as_str().map(str::to_owned))
                .collect(),
            reason: json["reason"].as_str().map(str::to_owned),
            matched_by: None,
            not_there: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_told_is_read_back_word_for_word() {
        let told = r#"{"connection":"my-shop","kind":"income","action":"update","source_id":"2026000117","caflou_id":1001,"label":"Jan Novák","fields":{"done":{"before":false,"after":true},"value":{"before":1234.50,"after":1300.0}},"kept":["name"],"ignored":["tags"],"warnings":["look"],"reason":null}"#;
        let change = Change::read(told).unwrap();
        assert_eq!(serde_json::to_string(&change).unwrap(), told);
        assert!(Change::read("{}").is_none() && Change::read("").is_none());
    }
}
