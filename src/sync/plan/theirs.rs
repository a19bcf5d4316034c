//! What somebody entered in Caflou, and what goes with it.

use super::Revision;
use super::compare::without_link;
use crate::record::{FieldChange, Value, same};

/// Whether a description may be written anew where only the address of the record at the source changed.
/// That of a record which was entered in Caflou and then linked is somebody's own: it lacks our mark.
pub(super) fn may_readdress(
    now: Option<&Value>,
    (before, ours): (Option<&Value>, Option<&Value>),
) -> bool {
    let empty = same("description", now, None);
    let (lines, now) = (without_link(ours), without_link(now));
    lines != without_link(before) || empty || lines.iter().all(|line| now.contains(line))
}

/// Paid and its day are one thing. Where somebody dated the payment in Caflou, the money came there,
/// whatever the source takes back: it stays paid, with all that goes along. Where somebody said there
/// that it is not paid, no day of payment is written either.
pub(super) fn keep_payment_whole(revision: &mut Revision) {
    let unpaid = |change: &FieldChange| change.after != Value::Bool(true);
    let taken_back = revision.fields.0.get("done").is_some_and(unpaid);
    let along: &[_] = if revision.kept.contains(&"done") {
        &["payment_date"]
    } else if taken_back && revision.kept.contains(&"payment_date") {
        &["date", "done", "inactive", "real_value"]
    } else {
        return;
    };
    for field in along {
        if revision.fields.0.remove(field).is_some() {
            revision.kept.push(field);
        }
    }
    revision.kept.sort_unstable();
}
