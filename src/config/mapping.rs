//! How records are translated: the part of a connection that changes mapped values.

use std::collections::BTreeMap;
use std::fmt;

use super::tables::MAPPING;
use super::words::words;
use super::{ByMethod, NameTemplate, OrderStatus, Values};
use crate::record::same_name;

/// How records are translated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// Caflou category of each income; positive.
    pub category_id: Option<i64>,
    /// Caflou project of each income; positive.
    pub project_id: Option<i64>,
    /// Caflou source of each income; positive.
    pub source_id: Option<i64>,
    /// Tags of each income, none of them empty.
    pub tags: Vec<String>,
    /// How an income is named.
    pub income_name: NameTemplate,
    /// What tells the day of payment.
    pub payment_date: PaymentDate,
    /// After how many days an unpaid order is expected to be paid.
    pub expected_days: ExpectedDays,
    /// By the name or guid of the payment method in the shop, without white space around it.
    pub by: BTreeMap<String, ByMethod>,
    /// Statuses that count as cancelled, beside the system's own.
    pub cancelled_statuses: Vec<OrderStatus>,
    /// Whether records that are in Caflou already are looked for before a create.
    pub match_existing: bool,
}

impl Default for Mapping {
    fn default() -> Self {
        Self::of(&Values::usual(&MAPPING))
    }
}

impl Mapping {
    /// As the table says; what is read apart is as without it.
    pub(super) fn of(values: &Values) -> Self {
        Self {
            category_id: values.get("category_id"),
            project_id: values.get("project_id"),
            source_id: values.get("source_id"),
            tags: values.get::<&[String]>("tags").unwrap_or_default().to_vec(),
            income_name: NameTemplate::default(),
            payment_date: values.get("payment_date").unwrap_or_default(),
            expected_days: ExpectedDays::default(),
            by: BTreeMap::new(),
            cancelled_statuses: Vec::new(),
            match_existing: values.get("match_existing").unwrap_or_default(),
        }
    }
}

impl Mapping {
    /// Everything here that changes mapped values, as text that is the same in every release: two
    /// mappings with the same text give the same values. Kept to notice that a mapping changed.
    #[must_use]
    pub fn fingerprint_text(&self) -> String {
        // taken apart so that a new setting does not compile until it is decided whether it counts
        let Self {
            category_id,
            project_id,
            source_id,
            tags,
            income_name,
            payment_date,
            expected_days: ExpectedDays { default, by_method },
            by,
            cancelled_statuses,
            match_existing: _, // decides who writes a record, not what is written
        } = self;
        // absent settings leave no line: one added later does not make every mapping look changed
        let ids = [
            ("category", category_id),
            ("project", project_id),
            ("source", source_id),
        ];
        let ids = ids
            .into_iter()
            .filter_map(|(name, id)| Some((name, id.as_ref()?.to_string())));
        let tags = tags.iter().map(|tag| ("tag", tag.clone()));
        let methods = by_method
            .iter()
            .map(|(method, days)| ("days of", format!("{days} {method}")));
        let always = [
            ("name", income_name.to_string()),
            ("payment date", payment_date.fingerprint_word().to_owned()),
            ("days", default.to_string()),
        ];
        let by = by.iter().flat_map(|(method, own)| {
            let settings = own.settings().into_iter();
            settings.map(move |(key, value)| ("by method", format!("{key} {value} {method}")))
        });
        let cancelled = cancelled_statuses.iter();
        let cancelled = cancelled.map(|status| ("cancelled", format!("{status:?}")));
        let settings = ids.chain(tags).chain(always).chain(methods);
        let settings = settings.chain(by).chain(cancelled);
        // with its length in front, no value can pass for several lines
        let lines = settings.map(|(name, value)| format!("{name}={}:{value}\n", value.len()));
        lines.collect::<Vec<_>>().concat()
    }
}

impl Mapping {
    /// The settings for a payment method, by its guid, else by its name.
    #[must_use]
    pub fn of_method(&self, guid: Option<&str>, name: Option<&str>) -> Option<&ByMethod> {
        let keys = [guid, name].into_iter().flatten();
        keys.into_iter().find_map(|key| named(&self.by, key))
    }
}

/// What is set for a name: as it is typed, else as it reads.
fn named<'a, T>(set: &'a BTreeMap<String, T>, name: &str) -> Option<&'a T> {
    let alike = || set.iter().find(|(key, _)| same_name(key, name));
    let exact = set.get(name.trim());
    exact.or_else(|| alike().map(|(_, value)| value))
}

words! {
    /// What tells the day on which an order was paid. Displayed as in the file.
    PaymentDate {
        /// The order's change time when it was first seen as paid.
        FirstPaid = "first-paid",
        /// The order's creation.
        OrderTime = "order-time",
        /// The shop's payment transactions.
        Transactions = "transactions",
    }
}

impl PaymentDate {
    /// The word for the default in files of earlier versions, and in every fingerprint.
    pub(super) const CHANGE_TIME: &'static str = "change-time";

    fn fingerprint_word(self) -> &'static str {
        match self {
            Self::FirstPaid => Self::CHANGE_TIME,
            other => other.as_str(),
        }
    }
}

impl fmt::Display for PaymentDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Days from an order to its expected payment, by payment method: 0 to 3650 each.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExpectedDays {
    /// For orders with another payment method, or none.
    pub default: u16,
    /// By the name of the payment method in the shop, without white space around it.
    pub by_method: BTreeMap<String, u16>,
}

impl ExpectedDays {
    /// The days for a payment method, by its name in the shop, however it is typed.
    #[must_use]
    pub fn days(&self, payment_method: Option<&str>) -> u16 {
        let listed = payment_method.and_then(|method| named(&self.by_method, method));
        listed.copied().unwrap_or(self.default)
    }
}

#[cfg(test)]
mod tests;
