//! What Caflou holds after a write.

use crate::caflou::Stored;
use crate::record::{Attributes, CaflouId, Value, same};
use crate::state::{Sent, Synced};
use crate::sync::sink::Step;

/// A step's record as it is in Caflou now, with what the source says and what Caflou holds.
pub(super) fn synced(
    step: &Step,
    id: CaflouId,
    (source, written): (&Attributes, &Attributes),
    sent_at: Option<Sent>,
) -> Synced {
    let draft = &step.draft;
    let json = |values: &Attributes| values.to_json().to_string();
    Synced {
        kind: draft.kind,
        source_id: draft.source_id.clone(),
        caflou_id: id,
        label: draft.label.clone(),
        source: json(source),
        written: (source != written).then(|| json(written)),
        changed_at: draft.changed_at,
        awaits: step.awaits.clone(),
        sent_at,
    }
}

/// What Caflou holds after a write: its answer, where that shows the attribute, else what was
/// sent. What the answer shows otherwise than it was sent, was ignored.
pub(super) fn confirm(
    sent: &Attributes,
    stored: &Stored,
    before: &Attributes,
    ignored: &mut Vec<&'static str>,
) -> Attributes {
    let mut written = before.clone();
    for field in sent.fields() {
        let (asked, answered) = (sent.get(field), stored.attributes.get(field));
        if answered.is_some() && !same(field, asked, answered) {
            ignored.push(field);
            written.set(field, answered.cloned().unwrap_or(Value::Null));
        } else {
            written.set(field, asked.cloned().unwrap_or(Value::Null));
        }
    }
    written
}
