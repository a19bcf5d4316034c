//! A paired program: the code becomes a pairing secret, the secret access tokens.

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::ExposeSecret;
use url::Url;

use super::*;
use crate::pairing::PairingCode;
use crate::source::shoptet::pairing::{PairError, Paired, pair};

const SECRET: &str = "pairing-secret";

/// A client of a shop that is paired with this backend. It is not patient.
fn paired(api: &Script, backend: &Url, folder: &TempDir) -> Client {
    let lane = Lane::new(LaneOptions {
        pace: PACE,
        ..LaneOptions::default()
    });
    Client::new(ClientOptions {
        api_url: api.url.clone(),
        credentials: Credentials::Pairing {
            secret: SECRET.into(),
            addon_url: backend.clone(),
        },
        cache: Cache::new(folder.path().to_owned()),
        policy: Policy::attended(),
        lane: Arc::new(lane),
        stop: Stopper::default().listener(),
    })
    .unwrap()
}

fn token(text: &str) -> Reply {
    Reply::new(200, json!({"access_token": text, "expires_in": 1200}))
}

fn error(status: u16, code: &str, message: &str) -> Reply {
    Reply::new(status, json!({"error": code, "message": message}))
}

fn expired() -> Reply {
    refusal(401, "expired-token", "Token expired.")
}

/// What a client says that wants to know its shop, without the ports of this test.
async fn said(client: &Client, backend: &Script) -> String {
    let error = client.shop(222_651).await.unwrap_err();
    let class = match &error {
        SourceError::Access(_) => "access",
        SourceError::Service(_) => "service",
        other => panic!("neither access nor service: {other:?}"),
    };
    let port = backend.url.port().unwrap().to_string();
    format!("{class}: {error}").replace(&port, "PORT")
}

#[tokio::test]
async fn the_pairing_secret_goes_to_the_backend_only_and_the_access_token_to_the_api_only() {
    let folder = TempDir::new().unwrap();
    let backend = Script::new([token("222651-a-1")]).await;
    let api = Script::new([eshop(), eshop()]).await;
    let below = backend.url.join("caflou/").unwrap();
    for _ in 0..2 {
        paired(&api, &below, &folder).shop(222_651).await.unwrap();
    }
    assert_eq!(backend.lines(), ["POST /caflou/token"]);
    let asked = &backend.asked()[0];
    assert_eq!(asked.header("authorization"), Some("Bearer pairing-secret"));
    assert_eq!(asked.header("content-type"), Some("application/json"));
    assert_eq!(asked.body, "");
    assert_eq!(api.lines(), ["GET /api/eshop", "GET /api/eshop"]);
    for asked in api.asked() {
        assert_eq!(asked.header("shoptet-access-token"), Some("222651-a-1"));
        assert!(!asked.mentions(SECRET));
    }
    let kept = std::fs::read_to_string(folder.path().join("tokens.json")).unwrap();
    assert!(kept.contains("222651-a-1") && !kept.contains(SECRET));
}

