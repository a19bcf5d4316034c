//! When the next scheduled run starts, as far as the timer is one that `install` made.

use std::collections::BTreeSet;
use std::path::Path;

use chrono::{DateTime, Local, NaiveTime, TimeDelta, TimeZone, Utc};

use super::crontab::quoted_for_cron;
use super::units::argument;
use super::{Cron, Systemd, path_text};

/// The timer that starts the scheduled runs of a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Timer {
    /// `install` made none here, or it is switched off; there may be one of the user's own.
    #[default]
    None,
    /// One is at work; its next start, where it tells it.
    At(Option<DateTime<Utc>>),
}

impl Timer {
    /// Asks systemd and cron. Reads only; what they refuse to tell is not known.
    #[must_use]
    pub fn of(config: &Path, now: DateTime<Utc>) -> Self {
        let path = std::path::absolute(config).unwrap_or_else(|_| config.to_owned());
        let Ok(config) = path_text(&path) else {
            return Self::None;
        };
        let lines = Cron::lines().unwrap_or_default();
        let mut all = vec![by_crontab(
            &lines,
            &quoted_for_cron(&config),
            &now.with_timezone(&Local),
        )];
        let units = [Systemd::of_user(), Some(Systemd::of_computer())];
        let units = units.into_iter().flatten();
        all.extend(units.map(|systemd| systemd.at_work(&argument(&config))));
        if all.iter().all(|timer| *timer == Self::None) {
            return Self::None;
        }
        let next = all.into_iter().filter_map(Self::next);
        Self::At(next.filter(|at| *at > now).min())
    }

    /// The next start, where it is known.
    #[must_use]
    pub fn next(self) -> Option<DateTime<Utc>> {
        match self {
            Self::At(next) => next,
            Self::None => None,
        }
    }
}

/// The next start by those lines of a crontab that name the configuration.
fn by_crontab<Z: TimeZone>(lines: &str, config: &str, now: &DateTime<Z>) -> Timer {
    let named = format!(" --config {config} ");
    let ours: Vec<_> = lines.lines().filter(|line| line.contains(&named)).collect();
    if ours.is_empty() {
        return Timer::None;
    }
    let times: Option<Vec<_>> = ours.into_iter().map(times).collect();
    let times = times.map(|all| all.into_iter().flatten().collect());
    Timer::At(times.and_then(|times| next_time(&times, now)))
}

/// The times of the day at which a line of a crontab starts; `None`: not on every day.
fn times(line: &str) -> Option<Vec<NaiveTime>> {
    let fields: Vec<_> = line.split_whitespace().take(5).collect();
    let [minutes, hours, "*", "*", "*"] = *fields else {
        return None;
    };
    let (minutes, hours) = (numbers(minutes, 60)?, numbers(hours, 24)?);
    let hour = |hour: u32| {
        minutes
            .iter()
            .map(move |minute| NaiveTime::from_hms_opt(hour, *minute, 0))
    };
    hours.into_iter().flat_map(hour).collect()
}

/// `*`, `*/6` or `15` of so many.
fn numbers(field: &str, below: u32) -> Option<Vec<u32>> {
    if let Some(step) = field.strip_prefix("*/") {
        let step = step.parse().ok().filter(|step| *step > 0)?;
        return Some((0..below).step_by(step).collect());
    }
    match field {
        "*" => Some((0..below).collect()),
        number => Some(vec![number.parse().ok()?]),
    }
}

/// The next of these times of the day. Two days on, each of them came: clocks are put forward once.
fn next_time<Z: TimeZone>(times: &BTreeSet<NaiveTime>, now: &DateTime<Z>) -> Option<DateTime<Utc>> {
    let days = (0..3).map(|days| now.date_naive() + TimeDelta::days(days));
    let moments = days.flat_map(|day| times.iter().map(move |time| day.and_time(*time)));
    let moments =
        moments.filter_map(|moment| now.timezone().from_local_datetime(&moment).earliest());
    let mut later = moments.filter(|moment| moment > now);
    later.next().map(|moment| moment.to_utc())
}

#[cfg(test)]
mod tests {
    use chrono_tz::Europe::Prague;

    use super::*;

    #[test]
    fn a_crontabs_next_start_is_by_the_clock_on_the_wall() {
        // fields, now, next; both in Prague
        let table = [
            ("15 3 * * *", "2026-11-24 03:14", "2026-11-24 03:15"),
            ("15 3 * * *", "2026-11-24 03:15", "2026-11-25 03:15"),
            ("15 */6 * * *", "2026-11-24 12:30", "2026-11-24 18:15"),
            ("15 * * * *", "2026-11-24 23:16", "2026-11-25 00:15"),
            ("*/30 * * * *", "2026-11-24 12:30", "2026-11-24 13:00"),
            // the night in which 02:30 does not exist
            ("30 2 * * *", "2026-03-28 12:00", "2026-03-30 02:30"),
            ("15 3 * * *", "2026-03-28 12:00", "2026-03-29 03:15"),
        ];
        for (fields, now, next) in table {
            let at = |text: &str| {
                let naive = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M");
                Prague.from_local_datetime(&naive.unwrap()).unwrap()
            };
            let line =
                format!("{fields} X=1 caflou-sync --quiet --config /c.toml run --scheduled\n");
            let found = by_crontab(&line, "/c.toml", &at(now));
            assert_eq!(
                found,
                Timer::At(Some(at(next).to_utc())),
                "{fields} after {now}"
            );
        }
    }

    #[test]
    fn other_configurations_and_other_days_are_not_guessed_at() {
        let now = Prague.with_ymd_and_hms(2026, 11, 24, 12, 0, 0).unwrap();
        let next = |lines: &str| by_crontab(lines, "/c.toml", &now);
        assert_eq!(next(""), Timer::None);
        assert_eq!(
            next("15 3 * * * caflou-sync --config /other.toml run\n"),
            Timer::None
        );
        for fields in [
            "15 3 * * 1",
            "15 3-5 * * *",
            "61 3 * * *",
            "*/0 * * * *",
            "@daily",
        ] {
            let line = format!("{fields} caflou-sync --config /c.toml run\n");
            assert_eq!(next(&line), Timer::At(None), "{fields}");
        }
        let two = "15 15 * * * x --config /c.toml run\n5 13 * * * x --config /c.toml run\n";
        let expected = Prague.with_ymd_and_hms(2026, 11, 24, 13, 5, 0).unwrap();
        assert_eq!(next(two), Timer::At(Some(expected.to_utc())));
    }
}
