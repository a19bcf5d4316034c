//! What to do with a record: pure decisions, as data.
//!
//! Two steps, because some decisions need to know what Caflou holds: [`need`] says what has to be
//! looked up, [`adopt`] and [`update`] decide with what was found. Planning again after a plan was
//! applied gives [`Plan::Unchanged`].

mod closed;
mod desired;
mod expiry;
mod theirs;
mod voided;

pub use closed::{hold_closed, unless_told};
pub use desired::desired;
pub use expiry::expire;

use chrono::NaiveDate;

use self::desired::{hold_party, void};
use crate::caflou::MatchedBy;
use crate::config::Mode;
use crate::record::{
    Attributes, CaflouId, Change, Changes, Draft, Record, Value, Void, rich_text_lines, same,
};
use crate::state::{Known, RecordState};

/// Paid, and then not.
const TAKEN_BACK: &str = "no longer paid at the source: check whether the money went back";
/// What was paid was another amount.
const PAID_VALUE: &str = "the value of a paid income changes: check what was paid";

/// There is money in it, and it does not count any more.
const PAID_AND_VOID: &str = "paid and then cancelled or deleted: check whether the money went back";

/// The settings that planning follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// The mode of the record's stream, as far as that updates anything.
    pub mode: Mode,
    /// Whether records that others brought into Caflou are linked instead of created again. Our
    /// own, by our mark, always are.
    pub match_existing: bool,
    /// The last day of the closed period.
    pub locked_until: Option<NaiveDate>,
    /// So many days after its day an unpaid income becomes inactive.
    pub unpaid_expires: Option<u16>,
    /// The day, where the source is.
    pub today: NaiveDate,
    /// What is told only once is told again.
    pub tells_again: bool,
}

impl Rules {
    /// These, with no period closed and nothing that expires.
    #[must_use]
    pub const fn new(mode: Mode, match_existing: bool) -> Self {
        Self {
            mode,
            match_existing,
            locked_until: None,
            unpaid_expires: None,
            today: NaiveDate::MIN,
            tells_again: false,
        }
    }

    /// Whether imported records are updated.
    #[must_use]
    pub fn updates(&self) -> bool {
        self.mode == Mode::NewAndUpdate
    }
}

/// What is to be done with a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    /// Nothing.
    Unchanged,
    /// Create it.
    Create {
        /// With these values.
        attributes: Attributes,
    },
    /// Link it with a record that is in Caflou.
    Adopt {
        /// That record; `None`: one that this run is about to create (in a dry run).
        id: Option<CaflouId>,
        /// Why it is taken for the same.
        by: MatchedBy,
        /// What is written nevertheless.
        revision: Revision,
    },
    /// Change it, or only take note that it agrees already.
    Update {
        /// The record.
        id: CaflouId,
        /// The changes.
        revision: Revision,
    },
    /// Leave it alone, for a reason the user should know.
    Skip {
        /// Why.
        reason: String,
        /// What to look at.
        warning: Option<&'static str>,
        /// The record, where a failure or an update of unknown outcome is settled with it, and what
        /// is then known of it.
        settled: Option<Box<(CaflouId, Revision)>>,
        /// It is told once: what is remembered to know that it was.
        once: Option<String>,
    },
    /// It was deleted in Caflou: leave it alone for good.
    Gone {
        /// The record, where it is found in the trash.
        id: Option<CaflouId>,
        /// The source's values up to which that is known.
        source: Attributes,
    },
    /// It cannot be imported.
    Fail {
        /// Why.
        reason: String,
    },
}

/// Changes to a record in Caflou, and what is remembered once they are made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Revision {
    /// To be written.
    pub fields: Changes,
    /// Changed at the source, but somebody else changed them in Caflou: they stay.
    pub kept: Vec<&'static str>,
    /// What to look at, once it is written.
    pub warnings: Vec<&'static str>,
    /// The source's values that are then decided upon.
    pub source: Attributes,
    /// What Caflou then holds, as far as it is known before writing.
    pub written: Attributes,
}

/// What has to be known of Caflou to decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need {
    /// Nothing: this is the plan.
    Nothing(Plan),
    /// Whether the record is there already. `by_mark_only`: nothing but our own is looked for.
    Candidates {
        /// See above.
        by_mark_only: bool,
    },
    /// The record as it is there now.
    Current(CaflouId),
}

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

