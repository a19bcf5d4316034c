//! The sources there are: a line each.

use super::{Definition, shoptet};
use crate::record::Kind;

/// All of them, in the order in which they are offered.
pub const SOURCES: &[&Definition] = &[&shoptet::DEFINITION];

/// The name of a program by its word.
#[must_use]
pub fn name_of(word: &str) -> &str {
    let mut sources = SOURCES.iter();
    let found = sources.find(|source| source.word == word);
    found.map_or(word, |source| source.name)
}

/// What the records of any source become.
#[must_use]
pub fn kinds() -> Vec<Kind> {
    let has = |kind: &Kind| SOURCES.iter().any(|source| source.kinds().contains(kind));
    Kind::ALL.into_iter().filter(has).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Need, Value, Way, shown};

    #[test]
    fn what_a_source_declares_can_be_asked_for_shown_and_written() {
        for source in SOURCES {
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