#[tokio::test]
async fn a_refused_token_is_named_to_the_backend_and_replaced_once() {
    let folder = TempDir::new().unwrap();
    let backend = Script::new([token("222651-a-1"), token("222651-a-2")]).await;
    let api = Script::new([expired(), eshop()]).await;
    let client = paired(&api, &backend.url, &folder);
    client.shop(222_651).await.unwrap();
    assert_eq!(client.requests(), (4, 0));
    let bodies: Vec<_> = backend
        .asked()
        .into_iter()
        .map(|asked| asked.body)
        .collect();
    assert_eq!(bodies, ["", r#"{"refused":"222651-a-1"}"#]);
    let tokens: Vec<_> = api.asked();
    let tokens = tokens
        .iter()
        .map(|asked| asked.header("shoptet-access-token").unwrap());
    assert_eq!(tokens.collect::<Vec<_>>(), ["222651-a-1", "222651-a-2"]);
}

#[tokio::test]
async fn a_fresh_token_that_is_refused_too_ends_it() {
    let folder = TempDir::new().unwrap();
    let backend = Script::new([token("222651-a-1"), token("222651-a-2")]).await;
    let api = Script::new([expired(), expired()]).await;
    let client = paired(&api, &backend.url, &folder);
    let error = client.shop(222_651).await.unwrap_err();
    assert!(matches!(&error, SourceError::Http(error) if error.is_access()));
    assert_eq!((backend.lines().len(), api.lines().len()), (2, 2));
}

#[tokio::test]
async fn what_the_backend_refuses_is_told_with_what_to_do() {
    let folder = TempDir::new().unwrap();
    let other = Script::new([token("222651-a-1")]).await;
    let backend = Script::new([
        error(401, "unpaired", "the add-on was uninstalled."),
        Reply::new(401, ""),
        error(403, "suspended", "the shop paused it; resume it there"),
        error(403, "suspended", ""),
        error(404, "not-found", ""),
        Reply::new(404, "<html>"),
        Reply::new(307, "").with("location", other.url.join("token").unwrap()),
    ])
    .await;
    let api = Script::new([]).await;
    let client = paired(&api, &backend.url, &folder);
    let mut all = Vec::new();
    for _ in 0..7 {
        all.push(said(&client, &backend).await);
    }
    insta::assert_snapshot!(all.join("\n"), @"
    access: the add-on's backend gives no token: the add-on was uninstalled (http://127.0.0.1:PORT)
    access: the add-on's backend gives no token: the pairing has ended; pair again with a new pairing code (http://127.0.0.1:PORT)
    access: the add-on's backend gives no token: the shop paused it; resume it there (http://127.0.0.1:PORT)
    access: the add-on's backend gives no token: the add-on is suspended; resume it in the shop's administration (http://127.0.0.1:PORT)
    access: the add-on's backend refused POST /token: 404 not-found (http://127.0.0.1:PORT); check addon_url
    access: the add-on's backend refused POST /token: 404 (http://127.0.0.1:PORT); check addon_url
    access: the add-on's backend refused POST /token: 307 (http://127.0.0.1:PORT); check addon_url
    ");
    assert!(api.asked().is_empty() && other.asked().is_empty());
}

#[tokio::test]
async fn what_is_the_backends_trouble_is_repeated_and_names_its_address() {
    let folder = TempDir::new().unwrap();
    let down = || error(502, "shoptet-unavailable", "Shoptet gives no token.");
    let backend = Script::new([
        down(),
        down(),
        down(),
        Reply::new(200, "<html>"),
        Reply::new(200, "<html>"),
        Reply::new(200, "<html>"),
        Reply::new(200, "{}"),
        Reply::new(503, "").with("retry-after", 1),
        token("222651-a-1"),
    ])
    .await;
    let api = Script::new([eshop()]).await;
    let client = paired(&api, &backend.url, &folder);
    let mut all = Vec::new();
    for _ in 0..3 {
        all.push(said(&client, &backend).await);
    }
    insta::assert_snapshot!(all.join("\n"), @"
    service: the add-on's backend refused POST /token: 502 shoptet-unavailable, Shoptet gives no token. (http://127.0.0.1:PORT)
    service: the add-on's backend answered POST /token with something unexpected: no JSON (expected value at line 1 column 1) (http://127.0.0.1:PORT)
    service: http://127.0.0.1:PORT does not answer as the add-on's backend does: no access_token; check addon_url
    ");
    client.shop(222_651).await.unwrap();
}

#[tokio::test]
async fn a_backend_that_is_not_there_is_named() {
    let folder = TempDir::new().unwrap();
    let api = Script::new([]).await;
    let nobody = Url::parse("http://127.0.0.1:1").unwrap();
    let error = paired(&api, &nobody, &folder).shop(222_651).await;
    insta::assert_snapshot!(error.unwrap_err(), @"the add-on's backend cannot be reached: Connection refused (os error 111) (http://127.0.0.1:1)");
}

fn code() -> PairingCode {
    PairingCode::from_random(&[7; PairingCode::RANDOM])
}

async fn pair_with(backend: &Url) -> Result<Paired, PairError> {
    pair(backend, 222_651, &code(), Stopper::default().listener()).await
}

#[tokio::test]
async fn a_code_becomes_a_pairing_secret() {
    let answer = json!({
        "pairing_secret": "s-1", "eshop_id": 222_651, "eshop_url": "https://www.example.cz",
    });
    let backend = Script::new([Reply::new(200, answer)]).await;
    let below = backend.url.join("caflou").unwrap();
    let paired = pair_with(&below).await.unwrap();
    assert_eq!(paired.secret.expose_secret(), "s-1");
    assert_eq!(paired.eshop_url, "https://www.example.cz");
    assert!(!format!("{paired:?}").contains("s-1"));
    assert_eq!(backend.lines(), ["POST /caflou/pair"]);
    let asked = &backend.asked()[0];
    assert_eq!(asked.header("content-type"), Some("application/json"));
    assert_eq!(asked.header("authorization"), None);
    let body: Json = serde_json::from_str(&asked.body).unwrap();
    let code = code().to_string();
    let expected = json!({"eshop_id": 222_651, "code": code, "program": "caflou-sync"});
    assert_eq!(body, expected);
}

#[tokio::test]
async fn why_there_is_no_pairing_can_be_told_apart_and_nothing_is_sent_twice() {
    let other = Script::new([]).await;
    let backend = Script::new([
        error(403, "wrong-code", "Wrong."),
        error(429, "too-many-tries", "Wait.").with("retry-after", 1800),
        error(429, "too-many-tries", "Wait."),
        Reply::new(200, json!({"pairing_secret": "s", "eshop_id": 1})),
        Reply::new(200, json!({"pairing_secret": "", "eshop_id": 222_651})),
        error(500, "internal", "Something broke."),
        Reply::new(404, "<html>"),
        Reply::new(307, "").with("location", &other.url),
        Reply::new(200, "<html>"),
        Reply::Cut,
    ])
    .await;
    let now = Utc::now();
    let within = |until: DateTime<Utc>, minutes: i64| {
        let early = now + TimeDelta::minutes(minutes) - TimeDelta::seconds(1);
        (early..early + TimeDelta::minutes(5)).contains(&until)
    };
    assert!(matches!(
        pair_with(&backend.url).await,
        Err(PairError::WrongCode)
    ));
    for minutes in [30, 60] {
        match pair_with(&backend.url).await.unwrap_err() {
            PairError::TooManyTries { until } => assert!(within(until, minutes), "{until}"),
            other => panic!("{other}"),
        }
    }
    let mut all = Vec::new();
    for _ in 0..7 {
        let error = pair_with(&backend.url).await.unwrap_err();
        let class = match &error {
            PairError::Unexpected { .. } => "unexpected",
            PairError::Trouble { .. } => "trouble",
            other => panic!("{other}"),
        };
        let port = backend.url.port().unwrap().to_string();
        all.push(format!("{class}: {error}").replace(&port, "PORT"));
    }
    insta::assert_snapshot!(all.join("\n"), @"
    unexpected: http://127.0.0.1:PORT does not answer as an add-on's backend does: the pairing is another e-shop's; check the address
    unexpected: http://127.0.0.1:PORT does not answer as an add-on's backend does: no pairing_secret; check the address
    trouble: the add-on's backend refused POST /pair: 500 internal, Something broke. (http://127.0.0.1:PORT)
    unexpected: http://127.0.0.1:PORT does not answer as an add-on's backend does: 404; check the address
    unexpected: http://127.0.0.1:PORT does not answer as an add-on's backend does: 307; check the address
    trouble: the add-on's backend answered POST /pair with something unexpected: no JSON (expected value at line 1 column 1) (http://127.0.0.1:PORT)
    trouble: the add-on's backend gave no answer to POST /pair: connection closed before message completed (http://127.0.0.1:PORT)
    ");
    assert_eq!(backend.lines().len(), 10);
    assert!(other.asked().is_empty());
}
