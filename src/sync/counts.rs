//! How much a run did, by kind and currency, and with how many requests.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use rust_decimal::Decimal;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::report::Action;
use crate::record::{Attributes, Value};

/// Records of one kind; each is in exactly one of the other counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// Looked at.
    pub read: u64,
    /// Created.
    pub created: u64,
    /// Linked with what was there.
    pub adopted: u64,
    /// Changed.
    pub updated: u64,
    /// Nothing to do.
    pub unchanged: u64,
    /// Left alone, for a reason.
    pub skipped: u64,
    /// Not imported.
    pub failed: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, more: Self) {
        self.read += more.read;
        self.created += more.created;
        self.adopted += more.adopted;
        self.updated += more.updated;
        self.unchanged += more.unchanged;
        self.skipped += more.skipped;
        self.failed += more.failed;
    }
}

impl Counts {
    /// Counts a record.
    pub fn count(&mut self, action: Option<Action>) {
        self.read += 1;
        *match action {
            None => &mut self.unchanged,
            Some(Action::Create) => &mut self.created,
            Some(Action::Adopt) => &mut self.adopted,
            Some(Action::Update) => &mut self.updated,
            Some(Action::Skip) => &mut self.skipped,
            Some(Action::Fail) => &mut self.failed,
        } += 1;
    }

    /// Records that were or would be written or linked.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.created + self.adopted + self.updated
    }
}

/// Sums of what was created, by currency.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Totals(pub BTreeMap<String, Decimal>);

impl Totals {
    /// No sums.
    pub const NONE: Self = Self(BTreeMap::new());

    /// Adds the value of a created document.
    pub fn add(&mut self, attributes: &Attributes) {
        if let (Some(currency), Some(Value::Number(value))) =
            (attributes.text("currency"), attributes.get("value"))
        {
            *self.0.entry(currency.to_owned()).or_default() += value;
        }
    }

    /// Adds the sums of others.
    pub fn add_all(&mut self, others: &Self) {
        for (currency, sum) in &others.0 {
            *self.0.entry(currency.clone()).or_default() += sum;
        }
    }
}

impl Serialize for Totals {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Total<'a> {
            currency: &'a str,
            created: String,
        }
        let totals = self.0.iter();
        let totals = totals.map(|(currency, sum)| Total {
            currency,
            created: sum.to_string(),
        });
        serializer.collect_seq(totals)
    }
}

/// Requests of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RequestCounts {
    /// The word of the source.
    pub program: &'static str,
    /// To the source.
    pub source: u64,
    /// To Caflou.
    pub caflou: u64,
    /// Of both, those that repeated an earlier one.
    pub retries: u64,
}

impl Serialize for RequestCounts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(self.program, &self.source)?;
        map.serialize_entry("caflou", &self.caflou)?;
        map.serialize_entry("retries", &self.retries)?;
        map.end()
    }
}
