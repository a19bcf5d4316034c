//! What is promised of crashes, faults and limits, tested at large. These tests print figures:
//!
//! ```text
//! cargo test --test it reliability -- --nocapture
//! ```
//!
//! `RELIABILITY_SEEDS=1000` lives more lives than the usual fifty, `RELIABILITY_FIRST=500` others
//! than the first of them, `RELIABILITY_SEED=17` one of them twenty times, with the history of those
//! that go wrong (`RELIABILITY_HISTORY=1` writes it of many lives, too); `RELIABILITY_FATE=4` gives
//! each of them the trouble of that place (a bit each) in `fate.rs`, and no other.

mod clock;
mod disk;
mod events;
mod fate;
mod figures;
mod history;
mod ledger;
mod life;
mod limits;
mod oracle;
mod run;
mod shim;
mod simulation;
mod steps;
mod trap;
mod trouble;
