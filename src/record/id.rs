//! Identifiers: of a record at its source, of a record in Caflou, and our mark that ties the two.

use std::fmt;

use serde::Serialize;

use super::Attributes;

/// The kinds of record that are imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A customer or supplier that becomes a Caflou company.
    Company,
    /// A sale that becomes a Caflou transfer of kind `income`; given back, it is negative.
    Income,
    /// A purchase that becomes a Caflou transfer of kind `expense`; given back, it is negative.
    Expense,
}

impl Kind {
    /// All of them, in the order in which they are imported and shown.
    pub const ALL: [Self; 3] = [Self::Company, Self::Income, Self::Expense];

    /// The words for several of each.
    pub const PLURALS: [&'static str; Self::ALL.len()] = ["companies", "incomes", "expenses"];

    /// The word used in the state file and in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Company => "company",
            Self::Income => "income",
            Self::Expense => "expense",
        }
    }

    /// Whether a record of Caflou is of another kind: its transfers are incomes and expenses.
    #[must_use]
    pub fn is_not(self, attributes: &Attributes) -> bool {
        let kind = attributes.text("kind");
        self.is_document() && kind.is_some_and(|kind| kind != self.as_str())
    }

    /// Whether money moves with it.
    #[must_use]
    pub const fn is_document(self) -> bool {
        matches!(self, Self::Income | Self::Expense)
    }

    /// The word for several of them, as on the command line.
    #[must_use]
    pub const fn plural(self) -> &'static str {
        Self::PLURALS[self as usize]
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The identifier of a record at its source, unique within a connection and kind.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct SourceId(pub String);

impl SourceId {
    /// The text of it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The identifier of a record in Caflou: a positive whole number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct CaflouId(pub i64);

impl fmt::Display for CaflouId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Our mark inside a Caflou record: `<program>:<account at the source>:<source id>`.
///
/// Caflou has no idempotency key; a create whose answer was lost is found again by this text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Mark {
    program: &'static str,
    text: String,
}

impl Mark {
    /// The mark of one record of one account of a source program.
    #[must_use]
    pub fn new(program: &'static str, account: &str, id: &SourceId) -> Self {
        Self {
            program,
            text: format!("{program}:{account}:{id}"),
        }
    }

    /// Whether a text may be the account of a mark: `[A-Za-z0-9._-]+`.
    #[must_use]
    pub fn is_account(text: &str) -> bool {
        let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        !text.is_empty() && text.bytes().all(fits)
    }

    /// The mark as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The source program, the part before the first colon.
    #[must_use]
    pub fn program(&self) -> &'static str {
        self.program
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
