//! What goes over the wire to Caflou, and what becomes of its answers.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value as Json, json};
use tempfile::TempDir;

use super::*;
use crate::http::testing::{HeardRequest, Reply, Script};
use crate::http::{Lane, LaneOptions, Pace, Policy, Stopper};
use crate::record::{Attributes, CaflouId, Kind};
use crate::state::Cache;

mod login;
mod reading;
mod searching;
mod writing;

const TOKEN: &str = "caflou-secret";

/// A client of account 12345 that keeps its tokens in this folder.
fn client(api: &Script, credentials: Credentials, folder: &Path) -> Arc<Client> {
    let lane = Lane::new(LaneOptions {
        pace: Pace {
            open: 4,
            by_collection: false,
            ..PACE
        },
        ..LaneOptions::default()
    });
    let options = ClientOptions {
        api_url: api.url.clone(),
        account_id: "12345".to_owned(),
        credentials,
        timeout: Duration::from_millis(500),
        cache: Cache::new(folder.to_owned()),
        policy: Policy::default(),
        lane: Arc::new(lane),
        stop: Stopper::default().listener(),
    };
    Arc::new(Client::new(options).unwrap())
}

/// A client with a token made in the application. It remembers nothing.
fn token_client(api: &Script) -> Arc<Client> {
    let nowhere = Path::new("/dev/null/cache");
    client(api, Credentials::Token(TOKEN.into()), nowhere)
}

fn reader(api: &Script) -> Reader {
    Reader::new(token_client(api))
}

fn writer(api: &Script) -> Writer {
    Writer::new(token_client(api))
}

/// A page of a list.
fn page(rows: &Json, pages: u64, total: u64) -> Reply {
    let page = json!({"results": rows, "total_results": total, "total_pages": pages, "page": 1});
    Reply::new(200, page)
}

/// The values of the `authorization` header.
fn authorizations(asked: &[HeardRequest]) -> Vec<&str> {
    asked
        .iter()
        .map(|asked| asked.header("authorization").unwrap_or("-"))
        .collect()
}

/// Attributes from JSON text: numbers keep their digits.
fn attributes(text: &str) -> Attributes {
    let json: Json = serde_json::from_str(text).unwrap();
    Attributes::from_json(json.as_object().unwrap())
}
