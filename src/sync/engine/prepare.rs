//! The decisions of an engine, made in the order in which records come.

use super::Engine;
use super::decide::Look;
use crate::caflou::MatchedBy;
use crate::record::{Attributes, CaflouId, CompanyLink, Draft, Record, SourceId};
use crate::state::{Known, RecordState, StateError, Uptime};
use crate::sync::plan::{self, Need, Plan};
use crate::sync::sink::Sink;
use crate::trouble::Trouble;

/// What is left to do for a record once its plan needs no more decisions in order.
pub(super) enum Job {
    Settle(Plan),
    /// It is planned with what Caflou holds.
    Compare(Look),
}

/// A record with its job.
pub(super) struct Prepared {
    pub(super) draft: Box<Draft>,
    pub(super) desired: Attributes,
    pub(super) learns: bool,
    pub(super) told: Option<String>,
    pub(super) awaits: Option<SourceId>,
    pub(super) job: Job,
}

/// What became of a record with its job; `None`: it is put off.
type Decided = Option<(Subject, Job)>;

/// A record with what is known of it and what it is to be.
pub(super) struct Subject {
    pub(super) draft: Box<Draft>,
    pub(super) known: Option<Known>,
    pub(super) desired: Attributes,
    /// Its place in the order of telling.
    pub(super) number: u64,
}

