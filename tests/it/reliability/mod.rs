//! What is promised of crashes, faults and limits, tested at large. These tests print figures:
//!
//! ```text
//! cargo test --test it reliability -- --nocapture
//! ```
//!
//! `RELIABILITY_SEEDS=1000` lives more lives than the usual hundred, `RELIABILITY_SEED=17` one of
//! them twenty times.

mod figures;
mod life;
mod limits;
mod oracle;
mod simulation;
mod steps;
mod trap;
