//! Which part of a connection is asked for: streams, and single records of them.

use super::Trouble;
use crate::config::{Config, Connection, Mode, nearest};
use crate::record::{Kind, SourceId, Stream};
use crate::run::{NamedRecord, Only};
use crate::source::registry::{kinds, sources};

/// The streams that `--order` and `--customer` are short names for.
pub(super) const OF_ORDER: &str = "orders";
pub(super) const OF_CUSTOMER: &str = "customers";

/// The streams of all programs, each word once.
fn streams() -> Vec<&'static str> {
    let mut words: Vec<&'static str> = Vec::new();
    for stream in sources().iter().flat_map(|source| source.streams) {
        if !words.contains(&stream.word) {
            words.push(stream.word);
        }
    }
    words
}

/// What `--only` takes.
pub(super) fn words() -> Vec<&'static str> {
    let kinds = kinds().into_iter().map(Kind::plural);
    kinds.chain(streams()).collect()
}

/// Kinds and streams have no word in common.
pub(super) fn only(word: &str) -> Only {
    let kind = Kind::ALL.into_iter().find(|kind| kind.plural() == word);
    kind.map_or_else(|| Only::Stream(word.to_owned()), Only::Kind)
}

/// A record by its stream and its key there, which may have slashes in it.
pub(super) fn record(text: &str) -> Result<NamedRecord, String> {
    let words = streams();
    let Some((stream, id)) = text.split_once('/') else {
        return Err(format!(
            "a record is written STREAM/ID; the streams are {}",
            words.join(", ")
        ));
    };
    let (stream, id) = (stream.trim(), id.trim());
    if !words.contains(&stream) {
        let meant = nearest(stream, words.iter().copied());
        let meant = meant.map(|meant| format!("; did you mean {meant}?"));
        return Err(format!(
            "there is no stream {stream:?}{}; there are {}",
            meant.unwrap_or_default(),
            words.join(", ")
        ));
    }
    // An empty filter could mean all of them.
    if id.is_empty() {
        return Err(format!("which of the {stream}? Write {stream}/ID"));
    }
    Ok(NamedRecord {
        stream: stream.to_owned(),
        id: id.to_owned(),
    })
}

/// A record of a stream that has a flag of its own.
pub(super) fn short(stream: &str, id: &str) -> NamedRecord {
    NamedRecord {
        stream: stream.to_owned(),
        id: id.trim().to_owned(),
    }
}

/// The streams of a connection; of all programs where the configuration does not know it any more.
pub(super) fn streams_of(config: &Config, key: &str) -> Vec<&'static Stream> {
    let all = || sources().iter().flat_map(|source| source.streams).copied();
    config.connection(key).map_or_else(
        || all().collect(),
        |connection| connection.program.streams.to_vec(),
    )
}

/// As what the state knows a record.
pub(super) fn key(
    named: &NamedRecord,
    there: &[&'static Stream],
    connection: &str,
) -> Result<(Kind, SourceId), String> {
    let stream = of(there, &named.stream, connection)?;
    Ok((stream.kind, stream.key(&named.id)))
}

/// Makes sure that all that was named can be read.
pub(super) fn check(
    only: Option<&Only>,
    records: &[NamedRecord],
    connections: &[&Connection],
) -> Result<(), Trouble> {
    for connection in connections {
        let key = &connection.key;
        let there = connection.program.streams;
        if let Some(Only::Stream(word)) = only {
            of(there, word, key)
                .map_err(|said| Trouble::usage(format!("--only {word}: {said}")))?;
        }
        for NamedRecord { stream: word, id } in records {
            let named = format!("{word}/{id}");
            let stream = of(there, word, key);
            let stream = stream.map_err(|said| Trouble::usage(format!("{named}: {said}")))?;
            if only.is_some_and(|only| !only.covers(stream)) {
                let kind = stream.kind.plural();
                return Err(Trouble::usage(format!(
                    "{named} is about {kind}: leave --only out"
                )));
            }
            let import = &connection.import;
            if import.mode_of(stream) == Mode::No {
                let own = import.streams.contains_key(stream.word);
                let (what, setting) = match stream.kind.plural() {
                    _ if own => (stream.many, format!("streams.{}", stream.word)),
                    kind => (kind, kind.to_owned()),
                };
                return Err(Trouble::usage(format!(
                    "{named}: `{key}` imports no {what} (import.{setting} = \"no\")"
                )));
            }
        }
    }
    Ok(())
}

/// A stream among those that a source has.
fn of(there: &[&'static Stream], word: &str, connection: &str) -> Result<&'static Stream, String> {
    let found = there.iter().find(|stream| stream.word == word);
    found.copied().ok_or_else(|| {
        let words: Vec<_> = there.iter().map(|stream| stream.word).collect();
        let words = words.join(", ");
        format!("`{connection}` has no stream {word}; it has {words}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_its_stream_and_all_that_follows() {
        let read = |text| record(text).map(|named| (named.stream, named.id));
        let named = |stream: &str, id: &str| Ok((stream.to_owned(), id.to_owned()));
        assert_eq!(read("orders/2024000123"), named("orders", "2024000123"));
        assert_eq!(read("customers/ a/b "), named("customers", "a/b"));
        let said = [read("2024000123"), read("ordrs/1"), read("orders/ ")];
        insta::assert_snapshot!(said.map(Result::unwrap_err).join("\n"), @r#"
        a record is written STREAM/ID; the streams are customers, orders
        there is no stream "ordrs"; did you mean orders?; there are customers, orders
        which of the orders? Write orders/ID
        "#);
    }

    #[test]
    fn a_word_is_a_kind_or_a_stream() {
        assert_eq!(words()[..2], ["companies", "incomes"]);
        assert!(words().contains(&OF_ORDER));
        for word in words() {
            let is_kind = matches!(only(word), Only::Kind(_));
            assert_eq!(is_kind, Kind::PLURALS.contains(&word), "{word}");
        }
    }

    #[test]
    fn a_stream_of_another_program_is_not_there() {
        let there = sources()[0].streams;
        assert_eq!(of(there, "orders", "shop").unwrap().word, "orders");
        insta::assert_snapshot!(of(there, "invoices", "shop").unwrap_err(), @"`shop` has no stream invoices; it has customers, orders");
    }
}
