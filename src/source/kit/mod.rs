//! What sources are made of.
//!
//! - `session`: a JSON service whose token runs out;
//! - `row`: one record of JSON; `listed`: lists of rows, in each scope;
//! - `cursor`: cursors that are moments.

mod cursor;
mod listed;
pub mod row;
mod session;

pub use cursor::{moment, moment_of};
pub use listed::{Listed, Mapped, probe, read};
pub use session::{Got, Session, SessionOptions, SignIn, read_token};
