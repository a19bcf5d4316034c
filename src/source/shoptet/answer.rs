//! Answers: from bytes to records, without a connection.

use serde::Deserialize;
use serde_json::Value;

use super::page::Page;
use super::row::{Row, RowError};
use super::wire::{self, ChangeEntry, Customer, Order};
use crate::record::Json;

#[derive(Deserialize)]
struct Envelope<T> {
    data: Option<T>,
    #[serde(default)]
    errors: Json,
    #[serde(default)]
    metadata: Json,
}

/// An answer without what it has to bring.
#[derive(Debug)]
pub(super) struct Unusable {
    pub(super) reason: String,
    pub(super) request_id: Option<String>,
}

/// The `data` of an answer.
pub(super) fn open<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Unusable> {
    let unusable = |reason| Unusable {
        reason,
        request_id: None,
    };
    // A list would be taken for the attributes one after another.
    if text.trim_start().starts_with('[') {
        return Err(unusable("not an object".to_owned()));
    }
    let envelope: Envelope<T> =
        serde_json::from_str(text).map_err(|error| unusable(error.to_string()))?;
    envelope.data.ok_or_else(|| Unusable {
        reason: format!("no data, errors: {}", shorten(&envelope.errors.0)),
        request_id: envelope.metadata.0["requestId"].as_str().map(shorten_id),
    })
}

fn shorten(errors: &Value) -> String {
    errors.to_string().chars().take(200).collect()
}

fn shorten_id(id: &str) -> String {
    id.chars().take(64).collect()
}

/// A part of an object by its name; null where there is none.
pub(super) fn part(mut data: Value, name: &str) -> Value {
    data.get_mut(name).map(Value::take).unwrap_or_default()
}

/// The rows of an answer of `GET /api/orders` as orders, each by itself. With the two below, for
/// who has an answer but no connection: tests and fuzzing.
///
/// # Errors
/// When the answer is no page; within, why a row is no order.
pub fn read_orders(body: &[u8]) -> Result<Vec<Result<Order, String>>, String> {
    let text = String::from_utf8_lossy(body);
    let page: Page<'_> = open(&text).map_err(|unusable| unusable.reason)?;
    page.extent().map_err(|error| error.to_string())?;
    let read = |row| wire::decode(row, "code", Order::read).map_err(|bad| bad.error.to_string());
    Ok(page.parsed("code").map(read).collect())
}

/// The answer of `GET /api/customers/{guid}` as a customer.
///
/// # Errors
/// When it is none.
pub fn read_customer(body: &[u8]) -> Result<Customer, String> {
    let text = String::from_utf8_lossy(body);
    let Json(data) = open(&text).map_err(|unusable| unusable.reason)?;
    let customer = wire::decode(Ok(part(data, "customer")), "guid", Customer::read);
    customer.map_err(|bad| bad.error.to_string())
}

/// The identifiers in an answer of `GET /api/orders/changes`, each with whether it was deleted;
/// lines that are no changes are left out.
///
/// # Errors
/// When the answer is no page.
pub fn read_changes(body: &[u8]) -> Result<Vec<(String, bool)>, String> {
    let text = String::from_utf8_lossy(body);
    let page: Page<'_> = open(&text).map_err(|unusable| unusable.reason)?;
    let read = |row| wire::decode(row, "code", ChangeEntry::of_order).ok();
    let entries = page.parsed("code").filter_map(read);
    Ok(entries.map(|entry| (entry.id, entry.deleted)).collect())
}

/// A number of rows or pages, as a number or as text; an error where it is something else.
pub(super) fn count(row: Row<'_>, field: &'static str) -> Result<Option<u64>, RowError> {
    let Some(number) = row.whole(field)? else {
        return Ok(None);
    };
    u64::try_from(number)
        .map(Some)
        .map_err(|_| RowError::WrongType {
            field,
            found: "negative",
            wanted: "a count",
        })
}
