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
mod incremental;
mod interval;
mod logs;
mod matching;
mod modes;
mod output;
mod packaging;
mod reliability;
mod report;
mod schedule;
mod updates;
mod void;
