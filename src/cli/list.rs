//! `list`: overview of the connections.

use std::io::{self, Write};

use serde_json::json;

use super::shared::rfc3339;
use super::{Exit, Global, Trouble};
use crate::config::{Connection, config_path};
use crate::output::{ListRow, list as render, local};
use crate::record::Kind;
use crate::state::{LastRun, View};
use crate::text::escaped;

/// Prints the overview.
pub(super) fn list(global: &Global) -> Result<Exit, Trouble> {
    let (config, state) = match global.load_any() {
        Ok(loaded) => loaded,
        // nobody named a file: there is none yet
        Err(_) if global.config.is_none() && !config_path(None).exists() => {
            none();
            return Ok(Exit::Done);
        }
        Err(failure) => return Err(failure),
    };
    if config.connections.is_empty() {
        none();
        return Ok(Exit::Done);
    }
    let mut out = io::stdout().lock();
    let mut rows = Vec::new();
    for connection in &config.connections {
        let last = View::open(&state, &connection.key).and_then(|view| view.last_run())?;
        if global.json() {
            let _ = writeln!(
                out,
                "{}",
                escaped(&object(connection, last.as_ref()).to_string())
            );
        } else {
            rows.push(row(connection, last.as_ref()));
        }
    }
    if !global.json() {
        let _ = writeln!(out, "{}", render(&rows, global.colours(), Global::width()));
    }
    Ok(Exit::Done)
}

/// Not on stdout: there is nothing to list.
fn none() {
    let _ = writeln!(
        io::stderr(),
        "no connections yet: `caflou-sync connect` makes one"
    );
}

fn object(connection: &Connection, last: Option<&LastRun>) -> serde_json::Value {
    let import = &connection.import;
    let mut object = json!({
        "connection": connection.key,
        "name": connection.name,
        "program": connection.program.word,
        connection.program.identity: connection.source.read_of(connection.program.identity),
        "account_id": connection.account_id(),
        "companies": import.companies,
        "incomes": import.incomes,
        "from": import.from,
        "to": import.to,
        "auto_repeat": import.auto_repeat,
        "last_run": last.map(|run| json!({
            "started_at": rfc3339(run.started_at),
            "status": run.status,
        })),
    });
    if connection.program.kinds().contains(&Kind::Expense) {
        object["expenses"] = json!(import.expenses);
    }
    object
}

fn row(connection: &Connection, last: Option<&LastRun>) -> ListRow {
    let import = &connection.import;
    let interval = match (import.from, import.to) {
        (None, None) => "all".to_owned(),
        (Some(from), None) => format!("from {from}"),
        (None, Some(to)) => format!("to {to}"),
        (Some(from), Some(to)) => format!("{from} to {to}"),
    };
    ListRow {
        connection: connection.key.clone(),
        name: connection.name.clone(),
        program: connection.program.name.to_owned(),
        account: connection.identity(),
        companies: import.companies.to_string(),
        incomes: import.incomes.to_string(),
        interval,
        auto_repeat: if import.auto_repeat { "yes" } else { "no" }.to_owned(),
        last_run: last.map_or_else(|| "never".to_owned(), |run| local(run.started_at)),
        result: last.map_or_else(String::new, |run| {
            run.status
                .clone()
                .unwrap_or_else(|| "did not end".to_owned())
        }),
    }
}
