//! What sources are made of.

mod cursor;

pub use cursor::{moment, moment_of};
