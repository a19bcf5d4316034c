//! The overview of connections.

use super::*;

fn rows() -> Vec<ListRow> {
    let row = |connection: &str, name: &str, result: &str| ListRow {
        connection: connection.to_owned(),
        name: name.to_owned(),
        program: "shoptet".to_owned(),
        account: "222651".to_owned(),
        companies: "new-only".to_owned(),
        incomes: "new-and-update".to_owned(),
        interval: "from 2021-01-01".to_owned(),
        auto_repeat: "yes".to_owned(),
        last_run: "2026-11-23 04:10".to_owned(),
        result: result.to_owned(),
    };
    vec![
        row("my-shop", "Můj e-shop", "ok"),
        row("b", "Káva\u{1b}[31m & čaj", ""),
    ]
}

#[test]
fn columns_are_aligned_and_nothing_trails() {
    insta::assert_snapshot!(list(&rows(), false, None), @r"
    CONNECTION  NAME             PROGRAM  ACCOUNT  COMPANIES  INCOMES         INTERVAL         AUTO REPEAT  LAST RUN          RESULT
    my-shop     Můj e-shop       shoptet  222651   new-only   new-and-update  from 2021-01-01  yes          2026-11-23 04:10  ok
    b           Káva�[31m & čaj  shoptet  222651   new-only   new-and-update  from 2021-01-01  yes          2026-11-23 04:10
    ");
    assert!(
        list(&rows(), false, None)
            .lines()
            .all(|line| line == line.trim_end())
    );
    assert_eq!(list(&rows(), false, Some(200)), list(&rows(), false, None));
}

#[test]
fn colours_are_for_the_names_and_for_how_it_ended() {
    let coloured = list(&rows(), true, None);
    let mut lines = coloured.lines();
    let header = lines.next().unwrap();
    assert!(header.starts_with("\u{1b}[2mCONNECTION") && header.ends_with("RESULT\u{1b}[0m"));
    let first = lines.next().unwrap();
    assert!(
        first.starts_with("\u{1b}[1mmy-shop\u{1b}[0m     Můj"),
        "{first}"
    );
    assert!(first.ends_with("04:10  \u{1b}[32mok\u{1b}[0m"), "{first}");
    // without its colours it is the same as in a pipe
    let plain = list(&rows(), false, None);
    let codes = ["[0m", "[1m", "[2m", "[32m"].map(|code| format!("\u{1b}{code}"));
    let bare = codes
        .iter()
        .fold(coloured, |text, code| text.replace(code, ""));
    assert_eq!(bare, plain);
}

#[test]
fn a_narrow_terminal_gets_a_few_lines_for_each() {
    insta::assert_snapshot!(list(&rows(), false, Some(60)), @r"
    my-shop
      Můj e-shop · shoptet 222651
      companies: new-only · incomes: new-and-update ·
      interval: from 2021-01-01
      auto repeat: yes · last run: 2026-11-23 04:10, ok

    b
      Káva�[31m & čaj · shoptet 222651
      companies: new-only · incomes: new-and-update ·
      interval: from 2021-01-01
      auto repeat: yes · last run: 2026-11-23 04:10
    ");
    let lines = list(&rows(), false, Some(80));
    assert!(lines.lines().all(|line| line.chars().count() <= 80));
}

#[test]
fn without_rows_there_is_the_header() {
    insta::assert_snapshot!(table(&["RUN", "RESULT"], &[] as &[[&str; 2]], false), @"RUN  RESULT");
}
