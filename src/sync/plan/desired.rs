//! The values that a record should have: the source's, and of what is known already what stays.

use super::reused::two_of;
use crate::record::{Attributes, CompanyLink, Document, Draft, Kind, Payment, Record, Value, Void};
use crate::state::{Known, RecordState};

/// The values that a record should have in Caflou, by what the source says now and what is known.
#[must_use]
pub fn desired(draft: &Draft, known: Option<&Known>, company: Option<&CompanyLink>) -> Attributes {
    // What is known of another record of this number says nothing of this one.
    let known = known.filter(|known| two_of(draft, known).is_none());
    match &draft.record {
        Record::Company(record) => record.attributes(&draft.mark),
        Record::Document(record) => {
            let mut attributes = record.attributes(draft.kind, &draft.mark, company);
            if let Some(known) = known {
                let before = known.source_then();
                hold_payment(&mut attributes, record.payment, &before);
                if known.state == RecordState::Synced {
                    hold_party(&mut attributes, record, (&before, &known.label));
                }
                if known.source.is_true("inactive") || known.pending.is_true("inactive") {
                    attributes.set("inactive", Value::Bool(false));
                }
            }
            attributes
        }
        // Its other values are worthless: a cancelled order has a price of zero.
        Record::Void { why, .. } => void(draft.kind, *why, known),
    }
}

/// What is paid stays paid while the source does not say otherwise, with the day that it had when it
/// was first seen as paid.
fn hold_payment(attributes: &mut Attributes, payment: Payment, before: &Attributes) {
    if !before.is_true("done") {
        return;
    }
    let held: &[&str] = match payment {
        Payment::Paid { .. } => &["payment_date"],
        Payment::Unknown => &["done", "payment_date", "date"],
        Payment::Open | Payment::Part { .. } => &[],
    };
    for field in before.fields().filter(|field| held.contains(field)) {
        if before.text(field).is_some() || before.is_true(field) {
            attributes.set_some(field, before.get(field).cloned());
        }
    }
}

/// Company and name stay where the source has none any more: its customer was deleted or erased
/// there, which does not undo the sale.
pub(super) fn hold_party(
    attributes: &mut Attributes,
    document: &Document,
    (before, label): (&Attributes, &str),
) {
    if attributes.get("company_id").is_none() {
        attributes.set_some("company_id", before.get("company_id").cloned());
    }
    // A record that never had a person's name is labelled with its own.
    let then = before.text("name");
    let had_one = then != Some(label) || document.name == document.reference_number;
    if !document.named && then.is_some() && had_one {
        attributes.set_some("name", before.get("name").cloned());
    }
}

/// What a void record should have: what it has, out of the cash flow unless it was only erased.
pub(super) fn void(kind: Kind, why: Void, known: Option<&Known>) -> Attributes {
    let mut attributes = known.map(|known| known.source.clone()).unwrap_or_default();
    if kind.is_document() && why != Void::Erased {
        attributes.set("inactive", Value::Bool(true));
    }
    attributes
}
