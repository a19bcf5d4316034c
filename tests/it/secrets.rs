//! Secrets and personal data stay where they belong.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::json;

use crate::receiver::{Manner, Receiver as Recorder};
use crate::sandbox::{Fault, Faults, Matcher, Service};
use crate::support::{Bench, KEY, Ran, Settings, private, wait_for};

/// A server on a port of its own: gives every request the same answer, and keeps what it was sent.
fn server(answer: String) -> (String, Receiver<String>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (tell, heard) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 8192];
            let length = stream.read(&mut request).unwrap_or_default();
            let text = String::from_utf8_lossy(&request[..length]).into_owned();
            if tell.send(text).is_err() {
                return;
            }
            stream.write_all(answer.as_bytes()).ok();
        }
    });
    (url, heard)
}

/// As an add-on at the shop, and with a login to Caflou.
fn by_logins(bench: &Bench) {
    let sandbox = &bench.sandbox;
    let private = format!("private_token = \"{}\"", sandbox.private_token());
    let (oauth, url) = (sandbox.oauth_token(), sandbox.token_url());
    let addon = format!("oauth_token = \"{oauth}\"\ntoken_url = \"{url}\"");
    let token = format!("\ntoken = \"{}\"", sandbox.caflou_token());
    let (email, password) = {
        let books = sandbox.books();
        (books.email.clone(), books.password.clone())
    };
    let login = format!("\nemail = \"{email}\"\npassword = \"{password}\"");
    let text = bench.connection(KEY, &Settings::default());
    bench.write_config(&text.replace(&private, &addon).replace(&token, &login));
}

#[test]
fn a_redirect_never_takes_credentials_to_another_host() {
    let cases = [
        ("shoptet", false, "shoptet-private-api-token"),
        ("caflou", false, "authorization: bearer"),
        ("shoptet", true, "authorization: bearer"),
        ("caflou", true, "authorization: basic"),
    ];
    std::thread::scope(|scope| {
        for ((whose, login, credentials), status) in cases
            .into_iter()
            .flat_map(|case| [(case, 302), (case, 307)])
        {
            scope.spawn(move || {
                let body = r#"{"data": {}}"#;
                let length = body.len();
                let (thief, stolen) = server(format!(
                    "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}"
                ));
                let (host, asked) = server(format!(
                    "HTTP/1.1 {status} Moved\r\nlocation: {thief}/api/eshop\r\n\
                     content-length: 0\r\nconnection: close\r\n\r\n"
                ));
                let bench = Bench::new();
                bench.order(|_| ());
                if login {
                    by_logins(&bench);
                }
                let (shop, caflou) = (bench.sandbox.shoptet_url(), bench.sandbox.caflou_url());
                let text = bench.config();
                bench.write_config(&match (whose, login) {
                    ("shoptet", true) => {
                        text.replace(&format!("\"{shop}/action"), &format!("\"{host}/action"))
                    }
                    ("shoptet", false) => text.replace(&shop, &host),
                    _ => text.replace(&caflou, &host),
                });
                let ran = bench.run(&[]);
                assert!(
                    [1, 4].contains(&ran.code),
                    "{whose} {status}: {}",
                    ran.stdout
                );
                assert!(ran.error().contains(&status.to_string()), "{}", ran.error());
                let asked = asked.try_recv().expect("a request").to_lowercase();
                assert!(asked.contains(credentials), "{asked}");
                assert_eq!(stolen.try_recv().ok(), None, "{whose} {status} followed");
            });
        }
    });
}

