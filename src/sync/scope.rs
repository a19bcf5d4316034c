//! How much of the source has to be read. Pure.

use std::fmt::Write as _;

use chrono::{DateTime, TimeDelta, Utc};

use crate::config::{Import, Mapping, Mode};
use crate::record::Stream;
use crate::source::Scope;
use crate::state::{Cursor, hex_digest};

/// The clocks of the source and of this machine differ by less, or one of them is wrong.
const AHEAD: TimeDelta = TimeDelta::days(1);

/// A fingerprint of all settings that decide which records are imported with which values.
#[must_use]
pub fn fingerprint(import: &Import, mapping: &Mapping) -> String {
    let Import {
        companies,
        incomes,
        expenses,
        streams,
        from,
        to,
        order_statuses,
        companies_with_orders,
        auto_repeat: _,
        max_changes: _,
        locked_until,
        unpaid_expires,
    } = import;
    // Absent settings leave no line: the print of what does not use them stays as it was.
    let locked = locked_until.map(|day| format!("locked until={day}\n"));
    let expires = unpaid_expires.map(|days| format!("unpaid expires={days}\n"));
    let mut text = format!(
        "{}\n{}\n{from:?}\n{to:?}\n{}{}{}",
        companies.as_str(),
        incomes.as_str(),
        mapping.fingerprint_text(),
        locked.unwrap_or_default(),
        expires.unwrap_or_default(),
    );
    // What is not set leaves no trace: files of earlier releases are not compared anew.
    if *expenses != Mode::No {
        let _ = writeln!(text, "expenses {}", expenses.as_str());
    }
    for (stream, mode) in streams {
        let _ = writeln!(text, "stream {stream} {}", mode.as_str());
    }
    if !order_statuses.is_empty() {
        let _ = writeln!(text, "{order_statuses:?}");
    }
    if *companies_with_orders {
        text.push_str("companies with orders\n");
    }
    hex_digest(&text, 16)
}

/// What to read, and where it is everything for a reason the user did not give, that reason.
#[must_use]
pub fn scope(
    stream: &Stream,
    cursor: Option<&Cursor>,
    settings: &str,
    asked_full: bool,
    now: DateTime<Utc>,
) -> (Scope, Option<String>) {
    let Some(cursor) = cursor.filter(|_| !asked_full) else {
        return (Scope::Full, None);
    };
    if cursor.is_doubted() {
        let reason = "the state file was an older copy, and not all was compared since: everything \
                      is compared";
        return (Scope::Full, Some(reason.to_owned()));
    }
    if cursor.settings != settings {
        let reason = "interval, modes or mapping changed: everything is compared";
        return (Scope::Full, Some(reason.to_owned()));
    }
    let age = now - cursor.at;
    // A cursor that lies ahead would hide what changes until then.
    if -age > AHEAD {
        let reason = format!(
            "the last complete import lies {} days ahead by this machine's clock: everything is \
             compared",
            (-age).num_days()
        );
        return (Scope::Full, Some(reason));
    }
    // The last day of the log may be gone already.
    if let Some(log) = stream.log
        && age > days(log) - days(1)
    {
        let reason = format!(
            "the last complete import was {} days ago and the log of changes goes back {log}: \
             everything is compared",
            age.num_days()
        );
        return (Scope::Full, Some(reason));
    }
    let listed = now - cursor.listed_at;
    let whole_list = stream.whole_list.is_some_and(|most| listed >= days(most));
    let cursor = cursor.text.clone();
    (Scope::Since { cursor, whole_list }, None)
}

fn days(number: u16) -> TimeDelta {
    TimeDelta::days(number.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Kind;

    const STREAM: Stream = Stream {
        title: "Records",
        word: "records",
        kind: Kind::Income,
        one: "record",
        many: "records",
        bare_ids: true,
        updates: true,
        follows_open: false,
        log: Some(30),
        whole_list: Some(7),
    };

    fn at(day: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(day)
    }

    fn scope_after(days: i64, settings: &str, full: bool) -> String {
        let (at_, listed_at) = (at(100), at(96));
        let cursor = Cursor {
            text: "then".to_owned(),
            at: at_,
            listed_at,
            settings: "a".to_owned(),
        };
        let (scope, reason) = scope(&STREAM, Some(&cursor), settings, full, at(100 + days));
        let scope = match scope {
            Scope::Full => "full".to_owned(),
            Scope::Since { cursor, whole_list } => {
                format!("since {cursor}, whole list {whole_list}")
            }
            Scope::Only(_) => unreachable!(),
        };
        format!("{scope}: {}", reason.unwrap_or_default())
    }

    #[test]
    fn only_changes_are_read_unless_something_speaks_against_it() {
        assert_eq!(scope(&STREAM, None, "a", false, at(0)), (Scope::Full, None));
        assert_eq!(scope_after(1, "a", false), "since then, whole list false: ");
        assert_eq!(scope_after(3, "a", false), "since then, whole list true: ");
        assert_eq!(scope_after(29, "a", false), "since then, whole list true: ");
        assert_eq!(
            scope_after(30, "a", false),
            "full: the last complete import was 30 days ago and the log of changes goes back 30: \
             everything is compared"
        );
        assert_eq!(
            scope_after(1, "b", false),
            "full: interval, modes or mapping changed: everything is compared"
        );
        assert_eq!(scope_after(1, "a", true), "full: ");
        assert_eq!(
            scope_after(-2, "a", false),
            "full: the last complete import lies 2 days ahead by this machine's clock: everything \
             is compared"
        );
    }

    #[test]
    fn the_fingerprint_follows_interval_modes_and_mapping_and_not_the_repetition() {
        let import = Import::default();
        let print = |import: &Import| fingerprint(import, &Mapping::default());
        let same = Import {
            auto_repeat: !import.auto_repeat,
            ..import.clone()
        };
        assert_eq!(print(&import), print(&same));
        let later = Import {
            from: "2021-01-01".parse().ok(),
            ..import.clone()
        };
        assert_ne!(print(&import), print(&later));
        let locked = Import {
            locked_until: "2021-01-01".parse().ok(),
            ..import.clone()
        };
        let expiring = Import {
            unpaid_expires: Some(60),
            ..import.clone()
        };
        assert_ne!(print(&import), print(&locked));
        assert_ne!(print(&import), print(&expiring));
        let mapping = Mapping {
            category_id: Some(1),
            ..Mapping::default()
        };
        assert_ne!(print(&import), fingerprint(&import, &mapping));
    }
}
