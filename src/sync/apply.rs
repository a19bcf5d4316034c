//! The sink of a real run: carries plans out, each create exactly once.
//!
//! Intent, send, confirm: an intent is committed before a create is sent, our mark is inside the
//! record, and the answer's id is committed at once. A create whose outcome is unknown is never
//! sent again blindly; see the engine for how it is looked for.

mod company;

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::Utc;

use crate::caflou::{Stored, Writer};
use crate::http::HttpError;
use crate::record::{Attributes, CaflouId, CompanyLink, FieldChanges, Kind, SourceId, Value, same};
use crate::source::{Broken, Verdict};
use crate::state::{Clock, Intent, Journal, RecordState, Sent, StateError, Synced};

use self::company::company_of;
use super::notes::Notes;
use super::outcome::Done;
use super::plan::{Plan, Revision};
use super::report::{Action, Change};
use super::sink::{Sink, Step, announce, broken_change};
use crate::trouble::Trouble;

/// The reason under which a create of unknown outcome counts as failed.
const UNKNOWN: &str = "outcome unknown";

/// An intent takes its create to leave within this time; only one that leaves later is noted once
/// more. The next run may have to wait for so much longer until its absence proves something.
const SOON: Duration = Duration::from_millis(100);

/// How often a change without an answer is sent in one run.
const ATTEMPTS: u32 = 4;

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

    /// Creates a record whose intent is committed.
    async fn create(&self, step: Step, mut change: Change, attributes: Attributes) -> Done {
        let draft = &step.draft;
        let key = (draft.kind, &draft.source_id);
        let (left, unnoted) = (AtomicBool::new(false), Mutex::new(None));
        let before = || {
            left.store(true, Ordering::Relaxed);
            let sent = self.leaving();
            if step.leaves_by.as_ref().is_some_and(|by| sent.is_by(by)) {
                return Ok(());
            }
            unless_noted(self.noted(|journal| journal.sent(key, &sent)), &unnoted)
        };
        match self.writer.create(draft.kind, &attributes, before).await {
            Ok(stored) => {
                let written = confirm(&attributes, &stored, &attributes, &mut change.ignored);
                change.caflou_id = Some(stored.id);
                let synced = synced(&step, stored.id, (&attributes, &written), None);
                let mut done = self.confirm(change, synced).await;
                done.created = Some(stored.id);
                done.values = Some(attributes);
                done
            }
            Err(error) => {
                if let Some(error) = taken(unnoted) {
                    // As far as it can be noted: else the next run looks for it.
                    let _ = self.noted(|journal| journal.not_sent(key));
                    return Done::unsent(error);
                }
                let left = left.into_inner();
                if !left || error.is_outcome_unknown() {
                    return self.create_failed(step, change, &error, left);
                }
                match self
                    .without_company(step, change, (attributes, &error))
                    .await
                {
                    Ok(done) => done,
                    Err((step, change)) => self.create_failed(step, change, &error, left),
                }
            }
        }
    }

    /// `left`: the request was sent; else what failed is the login before it.
    fn create_failed(&self, step: Step, change: Change, error: &HttpError, left: bool) -> Done {
        if let HttpError::Stopped(_) = error {
            let key = (step.draft.kind, &step.draft.source_id);
            let noted = self.noted(|journal| journal.not_sent(key));
            return Done::unsent(noted.map_or_else(Trouble::from, |()| Trouble::from(error)));
        }
        if !left || !error.is_outcome_unknown() {
            return self.refused(change, &step, error, Some(RecordState::Failed));
        }
        let reason = format!("{UNKNOWN}: {error}");
        let mut done = self.failed(change, &step, Some(RecordState::Uncertain), reason);
        done.uncertain = Some((step.draft, self.clock.now().after(self.under_way)));
        if error.is_outage() {
            done.outage = Some(Trouble::from(error));
        }
        done
    }

    /// Writes the changes of a record that is there, if any, and notes what it then holds.
    async fn revise(
        &self,
        step: Step,
        mut change: Change,
        id: CaflouId,
        mut revision: Revision,
    ) -> Done {
        if revision.fields.is_empty() {
            let synced = synced(&step, id, (&revision.source, &revision.written), None);
            return self.tell(change, |journal| journal.synced(&synced));
        }
        let mut before = revision.written.clone();
        // What is still to be decided upon, should nothing be written.
        let mut undecided = revision.source.clone();
        for (field, change) in &revision.fields.0 {
            before.set(field, change.before.clone());
            undecided.set(field, change.before.clone());
        }
        // It is settled with what is sent, and would be told by nobody were the run cut off by then.
        if is_to_be_looked_at(&change)
            && let Err(error) = self.note_ahead(&change)
        {
            return self.tell(change, |_| Err(error));
        }
        if let Plan::Adopt { .. } = &step.plan {
            let linked = synced(&step, id, (&undecided, &before), None);
            if let Err(error) = self.noted(|journal| journal.synced(&linked)) {
                return self.tell(change, |_| Err(error));
            }
        }
        let unnoted = Mutex::new(None);
        let (answer, again) = self
            .patch(&step, id, &revision, (&undecided, &before), &unnoted)
            .await;
        let key = (step.draft.kind, &step.draft.source_id);
        match answer {
            Ok(stored) => {
                let (sent, before) = (revision.fields.after(), &revision.written);
                revision.written = confirm(&sent, &stored, before, &mut change.ignored);
                let values = (&revision.source, &revision.written);
                let synced = synced(&step, id, values, again.then(|| self.leaving()));
                self.tell(change, |journal| journal.synced(&synced))
            }
            Err(error) if error.is_missing() => {
                match self.noted(|journal| journal.not_updated(key)) {
                    Ok(()) => Done::missing(step.draft, id, revision.source),
                    Err(error) => self.tell(change, |_| Err(error)),
                }
            }
            Err(error @ HttpError::Stopped(_)) => {
                Done::unsent(taken(unnoted).map_or_else(|| Trouble::from(error), Trouble::from))
            }
            Err(error) => {
                if !again
                    && !error.is_outcome_unknown()
                    && let Err(error) = self.noted(|journal| journal.not_updated(key))
                {
                    return self.tell(change, |_| Err(error));
                }
                if let Some(company) = company_of(&revision.fields.after())
                    && error.is_about_this_record()
                    && let Err(error) = self.notice_gone(&step, company).await
                {
                    return self.tell(change, |_| Err(error));
                }
                self.refused(change, &step, &error, None)
            }
        }
    }

    /// Sends a change. One without an answer is not sent again before the record was read, and only
    /// where nobody else changed meanwhile what it changes. Also: whether an attempt before the last
    /// one may be carried out still.
    async fn patch(
        &self,
        step: &Step,
        id: CaflouId,
        revision: &Revision,
        (undecided, before): (&Attributes, &Attributes),
        unnoted: &Unnoted,
    ) -> (Result<Stored, HttpError>, bool) {
        let kind = step.draft.kind;
        let (key, sent) = ((kind, &step.draft.source_id), revision.fields.after());
        let attempts = AtomicU32::new(0);
        let leaves = || {
            attempts.fetch_add(1, Ordering::Relaxed);
            let leaving = self.leaving();
            let noted =
                self.noted(|journal| journal.updating(key, (undecided, before), &sent, &leaving));
            unless_noted(noted, unnoted)
        };
        let mut answer = self.writer.update(kind, id, &sent, leaves).await;
        for _ in 1..ATTEMPTS {
            let lost = |error: &HttpError| error.is_outcome_unknown() && error.is_outage();
            if !answer.as_ref().is_err_and(lost) {
                break;
            }
            match self.writer.reader().get(kind, id).await {
                Ok(Some(now)) if holds(&now, &sent) => answer = Ok(now),
                Ok(Some(now)) if is_untouched(&now, revision) => {
                    answer = self.writer.update(kind, id, &sent, leaves).await;
                }
                _ => break,
            }
        }
        (answer, attempts.into_inner() > 1)
    }

    /// The service refused, or nothing was sent at all.
    fn refused(
        &self,
        change: Change,
        step: &Step,
        error: &HttpError,
        state: Option<RecordState>,
    ) -> Done {
        let mut done = self.failed(change, step, state, error.to_string());
        let updating = state.is_none();
        if error.is_access() && !(updating && error.is_forbidden()) {
            done.fatal = Some(Trouble::from(error));
        } else if error.is_outage() || error.is_access() {
            done.outage = Some(Trouble::from(error));
        }
        done
    }

    /// The record is not in order.
    fn failed(
        &self,
        change: Change,
        step: &Step,
        state: Option<RecordState>,
        reason: String,
    ) -> Done {
        let (draft, now, why) = (&step.draft, Utc::now(), reason.clone());
        let key = (draft.kind, &draft.source_id);
        self.tell(fail(change, reason), |journal| {
            journal.failed(key, &draft.label, state, &why, now)
        })
    }

    /// Notes that a record was created. Creates whose answers come together share a commit.
    async fn confirm(&self, change: Change, synced: Synced) -> Done {
        let (action, text) = (change.action.as_str(), json_of(&change));
        let noted = self.notes.write(move |journal| {
            journal.synced(&synced)?;
            journal.note_change((synced.kind, &synced.source_id), action, &text)
        });
        let noted = noted.await;
        let mut done = Done::told(Some(change));
        done.fatal = noted.err();
        done
    }

    /// Notes what is to be told of a record before its change is sent.
    fn note_ahead(&self, change: &Change) -> Result<(), StateError> {
        let id = SourceId(change.source_id.clone());
        let ahead = Change {
            fields: FieldChanges::default(),
            ..change.clone()
        };
        let text = json_of(&ahead);
        self.noted(|journal| journal.note_change((change.kind, &id), change.action.as_str(), &text))
    }

    /// Notes what became of a record, with one commit for the record and the history of the run.
    fn tell(&self, change: Change, note: impl FnOnce(&Journal) -> Result<(), StateError>) -> Done {
        let id = SourceId(change.source_id.clone());
        let text = json_of(&change);
        let noted = self.noted(|journal| {
            journal.together(|journal| {
                note(journal)?;
                if is_to_be_looked_at(&change) {
                    journal.nothing_ahead((change.kind, &id))?;
                }
                journal.note_change((change.kind, &id), change.action.as_str(), &text)
            })
        });
        let mut done = Done::told(Some(change));
        done.fatal = noted.err().map(Trouble::from);
        done
    }
}

