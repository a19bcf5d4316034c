//! Which request goes where, and what is refused before it gets there.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::header::AUTHORIZATION;
use hyper::{HeaderMap, Method, StatusCode};
use secrecy::SecretString;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::time::{Instant, timeout};
use tracing::{debug, info};

use super::answer::{Refusal, json_response, text_response};
use super::backend::Backend;
use super::database::Database;
use super::places::Place;
use super::vault::secret_hash;
use super::{address, install, pair, token, webhook};

/// No request has a larger body.
const LARGEST_BODY: usize = 16 * 1024;
/// How long a body may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(10);

/// A request with its body.
struct Asked {
    head: Parts,
    body: Bytes,
    client: IpAddr,
}

/// Who asks; an extension of each request.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) peer: IpAddr,
    pub(crate) place: Arc<Place>,
}

type Shared = State<Arc<Backend>>;

/// What everybody may ask for. Requests carry their [`Caller`].
pub(crate) fn routes(backend: Arc<Backend>) -> Router {
    let install = |state: Shared, asked| answer("/install", state, asked, on_install);
    let pair = |state: Shared, asked| answer("/pair", state, asked, on_pair);
    let token = |state: Shared, asked| answer("/token", state, asked, on_token);
    let webhook = |state: Shared, asked| answer("/webhooks/addon", state, asked, on_webhook);
    let health = |state: Shared, asked| answer("/healthz", state, asked, on_health);
    Router::new()
        .route("/install", get(install))
        .route("/pair", post(pair))
        .route("/token", post(token))
        .route("/webhooks/addon", post(webhook))
        .route("/healthz", get(health))
        .fallback(|| async { nothing_here() })
        .method_not_allowed_fallback(|| async { not_that_way() })
        .with_state(backend)
}

/// What is at the address of the metrics. Requests carry their [`Caller`].
pub(crate) fn metrics_routes(backend: Arc<Backend>) -> Router {
    let metrics = |state: Shared, asked| answer("/metrics", state, asked, on_metrics);
    Router::new()
        .route("/metrics", get(metrics))
        .fallback(|| async { nothing_here() })
        .method_not_allowed_fallback(|| async { not_that_way() })
        .with_state(backend)
}

/// Reads the request, has it answered, counts it and logs it: without its address, query, headers and
/// body.
async fn answer<F>(
    route: &'static str,
    State(backend): State<Arc<Backend>>,
    request: Request,
    handle: impl FnOnce(Arc<Backend>, Asked) -> F,
) -> Response
where
    F: Future<Output = Result<Response, Refusal>>,
{
    let began = Instant::now();
    let answered = admitted(&backend, request, handle).await;
    let response = answered.unwrap_or_else(IntoResponse::into_response);
    let (status, took) = (response.status().as_u16(), began.elapsed());
    backend.metrics.request(route, status, took);
    let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    // What monitoring asks all day long is of no interest.
    if matches!(route, "/healthz" | "/metrics") {
        debug!(route, status, millis, "request");
    } else {
        info!(route, status, millis, "request");
    }
    response
}

/// Has a request answered once it is there whole, unless too many of its address are under way.
async fn admitted<F>(
    backend: &Arc<Backend>,
    request: Request,
    handle: impl FnOnce(Arc<Backend>, Asked) -> F,
) -> Result<Response, Refusal>
where
    F: Future<Output = Result<Response, Refusal>>,
{
    let (head, body) = request.into_parts();
    let caller = head.extensions.get::<Caller>().cloned();
    let Caller { peer, place } = caller.ok_or_else(Refusal::unavailable)?;
    let config = &backend.config;
    let client = address::client(peer, &head.headers, &config.trusted_proxies);
    let most = config.limits.connections_per_address;
    let share = backend.under_way.take(address::line(client), most);
    let _share = share.ok_or_else(too_many)?;
    let body = read(body).await?;
    let _answering = place.answering().ok_or_else(too_many)?;
    handle(Arc::clone(backend), Asked { head, body, client }).await
}

async fn read(body: Body) -> Result<Bytes, Refusal> {
    let whole = timeout(BODY_TIME, Limited::new(body, LARGEST_BODY).collect()).await;
    let whole = whole.map_err(|_| {
        Refusal::new(
            StatusCode::REQUEST_TIMEOUT,
            "too-slow",
            "the body did not arrive in time",
        )
    })?;
    let whole = whole.map_err(|error| {
        if error.is::<LengthLimitError>() {
            let message = format!("the body is larger than {LARGEST_BODY} bytes");
            Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", message)
        } else {
            Refusal::bad("the body did not arrive whole")
        }
    })?;
    Ok(whole.to_bytes())
}

async fn on_install(backend: Arc<Backend>, asked: Asked) -> Result<Response, Refusal> {
    // axum answers HEAD like GET; but who only looks must not use up a code.
    if asked.head.method == Method::HEAD {
        return Err(not_that_way());
    }
    let query = asked.head.uri.query().unwrap_or_default();
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    let code = pairs.find(|(name, _)| name == "code").map(|(_, code)| code);
    install::install(&backend, asked.client, code.as_deref()).await
}

async fn on_pair(backend: Arc<Backend>, asked: Asked) -> Result<Response, Refusal> {
    let request = json_body(&asked.body)?;
    pair::pair(&backend, asked.client, request).await
}

async fn on_token(backend: Arc<Backend>, asked: Asked) -> Result<Response, Refusal> {
    #[derive(Deserialize, Default)]
    struct Wish {
        refused: Option<SecretString>,
    }
    let hash = bearer(&asked.head.headers).ok_or_else(token::unpaired)?;
    let wish = if asked.body.is_empty() {
        Wish::default()
    } else {
        json_body(&asked.body)?
    };
    token::token(&backend, hash, wish.refused).await
}

async fn on_webhook(backend: Arc<Backend>, asked: Asked) -> Result<Response, Refusal> {
    let signature = asked.head.headers.get(webhook::SIGNATURE);
    let signature = signature.and_then(|value| value.to_str().ok());
    webhook::webhook(&backend, signature, &asked.body).await
}

/// Whether it listens and its state file can be used.
async fn on_health(backend: Arc<Backend>, _: Asked) -> Result<Response, Refusal> {
    backend.store.run(Database::counts).await?;
    Ok(json_response(StatusCode::OK, &json!({"status": "ok"})))
}

async fn on_metrics(backend: Arc<Backend>, _: Asked) -> Result<Response, Refusal> {
    let (shops, pairings) = backend.store.run(Database::counts).await?;
    let text = backend.metrics.text(shops, pairings);
    Ok(text_response(
        StatusCode::OK,
        "text/plain; version=0.0.4",
        text,
    ))
}

/// What is kept of the pairing secret in the header.
fn bearer(headers: &HeaderMap) -> Option<[u8; 32]> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, secret) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    secret_hash(secret.trim())
}

/// The body as JSON. The reason repeats nothing of it.
fn json_body<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| {
        let message = format!(
            "the body is not the JSON of this request (line {})",
            error.line()
        );
        Refusal::bad(message)
    })
}

fn too_many() -> Refusal {
    let message = "too many requests at once from your address; try again";
    Refusal::new(StatusCode::TOO_MANY_REQUESTS, "too-many-requests", message)
        .after(Duration::from_secs(1))
}

fn nothing_here() -> Refusal {
    let message = "there is nothing at this address; see docs/addon.md";
    Refusal::new(StatusCode::NOT_FOUND, "not-found", message)
}

fn not_that_way() -> Refusal {
    let message = "this address is asked with another method";
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "wrong-method", message)
}
