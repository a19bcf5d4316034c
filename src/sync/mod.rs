//! From drafts to plans to writes, exactly once.
//!
//! - [`plan`]: what to do with a record. Pure: values in, a [`Plan`] out; it has nothing to write
//!   with.
//! - [`engine`](Engine): one agenda (companies or incomes) of one run: takes what the source reads, asks
//!   Caflou what the plan needs to know, and hands the plan to a [`Sink`].
//! - The two sinks: [`Preview`] shows what would be done, [`Apply`] does it.
//! - [`Awaiting`]: incomes that wait for the company of their customer.
//! - [`scope`]: how much of the source has to be read.
//! - [`report`]: what is told, while it happens.

mod apply;
mod awaiting;
mod counts;
mod engine;
mod notes;
mod outcome;
pub mod plan;
mod preview;
pub mod report;
pub mod scope;
mod sink;
mod told;

pub use apply::Apply;
pub use awaiting::Awaiting;
pub use counts::{Counts, RequestCounts, Totals};
pub use engine::{Engine, EngineOptions, may_vanish};
pub use outcome::Done;
pub use plan::{Plan, Rules};
pub use preview::Preview;
pub use report::{Action, Event, Report, RunReport};
pub use sink::{Sink, Step};
