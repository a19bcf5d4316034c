//! The configuration as the rest of the program sees it: complete, checked, defaults filled in.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use chrono::NaiveDate;
use serde::{Serialize, Serializer};
use url::Url;

use super::tables::IMPORT;
use super::words::words;
use super::{Mapping, Notify, OrderStatus, Read, Values, near};
use crate::record::{Kind, Stream};
use crate::source::Definition;

/// A whole configuration file.
#[derive(Debug, Clone)]
pub struct Config {
    /// The file, as it was named to [`Config::load`].
    pub path: PathBuf,
    /// The state file, if the file names one; relative ones are already joined to the file's folder.
    pub state: Option<PathBuf>,
    /// Days for which past runs are kept in the state file: 1 to 36500.
    pub keep_runs: u32,
    /// Settings of sources that hold for connections which do not have their own.
    pub shared: BTreeMap<&'static str, Read>,
    /// In the order of the file, with different keys; at least one after [`Config::load`].
    pub connections: Vec<Connection>,
}

impl Config {
    /// The connection with exactly this key.
    #[must_use]
    pub fn connection(&self, key: &str) -> Option<&Connection> {
        self.connections
            .iter()
            .find(|connection| connection.key == key)
    }

    /// The key that a mistyped one was probably meant to be, for a "did you mean".
    #[must_use]
    pub fn nearest(&self, key: &str) -> Option<&str> {
        near::nearest(
            key,
            self.connections
                .iter()
                .map(|connection| connection.key.as_str()),
        )
    }
}

/// A named pair of one source and one Caflou account, with what is to be imported and how.
#[derive(Debug, Clone)]
pub struct Connection {
    /// The name of its table, used in commands and as the key of its import state: 1 to 64
    /// characters, no control characters.
    pub key: String,
    /// For people; the key where the file gives none.
    pub name: String,
    /// What the source is.
    pub program: &'static Definition,
    /// Whose records are imported, and the way to them.
    pub source: Values,
    /// The account that they go into, and the way to it.
    pub caflou: Values,
    /// What is imported, and when.
    pub import: Import,
    /// How records are translated.
    pub mapping: Mapping,
    /// Who is told how its runs ended: its own settings, and for the rest those of the file.
    pub notify: Notify,
}

impl Connection {
    /// Whose records are imported, as the source knows it.
    #[must_use]
    pub fn identity(&self) -> String {
        let identity = self.source.read_of(self.program.identity);
        identity.map(ToString::to_string).unwrap_or_default()
    }

    /// The account at Caflou: letters, digits, `-` and `_` only, so it can stand in an address as it
    /// is.
    #[must_use]
    pub fn account_id(&self) -> &str {
        self.caflou.get("account_id").unwrap_or_default()
    }

    /// The address of Caflou.
    #[must_use]
    pub fn caflou_url(&self) -> &str {
        self.caflou.get::<&Url>("api_url").map_or("", Url::as_str)
    }

    /// The ways into both services, each with the name of its table.
    #[must_use]
    pub fn sides(&self) -> [(&'static str, &Values); 2] {
        [(self.program.word, &self.source), ("caflou", &self.caflou)]
    }
}

/// What a connection imports, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// Customers and suppliers, as companies.
    pub companies: Mode,
    /// Sales, as incomes.
    pub incomes: Mode,
    /// Purchases, as expenses.
    pub expenses: Mode,
    /// Streams that have a mode of their own, by their words.
    pub streams: BTreeMap<&'static str, Mode>,
    /// Only documents of this day or later (days of the source's time zone).
    pub from: Option<NaiveDate>,
    /// Only documents of this day or earlier; never before `from`.
    pub to: Option<NaiveDate>,
    /// Only orders in these statuses are imported, the others wait; empty: all.
    pub order_statuses: Vec<OrderStatus>,
    /// Only customers who have an order in the interval become companies.
    pub companies_with_orders: bool,
    /// Whether the connection takes part in scheduled runs.
    pub auto_repeat: bool,
    /// A run that would change more records than this stops before its first write.
    pub max_changes: Option<u64>,
    /// The last day of the closed period: incomes with a day in it are not written.
    pub locked_until: Option<NaiveDate>,
    /// So many days after its day an unpaid income becomes inactive: 1 to 3650.
    pub unpaid_expires: Option<u16>,
}

impl Import {
    /// What is done with a kind of records.
    #[must_use]
    pub fn mode(&self, kind: Kind) -> Mode {
        match kind {
            Kind::Company => self.companies,
            Kind::Income => self.incomes,
            Kind::Expense => self.expenses,
        }
    }

    /// The same, to be changed.
    pub fn mode_mut(&mut self, kind: Kind) -> &mut Mode {
        match kind {
            Kind::Company => &mut self.companies,
            Kind::Income => &mut self.incomes,
            Kind::Expense => &mut self.expenses,
        }
    }

    /// What is done with the records of a stream.
    #[must_use]
    pub fn mode_of(&self, stream: &Stream) -> Mode {
        let own = self.streams.get(stream.word).copied();
        own.unwrap_or_else(|| self.mode(stream.kind))
    }

    /// What is imported at all of these.
    pub fn wanted<'s>(
        &self,
        streams: &'s [&'static Stream],
    ) -> impl Iterator<Item = &'static Stream> + use<'_, 's> {
        let streams = streams.iter().copied();
        streams.filter(|stream| self.mode_of(stream) != Mode::No)
    }

    /// As the table says, but for what is read apart.
    pub(super) fn of(values: &Values) -> Self {
        Self {
            companies: values.get("companies").unwrap_or_default(),
            incomes: values.get("incomes").unwrap_or_default(),
            expenses: values.get("expenses").unwrap_or_default(),
            streams: BTreeMap::new(),
            from: values.get("from"),
            to: values.get("to"),
            order_statuses: Vec::new(),
            companies_with_orders: values.get("companies_with_orders").unwrap_or_default(),
            auto_repeat: values.get("auto_repeat").unwrap_or_default(),
            max_changes: values.count("max_changes"),
            locked_until: values.get("locked_until"),
            unpaid_expires: values.count("unpaid_expires"),
        }
    }
}

impl Default for Import {
    fn default() -> Self {
        Self::of(&Values::usual(&IMPORT))
    }
}

words! {
    /// What is done with one kind of records. Displayed for people (`new and update`), serialised as
    /// in the file (`new-and-update`).
    Mode {
        /// Nothing is imported.
        No = "no",
        /// Records not imported yet are created; later changes are ignored.
        NewOnly = "new-only",
        /// Records not imported yet are created, imported ones updated.
        NewAndUpdate = "new-and-update",
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::No => "no",
            Self::NewOnly => "new only",
            Self::NewAndUpdate => "new and update",
        })
    }
}

impl Serialize for Mode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