impl<S: Sink> Engine<'_, S> {
    /// Decides as far as it can be decided in order. `None`: it is put off to the end of the run.
    pub(super) async fn prepare(
        &mut self,
        draft: Box<Draft>,
        (known, company): (Option<Known>, Option<CaflouId>),
        number: u64,
        earlier: &mut Vec<(u64, Prepared)>,
    ) -> Result<Option<Prepared>, Trouble> {
        let (company, awaits) = self.company(&draft, company);
        let rules = self.options.rules;
        let mut desired = plan::desired(&draft, known.as_ref(), company.as_ref());
        plan::expire(&mut desired, &draft, rules);
        let told = match rules.locked_until {
            Some(_) => self.options.view.withheld(draft.kind, &draft.source_id)?,
            None => None,
        };
        let learns = known.as_ref().is_some_and(|known| known.learns(&draft));
        let subject = Subject {
            draft,
            known,
            desired,
            number,
        };
        let decided = self.job(subject, earlier).await?;
        Ok(
            decided.map(|(Subject { draft, desired, .. }, job)| Prepared {
                draft,
                desired,
                learns,
                told,
                awaits,
                job,
            }),
        )
    }

    /// What is to be done with a record.
    async fn job(
        &mut self,
        subject: Subject,
        earlier: &mut Vec<(u64, Prepared)>,
    ) -> Result<Decided, Trouble> {
        let (draft, known) = (&subject.draft, subject.known.as_ref());
        if let Some(id) = by_hand(draft, known) {
            let look = Look {
                id,
                by: Some(MatchedBy::Hand),
                known: None,
                shown: None,
            };
            return Ok(Some((subject, Job::Compare(look))));
        }
        if let Some(reason) = self.double(draft, known).await? {
            return Ok(Some((subject, Job::Settle(Plan::Fail { reason }))));
        }
        let rules = self.options.rules;
        let mut need = plan::need(draft, known, &subject.desired, rules);
        if self.options.doubt {
            need = unless_doubted(need, known, rules.updates());
        }
        match need {
            Need::Nothing(plan) => {
                if let Some(id) = self.worth_a_look(&plan, known)? {
                    return Ok(self.compare(subject, id));
                }
                let plan = plan::hold_closed(plan, (known, None), rules);
                Ok(Some((subject, Job::Settle(plan))))
            }
            Need::Current(id) => match known.and_then(|known| self.still_under_way(known)) {
                // A lost update that is carried out now would overwrite the next one.
                Some(until) => Ok(self.put_off(subject, until)),
                None => Ok(self.compare(subject, id)),
            },
            Need::Candidates { by_mark_only } => match self.too_early(known) {
                Some(until) => Ok(self.put_off(subject, until)),
                None => self.search(subject, by_mark_only, earlier).await,
            },
        }
    }

    /// It is planned again at the end of the run.
    fn put_off(&mut self, subject: Subject, until: Uptime) -> Decided {
        self.later.push((subject.draft, until));
        self.tell(subject.number, None);
        None
    }

    /// A record that was imported is compared with what Caflou holds.
    fn compare(&mut self, subject: Subject, id: CaflouId) -> Decided {
        let subject = self.unless_it_vanishes(subject)?;
        let subject = self.unless_it_is_held(subject, id)?;
        let look = self.look_at(&subject, id);
        Some((subject, Job::Compare(look)))
    }

    /// A record that may be in Caflou is looked for.
    async fn search(
        &mut self,
        mut subject: Subject,
        by_mark_only: bool,
        earlier: &mut Vec<(u64, Prepared)>,
    ) -> Result<Decided, Trouble> {
        let known = subject.known.take();
        let lost = known.as_ref().is_some_and(is_lost);
        if lost && !self.under_way.is_empty() {
            // What is being created would change the list while it is read.
            self.launch(std::mem::take(earlier))?;
            self.drain().await?;
        }
        let void = !lost && matches!(subject.draft.record, Record::Void { .. });
        // What was never imported and is cancelled is no reason to read the list.
        if void && known.is_none() && !self.options.thorough && !self.is_whole() {
            let plan = plan::absent(&subject.draft, &subject.desired);
            return Ok(Some((subject, Job::Settle(plan))));
        }
        let how = (lost, by_mark_only);
        let Subject { draft, desired, .. } = &mut subject;
        let job = self.look_up(draft, known, desired, how).await?;
        let Job::Compare(look) = &job else {
            return Ok(Some((subject, job)));
        };
        let unknown = look.known.is_none() && look.by == Some(MatchedBy::Mark);
        let subject = if void {
            self.unless_it_is_taken_out(subject, look.id)
        } else {
            Some(subject)
        };
        self.seen.linked += u64::from(unknown && subject.is_some());
        Ok(subject.map(|subject| (subject, job)))
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
        let until = self.under_way(known.filter(|known| is_lost(known))?)?;
        let now = || self.options.clock.now();
        let looked = self.lookup.as_ref().map_or_else(now, |(_, at)| *at);
        (looked < until).then_some(until)
    }

    /// Until when a write of unknown outcome may still be carried out, if that is not past.
    fn still_under_way(&self, known: &Known) -> Option<Uptime> {
        let until = self.under_way(known)?;
        (self.options.clock.now() < until).then_some(until)
    }

    /// The same, past or not.
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
        let waits = link.is_none() && options.companies && options.rules.updates();
        (link, waits.then(|| customer.clone()))
    }
}

/// The outcome of its create is not known.
fn is_lost(known: &Known) -> bool {
    matches!(known.state, RecordState::Sending | RecordState::Uncertain)
}

/// The record in Caflou that the user said it is, as long as the two were not compared.
fn by_hand(draft: &Draft, known: Option<&Known>) -> Option<CaflouId> {
    let void = matches!(draft.record, Record::Void { .. });
    let known = known.filter(|known| !void && known.is_by_hand())?;
    known.caflou_id
}

/// What a state that may be too old says is settled is looked at in Caflou all the same. What cannot
/// be imported, as it is another record than the one known, fails however old the state is.
fn unless_doubted(need: Need, known: Option<&Known>, updates: bool) -> Need {
    match (need, known) {
        (Need::Nothing(plan), Some(known))
            if known.state == RecordState::Synced
                && updates
                && !matches!(plan, Plan::Fail { .. }) =>
        {
            known.caflou_id.map_or(Need::Nothing(plan), Need::Current)
        }
        (need, _) => need,
    }
}
