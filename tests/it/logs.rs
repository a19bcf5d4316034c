//! Log lines: each request with what finds it again at the service, and nothing about people.

use std::process::Stdio;

use serde_json::{Value, json};

use crate::sandbox::{Fault, Faults, Matcher, Service};
use crate::support::{Bench, Ran};

/// A customer, their order and a guest's.
fn bench() -> Bench {
    let bench = Bench::new();
    let guid = bench.customer(|_| ());
    bench.order(|order| order.customer_guid = Some(guid));
    bench.order(|_| ());
    bench
}

/// The lines on stderr with what differs from run to run masked.
fn masked(ran: &Ran) -> Vec<Value> {
    let lines = ran.stderr.lines().map(|line| {
        let mut line: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
        assert!(
            line["timestamp"]
                .as_str()
                .is_some_and(|time| time.ends_with('Z'))
        );
        line["timestamp"] = json!("TIME");
        if let Some(fields) = line["fields"].as_object_mut() {
            assert!(fields.get("millis").is_none_or(Value::is_number));
            fields
                .entry("millis")
                .and_modify(|millis| *millis = json!(0));
            if let Some(id) = fields.get_mut("request_id").filter(|id| *id != "-") {
                *id = json!("ID");
            }
        }
        line
    });
    lines.collect()
}

