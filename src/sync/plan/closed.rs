//! The closed period: what has a day in it is not written any more.

use super::update::settle;
use super::{Plan, Revision, Rules};
use crate::record::{Attributes, Value};
use crate::state::{Known, hex_digest};

/// What an adopted record of a closed period is told with.
const ONLY_LINKED: &str = "it lies in the closed period (locked_until): only linked";

impl Rules {
    /// Whether an income with these values lies in the closed period.
    fn is_closed(&self, values: &Attributes) -> bool {
        let days = ["date", "payment_date"].map(|field| values.day(field));
        let closed = |until| days.into_iter().flatten().any(|day| day <= until);
        self.locked_until.is_some_and(closed)
    }

    fn held_back(&self, what: &str) -> String {
        let until = self.locked_until.map(|day| day.to_string());
        let until = until.unwrap_or_default();
        format!("in the closed period up to {until}: not {what}")
    }
}

/// Holds back what would write to a closed period. What the source then says stays undecided, so
/// that it is written should the period be opened again.
#[must_use]
pub fn hold_closed(
    plan: Plan,
    (known, current): (Option<&Known>, Option<&Attributes>),
    rules: Rules,
) -> Plan {
    match plan {
        Plan::Create { attributes } if rules.is_closed(&attributes) => Plan::Skip {
            reason: rules.held_back("created"),
            warning: None,
            settled: None,
            once: Some(print_of(&attributes)),
        },
        Plan::Adopt { id, by, revision } if touches(&revision, current, rules) => Plan::Adopt {
            id,
            by,
            revision: only_linked(revision),
        },
        Plan::Update { id, revision } if touches(&revision, current, rules) => {
            let open = known.filter(|known| known.failure.is_some() || !known.pending.is_empty());
            let settled = open.zip(current).map(|(known, current)| {
                let known = settle(known, current);
                let revision = Revision {
                    source: known.source,
                    written: known.written,
                    ..Revision::default()
                };
                Box::new((id, revision))
            });
            let off = revision.fields.0.get("inactive");
            let off = off.is_some_and(|change| change.after == Value::Bool(true));
            Plan::Skip {
                reason: rules.held_back(if off { "switched off" } else { "changed" }),
                warning: None,
                settled,
                once: Some(print_of(&revision.fields.after())),
            }
        }
        other => other,
    }
}

/// Whether something is to be written to a record that lies in the closed period, before or after.
fn touches(revision: &Revision, current: Option<&Attributes>, rules: Rules) -> bool {
    if revision.fields.is_empty() {
        return false;
    }
    let mut before = revision.written.clone();
    if let Some(current) = current {
        before.overlay(current);
    }
    let mut after = before.clone();
    after.overlay(&revision.fields.after());
    rules.is_closed(&before) || rules.is_closed(&after)
}

fn only_linked(mut revision: Revision) -> Revision {
    for (field, change) in std::mem::take(&mut revision.fields.0) {
        revision.source.set(field, change.before);
    }
    revision.warnings = vec![ONLY_LINKED];
    revision
}

/// What tells one change from another, without saying what it is.
fn print_of(values: &Attributes) -> String {
    hex_digest(&values.to_json().to_string(), 16)
}

/// Tells what is told once only where that was not done yet, or all is told again.
#[must_use]
pub fn unless_told(plan: Plan, told: Option<&str>, rules: Rules) -> Plan {
    match &plan {
        Plan::Skip {
            once: Some(once),
            settled: None,
            ..
        } if told == Some(once) && !rules.tells_again => Plan::Unchanged,
        _ => plan,
    }
}