/// Whether a record shows all that was sent.
fn holds(now: &Stored, sent: &Attributes) -> bool {
    let now = &now.attributes;
    sent.fields()
        .all(|field| now.get(field).is_some() && same(field, now.get(field), sent.get(field)))
}

/// Whether what is to be changed is as it was before, or as it is to be.
fn is_untouched(now: &Stored, revision: &Revision) -> bool {
    revision.fields.0.iter().all(|(field, change)| {
        let now = now.attributes.get(field);
        now.is_none()
            || same(field, now, Some(&change.before))
            || same(field, now, Some(&change.after))
    })
}

/// A step's record as it is in Caflou now, with what the source says and what Caflou holds.
fn synced(
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

/// Whether a change is one that people should know of beyond its values.
fn is_to_be_looked_at(change: &Change) -> bool {
    !change.kept.is_empty() || !change.warnings.is_empty()
}

/// A change as it stands in the history.
fn json_of(change: &Change) -> String {
    serde_json::to_string(change).unwrap_or_default()
}

fn fail(change: Change, reason: String) -> Change {
    Change {
        action: Action::Fail,
        reason: Some(reason),
        ..change
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

/// What Caflou holds after a write: its answer, where that shows the attribute, else what was
/// sent. What the answer shows otherwise than it was sent, was ignored.
fn confirm(
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
            ) => {
                let origin = step.draft.origin.clone();
                let mut done = self.revise(step, change, id, revision).await;
                if let Some(origin) = &origin
                    && let Err(error) =
                        self.noted(|journal| journal.learn_origins(&[(key, origin)]))
                {
                    done.fatal.get_or_insert(error.into());
                }
                done
            }
            (Plan::Update { id, revision }, Some(change)) => {
                self.revise(step, change, id, revision).await
            }
            (Plan::Update { id, revision }, None) => {
                // Caflou holds the new values already.
                let values = (&revision.source, &revision.written);
                let synced = synced(&step, id, values, None);
                let noted = self.noted(|journal| journal.synced(&synced));
                Done {
                    fatal: noted.err().map(Trouble::from),
                    ..Done::told(None)
                }
            }
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
