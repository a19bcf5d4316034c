//! Which address is asked for, and when.

use secrecy::SecretString;

use super::*;
use crate::http::testing::{Reply, Script};

fn plain(text: &str) -> Secret {
    Secret::Plain(SecretString::from(text))
}

fn heart(url: &str) -> Heart {
    let settings = Heartbeat {
        url: plain(url),
        start_url: None,
        fail_url: None,
    };
    Heart::new("můj shop", &settings)
}

fn ok(times: usize) -> Vec<Reply> {
    vec![Reply::new(200, "OK"); times]
}

#[tokio::test]
async fn a_run_says_that_it_begins_and_then_how_it_ended() {
    for (good, end) in [(true, "GET /ping/abc"), (false, "GET /ping/abc/fail")] {
        let script = Script::new(ok(2)).await;
        let heart = heart(&format!("{}ping/abc", script.url));
        heart.begin();
        heart.end(good).await.unwrap();
        assert_eq!(script.lines(), ["GET /ping/abc/start", end]);
    }
}

#[tokio::test]
async fn a_service_may_want_quite_other_addresses() {
    let script = Script::new(ok(4)).await;
    let mut heart = heart(&format!("{}ok", script.url));
    heart.settings.start_url = Some(plain(&format!("{}s?state=run", script.url)));
    heart.settings.fail_url = Some(plain(&format!("{}f?state=fail", script.url)));
    for good in [true, false] {
        heart.begin();
        heart.end(good).await.unwrap();
    }
    let expected = [
        "GET /s?state=run",
        "GET /ok",
        "GET /s?state=run",
        "GET /f?state=fail",
    ];
    assert_eq!(script.lines(), expected);
}

#[tokio::test]
async fn the_end_is_told_even_where_the_beginning_got_lost() {
    let script = Script::new([Reply::new(500, ""), Reply::new(200, "OK")]).await;
    let heart = heart(&format!("{}hunter2", script.url));
    heart.begin();
    let error = heart.end(true).await.unwrap_err().to_string();
    assert_eq!(
        error,
        "refused with 500 Internal Server Error; check notify.heartbeat.url in the configuration"
    );
    assert_eq!(script.lines(), ["GET /hunter2/start", "GET /hunter2"]);
}

#[test]
fn the_connection_stands_in_the_address() {
    for (text, end, expected) in [
        (
            "https://hc.example/key/{connection}",
            None,
            "https://hc.example/key/m%C5%AFj%20shop",
        ),
        (
            "https://hc.example/key/{connection}?create=1",
            Some("start"),
            "https://hc.example/key/m%C5%AFj%20shop/start?create=1",
        ),
        (
            "https://hc.example/abc/",
            Some("fail"),
            "https://hc.example/abc/fail",
        ),
        ("https://hc.example/abc", None, "https://hc.example/abc"),
        (
            "https://hc.example",
            Some("fail"),
            "https://hc.example/fail",
        ),
    ] {
        let url = place(text, "můj shop", end).unwrap();
        assert_eq!(url.as_str(), expected);
    }
    assert!(place("http://example.com/hunter2", "shop", None).is_err());
}
