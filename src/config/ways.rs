//! The ways in of a table: exactly one of them, with what it needs and without what it does not.

use std::collections::BTreeMap;

use super::reader::{Findings, Section};
use super::schema::{Need, Table, Way};
use super::values::Read;

/// Notes what is wrong with the ways that are there, and adds what holds for the whole file.
pub(super) fn check(
    values: &mut BTreeMap<&'static str, Read>,
    section: &Section<'_>,
    found: &mut Findings,
    table: &'static Table,
) {
    let is_there = |key: &str, found: &Findings| section.entry(found, key).is_some();
    let taken = |way: &&Way| way.keys.iter().any(|key| is_there(key, found));
    let there: Vec<_> = table.ways.iter().filter(taken).collect();
    for way in table.ways {
        if there.is_empty() || there.iter().any(|other| std::ptr::eq(*other, way)) {
            continue;
        }
        for key in way.with.iter().filter(|key| values.contains_key(*key)) {
            if let Some(entry) = section.entry(found, key) {
                let message = format!("belongs to {:?}, which is not there", way.keys[0]);
                entry.wrong::<()>(found, message);
            }
        }
    }
    match there.as_slice() {
        [] if table.no_way => {}
        [] => {
            let ways: Vec<_> = table.ways.iter().map(|way| needed(way, table)).collect();
            let keys: Vec<_> = table
                .ways
                .iter()
                .flat_map(|way| way.keys)
                .copied()
                .collect();
            section.missing(found, &keys, &format!("{}, is missing", ways.join(", or ")));
        }
        [way] => complete(way, values, section, found, table),
        several => {
            let last = several.iter().flat_map(|way| way.keys);
            let last = last.filter_map(|key| section.entry(found, key));
            let names: Vec<_> = several.iter().map(|way| quoted(way.keys)).collect();
            let or = if several.iter().any(|way| way.keys.len() > 1) {
                ", or "
            } else {
                " or "
            };
            let too_many = if several.len() == 2 {
                "both"
            } else {
                "several"
            };
            if let Some(last) = last.max_by_key(|entry| entry.line) {
                let message = format!("either {}, not {too_many}", names.join(or));
                last.wrong::<()>(found, message);
            }
        }
    }
}

/// Notes what a way lacks.
fn complete(
    way: &Way,
    values: &mut BTreeMap<&'static str, Read>,
    section: &Section<'_>,
    found: &mut Findings,
    table: &'static Table,
) {
    let owner = way
        .keys
        .iter()
        .find(|key| section.entry(found, key).is_some());
    for key in way.all() {
        let Some(field) = table.field(key).filter(|field| field.need == Need::Must) else {
            continue;
        };
        if section.entry(found, key).is_some() {
            continue;
        }
        if let Some(shared) = found.shared.get(key).filter(|_| field.shared.is_some()) {
            values.insert(key, shared.clone());
            continue;
        }
        let is_wrong = |found: &Findings| found.problems.iter().any(|problem| problem.path == key);
        if !(field.shared.is_some() && is_wrong(found))
            && let Some(owner) = owner
        {
            let message = format!("{key:?} is missing; {owner:?} needs it");
            section.missing(found, &[key], &message);
        }
    }
}

/// What a way needs to be there, in words.
fn needed(way: &Way, table: &Table) -> String {
    let must = |key: &&str| {
        let field = table.field(key);
        field.is_some_and(|field| field.need == Need::Must && field.shared.is_none())
    };
    quoted(&way.all().filter(must).collect::<Vec<_>>())
}

fn quoted(keys: &[&str]) -> String {
    let keys: Vec<_> = keys.iter().map(|key| format!("{key:?}")).collect();
    keys.join(" and ")
}
