//! An add-on's way in: its OAuth access token is exchanged for tokens that live half an hour.

use super::*;
use crate::http::testing::HeardRequest;

const OAUTH_TOKEN: &str = "oauth-secret";
const EXCHANGE: &str = "GET /action/ApiOAuthServer/getAccessToken";

/// An add-on whose tokens are given out by `shop`.
fn addon(api: &Script, shop: &Script, folder: &TempDir) -> Client {
    let path = "/action/ApiOAuthServer/getAccessToken";
    let credentials = Credentials::Addon {
        oauth_token: OAUTH_TOKEN.into(),
        token_url: shop.url.join(path).unwrap(),
    };
    client(api, credentials, folder.path())
}

fn token(text: &str) -> Reply {
    Reply::new(200, json!({"access_token": text, "expires_in": 1800}))
}

fn expired() -> Reply {
    refusal(401, "expired-token", "Token expired.")
}

/// The access tokens that requests were let in with.
fn tokens(asked: &[HeardRequest]) -> Vec<&str> {
    asked
        .iter()
        .map(|asked| asked.header("shoptet-access-token").unwrap_or("-"))
        .collect()
}

#[tokio::test]
async fn the_oauth_token_goes_to_the_exchange_only_and_the_access_token_to_the_api_only() {
    let (folder, shop) = (
        TempDir::new().unwrap(),
        Script::new([token("222651-a-1")]).await,
    );
    let api = Script::new([eshop(), eshop()]).await;
    let client = addon(&api, &shop, &folder);
    client.shop(222_651).await.unwrap();
    client.shop(222_651).await.unwrap();
    assert_eq!(shop.lines(), [EXCHANGE]);
    let bearer = shop.asked()[0].header("authorization").map(str::to_owned);
    assert_eq!(bearer.as_deref(), Some("Bearer oauth-secret"));
    let asked = api.asked();
    assert_eq!(tokens(&asked), ["222651-a-1", "222651-a-1"]);
    for asked in &asked {
        assert_eq!(asked.header("content-type"), Some("application/json"));
        assert_eq!(asked.header("shoptet-private-api-token"), None);
        assert_eq!(asked.header("authorization"), None);
        assert!(!asked.mentions(OAUTH_TOKEN));
    }
    assert_eq!(client.requests(), (3, 0));
}

#[tokio::test]
async fn the_next_client_takes_the_token_from_the_cache() {
    let (folder, shop) = (
        TempDir::new().unwrap(),
        Script::new([token("222651-a-1")]).await,
    );
    let api = Script::new([eshop(), eshop()]).await;
    for _ in 0..2 {
        addon(&api, &shop, &folder).shop(222_651).await.unwrap();
    }
    assert_eq!(shop.lines(), [EXCHANGE]);
    assert_eq!(tokens(&api.asked()), ["222651-a-1", "222651-a-1"]);
    let kept = std::fs::read_to_string(folder.path().join("tokens.json")).unwrap();
    assert!(kept.contains("222651-a-1") && !kept.contains(OAUTH_TOKEN));
}

#[tokio::test]
async fn requests_at_once_share_one_exchange() {
    let (folder, shop) = (
        TempDir::new().unwrap(),
        Script::new([token("222651-a-1")]).await,
    );
    let api = Script::new([eshop(), eshop(), eshop()]).await;
    let client = addon(&api, &shop, &folder);
    let (one, two, three) = tokio::join!(
        client.shop(222_651),
        client.shop(222_651),
        client.shop(222_651)
    );
    assert!(one.is_ok() && two.is_ok() && three.is_ok());
    assert_eq!(shop.lines(), [EXCHANGE]);
}

#[tokio::test]
async fn an_expired_token_is_replaced_once_and_the_request_repeated_also_for_the_next_client() {
    let (folder, shop) = (
        TempDir::new().unwrap(),
        Script::new([token("222651-a-1"), token("222651-a-2")]).await,
    );
    let api = Script::new([expired(), eshop(), eshop()]).await;
    addon(&api, &shop, &folder).shop(222_651).await.unwrap();
    addon(&api, &shop, &folder).shop(222_651).await.unwrap();
    assert_eq!(shop.lines(), [EXCHANGE, EXCHANGE]);
    assert_eq!(
        tokens(&api.asked()),
        ["222651-a-1", "222651-a-2", "222651-a-2"]
    );
}

#[tokio::test]
async fn a_fresh_token_that_is_refused_too_ends_it() {
    let (folder, shop) = (
        TempDir::new().unwrap(),
        Script::new([token("222651-a-1"), token("222651-a-2")]).await,
    );
    let api = Script::new([expired(), expired()]).await;
    let error = addon(&api, &shop, &folder).shop(222_651).await.unwrap_err();
    assert!(matches!(&error, SourceError::Http(error) if error.is_access()));
    insta::assert_snapshot!(error, @"Shoptet refused GET /api/eshop: 401 expired-token, Token expired. (request r-2)");
    assert_eq!((shop.lines().len(), api.lines().len()), (2, 2));
}

#[tokio::test]
async fn a_private_token_that_is_refused_is_not_tried_again() {
    let api = Script::new([expired()]).await;
    let error = private(&api).shop(222_651).await.unwrap_err();
    assert!(matches!(&error, SourceError::Http(error) if error.is_access()));
    assert_eq!(api.lines().len(), 1);
}

