//! Changing a record that is there.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use super::company::company_of;
use super::noting::is_to_be_looked_at;
use super::written::{confirm, synced};
use super::{Apply, Unnoted, taken, unless_noted};
use crate::caflou::Stored;
use crate::http::HttpError;
use crate::record::{Attributes, CaflouId, same};
use crate::sync::outcome::Done;
use crate::sync::plan::{Plan, Revision};
use crate::sync::report::Change;
use crate::sync::sink::Step;
use crate::trouble::Trouble;

/// How often a change without an answer is sent in one run.
const ATTEMPTS: u32 = 4;

impl Apply {
    /// As [`Apply::revise`], of a record that is linked from now on.
    pub(super) async fn adopt(
        &self,
        step: Step,
        change: Change,
        id: CaflouId,
        revision: Revision,
    ) -> Done {
        let draft = &step.draft;
        let (kind, source_id, origin) = (draft.kind, draft.source_id.clone(), draft.origin.clone());
        let mut done = self.revise(step, change, id, revision).await;
        let learnt = origin.as_deref().map(|origin| ((kind, &source_id), origin));
        if let Some(learnt) = learnt
            && let Err(error) = self.noted(|journal| journal.learn_origins(&[learnt]))
        {
            done.fatal.get_or_insert(error.into());
        }
        done
    }

    /// Caflou holds the new values already: only that is noted.
    pub(super) fn agrees_already(&self, step: &Step, id: CaflouId, revision: &Revision) -> Done {
        let values = (&revision.source, &revision.written);
        let synced = synced(step, id, values, None);
        let noted = self.noted(|journal| journal.synced(&synced));
        Done {
            fatal: noted.err().map(Trouble::from),
            ..Done::told(None)
        }
    }

    /// Writes the changes of a record that is there, if any, and notes what it then holds.
    pub(super) async fn revise(
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
                self.not_revised(step, change, &revision, (&error, again))
                    .await
            }
        }
    }

    /// `again`: an earlier attempt may be carried out still.
    async fn not_revised(
        &self,
        step: Step,
        change: Change,
        revision: &Revision,
        (error, again): (&HttpError, bool),
    ) -> Done {
        let key = (step.draft.kind, &step.draft.source_id);
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
        self.refused(change, &step, error, None)
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
