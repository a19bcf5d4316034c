//! The add-on as Shoptet sees it: which shops have it, its OAuth server, what signs its webhooks.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::http::{Call, Reply};
use super::limits::{Standing, TokenDesk};

/// Characters of an installation code and of an OAuth access token.
const LONG: usize = 255;

/// A shop that has, had or may have the add-on.
#[derive(Debug)]
pub struct Tenant {
    /// Its number.
    pub eshop_id: u64,
    /// The owner's e-mail address.
    pub contact_email: String,
    /// Country of its invoicing address, two letters.
    pub country: String,
    /// What signs webhooks for this shop, once `POST /api/webhooks/renew-signature-key` made it.
    pub signature_key: Option<String>,
    /// The add-on is paused: it stays installed, but is not let in.
    pub suspended: bool,
    /// The OAuth access token; `None`: the shop has no add-on.
    pub oauth_token: Option<String>,
    /// API access tokens it was given.
    pub desk: TokenDesk,
}

/// A code that may be exchanged.
#[derive(Debug)]
struct Code {
    eshop_id: u64,
    until: DateTime<Utc>,
}

/// The add-on of one partner.
#[derive(Debug)]
pub struct Addon {
    /// Its number at the OAuth server.
    pub client_id: String,
    /// Its secret, where one is set.
    pub client_secret: Option<String>,
    /// Its address, to the letter.
    pub redirect_uri: String,
    /// What signs webhooks for shops that have no key of their own.
    pub signature_key: String,
    /// How long a code is good.
    pub code_life: TimeDelta,
    shops: BTreeMap<u64, Tenant>,
    codes: BTreeMap<String, Code>,
    made: u64,
}

/// Why the OAuth server refuses: status, error, description.
pub type Problem = (u16, &'static str, &'static str);

impl Tenant {
    fn new(eshop_id: u64) -> Self {
        Self {
            eshop_id,
            contact_email: format!("owner-{eshop_id}@example.cz"),
            country: "CZ".into(),
            signature_key: None,
            suspended: false,
            oauth_token: None,
            desk: TokenDesk::default(),
        }
    }

    /// Its address for people.
    pub fn url(&self) -> String {
        format!("https://{}.myshoptet.com", self.eshop_id)
    }

    /// What `GET /api/eshop` says of it, in place of what it says of the first shop.
    pub fn introduce(&self, data: &mut Value) {
        data["billingInformation"]["country"]["countryCode"] = json!(self.country);
        if data["contactInformation"]["eshopId"] != json!(self.eshop_id) {
            data["contactInformation"]["eshopId"] = json!(self.eshop_id);
            data["contactInformation"]["eshopName"] = json!(format!("E-shop {}", self.eshop_id));
            data["contactInformation"]["url"] = json!(self.url());
        }
    }

    /// The add-on is gone: no token of it is good any more.
    fn uninstall(&mut self) {
        self.oauth_token = None;
        self.suspended = false;
        self.signature_key = None;
        self.desk.revoke();
    }
}

impl Addon {
    /// An add-on that one shop has already.
    pub fn new(eshop_id: u64, oauth_token: &str) -> Self {
        let mut first = Tenant::new(eshop_id);
        first.oauth_token = Some(oauth_token.to_owned());
        Self {
            client_id: "0123456789abcdef".into(),
            client_secret: Some("addon-secret-7c1e9a".into()),
            redirect_uri: "https://addon.example.com/install".into(),
            signature_key: "8a5e881b19ad6cc0bc986587b22e30be".into(),
            code_life: TimeDelta::minutes(1),
            shops: BTreeMap::from([(eshop_id, first)]),
            codes: BTreeMap::new(),
            made: 0,
        }
    }

    /// A shop more, without the add-on. It has a name and an address, but no orders.
    pub fn add_shop(&mut self, eshop_id: u64) -> &mut Tenant {
        self.shops
            .entry(eshop_id)
            .or_insert_with(|| Tenant::new(eshop_id))
    }

    /// A shop; panics where there is none of this number.
    pub fn shop(&mut self, eshop_id: u64) -> &mut Tenant {
        self.shops.get_mut(&eshop_id).expect("a shop of the add-on")
    }

    /// The shop of a number.
    pub fn tenant(&self, eshop_id: u64) -> Option<&Tenant> {
        self.shops.get(&eshop_id)
    }

