//! The sources there are: a line each.

use std::sync::OnceLock;

use super::{Definition, shoptet};
use crate::record::Kind;

/// Those of this program, in the order in which they are offered.
const SOURCES: &[&Definition] = &[&shoptet::DEFINITION];

/// What marks begin with: the words of all programs that this program or a later release of it brings
/// records from. A record with such a mark belongs to the connection that wrote it.
const WORDS: [&str; 9] = [
    "shoptet",
    "fakturoid",
    "idoklad",
    "flexi",
    "pohoda",
    "money-s3",
    "xero",
    "quickbooks",
    "zoho-books",
];

static ALL: OnceLock<Vec<&'static Definition>> = OnceLock::new();

/// Adds sources of another crate's, before anything else is asked of this program.
///
/// # Panics
/// Where it is too late for that.
pub fn extend(more: &[&'static Definition]) {
    let all = [SOURCES, more].concat();
    assert!(ALL.set(all).is_ok(), "the sources are in use already");
}

/// All of them.
#[must_use]
pub fn sources() -> &'static [&'static Definition] {
    ALL.get_or_init(|| SOURCES.to_vec())
}

/// What marks begin with.
#[must_use]
pub fn words() -> &'static [&'static str] {
    static ALL: OnceLock<Vec<&'static str>> = OnceLock::new();
    ALL.get_or_init(|| {
        let own = sources().iter().map(|source| source.word);
        let others = own.filter(|word| !WORDS.contains(word));
        WORDS.into_iter().chain(others).collect()
    })
}

/// The source of a word.
#[must_use]
pub fn source_of(word: &str) -> Option<&'static Definition> {
    sources().iter().find(|one| one.word == word).copied()
}

/// The name of a program by its word.
#[must_use]
pub fn name_of(word: &str) -> &str {
    source_of(word).map_or(word, |source| source.name)
}

/// What the records of any source become.
#[must_use]
pub fn kinds() -> Vec<Kind> {
    let has = |kind: &Kind| sources().iter().any(|source| source.kinds().contains(kind));
    Kind::ALL.into_iter().filter(has).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Need, Value, Way, shown};

    #[test]
    fn what_a_source_declares_can_be_asked_for_shown_and_written() {
        for source in sources() {
            let table = source.settings;
            assert!(table.field(source.identity).is_some(), "{}", source.word);
            for field in source.needed() {
                assert_ne!(field.ask, "", "{}.{}", source.word, field.key);
            }
            for key in table.ways.iter().flat_map(Way::all) {
                let field = table.field(key).unwrap();
                assert_eq!(field.need, Need::Must, "{}.{key}", source.word);
            }
            let mut keys: Vec<_> = table.all().map(|field| field.key).collect();
            keys.sort_unstable();
            assert!(keys.windows(2).all(|two| two[0] != two[1]), "{keys:?}");
            // all of it switched on is a table with each key
            let text = [shown(table, table.beside), shown(table, table.fields)].concat();
            let on: String = text
                .replace("\n#", "\n")
                .lines()
                .fold(String::new(), |on, line| {
                    let kept = if line.starts_with(' ') { "" } else { line };
                    on + kept + "\n"
                });
            let example: toml_edit::DocumentMut = on.parse().unwrap();
            for field in table.all() {
                let value = &example[field.key];
                let fits = match field.value {
                    Value::Secret => value.is_inline_table(),
                    Value::Whole(..) => value.is_integer(),
                    _ => value.is_str(),
                };
                assert!(fits, "{}.{}: {value}", source.word, field.key);
            }
        }
    }
}
