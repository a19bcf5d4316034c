//! A run for people and for programs.
//!
//! ```text
//! sync::report::Event ─► Human     ─► record ─► detail ─► line ─► terminal or pipe
//!                     │           └► summary, progress
//!                     └► JsonLines ─► pipe
//! ```
//!
//! Whatever comes from a service passes through `line::Line` on its way to people: there it loses
//! what could command a terminal, and there alone it gets its colours. A table does the same.

mod amount;
mod brief;
mod changes;
mod checks;
mod count;
mod detail;
mod duration;
mod flow;
mod heading;
mod history;
mod human;
mod json;
mod line;
mod progress;
mod prometheus;
mod record;
mod status;
mod story;
mod style;
mod summary;
mod table;
mod text;
mod time;

#[cfg(test)]
mod tests;

pub use amount::{grouped, money};
pub use brief::Brief;
pub use changes::changes;
pub use checks::checks;
pub use count::Count;
pub use flow::{lines, paragraph};
pub use history::{HistoryOptions, ShownRun, run as run_history, runs};
pub use human::{Human, HumanOptions};
pub use json::JsonLines;
pub use progress::Progress;
pub use prometheus::prometheus;
pub use status::{AccessEnd, Condition, LISTED, status, symptom_words};
pub use story::{RecordHistory, story};
pub use table::{ListRow, list, table};
pub use time::local;
