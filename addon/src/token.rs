//! `POST /token`: an API access token for a paired program.
//!
//! The programs of a shop share one. It lies in the state file, so that it outlives a restart, and is
//! renewed by one request at a time: who waits for its turn meanwhile takes what the one before it got,
//! also where that was an error. Shoptet keeps at most five alive; one that a program calls refused is
//! replaced only while there is room for the regular renewal as well.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::response::Response;
use chrono::{DateTime, TimeDelta, Utc};
use hyper::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use tokio::time::{Instant, timeout};
use tracing::{info, warn};

use super::answer::{Refusal, json_response};
use super::backend::Backend;
use super::database::{KeptToken, NewToken, Paired, Standing};
use super::metrics::Event;
use super::vault::{Kind, Vault, VaultError};
use caflou_sync::http::HttpError;
use caflou_sync::source::shoptet::oauth::are_all_in_use;
use caflou_sync::state::CachedToken;

/// No token is given out that ends so soon; of one that lives shortly, its last quarter.
const MARGIN: TimeDelta = TimeDelta::minutes(2);
/// Alive at once per OAuth access token, by Shoptet's documentation.
const MOST_ALIVE: usize = 5;
/// How long a program waits for a new token, its turn included.
const PATIENCE: Duration = Duration::from_secs(20);

/// Whose turn it is to renew a shop's token.
#[derive(Debug, Default)]
pub(crate) struct Turns(Mutex<HashMap<u64, Arc<Turn>>>);

/// The turn, and how the last renewal failed.
type Turn = tokio::sync::Mutex<Option<(Instant, Refusal)>>;

impl Turns {
    fn of(&self, eshop_id: u64) -> Arc<Turn> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(turns.entry(eshop_id).or_default())
    }
}

/// Gives a token. `hash` is that of the pairing secret, `refused` one that Shoptet no longer takes.
pub(crate) async fn token(
    backend: &Backend,
    hash: [u8; 32],
    refused: Option<SecretString>,
) -> Result<Response, Refusal> {
    let arrived = Instant::now();
    let paired = backend.paired(hash).await?;
    let refused = refused.as_ref();
    if let Some(token) = backend.usable(&paired, refused)? {
        return Ok(answer(&token));
    }
    let turn = backend.turns.of(paired.eshop_id);
    let renewed = timeout(PATIENCE, async {
        let mut failed = turn.lock().await;
        // All of it may have changed while others had their turn.
        let paired = backend.paired(hash).await?;
        if let Some(token) = backend.usable(&paired, refused)? {
            return Ok(token);
        }
        if let Some((at, refusal)) = failed.as_ref()
            && *at >= arrived
        {
            return Err(refusal.clone());
        }
        let renewed = backend.renew(&paired).await;
        *failed = renewed
            .as_ref()
            .err()
            .map(|refusal| (Instant::now(), refusal.clone()));
        renewed
    });
    let token = renewed.await.unwrap_or_else(|_| Err(unavailable()))?;
    Ok(answer(&token))
}

impl Backend {
    async fn paired(&self, hash: [u8; 32]) -> Result<Paired, Refusal> {
        let paired = self
            .store
            .run(move |database| database.paired(&hash, Utc::now()));
        let paired = paired.await?.ok_or_else(unpaired)?;
        let why = match paired.standing {
            Standing::Approved => return Ok(paired),
            Standing::Suspended => "is paused: the shop or Shoptet suspended it",
            Standing::Terminated => "is ended: the shop or Shoptet terminated it",
        };
        let message = format!(
            "the add-on {why}; it can be resumed in the administration of e-shop {}, among the add-ons",
            paired.eshop_id
        );
        Err(Refusal::new(StatusCode::FORBIDDEN, "suspended", message))
    }

    /// The token that is kept, if it is good for a while and not the refused one.
    fn usable(
        &self,
        paired: &Paired,
        refused: Option<&SecretString>,
    ) -> Result<Option<CachedToken>, Refusal> {
        let Some(kept) = &paired.token else {
            return Ok(None);
        };
        if Utc::now() >= kept.renew_at {
            return Ok(None);
        }
        let token = self
            .vault
            .open(Kind::AccessToken, paired.eshop_id, &kept.token)?;
        let same = |refused: &SecretString| refused.expose_secret() == token.expose_secret();
        if refused.is_some_and(same) {
            return Ok(None);
        }
        Ok(Some(CachedToken {
            renewable: true,
            token,
            expires_at: kept.expires_at,
        }))
    }

