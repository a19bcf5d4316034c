//! Records that do not count any more.

use super::{Plan, Revision};
use crate::caflou::MatchedBy;
use crate::record::{Attributes, CaflouId, FieldChange, Value, Void};
use crate::state::Known;

/// There is money in it, and it does not count any more.
pub(super) const PAID_AND_VOID: &str =
    "paid and then cancelled or deleted: check whether the money went back";

/// One of which nothing is known and which is in Caflou all the same: a state that was lost, or another
/// client, imported it. Takes it out of the cash flow, unless there is money in it, and links it. Of its other values
/// nothing is decided: should it count again, what differs in Caflou stays there and is told.
pub(super) fn adopt(
    (id, by): (CaflouId, MatchedBy),
    (why, paid): (Void, bool),
    current: &Attributes,
) -> Plan {
    if paid || current.is_true("done") {
        return Plan::Skip {
            reason: format!("{}, but paid: left alone", why.as_str()),
            warning: Some(PAID_AND_VOID),
            settled: None,
            once: None,
        };
    }
    let mut revision = Revision::default();
    let (before, after) = (current.get("inactive"), Value::Bool(true));
    revision.source.set("inactive", after.clone());
    let before = before.cloned().unwrap_or(Value::Null);
    revision.written.set("inactive", before.clone());
    if before != after {
        let change = FieldChange { before, after };
        revision.fields.0.insert("inactive", change);
    }
    Plan::Adopt {
        id: Some(id),
        by,
        revision,
    }
}

/// `open`: something about it is to be settled with that.
pub(super) fn left_alone(why: &str, known: &Known, open: bool) -> Plan {
    let settled = known.caflou_id.filter(|_| open).map(|id| {
        let revision = Revision {
            source: known.source.clone(),
            written: known.written.clone(),
            ..Revision::default()
        };
        Box::new((id, revision))
    });
    Plan::Skip {
        reason: format!("{why}, but paid: left alone"),
        warning: Some(PAID_AND_VOID),
        settled,
        once: None,
    }
}
