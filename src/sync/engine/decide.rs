//! What is decided by what Caflou holds at the moment: a record is read there, planned, and settled.

use super::changes::Shown;
use crate::caflou::{MatchedBy, Reader, Stored};
use crate::http::HttpError;
use crate::record::{Attributes, CaflouId, Draft, Kind, same};
use crate::state::{Clock, Known, RecordState};
use crate::sync::outcome::Done;
use crate::sync::plan::{self, Plan, Rules};
use crate::sync::sink::{Sink, Step};
use crate::trouble::Trouble;

/// A record in Caflou that has to be read before the plan is made.
pub(super) struct Look {
    pub(super) id: CaflouId,
    /// The key that it was found by, where it is to be linked.
    pub(super) by: Option<MatchedBy>,
    pub(super) known: Option<Box<Known>>,
    /// As the list showed it in this run.
    pub(super) shown: Option<Box<Shown>>,
}

/// How it is decided.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ways {
    pub(super) rules: Rules,
    /// The state may not know what was written last.
    pub(super) doubt: bool,
}

/// Reads a record in Caflou, unless the list has just shown it; plans with it, and hands the plan to
/// the sink.
pub(super) async fn decide<S: Sink>(
    (sink, reader, clock): (&S, &Reader, &Clock),
    ways: Ways,
    mut step: Step,
    desired: &Attributes,
    mut look: Look,
) -> Done {
    let (now, within) = (clock.now(), reader.client().timeout());
    let shown = look.shown.take();
    let shown = shown.filter(|shown| shown.is_fresh(now, within));
    if let Some(shown) = shown
        && let Some(plan) = ways.plan_by_row(&shown.stored, &step.draft, desired, &look)
    {
        step.plan = plan::unless_told(plan, step.told.as_deref(), ways.rules);
        return sink.settle(step).await;
    }
    let current = match reader.get(step.draft.kind, look.id).await {
        Ok(current) => current,
        Err(error @ HttpError::Stopped(_)) => return Done::unsent(error),
        Err(error) => {
            step.plan = fail(error.to_string());
            let mut done = sink.settle(step).await;
            if error.is_access() && !error.is_forbidden() {
                done.fatal = Some(Trouble::from(error));
            } else if error.is_outage() || error.is_access() {
                done.outage = Some(Trouble::from(error));
            }
            return done;
        }
    };
    if current.is_none() && look.is_followed() {
        // Whether it is gone is found out with the list.
        return Done::missing(step.draft, look.id, desired.clone());
    }
    let plan = ways
        .allow(current.as_ref(), &step.draft, desired, &look)
        .map(|current| ways.plan(current, &step.draft, desired, &look));
    step.plan = match plan {
        Ok(plan) => plan::unless_told(plan, step.told.as_deref(), ways.rules),
        Err(reason) => fail(reason),
    };
    sink.settle(step).await
}

impl Look {
    fn is_followed(&self) -> bool {
        let is_there = |known: &Known| self.by.is_none() && known.state != RecordState::Gone;
        self.by == Some(MatchedBy::Hand) || self.known.as_deref().is_some_and(is_there)
    }
}

impl Ways {
    /// What a record holds, where it is the one that is meant. What is only linked is not changed,
    /// whatever it is.
    fn allow<'a>(
        self,
        stored: Option<&'a Stored>,
        draft: &Draft,
        desired: &Attributes,
        look: &Look,
    ) -> Result<Option<&'a Attributes>, String> {
        if let Some(stored) = stored.filter(|_| self.rules.updates()) {
            stored.stands_for(draft, desired, look.known.as_deref(), look.by)?;
        }
        Ok(stored.map(|stored| &stored.attributes))
    }

    /// Plans with a row of the list, where that is as good as the record itself: it is the one that is
    /// meant, shows all that is compared, and holds what is expected. Else the record is read.
    fn plan_by_row(
        self,
        row: &Stored,
        draft: &Draft,
        desired: &Attributes,
        look: &Look,
    ) -> Option<Plan> {
        let known = look.known.as_deref()?;
        if row.trashed || row.template || !self.is_enough(row, draft.kind, desired, known) {
            return None;
        }
        let current = self.allow(Some(row), draft, desired, look).ok()?;
        let plan = self.plan(current, draft, desired, look);
        let expected = match &plan {
            Plan::Update { revision, .. } => revision.kept.is_empty(),
            Plan::Skip { .. } => true,
            _ => false,
        };
        expected.then_some(plan)
    }

    /// Whether a row shows all that may be compared, set or not.
    fn is_enough(self, row: &Stored, kind: Kind, desired: &Attributes, known: &Known) -> bool {
        let shown = |field| row.attributes.get(field).is_some();
        let source = &known.source;
        let same_as_before = |field| same(field, desired.get(field), source.get(field));
        let mut fields = desired.fields_of_both(source).into_iter();
        let days = kind.is_document() && self.rules.locked_until.is_some();
        row.tells_owner(kind)
            && fields.all(|field| shown(field) || (!self.doubt && same_as_before(field)))
            && known.pending.fields().all(shown)
            && (!kind.is_document() || shown("done"))
            && (!days || (shown("date") && shown("payment_date")))
    }

    /// Plans with what Caflou holds; `None`: nothing.
    fn plan(
        self,
        current: Option<&Attributes>,
        draft: &Draft,
        desired: &Attributes,
        look: &Look,
    ) -> Plan {
        let Self { rules, doubt } = self;
        let (id, known) = (look.id, look.known.as_deref());
        let plan = match (look.by, known, current) {
            (Some(by), known, Some(current)) => {
                let mut plan = plan::adopt(draft, known, desired, (id, by), current, rules);
                // Ours, and the state does not know what was written last.
                let unknown = known.is_none() || doubt;
                if by == MatchedBy::Mark && unknown && rules.updates() {
                    let sent = known.map(|known| &known.source);
                    keep_differences(&mut plan, desired, sent, current);
                }
                plan
            }
            (Some(_), _, None) => fail(format!(
                "the matching Caflou record {id} was just deleted; the next run looks again"
            )),
            (None, Some(known), current) if known.state == RecordState::Gone => {
                plan::again(draft, known, desired, id, current, rules)
            }
            (None, Some(known), current) => {
                let mut plan = plan::update(draft, known, desired, id, current);
                if let Some(current) = current.filter(|_| doubt) {
                    keep_differences(&mut plan, desired, Some(&known.written), current);
                }
                plan
            }
            (None, None, _) => Plan::Unchanged,
        };
        plan::hold_closed(plan, (known, current), rules)
    }
}

fn fail(reason: String) -> Plan {
    Plan::Fail { reason }
}

/// Where Caflou holds neither what the source says nor what was written as far as we know, a later
/// run of ours wrote it, or somebody: it stays, and is told.
fn keep_differences(
    plan: &mut Plan,
    desired: &Attributes,
    written: Option<&Attributes>,
    current: &Attributes,
) {
    let (Plan::Update { revision, .. } | Plan::Adopt { revision, .. }) = plan else {
        return;
    };
    // A record that is switched off is so by a value that others do not have.
    let off = ["inactive"];
    let off = off.into_iter().filter(|field| current.is_true(field));
    let off = off.filter(|field| desired.get(field).is_none());
    for field in desired.fields().chain(off) {
        let now = current.get(field);
        let ours = written.is_some_and(|written| same(field, now, written.get(field)));
        let told = revision.fields.0.contains_key(field) || revision.kept.contains(&field);
        if now.is_some() && !ours && !told && !same(field, now, desired.get(field)) {
            revision.kept.push(field);
        }
    }
}