#[cfg(unix)]
#[test]
fn files_are_private_also_where_the_user_shares_everything() {
    use std::os::unix::fs::PermissionsExt;

    let bench = Bench::with(|options| options.caflou_latency = Duration::from_millis(50));
    (0..20).for_each(|_| drop(bench.order(|_| ())));
    by_logins(&bench);
    let run = bench.spawn_after("umask 000");
    wait_for("create", || bench.writes().len() > 3);
    let modes = || {
        let folders = [bench.path(""), bench.path("cache/caflou-sync")];
        let files = folders
            .iter()
            .filter_map(|folder| std::fs::read_dir(folder).ok());
        let files = files.flatten().map(|file| file.unwrap());
        let files = files.filter(|file| file.file_type().unwrap().is_file());
        let mode = |file: std::fs::DirEntry| {
            let mode = file.metadata().unwrap().permissions().mode() & 0o777;
            (file.file_name().into_string().unwrap(), format!("{mode:o}"))
        };
        files
            .map(mode)
            .collect::<std::collections::BTreeMap<_, _>>()
    };
    let under_way = modes();
    run.end().exits(0);
    let after = modes();
    let lock = format!("state.db.{KEY}.lock");
    for name in [
        "state.db",
        "state.db-wal",
        "state.db-shm",
        &lock,
        "tokens.json",
        "tokens.lock",
    ] {
        assert!(under_way.contains_key(name), "{name}: {under_way:?}");
    }
    for (name, mode) in under_way.iter().chain(&after) {
        assert_eq!(mode, "600", "{name}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_token_is_in_no_command_line() {
    let bench = Bench::with(|options| options.shoptet_latency = Duration::from_millis(200));
    bench.order(|_| ());
    let token = bench.sandbox.caflou_token().to_owned();
    std::fs::write(bench.path("token"), &token).unwrap();
    // a password manager that takes its time
    let command = r#"{ command = ["sh", "-c", "sleep 0.3; cat token"] }"#;
    let text = bench.config();
    bench.write_config(&text.replace(&format!("\"{token}\""), command));
    let mut run = bench.spawn(&[]);
    let secrets = [&token[..], bench.sandbox.private_token()];
    while run.runs() {
        for process in std::fs::read_dir("/proc").unwrap().flatten() {
            let line = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&line);
            for secret in secrets {
                assert!(!line.contains(secret), "{line}");
            }
        }
    }
    run.end().exits(0);
    bench.each_order_is_there_once();
}

#[test]
fn log_lines_hold_neither_secrets_nor_personal_data() {
    std::thread::scope(|scope| {
        for (flags, login) in [
            (&["-v"][..], true),
            (&["-vv"], false),
            (&["-v", "--log-format", "json"], false),
            (&["-vv", "--log-format", "json"], true),
        ] {
            scope.spawn(move || logs_are_clean(flags, login));
        }
    });
}

fn logs_are_clean(flags: &[&str], login: bool) {
    let bench = Bench::new();
    let guid = bench.customer(|_| ());
    for _ in 0..4 {
        bench.order(|order| order.customer_guid = Some(guid.clone()));
    }
    if login {
        by_logins(&bench);
    }
    bench.sandbox.set_faults(trouble());
    let ran = bench.run(flags).exits(3);
    let requests = flags.contains(&"-vv");
    assert_eq!(
        ran.stderr.contains("/api/orders"),
        requests,
        "{}",
        ran.stderr
    );
    let tokens = std::fs::read_to_string(bench.path("cache/caflou-sync/tokens.json"));
    let tokens: serde_json::Value = serde_json::from_str(&tokens.unwrap_or("{}".into())).unwrap();
    let tokens = tokens.as_object().unwrap().values();
    let mut held: Vec<_> = tokens.map(|one| one["token"].as_str().unwrap()).collect();
    assert_eq!(held.len(), if login { 2 } else { 0 });
    let sandbox = &bench.sandbox;
    let password = sandbox.books().password.clone();
    held.extend([sandbox.private_token(), sandbox.oauth_token()]);
    held.extend([sandbox.caflou_token(), &password]);
    held.extend(["Nov", "Jan", "example.cz", "Dlouh", "Brno", "60200", "1234"]);
    for secret in held {
        assert!(!ran.stderr.contains(secret), "{secret}: {}", ran.stderr);
    }
}

/// What is worth a line in the log: lost and put off requests, a refusal that quotes the record.
fn trouble() -> Faults {
    let quote = Fault::Answer {
        status: 422,
        body: json!({ "errors": { "name": ["Jan Novák, jana@example.cz is taken"] } }).to_string(),
    };
    let caflou = |method| Matcher::new(Service::Caflou, method, "/transfers");
    let shop = Matcher::new(Service::Shoptet, "GET", "/api/orders");
    Faults {
        script: vec![
            (shop.clone(), Fault::StatusBefore(500)),
            (shop, Fault::CutBefore),
            (caflou("GET"), Fault::TooMany(2)),
            (caflou("POST"), quote),
        ],
        ..Faults::default()
    }
}

#[test]
fn a_proxy_never_sees_what_is_meant_for_this_machine() {
    let bench = Bench::new();
    bench.customer(|_| ());
    bench.order(|_| ());
    by_logins(&bench);
    let proxy = Recorder::start(Manner::Answers(200));
    let heart = Recorder::start(Manner::Answers(200));
    let notify = format!(
        "\n[notify]\non = \"always\"\nheartbeat.url = \"{0}/beat\"\nwebhook.url = \"{0}/hook\"\n",
        heart.url
    );
    bench.write_config(&(bench.config() + &notify));
    private(&bench.path("connections.toml"));
    let mut command = bench.command(&["run", "--format", "json"]);
    for name in [
        "http_proxy",
        "https_proxy",
        "HTTPS_PROXY",
        "all_proxy",
        "ALL_PROXY",
    ] {
        command.env(name, &proxy.url);
    }
    let ran = Ran::of(command.output().unwrap());
    assert_eq!(proxy.lines(), Vec::<String>::new());
    assert_eq!(ran.exits(0).summary()["incomes"]["created"], 1);
    let of = |method: &str| heart.lines().iter().any(|line| line.starts_with(method));
    assert!(of("GET") && of("POST"), "{:?}", heart.lines());
}

#[cfg(unix)]
#[test]
fn a_secrets_file_that_others_can_read_is_told_with_what_to_type() {
    use std::os::unix::fs::PermissionsExt;
    let bench = Bench::new();
    let token = bench.sandbox.caflou_token().to_owned();
    let path = bench.path("a token");
    std::fs::write(&path, &token).unwrap();
    let plain = format!("\ntoken = \"{token}\"");
    bench.write_config(
        &bench
            .config()
            .replace(&plain, "\ntoken = { file = \"a token\" }"),
    );
    for (mode, told) in [(0o644, true), (0o604, true), (0o600, false), (0o400, false)] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let ran = bench.run(&[]).exits(0);
        let expected = format!("(mode {mode:04o}); type: chmod 600 '");
        assert_eq!(ran.stderr.contains(&expected), told, "{}", ran.stderr);
        assert_eq!(ran.stderr.is_empty(), !told, "{}", ran.stderr);
    }
}

