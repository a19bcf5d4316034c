//! Creates and updates: exactly what is sent, how often, and what is known of the outcome.

use std::cell::Cell;

use super::*;
use crate::http::HttpError;

const INCOME: &str = r#"{"currency": "CZK", "done": false, "kind": "income", "name": "Objednávka 1 – Jan \"N\"",
    "tags": ["e-shop"], "value": 1234.50, "value_without_vat": 1020.24, "vat_value": -0.10}"#;

fn created() -> Reply {
    Reply::new(201, json!({"id": 1001, "name": "Objednávka 1"}))
}

async fn create(api: &Script) -> Result<Stored, HttpError> {
    writer(api)
        .create(Kind::Income, &attributes(INCOME), || Ok(()))
        .await
}

#[tokio::test]
async fn a_create_posts_the_attributes_with_their_digits() {
    let api = Script::new([created()]).await;
    let stored = create(&api).await.unwrap();
    assert_eq!(stored.id, CaflouId(1001));
    let asked = &api.asked()[0];
    assert_eq!(api.lines(), ["POST /api/v1/12345/transfers"]);
    assert_eq!(asked.header("authorization"), Some("Bearer caflou-secret"));
    assert_eq!(asked.header("accept"), Some("application/json"));
    assert_eq!(asked.header("content-type"), Some("application/json"));
    insta::assert_snapshot!(asked.body, @r#"{"currency":"CZK","done":false,"kind":"income","name":"Objednávka 1 – Jan \"N\"","tags":["e-shop"],"value":1234.50,"value_without_vat":1020.24,"vat_value":-0.10}"#);
}

#[tokio::test]
async fn an_update_patches_only_what_it_is_given() {
    let api = Script::new([Reply::new(200, json!({"id": 7, "inactive": true}))]).await;
    let change = attributes(r#"{"inactive": true, "payment_date": null, "value": 10.00}"#);
    let stored = writer(&api)
        .update(Kind::Company, CaflouId(7), &change, || Ok(()))
        .await
        .unwrap();
    assert!(stored.attributes.is_true("inactive"));
    let asked = &api.asked()[0];
    assert_eq!(api.lines(), ["PATCH /api/v1/12345/companies/7"]);
    assert_eq!(asked.header("content-type"), Some("application/json"));
    insta::assert_snapshot!(asked.body, @r#"{"inactive":true,"payment_date":null,"value":10.00}"#);
}

#[tokio::test]
async fn a_create_is_repeated_after_a_refusal_that_proves_that_nothing_was_written() {
    let folder = TempDir::new().unwrap();
    let busy = json!({"message": "Rate limit exceeded - same request is processing already"});
    let api = Script::new([Reply::new(429, busy), created()]).await;
    let client = client(&api, Credentials::Token(TOKEN.into()), folder.path());
    let (writer, attempts) = (Writer::new(Arc::clone(&client)), Cell::new(0));
    let before = || {
        attempts.set(attempts.get() + 1);
        Ok(())
    };
    let stored = writer
        .create(Kind::Income, &attributes(INCOME), before)
        .await
        .unwrap();
    assert_eq!((stored.id, attempts.get()), (CaflouId(1001), 2));
    assert_eq!(client.requests(), (2, 1));
    let asked = api.asked();
    assert_eq!(asked[0].body, asked[1].body);
    // The next runs send such creates one after another from the start.
    client.remember();
    let learnt = Cache::new(folder.path().to_owned()).single_file(api.url.as_str());
    assert_eq!(learnt, ["/api/v1/12345/transfers"]);
}

#[tokio::test]
async fn a_create_that_may_have_been_carried_out_is_never_repeated_and_says_so() {
    let mut said = Vec::new();
    for reply in [
        Reply::new(500, json!({"error": "Internal"})),
        Reply::new(502, "<html>Bad gateway</html>"),
        Reply::new(503, ""),
        Reply::new(504, ""),
        Reply::new(408, ""),
        Reply::new(200, "<html>Maintenance</html>"),
        Reply::new(201, ""),
        Reply::new(201, json!({"name": "Objednávka 1"})),
        Reply::new(201, json!({"id": 0})),
        Reply::new(201, r#"{"id": 1001, "na"#),
        Reply::Cut,
        Reply::Silence,
    ] {
        let shown = format!("{reply:?}");
        let api = Script::new([reply, created()]).await;
        let error = create(&api).await.unwrap_err();
        assert!(error.is_outcome_unknown(), "{shown}");
        assert_eq!(api.lines().len(), 1, "{shown}");
        said.push(error.to_string());
    }
    insta::assert_snapshot!(said.join("\n"), @"
    Caflou refused POST /api/v1/12345/transfers: 500, Internal
    Caflou refused POST /api/v1/12345/transfers: 502
    Caflou refused POST /api/v1/12345/transfers: 503
    Caflou refused POST /api/v1/12345/transfers: 504
    Caflou refused POST /api/v1/12345/transfers: 408
    Caflou answered POST /api/v1/12345/transfers with something unexpected: no JSON (expected value at line 1 column 1)
    Caflou answered POST /api/v1/12345/transfers with something unexpected: no JSON (EOF while parsing a value at line 1 column 0)
    Caflou answered POST /api/v1/12345/transfers with something unexpected: no record in the answer
    Caflou answered POST /api/v1/12345/transfers with something unexpected: no record in the answer
    Caflou answered POST /api/v1/12345/transfers with something unexpected: no JSON (EOF while parsing a string at line 1 column 16)
    Caflou gave no answer to POST /api/v1/12345/transfers: connection closed before message completed
    Caflou gave no answer to POST /api/v1/12345/transfers: operation timed out
    ");
}

#[tokio::test]
async fn a_create_that_was_refused_has_a_known_outcome_and_says_why() {
    let mut said = Vec::new();
    for reply in [
        Reply::new(
            422,
            json!({"errors": {"name": ["can't be blank"], "value": ["is not a number"]}}),
        ),
        Reply::new(422, json!({"message": "Validation failed"})).with("x-request-id", "r-3"),
        Reply::new(403, json!({"error": "Forbidden"})),
        Reply::new(404, "<html>"),
        Reply::new(400, "bad request"),
        Reply::new(302, ""),
    ] {
        let api = Script::new([reply, created()]).await;
        let error = create(&api).await.unwrap_err();
        assert!(!error.is_outcome_unknown(), "{error}");
        assert_eq!(api.lines().len(), 1, "{error}");
        said.push(error.to_string());
    }
    insta::assert_snapshot!(said.join("\n"), @r#"
    Caflou refused POST /api/v1/12345/transfers: 422, {"name":["can't be blank"],"value":["is not a number"]}
    Caflou refused POST /api/v1/12345/transfers: 422, Validation failed (request r-3)
    Caflou refused POST /api/v1/12345/transfers: 403, Forbidden
    Caflou refused POST /api/v1/12345/transfers: 404
    Caflou refused POST /api/v1/12345/transfers: 400, bad request
    Caflou refused POST /api/v1/12345/transfers: 302
    "#);
}

#[tokio::test]
async fn a_create_is_sent_again_under_a_fresh_login() {
    let folder = TempDir::new().unwrap();
    let login = |token: &str| Reply::new(200, json!({"access_token": token}));
    let api = Script::new([
        login("t-1"),
        Reply::new(401, json!({"error": "Token expired"})),
        login("t-2"),
        created(),
    ])
    .await;
    let credentials = Credentials::Login {
        email: "me@example.com".to_owned(),
        password: "secret".into(),
    };
    let writer = Writer::new(client(&api, credentials, folder.path()));
    writer
        .create(
            Kind::Company,
            &attributes(r#"{"name": "Objednávka 1"}"#),
            || Ok(()),
        )
        .await
        .unwrap();
    let asked = api.asked();
    assert_eq!(
        api.lines(),
        [
            "POST /api/v1/login",
            "POST /api/v1/12345/companies",
            "POST /api/v1/login",
            "POST /api/v1/12345/companies"
        ]
    );
    assert_eq!(authorizations(&asked)[1], "Bearer t-1");
    assert_eq!(authorizations(&asked)[3], "Bearer t-2");
    assert_eq!(asked[1].body, asked[3].body);
}

#[tokio::test]
async fn an_update_that_may_have_been_carried_out_is_not_repeated_and_says_so() {
    let busy = Reply::new(429, "").with("retry-after", "0");
    for lost in [Reply::Cut, Reply::new(503, ""), Reply::new(500, "")] {
        let api = Script::new([busy.clone(), lost]).await;
        let change = attributes(r#"{"done": true}"#);
        let error = writer(&api)
            .update(Kind::Income, CaflouId(7), &change, || Ok(()))
            .await
            .unwrap_err();
        assert!(error.is_outcome_unknown());
        assert_eq!(api.lines(), ["PATCH /api/v1/12345/transfers/7"; 2]);
    }
}

#[tokio::test]
async fn what_cannot_be_written_down_before_is_not_sent() {
    let api = Script::new([created()]).await;
    let refuse = || Err(HttpError::Stopped("the state file cannot be written"));
    let error = writer(&api)
        .create(Kind::Income, &attributes(INCOME), refuse)
        .await
        .unwrap_err();
    assert!(!error.is_outcome_unknown());
    assert!(api.asked().is_empty());
}
