//! `POST /webhooks/addon`: Shoptet tells what became of the add-on in a shop.
//!
//! Bodies are signed, so the path holds no secret and no shop. Events come up to three times, 15 minutes
//! apart, in any order, and side by side: one that was seen is answered and not acted on again; one of
//! before the installation, or of before what a later one said, changes nothing; one that is too old, or
//! of the future, is refused.

use axum::response::Response;
use chrono::{DateTime, TimeDelta, Utc};
use hyper::StatusCode;
use ring::hmac;
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use tracing::{info, warn};

use super::answer::{Refusal, json_response};
use super::backend::Backend;
use super::database::Standing;
use super::metrics::Event;
use super::vault::unhex;
use caflou_sync::source::shoptet::parse_time;

/// The header with the signature: hexadecimal HMAC-SHA1 of the body.
pub(crate) const SIGNATURE: &str = "shoptet-webhook-signature";
/// How old an event may be: two more attempts come within half an hour.
const OLDEST: TimeDelta = TimeDelta::hours(1);
/// How far clocks may differ.
const AHEAD: TimeDelta = TimeDelta::minutes(5);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Notification {
    eshop_id: u64,
    event: String,
    event_created: String,
}

/// What an event asks for.
#[derive(Clone, Copy)]
enum Change {
    Stand(Standing),
    Uninstall,
}

/// What an event came to.
#[derive(Clone, Copy)]
enum Outcome {
    Done,
    Seen,
    Outdated,
}

/// Takes an event.
pub(crate) async fn webhook(
    backend: &Backend,
    signature: Option<&str>,
    body: &[u8],
) -> Result<Response, Refusal> {
    let (notification, created) = believed(backend, signature, body)?;
    let (word, change) = match notification.event.as_str() {
        "addon:uninstall" => ("uninstall", Change::Uninstall),
        "addon:suspend" => ("suspend", Change::Stand(Standing::Suspended)),
        "addon:terminate" => ("terminate", Change::Stand(Standing::Terminated)),
        "addon:approve" => ("approve", Change::Stand(Standing::Approved)),
        _ => {
            backend.metrics.count(Event::Webhook, "other");
            return Ok(ok("ignored"));
        }
    };
    let outcome = carry_out(backend, notification.eshop_id, change, created, body).await?;
    let outcome = match outcome {
        Outcome::Done => {
            backend.metrics.count(Event::Webhook, word);
            info!(
                eshop_id = notification.eshop_id,
                event = word,
                "the add-on in a shop"
            );
            "done"
        }
        Outcome::Seen => "seen",
        Outcome::Outdated => "outdated",
    };
    if outcome != "done" {
        backend.metrics.count(Event::Webhook, outcome);
    }
    Ok(ok(outcome))
}

/// A notification that Shoptet signed, about these days, and when it was written.
fn believed(
    backend: &Backend,
    signature: Option<&str>,
    body: &[u8],
) -> Result<(Notification, DateTime<Utc>), Refusal> {
    let signature = signature.and_then(unhex).unwrap_or_default();
    // In constant time.
    if hmac::verify(&backend.webhook_key, body, &signature).is_err() {
        backend.metrics.count(Event::Webhook, "forged");
        warn!("a webhook without the right signature");
        let message = "the signature is missing or wrong";
        return Err(Refusal::new(
            StatusCode::UNAUTHORIZED,
            "wrong-signature",
            message,
        ));
    }
    let notification: Notification =
        serde_json::from_slice(body).map_err(|_| Refusal::bad("the body is not a notification"))?;
    let created = parse_time(&notification.event_created)
        .ok_or_else(|| Refusal::bad("eventCreated is not a time"))?;
    let now = Utc::now();
    if created < now - OLDEST || created > now + AHEAD {
        backend.metrics.count(Event::Webhook, "too-old");
        warn!(
            eshop_id = notification.eshop_id,
            "a webhook that is too old, or of the future"
        );
        return Err(Refusal::bad(
            "eventCreated is too long ago, or in the future",
        ));
    }
    Ok((notification, created))
}

async fn carry_out(
    backend: &Backend,
    eshop_id: u64,
    change: Change,
    created: DateTime<Utc>,
    body: &[u8],
) -> Result<Outcome, Refusal> {
    let hash: [u8; 32] = Sha256::digest(body).into();
    let done = backend.store.run(move |database| {
        if !database.note_event(&hash, Utc::now(), OLDEST + AHEAD)? {
            return Ok(Outcome::Seen);
        }
        // A late attempt must not end an installation that came after it.
        let installed_at = database.installed_at(eshop_id)?;
        if installed_at.is_none_or(|installed_at| created < installed_at) {
            return Ok(Outcome::Outdated);
        }
        let changed = match change {
            Change::Uninstall => database.uninstall(eshop_id)?,
            Change::Stand(standing) => database.set_standing(eshop_id, standing, created)?,
        };
        Ok(if changed {
            Outcome::Done
        } else {
            Outcome::Outdated
        })
    });
    Ok(done.await?)
}

fn ok(outcome: &str) -> Response {
    json_response(StatusCode::OK, &json!({"outcome": outcome}))
}
