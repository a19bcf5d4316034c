//! Date-times as Shoptet writes them: `2018-05-29T09:02:27+0200`.

use chrono::{DateTime, Datelike, Days, LocalResult, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;

/// Reads a date-time with its offset, with or without a colon in it; `None` where it is none, or
/// lies outside the years 1990 to 2100.
#[must_use]
pub fn parse_time(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    let time = DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%z")
        .or_else(|_| DateTime::parse_from_rfc3339(text))
        .ok()?
        .with_timezone(&Utc);
    (1990..=2100).contains(&time.year()).then_some(time)
}

/// A moment for a query, in the shop's own offset.
pub(super) fn format_time(time: DateTime<Utc>, zone: Tz) -> String {
    time.with_timezone(&zone)
        .format("%Y-%m-%dT%H:%M:%S%z")
        .to_string()
}

/// The first moment of a day in a zone; where the clock jumps over midnight, the first there is.
pub(super) fn day_start(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    let midnight = day.and_time(NaiveTime::MIN);
    let found = (0..24).find_map(|hour| {
        match zone.from_local_datetime(&(midnight + chrono::TimeDelta::hours(hour))) {
            LocalResult::Single(time) | LocalResult::Ambiguous(time, _) => Some(time.to_utc()),
            LocalResult::None => None,
        }
    });
    found.unwrap_or_else(|| midnight.and_utc())
}

/// The last second of a day in a zone.
pub(super) fn day_end(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    let next = day.checked_add_days(Days::new(1)).unwrap_or(day);
    day_start(next, zone) - chrono::TimeDelta::seconds(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn days_end_where_the_next_begins_also_in_the_nights_the_clock_changes() {
        let zone = chrono_tz::Europe::Prague;
        let shown = |time| format_time(time, zone);
        assert_eq!(
            shown(day_start(day("2026-03-29"), zone)),
            "2026-03-29T00:00:00+0100"
        );
        assert_eq!(
            shown(day_end(day("2026-03-29"), zone)),
            "2026-03-29T23:59:59+0200"
        );
        assert_eq!(
            shown(day_start(day("2026-10-25"), zone)),
            "2026-10-25T00:00:00+0200"
        );
        assert_eq!(
            shown(day_end(day("2026-10-25"), zone)),
            "2026-10-25T23:59:59+0100"
        );
        // Midnight does not exist on this day in Beirut.
        let beirut = chrono_tz::Asia::Beirut;
        assert_eq!(
            format_time(day_start(day("2024-03-31"), beirut), beirut),
            "2024-03-31T01:00:00+0300"
        );
    }

    #[test]
    fn times_need_an_offset_and_a_possible_year() {
        assert!(parse_time("2018-05-29T09:02:27+0200").is_some());
        assert_eq!(
            parse_time("2018-05-29T09:02:27+02:00"),
            parse_time("2018-05-29T07:02:27Z")
        );
        for text in [
            "2018-05-29T09:02:27",
            "2018-05-29",
            "9999-01-01T00:00:00+0000",
            "",
            "x",
        ] {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }
}
