//! Who is told how a run ended, and by which way.
//!
//! ```text
//! run ─► Listener ─► rule ─► message ─► email, webhook, command      heartbeat
//! ```
//!
//! - [`Listener`] listens to a run and keeps what a message may need; its memory is bounded.
//! - [`rule`]: whether the run is told of. Pure.
//! - [`message`]: what is told, as text and as HTML. Pure.
//! - `email`, `webhook`, `command`: a file per channel. `heartbeat` gives signs of life.
//! - [`Notifier`]: the channels of a connection, side by side within [`LIMIT`].
//!
//! A channel that does not work is reported by its caller, and changes nothing about the run.

mod command;
mod email;
mod error;
mod heartbeat;
mod html;
mod memory;
pub mod message;
mod notice;
mod notifier;
pub mod rule;
mod webhook;

#[cfg(test)]
mod testing;

pub use error::{ChannelError, LIMIT};
pub use heartbeat::Heart;
pub use memory::{Listed, Listener, Memory};
pub use notifier::{Notifier, Outcome};
