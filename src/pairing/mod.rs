//! What the add-on's backend and the programs that are paired with it have in common.
//!
//! - [`PairingCode`]: what the shop's owner gets by e-mail and types.

mod code;

pub use code::{PairingCode, PairingCodeError};
