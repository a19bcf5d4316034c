//! A record that was imported, by what Caflou holds for it now.

use super::adopt::{linked, may_void};
use super::compare::{agrees, revise, with_warnings};
use super::desired::void;
use super::voided::left_alone;
use super::{Plan, Rules};
use crate::caflou::MatchedBy;
use crate::record::{Attributes, CaflouId, Draft, Record, Value, same};
use crate::state::Known;

/// Plans a record that was imported, by what Caflou holds for it now (`None`: it was deleted).
#[must_use]
pub fn update(
    draft: &Draft,
    known: &Known,
    desired: &Attributes,
    id: CaflouId,
    current: Option<&Attributes>,
) -> Plan {
    let Some(current) = current else {
        return gone(desired);
    };
    let open = !known.pending.is_empty() || known.failure.is_some();
    let known = settle(known, current);
    let Record::Void { why, paid } = &draft.record else {
        let revision = revise(desired, (&known.source, &known.written), current);
        let mut revision = with_warnings(revision, &known.source, current);
        // Not paid in time, says the source: but somebody entered the payment in Caflou.
        if current.is_true("done")
            && !known.source.is_true("done")
            && let Some(change) = revision.fields.0.get("inactive")
            && change.after == Value::Bool(true)
        {
            revision.fields.0.remove("inactive");
            revision.kept.push("inactive");
        }
        return Plan::Update { id, revision };
    };
    // Marked as paid by the shop or in Caflou: there is money in it.
    if *paid || known.source.is_true("done") || current.is_true("done") {
        return left_alone(why.as_str(), &known, open);
    }
    let desired = void(draft.kind, *why, Some(&known));
    let revision = revise(&desired, (&known.source, &known.written), current);
    Plan::Update { id, revision }
}

/// Plans a record that counts as deleted in Caflou, by what Caflou holds for it now (`None`: it is
/// not there). One that is there again is linked as it was left, and brought up to date where nobody
/// else changed it.
#[must_use]
pub fn again(
    draft: &Draft,
    known: &Known,
    desired: &Attributes,
    id: CaflouId,
    current: Option<&Attributes>,
    rules: Rules,
) -> Plan {
    let Some(current) = current else {
        let seen = agrees(desired, &known.source) && known.failure.is_none();
        return if seen { Plan::Unchanged } else { gone(desired) };
    };
    let revision = if rules.updates() && may_void(draft, known, current) {
        revise(desired, (&known.written, &known.written), current)
    } else {
        linked(&known.written, current)
    };
    Plan::Adopt {
        id: Some(id),
        by: MatchedBy::Mark,
        revision,
    }
}

pub(super) fn gone(desired: &Attributes) -> Plan {
    Plan::Gone {
        id: None,
        source: desired.clone(),
    }
}

/// What is known of a record once it is seen how far an update of unknown outcome was carried out.
/// What of it is there counts as written; else it would be taken for somebody's edit.
pub(super) fn settle(known: &Known, current: &Attributes) -> Known {
    let mut settled = known.clone();
    for field in known.pending.fields() {
        let (sent, now) = (known.pending.get(field), current.get(field));
        if let Some(value) = now
            && same(field, now, sent)
        {
            settled.source.set(field, value.clone());
            settled.written.set(field, value.clone());
        }
    }
    settled.pending = Attributes::default();
    settled
}
