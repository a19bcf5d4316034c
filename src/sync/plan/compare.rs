//! Comparing three ways: what the source says, what it said before, and what Caflou holds.

use super::{Revision, theirs};
use crate::record::{Attributes, FieldChange, Value, rich_text_lines, same};

/// Paid, and then not.
pub(super) const TAKEN_BACK: &str =
    "no longer paid at the source: check whether the money went back";
/// What was paid was another amount.
pub(super) const PAID_VALUE: &str = "the value of a paid income changes: check what was paid";

/// Whether two sets of values of the source mean the same. The address of the record at the source
/// does not count: when a whole source moves, it changes in every record and says nothing of any.
pub(super) fn agrees(a: &Attributes, b: &Attributes) -> bool {
    a.fields_of_both(b).into_iter().all(|field| {
        let (a, b) = (a.get(field), b.get(field));
        same(field, a, b) || (field == "description" && without_link(a) == without_link(b))
    })
}

pub(super) fn without_link(description: Option<&Value>) -> Vec<String> {
    let Some(Value::Text(text)) = description else {
        return Vec::new();
    };
    let mut lines = rich_text_lines(text);
    lines.retain(|line| !line.starts_with("https://") && !line.starts_with("http://"));
    lines
}

/// Compares three ways: only what changed at the source since the last decision is written, and
/// only where Caflou still holds what we wrote.
pub(super) fn revise(
    desired: &Attributes,
    (source, written): (&Attributes, &Attributes),
    current: &Attributes,
) -> Revision {
    let mut revision = Revision {
        source: desired.clone(),
        written: written.clone(),
        ..Revision::default()
    };
    for field in desired.fields_of_both(source) {
        let (new, now) = (desired.get(field), current.get(field));
        if same(field, new, source.get(field)) {
            continue;
        }
        if now.is_some() && same(field, now, new) {
            revision
                .written
                .set(field, new.cloned().unwrap_or(Value::Null));
        } else if now.is_some() && !same(field, now, written.get(field)) {
            revision.kept.push(field);
        } else if field != "description" || theirs::may_readdress(now, (source.get(field), new)) {
            let before = now.or(written.get(field)).cloned().unwrap_or(Value::Null);
            let after = new.cloned().unwrap_or(Value::Null);
            revision
                .fields
                .0
                .insert(field, FieldChange { before, after });
        }
    }
    theirs::keep_payment_whole(&mut revision);
    revision
}

/// What a person should look at, as it touches money that has come.
pub(super) fn with_warnings(
    mut revision: Revision,
    source: &Attributes,
    current: &Attributes,
) -> Revision {
    let paid = source.is_true("done") || current.is_true("done");
    let done = revision.fields.0.get("done").map(|change| &change.after);
    let kept = revision.kept.contains(&"done") && !revision.source.is_true("done");
    if kept || done.is_some_and(|after| *after != Value::Bool(true)) {
        revision.warnings.push(TAKEN_BACK);
    }
    let changes = |field| revision.fields.0.contains_key(field);
    if paid && (changes("value") || changes("currency")) {
        revision.warnings.push(PAID_VALUE);
    }
    revision
}
