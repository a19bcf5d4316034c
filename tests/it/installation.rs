//! The sandbox's side of an add-on: codes, OAuth access tokens, installation calls, webhooks.

use std::sync::Arc;
use std::time::Duration;

use caflou_sync::http::{Clients, HttpError, Lane, LaneOptions, Policy, Stopper};
use caflou_sync::source::shoptet::PACE;
use caflou_sync::source::shoptet::oauth::{AddonClient, Installation, OauthServer};
use reqwest::header::HeaderMap;
use ring::hmac::{HMAC_SHA1_FOR_LEGACY_USE_ONLY, Key, verify};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::receiver::{Manner, Receiver};
use crate::sandbox::{Heard, Options, Sandbox};

const SHOP: u64 = 222_651;

fn sandbox() -> Sandbox {
    Sandbox::start(Options {
        orders: 0,
        customers: 0,
        ..Options::default()
    })
}

/// The add-on as the sandbox has it registered.
fn addon(sandbox: &Sandbox) -> AddonClient {
    let addon = sandbox.addon();
    AddonClient {
        token_url: sandbox.token_url().parse().unwrap(),
        client_id: addon.client_id.clone(),
        client_secret: addon.client_secret.clone().map(SecretString::from),
        redirect_uri: addon.redirect_uri.clone(),
    }
}

fn server() -> OauthServer {
    let lane = Arc::new(Lane::new(LaneOptions {
        pace: PACE,
        ..LaneOptions::default()
    }));
    let stop = Stopper::default().listener();
    OauthServer::new(Duration::from_secs(20), Policy::default(), lane, stop).unwrap()
}

async fn exchange(client: &AddonClient, code: &str) -> Result<Installation, HttpError> {
    server().exchange_code(client, code).await
}

async fn token(sandbox: &Sandbox, oauth: &SecretString) -> Result<String, String> {
    let url = sandbox.token_url().parse().unwrap();
    let token = server().access_token(&url, oauth).await;
    token
        .map(|token| token.token.expose_secret().to_owned())
        .map_err(|error| error.to_string())
}

