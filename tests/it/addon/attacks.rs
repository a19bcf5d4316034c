//! What somebody who means harm finds: in the state file, in the log, by injection.

use std::fs;

use serde_json::json;

use super::stage::{KEY, OTHER, SHOP, Stage};

/// The state file with all that SQLite keeps beside it.
fn stolen(stage: &Stage) -> Vec<u8> {
    let mut all = Vec::new();
    for name in ["addon.db", "addon.db-wal", "addon.db-shm"] {
        all.extend(fs::read(stage.path(name)).unwrap_or_default());
    }
    assert!(all.len() > 4096);
    all
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}

#[test]
fn a_stolen_state_file_shows_no_token_code_secret_or_address_nor_does_the_log() {
    let mut stage = Stage::new();
    let waiting = stage.installed(OTHER);
    let code = stage.installed(SHOP);
    let answer = stage.pair(SHOP, &code).is(200).json();
    let secret = answer["pairing_secret"].as_str().unwrap().to_owned();
    let token = stage.access_token(&secret);
    stage.pair(OTHER, "07EN-W3AH-RZ6D-MV29-GQYR").is(403);
    stage.refused(&secret, "222651-a-refused").is(200);
    let oauth_token = stage
        .sandbox
        .addon()
        .shop(SHOP)
        .oauth_token
        .clone()
        .unwrap();
    let hooks = stage.sandbox.addon().signature_key.clone();
    let client_secret = stage.sandbox.addon().client_secret.clone().unwrap();
    let secrets = [
        waiting.as_str(),
        &waiting.replace('-', ""),
        &code,
        &secret,
        &token,
        &oauth_token,
        "owner-222651@example.cz",
        "owner-125671@example.cz",
        "127.0.0.1",
        KEY,
        &hooks,
        &client_secret,
    ];
    let found = |bytes: &[u8]| -> Vec<_> {
        let found = secrets.iter().filter(|secret| holds(bytes, secret));
        found.map(|secret| (*secret).to_owned()).collect()
    };
    let none = Vec::<String>::new();
    let while_it_runs = stolen(&stage);
    assert!(
        holds(&while_it_runs, "https://222651.myshoptet.com"),
        "looked in the wrong place"
    );
    assert_eq!(found(&while_it_runs), none);
    assert_eq!(stage.stop(), Some(0));
    assert_eq!(found(&stolen(&stage)), none);
    let log = stage.log();
    assert!(log.contains("a program was paired"));
    let mut told = log;
    for its_own in ["address", "metrics"] {
        told = told.replace(&format!("\"{its_own}\":\"127.0.0.1"), "");
    }
    let told = found(told.as_bytes());
    assert_eq!(told, none);
}

#[test]
fn what_was_uninstalled_is_not_even_left_encrypted_in_free_places() {
    let mut stage = Stage::new();
    stage.paired(SHOP);
    stage.sandbox.uninstall(SHOP, Some(&stage.hooks())).unwrap();
    assert_eq!(stage.stop(), Some(0));
    assert!(!holds(
        &fs::read(stage.path("addon.db")).unwrap(),
        "222651.myshoptet.com"
    ));
}

#[cfg(unix)]
#[test]
fn only_its_owner_may_read_the_state_file() {
    use std::os::unix::fs::PermissionsExt;
    let stage = Stage::new();
    stage.installed(SHOP);
    for name in ["addon.db", "addon.db-wal"] {
        let mode = fs::metadata(stage.path(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn with_another_key_the_state_file_is_of_no_use() {
    let mut stage = Stage::new();
    stage.installed(SHOP);
    stage.stop();
    let text = fs::read_to_string(stage.path("addon.toml")).unwrap();
    fs::write(
        stage.path("addon.toml"),
        text.replace(KEY, &"ab".repeat(32)),
    )
    .unwrap();
    for args in [&["serve"][..], &["list"]] {
        let ran = stage.program(args).exits(2);
        let wanted = format!(
            "error: state file {} is encrypted with another key than `key` of addon.toml names; name \
             that key, or another state file to begin anew\n",
            "addon.db"
        );
        assert_eq!((ran.stdout.as_str(), ran.stderr), ("", wanted));
    }
}

#[test]
fn a_secret_that_is_none_opens_nothing() {
    let stage = Stage::new();
    let secret = stage.paired(SHOP);
    let header = |value: &str| format!("authorization: {value}");
    let other_case = secret.to_uppercase();
    for value in [
        String::new(),
        "Bearer".to_owned(),
        "Bearer ' OR 1=1 --".to_owned(),
        format!("Bearer {other_case}"),
        format!("Bearer {}", &secret[1..]),
        format!("Bearer {secret}AAAA"),
        format!("Basic {secret}"),
        format!("Bearer {}", "A".repeat(43)),
        format!("Bearer {}", "A".repeat(5000)),
    ] {
        let answer = stage.ask("POST /token", &[&header(&value)], "").is(401);
        assert_eq!(answer.error(), "unpaired", "{value}");
    }
    stage.ask("POST /token", &[], "").is(401);
    let twice = [
        header(&format!("Bearer {}", "A".repeat(43))),
        header(&format!("Bearer {secret}")),
    ];
    let twice: Vec<_> = twice.iter().map(String::as_str).collect();
    stage.ask("POST /token", &twice, "").is(401);
    stage.token(&secret).is(200);
}

#[test]
fn sql_and_headers_in_any_field_stay_text() {
    let stage = Stage::new();
    let code = stage.installed(SHOP);
    let injection = "'); DROP TABLE shops; --";
    let body = json!({"eshop_id": SHOP, "code": injection, "program": injection});
    stage.ask("POST /pair", &[], &body.to_string()).is(403);
    let body = json!({"eshop_id": SHOP, "code": code, "program": injection});
    let answer = stage
        .ask("POST /pair", &[], &body.to_string())
        .is(200)
        .json();
    let secret = answer["pairing_secret"].as_str().unwrap();
    stage.refused(secret, injection).is(200);
    for path in [
        "/install?code=%27%29%3B%20DROP%20TABLE%20shops%3B--",
        "/install?code=a%0d%0aX-Evil:%201",
        "/install?code=%00",
        "/install?code=",
        "/token%00",
        "/../../etc/passwd",
        "/metrics?x=%27",
    ] {
        let answer = stage.get(path);
        assert!(
            !answer.head.to_ascii_lowercase().contains("x-evil"),
            "{path}"
        );
        assert!(
            [200, 400, 403, 404].contains(&answer.status),
            "{path}: {answer:?}"
        );
    }
    let list = stage
        .program(&["list", "--format", "json"])
        .exits(0)
        .objects();
    assert_eq!((list.len(), &list[0]["programs"]), (1, &json!([injection])));
    stage.token(secret).is(200);
}

#[test]
fn what_is_at_no_address_or_asked_another_way_is_refused_as_json() {
    let stage = Stage::new();
    assert_eq!(stage.get("/").is(404).error(), "not-found");
    for line in [
        "GET /pair",
        "GET /token",
        "DELETE /webhooks/addon",
        "POST /install",
    ] {
        assert_eq!(stage.ask(line, &[], "").is(405).error(), "wrong-method");
    }
    assert_eq!(
        stage.get("/healthz").is(200).json(),
        json!({"status": "ok"})
    );
}
