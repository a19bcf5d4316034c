//! Requests to the Shoptet API: address, headers, token, envelope.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::Mutex;
use url::Url;

use super::answer::open;
use super::auth::{Auth, Credentials, Header};
use super::envelope::{announce_end_of_life, explain, garbled, whose};
use super::page::Page;
use super::shop;
use crate::access::{Access, Shared};
use crate::config::Missing;
use crate::http::{
    Answer, Call, Door, DoorOptions, Downloads, HttpError, Lane, Policy, Repeat, Stop,
};
use crate::record::Json;
use crate::source::SourceError;
use crate::state::Cache;

/// How long one request may take: a full page of a big shop is slow.
const TIMEOUT: Duration = Duration::from_secs(90);

/// What a client needs.
#[derive(Debug)]
pub struct ClientOptions {
    /// Base address, `https://api.myshoptet.com`.
    pub api_url: Url,
    /// How the shop lets us in.
    pub credentials: Credentials,
    /// Where tokens obtained on the way are kept.
    pub cache: Cache,
    /// How patient the client is.
    pub policy: Policy,
    /// The way in, shared by all that use the same token.
    pub lane: Arc<Lane>,
    /// Ends the run.
    pub stop: Stop,
}

/// Where a shop says who it is.
const ESHOP: [&str; 2] = ["api", "eshop"];

/// A client of one shop.
#[derive(Debug, Clone)]
pub struct Client {
    door: Door,
    api_url: Url,
    auth: Arc<Auth>,
    downloads: Arc<Downloads>,
    identity: Arc<Identity>,
    stop: Stop,
}

/// Whose tokens are used: one that is renewed in the middle of a run may open another shop.
#[derive(Debug, Default)]
struct Identity {
    /// The shop, and the token that is known to open it. Held while a token is tried.
    known: Mutex<Option<(u64, SecretString)>>,
}

/// An answer's `data` with the moment of the service's clock.
#[derive(Debug)]
pub(super) struct Data<T> {
    pub(super) data: T,
    pub(super) date: Option<DateTime<Utc>>,
}

impl Client {
    /// A client of the shop that a way leads into. Nothing is sent yet.
    ///
    /// # Errors
    /// When something of the way is missing, or the system's certificates cannot be read.
    pub fn open(access: &Access, shared: Shared) -> Result<Self, HttpError> {
        let Shared {
            cache,
            policy,
            lane,
            stop,
        } = shared;
        let options = || {
            Ok(ClientOptions {
                api_url: access.values.need("api_url")?,
                credentials: Credentials::of(access)?,
                cache,
                policy,
                lane,
                stop,
            })
        };
        Self::new(options().map_err(|missing: Missing| HttpError::unset("Shoptet", &missing))?)
    }

