//! `GET /install?code=…`: a shop installs the add-on.
//!
//! Shoptet waits five seconds and takes any answer but 200 for a failed installation. The installation
//! code is good once, so what it gave is stored before anything else is tried. Then the owner is written
//! to; only when the mail server has taken the letter the answer is 200. Where it is too slow, the answer
//! is an error and the owner installs once more, which replaces this installation cleanly; where Shoptet
//! kept it nevertheless, `caflou-sync-addon new-code` makes a new code.
//!
//! Anybody may make codes up, and each takes as long as Shoptet takes to refuse it: so the few places for
//! installations are shared out between addresses.

use std::net::IpAddr;
use std::time::Duration;

use axum::response::Response;
use chrono::{DateTime, TimeDelta, Utc};
use hyper::StatusCode;
use secrecy::SecretString;
use serde_json::json;
use tokio::time::{Instant, timeout, timeout_at};
use tracing::{error, info, warn};

use super::address::line;
use super::answer::{Refusal, json_response};
use super::backend::Backend;
use super::database::{NewShop, NewToken};
use super::letter::{Contents, Language, post};
use super::metrics::Event;
use super::token::sealed;
use super::vault::Kind;
use caflou_sync::http::HttpError;
use caflou_sync::pairing::PairingCode;
use caflou_sync::source::shoptet::oauth::Installation;

/// How long all of it may take; Shoptet waits five seconds, the network takes its part.
const LIMIT: Duration = Duration::from_millis(4600);
/// How long of that may be waited for others' installations.
const PATIENCE: Duration = Duration::from_millis(800);
/// How long the shop's country may be looked for: without it, the address decides on the language.
const COUNTRY_LIMIT: Duration = Duration::from_millis(900);
/// No installation code is longer; Shoptet's have 255 characters.
const LONGEST_CODE: usize = 512;
/// For how long a pairing code is good.
pub const CODE_LIFE: TimeDelta = TimeDelta::days(14);

/// Installs.
pub(crate) async fn install(
    backend: &Backend,
    client: IpAddr,
    code: Option<&str>,
) -> Result<Response, Refusal> {
    let code = code.filter(|code| {
        let plausible = code.bytes().all(|byte| byte.is_ascii_graphic());
        !code.is_empty() && code.len() <= LONGEST_CODE && plausible
    });
    let code = code.ok_or_else(|| Refusal::bad("an installation code is missing (?code=…)"))?;
    let deadline = Instant::now() + LIMIT;
    let place = timeout(PATIENCE, backend.installing.enter(line(client))).await;
    let outcome = match place {
        Ok(Some(_place)) => installed(backend, code, deadline).await,
        Ok(None) | Err(_) => Err(busy()),
    };
    let word = outcome
        .as_ref()
        .map_or_else(|refusal| refusal.code, |_| "done");
    backend.metrics.count(Event::Installation, word);
    outcome
}

async fn installed(backend: &Backend, code: &str, deadline: Instant) -> Result<Response, Refusal> {
    let exchange = backend.install_oauth.exchange_code(&backend.client, code);
    let installation = timeout_at(deadline, exchange).await;
    let installation = installation.map_err(|_| not_exchanged("no answer in time"))?;
    let installation = installation.map_err(|reason| refused(&reason))?;
    let eshop_id = installation.eshop_id;
    let kept = keep(backend, &installation).await?;
    info!(eshop_id, "a shop installed the add-on");
    let language = language(backend, &installation, kept.oauth_token, deadline).await;
    let contents = Contents {
        eshop_id,
        shop_url: &installation.eshop_url,
        code: &kept.code,
        until: kept.until,
        public_url: &backend.config.public_url,
    };
    let left = deadline.saturating_duration_since(Instant::now());
    let login = backend.mail_login.as_ref();
    let contact = SecretString::from(installation.contact_email.as_str());
    let letter = post(
        &backend.config.mail,
        login,
        &contact,
        language,
        &contents,
        left,
    );
    let reason = match timeout_at(deadline, letter).await {
        Ok(Ok(())) => {
            backend.metrics.count(Event::Mail, "sent");
            let body = json!({"eshop_id": eshop_id, "installed": true});
            return Ok(json_response(StatusCode::OK, &body));
        }
        Ok(Err(error)) => error.to_string(),
        Err(_) => "the mail server was too slow".to_owned(),
    };
    backend.metrics.count(Event::Mail, "failed");
    error!(
        eshop_id,
        reason,
        "the e-mail with the pairing code was not sent: the owner has to install once more, or: \
         caflou-sync-addon new-code"
    );
    let message =
        "the e-mail with the pairing code could not be sent; install the add-on once more";
    Err(Refusal::new(
        StatusCode::BAD_GATEWAY,
        "mail-failed",
        message,
    ))
}

