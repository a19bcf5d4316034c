//! `sources`: the programs that records come from, and what is asked of each.

use std::io::{self, Write};

use clap::Args;
use serde_json::{Value, json};

use super::connect::program;
use super::{Exit, Global};
use crate::config::{Field, Need, Value as Holds, shown};
use crate::output::paragraph;
use crate::source::Definition;
use crate::source::registry;

/// What `sources` is asked for.
#[derive(Debug, Args)]
pub(super) struct SourcesArgs {
    /// A program: its settings, and what is read of it
    #[arg(value_name = "PROGRAM", value_parser = program)]
    program: Option<&'static Definition>,
}

/// Lists the programs, or shows one.
pub(super) fn sources(global: &Global, args: &SourcesArgs) -> Exit {
    let mut out = io::stdout().lock();
    let listed = match &args.program {
        Some(program) => std::slice::from_ref(program),
        None => registry::sources(),
    };
    for source in listed {
        let text = match (global.json(), args.program) {
            (true, _) => object(source).to_string(),
            (false, None) => format!("{}  {}: {}", source.word, source.name, streams(source)),
            (false, Some(_)) => page(source),
        };
        let _ = writeln!(out, "{text}");
    }
    Exit::Done
}

/// What is read, and what that becomes.
fn streams(source: &Definition) -> String {
    let words = source
        .streams
        .iter()
        .map(|stream| format!("{} as {}", stream.many, stream.kind.plural()));
    words.collect::<Vec<_>>().join(", ")
}

fn page(source: &Definition) -> String {
    let (word, table) = (source.word, source.settings);
    let ways = table.ways.iter().map(|way| format!("  - {}\n", way.label));
    let ways: String = ways.collect();
    let intro = format!("{}: {}", source.name, streams(source));
    let ways = match ways.as_str() {
        "" => String::new(),
        ways => format!("The ways in, of which one is needed:\n{ways}\n"),
    };
    let docs = source.docs.trim();
    format!(
        "{}\n\n{docs}\n\n{ways}`caflou-sync connect --program {word}` \
         asks for what it needs. Or write into connections.toml:\n\n[connections.my-books]\n\
         program = \"{word}\"\n{}\n[connections.my-books.{word}]\n{}",
        paragraph(&intro, Global::width()),
        shown(table, table.beside),
        shown(table, table.fields).trim(),
    )
}

fn object(source: &Definition) -> Value {
    let setting = |field: &Field| {
        json!({
            "key": field.key,
            "secret": matches!(field.value, Holds::Secret),
            "needed": field.need == Need::Must && source.settings.way_of(field.key).is_none(),
            "usual": match field.need {
                Need::Usually(usual) => Some(usual),
                Need::Must | Need::May => None,
            },
            "help": field.help,
        })
    };
    let ways = source.settings.ways.iter();
    json!({
        "type": "source",
        "program": source.word,
        "name": source.name,
        "docs": source.docs,
        "streams": source.streams.iter().map(|stream| stream.word).collect::<Vec<_>>(),
        "settings": source.settings.all().map(setting).collect::<Vec<_>>(),
        "ways": ways.map(|way| way.all().collect::<Vec<_>>()).collect::<Vec<_>>(),
    })
}
