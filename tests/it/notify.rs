//! Who is told how runs ended.

use std::fs;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::mail::{MailServer, PASSWORD, USER, Way};
use crate::receiver::{Manner, Receiver};
use crate::support::{Bench, KEY, private};

mod by_mail;

/// A bench whose configuration begins with these lines.
fn bench(notify: &str) -> Bench {
    let bench = Bench::new();
    tell(&bench, notify);
    bench
}

fn tell(bench: &Bench, notify: &str) {
    let connection = bench.config();
    let at = connection.find("[connections").unwrap();
    bench.write_config(&format!("{notify}\n\n{}", &connection[at..]));
}

fn webhook(receiver: &Receiver, on: &str) -> String {
    format!(
        "[notify]\non = \"{on}\"\n[notify.webhook]\nurl = \"{}/hook\"",
        receiver.url
    )
}

/// The tables of a mail server; its certificate lies beside the configuration.
fn email(bench: &Bench, server: &MailServer, security: &str, password: &str) -> String {
    fs::write(bench.path("mail.pem"), &server.certificate).unwrap();
    fs::write(bench.path("password"), password).unwrap();
    private(&bench.path("password"));
    format!(
        "[notify.email]\nserver = \"localhost\"\nport = {}\nsecurity = \"{security}\"\n\
         user = \"{USER}\"\npassword = {{ file = \"password\" }}\nca_file = \"mail.pem\"\n\
         from = \"Můj e-shop <{USER}>\"\nto = [\"owner@example.com\", \"books@example.com\"]",
        server.port
    )
}

fn subjects(receiver: &Receiver) -> Vec<String> {
    let bodies = receiver.bodies();
    let subject = |body: &Value| body["subject"].as_str().unwrap().to_owned();
    bodies.iter().map(subject).collect()
}

/// Runs are put in order by the second in which they began.
fn next_second() {
    let now = || chrono::Utc::now().timestamp();
    let second = now();
    while now() == second {
        thread::sleep(Duration::from_millis(20));
    }
}

/// An order without an amount: it fails in each run.
fn broken_order(bench: &Bench) -> String {
    bench.order(|order| {
        order.price.to_pay = None;
        order.price.with_vat = None;
    })
}

#[test]
fn failures_are_told_once_and_so_is_that_it_works_again() {
    let receiver = Receiver::start(Manner::Answers(200));
    let bench = bench(&webhook(&receiver, "failure"));
    bench.order(|_| ());
    let good = bench.config();
    let token = bench.sandbox.caflou_token().to_owned();
    bench.write_config(&good.replace(&token, "not-the-token"));
    bench.run(&[]).exits(4);
    bench.run(&[]).exits(4);
    assert_eq!(subjects(&receiver), ["Můj e-shop: the import failed"]);
    let first = &receiver.bodies()[0];
    assert_eq!(
        (&first["test"], &first["failures"]),
        (&false.into(), &1.into())
    );
    assert_eq!(first["report"]["status"], "failed");
    let text = first["text"].as_str().unwrap();
    assert!(text.contains("\nWhy         Caflou refused "), "{text}");
    assert!(
        text.contains("`caflou-sync test my-shop` checks both sides"),
        "{text}"
    );

    bench.write_config(&good);
    next_second();
    let ran = bench.run(&[]).exits(0);
    bench.run(&[]).exits(0);
    let last = "Můj e-shop: works again after 2 failures, 1 new income";
    assert_eq!(subjects(&receiver)[1..], [last]);
    let second = &receiver.bodies()[1];
    assert_eq!(
        second["report"],
        ran.summary(),
        "the report is the one of the run"
    );
    assert!(
        second["text"]
            .as_str()
            .unwrap()
            .contains("Incomes     1 new (1 234.50 CZK)")
    );
}

