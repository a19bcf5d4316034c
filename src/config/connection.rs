//! Reading one connection: each table of it in one function.

use std::collections::BTreeMap;

use super::reader::{Entry, Findings, Section};
use super::schema::keys;
use super::tables::{BY_METHOD, CONNECTION, DAYS, IMPORT, MAPPING};
use super::template::TemplateError;
use super::{
    ByMethod, Connection, ExpectedDays, Import, Mapping, Mode, NameTemplate, Notify, OrderStatus,
    Table, Values, notify, value,
};
use crate::source::Definition;
use crate::source::registry::sources;

/// The longest key of a connection, in characters.
pub const LONGEST_KEY: usize = 64;

/// The connection of a table under `connections`; nothing where a problem was noted.
pub(super) fn read(entry: &Entry<'_>, found: &mut Findings) -> Option<Connection> {
    let key = check_key(entry, found);
    let section = entry.open(found)?;
    let program = section.entry(found, "program");
    let words: Vec<_> = sources().iter().map(|one| (one.word, *one)).collect();
    let program = program.and_then(|entry| value::choice(&entry, found, &words));
    // of a source that is not named right, what is there tells
    let there = |one: &&&Definition| section.entry(found, one.word).is_some();
    let likely = program.or(sources().iter().find(there).copied());
    let section = section.check(found, &known(likely));
    section.required(found, "program");
    let name = section.or(found, "name", entry.key, Entry::text);
    let source = likely.and_then(|source| read_source(&section, found, source));
    let caflou = section.required(found, "caflou");
    let caflou = caflou.and_then(|entry| read_table(&entry, found, &crate::caflou::SETTINGS));
    let import = section.or(found, "import", Import::default(), |entry, found| {
        read_import(entry, found, likely)
    });
    let mapping = section.or(found, "mapping", Mapping::default(), read_mapping);
    let notify = section.or(found, "notify", Notify::default(), notify::read);
    Some(Connection {
        key: key?.to_owned(),
        name: name?.trim().to_owned(),
        program: program?,
        source: source?,
        caflou: caflou?,
        import: import?,
        mapping: mapping?,
        notify: notify?,
    })
}

/// The keys of a connection of a source, or of any.
fn known(source: Option<&Definition>) -> Vec<&'static str> {
    let [name, program, rest @ ..] = CONNECTION.fields else {
        return Vec::new();
    };
    let mut known = vec![name.key, program.key];
    for one in sources()
        .iter()
        .filter(|one| source.is_none_or(|source| source.word == one.word))
    {
        known.extend(keys(one.settings.beside));
        known.push(one.word);
    }
    known.extend(keys(rest));
    known
}

fn check_key<'d>(entry: &Entry<'d>, found: &mut Findings) -> Option<&'d str> {
    let key = entry.key;
    if key.trim().is_empty() {
        entry.wrong(found, "the name of a connection cannot be empty")
    } else if key.contains(char::is_control) {
        entry.wrong(
            found,
            "the name of a connection cannot have control characters",
        )
    } else if key.chars().count() > LONGEST_KEY {
        entry.wrong(
            found,
            format!("the name of a connection has at most {LONGEST_KEY} characters"),
        )
    } else {
        Some(key)
    }
}

fn read_source(section: &Section<'_>, found: &mut Findings, source: &Definition) -> Option<Values> {
    let mut beside = Values::none(source.settings);
    beside.take(section, found, source.settings.beside);
    let entry = section.required(found, source.word)?;
    let values = read_table(&entry, found, source.settings)?;
    Some(values.and(beside))
}

fn read_table(entry: &Entry<'_>, found: &mut Findings, table: &'static Table) -> Option<Values> {
    let section = entry.section(found, &keys(table.fields))?;
    Some(Values::read(&section, found, table))
}

fn read_import(
    entry: &Entry<'_>,
    found: &mut Findings,
    source: Option<&Definition>,
) -> Option<Import> {
    let section = entry.section(found, &keys(IMPORT.fields))?;
    let statuses = section.or(found, "order_statuses", Vec::new(), read_statuses);
    let streams = section.or(found, "streams", BTreeMap::new(), |entry, found| {
        read_streams(entry, found, source)
    });
    let import = Import {
        order_statuses: statuses?,
        streams: streams?,
        ..Import::of(&Values::read(&section, found, &IMPORT))
    };
    if let (Some(from), Some(to)) = (import.from, import.to)
        && from > to
    {
        let entry = section.entry(found, "from")?;
        return entry.wrong(found, format!("{from} is after the last day, to = {to}"));
    }
    Some(import)
}

