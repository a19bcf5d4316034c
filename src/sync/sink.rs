//! Where plans go: shown, or carried out.

use crate::record::{CaflouId, CompanyLink, Draft, FieldChanges, Kind, Record, SourceId, Value};
use crate::source::{Broken, Verdict};
use crate::state::Sent;

use super::outcome::Done;
use super::plan::{Plan, Revision};
use super::report::{Action, Change};
use crate::trouble::Trouble;

/// A record with its plan.
#[derive(Debug)]
pub struct Step {
    /// The record.
    pub draft: Box<Draft>,
    /// What is to be done.
    pub plan: Plan,
    /// What the user was told of it before, of what is told once.
    pub told: Option<String>,
    /// Its origin is not known yet, and its row in the state is there.
    pub learns: bool,
    /// The customer whose company is not imported yet; the record is looked at again when it is.
    pub awaits: Option<SourceId>,
    /// Until when its intent takes it to have left.
    pub leaves_by: Option<Sent>,
}

/// Takes steps. The one that shows has nothing to write with.
pub trait Sink: Clone + Send + Sync + 'static {
    /// Several steps are about to be settled.
    ///
    /// # Errors
    /// When the creates among them cannot be noted durably: then nothing may be settled.
    fn intend(&self, steps: Vec<&mut Step>) -> Result<(), Trouble>;

    /// Deals with one step.
    fn settle(&self, step: Step) -> impl Future<Output = Done> + Send;

    /// A record that could not be read or mapped.
    fn broken(&self, broken: &Broken) -> Done;

    /// Everything of a kind was read, whether or not single records failed.
    ///
    /// # Errors
    /// When that cannot be noted.
    fn read_whole(&self, kind: Kind) -> Result<(), Trouble>;

    /// What was read so far came from the source that it was to come from.
    ///
    /// # Errors
    /// When that cannot be noted.
    fn believe(&self) -> Result<(), Trouble>;

    /// A record that counted as deleted in Caflou is there again.
    ///
    /// # Errors
    /// When that cannot be noted.
    fn again(&self, key: (Kind, &SourceId)) -> Result<(), Trouble>;

    /// A company is no longer in Caflou: what comes later goes in without it.
    ///
    /// # Errors
    /// When that cannot be noted.
    fn company_gone(&self, customer: &SourceId, company: CaflouId) -> Result<(), Trouble>;

    /// The company of a customer, as far as this run (would have) imported it.
    fn company(&self, customer: &SourceId) -> Option<CompanyLink>;

    /// Whether creates that this run sends come to be: what is pending is worth waiting for.
    fn writes(&self) -> bool;
}

/// What is told of a step before anything is written; `None`: nothing.
pub(super) fn announce(connection: &str, step: &Step) -> Option<Change> {
    let Step { draft, plan, .. } = step;
    let mut change = nothing_yet(connection, draft);
    match plan {
        Plan::Unchanged => return None,
        Plan::Create { attributes } => {
            change.action = Action::Create;
            change.fields = FieldChanges::creation(attributes);
            change.reason = off_because(&draft.record, &change.fields);
        }
        Plan::Adopt { id, by, revision } => {
            change.action = Action::Adopt;
            change.caflou_id = *id;
            change.fields = revision.fields.clone();
            change.kept.clone_from(&revision.kept);
            warn(&mut change, revision);
            change.matched_by = Some(*by);
            change.reason = Some(by.as_str().to_owned());
        }
        Plan::Update { id, revision } => {
            change.caflou_id = Some(*id);
            change.kept.clone_from(&revision.kept);
            if !revision.fields.is_empty() {
                change.action = Action::Update;
                warn(&mut change, revision);
                change.fields = revision.fields.clone();
                change.reason = off_because(&draft.record, &change.fields);
            } else if revision.kept.is_empty() {
                return None;
            } else {
                warn(&mut change, revision);
                change.reason = Some("changed in Caflou meanwhile: kept as it is there".to_owned());
            }
        }
        Plan::Skip {
            reason, warning, ..
        } => {
            change.reason = Some(reason.clone());
            change.warnings.extend(warning.map(str::to_owned));
        }
        Plan::Gone { id, .. } => {
            change.caflou_id = *id;
            change.reason = Some("deleted in Caflou: not created again".to_owned());
        }
        Plan::Fail { reason } => {
            change.action = Action::Fail;
            change.reason = Some(reason.clone());
        }
    }
    Some(change)
}

/// What is told of any record.
fn nothing_yet(connection: &str, draft: &Draft) -> Change {
    Change {
        connection: connection.to_owned(),
        kind: draft.kind,
        action: Action::Skip,
        source_id: draft.source_id.0.clone(),
        caflou_id: None,
        label: draft.label.clone(),
        fields: FieldChanges::default(),
        kept: Vec::new(),
        ignored: Vec::new(),
        warnings: draft.all_warnings(),
        reason: None,
        matched_by: None,
        not_there: false,
    }
}

/// Why a record is out of the cash flow, or goes out of it.
fn off_because(record: &Record, fields: &FieldChanges) -> Option<String> {
    let off = fields.0.get("inactive");
    let off = off.is_some_and(|change| change.after == Value::Bool(true));
    match record {
        Record::Void { why, .. } => Some(why.as_str().to_owned()),
        Record::Document(_) if off => Some("not paid in time (unpaid_expires)".to_owned()),
        Record::Document(_) | Record::Company(_) => None,
    }
}

fn warn(change: &mut Change, revision: &Revision) {
    let warnings = revision.warnings.iter();
    change
        .warnings
        .extend(warnings.map(|text| (*text).to_owned()));
}

/// What is told of a record that could not be read or mapped.
pub(super) fn broken_change(connection: &str, broken: &Broken) -> Change {
    let source_id = broken
        .source_id
        .as_ref()
        .map(|id| id.0.clone())
        .unwrap_or_default();
    Change {
        connection: connection.to_owned(),
        kind: broken.kind,
        action: match broken.verdict {
            Verdict::Failed | Verdict::NotThere => Action::Fail,
            Verdict::LeftOut => Action::Skip,
        },
        source_id,
        caflou_id: None,
        label: broken.label.clone(),
        fields: FieldChanges::default(),
        kept: Vec::new(),
        ignored: Vec::new(),
        warnings: Vec::new(),
        reason: Some(broken.reason.clone()),
        matched_by: None,
        not_there: broken.verdict == Verdict::NotThere,
    }
}
