//! `remove`: what goes, what stays, and who is asked.

use std::fs;

use serde_json::json;

use crate::edit::{TEXT, desk, text};
use crate::support::{Bench, KEY, Settings, wait_for};

#[test]
fn a_connection_goes_with_its_tables_and_comments_and_no_others() {
    let bench = desk();
    let ran = bench.program(&["remove", KEY, "--yes"]).exits(0);
    insta::assert_snapshot!(ran.stdout, @r"
    removed: my-shop
    deleted: the file secrets/my-shop.caflou.token
    ");
    assert_eq!(ran.stderr, "");
    insta::assert_snapshot!(text(&bench), @r#"
    # our two shops
    state = "state.db"

    # ---- the other ----
    [connections."káva a čaj"]
    program = "shoptet"
    eshop_id = 7
    shoptet = { private_token = { env = "SHOPTET_TOKEN" } }
    caflou = { account_id = "777", token = { env = "CAFLOU_TOKEN" } }
    "#);
    assert!(!bench.path("secrets/my-shop.caflou.token").exists());
    let ran = bench.program(&["remove", "káva a čaj", "--yes"]).exits(0);
    insta::assert_snapshot!(ran.stdout, @r"
    removed: káva a čaj
    It was the last one. To make another: caflou-sync connect. To end scheduled runs: caflou-sync schedule uninstall
    ");
    assert_eq!(text(&bench), "# our two shops\nstate = \"state.db\"\n");
}

#[test]
fn without_connections_list_says_so_and_a_run_asks_for_one() {
    let bench = desk();
    fs::write(bench.path("connections.toml"), "").unwrap();
    let none = "no connections yet: `caflou-sync connect` makes one\n";
    for args in [&["list"][..], &["list", "--format", "json"]] {
        let ran = bench.program(args).exits(0);
        assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", none));
    }
    for command in ["run", "status", "test"] {
        let ran = bench.program(&[command]).exits(2);
        let said = format!("error: connections.toml: {none}");
        assert_eq!(ran.stderr, said, "{command}");
    }
    fs::remove_file(bench.path("connections.toml")).unwrap();
    let ran = bench.program(&["list"]).exits(0);
    assert_eq!(ran.stderr, none);
    let named = bench.program(&["list", "--config", "none.toml"]).exits(2);
    let said = "error: none.toml: no such file; `caflou-sync connect` makes one, or name another \
                with --config\n";
    assert_eq!(named.stderr, said);
}

#[test]
fn without_anybody_to_ask_nothing_goes() {
    let bench = desk();
    let ran = bench.program(&["remove", KEY]).exits(2);
    assert_eq!(ran.stdout, "");
    insta::assert_snapshot!(ran.stderr, @r"
    error: nothing was done, as there is no terminal to ask at; add --yes to go on. This removes the connection `my-shop`, Můj e-shop, Shoptet 222651, Caflou account 12345 from connections.toml, and deletes with it: the file secrets/my-shop.caflou.token.
    Caflou and the shop are not touched
    ");
    assert_eq!(text(&bench), TEXT);
    assert!(bench.path("secrets/my-shop.caflou.token").exists());
    let ran = bench.program(&["remove", "my-shp", "--yes"]).exits(2);
    insta::assert_snapshot!(ran.stderr, @"error: no connection `my-shp` in connections.toml; did you mean `my-shop`?");
}

#[test]
fn the_import_state_is_kept_and_can_be_forgotten_later() {
    let bench = Bench::new();
    bench.order(|_| ());
    bench.imported();
    let ran = bench
        .program(&["remove", KEY, "--yes", "--format", "json"])
        .exits(0);
    let expected = json!({
        "type": "removed", "connection": KEY, "state": "kept", "secrets": [], "last": true,
    });
    assert_eq!(ran.objects(), [expected]);
    assert!(bench.state_text().contains("Jan Novák"));
    // the same connection again: nothing comes twice
    bench.configure(&Settings::default());
    assert_eq!(
        bench.run(&[]).exits(0).counts("incomes"),
        "1 read: 1 unchanged"
    );
    let ran = bench.program(&["remove", KEY, "--yes"]).exits(0);
    insta::assert_snapshot!(ran.stdout, @r"
    removed: my-shop
    Its import state in state.db is kept; to delete it: caflou-sync forget my-shop
    It was the last one. To make another: caflou-sync connect. To end scheduled runs: caflou-sync schedule uninstall
    ");
    bench.program(&["history", KEY]).exits(0);
    bench.program(&["forget", KEY, "--yes"]).exits(0);
    assert!(!bench.state_text().contains("Jan Novák"));
}

#[test]
fn with_forget_the_state_goes_too_unless_a_run_is_under_way() {
    let bench = Bench::with(|options| {
        options.caflou_latency = std::time::Duration::from_millis(300);
    });
    (0..3).for_each(|_| drop(bench.order(|_| ())));
    let run = bench.spawn(&[]);
    wait_for("create", || !bench.writes().is_empty());
    let before = text(&bench);
    let ran = bench
        .program(&["remove", KEY, "--yes", "--forget"])
        .exits(5);
    assert!(ran.stderr.contains("another run"), "{}", ran.stderr);
    assert_eq!(text(&bench), before);
    run.end().exits(0);
    let ran = bench
        .program(&["remove", KEY, "--yes", "--forget"])
        .exits(0);
    insta::assert_snapshot!(ran.stdout, @r"
    removed: my-shop
    deleted: its import state
    It was the last one. To make another: caflou-sync connect. To end scheduled runs: caflou-sync schedule uninstall
    ");
    assert!(!bench.state_text().contains("Jan Novák"));
}

#[test]
fn a_connection_that_is_wrong_can_be_removed() {
    let bench = desk();
    let broken = TEXT.replace("eshop_id = 222651", "eshop_id = \"x\"");
    fs::write(bench.path("connections.toml"), broken).unwrap();
    bench.program(&["remove", KEY, "--yes"]).exits(0);
    bench.program(&["list"]).exits(0);
}

/// With an answer typed on a terminal.
#[cfg(target_os = "linux")]
fn answered(bench: &Bench, answer: &str) -> (i32, String) {
    use std::io::Write;
    use std::process::{Command, Stdio};

    let program = format!("'{}' remove {KEY}", env!("CARGO_BIN_EXE_caflou-sync"));
    let mut command = Command::new("script");
    command.args(["-qec", &program, "/dev/null"]);
    let mut command = bench.at_home(command);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut typing = child.stdin.take().unwrap();
    typing.write_all(answer.as_bytes()).unwrap();
    drop(typing);
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    (output.status.code().unwrap(), said)
}

#[cfg(target_os = "linux")]
#[test]
fn only_a_yes_removes() {
    let bench = desk();
    for answer in ["n\n", "\n", "yess\nNe\n"] {
        let (code, said) = answered(&bench, answer);
        assert!(said.contains("Go on? [y/N]"), "{said}");
        assert!(said.contains("Nothing was changed."), "{said}");
        assert_eq!((code, text(&bench).as_str()), (0, TEXT));
    }
    let (code, said) = answered(&bench, "Ano\n");
    assert!(said.contains("removed: my-shop"), "{said}");
    assert_eq!(code, 0);
    assert!(!text(&bench).contains("my-shop"));
}
