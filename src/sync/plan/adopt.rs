//! A record that was found in Caflou.

use super::compare::{revise, with_warnings};
use super::desired::hold_party;
use super::reused::maybe_another;
use super::{Plan, Revision, Rules, voided};
use crate::caflou::MatchedBy;
use crate::record::{Attributes, CaflouId, Draft, FieldChange, FieldChanges, Record, Value, same};
use crate::state::{Known, RecordState};

/// Plans a record that was found in Caflou. One whose create was sent by us and whose answer was
/// lost is brought up to date like any record of ours; of a foreign one only a payment is written,
/// everything else stays as it was entered there.
#[must_use]
pub fn adopt(
    draft: &Draft,
    known: Option<&Known>,
    desired: &Attributes,
    (id, by): (CaflouId, MatchedBy),
    current: &Attributes,
    rules: Rules,
) -> Plan {
    if by == MatchedBy::Mark
        && let Some(reason) = known.and_then(|known| maybe_another(draft, known, id))
    {
        return Plan::Fail { reason };
    }
    let lost = known.filter(|known| {
        by == MatchedBy::Mark
            && matches!(known.state, RecordState::Sending | RecordState::Uncertain)
    });
    let unknown = known.is_none_or(|known| known.state == RecordState::Failed);
    if let Record::Void { why, paid } = &draft.record
        && unknown
    {
        return voided::adopt((id, by), (*why, *paid), current);
    }
    let revision = match lost {
        Some(sent) if rules.updates() && may_void(draft, sent, current) => {
            let mut desired = desired.clone();
            if let Record::Document(income) = &draft.record {
                hold_party(&mut desired, income, (&sent.source, &sent.label));
            }
            let revision = revise(&desired, (&sent.source, &sent.source), current);
            with_warnings(revision, &sent.source, current)
        }
        Some(sent) => linked(&sent.source, current),
        None => {
            let mut desired = desired.clone();
            // It is switched off by a later run, like any other that is not paid in time.
            desired.remove("inactive");
            let mut revision = linked(&desired, current);
            if rules.updates() {
                revision.fields = payment(&desired, current);
            }
            if by == MatchedBy::Mark {
                revision.kept = not_taken_over(&desired, current, &revision.fields);
            }
            revision
        }
    };
    Plan::Adopt {
        id: Some(id),
        by,
        revision,
    }
}

/// A void record may be taken out of the cash flow unless there is money in it.
pub(super) fn may_void(draft: &Draft, sent: &Known, current: &Attributes) -> bool {
    match &draft.record {
        Record::Void { paid, .. } => {
            !paid && !sent.source.is_true("done") && !current.is_true("done")
        }
        Record::Company(_) | Record::Document(_) => true,
    }
}

/// Nothing is written; what Caflou holds counts as last written.
pub(super) fn linked(source: &Attributes, current: &Attributes) -> Revision {
    let mut written = Attributes::default();
    for field in source.fields() {
        written.set(field, current.get(field).cloned().unwrap_or(Value::Null));
    }
    Revision {
        source: source.clone(),
        written,
        ..Revision::default()
    }
}

/// What is otherwise in Caflou than at the source, and stays so. Of a record of ours that is worth a
/// word: it may have changed at the source while nobody knew of it.
fn not_taken_over(
    desired: &Attributes,
    current: &Attributes,
    fields: &FieldChanges,
) -> Vec<&'static str> {
    let differs = |field: &&'static str| {
        let now = current.get(field);
        now.is_some() && !fields.0.contains_key(field) && !same(field, desired.get(field), now)
    };
    desired.fields().filter(differs).collect()
}

/// What adopting a record writes: it only raises. Paid in Caflou stays paid, a payment date that is
/// there stays, and what somebody made inactive stays so.
fn payment(desired: &Attributes, current: &Attributes) -> FieldChanges {
    let mut changes = FieldChanges::default();
    if !desired.is_true("done") || current.is_true("done") {
        return changes;
    }
    for field in ["done", "payment_date"] {
        let (new, now) = (desired.get(field), current.get(field));
        if let Some(after) = new.cloned()
            && (field == "done" || same(field, now, None))
        {
            let before = now.cloned().unwrap_or(Value::Null);
            changes.0.insert(field, FieldChange { before, after });
        }
    }
    changes
}
