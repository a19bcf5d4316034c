//! Where a shop is at home, asked with an API access token at hand (`GET /api/eshop`).

use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::answer::open;
use super::envelope::explain;
use crate::http::{Call, Door, DoorOptions, HttpError, Lane, Policy, Repeat, Stop};
use crate::record::Json;

/// The way to the API for who only wants to know that. One is enough for all shops of a process.
#[derive(Debug, Clone)]
pub struct Countries {
    door: Door,
    url: Url,
}

impl Countries {
    /// Nothing was asked for yet. `timeout` is for one attempt; `policy` says how often one is repeated.
    ///
    /// # Errors
    /// When the system's certificates cannot be read.
    pub fn new(
        api_url: &Url,
        timeout: Duration,
        policy: Policy,
        lane: Arc<Lane>,
        stop: Stop,
    ) -> Result<Self, HttpError> {
        // Required on every request, GET included.
        let json = HeaderValue::from_static("application/json");
        let options = DoorOptions {
            service: "Shoptet",
            timeout,
            headers: HeaderMap::from_iter([(CONTENT_TYPE, json)]),
            explain,
            policy,
        };
        let mut url = api_url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["api", "eshop"]);
        }
        Ok(Self {
            door: Door::new(options, lane, stop)?,
            url,
        })
    }

    /// `billingInformation.country.countryCode`: two capital letters; `None` where the answer has none.
    ///
    /// # Errors
    /// When there is no answer, or the token is refused.
    pub async fn country(&self, token: &SecretString) -> Result<Option<String>, HttpError> {
        let garbled = |reason: String| HttpError::Garbled {
            service: "Shoptet",
            method: Method::GET,
            path: self.url.path().to_owned(),
            reason,
            request_id: None,
        };
        let header = HeaderValue::from_str(token.expose_secret());
        let mut header = header.map_err(|error| garbled(error.to_string()))?;
        header.set_sensitive(true);
        let call = Call {
            method: Method::GET,
            url: self.url.clone(),
            headers: vec![(HeaderName::from_static("shoptet-access-token"), header)],
            body: None,
            repeat: Repeat::Safe,
        };
        let answer = self.door.send(call, || Ok(())).await?;
        let text = String::from_utf8_lossy(&answer.body);
        let Json(data) = open(&text).map_err(|unusable| garbled(unusable.reason))?;
        let code = data["billingInformation"]["country"]["countryCode"].as_str();
        let code = code.map(|code| code.trim().to_ascii_uppercase());
        Ok(code.filter(|code| !code.is_empty()))
    }
}
