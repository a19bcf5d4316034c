//! The add-on's backend: keeps the OAuth access tokens of shops that installed the add-on, and gives
//! the programs that are paired with a shop API access tokens, which live half an hour.
//!
//! ```text
//! Shoptet ─ GET /install?code=… ─► install ─► vault ─► store ─► letter ─► the shop's owner
//!         ─ POST /webhooks/addon ─► webhook ─────────────┤
//! program ─ POST /pair ─► pair ──────────────────────────┤
//!         ─ POST /token ─► token ─► Shoptet, where none is kept that is good
//! ```
//!
//! - [`Backend`]: what all of these share.
//! - `server`, `routes`, `answer`, `address`, `tls`: the HTTP around them.
//! - `places`, `share`, `queue`: connections, requests and installations of an address, that no one takes
//!   what all need.
//! - [`Vault`]: what is encrypted, and what only a hash is kept of.
//! - `database`: the tables; `store`: the thread that owns them.
//! - `metrics`: counts, for Prometheus.
//! - [`config`]: `addon.toml`; [`cli`]: a program for who runs it.
//!
//! It is a program of its own: another user, on another machine, with other secrets than the one for shop
//! owners. Of that one's library it uses the file reader, the http door, e-mail and pairing codes.
//!
//! An OAuth access token goes to Shoptet's OAuth server and nowhere else. Tokens, codes, secrets, e-mail
//! addresses and addresses of clients are in no log line.

mod address;
mod answer;
mod backend;
pub mod cli;
pub mod config;
mod database;
mod install;
mod letter;
mod metrics;
mod pair;
mod places;
mod queue;
mod routes;
mod server;
mod share;
mod store;
mod tls;
mod token;
mod vault;
mod webhook;

pub use backend::{Backend, StartError, mail_login, vault};
pub use database::{Database, DatabaseError, ListedShop, NewShop, Shop, Standing};
pub use install::CODE_LIFE;
pub use letter::{Contents, Language, post};
pub use server::{Listening, ServeError, serve};
pub use tls::TlsError;
pub use vault::{Kind, Vault, VaultError};