#[test]
fn each_request_is_a_line_with_method_path_status_time_and_id() {
    let bench = bench();
    let ran = bench.run(&["-vv", "--log-format", "json"]).exits(0);
    let lines = masked(&ran);
    let account = bench.sandbox.account_id();
    let of = |path: &str| {
        let found = lines.iter().find(|line| line["fields"]["path"] == path);
        found
            .unwrap_or_else(|| panic!("{path} in {}", ran.stderr))
            .to_string()
    };
    insta::assert_snapshot!(of("/api/eshop"), @r#"{"fields":{"message":"request","method":"GET","millis":0,"path":"/api/eshop","request_id":"ID","service":"Shoptet","status":200},"level":"DEBUG","timestamp":"TIME"}"#);
    let companies = of(&format!("/api/v1/{account}/companies")).replace(account, "ACCOUNT");
    insta::assert_snapshot!(companies, @r#"{"fields":{"message":"request","method":"GET","millis":0,"path":"/api/v1/ACCOUNT/companies","request_id":"-","service":"Caflou","status":200},"level":"DEBUG","timestamp":"TIME"}"#);
    let requests = lines
        .iter()
        .filter(|line| line["fields"]["message"] == "request");
    let sent = &ran.summary()["requests"];
    let sum = sent["shoptet"].as_u64().unwrap() + sent["caflou"].as_u64().unwrap();
    assert_eq!(requests.count() as u64, sum);
    assert!(
        !ran.stderr.contains('?'),
        "query strings stay out: {}",
        ran.stderr
    );
}

#[test]
fn as_text_a_line_is_short_and_without_a_time() {
    let bench = bench();
    let ran = bench.run(&["-vv", "--only", "companies"]).exits(0);
    let line = ran
        .stderr
        .lines()
        .find(|line| line.contains("/api/eshop"))
        .unwrap();
    let (before, after) = line.split_once("millis=").unwrap();
    let (_, after) = after.split_once(" request_id=").unwrap();
    assert_eq!(
        before,
        "debug: request service=\"Shoptet\" method=GET path=\"/api/eshop\" status=200 "
    );
    assert!(after.trim_matches('"').len() > 1, "{line}");
}

#[test]
fn without_asking_for_more_a_good_run_logs_nothing() {
    let bench = bench();
    for flags in [&[][..], &["-v"], &["-q"]] {
        let ran = bench.run(flags).exits(0);
        assert_eq!(ran.stderr, "", "{flags:?}");
    }
}

#[test]
fn neither_secrets_nor_people_are_in_the_log() {
    let bench = bench();
    let ran = bench.run(&["-vvv", "--log-format", "json"]).exits(0);
    let sandbox = &bench.sandbox;
    let people = ["Jana", "Nov", "@example.cz", "Dlouh", "Brno", "1234.5"];
    for word in people
        .iter()
        .copied()
        .chain([sandbox.private_token(), sandbox.caflou_token()])
    {
        assert!(!ran.stderr.contains(word), "{word} in {}", ran.stderr);
    }
}

#[test]
fn a_run_goes_on_where_nobody_reads_its_log_any_more() {
    let bench = bench();
    let mut command = bench.command(&["run", "-vv", "--format", "json"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stderr.take());
    let ran = Ran::of(child.wait_with_output().unwrap()).exits(0);
    assert_eq!(ran.summary()["incomes"]["created"], 2);
}

/// What a service might say to write lines of its own, colour a terminal or turn the reading order.
const FOREIGN: &str =
    "no\u{1b}[2J\nerror: all is well\r\u{9b}31m\u{7f}\u{85}\u{2028}a\u{202e}b\u{2066}c\u{200f}";

/// Control and bidi characters in a text of several lines.
fn commands(text: &str) -> Vec<char> {
    let odd = |c: &char| {
        (c.is_control() && *c != '\n')
            || ('\u{2028}'..='\u{202e}').contains(c)
            || ('\u{2066}'..='\u{2069}').contains(c)
            || ['\u{61c}', '\u{200e}', '\u{200f}'].contains(c)
    };
    text.chars().filter(odd).collect()
}

/// Both services refuse what they are asked with a text of their own: one record of Caflou, then
/// all of the shop.
fn refusals() -> Vec<(Faults, i32)> {
    let caflou = json!({"errors": {"name": [FOREIGN]}, "error": FOREIGN}).to_string();
    let shop = json!({
        "data": null,
        "errors": [{"errorCode": FOREIGN, "message": FOREIGN, "instance": FOREIGN}],
        "metadata": {"requestId": FOREIGN},
    });
    let fault = |status, body: &str| Fault::Answer {
        status,
        body: body.to_owned(),
    };
    let create = Matcher::new(Service::Caflou, "POST", "/transfers");
    let orders = Matcher::new(Service::Shoptet, "GET", "/api/orders");
    vec![
        (Faults::once(create, fault(422, &caflou)), 3),
        (
            Faults::once(orders.clone(), fault(400, &shop.to_string())),
            1,
        ),
        (Faults::once(orders, fault(200, &shop.to_string())), 1),
    ]
}

#[test]
fn what_a_service_says_writes_no_line_of_its_own_and_commands_no_terminal() {
    for (faults, code) in refusals() {
        for format in ["human", "json"] {
            let bench = bench();
            bench.sandbox.set_faults(faults.clone());
            let ran = bench.program(&["run", "-vv", "--format", format, "--color", "never"]);
            let ran = ran.exits(code);
            assert!(ran.stdout.contains("all is well"), "{}", ran.stdout);
            for text in [&ran.stdout, &ran.stderr] {
                assert!(
                    text.contains("all is well") || text == &ran.stderr,
                    "{text}"
                );
                assert_eq!(commands(text), Vec::<char>::new(), "{format}: {text:?}");
                let own = text
                    .lines()
                    .any(|line| line.starts_with("error: all is well"));
                assert!(!own, "{format}: {text:?}");
            }
        }
    }
}

#[test]
fn a_log_line_of_json_stays_one_line_whatever_a_service_says() {
    for (faults, code) in refusals() {
        let bench = bench();
        bench.sandbox.set_faults(faults);
        let ran = bench.run(&["-vv", "--log-format", "json"]).exits(code);
        assert_eq!(
            commands(&ran.stderr),
            Vec::<char>::new(),
            "{:?}",
            ran.stderr
        );
        for line in ran
            .stderr
            .lines()
            .filter(|line| !line.starts_with("error: "))
        {
            serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        }
    }
}
