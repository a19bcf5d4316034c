//! The decisions of an engine, made in the order in which records come.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Engine, Job, Prepared, stopped};
use crate::caflou::{Candidates, Keys, Lookup, MatchedBy, Reader};
use crate::http::{HttpError, Stop};
use crate::record::{Attributes, CaflouId, CompanyLink, Draft, Kind, SourceId};
use crate::state::{Known, RecordState};
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
        let (job, reserved) = match plan::need(&draft, known.as_ref(), &desired, rules) {
            Need::Nothing(plan) => {
                let plan = plan::hold_closed(plan, (known.as_ref(), None), rules);
                (Job::Settle(plan), None)
            }
            Need::Current(id) => match known {
                Some(known) => {
                    // A lost update that is carried out now would overwrite the next one.
                    if let Some(until) = self.under_way(&known)
                        && Utc::now() < until
                    {
                        self.later.push((draft, until));
                        self.tell(number, None);
                        return Ok(None);
                    }
                    match self.unless_it_vanishes(draft, (&known, &desired), number) {
                        Some(given_back) => draft = given_back,
                        None => return Ok(None),
                    }
                    (Job::Revise(id, Box::new(known)), None)
                }
                None => (Job::Settle(Plan::Unchanged), None),
            },
            Need::Candidates { by_mark_only } => {
                if let Some(until) = self.too_early(known.as_ref()) {
                    self.later.push((draft, until));
                    self.tell(number, None);
                    return Ok(None);
                }
                let keys = if by_mark_only {
                    Keys::mark(&draft.mark)
                } else {
                    Keys::of(draft.kind, &draft.mark, &desired)
                };
                self.look_up(&draft, known, &desired, keys, earlier).await?
            }
        };
        Ok(Some(Prepared {
            draft,
            desired,
            learns,
            told,
            awaits,
            job,
            reserved,
        }))
    }

    /// A create whose outcome is unknown may still be carried out: until then its absence proves
    /// nothing.
    fn too_early(&self, known: Option<&Known>) -> Option<DateTime<Utc>> {
        let known = known
            .filter(|known| matches!(known.state, RecordState::Sending | RecordState::Uncertain))?;
        let until = self.under_way(known)?;
        let looked = self.lookup.as_ref().map_or_else(Utc::now, |(_, at)| *at);
        (looked < until).then_some(until)
    }

    /// Until when a write of unknown outcome may still be carried out.
    fn under_way(&self, known: &Known) -> Option<DateTime<Utc>> {
        if !self.options.sink.writes() {
            return None;
        }
        let timeout = TimeDelta::from_std(self.options.reader.client().timeout()).ok()?;
        // A clock that was set back must not make it wait for longer than that.
        Some(known.sent_at?.min(Utc::now()) + timeout)
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

    /// Looks for a record in Caflou and decides what that means.
    async fn look_up(
        &mut self,
        draft: &Draft,
        known: Option<Known>,
        desired: &Attributes,
        keys: Keys,
        earlier: &mut Vec<(u64, Prepared)>,
    ) -> Result<(Job, Option<Keys>), Fatal> {
        let lost = known.as_ref().is_some_and(|known| {
            matches!(known.state, RecordState::Sending | RecordState::Uncertain)
        });
        if lost && !self.under_way.is_empty() {
            // What is being created would change the list while it is read.
            self.launch(std::mem::take(earlier))?;
            self.drain().await?;
        }
        let mut found = self.find(draft.kind, &keys, lost).await?;
        if matches!(found, Candidates::Pending(_)) && self.options.sink.writes() {
            // Another record of this run is about to become the one that this one is linked with.
            self.launch(std::mem::take(earlier))?;
            self.drain().await?;
            found = self.find(draft.kind, &keys, lost).await?;
        }
        Ok(match self.without_taken(found, draft)? {
            Candidates::None if lost && !self.is_proven() => {
                let reason = "outcome unknown: Caflou's list keeps changing, so nothing proves \
                              that it is not there; the next run looks again";
                let reason = reason.to_owned();
                (Job::Settle(Plan::Fail { reason }), None)
            }
            Candidates::None => {
                let plan = plan::absent(draft, desired);
                let plan = plan::hold_closed(plan, (None, None), self.options.rules);
                let creates = matches!(plan, Plan::Create { .. });
                if creates && let Some((lookup, _)) = &mut self.lookup {
                    lookup.reserve(&keys);
                }
                (Job::Settle(plan), creates.then_some(keys))
            }
            Candidates::One(id, by) => (Job::Adopt(id, by, known.map(Box::new)), None),
            Candidates::Pending(by) => {
                let revision = plan::Revision::default();
                (
                    Job::Settle(Plan::Adopt {
                        id: None,
                        by,
                        revision,
                    }),
                    None,
                )
            }
            Candidates::Several(ids, by) => {
                let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
                let what = match draft.kind {
                    Kind::Company => "companies",
                    Kind::Income => "incomes",
                };
                let reason = format!(
                    "several Caflou {what} match ({}): {}; delete or change all but one of them",
                    by.as_str(),
                    ids.join(", ")
                );
                (Job::Settle(Plan::Fail { reason }), None)
            }
        })
    }

    /// Leaves out what stands for another shop's record with the same number: one that was entered
    /// by hand is one sale, and no more.
    fn without_taken(&self, found: Candidates, draft: &Draft) -> Result<Candidates, Fatal> {
        let by = MatchedBy::Reference;
        let ids = match found {
            Candidates::One(id, MatchedBy::Reference) => vec![id],
            Candidates::Several(ids, MatchedBy::Reference) => ids,
            other => return Ok(other),
        };
        let (view, pair) = (&self.options.view, &self.options.pair);
        let mut free = Vec::with_capacity(ids.len());
        for id in ids {
            if !view.is_taken(pair, (draft.kind, &draft.source_id), id)? {
                free.push(id);
            }
        }
        Ok(match free.as_slice() {
            [] => Candidates::None,
            [id] => Candidates::One(*id, by),
            _ => Candidates::Several(free, by),
        })
    }

    /// What Caflou holds with these keys. `lost`: a create of it may have been carried out.
    async fn find(&mut self, kind: Kind, keys: &Keys, lost: bool) -> Result<Candidates, Fatal> {
        let whole = lost || self.options.thorough || kind == Kind::Company;
        let stop = self.options.stop.clone();
        if self.lookup.is_none() {
            let at = Utc::now();
            let mut lookup = Lookup::new(&self.options.reader, kind, self.options.program);
            if !whole {
                unless_stopped(&stop, lookup.begin()).await?;
            }
            self.lookup = Some((lookup, at));
        }
        let (lookup, _) = self.lookup.as_mut().ok_or_else(nothing_known)?;
        if !unless_stopped(&stop, lookup.cover(keys, (whole, lost))).await? {
            let there = self.options.view.there(kind)?;
            unless_stopped(&stop, lookup.read_whole(&there, lost)).await?;
        }
        Ok(lookup.find(keys))
    }

    /// Whether what the list does not show is surely not there.
    fn is_proven(&self) -> bool {
        let lookup = self.lookup.as_ref();
        lookup.is_some_and(|(lookup, _)| lookup.is_proven())
    }
}

