//! Writing to Caflou. Only applying a plan holds a [`Writer`].

use std::sync::Arc;

use reqwest::Method;

use super::Reader;
use super::client::{Client, collection};
use super::wire::Stored;
use crate::http::{HttpError, Repeat};
use crate::record::{Attributes, CaflouId, Kind};

/// Creates and updates records.
#[derive(Debug, Clone)]
pub struct Writer(Arc<Client>);

impl Writer {
    /// A writer to an account.
    #[must_use]
    pub fn new(client: Arc<Client>) -> Self {
        Self(client)
    }

    /// `POST /companies` or `/transfers` (201 with the record). Sent again only where the service
    /// surely refused; `before` runs right before each attempt.
    ///
    /// # Errors
    /// [`HttpError::is_outcome_unknown`] tells whether the record may have come into being.
    pub async fn create(
        &self,
        kind: Kind,
        attributes: &Attributes,
        before: impl Fn() -> Result<(), HttpError>,
    ) -> Result<Stored, HttpError> {
        let url = self.0.account(&[collection(kind)]);
        // Of another record than the one that was sent, nothing is known: it is looked for.
        let is_it = |stored: &Stored| stored.may_be(kind, attributes);
        self.write(
            (Method::POST, url),
            attributes,
            Repeat::IfRefused,
            before,
            is_it,
        )
        .await
    }

    /// Reads what was written.
    #[must_use]
    pub fn reader(&self) -> Reader {
        Reader::new(Arc::clone(&self.0))
    }

    /// `PATCH /companies/{id}` or `/transfers/{id}` (200 with the record). Sent again only where the
    /// service surely refused: somebody may have changed the record since it was read. `before` runs
    /// right before each attempt.
    ///
    /// # Errors
    /// [`HttpError::is_outcome_unknown`] tells whether it may have been carried out.
    pub async fn update(
        &self,
        kind: Kind,
        id: CaflouId,
        attributes: &Attributes,
        before: impl Fn() -> Result<(), HttpError>,
    ) -> Result<Stored, HttpError> {
        let url = self.0.account(&[collection(kind), &id.to_string()]);
        let is_it = |stored: &Stored| stored.id == id;
        self.write(
            (Method::PATCH, url),
            attributes,
            Repeat::IfRefused,
            before,
            is_it,
        )
        .await
    }

    async fn write(
        &self,
        (method, url): (Method, reqwest::Url),
        attributes: &Attributes,
        repeat: Repeat,
        before: impl Fn() -> Result<(), HttpError>,
        is_it: impl Fn(&Stored) -> bool,
    ) -> Result<Stored, HttpError> {
        let body = attributes.to_json().to_string().into_bytes();
        let answer = self
            .0
            .send(method.clone(), url.clone(), Some(body), repeat, before)
            .await?;
        let json = Client::decode(&method, &url, &answer)?;
        let garbled = |reason: &str| Client::garbled(&method, &url, &answer, reason.to_owned());
        let stored = Stored::from_json(&json).ok_or_else(|| garbled("no record in the answer"))?;
        if is_it(&stored) {
            return Ok(stored);
        }
        Err(garbled(&format!("another record, {}", stored.id)))
    }
}
