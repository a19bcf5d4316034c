//! One run of one connection: from what is wanted to how it ended.
//!
//! - `wanted`: what a run is asked for;
//! - `session`: the run: its lock, its two sides, its end; `alone` waits until it may write; `notified` also tells whom it may concern;
//! - `streams`: what is read, planned and shown or applied;
//! - `scopes`: what is read of each stream; `guards`: what stops a run before it writes what is hardly meant;
//! - `telling`: what a run says of itself;
//! - `untold`: what a run that was cut off left to be looked at;
//! - `open`: from a connection of the configuration to clients of both services;
//! - `exit`: the exit codes.

mod alone;
mod exit;
mod guards;
mod notified;
mod open;
mod scopes;
mod session;
mod streams;
mod telling;
mod untold;
mod wanted;

pub use exit::Exit;
pub(crate) use notified::run_and_tell;
pub(crate) use open::{Lanes, caflou, source};
pub(crate) use session::{Session, run_id};
pub(crate) use wanted::{NamedRecord, Only, Wanted};
