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
#[cfg(unix)]
mod terminal;

mod addon;
mod anyjson;
mod auth;
mod badanswers;
mod badinput;
mod budget;
mod bulk;
mod check;
mod clocks;
mod closed;
mod compared;
mod connect;
mod contract;
mod day;
mod dryrun;
mod earlier;
mod edit;
mod failures;
mod field;
mod forget;
mod gone;
mod guards;
mod hanging;
mod history;
mod house;
mod incremental;
mod installation;
mod interval;
mod keyring;
mod link;
mod lists;
mod locking;
mod logs;
mod mail;
mod matching;
mod max_tokens;
mod meaning;
mod merged;
mod modes;
mod nonotes;
mod notify;
mod output;
mod packaging;
mod paired;
mod pairs;
mod receiver;
#[cfg(unix)]
mod reliability;
mod remove;
mod report;
mod restored;
mod schedule;
mod scheduled;
mod scratch;
mod secrets;
mod status;
mod statuses;
mod stopping;
mod storage;
mod untold;
mod updates;
mod void;
mod wizard;