async fn refused(client: &AddonClient, code: &str) -> String {
    exchange(client, code).await.unwrap_err().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_gives_an_installation_once() {
    let sandbox = sandbox();
    let (client, code) = (addon(&sandbox), sandbox.install_code(SHOP));
    let installed = exchange(&client, &code).await.unwrap();
    assert_eq!(installed.eshop_id, SHOP);
    assert_eq!(installed.eshop_url, "https://222651.myshoptet.com");
    assert_eq!(installed.contact_email, "owner-222651@example.cz");
    assert_eq!(installed.oauth_token.expose_secret().len(), 255);
    assert_eq!(code.len(), 255);
    let shown = format!("{installed:?}");
    assert_eq!(shown, "Installation { eshop_id: 222651, .. }");
    insta::assert_snapshot!(refused(&client, &code).await, @"Shoptet refused POST /action/ApiOAuthServer/token: 400 invalid_grant, Authorization code doesn't exist or is invalid.");
    let access = token(&sandbox, &installed.oauth_token).await.unwrap();
    assert!(access.starts_with("222651-a-"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_no_good_after_a_minute() {
    let sandbox = sandbox();
    let (client, code) = (addon(&sandbox), sandbox.install_code(SHOP));
    sandbox.advance(Duration::from_secs(61));
    insta::assert_snapshot!(refused(&client, &code).await, @"Shoptet refused POST /action/ApiOAuthServer/token: 400 invalid_grant, Authorization code doesn't exist or is invalid.");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_add_on_that_is_not_known_as_it_says_gets_nothing_and_the_code_is_used_up() {
    let sandbox = sandbox();
    let known = addon(&sandbox);
    let other = |change: fn(&mut AddonClient)| {
        let mut client = known.clone();
        change(&mut client);
        client
    };
    let strangers = [
        other(|client| client.client_id = "another".into()),
        other(|client| client.client_secret = None),
        other(|client| client.client_secret = Some("wrong".into())),
        other(|client| client.redirect_uri.push('/')),
    ];
    let mut said = Vec::new();
    for stranger in &strangers {
        let code = sandbox.install_code(SHOP);
        said.push(refused(stranger, &code).await);
        assert!(refused(&known, &code).await.contains("invalid_grant"));
    }
    insta::assert_snapshot!(said.join("\n"), @"
    Shoptet refused POST /action/ApiOAuthServer/token: 401 invalid_client, The client is not known.
    Shoptet refused POST /action/ApiOAuthServer/token: 401 invalid_client, The client is not known.
    Shoptet refused POST /action/ApiOAuthServer/token: 401 invalid_client, The client is not known.
    Shoptet refused POST /action/ApiOAuthServer/token: 400 redirect_uri_mismatch, The redirect URI is missing or does not match.
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_shop_has_five_tokens_of_its_own() {
    let sandbox = sandbox();
    sandbox.add_shop(333);
    let client = addon(&sandbox);
    let one = exchange(&client, &sandbox.install_code(SHOP))
        .await
        .unwrap();
    let other = exchange(&client, &sandbox.install_code(333)).await.unwrap();
    for _ in 0..5 {
        token(&sandbox, &one.oauth_token).await.unwrap();
    }
    insta::assert_snapshot!(token(&sandbox, &one.oauth_token).await.unwrap_err(), @"Shoptet refused GET /action/ApiOAuthServer/getAccessToken: 403 max_tokens, The maximum of valid tokens is reached.");
    let theirs = token(&sandbox, &other.oauth_token).await.unwrap();
    assert!(theirs.starts_with("333-a-"));
    let count = |shop| {
        let mut addon = sandbox.addon();
        let desk = &addon.shop(shop).desk;
        (desk.made(), desk.most(), desk.denied())
    };
    assert_eq!((count(SHOP), count(333)), ((5, 5, 1), (1, 1, 0)));
    sandbox.advance(Duration::from_mins(31));
    token(&sandbox, &one.oauth_token).await.unwrap();
}

/// What `GET /api/eshop` says to a token: number, country, or the status.
async fn eshop(sandbox: &Sandbox, token: &str) -> Result<(Value, Value), u16> {
    let clients = Clients::new(Duration::from_secs(20), &HeaderMap::default()).unwrap();
    let url: url::Url = format!("{}/api/eshop", sandbox.shoptet_url())
        .parse()
        .unwrap();
    let answer = clients
        .to(&url)
        .get(url)
        .header("shoptet-access-token", token)
        .header("content-type", "application/json")
        .send()
        .await
        .unwrap();
    let status = answer.status().as_u16();
    let json: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    let data = &json["data"];
    let number = data["contactInformation"]["eshopId"].clone();
    let country = data["billingInformation"]["country"]["countryCode"].clone();
    (status == 200).then_some((number, country)).ok_or(status)
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_die_with_the_installation_and_sleep_with_a_paused_one() {
    let sandbox = sandbox();
    sandbox.add_shop(333);
    sandbox.addon().shop(333).country = "SK".into();
    let client = addon(&sandbox);
    let installed = exchange(&client, &sandbox.install_code(333)).await.unwrap();
    let access = token(&sandbox, &installed.oauth_token).await.unwrap();
    let known = Ok((json!(333), json!("SK")));
    assert_eq!(eshop(&sandbox, &access).await, known);
    sandbox.suspend(333, true, None);
    assert_eq!(eshop(&sandbox, &access).await, Err(401));
    assert!(token(&sandbox, &installed.oauth_token).await.is_err());
    sandbox.suspend(333, false, None);
    assert_eq!(eshop(&sandbox, &access).await, known);
    sandbox.uninstall(333, None);
    assert_eq!(eshop(&sandbox, &access).await, Err(401));
    insta::assert_snapshot!(token(&sandbox, &installed.oauth_token).await.unwrap_err(), @"Shoptet refused GET /action/ApiOAuthServer/getAccessToken: 401 invalid_token, The OAuth access token is not valid.");
}

#[test]
fn an_installation_call_brings_a_code_and_without_its_exchange_nothing_is_installed() {
    let sandbox = sandbox();
    let backend = Receiver::start(Manner::Answers(200));
    sandbox.add_shop(333);
    let heard = sandbox.install(333, &format!("{}/install", backend.url));
    assert_eq!(heard.status, 200);
    let lines = backend.lines();
    assert_eq!(lines.len(), 1);
    let code = lines[0].strip_prefix("GET /install?code=").unwrap();
    assert_eq!(code.len(), 255);
    assert_eq!(sandbox.addon().shop(333).oauth_token, None);
}

#[test]
fn webhooks_are_signed_with_the_shops_key_and_a_repetition_is_the_same_to_the_letter() {
    let sandbox = sandbox();
    let backend = Receiver::start(Manner::Answers(204));
    let address = format!("{}/webhooks", backend.url);
    let answer = |heard: &Heard| heard.status;
    let sent = sandbox.notification(SHOP, "addon:uninstall");
    let twice = [sandbox.send(&address, &sent), sandbox.send(&address, &sent)];
    assert_eq!(twice.each_ref().map(answer), [204, 204]);
    let bodies = backend.bodies();
    assert_eq!(bodies[0], bodies[1]);
    assert_eq!(bodies[0]["eshopId"], 222_651);
    assert_eq!(bodies[0]["event"], "addon:uninstall");
    assert_eq!(bodies[0]["eventInstance"], "222651");
    let fits = |signature: &str, key: &str, body: &str| {
        let bytes = (0..signature.len()).step_by(2);
        let bytes: Vec<u8> = bytes
            .map(|at| u8::from_str_radix(&signature[at..at + 2], 16).unwrap())
            .collect();
        let key = Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, key.as_bytes());
        verify(&key, body.as_bytes(), &bytes).is_ok()
    };
    let signature = sent.signature.unwrap();
    let common = sandbox.addon().signature_key.clone();
    assert!(fits(&signature, &common, &sent.body));
    let own = sandbox.addon().renew_signature_key(SHOP);
    let sent = sandbox.notification(SHOP, "addon:suspend");
    let signature = sent.signature.unwrap();
    assert!(fits(&signature, &own, &sent.body) && !fits(&signature, &common, &sent.body));
}

#[test]
fn a_backend_that_says_nothing_is_waited_for_five_seconds_and_the_shop_has_no_add_on() {
    let sandbox = sandbox();
    let backend = Receiver::start(Manner::Hangs);
    sandbox.add_shop(333);
    let heard = sandbox.install(333, &format!("{}/install", backend.url));
    assert_eq!((heard.status, heard.body.as_str()), (0, ""));
    assert_eq!(sandbox.addon().shop(333).oauth_token, None);
}
