//! Snapshots: each request, how a job is awaited, and what is handed on.

use std::time::Duration;

use super::*;
use crate::source::shoptet::Bulk;
use crate::source::shoptet::snapshot::{NoSnapshot, Waiting};

const HOOK: &str = "https://example.com/done";
const SINCE: &str = "2026-12-01T11:00:00+0100";

/// A source that always reads in bulk.
fn bulk(api: &Script, webhook: Option<&str>) -> Visit {
    Visit {
        bulk: BulkOptions {
            when: Bulk::Always,
            webhook_url: webhook.map(|url| url.parse().unwrap()),
            pause: Duration::from_millis(1),
        },
        ..plain(api)
    }
}

fn customer(guid: &str) -> Json {
    json!({"guid": guid, "billingAddress": {"fullName": format!("Paní {guid}")}})
}

fn listed(guids: &[&str]) -> Reply {
    let rows: Vec<_> = guids.iter().map(|guid| json!({"guid": guid})).collect();
    let paginator = json!({"totalCount": guids.len(), "pageCount": 1});
    data(&json!({"customers": rows, "paginator": paginator}))
}

fn no_webhook() -> Reply {
    refusal(403, "required-webhook-registration", "Register first.")
}

fn accepted() -> Reply {
    let metadata = json!({"requestId": "r-3"});
    let body = json!({"data": {"jobId": "3ax1"}, "errors": null, "metadata": metadata});
    Reply::new(202, body)
}

fn job(status: &str, result: Option<&str>) -> Reply {
    data(&json!({"job": {
        "jobId": "3ax1", "status": status, "resultUrl": result, "log": null,
        "creationTime": "2026-12-01T12:00:01+0100",
    }}))
}

/// A job that is done, with its file at a server.
fn completed(files: &Script) -> Reply {
    let url = files.url.join("/api-results/3ax1-key.json").unwrap();
    job("completed", Some(url.as_str()))
}

fn file(lines: &[Json]) -> Reply {
    let lines: Vec<_> = lines.iter().map(Json::to_string).collect();
    Reply::new(200, lines.join("\n"))
}

fn wait(patience: u64) -> Waiting<'static> {
    Waiting {
        pause: Duration::from_millis(1),
        patience: Duration::from_millis(patience),
        since: SINCE,
    }
}

