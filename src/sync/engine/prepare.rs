//! The decisions of an engine, made in the order in which records come.

use super::{Engine, Job, Prepared};
use crate::caflou::{MatchedBy, Reader};
use crate::http::HttpError;
use crate::record::{Attributes, CaflouId, CompanyLink, Draft, Record, SourceId, same};
use crate::state::{Known, RecordState, StateError, Uptime};
use crate::sync::outcome::{Done, Fatal};
use crate::sync::plan::{self, Need, Plan, Rules};
use crate::sync::sink::{Sink, Step};

impl<S: Sink> Engine<'_, S> {
    /// Decides as far as it can be decided in order. `None`: it is put off to the end of the run.
    pub(super) async fn prepare(
        &mut self,
        mut draft: Box<Draft>,
        (known, company): (Option<Known>, Option<CaflouId>),
        number: u64,
        earlier: &mut Vec<(u64, Prepared)>,
    ) -> Result<Option<Prepared>, Fatal> {
        let (company, awaits) = self.company(&draft, company);
        let rules = self.options.rules;
        let mut desired = plan::desired(&draft, known.as_ref(), company.as_ref());
        plan::expire(&mut desired, &draft, rules);
        let told = match rules.locked_until {
            Some(_) => self.options.view.withheld(draft.kind, &draft.source_id)?,
            None => None,
        };
        let learns = known.as_ref().is_some_and(|known| known.learns(&draft));
        let by_hand = known.as_ref().filter(|known| known.is_by_hand());
        let by_hand = by_hand.filter(|_| !matches!(draft.record, Record::Void { .. }));
        if let Some(id) = by_hand.and_then(|known| known.caflou_id) {
            return Ok(Some(Prepared {
                draft,
                desired,
                learns,
                told,
                awaits,
                job: Job::Adopt(id, MatchedBy::Hand, None),
            }));
        }
        if let Some(reason) = self.double(&draft, known.as_ref()).await? {
            return Ok(Some(Prepared {
                draft,
                desired,
                learns,
                told,
                awaits,
                job: Job::Settle(Plan::Fail { reason }),
            }));
        }
        let mut need = plan::need(&draft, known.as_ref(), &desired, rules);
        if self.options.doubt {
            need = unless_doubted(need, known.as_ref(), rules.updates(draft.kind));
        }
        let job = match need {
            Need::Nothing(plan) => match self
                .worth_a_look(&plan, known.as_ref())?
                .zip(known.as_ref())
            {
                Some((id, known)) => {
                    match self.unless_it_vanishes(draft, (known, &desired), number) {
                        Some(given_back) => draft = given_back,
                        None => return Ok(None),
                    }
                    Job::Revise(id, Box::new(known.clone()))
                }
                None => Job::Settle(plan::hold_closed(plan, (known.as_ref(), None), rules)),
            },
            Need::Current(id) => match known {
                Some(known) => {
                    // A lost update that is carried out now would overwrite the next one.
                    if let Some(until) = self.under_way(&known)
                        && self.options.clock.now() < until
                    {
                        self.later.push((draft, until));
                        self.tell(number, None);
                        return Ok(None);
                    }
                    match self.unless_it_vanishes(draft, (&known, &desired), number) {
                        Some(given_back) => draft = given_back,
                        None => return Ok(None),
                    }
                    Job::Revise(id, Box::new(known))
                }
                None => Job::Settle(Plan::Unchanged),
            },
            Need::Candidates { by_mark_only } => {
                if let Some(until) = self.too_early(known.as_ref()) {
                    self.later.push((draft, until));
                    self.tell(number, None);
                    return Ok(None);
                }
                let lost = known.as_ref().is_some_and(|known| {
                    matches!(known.state, RecordState::Sending | RecordState::Uncertain)
                });
                if lost && !self.under_way.is_empty() {
                    // What is being created would change the list while it is read.
                    self.launch(std::mem::take(earlier))?;
                    self.drain().await?;
                }
                self.look_up(&mut draft, known, &desired, (lost, by_mark_only))
                    .await?
            }
        };
        Ok(Some(Prepared {
            draft,
            desired,
            learns,
            told,
            awaits,
            job,
        }))
    }

    /// The record in Caflou of one that counts as deleted there, where everything is to be compared:
    /// it may have been taken out of the trash.
    fn worth_a_look(
        &self,
        plan: &Plan,
        known: Option<&Known>,
    ) -> Result<Option<CaflouId>, StateError> {
        let gone = known.filter(|known| {
            let looks = self.options.thorough && !matches!(plan, Plan::Fail { .. });
            looks && known.state == RecordState::Gone && !known.is_forgotten()
        });
        let Some(id) = gone.and_then(|known| known.caflou_id) else {
            return Ok(None);
        };
        let free = !self.claimed.contains(&id);
        let free = free
            && self
                .options
                .view
                .linked_with(self.options.kind, id)?
                .is_none();
        Ok(Some(id).filter(|_| free))
    }

    /// A create whose outcome is unknown may still be carried out: until then its absence proves
    /// nothing.
    fn too_early(&self, known: Option<&Known>) -> Option<Uptime> {
        let known = known
            .filter(|known| matches!(known.state, RecordState::Sending | RecordState::Uncertain))?;
        let until = self.under_way(known)?;
        let now = || self.options.clock.now();
        let looked = self.lookup.as_ref().map_or_else(now, |(_, at)| *at);
        (looked < until).then_some(until)
    }

    /// Until when a write of unknown outcome may still be carried out.
    fn under_way(&self, known: &Known) -> Option<Uptime> {
        if !self.options.sink.writes() {
            return None;
        }
        let timeout = self.options.reader.client().timeout();
        let sent = known.sent_at.as_ref()?;
        Some(self.options.clock.until(sent, timeout, self.begun))
    }

    /// The company of an income, and where it is not imported yet, whose it would be.
    fn company(
        &self,
        draft: &Draft,
        imported: Option<CaflouId>,
    ) -> (Option<CompanyLink>, Option<SourceId>) {
        let Some(customer) = draft.customer() else {
            return (None, None);
        };
        let options = &self.options;
        let link = match imported {
            Some(id) => Some(CompanyLink::Imported(id)),
            None => options.sink.company(customer),
        };
        let waits = link.is_none() && options.companies && options.rules.updates(draft.kind);
        (link, waits.then(|| customer.clone()))
    }
}

