//! Texts with a format: words to choose from, addresses, durations, days.

use std::time::Duration;

use chrono::{Datelike, NaiveDate};
use toml_edit::Value;
use url::Url;

use super::near;
use super::reader::{Entry, Findings};
use crate::http::is_loopback;

const SHORTEST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_mins(10);

/// One of a few words.
pub(super) fn choice<T: Copy>(
    entry: &Entry<'_>,
    found: &mut Findings,
    words: &[(&'static str, T)],
) -> Option<T> {
    let quoted: Vec<_> = words.iter().map(|(word, _)| format!("{word:?}")).collect();
    let expected = match quoted.as_slice() {
        [only] => only.clone(),
        all => format!("one of {}", all.join(", ")),
    };
    let Some(text) = entry.item.as_str() else {
        return entry.expected(found, &expected);
    };
    if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
        return Some(*value);
    }
    let meant = near::nearest(text, words.iter().map(|(word, _)| *word));
    let message = format!("{text:?} is not {expected}");
    found.suggest(entry.line, &entry.path, message, meant);
    None
}

/// An address that requests with secrets may be sent to, without a query.
pub fn url(entry: &Entry<'_>, found: &mut Findings) -> Option<Url> {
    let url = match safe_url(entry.text(found)?) {
        Ok(url) => url,
        Err(message) => return entry.wrong(found, message),
    };
    if url.query().is_some() || url.fragment().is_some() {
        return entry.wrong(
            found,
            "no query (after \"?\" or \"#\") may be in this address",
        );
    }
    Some(url)
}

/// An address that requests with secrets may be sent to, or why it is none. The text itself is
/// never repeated: a password may be in it.
///
/// # Errors
/// What is wrong with it, as a part of a sentence.
pub fn safe_url(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text.trim())
        .map_err(|_| "not an address such as \"https://api.example.com\"")?;
    if !url.has_host() {
        return Err("an address with a host is needed");
    }
    if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback(&url)) {
        return Err("only https:// is safe; http:// is for loopback addresses");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("no user name or password may be in an address");
    }
    Ok(url)
}

/// A number with its unit, in the range of a request's time limit.
pub(super) fn duration(entry: &Entry<'_>, found: &mut Findings) -> Option<Duration> {
    let expected = "a duration such as \"30s\", \"500ms\" or \"2m\"";
    let Some(text) = entry.item.as_str() else {
        return entry.expected(found, expected);
    };
    let Some(duration) = parse_duration(text.trim()) else {
        return entry.wrong(found, format!("{text:?} is not {expected}"));
    };
    if !(SHORTEST..=LONGEST).contains(&duration) {
        return entry.wrong(found, format!("{text:?} is not between 100ms and 10m"));
    }
    Some(duration)
}

/// A number and its unit: `500ms`, `30s`, `2m`, `6h`.
#[must_use]
pub fn parse_duration(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let number: u64 = number.parse().ok()?;
    match unit.trim_start() {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs),
        "h" => number.checked_mul(3600).map(Duration::from_secs),
        _ => None,
    }
}

/// A day as people type it: `2026-01-31`, or `31.1.2026` as Czechs and Slovaks write it.
#[must_use]
pub fn parse_day(text: &str) -> Option<NaiveDate> {
    let text: String = text.split_whitespace().collect();
    let format = if text.contains('.') {
        "%d.%m.%Y"
    } else {
        "%Y-%m-%d"
    };
    // a year of two digits would be one of the first century
    let day = NaiveDate::parse_from_str(&text, format).ok();
    day.filter(|day| (1000..=9999).contains(&day.year()))
}

/// A day, with or without quotes.
pub(super) fn date(entry: &Entry<'_>, found: &mut Findings) -> Option<NaiveDate> {
    let expected = "a day such as 2021-01-31";
    let text = match entry.item.as_value() {
        Some(Value::String(text)) => text.value().trim().to_owned(),
        Some(Value::Datetime(value)) => value.value().to_string(),
        _ => return entry.expected(found, expected),
    };
    let (day, time) = text.split_at_checked(10).unwrap_or((text.as_str(), ""));
    match NaiveDate::parse_from_str(day, "%Y-%m-%d") {
        // chrono would take a day or month of one digit as well
        Ok(date) if time.is_empty() && day.len() == 10 => Some(date),
        Ok(_) if time.starts_with(['T', 't', ' ']) => entry.wrong(
            found,
            format!("expected {expected}, found a time of day as well"),
        ),
        _ => entry.wrong(found, format!("{text:?} is not {expected}")),
    }
}
