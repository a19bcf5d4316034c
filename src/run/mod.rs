//! One run of one connection: from what is wanted to how it ended.
//!
//! - `wanted`: what a run is asked for;
//! - `session`: the run: its lock, its two sides, its end; `alone` waits until it may write; `notified` also tells whom it may concern;
//! - `streams`: what is read, planned and shown or applied;
//! - `untold`: what a run that was cut off left to be looked at;
//! - `open`: from a connection of the configuration to clients of both services;
//! - `exit`: the exit codes.

mod alone;
mod exit;
mod notified;
mod open;
mod session;
mod streams;
mod untold;
mod wanted;

pub use exit::Exit;
pub(crate) use notified::run_and_tell;
pub(crate) use open::{Lanes, caflou, source};
pub(crate) use session::{Session, run_id};
pub(crate) use wanted::{Named, Only, Wanted};
