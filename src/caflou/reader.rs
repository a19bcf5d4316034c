//! Reading from Caflou.

use std::sync::Arc;

use reqwest::{Method, StatusCode};
use serde_json::Value;

use super::client::{Client, collection};
use super::wire::{Page, Stored};
use crate::http::{HttpError, Repeat};
use crate::record::{CaflouId, Kind, clean};

/// Rows asked for: the documented maximum. What comes back is believed.
const PER_PAGE: &str = "1000";

/// An account that the token may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaflouAccount {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

impl CaflouAccount {
    /// From a row of `GET /accounts`; `None` where it has no id that could stand in an address.
    #[must_use]
    pub fn from_json(row: &Value) -> Option<Self> {
        let text = |value: &Value| match value {
            Value::String(text) => clean(text),
            Value::Number(number) => clean(&number.to_string()),
            _ => None,
        };
        let id = text(&row["id"]).filter(|id| id.bytes().all(|b| b.is_ascii_graphic()))?;
        let name = text(&row["name"]).unwrap_or_else(|| id.clone());
        Some(Self { id, name })
    }
}

/// Reads, and cannot write.
#[derive(Debug, Clone)]
pub struct Reader(Arc<Client>);

impl Reader {
    /// A reader of an account.
    #[must_use]
    pub fn new(client: Arc<Client>) -> Self {
        Self(client)
    }

    /// The client, for its count of requests.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.0
    }

    /// `GET /accounts`: the accounts that the token may use.
    ///
    /// # Errors
    /// When the token is refused or the answer is no list.
    pub async fn accounts(&self) -> Result<Vec<CaflouAccount>, HttpError> {
        let url = self.0.root(&["accounts"]);
        let answer = self
            .0
            .send(Method::GET, url.clone(), None, Repeat::Safe, || Ok(()))
            .await?;
        let json = Client::decode(&Method::GET, &url, &answer)?;
        let rows = json.as_array().or_else(|| json["results"].as_array());
        let rows = rows.ok_or_else(|| {
            Client::garbled(
                &Method::GET,
                &url,
                &answer,
                "no list of accounts".to_owned(),
            )
        })?;
        Ok(rows.iter().filter_map(CaflouAccount::from_json).collect())
    }

    /// `GET /{account_id}`: whether token and account fit together.
    ///
    /// # Errors
    /// When they do not.
    pub async fn check(&self) -> Result<(), HttpError> {
        let url = self.0.account(&[]);
        self.0
            .send(Method::GET, url, None, Repeat::Safe, || Ok(()))
            .await
            .map(|_| ())
    }

    /// One page of `GET /companies` or `GET /transfers`, from page 1.
    ///
    /// # Errors
    /// When the request fails or the answer is no page.
    pub async fn page(&self, kind: Kind, page: u64) -> Result<Page, HttpError> {
        let number = page.to_string();
        self.list(kind, [("page", number.as_str()), ("per", PER_PAGE)])
            .await
    }

    /// The first page of what a full-text search finds (`filter[search]`). An account in which it
    /// does not work gives everything.
    ///
    /// # Errors
    /// When the request fails or the answer is no page.
    pub async fn search(&self, kind: Kind, text: &str) -> Result<Page, HttpError> {
        self.list(kind, [("filter[search]", text), ("per", PER_PAGE)])
            .await
    }

    async fn list(&self, kind: Kind, query: [(&str, &str); 2]) -> Result<Page, HttpError> {
        let mut url = self.0.account(&[collection(kind)]);
        url.query_pairs_mut().extend_pairs(query);
        let answer = self
            .0
            .send(Method::GET, url.clone(), None, Repeat::Safe, || Ok(()))
            .await
            .map_err(no_account)?;
        let json = Client::decode(&Method::GET, &url, &answer)?;
        Page::from_json(&json)
            .map_err(|reason| Client::garbled(&Method::GET, &url, &answer, reason.to_owned()))
    }

    /// `GET /companies/{id}` or `/transfers/{id}`; `None` where it was deleted.
    ///
    /// # Errors
    /// When the request fails or the answer is no record.
    pub async fn get(&self, kind: Kind, id: CaflouId) -> Result<Option<Stored>, HttpError> {
        let url = self.0.account(&[collection(kind), &id.to_string()]);
        match self
            .0
            .send(Method::GET, url.clone(), None, Repeat::Safe, || Ok(()))
            .await
        {
            Ok(answer) => {
                let json = Client::decode(&Method::GET, &url, &answer)?;
                let stored = Stored::from_json(&json).filter(|stored| stored.id == id);
                let stored = stored.ok_or_else(|| {
                    Client::garbled(
                        &Method::GET,
                        &url,
                        &answer,
                        "not the record asked for".to_owned(),
                    )
                })?;
                Ok(Some(stored).filter(|stored| !stored.trashed))
            }
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// A list that is not there: the account is not, or not for this token.
fn no_account(error: HttpError) -> HttpError {
    match error {
        HttpError::Refused(mut refusal) if refusal.status == StatusCode::NOT_FOUND => {
            refusal.message.push_str("; check caflou.account_id");
            HttpError::Refused(refusal)
        }
        other => other,
    }
}
