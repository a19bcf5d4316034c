//! The configuration as the rest of the program sees it: complete, checked, defaults filled in.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use chrono::NaiveDate;
use serde::{Serialize, Serializer};
use url::Url;

use crate::record::Kind;
use crate::source::{Definition, shoptet};

use super::{Mapping, Notify, OrderStatus, Secret, near};

/// A whole configuration file.
#[derive(Debug, Clone)]
pub struct Config {
    /// The file, as it was named to [`Config::load`].
    pub path: PathBuf,
    /// The state file, if the file names one; relative ones are already joined to the file's folder.
    pub state: Option<PathBuf>,
    /// Days for which past runs are kept in the state file: 1 to 36500.
    pub keep_runs: u32,
    /// The add-on's backend of connections that name none: the file's own, else one that was built in.
    pub addon_url: Option<Url>,
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
    pub program: Program,
    /// Number of the e-shop; positive.
    pub eshop_id: u64,
    /// The way into the e-shop.
    pub shoptet: Shoptet,
    /// The way into the Caflou account.
    pub caflou: Caflou,
    /// What is imported, and when.
    pub import: Import,
    /// How records are translated.
    pub mapping: Mapping,
    /// Who is told how its runs ended: its own settings, and for the rest those of the file.
    pub notify: Notify,
}

impl Connection {
    /// The secret by which one of the two sides is asked: `shoptet` or `caflou`, as in the file.
    #[must_use]
    pub fn secret_of(&self, side: &str) -> Option<&Secret> {
        match (side, &self.shoptet.access, &self.caflou.access) {
            (
                "shoptet",
                ShoptetAccess::PrivateToken(secret)
                | ShoptetAccess::OauthToken { token: secret, .. }
                | ShoptetAccess::Pairing { secret, .. },
                _,
            )
            | (
                "caflou",
                _,
                CaflouAccess::Token(secret)
                | CaflouAccess::Login {
                    password: secret, ..
                },
            ) => Some(secret),
            _ => None,
        }
    }
}

/// What a source is. Displayed with its name for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Program {
    /// A Shoptet e-shop.
    Shoptet,
}

impl Program {
    /// Every program, in the order in which they are offered.
    pub const ALL: [Self; 1] = [Self::Shoptet];

    /// What that source is.
    #[must_use]
    pub const fn definition(self) -> &'static Definition {
        match self {
            Self::Shoptet => &shoptet::DEFINITION,
        }
    }

    /// The word in the file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.definition().word
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.definition().name)
    }
}

/// The way into a Shoptet e-shop.
#[derive(Debug, Clone)]
pub struct Shoptet {
    /// Who asks.
    pub access: ShoptetAccess,
    /// Base of the API's addresses: `https`, or `http` on a loopback host; no query, no credentials.
    /// Its path is as written, with or without a `/` at the end.
    pub api_url: Url,
    /// When customers are asked for all at once.
    pub bulk: Bulk,
    /// Where the shop may tell that a job is done, if a webhook has to be registered for that;
    /// checked like [`Shoptet::api_url`].
    pub webhook_url: Option<Url>,
}

/// When a shop is asked for a file of many records instead of one record after another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Bulk {
    /// Where so many records are to be read that it saves time and requests.
    #[default]
    Auto,
    /// Never.
    Never,
    /// Whenever a whole list has a record that was not read yet.
    Always,
}

impl Bulk {
    /// Every answer, the usual one first.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Never, Self::Always];

    /// The word in the file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Never => "never",
            Self::Always => "always",
        }
    }
}

/// Who asks a Shoptet e-shop.
#[derive(Debug, Clone)]
pub enum ShoptetAccess {
    /// The private token of a Premium shop, valid until it is revoked.
    PrivateToken(Secret),
    /// The OAuth access token of an add-on, exchanged for short-lived tokens.
    OauthToken {
        /// The OAuth access token.
        token: Secret,
        /// Where it is exchanged; checked like [`Shoptet::api_url`].
        token_url: Url,
    },
    /// A pairing with an add-on's backend, exchanged there for short-lived tokens.
    Pairing {
        /// The pairing secret.
        secret: Secret,
        /// The backend; checked like [`Shoptet::api_url`].
        addon_url: Url,
    },
}

/// The way into a Caflou account.
#[derive(Debug, Clone)]
pub struct Caflou {
    /// The account: letters, digits, `-` and `_` only, so it can stand in an address as it is.
    pub account_id: String,
    /// Who asks.
    pub access: CaflouAccess,
    /// Base of the API's addresses, checked like [`Shoptet::api_url`].
    pub api_url: Url,
    /// Requests under way at one time: 1 to 16.
    pub max_concurrency: usize,
    /// How long one request may take: 100 ms to 10 minutes.
    pub timeout: Duration,
}

/// Who asks Caflou.
#[derive(Debug, Clone)]
pub enum CaflouAccess {
    /// A token made in the application.
    Token(Secret),
    /// A user's login, exchanged for a token.
    Login {
        /// The user's e-mail address.
        email: String,
        /// The user's password.
        password: Secret,
    },
}

/// What a connection imports, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// Customers of the shop, as companies.
    pub companies: Mode,
    /// Orders of the shop, as incomes.
    pub incomes: Mode,
    /// Only orders created on this day or later (days of the e-shop's time zone).
    pub from: Option<NaiveDate>,
    /// Only orders created on this day or earlier; never before `from`.
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
        }
    }
}

impl Default for Import {
    fn default() -> Self {
        Self {
            companies: Mode::NewOnly,
            incomes: Mode::NewAndUpdate,
            from: None,
            to: None,
            order_statuses: Vec::new(),
            companies_with_orders: false,
            auto_repeat: false,
            max_changes: None,
            locked_until: None,
            unpaid_expires: None,
        }
    }
}

/// What is done with one kind of records. Displayed for people (`new and update`), serialised as in
/// the file (`new-and-update`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Nothing is imported.
    No,
    /// Records not imported yet are created; later changes are ignored.
    NewOnly,
    /// Records not imported yet are created, imported ones updated.
    NewAndUpdate,
}

impl Mode {
    /// Every mode, from the least to the most that is written.
    pub const ALL: [Self; 3] = [Self::No, Self::NewOnly, Self::NewAndUpdate];

    /// The word in the file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::NewOnly => "new-only",
            Self::NewAndUpdate => "new-and-update",
        }
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
