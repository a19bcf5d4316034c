//! Moments for people: in the time zone of this machine, and how long ago.

use std::time::Duration;

use chrono::{DateTime, Local, TimeDelta, Utc};

use super::count::Count;
use super::duration::span;

/// A moment in the time zone of this machine, to the minute.
#[must_use]
pub fn local(time: DateTime<Utc>) -> String {
    time.with_timezone(&Local)
        .format("%Y-%m-%d %H:%M")
        .to_string()
}

/// How long ago, or how soon: `just now`, `12 min ago`, `3 h ago`, `in 5 days`.
#[must_use]
pub(super) fn distance(time: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let away = if time > now { time - now } else { now - time };
    let long = if away < TimeDelta::minutes(1) {
        return "just now".to_owned();
    } else if away < TimeDelta::hours(1) {
        format!("{} min", away.num_minutes())
    } else if away < TimeDelta::hours(48) {
        format!("{} h", away.num_hours())
    } else {
        Count(away.num_days().unsigned_abs(), "day").to_string()
    };
    if time > now {
        format!("in {long}")
    } else {
        format!("{long} ago")
    }
}

/// How long something took, `–` where its end is not known.
#[must_use]
pub(super) fn took(from: DateTime<Utc>, to: Option<DateTime<Utc>>) -> String {
    let took = to.map(|to| (to - from).to_std().unwrap_or(Duration::ZERO));
    took.map_or_else(|| "–".to_owned(), span)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distance_has_one_unit_and_a_direction() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(1000);
        for (seconds, shown) in [
            (0, "just now"),
            (-59, "just now"),
            (-60, "1 min ago"),
            (-3599, "59 min ago"),
            (-3600, "1 h ago"),
            (-47 * 3600, "47 h ago"),
            (-48 * 3600, "2 days ago"),
            (59, "just now"),
            (90, "in 1 min"),
            (14 * 86_400, "in 14 days"),
        ] {
            let time = now + TimeDelta::seconds(seconds);
            assert_eq!(distance(time, now), shown, "{seconds}");
        }
    }
}
