//! A record that does not count any more and is in Caflou all the same, of which nothing is known: a
//! state that was lost, or another client, imported it before.

use super::{PAID_AND_VOID, Plan, Revision};
use crate::caflou::MatchedBy;
use crate::record::{Attributes, CaflouId, Change, Value, Void};

/// Takes it out of the cash flow, unless there is money in it, and links it. Of its other values
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
        let change = Change { before, after };
        revision.fields.0.insert("inactive", change);
    }
    Plan::Adopt {
        id: Some(id),
        by,
        revision,
    }
}
