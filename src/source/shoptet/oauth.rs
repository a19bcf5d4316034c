//! An add-on's OAuth server, on the partner's own shop: installation codes and API access tokens.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use url::Url;

use super::row::Row;
use crate::http::{
    Answer, Call, Door, DoorOptions, HttpError, Lane, Policy, Refusal, Repeat, Requests, Stop,
};
use crate::record::{Json, clean};
pub use crate::source::kit::read_token;
use crate::state::CachedToken;

/// An add-on as the OAuth server knows it.
#[derive(Debug, Clone)]
pub struct AddonClient {
    /// `https://<partner shop>/action/ApiOAuthServer/getAccessToken`.
    pub token_url: Url,
    /// The add-on's number there.
    pub client_id: String,
    /// Its secret, where one is set.
    pub client_secret: Option<SecretString>,
    /// The address that is registered for it, to the letter.
    pub redirect_uri: String,
}

impl AddonClient {
    /// Where installation codes are exchanged: `…/token` beside [`Self::token_url`].
    #[must_use]
    pub fn code_url(&self) -> Url {
        let mut url = self.token_url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().pop().push("token");
        }
        url
    }
}

/// What a finished installation gives. Debug shows neither the token nor the address.
#[derive(Clone)]
pub struct Installation {
    /// The OAuth access token: it never ends, and must not leave the add-on's backend.
    pub oauth_token: SecretString,
    /// Number of the e-shop.
    pub eshop_id: u64,
    /// The shop's address for people.
    pub eshop_url: String,
    /// The owner's e-mail address.
    pub contact_email: String,
}

impl fmt::Debug for Installation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Installation")
            .field("eshop_id", &self.eshop_id)
            .finish_non_exhaustive()
    }
}

/// The way to an OAuth server. One is enough for all shops of a process.
#[derive(Debug, Clone)]
pub struct OauthServer {
    door: Door,
}

impl OauthServer {
    /// Nothing was asked for yet. `timeout` is for one attempt; `policy` says how often one is
    /// repeated.
    ///
    /// # Errors
    /// When the system's certificates cannot be read.
    pub fn new(
        timeout: Duration,
        policy: Policy,
        lane: Arc<Lane>,
        stop: Stop,
    ) -> Result<Self, HttpError> {
        let options = DoorOptions {
            service: "Shoptet",
            timeout,
            headers: HeaderMap::new(),
            explain,
            policy,
        };
        let door = Door::new(options, lane, stop)?;
        Ok(Self { door })
    }

    /// What was asked for so far.
    #[must_use]
    pub fn requests(&self) -> &Requests {
        self.door.requests()
    }

    /// An API access token for an OAuth access token, with its end: `GET …/getAccessToken` gives
    /// `{"access_token": …, "expires_in": 1800}`. At most five are alive at a time: reuse one.
    ///
    /// # Errors
    /// 401: the OAuth access token is not valid (any more), as after the add-on was uninstalled.
    /// 403 may be no refusal: see [`are_all_in_use`].
    pub async fn access_token(
        &self,
        token_url: &Url,
        oauth_token: &SecretString,
    ) -> Result<CachedToken, HttpError> {
        let call = Call {
            method: Method::GET,
            url: token_url.clone(),
            headers: vec![bearer(&Method::GET, token_url, oauth_token)?],
            body: None,
            repeat: Repeat::Safe,
        };
        let asked_at = Utc::now();
        let answer = self.door.send(call, || Ok(())).await?;
        read_token(&answer.body, asked_at).ok_or_else(|| {
            garbled(
                Method::GET,
                token_url,
                "no access_token in the answer".to_owned(),
            )
        })
    }