/// Why a record is not the one that was imported under its key: the number was given again.
fn another(draft: &Draft, known: &Known) -> Option<String> {
    let imported = known.state != RecordState::Failed && !known.is_forgotten();
    let (then, now) = two_of(draft, known).filter(|_| imported)?;
    Some(format!(
        "this number is another record's now: {then} was imported under it, the source has {now}; \
         nothing of the first one is overwritten"
    ))
}

/// The record that was known under a key and the one that has it now, where those are two.
fn two_of<'a>(draft: &'a Draft, known: &'a Known) -> Option<(&'a str, &'a str)> {
    let both = known.origin.as_deref().zip(draft.origin.as_deref());
    both.filter(|(then, now)| then != now)
}

/// Why a record with our mark need not be the draft's: another one with this number was to be
/// created, and what was said to have failed may have come to be.
fn maybe_another(draft: &Draft, known: &Known, id: CaflouId) -> Option<String> {
    let (then, now) = two_of(draft, known)?;
    Some(format!(
        "Caflou record {id} has its mark and may be another record's: {then} was to be created \
         under this number, the source has {now} now. Link it if it is the one, or delete it"
    ))
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

/// `open`: something about it is to be settled with that.
fn left_alone(why: &str, known: &Known, open: bool) -> Plan {
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

/// Whether two sets of values of the source mean the same. The address of the record at the source
/// does not count: when a whole source moves, it changes in every record and says nothing of any.
fn agrees(a: &Attributes, b: &Attributes) -> bool {
    a.fields_of_both(b).into_iter().all(|field| {
        let (a, b) = (a.get(field), b.get(field));
        same(field, a, b) || (field == "description" && without_link(a) == without_link(b))
    })
}

fn without_link(description: Option<&Value>) -> Vec<String> {
    let Some(Value::Text(text)) = description else {
        return Vec::new();
    };
    let mut lines = rich_text_lines(text);
    lines.retain(|line| !line.starts_with("https://") && !line.starts_with("http://"));
    lines
}

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

fn gone(desired: &Attributes) -> Plan {
    Plan::Gone {
        id: None,
        source: desired.clone(),
    }
}

/// What is known of a record once it is seen how far an update of unknown outcome was carried out.
/// What of it is there counts as written; else it would be taken for somebody's edit.
fn settle(known: &Known, current: &Attributes) -> Known {
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

/// Compares three ways: only what changed at the source since the last decision is written, and
/// only where Caflou still holds what we wrote.
fn revise(
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
            revision.fields.0.insert(field, Change { before, after });
        }
    }
    theirs::keep_payment_whole(&mut revision);
    revision
}

/// What a person should look at, as it touches money that has come.
fn with_warnings(mut revision: Revision, source: &Attributes, current: &Attributes) -> Revision {
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
fn may_void(draft: &Draft, sent: &Known, current: &Attributes) -> bool {
    match &draft.record {
        Record::Void { paid, .. } => {
            !paid && !sent.source.is_true("done") && !current.is_true("done")
        }
        Record::Company(_) | Record::Document(_) => true,
    }
}

/// Nothing is written; what Caflou holds counts as last written.
fn linked(source: &Attributes, current: &Attributes) -> Revision {
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
    fields: &Changes,
) -> Vec<&'static str> {
    let differs = |field: &&'static str| {
        let now = current.get(field);
        now.is_some() && !fields.0.contains_key(field) && !same(field, desired.get(field), now)
    };
    desired.fields().filter(differs).collect()
}

/// What adopting a record writes: it only raises. Paid in Caflou stays paid, a payment date that is
/// there stays, and what somebody made inactive stays so.
fn payment(desired: &Attributes, current: &Attributes) -> Changes {
    let mut changes = Changes::default();
    if !desired.is_true("done") || current.is_true("done") {
        return changes;
    }
    for field in ["done", "payment_date"] {
        let (new, now) = (desired.get(field), current.get(field));
        if let Some(after) = new.cloned()
            && (field == "done" || same(field, now, None))
        {
            let before = now.cloned().unwrap_or(Value::Null);
            changes.0.insert(field, Change { before, after });
        }
    }
    changes
}

#[cfg(test)]
mod tests;