async fn unless_stopped<T>(
    stop: &Stop,
    asked: impl Future<Output = Result<T, HttpError>>,
) -> Result<T, Fatal> {
    tokio::select! {
        answer = asked => Ok(answer?),
        () = stop.wait() => Err(stopped(stop)),
    }
}

fn nothing_known() -> Fatal {
    Fatal::Service("the list of Caflou records is not there".to_owned())
}

/// A record in Caflou that has to be read before the plan is made: with the key that it was found
/// by, where it is to be linked, and with what is known of it.
pub(super) type Look = (CaflouId, Option<MatchedBy>, Option<Box<Known>>);

/// Reads a record in Caflou, plans with it, and hands the plan to the sink.
pub(super) async fn decide<S: Sink>(
    sink: &S,
    reader: &Reader,
    rules: Rules,
    mut step: Step,
    desired: &Attributes,
    (id, by, known): Look,
) -> Done {
    let draft = &step.draft;
    let current = match reader.get(draft.kind, id).await {
        Ok(current) => current.map(|stored| stored.attributes),
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
    let plan = match (by, &known, &current) {
        (Some(by), known, Some(current)) => {
            plan::adopt(draft, known.as_deref(), desired, (id, by), current, rules)
        }
        (Some(_), _, None) => Plan::Fail {
            reason: format!(
                "the matching Caflou record {id} was just deleted; the next run looks again"
            ),
        },
        (None, Some(known), current) => plan::update(draft, known, desired, id, current.as_ref()),
        (None, None, _) => Plan::Unchanged,
    };
    let plan = plan::hold_closed(plan, (known.as_deref(), current.as_ref()), rules);
    step.plan = plan::unless_told(plan, step.told.as_deref(), rules);
    sink.settle(step).await
}
