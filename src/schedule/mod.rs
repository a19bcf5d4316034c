//! The timer for `run --scheduled`: systemd's or cron's.
//!
//! - `when`: at what times, in the words of both;
//! - `job`: what is started, and which files it needs;
//! - `units`: the text of systemd's units;
//! - `crontab`: editing the text of a crontab;
//! - `tools`: systemctl, crontab and id, called as programs;
//! - `install`: what makes a schedule and what takes it away, as steps;
//! - `step`: one step: shown, done, or told to be done by hand;
//! - `next`: when the next run starts.
//!
//! `units`, `crontab` and `when` are pure: text in, text out.

mod crontab;
mod install;
mod job;
mod next;
mod step;
mod tools;
mod units;
mod when;

pub use crontab::{CrontabError, block};
pub use install::{Cron, ScheduleError, Systemd};
pub use job::{JobError, Needs, TimerJob, path_text};
pub use next::Timer;
pub use step::{InstallStep, carry_out};
pub use tools::{ToolError, owner_of, systemd_runs, user};
pub use units::{UnitScope, Units};
pub use when::{When, WhenError};
