//! The way in: a token, or a login that is kept for the next runs.

use chrono::Utc;

use super::*;

fn login_client(api: &Script, folder: &TempDir) -> Reader {
    let credentials = Credentials::Login {
        email: "me@example.com".to_owned(),
        password: "p:ž".into(),
    };
    Reader::new(client(api, credentials, folder.path()))
}

/// An answer of the login: a token that lasts so many seconds.
fn login(token: &str, seconds: i64) -> Reply {
    let expires_at = Utc::now().timestamp() + seconds;
    Reply::new(
        200,
        json!({"access_token": token, "expires_at": expires_at}),
    )
}

fn version() -> Reply {
    Reply::new(200, json!({"version": "1"}))
}

fn unauthorized() -> Reply {
    Reply::new(401, json!({"error": "Invalid token"}))
}

const WEEK: i64 = 7 * 24 * 3600;

#[tokio::test]
async fn every_request_has_the_token_as_bearer_and_accepts_json() {
    let api = Script::new([version()]).await;
    reader(&api).check().await.unwrap();
    let asked = &api.asked()[0];
    assert_eq!(api.lines(), ["GET /api/v1/12345"]);
    assert_eq!(asked.header("authorization"), Some("Bearer caflou-secret"));
    assert_eq!(asked.header("accept"), Some("application/json"));
    assert_eq!(asked.header("content-type"), None);
    assert_eq!(asked.body, "");
}

#[tokio::test]
async fn an_own_domain_may_have_a_path() {
    let mut api = Script::new([version()]).await;
    api.url.set_path("/caflou/");
    reader(&api).check().await.unwrap();
    assert_eq!(api.lines(), ["GET /caflou/api/v1/12345"]);
}

#[tokio::test]
async fn a_login_is_basic_and_its_token_serves_this_client_and_the_next() {
    let folder = TempDir::new().unwrap();
    let api = Script::new([login("t-1", WEEK), version(), version(), version()]).await;
    let first = login_client(&api, &folder);
    first.check().await.unwrap();
    first.check().await.unwrap();
    login_client(&api, &folder).check().await.unwrap();
    assert_eq!(
        api.lines(),
        [
            "POST /api/v1/login",
            "GET /api/v1/12345",
            "GET /api/v1/12345",
            "GET /api/v1/12345"
        ]
    );
    // base64 of me@example.com:p:ž
    let basic = "Basic bWVAZXhhbXBsZS5jb206cDrFvg==";
    let bearer = "Bearer t-1";
    assert_eq!(
        authorizations(&api.asked()),
        [basic, bearer, bearer, bearer]
    );
    let kept = std::fs::read_to_string(folder.path().join("tokens.json")).unwrap();
    assert!(!kept.contains("p:ž"));
}

#[tokio::test]
async fn a_login_that_ends_within_minutes_is_renewed_before_it_is_used_again() {
    let folder = TempDir::new().unwrap();
    let api = Script::new([login("t-1", 300), version(), login("t-2", WEEK), version()]).await;
    let client = login_client(&api, &folder);
    client.check().await.unwrap();
    client.check().await.unwrap();
    let asked = api.asked();
    assert_eq!(authorizations(&asked)[1], "Bearer t-1");
    assert_eq!(authorizations(&asked)[3], "Bearer t-2");
}

#[tokio::test]
async fn a_refused_login_token_is_renewed_once_and_the_request_repeated() {
    let folder = TempDir::new().unwrap();
    let api = Script::new([
        login("t-1", WEEK),
        unauthorized(),
        login("t-2", WEEK),
        version(),
        version(),
    ])
    .await;
    login_client(&api, &folder).check().await.unwrap();
    login_client(&api, &folder).check().await.unwrap();
    let asked = api.asked();
    assert_eq!(asked[2].target, "/api/v1/login");
    assert_eq!(
        authorizations(&asked)[3..],
        ["Bearer t-2"; 2],
        "the next client has the new one"
    );
}

#[tokio::test]
async fn a_fresh_login_that_is_refused_too_ends_it() {
    let folder = TempDir::new().unwrap();
    let api = Script::new([
        login("t-1", WEEK),
        unauthorized(),
        login("t-2", WEEK),
        unauthorized(),
    ])
    .await;
    let error = login_client(&api, &folder).check().await.unwrap_err();
    assert!(error.is_access());
    insta::assert_snapshot!(error, @"Caflou refused GET /api/v1/12345: 401, Invalid token");
    assert_eq!(api.lines().len(), 4);
}

#[tokio::test]
async fn wrong_credentials_are_tried_once() {
    let folder = TempDir::new().unwrap();
    let api = Script::new([unauthorized()]).await;
    let error = login_client(&api, &folder).check().await.unwrap_err();
    assert!(error.is_access());
    insta::assert_snapshot!(error, @"Caflou refused POST /api/v1/login: 401, Invalid token");
    assert_eq!(api.lines().len(), 1);
    let api = Script::new([unauthorized()]).await;
    let error = reader(&api).check().await.unwrap_err();
    insta::assert_snapshot!(error, @"Caflou refused GET /api/v1/12345: 401, Invalid token");
    assert_eq!(api.lines().len(), 1);
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_no_token_reaches_the_other_host() {
    let other = Script::new([version()]).await;
    let api = Script::new([Reply::new(307, "").with("location", &other.url)]).await;
    let error = reader(&api).check().await.unwrap_err();
    insta::assert_snapshot!(error, @"Caflou refused GET /api/v1/12345: 307");
    assert!(other.asked().is_empty());
}

#[tokio::test]
async fn a_one_time_password_goes_along_once_and_its_login_serves_the_next_requests() {
    let folder = TempDir::new().unwrap();
    let api = Script::new([login("t-1", WEEK), version()]).await;
    let reader = login_client(&api, &folder);
    let otp = "123456".into();
    let ends = reader.client().log_in(Some(&otp)).await.unwrap().unwrap();
    assert!(ends > Utc::now());
    reader.check().await.unwrap();
    assert_eq!(
        api.lines(),
        ["POST /api/v1/login?otp=123456", "GET /api/v1/12345"]
    );
    let password = "p:ž".into();
    let kept = login_ends(
        &Cache::new(folder.path().to_owned()),
        &api.url,
        "me@example.com",
        &password,
        Utc::now(),
    );
    // The program cannot do that again by itself.
    assert_eq!(kept.map(|(_, renewable)| renewable), Some(false));
}

#[tokio::test]
async fn a_log_in_with_a_one_time_password_is_not_repeated() {
    let folder = TempDir::new().unwrap();
    let trouble = Reply::new(500, json!({"error": "later"}));
    let api = Script::new([trouble, login("t-1", WEEK)]).await;
    let otp = "123456".into();
    let client = login_client(&api, &folder);
    assert!(client.client().log_in(Some(&otp)).await.is_err());
    assert_eq!(api.lines().len(), 1);
}
