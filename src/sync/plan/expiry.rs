//! Incomes that are not paid in time.

use chrono::{NaiveDate, TimeDelta};

use super::Rules;
use crate::record::{Attributes, Draft, Record, Value};

impl Rules {
    /// Unpaid incomes with an earlier day than this are out of the cash flow.
    #[must_use]
    pub fn expired_before(&self) -> Option<NaiveDate> {
        let days = TimeDelta::days(self.unpaid_expires?.into());
        self.today.checked_sub_signed(days)
    }
}

/// Takes an income that was not paid in time out of the cash flow. Once it is paid, it is active
/// again, as after any other reason to be out.
pub fn expire(desired: &mut Attributes, draft: &Draft, rules: Rules) {
    let Some(before) = rules.expired_before() else {
        return;
    };
    let unpaid = matches!(draft.record, Record::Document(_)) && !desired.is_true("done");
    if unpaid && desired.day("date").is_some_and(|day| day < before) {
        desired.set("inactive", Value::Bool(true));
    }
}
