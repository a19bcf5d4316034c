//! How fast a service may be asked, as its vendor says: data.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::Answer;

/// How fast a service may be asked.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Requests under way at once, at most.
    pub open: usize,
    /// That many for each collection (`/companies`, `/transfers`), not in all.
    pub by_collection: bool,
    /// The service is known to serve requests to one path side by side; else that has to show.
    pub side_by_side: bool,
    /// The most requests in a time; all of them hold.
    pub windows: &'static [Window],
    /// What an answer says about it, in the vendor's own headers and words.
    pub hear: fn(&Answer) -> Heard,
}

/// So many requests in so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The most of them.
    pub requests: usize,
    /// In any such time.
    pub within: Duration,
}

/// What an answer says about the pace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Heard {
    /// No other request is to leave for so long.
    pub wait: Option<Duration>,
    /// A request to this path was refused because another one to it was under way.
    pub single_file: bool,
}

impl Default for Pace {
    /// One request after another, as fast as they are answered.
    fn default() -> Self {
        Self::within(&[])
    }
}

impl Pace {
    /// One request after another, and no more of them than these windows hold.
    #[must_use]
    pub const fn within(windows: &'static [Window]) -> Self {
        Self {
            open: 1,
            by_collection: false,
            side_by_side: false,
            windows,
            hear: |_| Heard::default(),
        }
    }
}

/// When requests leave, so that no window holds more than it may.
#[derive(Debug)]
pub(super) struct Departures {
    windows: &'static [Window],
    /// The last ones, the future included; as many as the largest window counts.
    last: VecDeque<Instant>,
}

impl Departures {
    pub(super) fn new(windows: &'static [Window]) -> Self {
        Self {
            windows,
            last: VecDeque::new(),
        }
    }

    /// The earliest moment from `now` on at which one more may leave; it is taken.
    pub(super) fn next(&mut self, now: Instant) -> Instant {
        let mut at = self.last.back().map_or(now, |last| now.max(*last));
        for window in self.windows {
            // The one that has to be out of the window by then.
            let before = self.last.len().checked_sub(window.requests);
            if let Some(before) = before.and_then(|before| self.last.get(before)) {
                at = at.max(*before + window.within);
            }
        }
        let most = self.windows.iter().map(|window| window.requests).max();
        if let Some(most) = most {
            self.last.push_back(at);
            while self.last.len() > most {
                self.last.pop_front();
            }
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WINDOWS: [Window; 2] = [
        Window {
            requests: 3,
            within: Duration::from_secs(1),
        },
        Window {
            requests: 5,
            within: Duration::from_secs(10),
        },
    ];

    proptest! {
        #[test]
        fn no_window_ever_holds_more_than_it_may(waits in prop::collection::vec(0_u64..4000, 1..60)) {
            let mut departures = Departures::new(&WINDOWS);
            let (mut now, mut left) = (Instant::now(), Vec::new());
            for wait in waits {
                now += Duration::from_millis(wait);
                let at = departures.next(now);
                prop_assert!(at >= now);
                left.push(at);
            }
            for Window { requests, within } in WINDOWS {
                for some in left.windows(requests + 1) {
                    prop_assert!(some[requests] - some[0] >= within);
                }
            }
        }
    }

    #[test]
    fn without_a_window_nothing_waits_and_what_fits_leaves_at_once() {
        let now = Instant::now();
        let mut free = Departures::new(&[]);
        assert!((0..1000).all(|_| free.next(now) == now));
        let mut three = Departures::new(&WINDOWS[..1]);
        let left = [0; 4].map(|_| three.next(now) - now);
        assert_eq!(left, [0, 0, 0, 1].map(Duration::from_secs));
    }
}
