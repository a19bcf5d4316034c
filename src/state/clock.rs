//! Time that nobody sets: how long ago a write left decides whether its absence proves anything.
//!
//! The wall clock may be wrong and may be put right at any time. What counts is a clock that only
//! goes forward, also while the machine sleeps. It begins anew with each start of the machine:
//! of a write from before, nothing is known but that it left before now, and the whole time is
//! waited for once more. So the wait becomes longer, never shorter, and has an end.

use std::fmt;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// The wall clock was set where the two clocks differ by more.
const JUMP: TimeDelta = TimeDelta::minutes(1);

/// A moment since the machine started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Uptime(pub Duration);

impl Uptime {
    /// So much later.
    #[must_use]
    pub fn after(self, time: Duration) -> Self {
        Self(self.0.saturating_add(time))
    }

    /// How long it is until a later moment; nothing where that is past.
    #[must_use]
    pub fn until(self, later: Self) -> Duration {
        later.0.saturating_sub(self.0)
    }
}

/// A write that left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// When, by the wall clock: for people only.
    pub at: DateTime<Utc>,
    /// The start of the machine, and when after it; `None`: noted by an older release.
    pub up: Option<(String, Uptime)>,
    /// How long it may be carried out still, by the time limit of its request.
    pub within: Duration,
}

impl Sent {
    /// The same, taken to have left so much later.
    #[must_use]
    pub fn later(self, by: Duration) -> Self {
        Self {
            at: self.at + by,
            up: self.up.map(|(boot, up)| (boot, up.after(by))),
            ..self
        }
    }

    /// Whether it leaves no later than that.
    #[must_use]
    pub fn is_by(&self, by: &Self) -> bool {
        match (&self.up, &by.up) {
            (Some((boot, up)), Some((of, by))) => boot == of && up <= by,
            _ => false,
        }
    }
}

/// The machine's clock, or one that tests drive.
#[derive(Clone)]
pub struct Clock {
    boot: Arc<str>,
    read: Arc<dyn Fn() -> Duration + Send + Sync>,
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock")
            .field("boot", &self.boot)
            .finish_non_exhaustive()
    }
}

impl Clock {
    /// The machine's.
    #[must_use]
    pub fn system() -> Self {
        static SYSTEM: LazyLock<Clock> = LazyLock::new(machine);
        SYSTEM.clone()
    }