#[tokio::test]
async fn a_token_that_ends_within_seconds_is_not_used_again() {
    let ending = |text: &str| Reply::new(200, json!({"access_token": text, "expires_in": "20"}));
    let (folder, shop) = (
        TempDir::new().unwrap(),
        Script::new([ending("222651-a-1"), ending("222651-a-2")]).await,
    );
    let api = Script::new([eshop(), eshop()]).await;
    let client = addon(&api, &shop, &folder);
    client.shop(222_651).await.unwrap();
    client.shop(222_651).await.unwrap();
    assert_eq!(tokens(&api.asked()), ["222651-a-1", "222651-a-2"]);
}

#[tokio::test]
async fn an_exchange_that_failed_at_the_service_is_repeated_and_counted() {
    let folder = TempDir::new().unwrap();
    let shop = Script::new([Reply::new(500, ""), token("222651-a-1")]).await;
    let api = Script::new([eshop()]).await;
    let client = addon(&api, &shop, &folder);
    client.shop(222_651).await.unwrap();
    assert_eq!(client.requests(), (3, 1));
}

#[tokio::test]
async fn an_exchange_that_is_refused_says_what_to_check_and_nothing_reaches_the_api() {
    let folder = TempDir::new().unwrap();
    let other = Script::new([token("222651-a-1")]).await;
    let shop = Script::new([
        Reply::new(401, r#"{"error": "invalid_grant"}"#),
        Reply::new(200, r#"{"expires_in": 1800}"#),
        Reply::new(302, "").with("location", &other.url),
    ])
    .await;
    let api = Script::new([]).await;
    let client = addon(&api, &shop, &folder);
    let mut said = Vec::new();
    for _ in 0..3 {
        said.push(client.shop(222_651).await.unwrap_err().to_string());
    }
    insta::assert_snapshot!(said.join("\n"), @"
    the OAuth access token was refused: Shoptet refused GET /action/ApiOAuthServer/getAccessToken: 401 invalid_grant; check oauth_token and token_url
    Shoptet answered GET /action/ApiOAuthServer/getAccessToken with something unexpected: no access_token in the answer
    Shoptet refused GET /action/ApiOAuthServer/getAccessToken: 302
    ");
    assert!(api.asked().is_empty() && other.asked().is_empty());
}

#[tokio::test]
async fn only_what_speaks_of_the_maximum_of_tokens_is_no_refusal() {
    let answer = |status, error: &str, said: &str| {
        Reply::new(status, json!({"error": error, "error_description": said}))
    };
    for (reply, waits) in [
        (answer(403, "max_tokens", "No."), true),
        (
            answer(400, "error", "Maximum of valid tokens reached"),
            true,
        ),
        (answer(403, "access_denied", "No."), false),
        (
            answer(401, "invalid_token", "The token is not valid."),
            false,
        ),
    ] {
        let (folder, api) = (TempDir::new().unwrap(), Script::new([eshop()]).await);
        let shop = Script::new([reply, token("222651-a-1")]).await;
        let client = addon(&api, &shop, &folder);
        let refused = matches!(client.shop(222_651).await, Err(SourceError::Access(_)));
        assert_eq!(
            (refused, shop.lines().len()),
            (!waits, if waits { 2 } else { 1 })
        );
    }
}

#[tokio::test]
async fn a_token_that_is_said_to_live_for_ever_lives_for_half_an_hour() {
    for life in [
        json!(i64::MAX),
        json!(9_000_000_000_000_000_i64),
        json!("x"),
        json!([]),
    ] {
        let folder = TempDir::new().unwrap();
        let token = json!({"access_token": "222651-a-1", "expires_in": life});
        let shop = Script::new([Reply::new(200, token)]).await;
        let api = Script::new([eshop(), eshop()]).await;
        let client = addon(&api, &shop, &folder);
        client.shop(222_651).await.unwrap();
        client.shop(222_651).await.unwrap();
        assert_eq!(shop.lines(), [EXCHANGE], "{life}");
    }
}

#[tokio::test]
async fn a_renewed_token_has_to_open_the_same_shop_before_anything_is_read_with_it() {
    for (other, reads) in [(222_651, true), (999_111, false)] {
        let (folder, shop) = (
            TempDir::new().unwrap(),
            Script::new([token("222651-a-1"), token("222651-a-2")]).await,
        );
        let data = json!({"contactInformation": {"eshopId": other, "eshopName": "Obchod"}});
        let whose = Reply::new(200, json!({"data": data, "errors": null}));
        let count = json!({"data": {"orders": [], "paginator": {"totalCount": 7}}, "errors": null});
        let count = Reply::new(200, count);
        let api = Script::new([eshop(), expired(), whose, count]).await;
        let client = addon(&api, &shop, &folder);
        client.shop(222_651).await.unwrap();
        let counted = client.count_all(&ORDERS).await;
        if reads {
            assert_eq!(counted.unwrap(), Some(7));
            assert_eq!(api.lines().len(), 4);
        } else {
            let error = counted.unwrap_err();
            assert!(matches!(error, SourceError::Access(_)), "{error}");
            assert!(error.to_string().contains("e-shop 999111"), "{error}");
            assert_eq!(api.lines().len(), 3);
        }
    }
}
