//! The sandbox's own clock: the system's or a fixed one, moved forward on demand.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// What both services take for the present time.
#[derive(Debug, Default)]
pub struct Clock {
    state: Mutex<State>,
}

#[derive(Debug, Default, Clone, Copy)]
struct State {
    fixed: Option<DateTime<Utc>>,
    ahead: TimeDelta,
}

impl Clock {
    /// A clock that stands still at `fixed`, or follows the system's.
    pub fn new(fixed: Option<DateTime<Utc>>) -> Self {
        Self {
            state: Mutex::new(State {
                fixed,
                ahead: TimeDelta::zero(),
            }),
        }
    }

    /// The present time.
    pub fn now(&self) -> DateTime<Utc> {
        let state = *self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.fixed.unwrap_or_else(Utc::now) + state.ahead
    }

    /// Moves the present time forward.
    pub fn advance(&self, by: Duration) {
        let by = TimeDelta::from_std(by).unwrap_or(TimeDelta::MAX);
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .ahead += by;
    }

    /// Stops the clock at another time, or lets it follow the system's; what it was moved by stays.
    pub fn fix(&self, fixed: Option<DateTime<Utc>>) {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .fixed = fixed;
    }
}

/// A time as HTTP headers write it.
pub fn http_date(time: DateTime<Utc>) -> String {
    time.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