/// What was stored.
struct Kept {
    code: PairingCode,
    until: DateTime<Utc>,
    /// The OAuth access token, encrypted.
    oauth_token: Vec<u8>,
}

/// Stores the shop with a new pairing code, durably.
async fn keep(backend: &Backend, installation: &Installation) -> Result<Kept, Refusal> {
    let vault = &backend.vault;
    let eshop_id = installation.eshop_id;
    let code = vault.new_code()?;
    let contact = SecretString::from(installation.contact_email.as_str());
    let oauth_token = vault.seal(Kind::OauthToken, eshop_id, &installation.oauth_token)?;
    let shop = NewShop {
        eshop_id,
        url: installation.eshop_url.clone(),
        contact: vault.seal(Kind::Contact, eshop_id, &contact)?,
        oauth_token: oauth_token.clone(),
    };
    let now = Utc::now();
    let (hash, until) = (vault.code_hash(eshop_id, &code), now + CODE_LIFE);
    let kept = backend.store.run(move |database| {
        database.install(&shop, now)?;
        database.set_code(eshop_id, &hash, until)
    });
    kept.await?;
    Ok(Kept {
        code,
        until,
        oauth_token,
    })
}

/// The language of the shop's country. The API access token that this takes is kept for the first
/// program.
async fn language(
    backend: &Backend,
    installation: &Installation,
    oauth_token: Vec<u8>,
    deadline: Instant,
) -> Language {
    let limit = deadline.min(Instant::now() + COUNTRY_LIMIT);
    let country = timeout_at(limit, country(backend, installation, oauth_token)).await;
    let country = country.unwrap_or_default();
    let eshop_id = installation.eshop_id;
    if country.is_none() {
        warn!(
            eshop_id,
            "the shop's country is not known: its address decides on the language"
        );
    }
    let language = Language::of(country.as_deref(), &installation.eshop_url);
    let noted = backend
        .store
        .run(move |database| database.set_language(eshop_id, language.as_str()));
    // Only a later letter would be in another language; the thread has logged why.
    let _ = noted.await;
    language
}

async fn country(
    backend: &Backend,
    installation: &Installation,
    oauth_token: Vec<u8>,
) -> Option<String> {
    let url = &backend.client.token_url;
    let token = backend
        .install_oauth
        .access_token(url, &installation.oauth_token)
        .await
        .ok()?;
    let new = NewToken {
        eshop_id: installation.eshop_id,
        oauth_token,
        token: sealed(&backend.vault, installation.eshop_id, &token, Utc::now()).ok()?,
    };
    let kept = backend
        .store
        .run(move |database| database.keep_token(&new, Utc::now()));
    // Without it, the first program asks Shoptet for one more.
    let _ = kept.await;
    let country = backend.countries.country(&token.token).await;
    country.ok().flatten()
}

fn busy() -> Refusal {
    let message = "too many installations at once; try again";
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "busy", message).after(Duration::from_secs(5))
}

fn refused(reason: &HttpError) -> Refusal {
    // 429 says nothing of the code.
    let refuses =
        |status: StatusCode| status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS;
    if reason.status().is_some_and(refuses) {
        // An unknown code is anybody's; a client that is not known is the operator's business.
        warn!(%reason, "an installation code was refused");
        let message =
            "Shoptet does not accept this installation code; install the add-on once more";
        return Refusal::new(StatusCode::FORBIDDEN, "wrong-code", message);
    }
    not_exchanged(&reason.to_string())
}

fn not_exchanged(reason: &str) -> Refusal {
    error!(reason, "an installation code could not be exchanged");
    let message = "Shoptet's OAuth server cannot be reached; install the add-on once more";
    Refusal::new(StatusCode::BAD_GATEWAY, "shoptet-unavailable", message)
}