    /// Exchanges an installation code: `POST …/token`. A code is good once, so nothing is repeated
    /// that may have arrived.
    ///
    /// # Errors
    /// 400 or 401: the code is unknown, used or too old, or the add-on is not known as it says.
    pub async fn exchange_code(
        &self,
        client: &AddonClient,
        code: &str,
    ) -> Result<Installation, HttpError> {
        let mut body = Map::new();
        let mut set = |name: &str, value: &str| body.insert(name.to_owned(), value.into());
        set("client_id", &client.client_id);
        if let Some(secret) = &client.client_secret {
            set("client_secret", secret.expose_secret());
        }
        set("code", code);
        set("grant_type", "authorization_code");
        set("redirect_uri", &client.redirect_uri);
        set("scope", "api");
        let url = client.code_url();
        let json = HeaderValue::from_static("application/json");
        let call = Call {
            method: Method::POST,
            url: url.clone(),
            headers: vec![(CONTENT_TYPE, json)],
            body: Some(Value::Object(body).to_string().into_bytes()),
            repeat: Repeat::IfRefused,
        };
        let answer = self.door.send(call, || Ok(())).await?;
        read_installation(&answer.body).map_err(|reason| garbled(Method::POST, &url, reason))
    }
}

/// Whether no token was given because as many are valid as the server allows: one is to be had once
/// the oldest has run out.
#[must_use]
pub fn are_all_in_use(error: &HttpError) -> bool {
    let HttpError::Refused(refusal) = error else {
        return false;
    };
    let message = refusal.message.to_lowercase();
    let said = message.contains("maximum") && message.contains("valid tokens");
    refusal.status.is_client_error() && (refusal.code.as_deref() == Some("max_tokens") || said)
}

/// The answer to an installation code, or which attribute is of no use.
///
/// # Errors
/// Where something of it is missing, or of another type.
pub fn read_installation(body: &[u8]) -> Result<Installation, String> {
    let Json(json) = serde_json::from_slice(body).unwrap_or_default();
    let row = Row::of(&json).map_err(|error| error.to_string())?;
    let text = |field: &'static str| match row.text(field) {
        Ok(Some(text)) => Ok(text),
        Ok(None) => Err(format!("no {field} in the answer")),
        Err(error) => Err(error.to_string()),
    };
    let eshop_id = row.whole("eshopId").map_err(|error| error.to_string())?;
    let eshop_id = eshop_id.and_then(|id| u64::try_from(id).ok());
    Ok(Installation {
        oauth_token: text("access_token")?.into(),
        eshop_id: eshop_id.ok_or("no eshopId in the answer")?,
        eshop_url: clean(&text("eshopUrl")?).ok_or("no eshopUrl in the answer")?,
        contact_email: text("contactEmail")?,
    })
}

/// The header with a token that never leaves the machine otherwise.
pub(super) fn bearer(
    method: &Method,
    url: &Url,
    token: &SecretString,
) -> Result<(HeaderName, HeaderValue), HttpError> {
    let text = format!("Bearer {}", token.expose_secret());
    let mut value = HeaderValue::from_str(&text).map_err(|_| {
        HttpError::Refused(Box::new(Refusal {
            service: "Shoptet",
            method: method.clone(),
            path: url.path().to_owned(),
            status: StatusCode::UNAUTHORIZED,
            code: None,
            message: "the token holds characters that no token has (nothing was sent)".to_owned(),
            request_id: None,
        }))
    })?;
    value.set_sensitive(true);
    Ok((AUTHORIZATION, value))
}

/// `{"error": …, "error_description": …}`, as OAuth servers write it.
fn explain(answer: &Answer) -> (Option<String>, Option<String>) {
    let Ok(Json(json)) = serde_json::from_slice(&answer.body) else {
        return (None, None);
    };
    let text = |field: &str| json[field].as_str().map(str::to_owned);
    match text("error") {
        Some(error) => (Some(error), text("error_description")),
        // What stands in front of it may answer as the API does.
        None => super::envelope::explain(answer),
    }
}

fn garbled(method: Method, url: &Url, reason: String) -> HttpError {
    HttpError::Garbled {
        service: "Shoptet",
        method,
        path: url.path().to_owned(),
        reason,
        request_id: None,
    }
}
