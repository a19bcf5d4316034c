//! The sources there are: a line each.

use super::{Definition, shoptet};

/// All of them, in the order in which they are offered.
pub const SOURCES: &[&Definition] = &[&shoptet::DEFINITION];
