//! What is remembered between runs: one SQLite file, and beside it the lock of each connection.
//!
//! [`View`] only reads (a dry run has nothing else); [`Journal`] writes. The cache of tokens and of
//! what was learnt about the services is a room of its own: losing it costs a login, no more.

mod account;
mod belonging;
mod cache;
mod clock;
mod error;
mod files;
mod health;
mod history;
mod journal;
mod known;
mod links;
mod lock;
mod migrations;
mod nameless;
mod open;
mod outcomes;
mod pairs;
mod rebuild;
mod retention;
mod runs;
mod sums;
mod there;
mod tokens;
mod untold;
mod view;
mod withheld;

pub use account::{AccountLock, Left};
pub use belonging::{Belonging, HeldRecord};
pub use cache::{Cache, CachedToken, hex_digest};
pub use clock::{Clock, Sent, Uptime, Watch};
pub use error::StateError;
pub use health::{OpenCounts, OpenRecord};
pub use history::{PastChange, PastRun};
pub use journal::{Intent, Journal, Synced};
pub use known::{Cursor, Failure, Known, RecordState};
pub use links::Doubled;
pub use lock::{Lock, LockError};
pub use outcomes::Before;
pub use pairs::Pair;
pub use rebuild::set_aside;
pub use runs::{LastRun, RunStart};
pub use tokens::Tokens;
pub use view::View;
