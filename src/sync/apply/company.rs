//! Incomes whose company was deleted in Caflou, or merged with another one there: they go in without
//! it.

use super::Apply;
use crate::http::HttpError;
use crate::record::{Attributes, CaflouId, Kind, Value};
use crate::state::{Intent, StateError};
use crate::sync::outcome::Done;
use crate::sync::plan::Plan;
use crate::sync::report::Change;
use crate::sync::sink::Step;

impl Apply {
    /// Where a create was refused because its company is gone: creates it without one. What was
    /// refused was surely not carried out, so that it may be sent once more. Gives the step back
    /// where that is not the reason.
    pub(super) async fn without_company(
        &self,
        mut step: Step,
        mut change: Change,
        (mut attributes, error): (Attributes, &HttpError),
    ) -> Result<Done, (Step, Change)> {
        let Some(company) = company_of(&attributes).filter(|_| error.is_about_this_record()) else {
            return Err((step, change));
        };
        match self.notice_gone(&step, company).await {
            Ok(true) => {}
            Ok(false) => return Err((step, change)),
            Err(error) => return Ok(Done::unsent(error)),
        }
        attributes.remove("company_id");
        change.fields.0.remove("company_id");
        change.warnings.push(format!(
            "its company {company} was deleted in Caflou, or merged with another one: it has none"
        ));
        let leaves_by = self.leaving();
        let intent = Intent {
            kind: step.draft.kind,
            source_id: &step.draft.source_id,
            label: &step.draft.label,
            payload: &attributes,
            changed_at: step.draft.changed_at,
            origin: step.draft.origin.as_deref(),
        };
        if let Err(error) = self.noted(|journal| journal.intend(&[intent], &leaves_by)) {
            return Ok(Done::unsent(error));
        }
        step.leaves_by = Some(leaves_by);
        step.plan = Plan::Unchanged;
        Ok(Box::pin(self.create(step, change, attributes)).await)
    }

    /// Looks whether a company that Caflou would not take is gone, and takes note of that: what comes
    /// later goes in without it.
    pub(super) async fn notice_gone(
        &self,
        step: &Step,
        company: CaflouId,
    ) -> Result<bool, StateError> {
        let Some(customer) = step.draft.customer() else {
            return Ok(false);
        };
        // Where that cannot be found out, nothing is known.
        let read = self.writer.reader().get(Kind::Company, company).await;
        if !matches!(read, Ok(None)) {
            return Ok(false);
        }
        self.noted(|journal| journal.gone_as((Kind::Company, customer), company))
            .map(|()| true)
    }
}

/// The company that values name.
pub(super) fn company_of(attributes: &Attributes) -> Option<CaflouId> {
    match attributes.get("company_id")? {
        Value::Number(id) => i64::try_from(*id).ok().map(CaflouId),
        _ => None,
    }
}
