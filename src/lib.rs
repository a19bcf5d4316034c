//! Brings the customers and orders of a Shoptet e-shop into Caflou as companies and incomes.
//!
//! Data walks one way, and each step is a room:
//!
//! ```text
//! config ─► source: read ─► map ─► sync: plan ─► apply ─► caflou
//!                  (bounded channel)     │          │
//!                                     output ◄── state
//! ```
//!
//! - [`config`]: `connections.toml`, with all its problems at once; changing it; where secrets are.
//! - [`record`]: what a source gives and Caflou takes: companies, incomes, exact values.
//! - [`source`]: the seam for sources; [`source::shoptet`] reads and maps.
//! - [`caflou`]: reading and writing Caflou, and finding what is there already.
//! - [`http`]: the one door for requests: repeating, pacing, counting.
//! - [`sync`]: from drafts to plans to writes, exactly once.
//! - [`state`]: what is remembered between runs, and the lock.
//! - [`access`]: the way into a service, with its secrets in hand.
//! - [`health`]: whether a connection is well, judged by the state.
//! - [`output`]: a run for people and for programs.
//! - [`notify`]: who is told how a run ended, and by which way.
//! - [`pairing`]: what a program and the backend that it is paired with agree upon.
//! - [`mail`]: sending e-mail.
//! - [`text`]: text from outside, made fit for terminals and logs.
//! - [`trouble`]: what is wrong with an answer, and what to do about it.
//! - [`shell`]: words of a command line.
//! - [`schedule`]: the timer for scheduled runs, systemd's or cron's.
//! - [`wizard`]: the pairing wizard: questions, and answers that are tried at once.
//! - [`run`]: one run of one connection, from what is wanted to how it ended.
//! - [`cli`]: a file per command.
//!
//! Two usual errands:
//!
//! - **An attribute of Caflou**: [`record::Company`] or [`record::Document`], `FIELDS` in
//!   `record/value.rs` (what is not there is not read back), each source's map
//!   (`source/shoptet/map/`), README's tables; of a person's name also `state/belonging.rs`.
//!   Companies are created, and updated only where a stream says so.
//! - **A source**: a folder under `source/` with a [`source::Definition`], and a line in
//!   [`source::registry`]. `tests/it/scratch/` is a small one, `tests/it/contract.rs` what each
//!   has to keep.

pub mod access;
pub mod caflou;
pub mod cli;
pub mod config;
pub mod health;
pub mod http;
pub mod mail;
pub mod notify;
pub mod output;
pub mod pairing;
pub mod record;
pub mod run;
pub mod schedule;
pub mod shell;
pub mod source;
pub mod state;
pub mod sync;
pub mod text;
pub mod trouble;
pub mod wizard;
