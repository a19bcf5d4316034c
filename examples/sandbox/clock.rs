//! The sandbox's own clock: the system's or a fixed one, moved forward on demand. Each service has
//! one that follows it and may be wrong.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// What both services take for the present time.
#[derive(Debug, Default)]
pub struct Clock {
    state: Mutex<State>,
    /// The right one, where this one follows another.
    right: Option<Arc<Clock>>,
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
            right: None,
        }
    }

    /// A clock that follows another.
    pub fn following(right: &Arc<Self>) -> Self {
        Self {
            right: Some(Arc::clone(right)),
            ..Self::default()
        }
    }

    /// Is wrong by so much from now on.
    pub fn skew(&self, by: TimeDelta) {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .ahead = by;
    }

    /// The present time.
    pub fn now(&self) -> DateTime<Utc> {
        let state = *self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let right = self.right.as_ref().map(|right| right.now());
        state.fixed.or(right).unwrap_or_else(Utc::now) + state.ahead
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
