//! One record on its way from a source to the planner.

use chrono::{DateTime, Utc};

use super::{Company, Document, Kind, Mark, SourceId};

/// Why the source no longer counts a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Void {
    /// Cancelled; it may come back.
    Cancelled,
    /// Deleted, or no longer to be found.
    Deleted,
    /// The personal data in it were erased: nothing is left to import. It happened all the same.
    Erased,
}

impl Void {
    /// For reasons: "cancelled in the shop".
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled in the shop",
            Self::Deleted => "deleted in the shop",
            Self::Erased => "erased in the shop",
        }
    }
}

/// What the source holds for the record now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// A customer or supplier.
    Company(Company),
    /// A sale or purchase.
    Document(Document),
    /// A record that does not count any more. Its amounts are worthless: a shop reports the price
    /// of a cancelled order as zero.
    Void {
        /// Why.
        why: Void,
        /// The source says that it was paid.
        paid: bool,
    },
}

/// A mapped record with all that planning needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// What it becomes.
    pub kind: Kind,
    /// Its key at the source.
    pub source_id: SourceId,
    /// What people know it by.
    pub label: String,
    /// What tells it from another record that is given the same key later, as a guid does; `None`:
    /// the source says nothing of the kind.
    pub origin: Option<String>,
    /// When it last changed at the source.
    pub changed_at: Option<DateTime<Utc>>,
    /// Our mark in Caflou.
    pub mark: Mark,
    /// The values.
    pub record: Record,
    /// What the user should hear about this record.
    pub warnings: Vec<String>,
}

impl Draft {
    /// All that the user should hear about this record.
    #[must_use]
    pub fn all_warnings(&self) -> Vec<String> {
        let mut warnings = self.warnings.clone();
        if let Record::Document(document) = &self.record
            && let Some(rest) = document.unexplained()
        {
            let currency = document.currency.as_str();
            warnings.push(format!(
                "the value is not net plus VAT, by {rest} {currency}: a voucher or a deposit?"
            ));
        }
        warnings
    }

    /// The customer or supplier at the source whose document it is.
    #[must_use]
    pub fn customer(&self) -> Option<&SourceId> {
        match &self.record {
            Record::Document(document) => document.company.as_ref(),
            Record::Company(_) | Record::Void { .. } => None,
        }
    }
}
