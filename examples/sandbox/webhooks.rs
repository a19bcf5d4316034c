//! Webhooks: who is told of what. Nobody is told here.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::http::Call;
use super::jobs::Jobs;
use super::lists::Given;
use super::query::{Query, Refusal};
use super::shop::Shop;

const URL_LENGTH: usize = 2000;

/// A webhook.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// Its number.
    pub id: usize,
    /// What it hears of.
    pub event: String,
    /// Where it is.
    pub url: String,
    /// When it was registered.
    pub created: DateTime<Utc>,
}

impl Jobs {
    /// Registers a webhook for finished jobs.
    pub fn listen(&mut self, now: DateTime<Utc>) {
        self.add("job:finished", "https://example.com/finished", now);
    }

    fn add(&mut self, event: &str, url: &str, created: DateTime<Utc>) {
        let (event, url) = (event.to_owned(), url.to_owned());
        let id = 992_801 + self.webhooks.len();
        self.webhooks.push(Webhook {
            id,
            event,
            url,
            created,
        });
    }
}

/// Registers webhooks.
pub fn register(shop: &mut Shop, call: &Call) -> Given {
    Query::read(call, &[])?;
    let body: Value = serde_json::from_slice(&call.body).unwrap_or_default();
    let asked = body["data"].as_array().cloned().unwrap_or_default();
    let before = shop.jobs.webhooks.len();
    for one in &asked {
        let text = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
        let (event, url) = (text("event"), text("url"));
        let invalid = |message: &str| Refusal::new(422, "invalid-request", message, &event);
        if event.is_empty() || url.is_empty() || url.len() > URL_LENGTH {
            return Err(invalid("The webhook is not valid."));
        }
        if shop.jobs.webhooks.iter().any(|known| known.event == event) {
            return Err(invalid("Webhook already exists for this event"));
        }
        let now = shop.now();
        shop.jobs.add(&event, &url, now);
    }
    let rows: Vec<Value> = shop.jobs.webhooks[before..]
        .iter()
        .map(|one| webhook_row(shop, one))
        .collect();
    Ok((json!({ "webhooks": rows }), 1))
}

/// The registered webhooks.
pub fn webhooks(shop: &Shop, call: &Call) -> Given {
    let query = Query::read(call, &["itemsPerPage", "page"])?;
    let page = query.page(20, 500)?;
    let all = &shop.jobs.webhooks;
    let shown = page.of(all);
    let rows: Vec<Value> = shown.iter().map(|one| webhook_row(shop, one)).collect();
    let paginator = page.paginator(all.len(), rows.len());
    Ok((json!({ "webhooks": rows, "paginator": paginator }), 1))
}

fn webhook_row(shop: &Shop, one: &Webhook) -> Value {
    json!({
        "id": one.id,
        "event": one.event,
        "url": one.url,
        "created": shop.stamp(Some(one.created)),
        "updated": null,
        "sendPayload": null,
    })
}
