//! What goes over the wire to the shop, and what becomes of its answers.

use std::path::Path;
use std::sync::Arc;

use chrono_tz::Europe::Prague;
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use tokio::sync::mpsc;

use super::*;
use crate::config::Mapping;
use crate::http::testing::{Reply, Script};
use crate::http::{Lane, LaneOptions, Policy, Stopper};
use crate::record::{Record, SourceId};
use crate::source::{Interval, Item, Scope, SourceError};
use crate::state::{Cache, View};

mod bulk;
mod calling;
mod odd;
mod pairing;
mod reading;
mod tokens;

const PRIVATE_TOKEN: &str = "222651-p-secret";

/// A client that keeps its tokens in this folder.
fn client(api: &Script, credentials: Credentials, folder: &Path) -> Client {
    let lane = Lane::new(LaneOptions {
        pace: PACE,
        ..LaneOptions::default()
    });
    Client::new(ClientOptions {
        api_url: api.url.clone(),
        credentials,
        cache: Cache::new(folder.to_owned()),
        policy: Policy::default(),
        lane: Arc::new(lane),
        stop: Stopper::default().listener(),
    })
    .unwrap()
}

/// A client with a private token.
fn private(api: &Script) -> Client {
    let unused = Path::new("no-cache");
    client(api, Credentials::PrivateToken(PRIVATE_TOKEN.into()), unused)
}

/// An answer as the shop wraps it.
fn data(data: &Json) -> Reply {
    let metadata = json!({"requestId": "r-1"});
    Reply::new(
        200,
        json!({"data": data, "errors": null, "metadata": metadata}),
    )
}

fn refusal(status: u16, code: &str, message: &str) -> Reply {
    let errors = json!([{"errorCode": code, "message": message, "instance": "x"}]);
    let metadata = json!({"requestId": "r-2"});
    Reply::new(
        status,
        json!({"data": null, "errors": errors, "metadata": metadata}),
    )
}

fn eshop() -> Reply {
    data(&json!({
        "contactInformation": {"eshopId": 222_651, "eshopName": "Můj e-shop"},
        "settings": {"timezone": "Europe/Prague"},
    }))
}

fn order(code: &str) -> Json {
    json!({
        "code": code, "creationTime": "2026-11-20T10:15:00+0100",
        "price": {"toPay": "10.00", "currencyCode": "CZK"}, "paid": true,
    })
}

/// A page of orders out of so many pages and rows.
fn orders(rows: &[Json], pages: u64, total: u64) -> Reply {
    data(&json!({
        "orders": rows, "paginator": {"totalCount": total, "pageCount": pages},
    }))
}

/// What a reading brings, a line each, and whether it was complete.
async fn read(source: &Visit, kind: Kind, scope: Scope) -> Result<(Vec<String>, bool), String> {
    let folder = TempDir::new().unwrap();
    let state = View::open(&folder.path().join("none.db"), "shop").unwrap();
    let (send, mut receive) = mpsc::channel(100);
    let reading = match kind {
        Kind::Company => source.companies(&scope, &state, send).await,
        _ => source.incomes(&scope, &state, send).await,
    };
    let complete = reading.map_err(|error| error.to_string())?;
    let mut lines = Vec::new();
    while let Some(item) = receive.recv().await {
        lines.push(match item {
            Item::Draft(draft) => format!("{} {}", draft.source_id, word(&draft.record)),
            Item::Broken(broken) => {
                let id = broken.source_id.map_or_else(|| "?".to_owned(), |id| id.0);
                format!("{id} broken: {}", broken.reason)
            }
            Item::Settled => "settled".to_owned(),
            Item::Expected(total) => format!("{total} expected"),
            Item::Warning(message) => format!("warning: {message}"),
        });
    }
    Ok((lines, complete))
}

fn word(record: &Record) -> String {
    match record {
        Record::Company(company) => format!("company {}", company.name),
        Record::Document(income) => format!("{} {}", income.value, income.currency),
        Record::Void { why, .. } => why.as_str().to_owned(),
    }
}

/// A source in Prague whose clock shows noon of 1 December 2026.
fn source(api: &Script, interval: Interval, mapping: Mapping) -> Visit {
    Visit {
        client: private(api),
        settings: MapSettings {
            eshop_id: 222_651,
            zone: Prague,
            mapping,
            statuses: Statuses::default(),
        },
        interval,
        now: "2026-12-01T11:00:00Z".parse().unwrap(),
        bulk: BulkOptions::default(),
        overdue: None,
        with_orders: false,
    }
}

fn plain(api: &Script) -> Visit {
    source(api, Interval::default(), Mapping::default())
}
