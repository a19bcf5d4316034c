//! `POST /pair`: a program uses a pairing code and gets a pairing secret.
//!
//! "No such shop", "wrong", "used" and "expired" are one: the same steps, the same answer. The database
//! gives the hash of a code that is good, or nothing, in whose place a hash stands that no code has; the
//! comparison takes as long for both. A code that cannot be one is counted and answered like a wrong one.

use std::net::IpAddr;
use std::sync::Arc;

use axum::response::Response;
use chrono::Utc;
use hyper::StatusCode;
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::json;
use tracing::{info, warn};

use super::address::line;
use super::answer::{Refusal, json_response};
use super::backend::Backend;
use super::database::{Limited, Tries};
use super::metrics::Event;
use caflou_sync::pairing::PairingCode;

/// No program has a longer name, in characters.
const LONGEST_NAME: usize = 64;
/// What no code has for its hash: nobody knows a text of this HMAC.
const NO_HASH: [u8; 32] = [0; 32];

/// What a program sends.
#[derive(Deserialize)]
pub(crate) struct Request {
    eshop_id: u64,
    code: String,
    program: String,
}

/// How a try ended.
enum Tried {
    /// The shop's address for people.
    Paired(String),
    Wrong,
    Limited(Limited),
}

/// Pairs.
pub(crate) async fn pair(
    backend: &Backend,
    client: IpAddr,
    request: Request,
) -> Result<Response, Refusal> {
    let Request {
        eshop_id,
        code,
        program,
    } = request;
    let program = name(&program)?;
    if i64::try_from(eshop_id).is_err() {
        return Err(Refusal::bad("\"eshop_id\" is not the number of an e-shop"));
    }
    // Of a text that is no code, a code takes the place that nobody was given.
    let code: Option<PairingCode> = code.parse().ok();
    let is_code = code.is_some();
    let vault = Arc::clone(&backend.vault);
    let code = code.map_or_else(|| vault.new_code(), Ok)?;
    let new = vault.new_secret()?;
    let who = Tries {
        eshop_id,
        address: vault.address_hash(&line(client).to_string()),
    };
    let limits = backend.config.limits;
    let tried = backend.store.run(move |database| {
        let now = Utc::now();
        if let Err(limited) = database.may_try(&who, &limits, now)? {
            return Ok(Tried::Limited(limited));
        }
        let hash = database.code(eshop_id, now)?;
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| NO_HASH.to_vec());
        let fits = vault.code_fits(eshop_id, &code, &hash);
        if fits & known & is_code {
            let url = database.pair(eshop_id, &new.hash, &program, now)?;
            return Ok(Tried::Paired(url));
        }
        database.count_try(&who, now)?;
        Ok(Tried::Wrong)
    });
    answer(backend, tried.await?, |url| {
        json!({
            "pairing_secret": new.secret.expose_secret(),
            "eshop_id": eshop_id,
            "eshop_url": url,
        })
    })
}

/// How a program calls itself.
fn name(program: &str) -> Result<String, Refusal> {
    let name = program.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.contains(char::is_control) {
        let message = "\"program\" is not a name of up to 64 characters";
        return Err(Refusal::bad(message));
    }
    Ok(name.to_owned())
}

/// What a try is answered, and counted as.
fn answer(
    backend: &Backend,
    tried: Tried,
    paired: impl FnOnce(String) -> serde_json::Value,
) -> Result<Response, Refusal> {
    match tried {
        Tried::Paired(url) => {
            backend.metrics.count(Event::Pairing, "paired");
            let body = paired(url);
            info!(eshop_id = %body["eshop_id"], "a program was paired");
            Ok(json_response(StatusCode::OK, &body))
        }
        Tried::Wrong => {
            backend.metrics.count(Event::Pairing, "wrong-code");
            let message = "the Eshop ID or the pairing code is wrong, or the code was used already or is \
                           too old; look at the newest e-mail of the add-on";
            Err(Refusal::new(StatusCode::FORBIDDEN, "wrong-code", message))
        }
        Tried::Limited(limited) => {
            backend.metrics.count(Event::Pairing, "too-many-tries");
            warn!("too many wrong pairing codes for a shop or from an address");
            let wait = (limited.until - Utc::now()).to_std().unwrap_or_default();
            let message = "too many wrong pairing codes; wait before the next try";
            Err(Refusal::new(StatusCode::TOO_MANY_REQUESTS, "too-many-tries", message).after(wait))
        }
    }
}
