//! What became of a record: noted for the next run and for the history, and told.

use chrono::Utc;

use super::Apply;
use crate::http::HttpError;
use crate::record::{FieldChanges, SourceId};
use crate::state::{Journal, RecordState, StateError};
use crate::sync::outcome::Done;
use crate::sync::report::{Action, Change};
use crate::sync::sink::Step;
use crate::trouble::Trouble;

impl Apply {
    /// The service refused, or nothing was sent at all.
    pub(super) fn refused(
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
    pub(super) fn failed(
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

    /// Notes what is to be told of a record before its change is sent.
    pub(super) fn note_ahead(&self, change: &Change) -> Result<(), StateError> {
        let id = SourceId(change.source_id.clone());
        let ahead = Change {
            fields: FieldChanges::default(),
            ..change.clone()
        };
        let text = json_of(&ahead);
        self.noted(|journal| journal.note_change((change.kind, &id), change.action.as_str(), &text))
    }

    /// Notes what became of a record, with one commit for the record and the history of the run.
    pub(super) fn tell(
        &self,
        change: Change,
        note: impl FnOnce(&Journal) -> Result<(), StateError>,
    ) -> Done {
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

/// Whether a change is one that people should know of beyond its values.
pub(super) fn is_to_be_looked_at(change: &Change) -> bool {
    !change.kept.is_empty() || !change.warnings.is_empty()
}

/// A change as it stands in the history.
pub(super) fn json_of(change: &Change) -> String {
    serde_json::to_string(change).unwrap_or_default()
}

fn fail(change: Change, reason: String) -> Change {
    Change {
        action: Action::Fail,
        reason: Some(reason),
        ..change
    }
}
