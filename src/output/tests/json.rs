//! Reports for programs.

use super::*;

fn lines(events: &[Event]) -> String {
    let mut out = Vec::new();
    let mut json = JsonLines::new(&mut out);
    tell(&mut json, events);
    assert!(json.failed().is_none());
    String::from_utf8(out).unwrap()
}

#[test]
fn each_event_is_a_line_and_what_is_for_people_is_none() {
    let mut adopted = change(Kind::Company, Action::Adopt, "c1-guid", "Jana\nNová");
    adopted.caflou_id = Some(CaflouId(1017));
    adopted.matched_by = Some(MatchedBy::Email);
    adopted.reason = Some("same e-mail".to_owned());
    let mut updated = change(Kind::Income, Action::Update, "2026000117", "Jana Nová");
    updated.fields = changed(&[
        ("done", Value::Bool(false), Value::Bool(true)),
        (
            "value",
            Value::Number("20.00".parse().unwrap()),
            Value::Number("1234.50".parse().unwrap()),
        ),
    ]);
    updated.kept = vec!["name"];
    let mut summary = end(false);
    summary.totals = totals(&[("CZK", "12345.50")]);
    summary.forecast = 9;
    let warning = Event::Warning {
        connection: "my-shop".to_owned(),
        message: "look".to_owned(),
    };
    let text = lines(&[
        Event::Start(start(false)),
        Event::Agenda(Kind::Company),
        Event::Expected(3),
        Event::Unchanged,
        Event::Change(adopted),
        Event::Change(updated),
        warning,
        Event::Summary(Box::new(summary)),
    ]);
    insta::assert_snapshot!(text, @r#"
    {"type":"start","schema":1,"run_id":"r1","connection":"my-shop","dry_run":false,"started_at":"2026-11-18T11:06:40Z","companies":"new-only","incomes":"new-and-update","full":false}
    {"type":"change","connection":"my-shop","kind":"company","action":"adopt","source_id":"c1-guid","caflou_id":1017,"label":"Jana\nNová","fields":{},"kept":[],"ignored":[],"warnings":[],"reason":"same e-mail"}
    {"type":"change","connection":"my-shop","kind":"income","action":"update","source_id":"2026000117","caflou_id":null,"label":"Jana Nová","fields":{"done":{"before":false,"after":true},"value":{"before":20.00,"after":1234.50}},"kept":["name"],"ignored":[],"warnings":[],"reason":null}
    {"type":"warning","connection":"my-shop","message":"look"}
    {"type":"summary","connection":"my-shop","run_id":"r1","dry_run":false,"finished_at":"2026-11-18T11:06:52Z","status":"ok","companies":{"read":0,"created":0,"adopted":0,"updated":0,"unchanged":0,"skipped":0,"failed":0},"incomes":{"read":0,"created":0,"adopted":0,"updated":0,"unchanged":0,"skipped":0,"failed":0},"totals":[{"currency":"CZK","created":"12345.50"}],"requests":{"shoptet":412,"caflou":1022,"retries":3},"error":null}
    "#);
}

#[test]
fn a_reader_that_went_away_is_remembered() {
    let mut json = JsonLines::new(Closed);
    tell(&mut json, &example());
    assert_eq!(
        json.failed().map(io::Error::kind),
        Some(io::ErrorKind::BrokenPipe)
    );
}

#[test]
fn what_commands_a_terminal_is_escaped_and_stays_exact() {
    let message = "a\u{1b}[2J\n\u{7f}\u{85}\u{9b}31m\u{2028}\u{202e}ž\u{2066}".to_owned();
    let warning = Event::Warning {
        connection: "my-shop".to_owned(),
        message: message.clone(),
    };
    let text = lines(&[warning]);
    let line = text.strip_suffix('\n').unwrap();
    assert!(
        line.chars()
            .all(|c| c.is_ascii_graphic() || c == ' ' || c == 'ž')
    );
    let object: serde_json::Value = serde_json::from_str(line).unwrap();
    assert_eq!(object["message"], message);
}
