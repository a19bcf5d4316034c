//! The pairing wizard: from questions to a connection that works.
//!
//! Each answer is tried at once against the real services; one that does not hold is asked for
//! again. Nothing is saved here: what comes out are [`Answers`], and [`settings`] says what of them
//! is to be written.
//!
//! - `asker`: who is asked; `terminal`: a person at a terminal;
//! - `given`: answers given beforehand, on the command line;
//! - `flow`: the questions in their order, with `naming`, `source`, `account`, `options` and
//!   `statuses` for the parts, `fields` for the settings of both sides, `ways` for the ways into a
//!   source, and `secret` for secrets; `desk` is what a source's own setup sees of it;
//! - `services`: what both services say to an answer; `trouble`: that in sentences;
//! - `doubles`: whether somebody else brings the orders to Caflou, too;
//! - `answers`: what the questions brought; `render`: that as values of the configuration.

mod account;
mod answers;
mod asker;
mod desk;
mod doubles;
mod fields;
mod flow;
mod given;
mod naming;
mod options;
mod render;
mod secret;
mod services;
mod source;
mod statuses;
mod terminal;
pub mod trouble;
mod ways;

pub use answers::{Answers, trimmed};
pub use asker::{Asker, Ended, Says};
pub use doubles::Doubles;
pub use flow::{Connected, Wizard};
pub use given::Given;
pub use naming::key_of;
pub use render::{Setting, settings};
pub use services::Services;
pub use terminal::Terminal;
pub use trouble::{Class, Trouble};
