//! What Shoptet asks of an add-on's backend: the installation call, and signed webhooks.

use std::sync::mpsc;
use std::time::Duration;

use caflou_sync::http::Clients;
use ring::hmac::{HMAC_SHA1_FOR_LEGACY_USE_ONLY, Key, sign};
use serde_json::{Value, json};

use super::Sandbox;

/// How long an installation call may take.
const INSTALLATION: Duration = Duration::from_secs(5);
/// How long a webhook may take.
const WEBHOOK: Duration = Duration::from_secs(4);

/// What the backend answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// The status; 0: no answer in time.
    pub status: u16,
    /// The body.
    pub body: String,
}

/// A webhook as it is sent.
#[derive(Debug, Clone)]
pub struct Notification {
    /// The raw body.
    pub body: String,
    /// `Shoptet-Webhook-Signature`; none: the header is left out.
    pub signature: Option<String>,
}

impl Notification {
    /// A notification whose signature is of this key.
    pub fn signed(body: String, key: &str) -> Self {
        let key = Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, key.as_bytes());
        let digest = sign(&key, body.as_bytes());
        let hex = digest.as_ref().iter().map(|byte| format!("{byte:02x}"));
        let signature = Some(hex.collect());
        Self { body, signature }
    }
}

impl Sandbox {
    /// The shop's owner installs the add-on: `GET <address>?code=…`. Unless that is answered with
    /// 200 in time, after the code was exchanged, there is no installation.
    pub fn install(&self, eshop_id: u64, address: &str) -> Heard {
        let code = self.install_code(eshop_id);
        let before = self.addon().shop(eshop_id).oauth_token.clone();
        let heard = self.call_install(address, &code);
        let mut addon = self.addon();
        let exchanged = addon.shop(eshop_id).oauth_token != before;
        if exchanged && heard.status != 200 {
            addon.uninstall(eshop_id);
        }
        heard
    }

    /// The call of an installation with any code.
    pub fn call_install(&self, address: &str, code: &str) -> Heard {
        let mut url = url::Url::parse(address).expect("the address of installations");
        url.query_pairs_mut().append_pair("code", code);
        self.fetch(INSTALLATION, move |client| client.get(url))
    }

    /// A notification of an event of the add-on in this shop, now.
    pub fn notification(&self, eshop_id: u64, event: &str) -> Notification {
        let created = self.now().format("%Y-%m-%dT%H:%M:%S%z").to_string();
        // the one is text, the others are numbers, by the vendor's examples
        let instance: Value = match event {
            "addon:uninstall" => json!(eshop_id.to_string()),
            _ => json!(eshop_id),
        };
        let body = json!({
            "eshopId": eshop_id,
            "event": event,
            "eventCreated": created,
            "eventInstance": instance,
        });
        Notification::signed(body.to_string(), self.addon().key_of(eshop_id))
    }

    /// Sends a notification once; it may be sent again, as Shoptet does up to three times.
    pub fn send(&self, address: &str, notification: &Notification) -> Heard {
        let (address, sent) = (address.to_owned(), notification.clone());
        self.fetch(WEBHOOK, move |client| {
            let request = client
                .post(address)
                .header("content-type", "application/json");
            let request = match sent.signature {
                Some(signature) => request.header("shoptet-webhook-signature", signature),
                None => request,
            };
            request.body(sent.body)
        })
    }

    /// The shop's owner takes the add-on away; its tokens die. Tells the backend, if an address is
    /// given.
    pub fn uninstall(&self, eshop_id: u64, address: Option<&str>) -> Option<Heard> {
        let notification = self.notification(eshop_id, "addon:uninstall");
        self.addon().uninstall(eshop_id);
        address.map(|address| self.send(address, &notification))
    }

    /// The add-on is paused in this shop, or let in again. Tells the backend, if an address is given.
    pub fn suspend(&self, eshop_id: u64, suspended: bool, address: Option<&str>) -> Option<Heard> {
        self.addon().shop(eshop_id).suspended = suspended;
        let event = if suspended {
            "addon:suspend"
        } else {
            "addon:approve"
        };
        let notification = self.notification(eshop_id, event);
        address.map(|address| self.send(address, &notification))
    }

    /// Sends a request from the sandbox's own threads, and waits for its answer.
    fn fetch(
        &self,
        timeout: Duration,
        request: impl FnOnce(reqwest::Client) -> reqwest::RequestBuilder + Send + 'static,
    ) -> Heard {
        let (sender, answer) = mpsc::channel();
        self.runtime.spawn(async move {
            let clients = Clients::new(timeout, &reqwest::header::HeaderMap::new());
            let here = "http://localhost".parse().expect("a URL");
            let client = clients.expect("a client").to(&here).clone();
            let heard = match request(client).send().await {
                Ok(response) => {
                    let status = response.status().as_u16();
                    let body = response.text().await.ok();
                    body.map(|body| Heard { status, body })
                }
                Err(_) => None,
            };
            sender.send(heard).ok();
        });
        let nothing = || Heard {
            status: 0,
            body: String::new(),
        };
        answer.recv().ok().flatten().unwrap_or_else(nothing)
    }
}
