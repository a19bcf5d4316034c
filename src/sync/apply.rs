//! The sink of a real run: carries plans out, each create exactly once.
//!
//! Intent, send, confirm: an intent is committed before a create is sent, our mark is inside the
//! record, and the answer's id is committed at once. A create whose outcome is unknown is never
//! sent again blindly; see the engine for how it is looked for.

mod company;
mod create;
mod noting;
mod revise;
mod written;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::Utc;

use crate::caflou::Writer;
use crate::http::HttpError;
use crate::record::{CaflouId, CompanyLink, Kind, SourceId};
use crate::source::{Broken, Verdict};
use crate::state::{Clock, Intent, Journal, Sent, StateError};

use self::written::synced;
use super::notes::Notes;
use super::outcome::Done;
use super::plan::Plan;
use super::sink::{Sink, Step, announce, broken_change};
use crate::trouble::Trouble;

/// An intent takes its create to leave within this time; only one that leaves later is noted once
/// more. The next run may have to wait for so much longer until its absence proves something.
const SOON: Duration = Duration::from_millis(100);

/// Carries plans out.
#[derive(Debug, Clone)]
pub struct Apply {
    connection: String,
    writer: Writer,
    journal: Arc<Mutex<Journal>>,
    notes: Notes,
    /// How long an unanswered create counts as possibly under way.
    under_way: Duration,
    clock: Clock,
}

impl Apply {
    /// For a connection; inside a runtime, which has a thread for the notes.
    #[must_use]
    pub fn new(
        connection: &str,
        writer: Writer,
        journal: Arc<Mutex<Journal>>,
        under_way: Duration,
        clock: Clock,
    ) -> Self {
        Self {
            connection: connection.to_owned(),
            writer,
            notes: Notes::new(&journal),
            journal,
            under_way,
            clock,
        }
    }

    /// Holds the journal for a note, and no longer: a guard in a condition would be held through all
    /// that follows from it, also where the next note is made.
    fn noted<T>(
        &self,
        note: impl FnOnce(&mut Journal) -> Result<T, StateError>,
    ) -> Result<T, StateError> {
        note(&mut self.journal.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A write that leaves now.
    fn leaving(&self) -> Sent {
        self.clock.leaving(self.under_way)
    }
}

/// Why the state could not be written.
type Unnoted = Mutex<Option<StateError>>;

/// Nothing is sent that is not noted.
fn unless_noted(noted: Result<(), StateError>, unnoted: &Unnoted) -> Result<(), HttpError> {
    noted.map_err(|error| {
        *unnoted.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        HttpError::Stopped("the state file cannot be written")
    })
}

fn taken(unnoted: Unnoted) -> Option<StateError> {
    unnoted.into_inner().unwrap_or_else(PoisonError::into_inner)
}

impl Sink for Apply {
    fn intend(&self, mut steps: Vec<&mut Step>) -> Result<(), Trouble> {
        let leaves_by = self.leaving().later(SOON);
        for step in &mut steps {
            step.leaves_by = Some(leaves_by.clone());
        }
        let intents: Vec<_> = steps
            .iter()
            .filter_map(|step| match &step.plan {
                Plan::Create { attributes } => Some(Intent {
                    kind: step.draft.kind,
                    source_id: &step.draft.source_id,
                    label: &step.draft.label,
                    payload: attributes,
                    changed_at: step.draft.changed_at,
                    origin: step.draft.origin.as_deref(),
                }),
                _ => None,
            })
            .collect();
        self.noted(|journal| journal.intend(&intents, &leaves_by))?;
        let origins = steps.iter().filter_map(|step| {
            let draft = step.learns.then_some(&step.draft)?;
            Some(((draft.kind, &draft.source_id), draft.origin.as_deref()?))
        });
        let origins: Vec<_> = origins.collect();
        Ok(self.noted(|journal| journal.learn_origins(&origins))?)
    }

    async fn settle(&self, mut step: Step) -> Done {
        let change = announce(&self.connection, &step);
        let key = (step.draft.kind, step.draft.source_id.clone());
        let key = (key.0, &key.1);
        // The plan of an adoption is looked at again when its write fails.
        let plan = match &mut step.plan {
            Plan::Adopt { id, by, revision } => Plan::Adopt {
                id: *id,
                by: *by,
                revision: std::mem::take(revision),
            },
            other => std::mem::replace(other, Plan::Unchanged),
        };
        match (plan, change) {
            (Plan::Create { attributes }, Some(change)) => {
                self.create(step, change, attributes).await
            }
            (
                Plan::Adopt {
                    id: Some(id),
                    revision,
                    ..
                },
                Some(change),
            ) => self.adopt(step, change, id, revision).await,
            (Plan::Update { id, revision }, Some(change)) => {
                self.revise(step, change, id, revision).await
            }
            (Plan::Update { id, revision }, None) => self.agrees_already(&step, id, &revision),
            (Plan::Skip { settled, once, .. }, Some(mut change)) => {
                let synced = settled.map(|settled| {
                    let (id, revision) = *settled;
                    change.caflou_id = Some(id);
                    synced(&step, id, (&revision.source, &revision.written), None)
                });
                self.tell(change, |journal| {
                    match &synced {
                        Some(synced) => journal.synced(synced)?,
                        None => journal.forget(key)?,
                    }
                    match once {
                        Some(what) => journal.note_withheld(key.0, key.1, &what),
                        None => Ok(()),
                    }
                })
            }
            (Plan::Gone { id, source }, Some(change)) => self.tell(change, |journal| {
                journal.gone(key, &step.draft.label, id, &source)
            }),
            (Plan::Fail { reason }, Some(change)) => self.failed(change, &step, None, reason),
            (_, change) => Done::told(change),
        }
    }

    fn broken(&self, broken: &Broken) -> Done {
        let change = broken_change(&self.connection, broken);
        self.tell(change, |journal| match &broken.source_id {
            Some(id) if broken.verdict == Verdict::Failed => {
                let (key, now) = ((broken.kind, id), Utc::now());
                journal.failed(key, &broken.label, None, &broken.reason, now)
            }
            Some(id) if broken.verdict == Verdict::LeftOut => {
                journal.forget_failure((broken.kind, id))
            }
            None if broken.verdict == Verdict::Failed => {
                let (kind, place) = (broken.kind, broken.place.as_deref());
                journal.note_nameless(kind, (&broken.label, &broken.reason, place), Utc::now())
            }
            _ => Ok(()),
        })
    }

    fn read_whole(&self, kind: Kind) -> Result<(), Trouble> {
        Ok(self.noted(|journal| journal.forget_nameless(kind))?)
    }

    fn believe(&self) -> Result<(), Trouble> {
        Ok(self.noted(Journal::believe)?)
    }

    fn again(&self, key: (Kind, &SourceId)) -> Result<(), Trouble> {
        Ok(self.noted(|journal| journal.again(key, Utc::now()))?)
    }

    fn company_gone(&self, customer: &SourceId, company: CaflouId) -> Result<(), Trouble> {
        let key = (Kind::Company, customer);
        Ok(self.noted(|journal| journal.gone_as(key, company))?)
    }

    fn company(&self, _customer: &SourceId) -> Option<CompanyLink> {
        None // the state has it
    }

    fn writes(&self) -> bool {
        true
    }
}
