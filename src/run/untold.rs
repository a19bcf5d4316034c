//! What a run that was cut off left to be looked at: what it decided is settled, and no later run
//! would come back to it.

use serde_json::Value;

use crate::state::{StateError, View};
use crate::sync::Action;

/// A line for each record that somebody has to look at.
pub(super) fn untold(view: &View) -> Result<Vec<String>, StateError> {
    let untold = view.untold()?;
    let lines = untold.iter().filter_map(|(run, change)| line(run, change));
    Ok(lines.collect())
}

fn line(run: &str, change: &str) -> Option<String> {
    let change: Value = serde_json::from_str(change).ok()?;
    let word = |name: &str| change[name].as_str().unwrap_or_default();
    let list = |name: &str| -> Vec<&str> {
        let list = change[name].as_array();
        list.map_or(Vec::new(), |list| {
            list.iter().filter_map(Value::as_str).collect()
        })
    };
    let mut what = Vec::new();
    for (words, fields) in [
        ("kept as it is in Caflou", list("kept")),
        ("not taken by Caflou", list("ignored")),
    ] {
        if !fields.is_empty() {
            what.push(format!("{words}: {}", fields.join(", ").replace('_', " ")));
        }
    }
    what.extend(list("warnings").iter().map(|&warning| warning.to_owned()));
    if what.is_empty() && word("action") == Action::Skip.as_str() {
        what.push(word("reason").to_owned());
    }
    (!what.is_empty()).then(|| {
        let (kind, id) = (word("kind"), word("source_id"));
        format!(
            "run {run} was cut off and left to look at: {kind} {id}: {}",
            what.join("; ")
        )
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_to_be_looked_at_is_told_and_what_is_in_order_is_not() {
        let change = |action: &str, kept: &[&str], warnings: &[&str], reason: Option<&str>| {
            let change = json!({
                "kind": "income", "action": action, "source_id": "1", "kept": kept,
                "ignored": [], "warnings": warnings, "reason": reason,
            });
            line("r", &change.to_string())
        };
        assert_eq!(change("create", &[], &[], None), None);
        assert_eq!(change("adopt", &[], &[], Some("our mark")), None);
        // A failure is told by each run until it is settled.
        assert_eq!(change("fail", &[], &[], Some("refused")), None);
        let lines = [
            change(
                "adopt",
                &["value", "payment_date"],
                &["paid"],
                Some("our mark"),
            ),
            change("skip", &[], &[], Some("the period is closed")),
        ];
        insta::assert_snapshot!(lines.map(Option::unwrap).join("\n"), @r"
        run r was cut off and left to look at: income 1: kept as it is in Caflou: value, payment date; paid
        run r was cut off and left to look at: income 1: the period is closed
        ");
        assert_eq!(line("r", "no JSON"), None);
    }
}