/// A record in Caflou that has to be read before the plan is made: with the key that it was found
/// by, where it is to be linked, and with what is known of it.
pub(super) type Look = (CaflouId, Option<MatchedBy>, Option<Box<Known>>);

/// Reads a record in Caflou, plans with it, and hands the plan to the sink.
pub(super) async fn decide<S: Sink>(
    sink: &S,
    reader: &Reader,
    (rules, doubt): (Rules, bool),
    mut step: Step,
    desired: &Attributes,
    (id, by, known): Look,
) -> Done {
    let draft = &step.draft;
    let current = match reader.get(draft.kind, id).await {
        Ok(None) => None,
        Ok(Some(stored)) => {
            // What is only linked is not changed.
            if rules.updates(draft.kind)
                && let Err(reason) = stored.stands_for(draft, desired, known.as_deref(), by)
            {
                step.plan = Plan::Fail { reason };
                return sink.settle(step).await;
            }
            Some(stored.attributes)
        }
        Err(error @ HttpError::Stopped(_)) => return Done::unsent(Fatal::from(error)),
        Err(error) => {
            step.plan = Plan::Fail {
                reason: error.to_string(),
            };
            let mut done = sink.settle(step).await;
            if error.is_access() && !error.is_forbidden() {
                done.fatal = Some(Fatal::from(error));
            } else if error.is_outage() || error.is_access() {
                done.outage = Some(Fatal::from(error));
            }
            return done;
        }
    };
    // Whether it is gone is found out with the list.
    let followed = |known: &Known| by.is_none() && known.state != RecordState::Gone;
    let followed = by == Some(MatchedBy::Hand) || known.as_deref().is_some_and(followed);
    if current.is_none() && followed {
        return Done::missing(step.draft, id, desired.clone());
    }
    let plan = match (by, &known, &current) {
        (Some(by), known, Some(current)) => {
            let mut plan = plan::adopt(draft, known.as_deref(), desired, (id, by), current, rules);
            // Ours, and the state does not know what was written last.
            if by == MatchedBy::Mark && known.is_none() && rules.updates(draft.kind) {
                keep_differences(&mut plan, desired, None, current);
            }
            plan
        }
        (Some(_), _, None) => Plan::Fail {
            reason: format!(
                "the matching Caflou record {id} was just deleted; the next run looks again"
            ),
        },
        (None, Some(known), current) if known.state == RecordState::Gone => {
            plan::again(draft, known, desired, id, current.as_ref(), rules)
        }
        (None, Some(known), current) => {
            let mut plan = plan::update(draft, known, desired, id, current.as_ref());
            if let Some(current) = current.as_ref().filter(|_| doubt) {
                keep_differences(&mut plan, desired, Some(&known.written), current);
            }
            plan
        }
        (None, None, _) => Plan::Unchanged,
    };
    let plan = plan::hold_closed(plan, (known.as_deref(), current.as_ref()), rules);
    step.plan = plan::unless_told(plan, step.told.as_deref(), rules);
    sink.settle(step).await
}

/// What a state that may be too old says is settled is looked at in Caflou all the same.
fn unless_doubted(need: Need, known: Option<&Known>, updates: bool) -> Need {
    match (need, known) {
        (Need::Nothing(plan), Some(known)) if known.state == RecordState::Synced && updates => {
            known.caflou_id.map_or(Need::Nothing(plan), Need::Current)
        }
        (need, _) => need,
    }
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
    for field in desired.fields() {
        let now = current.get(field);
        let ours = written.is_some_and(|written| same(field, now, written.get(field)));
        let told = revision.fields.0.contains_key(field) || revision.kept.contains(&field);
        if now.is_some() && !ours && !told && !same(field, now, desired.get(field)) {
            revision.kept.push(field);
        }
    }
}
