//! The program as its users have it, between stand-ins of both services.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may panic anywhere"
)]

#[path = "../../examples/sandbox/lib.rs"]
mod sandbox;
mod support;

mod auth;
mod dryrun;
mod forget;
mod history;
mod incremental;
mod interval;
mod matching;
mod modes;
mod output;
mod reliability;
mod report;
mod scheduled;
mod status;
mod updates;
mod void;
