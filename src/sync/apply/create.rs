//! Creating a record, exactly once.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use super::noting::json_of;
use super::written::{confirm, synced};
use super::{Apply, taken, unless_noted};
use crate::http::HttpError;
use crate::record::Attributes;
use crate::state::{RecordState, Synced};
use crate::sync::outcome::Done;
use crate::sync::report::Change;
use crate::sync::sink::Step;
use crate::trouble::Trouble;

/// The reason under which a create of unknown outcome counts as failed.
const UNKNOWN: &str = "outcome unknown";

impl Apply {
    /// Creates a record whose intent is committed.
    pub(super) async fn create(
        &self,
        step: Step,
        mut change: Change,
        attributes: Attributes,
    ) -> Done {
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
}