#[cfg(unix)]
#[test]
fn programs_that_are_started_inherit_no_secrets() {
    let bench = Bench::new();
    let (shop, caflou) = (bench.sandbox.private_token(), bench.sandbox.caflou_token());
    let text = bench.config();
    let text = text.replace(&format!("\"{shop}\""), "{ env = \"MY_OWN\" }");
    let command = format!("{{ command = [\"sh\", \"-c\", \"env > asked; printf %s {caflou}\"] }}");
    let text = text.replace(
        &format!("\ntoken = \"{caflou}\""),
        &format!("\ntoken = {command}"),
    );
    let notify = "\n[notify]\non = \"always\"\ncommand = [\"sh\", \"-c\", \"env > told\"]\n\
                  webhook.url = { env = \"HOOK\" }\n";
    bench.write_config(&(text + notify));
    let mut program = bench.command(&["run", "--format", "json"]);
    program.env("PATH", std::env::var_os("PATH").unwrap());
    program
        .env("MY_OWN", shop)
        .env("HOOK", "http://localhost:1/hunter2");
    for name in ["SHOPTET_TOKEN", "CAFLOU_TOKEN", "CAFLOU_PASSWORD"] {
        program.env(name, "hunter2");
    }
    program
        .env("CAFLOU_SYNC_STATE", "state.db")
        .env("MINE", "stays");
    Ran::of(program.output().unwrap()).exits(0);
    for file in ["asked", "told"] {
        let seen = std::fs::read_to_string(bench.path(file)).unwrap();
        assert!(
            !seen.contains(shop) && !seen.contains("hunter2"),
            "{file}: {seen}"
        );
        assert!(
            seen.contains("MINE=stays") && seen.contains("CAFLOU_SYNC_STATE="),
            "{seen}"
        );
    }
}