    /// A code for an installation in this shop.
    pub fn install_code(&mut self, eshop_id: u64, now: DateTime<Utc>) -> String {
        let code = self.secret();
        let until = now + self.code_life;
        self.codes.insert(code.clone(), Code { eshop_id, until });
        code
    }

    /// A shop takes the add-on away.
    pub fn uninstall(&mut self, eshop_id: u64) {
        self.shop(eshop_id).uninstall();
    }

    /// `POST /action/ApiOAuthServer/token`. A code that was presented is used up, whatever the answer.
    pub fn exchange(&mut self, call: &Call, now: DateTime<Utc>) -> Result<Value, Problem> {
        if !call.says_json() {
            return Err((400, "invalid_request", "The body has to be JSON."));
        }
        let body: Value = serde_json::from_slice(&call.body).unwrap_or_default();
        let text = |name: &str| body[name].as_str();
        let code = text("code").and_then(|code| self.codes.remove(code));
        if text("grant_type") != Some("authorization_code") {
            return Err((400, "unsupported_grant_type", "Unsupported grant type."));
        }
        if text("scope") != Some("api") {
            return Err((400, "invalid_scope", "The scope is not supported."));
        }
        let known = text("client_id") == Some(self.client_id.as_str())
            && text("client_secret") == self.client_secret.as_deref();
        if !known {
            return Err((401, "invalid_client", "The client is not known."));
        }
        if text("redirect_uri") != Some(self.redirect_uri.as_str()) {
            let message = "The redirect URI is missing or does not match.";
            return Err((400, "redirect_uri_mismatch", message));
        }
        let code = code.filter(|code| now < code.until);
        let Some(Code { eshop_id, .. }) = code else {
            let message = "Authorization code doesn't exist or is invalid.";
            return Err((400, "invalid_grant", message));
        };
        let token = self.secret();
        let shop = self.shop(eshop_id);
        shop.uninstall();
        shop.oauth_token = Some(token.clone());
        Ok(json!({
            "access_token": token,
            "expires_in": null,
            "token_type": "bearer",
            "scope": "api",
            "eshopId": eshop_id,
            "eshopUrl": shop.url(),
            "contactEmail": shop.contact_email,
        }))
    }

    /// `GET /action/ApiOAuthServer/getAccessToken`
    pub fn access_token(
        &mut self,
        call: &Call,
        now: DateTime<Utc>,
        life: TimeDelta,
    ) -> Result<String, Problem> {
        let invalid = (401, "invalid_token", "The OAuth access token is not valid.");
        let bearer = call
            .header("authorization")
            .and_then(|value| value.strip_prefix("Bearer "))
            .ok_or(invalid)?;
        let mut shops = self.shops.values_mut();
        let shop = shops.find(|shop| shop.oauth_token.as_deref() == Some(bearer));
        let shop = shop.ok_or(invalid)?;
        if shop.suspended {
            return Err(invalid);
        }
        let token = shop.desk.mint_addon(shop.eshop_id, now, life);
        token.ok_or((403, "max_tokens", "The maximum of valid tokens is reached."))
    }

    /// Whose API access token it is, and what it is worth.
    pub fn standing(&self, token: &str, now: DateTime<Utc>) -> (u64, Standing) {
        let number = token.split('-').next().and_then(|id| id.parse().ok());
        let shop = number.and_then(|id| self.shops.get(&id));
        shop.map_or((0, Standing::Unknown), |shop| {
            let standing = if shop.suspended {
                Standing::Unknown
            } else {
                shop.desk.standing(token, now)
            };
            (shop.eshop_id, standing)
        })
    }

    /// `POST /api/webhooks/renew-signature-key`
    pub fn renew_signature_key(&mut self, eshop_id: u64) -> String {
        let key: String = self.secret().chars().take(32).collect();
        let key = key.to_ascii_lowercase();
        self.shop(eshop_id).signature_key = Some(key.clone());
        key
    }

    /// What signs webhooks for a shop.
    pub fn key_of(&self, eshop_id: u64) -> &str {
        let own = self.shops.get(&eshop_id);
        own.and_then(|shop| shop.signature_key.as_deref())
            .unwrap_or(&self.signature_key)
    }

    fn secret(&mut self) -> String {
        self.made += 1;
        let mut rng = fastrand::Rng::with_seed(self.made.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        (0..LONG).map(|_| rng.alphanumeric()).collect()
    }
}

/// A refusal as the OAuth server writes it.
pub fn refusal((status, error, description): Problem) -> Reply {
    let body = json!({ "error": error, "error_description": description });
    Reply::json(status, &body)
}