#[test]
fn after_says_how_many_have_to_fail() {
    let receiver = Receiver::start(Manner::Answers(200));
    let lines = webhook(&receiver, "failure").replace("[notify]", "[notify]\nafter = 2");
    let bench = bench(&lines);
    broken_order(&bench);
    bench.run(&[]).exits(3);
    assert!(receiver.lines().is_empty());
    bench.run(&[]).exits(3);
    bench.run(&[]).exits(3);
    let expected = "Můj e-shop: 1 record failed (2 bad runs in a row)";
    assert_eq!(subjects(&receiver), [expected]);
    // one that did not fail before is news
    broken_order(&bench);
    bench.run(&[]).exits(3);
    assert_eq!(receiver.lines().len(), 2);
}

#[test]
fn a_run_of_one_order_takes_no_failure_back() {
    let receiver = Receiver::start(Manner::Answers(200));
    let bench = bench(&webhook(&receiver, "failure"));
    broken_order(&bench);
    let good = bench.order(|_| ());
    bench.run(&[]).exits(3);
    let told = ["Můj e-shop: 1 record failed, 1 new income"];
    assert_eq!(subjects(&receiver), told);
    next_second();
    bench.run(&["--order", &good]).exits(0);
    assert_eq!(subjects(&receiver), told);
    next_second();
    bench.run(&[]).exits(3);
    assert_eq!(subjects(&receiver), told);
}

#[test]
fn changes_are_told_where_that_is_asked_for_and_a_dry_run_tells_nobody() {
    let receiver = Receiver::start(Manner::Answers(200));
    let heartbeat = format!("\n[notify.heartbeat]\nurl = \"{}/beat\"", receiver.url);
    let bench = bench(&(webhook(&receiver, "change") + &heartbeat));
    let code = bench.order(|_| ());
    bench.run(&["--dry-run"]).exits(0);
    assert!(receiver.lines().is_empty());
    bench.run(&["--order", &code]).exits(0);
    let both = ["GET /beat/start", "GET /beat", "POST /hook"];
    let mut lines = receiver.lines();
    assert_eq!(lines.first().map(String::as_str), Some("GET /beat/start"));
    lines.sort_unstable_by_key(|line| both.iter().position(|one| one == line));
    assert_eq!(lines, both);
    bench.run(&[]).exits(0);
    let beats = receiver.lines().split_off(3);
    assert_eq!(beats, ["GET /beat/start", "GET /beat"], "nothing new");
}

#[test]
fn settings_of_notifications_are_no_reason_to_compare_everything() {
    let bench = Bench::new();
    bench.order(|_| ());
    bench.imported();
    let receiver = Receiver::start(Manner::Answers(200));
    tell(&bench, &webhook(&receiver, "always"));
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.start()["full"], false);
    assert_eq!(subjects(&receiver), ["Můj e-shop: nothing new"]);
}

#[test]
fn a_channel_that_hangs_is_given_up_and_the_others_are_told() {
    let (hangs, beats) = (
        Receiver::start(Manner::Hangs),
        Receiver::start(Manner::Answers(200)),
    );
    let heartbeat = format!("\n[notify.heartbeat]\nurl = \"{}/beat\"", beats.url);
    let bench = bench(&(webhook(&hangs, "always") + &heartbeat));
    bench.order(|_| ());
    // The receiver never answers: the program ends by its own limit, or not at all.
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.summary()["status"], "ok");
    let expected = "error: my-shop: webhook told nobody: not done within 10 s: given up\n";
    assert_eq!(ran.stderr, expected);
    assert_eq!(beats.lines(), ["GET /beat/start", "GET /beat"]);
}