fn why(error: NoSnapshot) -> String {
    match error {
        NoSnapshot::Because(why) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_webhook_is_registered_where_one_is_missing_and_the_file_is_got_without_credentials() {
    let files = Script::new([file(&[customer("a"), customer("b")])]).await;
    let created = Reply::new(201, json!({"data": {"webhooks": []}, "errors": null}));
    let answers = [
        listed(&["a", "b"]),
        no_webhook(),
        created,
        accepted(),
        job("pending", None),
        completed(&files),
    ];
    let api = Script::new(answers).await;
    let source = bulk(&api, Some(HOOK));
    let (items, complete) = read(&source, Kind::Company, Scope::Full).await.unwrap();
    assert_eq!(
        items,
        ["2 expected", "a company Paní a", "b company Paní b"]
    );
    assert!(complete);
    insta::assert_snapshot!(api.lines().join("\n"), @"
    GET /api/customers?itemsPerPage=1000&page=1
    GET /api/customers/snapshot
    POST /api/webhooks
    GET /api/customers/snapshot
    GET /api/system/jobs/3ax1
    GET /api/system/jobs/3ax1
    ");
    for asked in api.asked() {
        assert_eq!(asked.header("content-type"), Some("application/json"));
        let token = asked.header("shoptet-private-api-token");
        assert_eq!(token, Some(PRIVATE_TOKEN), "{}", asked.target);
    }
    let body = r#"{"data":[{"event":"job:finished","url":"https://example.com/done"}]}"#;
    assert_eq!(api.asked()[2].body, body);
    assert_eq!(files.lines(), ["GET /api-results/3ax1-key.json"]);
    let asked = &files.asked()[0];
    assert!(!asked.mentions(PRIVATE_TOKEN));
    for name in [
        "shoptet-private-api-token",
        "shoptet-access-token",
        "authorization",
        "cookie",
    ] {
        assert_eq!(asked.header(name), None);
    }
    assert_eq!(source.client.requests(), (7, 0), "the file counts");
}

#[tokio::test]
async fn a_webhook_that_is_there_meanwhile_or_an_answer_that_is_lost_does_no_harm() {
    let exists = refusal(
        422,
        "invalid-request",
        "Webhook already exists for this event",
    );
    for answer in [exists, Reply::Cut] {
        let api = Script::new([no_webhook(), answer, accepted()]).await;
        let url = HOOK.parse().unwrap();
        let path = ["api", "customers", "snapshot"];
        let id = private(&api).submit(&path, &[], Some(&url)).await.unwrap();
        assert_eq!(id, "3ax1");
        assert_eq!(api.lines().len(), 3, "nothing is registered twice");
    }
}

#[tokio::test]
async fn an_unfinished_job_is_looked_at_ten_times_and_then_found_in_the_list() {
    let row = |id: &str, status| json!({"jobId": id, "status": status});
    let list = |status| data(&json!({"jobs": [row("other", "completed"), row("3ax1", status)]}));
    let mut answers = vec![job("running", None); 10];
    answers.extend([list("running"), list("completed")]);
    answers.push(job("completed", Some("http://127.0.0.1:1/x")));
    let api = Script::new(answers).await;
    let done = private(&api).done("3ax1", &wait(60_000)).await.unwrap();
    assert_eq!(done.result.as_str(), "http://127.0.0.1:1/x");
    let lines = api.lines();
    assert!(
        lines[..10]
            .iter()
            .all(|line| line == "GET /api/system/jobs/3ax1")
    );
    insta::assert_snapshot!(lines[10..].join("\n"), @"
    GET /api/system/jobs?creationTimeFrom=2026-12-01T11%3A00%3A00%2B0100&itemsPerPage=500
    GET /api/system/jobs?creationTimeFrom=2026-12-01T11%3A00%3A00%2B0100&itemsPerPage=500
    GET /api/system/jobs/3ax1
    ");
}

#[tokio::test]
async fn where_the_looks_are_used_up_earlier_the_list_is_asked_from_then_on() {
    let worn = refusal(403, "job-detail-try-counter-exceeded-limit", "Wait!");
    let done = json!({"jobs": [{"jobId": "3ax1", "status": "failed"}]});
    let api = Script::new([worn, data(&done), job("failed", None)]).await;
    let error = private(&api).done("3ax1", &wait(60_000)).await.unwrap_err();
    assert_eq!(why(error), "the job 3ax1 is failed");
    assert_eq!(api.lines().len(), 3);
}

#[tokio::test]
async fn patience_has_an_end_and_pauses_grow() {
    let api = Script::new(vec![job("pending", None); 10]).await;
    let error = private(&api).done("3ax1", &wait(31)).await.unwrap_err();
    assert_eq!(why(error), "the job 3ax1 is not done after 1 min");
    // 1 + 2 + 4 + 8 + 16 ms
    assert_eq!(api.lines().len(), 5);
}

#[tokio::test]
async fn an_address_is_safe_over_https_or_between_this_machines_own_ports() {
    let api = Script::new([]).await;
    for (url, safe) in [
        ("https://222651.myshoptet.com/api-results/3ax1.json", true),
        ("http://127.0.0.1:9/x", true),
        ("http://222651.myshoptet.com/x", false),
        ("https://me@222651.myshoptet.com/x", false),
        ("file:///etc/passwd", false),
        ("", false),
    ] {
        let api = Script::new([job("completed", Some(url))]).await;
        let done = private(&api).done("3ax1", &wait(60_000)).await;
        assert_eq!(done.is_ok(), safe, "{url}");
    }
    assert_eq!(api.lines(), Vec::<String>::new());
}

#[tokio::test]
async fn a_redirect_of_the_file_is_not_followed() {
    let other = Script::new([file(&[customer("a")])]).await;
    let target = other.url.join("/x").unwrap();
    let files = Script::new([Reply::new(302, "").with("location", target)]).await;
    let detail = data(&json!({"customer": customer("a")}));
    let api = Script::new([listed(&["a"]), accepted(), completed(&files), detail]).await;
    let (items, _) = read(&bulk(&api, None), Kind::Company, Scope::Full)
        .await
        .unwrap();
    insta::assert_snapshot!(items.join("\n"), @"
    1 expected
    warning: no whole snapshot of the customers: Shoptet refused GET (the file): 302; what is missing is read one by one
    a company Paní a
    ");
    assert_eq!(other.lines(), Vec::<String>::new());
}

#[tokio::test]
async fn lines_that_come_twice_or_are_nobody_asked_for_are_handed_on_once() {
    let lines = [customer("b"), customer("a"), customer("b"), customer("c")];
    let files = Script::new([file(&lines)]).await;
    let api = Script::new([listed(&["a", "b"]), accepted(), completed(&files)]).await;
    let (items, _) = read(&bulk(&api, None), Kind::Company, Scope::Full)
        .await
        .unwrap();
    insta::assert_snapshot!(items.join("\n"), @"
    2 expected
    b company Paní b
    a company Paní a
    c company Paní c
    ");
}
