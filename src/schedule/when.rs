//! At what times a scheduled run starts, in the words of systemd, cron and people.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use chrono::{NaiveTime, Timelike};
use thiserror::Error;

use crate::config::parse_duration;

/// After the hour in which clocks are put forward and back in Europe, before the working day.
const USUAL: (u32, u32) = (3, 15);
/// The minute of the hour of runs every few hours: not the full hour, at which everybody asks.
const MINUTE: u32 = 15;

/// When scheduled runs start, in the computer's own time; at least one a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct When(Rhythm);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Rhythm {
    /// Every day at these times (hour, minute); never empty.
    At(BTreeSet<(u32, u32)>),
    /// A divisor of 24, less than 24.
    Hours(u64),
    /// A divisor of 60, less than 60.
    Minutes(u64),
}

/// Times that cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WhenError {
    /// No time of a day.
    #[error("a time of the day is needed, such as 03:15")]
    NoTime,
    /// No duration.
    #[error("a number of minutes or hours is needed, such as 30m or 6h")]
    NoDuration,
    /// Longer than a day.
    #[error("at least one run a day is needed: 24h at most")]
    TooLong,
    /// Its runs would not be at the same times each day, or too close together.
    #[error(
        "take 5m, 10m, 15m, 20m, 30m, 1h, 2h, 3h, 4h, 6h, 8h, 12h or 24h: a day divides into these"
    )]
    Uneven,
}

impl Default for When {
    fn default() -> Self {
        Self(Rhythm::At(BTreeSet::from([USUAL])))
    }
}

impl When {
    /// Every day at each of these times.
    #[must_use]
    pub fn at(times: &[NaiveTime]) -> Self {
        if times.is_empty() {
            return Self::default();
        }
        let pairs = times.iter().map(|time| (time.hour(), time.minute()));
        Self(Rhythm::At(pairs.collect()))
    }

    /// A time of the day, such as `03:15`.
    pub fn time(text: &str) -> Result<NaiveTime, WhenError> {
        NaiveTime::parse_from_str(text.trim(), "%H:%M").map_err(|_| WhenError::NoTime)
    }

    /// Every so often, such as `30m` or `6h`.
    pub fn every(text: &str) -> Result<Self, WhenError> {
        let interval = parse_duration(text.trim()).ok_or(WhenError::NoDuration)?;
        if interval > Duration::from_hours(24) {
            return Err(WhenError::TooLong);
        }
        let (minutes, rest) = (interval.as_secs() / 60, interval.as_millis() % 60_000);
        match minutes {
            _ if rest > 0 => Err(WhenError::Uneven),
            5 | 10 | 15 | 20 | 30 => Ok(Self(Rhythm::Minutes(minutes))),
            60 | 120 | 180 | 240 | 360 | 480 | 720 => Ok(Self(Rhythm::Hours(minutes / 60))),
            1440 => Ok(Self::default()),
            _ => Err(WhenError::Uneven),
        }
    }

    /// The values of `OnCalendar=` (systemd.time(7)).
    #[must_use]
    pub fn calendar(&self) -> Vec<String> {
        match &self.0 {
            Rhythm::At(times) => {
                let line = |(hour, minute): &(u32, u32)| format!("*-*-* {hour:02}:{minute:02}:00");
                times.iter().map(line).collect()
            }
            Rhythm::Hours(1) => vec![format!("*-*-* *:{MINUTE}:00")],
            Rhythm::Hours(hours) => vec![format!("*-*-* 00/{hours}:{MINUTE}:00")],
            Rhythm::Minutes(minutes) => vec![format!("*-*-* *:00/{minutes}:00")],
        }
    }

    /// The five fields of crontab(5), one line for each time.
    #[must_use]
    pub fn fields(&self) -> Vec<String> {
        match &self.0 {
            Rhythm::At(times) => {
                let line = |(hour, minute): &(u32, u32)| format!("{minute} {hour} * * *");
                times.iter().map(line).collect()
            }
            Rhythm::Hours(1) => vec![format!("{MINUTE} * * * *")],
            Rhythm::Hours(hours) => vec![format!("{MINUTE} */{hours} * * *")],
            Rhythm::Minutes(minutes) => vec![format!("*/{minutes} * * * *")],
        }
    }

    /// How far a start may be put off, so that not all computers ask at the same moment: seconds.
    #[must_use]
    pub fn spread(&self) -> u64 {
        match &self.0 {
            Rhythm::At(_) | Rhythm::Hours(_) => 600,
            Rhythm::Minutes(_) => 60,
        }
    }
}

/// For people: `every day at 03:15`.
impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Rhythm::At(times) => {
                let text = |(hour, minute): &(u32, u32)| format!("{hour:02}:{minute:02}");
                let times: Vec<_> = times.iter().map(text).collect();
                write!(f, "every day at {}", times.join(", "))
            }
            Rhythm::Hours(1) => f.write_str("every hour"),
            Rhythm::Hours(hours) => write!(f, "every {hours} hours"),
            Rhythm::Minutes(minutes) => write!(f, "every {minutes} minutes"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_those_that_divide_a_day() {
        // people, systemd, cron, seconds of spread
        let table = [
            ("5m", "every 5 minutes|*-*-* *:00/5:00|*/5 * * * *|60"),
            ("30m", "every 30 minutes|*-*-* *:00/30:00|*/30 * * * *|60"),
            ("60m", "every hour|*-*-* *:15:00|15 * * * *|600"),
            ("6h", "every 6 hours|*-*-* 00/6:15:00|15 */6 * * *|600"),
            ("24h", "every day at 03:15|*-*-* 03:15:00|15 3 * * *|600"),
        ];
        for (text, expected) in table {
            let when = When::every(text).unwrap();
            let (calendar, fields) = (when.calendar().join(","), when.fields().join(","));
            assert_eq!(
                format!("{when}|{calendar}|{fields}|{}", when.spread()),
                expected
            );
        }
        let refused = [
            ("0m", WhenError::Uneven),
            ("4m", WhenError::Uneven),
            ("7m", WhenError::Uneven),
            ("90m", WhenError::Uneven),
            ("5h", WhenError::Uneven),
            ("330s", WhenError::Uneven),
            ("25h", WhenError::TooLong),
            ("48h", WhenError::TooLong),
            ("6", WhenError::NoDuration),
            ("", WhenError::NoDuration),
        ];
        for (text, error) in refused {
            assert_eq!(When::every(text), Err(error), "{text}");
        }
    }

    #[test]
    fn times_of_the_day_are_sorted_and_come_once() {
        let times = ["15:05", "3:15", "03:15"].map(|text| When::time(text).unwrap());
        let when = When::at(&times);
        assert_eq!(when.to_string(), "every day at 03:15, 15:05");
        assert_eq!(when.calendar(), ["*-*-* 03:15:00", "*-*-* 15:05:00"]);
        assert_eq!(when.fields(), ["15 3 * * *", "5 15 * * *"]);
        assert_eq!(When::at(&[]), When::default());
        for wrong in ["24:00", "3", "03:15:00", "3.15", ""] {
            assert_eq!(When::time(wrong), Err(WhenError::NoTime), "{wrong}");
        }
    }
}