    /// Asks Shoptet for a token and keeps it.
    async fn renew(&self, paired: &Paired) -> Result<CachedToken, Refusal> {
        let eshop_id = paired.eshop_id;
        self.leave_room(paired).await?;
        let oauth_token = self
            .vault
            .open(Kind::OauthToken, eshop_id, &paired.oauth_token)?;
        let asked_at = Utc::now();
        let fetched = self
            .oauth
            .access_token(&self.client.token_url, &oauth_token)
            .await;
        let token = fetched.map_err(|reason| self.not_fetched(eshop_id, &reason))?;
        self.metrics.count(Event::TokenFetched, "given");
        info!(eshop_id, "a new API access token");
        let new = NewToken {
            eshop_id,
            oauth_token: paired.oauth_token.clone(),
            token: sealed(&self.vault, eshop_id, &token, asked_at)?,
        };
        let kept = self
            .store
            .run(move |database| database.keep_token(&new, Utc::now()));
        // The shop went, or came anew, while Shoptet was asked: this is not its token any more.
        if kept.await? {
            Ok(token)
        } else {
            Err(unpaired())
        }
    }

    /// Refuses where one token more would be one too many.
    async fn leave_room(&self, paired: &Paired) -> Result<(), Refusal> {
        let (eshop_id, now) = (paired.eshop_id, Utc::now());
        let ends = self
            .store
            .run(move |database| database.token_ends(eshop_id, now))
            .await?;
        let regular = paired
            .token
            .as_ref()
            .is_none_or(|kept| now >= kept.renew_at);
        let most = if regular { MOST_ALIVE } else { MOST_ALIVE - 1 };
        if ends.len() < most {
            return Ok(());
        }
        let wait = ends.first().map_or(TimeDelta::zero(), |end| *end - now);
        warn!(
            eshop_id,
            "as many tokens are alive as Shoptet keeps; no new one is asked for"
        );
        let message = "too many tokens were called refused; wait until the oldest runs out";
        Err(
            Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "too-many-tokens", message)
                .after(wait.to_std().unwrap_or_default()),
        )
    }

    fn not_fetched(&self, eshop_id: u64, reason: &HttpError) -> Refusal {
        warn!(eshop_id, %reason, "no API access token");
        if are_all_in_use(reason) {
            self.metrics.count(Event::TokenFetched, "failed");
            let message = "as many tokens are valid as Shoptet allows; the oldest runs out within \
                           half an hour";
            return Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "too-many-tokens", message)
                .after(Duration::from_mins(1));
        }
        if reason.is_access() {
            self.metrics.count(Event::TokenFetched, "refused");
            let message = format!(
                "Shoptet no longer lets the add-on into e-shop {eshop_id}: look at the add-ons in its \
                 administration, install the add-on again if it is gone, and pair with the new code"
            );
            return Refusal::new(StatusCode::UNAUTHORIZED, "unpaired", message);
        }
        self.metrics.count(Event::TokenFetched, "failed");
        unavailable()
    }
}

/// A token as it is kept.
pub(crate) fn sealed(
    vault: &Vault,
    eshop_id: u64,
    token: &CachedToken,
    asked_at: DateTime<Utc>,
) -> Result<KeptToken, VaultError> {
    let life = token.expires_at - asked_at;
    Ok(KeptToken {
        token: vault.seal(Kind::AccessToken, eshop_id, &token.token)?,
        renew_at: token.expires_at - MARGIN.min(life / 4),
        expires_at: token.expires_at,
    })
}

fn answer(token: &CachedToken) -> Response {
    let left = (token.expires_at - Utc::now()).num_seconds().max(0);
    let body = json!({"access_token": token.token.expose_secret(), "expires_in": left});
    json_response(StatusCode::OK, &body)
}

/// The same for a secret that never was one and for one whose pairing ended.
pub(crate) fn unpaired() -> Refusal {
    let message = "the add-on was uninstalled, or the pairing was removed; pair again with a new \
                   pairing code";
    Refusal::new(StatusCode::UNAUTHORIZED, "unpaired", message)
}

fn unavailable() -> Refusal {
    let message = "Shoptet gives no token at the moment; try again in a few minutes";
    Refusal::new(StatusCode::BAD_GATEWAY, "shoptet-unavailable", message)
}
