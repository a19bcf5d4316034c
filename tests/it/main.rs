//! The program as its users have it, between stand-ins of both services.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may panic anywhere"
)]

#[path = "../../fuzz/src/lib.rs"]
mod checks;
#[path = "../../examples/sandbox/lib.rs"]
mod sandbox;
mod support;

mod anyjson;
mod auth;
mod badanswers;
mod badinput;
mod bulk;
mod dryrun;
mod failures;
mod guards;
mod incremental;
mod interval;
mod locking;
mod matching;
mod modes;
mod output;
mod reliability;
mod report;
mod secrets;
mod stopping;
mod storage;
mod updates;
mod void;
