//! What the runs of a life said and sent, for who asks for it by its seed.

use std::fs;
use std::path::Path;

use fastrand::Rng;
use rusqlite::{Connection, OpenFlags, Row};

use super::simulation::number;
use crate::sandbox::Seen;
use crate::support::Bench;

/// What is known of a record, in the order in which it is told.
const COLUMNS: [&str; 9] = [
    "kind",
    "source_id",
    "state",
    "caflou_id",
    "origin",
    "source",
    "written",
    "pending",
    "reason",
];

/// Whether somebody asked for it.
fn is_asked() -> bool {
    ["RELIABILITY_SEED", "RELIABILITY_HISTORY"]
        .into_iter()
        .any(|name| number(name).is_some())
}

/// The runs so far.
#[derive(Debug, Default)]
pub struct History {
    runs: Vec<String>,
    /// The last request that is in there.
    last: u64,
}

impl History {
    /// Takes down what befell the computer, and what the state then knows.
    pub fn befell(&mut self, bench: &Bench, what: &str) {
        if is_asked() {
            let known = records(&bench.path("state.db"));
            let known = known.map(|known| known.len().to_string());
            let known = known.unwrap_or_else(|error| error.to_string());
            self.runs
                .push(format!("--- {what} (records in the state: {known})"));
        }
    }

    /// Takes down a run that ended.
    pub fn add(&mut self, bench: &Bench, output: &str, code: Option<i32>) {
        if !is_asked() {
            return;
        }
        let number = self.runs.len() + 1;
        let said = fs::read_to_string(bench.path(output)).unwrap_or_default();
        let mut lines = vec![
            format!("=== run {number}, {output}, ended with {code:?}"),
            said,
        ];
        let seen = bench.sandbox.seen();
        let new = seen.iter().filter(|one| one.number > self.last);
        lines.extend(new.map(line));
        self.last = seen.last().map_or(self.last, |one| one.number);
        for state in ["state.db", "state-2.db"] {
            let known = records(&bench.path(state)).unwrap_or_default();
            lines.extend(known.iter().map(|record| format!("  {state} {record}")));
        }
        self.runs.push(lines.join("\n"));
    }

    /// Writes it down; where.
    pub fn tell(&self, bench: &Bench, seed: u64, problems: &[String]) -> Option<String> {
        if !is_asked() {
            return None;
        }
        let shop = bench.sandbox.shop();
        let orders = shop.orders.iter().map(|order| format!("{order:?}"));
        let orders: Vec<_> = orders.collect();
        let text = [problems, &self.runs, &orders].map(|part| part.join("\n"));
        let name = format!("life-{seed}-{:08x}.txt", Rng::new().u32(..));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::write(&path, text.join("\n")).expect("a file");
        Some(format!("its history: {}", path.display()))
    }
}

fn line(one: &Seen) -> String {
    let Seen {
        number,
        method,
        path,
        query,
        body,
        status,
        ..
    } = one;
    format!("  > {number} {method} {path}?{query} {body} -> {status}")
}

/// What a state knows; nothing where it cannot be read.
pub(super) fn records(state: &Path) -> rusqlite::Result<Vec<String>> {
    if !state.exists() {
        return Ok(Vec::new());
    }
    // Who opens it for writing brings in what its log holds.
    let sqlite = Connection::open_with_flags(state, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut rows = sqlite.prepare(&format!("SELECT {} FROM records", COLUMNS.join(", ")))?;
    let rows = rows.query_map([], told)?;
    rows.collect()
}

fn told(row: &Row<'_>) -> rusqlite::Result<String> {
    let mut told = Vec::new();
    for (at, name) in COLUMNS.iter().enumerate() {
        let value = row.get_ref(at)?;
        let text = value.as_str().map(str::to_owned);
        let text = text.or_else(|_| value.as_i64().map(|number| number.to_string()));
        told.extend(text.map(|text| format!("{name}={text}")));
    }
    Ok(told.join(" "))
}