    /// A client that has sent nothing yet.
    ///
    /// # Errors
    /// When the system's certificates cannot be read.
    pub fn new(options: ClientOptions) -> Result<Self, HttpError> {
        let ClientOptions {
            api_url,
            credentials,
            cache,
            policy,
            lane,
            stop,
        } = options;
        // Required on every request, GET included.
        let json = HeaderValue::from_static("application/json");
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, json)]);
        let options = DoorOptions {
            service: "Shoptet",
            timeout: TIMEOUT,
            headers,
            explain,
            policy,
        };
        let way = (policy, Arc::clone(&lane), stop.clone());
        let auth = Arc::new(Auth::new(credentials, cache, way)?);
        Ok(Self {
            door: Door::new(options, lane, stop.clone())?,
            api_url,
            auth,
            downloads: Arc::new(Downloads::new("Shoptet", stop.clone())?),
            identity: Arc::default(),
            stop,
        })
    }

    /// Requests sent and repeated so far.
    #[must_use]
    pub fn requests(&self) -> (u64, u64) {
        let own = [self.door.requests(), self.downloads.requests()];
        let all = own.into_iter().chain(self.auth.requests());
        all.fold((0, 0), |(sent, retries), one| {
            (sent + one.sent(), retries + one.retries())
        })
    }

    /// What gets files beside the API.
    pub(super) fn downloads(&self) -> &Downloads {
        &self.downloads
    }

    /// Ends the run.
    pub(super) fn stop(&self) -> &Stop {
        &self.stop
    }

    pub(super) fn api_url(&self) -> &Url {
        &self.api_url
    }

    /// Reads an address and decodes its `data`.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Data<T>, SourceError> {
        self.call(Method::GET, path, query, None, Repeat::Safe)
            .await
    }

    /// Sends a request and decodes the `data` of its answer.
    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<&Value>,
        repeat: Repeat,
    ) -> Result<Data<T>, SourceError> {
        let url = self.url(path, query);
        let body = body.map(|body| body.to_string().into_bytes());
        let (answer, _) = self.send(&method, &url, body, repeat).await?;
        let text = String::from_utf8_lossy(&answer.body);
        Ok(Data {
            data: open(&text).map_err(|why| garbled(method, &url, &answer, why))?,
            date: answer.date(),
        })
    }

    /// Reads a page of a list and takes out of it what is wanted.
    pub(super) async fn page<T>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        take: impl FnOnce(&Page<'_>) -> T,
    ) -> Result<T, SourceError> {
        let (method, url) = (Method::GET, self.url(path, query));
        let (answer, _) = self.send(&method, &url, None, Repeat::Safe).await?;
        let text = String::from_utf8_lossy(&answer.body);
        let page = open(&text).map_err(|why| garbled(method, &url, &answer, why))?;
        Ok(take(&page))
    }

    /// Reads whose token it is; the token, too.
    pub(super) async fn eshop(&self) -> Result<(Data<Json>, SecretString), SourceError> {
        let (method, url) = (Method::GET, self.url(&ESHOP, &[]));
        let (answer, token) = self.send(&method, &url, None, Repeat::Safe).await?;
        let date = answer.date();
        Ok((
            Data {
                data: whose(&url, &answer)?,
                date,
            },
            token,
        ))
    }

    /// From now on all requests are about this shop; this token opens it.
    pub(super) async fn is_about(&self, eshop_id: u64, token: SecretString) {
        *self.identity.known.lock().await = Some((eshop_id, token));
    }

    /// Makes sure that a token opens the shop that the run is about.
    async fn recognise(&self, (name, value, token): &Header) -> Result<(), SourceError> {
        if !self.auth.renewable() {
            return Ok(());
        }
        let mut known = self.identity.known.lock().await;
        let Some((eshop_id, tried)) = known.as_mut() else {
            return Ok(());
        };
        if tried.expose_secret() == token.expose_secret() {
            return Ok(());
        }
        let url = self.url(&ESHOP, &[]);
        let call = Call {
            method: Method::GET,
            url: url.clone(),
            headers: vec![(name.clone(), value.clone())],
            body: None,
            repeat: Repeat::Safe,
        };
        let answer = self.door.send(call, || Ok(())).await?;
        let shop = shop::read(&whose(&url, &answer)?, answer.date())?;
        shop.must_be(*eshop_id)?;
        *tried = token.clone();
        Ok(())
    }

    /// Sends, and where a token has run out, once more with a fresh one; the token, too.
    async fn send(
        &self,
        method: &Method,
        url: &Url,
        body: Option<Vec<u8>>,
        repeat: Repeat,
    ) -> Result<(Answer, SecretString), SourceError> {
        let mut renewed = false;
        loop {
            let header = self.auth.header().await?;
            let told = if url.path() == self.url(&ESHOP, &[]).path() {
                Ok(())
            } else {
                self.recognise(&header).await
            };
            let (name, value, token) = header;
            let call = Call {
                method: method.clone(),
                url: url.clone(),
                headers: vec![(name, value)],
                body: body.clone(),
                repeat,
            };
            let sent = match told {
                Ok(()) => self
                    .door
                    .send(call, || Ok(()))
                    .await
                    .map_err(SourceError::from),
                Err(error) => Err(error),
            };
            match sent {
                Ok(answer) => {
                    announce_end_of_life(url, &answer);
                    return Ok((answer, token));
                }
                Err(error) => {
                    let refused = matches!(&error, SourceError::Http(error)
                        if error.status() == Some(StatusCode::UNAUTHORIZED));
                    if !refused || renewed || !self.auth.renewable() {
                        return Err(error);
                    }
                    self.auth.renew(&token).await?;
                    renewed = true;
                }
            }
        }
    }

    fn url(&self, path: &[&str], query: &[(&str, &str)]) -> Url {
        let mut url = self.api_url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        if !query.is_empty() {
            // Encodes the `+` of an offset as `%2B`, as the service wants it.
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }
}