fn read_mapping(entry: &Entry<'_>, found: &mut Findings) -> Option<Mapping> {
    let section = entry.section(found, &keys(MAPPING.fields))?;
    let default = Mapping::default();
    let income_name = section.or(found, "income_name", default.income_name, read_template);
    let expected_days = section.or(found, "expected_days", default.expected_days, read_days);
    let by = section.or(found, "by", BTreeMap::new(), read_methods);
    let cancelled = section.or(found, "cancelled_statuses", Vec::new(), read_statuses);
    let values = Values::read(&section, found, &MAPPING);
    Some(Mapping {
        income_name: income_name?,
        expected_days: expected_days?,
        by: by?,
        cancelled_statuses: cancelled?,
        ..Mapping::of(&values)
    })
}

fn read_template(entry: &Entry<'_>, found: &mut Findings) -> Option<NameTemplate> {
    let Some(text) = entry.item.as_str() else {
        return entry.expected(found, "text");
    };
    match text.parse() {
        Ok(template) => Some(template),
        Err(error) => {
            let nearest = match &error {
                TemplateError::Unknown { nearest, .. } => *nearest,
                _ => None,
            };
            found.suggest(entry.line, &entry.path, error.to_string(), nearest);
            None
        }
    }
}

/// Modes of streams, by their words.
fn read_streams(
    entry: &Entry<'_>,
    found: &mut Findings,
    source: Option<&Definition>,
) -> Option<BTreeMap<&'static str, Mode>> {
    let streams = source.map_or(&[][..], |source| source.streams);
    let words: Vec<_> = streams.iter().map(|stream| stream.word).collect();
    let section = entry.section(found, &words)?;
    let modes = Mode::ALL.map(|mode| (mode.as_str(), mode));
    let mut read = BTreeMap::new();
    for word in words {
        if let Some(entry) = section.entry(found, word) {
            read.insert(word, value::choice(&entry, found, &modes)?);
        }
    }
    Some(read)
}

/// Statuses of orders, by number or name.
fn read_statuses(entry: &Entry<'_>, found: &mut Findings) -> Option<Vec<OrderStatus>> {
    let expected = "a list of statuses, such as [\"Vyřízena\", -3]";
    let Some(list) = entry.item.as_array() else {
        return entry.expected(found, expected);
    };
    let status = |value: &toml_edit::Value| match (value.as_integer(), value.as_str()) {
        (Some(id), _) => Some(OrderStatus::Id(id)),
        (_, Some(name)) if !name.trim().is_empty() && !name.contains(char::is_control) => {
            Some(OrderStatus::Name(name.trim().to_owned()))
        }
        _ => None,
    };
    let statuses: Vec<_> = list.iter().filter_map(status).collect();
    if statuses.len() < list.len() {
        return entry.wrong(found, format!("expected {expected}"));
    }
    Some(statuses)
}

/// Tables by the name or guid of a payment method.
fn read_methods(entry: &Entry<'_>, found: &mut Findings) -> Option<BTreeMap<String, ByMethod>> {
    let mut methods = BTreeMap::new();
    let entries = entry.open(found)?.entries(found);
    let all = entries.len();
    for method in entries {
        if let Some(own) = read_method(&method, found) {
            methods.insert(method.key.trim().to_owned(), own);
        }
    }
    (methods.len() == all).then_some(methods)
}

fn read_method(entry: &Entry<'_>, found: &mut Findings) -> Option<ByMethod> {
    let values = read_table(entry, found, &BY_METHOD)?;
    Some(ByMethod {
        category_id: values.get("category_id"),
        project_id: values.get("project_id"),
        source_id: values.get("source_id"),
        expected_days: values.count("expected_days"),
        tags: values.get::<&[String]>("tags").unwrap_or_default().to_vec(),
    })
}

/// A number of days for every payment method, or a table of them by the method's name.
fn read_days(entry: &Entry<'_>, found: &mut Findings) -> Option<ExpectedDays> {
    let days = |entry: &Entry<'_>, found: &mut Findings| {
        let days = entry.integer(found, DAYS)?;
        u16::try_from(days).ok()
    };
    if entry.item.is_integer() {
        return Some(ExpectedDays {
            default: days(entry, found)?,
            by_method: BTreeMap::new(),
        });
    }
    if !entry.item.is_table_like() {
        return entry.expected(
            found,
            "a number of days, or a table such as { default = 0 }",
        );
    }
    let mut expected = ExpectedDays::default();
    let mut whole = true;
    for method in entry.open(found)?.entries(found) {
        match days(&method, found) {
            None => whole = false,
            Some(days) if method.key == "default" => expected.default = days,
            Some(days) => {
                expected
                    .by_method
                    .insert(method.key.trim().to_owned(), days);
            }
        }
    }
    whole.then_some(expected)
}
