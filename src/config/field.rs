//! The value of one setting, read from a file or as it is typed.

use std::path::Path;

use secrecy::ExposeSecret;

use super::reader::{Entry, Findings, Section};
use super::schema::{Field, Value};
use super::secret::{self, Secret};
use super::value;
use super::values::Read;

impl Field {
    /// A value as it is typed, without quotes.
    #[must_use]
    pub fn parse(&self, text: &str) -> Option<Read> {
        match self.value {
            Value::Url => value::safe_url(text).ok().map(Read::Url),
            Value::Whole(least, most) => {
                let number = text
                    .parse()
                    .ok()
                    .filter(|number| (least..=most).contains(number));
                number.map(Read::Whole)
            }
            Value::Choice(words) => words.contains(&text).then(|| Read::Text(text.to_owned())),
            Value::Day => value::parse_day(text).map(Read::Day),
            Value::Time => value::parse_duration(text).map(Read::Time),
            Value::Yes => text.parse().ok().map(Read::Yes),
            Value::Path => Some(Read::Path(text.into())),
            _ => Some(Read::Text(text.to_owned())),
        }
    }
}

/// The value of a field; nothing where a problem was noted, or its owner reads it.
pub(super) fn read(field: &Field, entry: &Entry<'_>, found: &mut Findings) -> Option<Read> {
    let checked = |found: &mut Findings, text: &str| match field.check.map(|check| check(text)) {
        Some(Err(message)) => entry.wrong(found, message),
        Some(Ok(())) | None => Some(()),
    };
    Some(match field.value {
        Value::Id if entry.item.is_integer() => Read::Text(entry.item.as_integer()?.to_string()),
        Value::Text | Value::Id => {
            let text = entry.text(found)?.trim();
            checked(found, text)?;
            Read::Text(text.to_owned())
        }
        Value::Url => {
            let url = value::url(entry, found)?;
            checked(found, url.as_str())?;
            Read::Url(url)
        }
        Value::Secret => {
            let secret = secret::read(entry, found)?;
            if let Secret::Plain(text) = &secret {
                checked(found, text.expose_secret())?;
            }
            Read::Secret(secret)
        }
        Value::Path => {
            let path = entry.text(found)?;
            Read::Path(found.folder.join(path))
        }
        Value::Whole(least, most) => Read::Whole(entry.integer(found, least..=most)?),
        Value::Choice(words) => {
            let former = field.former.iter();
            let mut former = former.filter(|(old, _)| entry.item.as_str() == Some(old));
            let word = former.next().map(|(_, word)| *word);
            let words = words.iter().map(|word| (*word, *word)).collect::<Vec<_>>();
            let word = word.or_else(|| value::choice(entry, found, &words))?;
            Read::Text(word.to_owned())
        }
        Value::Day => Read::Day(value::date(entry, found)?),
        Value::Time => Read::Time(value::duration(entry, found)?),
        Value::Yes => Read::Yes(entry.boolean(found)?),
        Value::Words => Read::Words(entry.texts(found)?),
        Value::Table(_) | Value::Own | Value::OwnText | Value::Open => return None,
    })
}

/// A value that stands alone, as it would be read from a file in this folder.
pub(super) fn alone(
    field: &Field,
    value: &toml_edit::Value,
    folder: &Path,
) -> Result<Option<Read>, String> {
    let text = format!("{} = {value}", field.key);
    let document = toml_edit::Document::parse(text.as_str());
    let document = document.map_err(|error| error.message().to_owned())?;
    let mut found = Findings::new(&text, folder);
    let entry = Section::root(document.as_table()).entry(&found, field.key);
    let read = entry.and_then(|entry| read(field, &entry, &mut found));
    match found.problems.first() {
        Some(problem) => Err(problem.advice()),
        None => Ok(read),
    }
}
