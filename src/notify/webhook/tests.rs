//! What each receiver gets, and what is said where it is refused.

use secrecy::SecretString;

use super::*;
use crate::config::Secret;
use crate::http::testing::{Reply, Script};
use crate::notify::message::Message;
use crate::notify::testing::notice;

fn plain(text: &str) -> Secret {
    Secret::Plain(SecretString::from(text))
}

fn webhook(script: &Script, path: &str, shape: Shape) -> Webhook {
    Webhook {
        url: plain(&format!("{}{path}", script.url)),
        shape,
        token: None,
    }
}

async fn sent(shape: Shape, path: &str) -> (String, Value) {
    let script = Script::new([Reply::new(200, "ok")]).await;
    let webhook = webhook(&script, path, shape);
    send(&webhook, &notice()).await.unwrap();
    let asked = script.asked().remove(0);
    assert_eq!(asked.header("content-type"), Some("application/json"));
    let line = format!("{} {}", asked.method, asked.target);
    (line, serde_json::from_str(&asked.body).unwrap())
}

#[tokio::test]
async fn programs_get_everything() {
    let (line, body) = sent(Shape::Json, "hook?key=1").await;
    assert_eq!(line, "POST /hook?key=1");
    assert_eq!(body["type"], "notification");
    assert_eq!((&body["schema"], &body["test"]), (&json!(1), &json!(true)));
    assert_eq!(body["subject"], "Můj <e-shop>: a test message");
    assert_eq!(body["report"]["type"], "summary");
    assert_eq!(body["report"]["incomes"]["created"], 0);
}

#[tokio::test]
async fn chats_get_what_they_understand() {
    let (_, slack) = sent(Shape::Slack, "services/T0/B0/x").await;
    let text = slack["text"].as_str().unwrap();
    let whole = "*Můj &lt;e-shop&gt;: a test message*\n\nMessages about the import of Můj \
                 &lt;e-shop&gt; reach you this way.\n\nSent by: caflou-sync notify test my-shop\n";
    assert_eq!(text, whole);

    let (_, discord) = sent(Shape::Discord, "api/webhooks/1/x").await;
    assert_eq!(discord["allowed_mentions"], json!({ "parse": [] }));
    let content = discord["content"].as_str().unwrap();
    assert!(
        content.starts_with("**Můj <e-shop>: a test message**\n"),
        "{content}"
    );

    let (line, ntfy) = sent(Shape::Ntfy, "under/my-topic?auth=x").await;
    assert_eq!(line, "POST /under/?auth=x");
    assert_eq!(ntfy["topic"], "my-topic");
    assert_eq!(ntfy["title"], "Můj <e-shop>: a test message");
    assert_eq!(
        (&ntfy["priority"], &ntfy["tags"]),
        (&json!(3), &json!(["white_check_mark"]))
    );
}

#[test]
fn a_long_message_is_cut_where_the_receiver_would_refuse_it() {
    let mut notice = notice();
    let name = "ž".repeat(5000);
    notice.message = Message::sample(&name, &name);
    notice.message.subject = "short".into();
    let content = discord(&notice)["content"]
        .as_str()
        .unwrap()
        .chars()
        .count();
    assert_eq!(content, DISCORD);
    let url = "https://ntfy.sh/topic".parse().unwrap();
    let (_, body) = ntfy(url, &notice).unwrap();
    let bytes = body["message"].as_str().unwrap().len();
    assert!((NTFY - 1..=NTFY).contains(&bytes), "{bytes}");
}

#[tokio::test]
async fn a_token_goes_into_the_header() {
    let script = Script::new([Reply::new(200, "ok")]).await;
    let mut webhook = webhook(&script, "hook", Shape::Json);
    webhook.token = Some(plain("hunter2"));
    send(&webhook, &notice()).await.unwrap();
    let asked = script.asked().remove(0);
    assert_eq!(asked.header("authorization"), Some("Bearer hunter2"));
}

#[tokio::test]
async fn what_went_wrong_is_said_without_the_address() {
    let echo = Reply::new(404, "Cannot POST /services/hunter2");
    let elsewhere = Reply::new(302, "").with("location", "http://127.0.0.1:9/hunter2");
    let script = Script::new([echo, elsewhere, Reply::Cut]).await;
    let webhook = webhook(&script, "services/hunter2", Shape::Slack);
    for expected in [
        "refused with 404 Not Found; check notify.webhook.url in the configuration",
        "refused with 302 Found; check notify.webhook.url in the configuration",
        "cannot be reached: ",
    ] {
        let error = send(&webhook, &notice()).await.unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
        assert!(
            !error.contains("hunter2") && !error.contains("127.0.0.1"),
            "{error}"
        );
    }
    for (url, shape, expected) in [
        (
            "http://example.com/hunter2",
            Shape::Json,
            "only https:// is safe",
        ),
        ("hunter2", Shape::Json, "not an address"),
        ("https://ntfy.sh/", Shape::Ntfy, "the topic is missing"),
    ] {
        let webhook = Webhook {
            url: plain(url),
            shape,
            token: None,
        };
        let error = send(&webhook, &notice()).await.unwrap_err().to_string();
        assert!(
            error.contains(expected) && !error.contains("hunter2"),
            "{error}"
        );
    }
}