#[test]
fn an_address_is_a_secret_also_where_it_is_refused() {
    let receiver = Receiver::start(Manner::Answers(404));
    let lines = "[notify]\non = \"always\"\nwebhook.url = { env = \"HOOK\" }\n\
                 heartbeat.url = { file = \"beat\" }";
    let bench = bench(lines);
    fs::write(
        bench.path("beat"),
        format!("{}/beat-hunter2\n", receiver.url),
    )
    .unwrap();
    let mut command = bench.command(&["run", KEY, "-vv"]);
    let output = command
        .env("HOOK", format!("{}/hook-hunter2", receiver.url))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert_eq!(receiver.lines().len(), 3);
    assert!(
        said.contains("webhook told nobody: refused with 404 Not Found"),
        "{said}"
    );
    assert!(
        said.contains("heartbeat told nobody: refused with 404 Not Found"),
        "{said}"
    );
    assert!(
        !said.contains("hunter2") && !said.contains(&receiver.url),
        "{said}"
    );
}

#[test]
fn a_connection_that_is_locked_tells_nobody() {
    let receiver = Receiver::start(Manner::Answers(200));
    let heartbeat = format!("\n[notify.heartbeat]\nurl = \"{}/beat\"", receiver.url);
    let bench = bench(&(webhook(&receiver, "always") + &heartbeat));
    bench.imported();
    let before = receiver.lines().len();
    let lock = caflou_sync::state::Lock::take(&bench.path("state.db"), KEY, chrono::Utc::now());
    bench.run(&[]).exits(5);
    drop(lock);
    assert_eq!(receiver.lines().len(), before);
}

#[cfg(unix)]
#[test]
fn a_command_gets_the_report_on_its_input() {
    let lines = "[notify]\non = \"always\"\n\
                 command = [\"sh\", \"-c\", \"echo noise; cat > told.json; echo heard >&2\"]";
    let bench = bench(lines);
    bench.order(|_| ());
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.stderr, "heard\n");
    let told = fs::read_to_string(bench.path("told.json")).unwrap();
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["type"], "notification");
    assert_eq!(told["connection"], KEY);
    assert_eq!(told["report"], ran.summary());

    tell(
        &bench,
        "[notify]\non = \"always\"\ncommand = [\"false\", \"hunter2\"]",
    );
    let ran = bench.run(&[]).exits(0);
    let expected = "error: my-shop: command told nobody: \"false\" failed (exit status: 1)\n";
    assert_eq!(ran.stderr, expected);
}

#[test]
fn notify_test_says_of_each_channel_how_it_went() {
    let (server, receiver) = (
        MailServer::start(Way::Starttls),
        Receiver::start(Manner::Answers(200)),
    );
    let bench = Bench::new();
    let ran = bench.program(&["notify", "test"]).exits(2);
    assert!(
        ran.stderr
            .contains("connection `my-shop` tells nobody: add a channel"),
        "{}",
        ran.stderr
    );

    let mail = email(&bench, &server, "starttls", PASSWORD);
    let url = &receiver.url;
    let others = format!(
        "[notify]\ncommand = [\"no-such-program\"]\nwebhook = {{ url = \"{url}/topic\", shape = \
         \"ntfy\" }}\nheartbeat.url = \"{url}/{{connection}}\"\n"
    );
    tell(&bench, &(others.clone() + &mail));
    let ran = bench.program(&["notify", "test", KEY]).exits(1);
    let expected = "\
Můj e-shop (my-shop)
  ok  e-mail      localhost took it for owner@example.com, books@example.com
  ok  webhook     ntfy took it (200 OK)
  !!  command     \"no-such-program\" cannot be run: No such file or directory (os error 2)
  ok  heartbeat   the sign of life was taken (200 OK)
";
    assert_eq!(ran.stdout, expected);
    let mut lines = receiver.lines();
    lines.sort_unstable();
    assert_eq!(lines, ["GET /my-shop", "GET /my-shop/start", "POST /"]);

    let without = others.replace("command = [\"no-such-program\"]\n", "");
    tell(&bench, &(without + &mail));
    let ran = bench
        .program(&["notify", "test", "--format", "json"])
        .exits(0);
    let first = &ran.objects()[0];
    assert_eq!(
        (&first["check"], &first["ok"]),
        (&"e-mail".into(), &true.into())
    );
}
