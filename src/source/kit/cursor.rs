//! Cursors that are moments of a source's clock.

use chrono::{DateTime, SecondsFormat, Utc};

use crate::source::{Account, SourceError};

/// Up to when an account was read, as a cursor.
#[must_use]
pub fn moment_of(account: &Account) -> String {
    account.read_to().to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The moment of a cursor.
///
/// # Errors
/// When it is none.
pub fn moment(cursor: &str) -> Result<DateTime<Utc>, SourceError> {
    let moment = DateTime::parse_from_rfc3339(cursor);
    let moment = moment.map_err(|_| SourceError::Cursor(cursor.to_owned()))?;
    Ok(moment.to_utc())
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn account(now: DateTime<Utc>) -> Account {
        Account {
            id: "1".to_owned(),
            name: String::new(),
            zone: chrono_tz::Europe::Prague,
            now,
            has_clock: true,
        }
    }

    #[test]
    fn a_cursor_is_the_second_in_which_the_reading_began() {
        let now = "2021-12-01T11:00:00.9Z".parse().unwrap();
        let cursor = moment_of(&account(now));
        assert_eq!(cursor, "2021-12-01T11:00:00Z");
        assert_eq!(
            moment(&cursor).unwrap(),
            "2021-12-01T11:00:00Z".parse::<DateTime<Utc>>().unwrap()
        );
        assert!(moment("").is_err() && moment("17").is_err());
    }

    #[test]
    fn no_cursor_lies_far_ahead_of_this_machines_clock() {
        let ahead = Utc::now() + TimeDelta::days(30);
        let cursor = moment(&moment_of(&account(ahead))).unwrap();
        assert!(cursor <= Utc::now() + TimeDelta::minutes(1), "{cursor}");
    }
}
