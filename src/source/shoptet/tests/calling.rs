//! Each request, and what is said where it is refused.

use super::*;

#[tokio::test]
async fn a_read_has_its_content_type_and_the_private_token_in_its_own_header_only() {
    let api = Script::new([eshop()]).await;
    let shop = private(&api).shop(222_651).await.unwrap();
    assert_eq!((shop.eshop_id, shop.zone), (222_651, Prague));
    assert_eq!(shop.name, "Můj e-shop");
    let asked = &api.asked()[0];
    assert_eq!(api.lines(), ["GET /api/eshop"]);
    assert_eq!(asked.header("content-type"), Some("application/json"));
    assert_eq!(
        asked.header("shoptet-private-api-token"),
        Some(PRIVATE_TOKEN)
    );
    assert_eq!(asked.header("shoptet-access-token"), None);
    assert_eq!(asked.header("authorization"), None);
    let agent = concat!("caflou-sync/", env!("CARGO_PKG_VERSION"));
    assert_eq!(asked.header("user-agent"), Some(agent));
    assert_eq!(asked.body, "");
}

#[tokio::test]
async fn the_clock_is_the_services_own() {
    let date = "Mon, 01 Jul 2024 12:01:11 GMT";
    let api = Script::new([eshop().with("date", date), eshop()]).await;
    let client = private(&api);
    let shop = client.shop(222_651).await.unwrap();
    assert_eq!(shop.now.to_rfc3339(), "2024-07-01T12:01:11+00:00");
    assert!(shop.has_clock);
    assert!(!client.shop(222_651).await.unwrap().has_clock);
}

#[tokio::test]
async fn a_token_of_another_shop_is_refused_with_both_numbers() {
    let api = Script::new([eshop()]).await;
    let error = private(&api).shop(1).await.unwrap_err();
    assert!(matches!(error, SourceError::Access(_)));
    insta::assert_snapshot!(error, @"the Shoptet token belongs to e-shop 222651 (Můj e-shop), but eshop_id is 1; correct eshop_id or use that shop's token");
}

#[tokio::test]
async fn a_refusal_quotes_code_message_and_request_id_and_is_not_repeated() {
    let rights = || refusal(403, "invalid-token-no-rights", "Token has no rights.");
    let api = Script::new([
        rights(),
        rights().with("x-request-id", "h-1"),
        Reply::new(403, "<html>Forbidden</html>"),
    ])
    .await;
    let client = private(&api);
    let mut said = Vec::new();
    for _ in 0..3 {
        match client.shop(222_651).await.unwrap_err() {
            SourceError::Http(error) if error.is_access() => said.push(error.to_string()),
            other => panic!("{other}"),
        }
    }
    insta::assert_snapshot!(said.join("\n"), @"
    Shoptet refused GET /api/eshop: 403 invalid-token-no-rights, Token has no rights. (request r-2)
    Shoptet refused GET /api/eshop: 403 invalid-token-no-rights, Token has no rights. (request h-1)
    Shoptet refused GET /api/eshop: 403
    ");
    assert_eq!(client.requests(), (3, 0));
}

#[tokio::test]
async fn an_answer_without_data_shows_its_errors_and_request_id() {
    let api = Script::new([refusal(200, "unknown", "Něco se pokazilo.")]).await;
    let error = private(&api).shop(222_651).await.unwrap_err();
    insta::assert_snapshot!(error, @r#"Shoptet answered GET /api/eshop with something unexpected: no data, errors: [{"errorCode":"unknown","instance":"x","message":"Něco se pokazilo."}] (request r-2)"#);
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_no_token_reaches_the_other_host() {
    for status in [301, 302, 307, 308] {
        let other = Script::new([eshop()]).await;
        let elsewhere = other.url.join("/api/eshop").unwrap();
        let api = Script::new([Reply::new(status, "").with("location", elsewhere)]).await;
        let error = private(&api).shop(222_651).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("Shoptet refused GET /api/eshop: {status}")
        );
        assert_eq!(api.lines().len(), 1);
        assert!(other.asked().is_empty(), "{status}");
    }
}

#[tokio::test]
async fn a_read_that_failed_at_the_service_is_repeated_and_counted() {
    let api = Script::new([Reply::new(500, "{}"), Reply::Cut, eshop()]).await;
    let client = private(&api);
    client.shop(222_651).await.unwrap();
    assert_eq!(client.requests(), (3, 2));
}

#[tokio::test]
async fn the_plus_of_an_offset_is_sent_encoded() {
    let empty = || data(&json!({"changes": [], "paginator": {"totalCount": 0, "pageCount": 0}}));
    let api = Script::new([empty(), orders(&[], 0, 0)]).await;
    let cursor = "2026-11-30T12:00:00Z".to_owned();
    let whole_list = false;
    let scope = Scope::Since { cursor, whole_list };
    let (items, complete) = read(&plain(&api), Kind::Income, scope).await.unwrap();
    assert!(complete);
    assert_eq!(items, ["0 expected"]);
    // An hour before the cursor: what was listed late is read once more.
    insta::assert_snapshot!(api.lines().join("\n"), @"
    GET /api/orders/changes?from=2026-11-30T12%3A00%3A00%2B0100&itemsPerPage=1000&page=1
    GET /api/orders?changeTimeFrom=2026-11-30T12%3A00%3A00%2B0100&changeTimeTo=2026-12-01T12%3A00%3A00%2B0100&itemsPerPage=50&page=1
    ");
}

#[tokio::test]
async fn the_interval_is_sent_as_whole_days_of_the_shop_and_ends_at_the_latest_now() {
    let day = |text: &str| Some(text.parse().unwrap());
    let mut lines = Vec::new();
    for (from, to) in [
        (day("2026-03-29"), day("2026-10-25")),
        (None, day("2027-01-01")),
    ] {
        let api = Script::new([orders(&[], 0, 0)]).await;
        let source = source(&api, Interval { from, to }, Mapping::default());
        read(&source, Kind::Income, Scope::Full).await.unwrap();
        lines.extend(api.lines());
    }
    insta::assert_snapshot!(lines.join("\n"), @"
    GET /api/orders?creationTimeFrom=2026-03-29T00%3A00%3A00%2B0100&creationTimeTo=2026-10-25T23%3A59%3A59%2B0100&itemsPerPage=50&page=1
    GET /api/orders?creationTimeTo=2026-12-01T12%3A00%3A00%2B0100&itemsPerPage=50&page=1
    ");
}
