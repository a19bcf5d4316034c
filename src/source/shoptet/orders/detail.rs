//! Details of orders (`GET /api/orders/{code}`): of those that no list has, and of online payments.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{Missing, Orders};
use crate::http::HttpError;
use crate::record::{Json, Kind, SourceId};
use crate::source::shoptet::answer::part;
use crate::source::shoptet::client::Client;
use crate::source::shoptet::row::Row;
use crate::source::shoptet::wire::{self, Order};
use crate::source::{Item, SourceError, Verdict};

impl Orders<'_> {
    /// An order that the list does not have: its detail decides whether it was deleted.
    pub(super) async fn take_missing(
        &mut self,
        code: &str,
        missing: Missing,
    ) -> Result<(), SourceError> {
        match self.source.client.order_detail(code, None).await {
            Ok(detail) => {
                self.strikes.clear();
                let found = Row::of(&detail).and_then(|row| wire::key(row, "code"));
                let reason = match found {
                    Ok(found) if found == code => {
                        let order = wire::decode(Ok(detail), "code", Order::read);
                        return self.take(order).await;
                    }
                    Ok(found) => format!("the shop answered with another order, {found}"),
                    Err(error) => error.to_string(),
                };
                self.seen.insert(code);
                self.broken(Verdict::Failed, code.to_owned(), reason).await
            }
            Err(SourceError::Http(error)) if error.is_missing() => {
                self.strikes.clear();
                self.seen.insert(code);
                if missing == Missing::Asked
                    && self
                        .state
                        .known(Kind::Income, &SourceId(code.to_owned()))?
                        .is_none()
                {
                    let reason = "the shop has no order with this code";
                    return self
                        .broken(Verdict::NotThere, code.to_owned(), reason.to_owned())
                        .await;
                }
                let at = self.deleted.remove(code).flatten();
                let draft = self.deleted(code, at);
                self.send(Item::Draft(Box::new(draft))).await
            }
            Err(SourceError::Http(error)) if error.is_about_this_record() => {
                self.seen.insert(code);
                self.refused(code.to_owned(), error).await
            }
            Err(error) => Err(error),
        }
    }

    /// The detail of an order is refused: this order may be the only one that the service stumbles
    /// over.
    async fn refused(&mut self, code: String, error: HttpError) -> Result<(), SourceError> {
        if !self.strikes.is_alone(&self.source.client).await {
            return Err(error.into());
        }
        self.broken(Verdict::Failed, code, error.to_string()).await
    }

    /// Hands on the order whose payment was asked for first; `false` where none was.
    pub(super) async fn arrived(&mut self) -> Result<bool, SourceError> {
        let Some((order, paid_at)) = self.payments.next().await else {
            return Ok(false);
        };
        match paid_at {
            Ok(paid_at) => {
                self.strikes.clear();
                self.hand_on(*order, paid_at).await?;
            }
            Err(SourceError::Http(error)) if error.is_about_this_record() => {
                self.refused(order.code, error).await?;
            }
            Err(error) => return Err(error),
        }
        Ok(true)
    }
}

/// The moment of the last online payment of an order.
pub(super) async fn paid_at(
    client: Client,
    code: String,
) -> Result<Option<DateTime<Utc>>, SourceError> {
    match client
        .order_detail(&code, Some("paymentTransactions"))
        .await
    {
        Ok(detail) => Ok(Row::of(&detail)
            .and_then(wire::last_payment)
            .unwrap_or_default()),
        Err(SourceError::Http(error)) if error.is_missing() => Ok(None),
        Err(error) => Err(error),
    }
}

impl Client {
    /// The `order` of `GET /api/orders/{code}`.
    async fn order_detail(&self, code: &str, include: Option<&str>) -> Result<Value, SourceError> {
        let query: Vec<_> = include
            .map(|include| ("include", include))
            .into_iter()
            .collect();
        let answer = self.get::<Json>(&["api", "orders", code], &query).await?;
        Ok(part(answer.data.0, "order"))
    }
}
