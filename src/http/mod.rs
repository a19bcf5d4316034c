//! The one door for requests: sending, repeating, pacing, counting, redaction.
//!
//! Neither service's client talks to the network in another way.

mod answer;
mod clients;
mod door;
mod download;
mod error;
mod lane;
mod pace;
mod policy;
mod stop;
#[cfg(test)]
pub(crate) mod testing;

pub use answer::Answer;
pub use clients::Clients;
pub use door::{Call, Door, DoorOptions, Requests};
pub use download::{Download, Downloads, is_local, is_loopback};
pub use error::innermost;
pub use error::{HttpError, Refusal};
pub use lane::{Lane, LaneOptions};
pub use pace::{Heard, Pace, Window};
pub use policy::{Policy, Repeat, retry_after};
pub use stop::{Stop, Stopper};
