//! The table of past runs.

use serde_json::json;

use super::*;
use crate::state::PastRun;

fn run(connection: &str, status: &str, summary: serde_json::Value) -> ShownRun {
    let run = PastRun {
        run_id: "20261124T060000Z-5e0fda7a".to_owned(),
        connection: connection.to_owned(),
        started_at: at(0),
        finished_at: Some(at(83)),
        status: Some(status.to_owned()),
        summary,
        error_class: None,
        advice: None,
    };
    ShownRun {
        run,
        running: false,
    }
}

fn table(width: Option<usize>) -> String {
    let did = json!({
        "companies": {"read": 12, "created": 12},
        "incomes": {"read": 57, "created": 39, "skipped": 1, "failed": 17},
    });
    let nothing = json!({"companies": {"read": 0}, "incomes": {"read": 1, "unchanged": 1}});
    let error = json!({
        "companies": {"read": 0}, "incomes": {"read": 0},
        "error": "Caflou refused GET /api/v1/958a30da1d8c2ccb0a3b6194/companies: 401, invalid token",
    });
    let all = [
        run("my-shop", "partial", did),
        run("my-shop", "ok", nothing),
        run("second-shop", "failed", error),
    ];
    let options = HistoryOptions {
        color: false,
        width,
        all: false,
    };
    let text = runs(&all, options);
    text.replace(&local(at(0)), "2026-11-18 10:26")
}

#[test]
fn a_wide_terminal_gets_a_line_for_each_run() {
    insta::assert_snapshot!(table(Some(120)), @r"
    RUN                        CONNECTION   STARTED           TOOK        RESULT  COMPANIES  INCOMES
    20261124T060000Z-5e0fda7a  my-shop      2026-11-18 10:26  1 min 23 s  partly  12 new     39 new · 1 skipped · 17 failed
    20261124T060000Z-5e0fda7a  my-shop      2026-11-18 10:26  1 min 23 s  ok      –          1 unchanged
    20261124T060000Z-5e0fda7a  second-shop  2026-11-18 10:26  1 min 23 s  failed  –          –
      error: Caflou refused GET /api/v1/958a30da1d8c2ccb0a3b6194/companies: 401, invalid token
    ");
    assert!(table(None).starts_with("RUN "));
}

#[test]
fn on_a_narrow_terminal_what_a_run_did_stands_below_it() {
    let text = table(Some(80));
    assert!(
        text.lines().all(|line| line.chars().count() <= 80),
        "{text}"
    );
    insta::assert_snapshot!(text, @r"
    RUN                        CONNECTION   STARTED           TOOK        RESULT
    20261124T060000Z-5e0fda7a  my-shop      2026-11-18 10:26  1 min 23 s  partly
      companies  12 new
      incomes    39 new · 1 skipped · 17 failed
    20261124T060000Z-5e0fda7a  my-shop      2026-11-18 10:26  1 min 23 s  ok
      incomes    1 unchanged
    20261124T060000Z-5e0fda7a  second-shop  2026-11-18 10:26  1 min 23 s  failed
      error: Caflou refused GET /api/v1/958a30da1d8c2ccb0a3b6194/companies: 401,
        invalid token
    ");
}
