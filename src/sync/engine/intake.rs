//! What the source gives, in the order in which it comes: planned together, and set going.

use super::Engine;
use super::prepare::{Job, Prepared};
use super::under_way::Ready;
use crate::record::{Draft, Kind, Payment, Record};
use crate::source::Item;
use crate::sync::awaiting::Incomes;
use crate::sync::outcome::Done;
use crate::sync::plan::{self, Plan};
use crate::sync::report::Event;
use crate::sync::sink::{Sink, Step};
use crate::trouble::Trouble;

impl<S: Sink> Engine<'_, S> {
    /// Plans a batch and sets it going.
    pub(super) async fn take(&mut self, batch: &mut Vec<Item>) -> Result<(), Trouble> {
        let mut drafts = Vec::with_capacity(batch.len());
        for item in batch.drain(..) {
            match item {
                Item::Draft(draft) => {
                    if let Record::Document(document) = &draft.record {
                        self.unknown_paid += u64::from(document.payment == Payment::Unknown);
                        self.unexplained += u64::from(document.unexplained().is_some());
                    }
                    if let Some(draft) = self.unless_it_waits(draft)? {
                        drafts.push((self.number(), draft));
                    }
                }
                Item::Broken(broken) => {
                    if let (Kind::Company, Some(customer)) = (broken.kind, &broken.source_id) {
                        self.options.awaiting.settled(customer, true);
                    }
                    let (number, done) = (self.number(), self.options.sink.broken(&broken));
                    self.tell(number, Some(done));
                }
                Item::Settled => {
                    let number = self.number();
                    self.tell(number, Some(Done::told(None)));
                }
                Item::Expected(total) => self.report.event(&Event::Expected(total)),
                Item::Warning(message) => self.warn(message),
            }
        }
        self.plan(drafts).await
    }

    /// Plans incomes whose companies are settled now, and sets them going.
    pub(super) async fn go_on(&mut self, incomes: Incomes) -> Result<(), Trouble> {
        let incomes = incomes.into_iter();
        let incomes = incomes.map(|draft| (self.number(), draft));
        let incomes = incomes.collect();
        self.plan(incomes).await
    }

    /// Plans different records, and sets them going.
    pub(super) async fn plan(&mut self, drafts: Vec<(u64, Box<Draft>)>) -> Result<(), Trouble> {
        let view = &self.options.view;
        let known = view.at_once(|view| {
            let drafts = drafts.iter();
            let known = drafts.map(|(_, draft)| {
                let known = view.known(draft.kind, &draft.source_id)?;
                let company = match draft.customer() {
                    Some(customer) => view.company(customer)?,
                    None => None,
                };
                Ok((known, company))
            });
            known.collect::<Result<Vec<_>, _>>()
        })?;
        let mut prepared = Vec::with_capacity(drafts.len());
        for ((number, draft), known) in drafts.into_iter().zip(known) {
            if let Some(ready) = self.prepare(draft, known, number, &mut prepared).await? {
                prepared.push((number, ready));
            }
        }
        self.launch(prepared)
    }

    /// Gives an income back unless its company is yet to come in this run.
    pub(super) fn unless_it_waits(&self, draft: Box<Draft>) -> Result<Option<Box<Draft>>, Trouble> {
        let Some(customer) = draft.customer() else {
            return Ok(Some(draft));
        };
        let options = &self.options;
        let there = options.view.company(customer)?.is_some();
        if there || options.sink.company(customer).is_some() {
            return Ok(Some(draft));
        }
        let customer = customer.clone();
        Ok(options.awaiting.hold(&customer, draft))
    }

    /// Commits the intents of a batch, then sets it going.
    pub(super) fn launch(&mut self, prepared: Vec<(u64, Prepared)>) -> Result<(), Trouble> {
        let mut ready = Vec::with_capacity(prepared.len());
        for (number, prepared) in prepared {
            let Prepared {
                draft,
                desired,
                learns,
                told,
                awaits,
                job,
            } = prepared;
            let rules = self.options.rules;
            let (plan, look) = match job {
                Job::Settle(plan) => (plan::unless_told(plan, told.as_deref(), rules), None),
                Job::Compare(look) => (Plan::Unchanged, Some(look)),
            };
            ready.push(Ready {
                number,
                step: Step {
                    draft,
                    plan,
                    told,
                    learns,
                    awaits,
                    leaves_by: None,
                },
                desired,
                look,
            });
        }
        let steps = ready.iter_mut().map(|ready| &mut ready.step);
        self.options.sink.intend(steps.collect())?;
        for ready in ready {
            self.under_way.push(ready);
        }
        Ok(())
    }
}