    /// One that is read by this function, of a machine whose start has this name.
    pub fn driven(boot: &str, read: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self {
            boot: boot.into(),
            read: Arc::new(read),
        }
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Uptime {
        Uptime((self.read)())
    }

    /// A write that leaves now.
    #[must_use]
    pub fn leaving(&self, within: Duration) -> Sent {
        Sent {
            at: Utc::now(),
            up: Some((self.boot.to_string(), self.now())),
            within,
        }
    }

    /// Until when a write may be carried out still. `within` is the present time limit, which does
    /// not shorten that of the write; `seen` is when this run began, which is after it left.
    #[must_use]
    pub fn until(&self, sent: &Sent, within: Duration, seen: Uptime) -> Uptime {
        let left = match &sent.up {
            // A copied machine has the same start, and may go on from an earlier moment.
            Some((boot, up)) if **boot == *self.boot && *up <= self.now() => *up,
            _ => seen,
        };
        left.after(within.max(sent.within))
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn machine() -> Clock {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id");
    // A container may count from another moment.
    let of = std::fs::read_link("/proc/self/ns/time").unwrap_or_default();
    let boot = boot.map(|boot| format!("{} {}", boot.trim(), of.display()));
    Clock::driven(&boot.unwrap_or_else(|_| this_process()), || {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        let seconds = u64::try_from(now.tv_sec).unwrap_or_default();
        let nanos = u32::try_from(now.tv_nsec).unwrap_or_default();
        Duration::new(seconds, nanos)
    })
}

/// Elsewhere only the process itself counts.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn machine() -> Clock {
    let begin = std::time::Instant::now();
    Clock::driven(&this_process(), move || begin.elapsed())
}

fn this_process() -> String {
    format!("process {} {:016x}", std::process::id(), fastrand::u64(..))
}

/// Notices that the wall clock is set.
#[derive(Debug)]
pub struct Watch {
    clock: Clock,
    begun: (DateTime<Utc>, Uptime),
}

impl Watch {
    /// From now on.
    #[must_use]
    pub fn new(clock: Clock, wall: DateTime<Utc>) -> Self {
        let begun = (wall, clock.now());
        Self { clock, begun }
    }

    /// By how much the wall clock was set since, where that is worth a word.
    #[must_use]
    pub fn jump(&self, wall: DateTime<Utc>) -> Option<TimeDelta> {
        let (then, up) = self.begun;
        let passed = TimeDelta::from_std(up.until(self.clock.now())).ok()?;
        let jump = wall - then - passed;
        // Not every machine's clock counts sleep: then the wall clock only seems to be ahead.
        let told = if cfg!(target_os = "linux") {
            jump.abs()
        } else {
            -jump
        };
        (told > JUMP).then_some(jump)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    fn at(seconds: u64) -> Uptime {
        Uptime(Duration::from_secs(seconds))
    }

    /// A clock, and what drives it, in seconds.
    fn clock(boot: &str, now: u64) -> (Clock, Arc<AtomicU64>) {
        let time = Arc::new(AtomicU64::new(now));
        let read = Arc::clone(&time);
        let clock = Clock::driven(boot, move || {
            Duration::from_secs(read.load(Ordering::Relaxed))
        });
        (clock, time)
    }

    #[test]
    fn a_write_is_waited_for_by_the_clock_that_nobody_sets() {
        let limit = Duration::from_secs(30);
        let (clock, time) = clock("a", 100);
        let mut sent = clock.leaving(limit);
        time.store(110, Ordering::Relaxed);
        // whatever the wall clock says
        for year in [1970, 2026, 3000] {
            sent.at = format!("{year}-01-01T00:00:00Z").parse().unwrap();
            assert_eq!(clock.until(&sent, limit, at(110)), at(130));
        }
        let lowered = Duration::from_secs(1);
        assert_eq!(clock.until(&sent, lowered, at(110)), at(130));
        let raised = Duration::from_mins(1);
        assert_eq!(clock.until(&sent, raised, at(110)), at(160));
    }

    #[test]
    fn what_left_before_the_machine_started_is_waited_for_from_the_beginning_of_the_run() {
        let limit = Duration::from_secs(30);
        let (before, _) = clock("a", 9_000);
        let sent = before.leaving(limit);
        let unknown = Sent {
            up: None,
            ..sent.clone()
        };
        for (boot, now) in [("b", 20_000), ("a", 8_000)] {
            let (clock, _) = clock(boot, now);
            assert_eq!(clock.until(&sent, limit, at(7)), at(37), "{boot}");
            assert_eq!(clock.until(&unknown, limit, at(7)), at(37), "{boot}");
        }
    }

    #[test]
    fn the_machines_clock_goes_forward_and_knows_its_start() {
        let clock = Clock::system();
        let (sent, later) = (clock.leaving(Duration::ZERO), Clock::system().now());
        let (boot, up) = sent.up.clone().unwrap();
        assert!(up <= later && boot == Clock::system().leaving(Duration::ZERO).up.unwrap().0);
        let by = sent.clone().later(Duration::from_secs(9));
        assert!(clock.leaving(Duration::ZERO).is_by(&by) && !by.is_by(&sent));
    }

    #[test]
    fn a_clock_that_is_set_is_noticed_and_time_that_passes_is_not() {
        let (clock, time) = clock("a", 100);
        let wall: DateTime<Utc> = "2026-11-28T10:00:00Z".parse().unwrap();
        let watch = Watch::new(clock, wall);
        time.store(7_300, Ordering::Relaxed);
        let hours = |hours| wall + TimeDelta::hours(hours);
        assert_eq!(watch.jump(hours(2)), None);
        assert_eq!(watch.jump(hours(2) + TimeDelta::seconds(50)), None);
        assert_eq!(watch.jump(hours(1)), Some(TimeDelta::hours(-1)));
        if cfg!(target_os = "linux") {
            assert_eq!(watch.jump(hours(5)), Some(TimeDelta::hours(3)));
        }
    }
}
