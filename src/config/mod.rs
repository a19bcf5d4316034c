//! `connections.toml`: what the user wrote down, checked before anything is contacted.
//!
//! [`Config::load`] reads the file and answers with a whole, valid [`Config`] or with every problem of
//! the file at once, each with its line. Secrets are only located here; [`Secret::resolve`] fetches one
//! when it is needed. [`config_path`], [`state_path`] and [`cache_dir`] say where the files are.
//!
//! - `model`, `mapping`, `template`, `secret`: the types; a [`Vault`] keeps secrets outside the file;
//! - `schema`: settings as data; `tables`: those that are the same whatever the source;
//! - `load`, `connection`: from the tables of the file to those types, with the help of `values` (a
//!   table by its fields), `ways` (exactly one way in), `reader` (one table, one value), `value` (texts
//!   with a format), `words` (of which one is chosen) and `near` (near misses);
//! - `edit`: changing the file, with everything else left as it is; `setting`: its settings by their
//!   dotted keys;
//! - `notify`: who is told how runs ended;
//! - `problem`: what is wrong with a file, for people;
//! - [`reading`]: with what other programs read their own files of settings;
//! - `places`: where the files are.

mod by_method;
mod connection;
mod edit;
mod example;
mod field;
mod load;
mod mapping;
mod model;
mod near;
mod notify;
mod places;
mod problem;
mod reader;
mod schema;
mod secret;
mod setting;
mod tables;
mod template;
mod value;
mod values;
mod ways;
mod words;

#[cfg(test)]
mod tests;

pub use by_method::{ByMethod, OrderStatus};
pub use connection::LONGEST_KEY;
pub use edit::{EditError, Editor, Reference, dotted};
pub use example::shown;
pub use mapping::{ExpectedDays, Mapping, PaymentDate};
pub use model::{Config, Connection, Import, Mode};
pub use near::nearest;
pub use notify::{Email, Heartbeat, MailServer, Notify, On, Security, Shape, Webhook, address};
pub use places::{cache_dir, config_path, state_path};
pub use problem::{ConfigError, Problem};
pub use schema::{Field, Need, Table, Value, Way};
pub use secret::{
    KeepError, Kept, KeyringError, Place, Secret, SecretError, Vault, end_commands, without_secrets,
};
pub use setting::{Assignment, Setting};
pub use template::{NameTemplate, TemplateError};
pub use value::{parse_day, parse_duration, safe_url};
pub use values::{Missing, Of, Read, Values};
pub(crate) use words::words;

/// With what the file of another program is read, in the same words and with the same care: the
/// add-on's backend has one.
pub mod reading {
    pub use super::load::read_file;
    pub use super::notify::{MAIL_SERVER, mail_server};
    pub use super::reader::{Entry, Findings, Section};
    pub use super::schema::keys;
    pub use super::secret::read as secret;
    pub use super::value::url;
}
