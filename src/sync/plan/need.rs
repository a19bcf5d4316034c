//! What has to be looked up before a record can be planned, and what needs no look.

use super::compare::agrees;
use super::reused::another;
use super::update::gone;
use super::voided::left_alone;
use super::{Need, Plan, Revision, Rules};
use crate::record::{Attributes, Draft, Record, Void};
use crate::state::{Known, RecordState};

/// What has to be looked up to plan a record.
#[must_use]
pub fn need(draft: &Draft, known: Option<&Known>, desired: &Attributes, rules: Rules) -> Need {
    if let Some(reason) = known.and_then(|known| another(draft, known)) {
        return Need::Nothing(Plan::Fail { reason });
    }
    let void = match &draft.record {
        Record::Void { why, paid } => Some((*why, *paid)),
        Record::Company(_) | Record::Document(_) => None,
    };
    let state = known.map(|known| (known, known.state));
    match (state, void) {
        (None | Some((_, RecordState::Failed)), None) => Need::Candidates {
            by_mark_only: !rules.match_existing,
        },
        // Ours may be there all the same, should the state not know of it.
        (None | Some((_, RecordState::Failed)), Some((why, _)))
            if rules.updates() && draft.kind.is_document() && why != Void::Erased =>
        {
            Need::Candidates { by_mark_only: true }
        }
        (None | Some((_, RecordState::Failed)), _) => Need::Nothing(absent(draft, desired)),
        (Some((_, RecordState::Sending | RecordState::Uncertain)), _) => Need::Candidates {
            by_mark_only: !rules.match_existing || void.is_some(),
        },
        (Some((known, RecordState::Synced)), _) => {
            let settled = known.pending.is_empty();
            if !rules.updates() || (settled && agrees(desired, &known.source)) {
                return Need::Nothing(in_order(known));
            }
            if let Some((why, paid)) = void
                && settled
                && (paid || known.source.is_true("done"))
            {
                return Need::Nothing(left_alone(why.as_str(), known, known.failure.is_some()));
            }
            match known.caflou_id {
                Some(id) => Need::Current(id),
                None => Need::Candidates { by_mark_only: true },
            }
        }
        (Some((known, RecordState::Gone)), _) => {
            // Of a forgotten record nothing may be noted again.
            let seen = !rules.updates() || agrees(desired, &known.source);
            let unchanged = known.is_forgotten() || (seen && known.failure.is_none());
            Need::Nothing(if unchanged {
                Plan::Unchanged
            } else {
                gone(desired)
            })
        }
    }
}

/// Plans a record that is not in Caflou.
#[must_use]
pub fn absent(draft: &Draft, desired: &Attributes) -> Plan {
    match &draft.record {
        Record::Void { why, .. } => Plan::Skip {
            reason: format!("{}, not imported", why.as_str()),
            warning: None,
            settled: None,
            once: None,
        },
        Record::Company(_) | Record::Document(_) => Plan::Create {
            attributes: desired.clone(),
        },
    }
}

/// Nothing to do; a failure from before is over.
fn in_order(known: &Known) -> Plan {
    let open = known.failure.is_some() || !known.pending.is_empty();
    match (open, known.caflou_id) {
        (true, Some(id)) => {
            let (source, written) = (known.source.clone(), known.written.clone());
            Plan::Update {
                id,
                revision: Revision {
                    source,
                    written,
                    ..Revision::default()
                },
            }
        }
        _ => Plan::Unchanged,
    }
}
