//! A secret's command that hangs, in commands that end at once: it does not outlive them.
#![cfg(unix)]

use std::fs;
use std::time::Duration;

use crate::stopping::{SCRIPT, both_end};
use crate::support::{Bench, KEY, Ran, Running, wait_for};
use crate::terminal::Typist;

/// A shop with an order, and the script of a command that hangs.
fn bench() -> Bench {
    let bench = Bench::new();
    bench.order(|_| ());
    fs::write(bench.path("hang.sh"), SCRIPT).unwrap();
    bench
}

/// As a value of the configuration.
const HANGS: &str = "{ command = [\"sh\", \"hang.sh\"] }";

/// A secret of the configuration hangs.
fn with(key: &str) -> Bench {
    let bench = bench();
    let config = bench.config();
    let hangs = config.lines().map(|line| {
        if line.starts_with(&format!("{key} = ")) {
            format!("{key} = {HANGS}\n")
        } else {
            format!("{line}\n")
        }
    });
    bench.write_config(&hangs.collect::<String>());
    bench
}

/// A channel whose address hangs.
fn with_a_webhook() -> Bench {
    let bench = bench();
    let webhook = format!(
        "\n[connections.{KEY}.notify]\non = \"always\"\n\
         [connections.{KEY}.notify.webhook]\nurl = {HANGS}\n"
    );
    bench.write_config(&(bench.config() + &webhook));
    bench
}

/// Sends the signal while the command hangs; nothing of it is left when the program has ended.
#[track_caller]
fn ends(bench: &Bench, args: &[&str]) -> Ran {
    let mut run = Running::of(&mut bench.command(args));
    wait_for("the command", || bench.path("began").exists());
    // The first one ends a run in order, which waits for its messages; the second at once.
    wait_for("end", || {
        run.signal("TERM");
        std::thread::sleep(Duration::from_millis(50));
        !run.runs()
    });
    both_end(bench);
    run.end()
}

#[test]
fn a_check_that_is_stopped_ends_it() {
    for key in ["private_token", "token"] {
        let ran = ends(&with(key), &["test", KEY]).exits(1);
        assert_eq!(
            (ran.stdout, ran.stderr),
            (String::new(), "error: stopped\n".into())
        );
    }
}

#[test]
fn the_wizard_that_is_stopped_ends_it() {
    let bench = bench();
    let url = bench.sandbox.shoptet_url();
    let ran = ends(
        &bench,
        &[
            "connect",
            "new",
            "--private-token-command",
            "sh hang.sh",
            "--shoptet-api-url",
            &url,
            "--caflou-token-env",
            "NONE",
            "--yes",
        ],
    );
    let ran = ran.exits(1);
    assert_eq!(ran.stderr, "\nerror: stopped: nothing was saved\n");
}

#[test]
fn a_setting_that_is_tried_and_stopped_ends_it() {
    let bench = crate::edit::desk();
    fs::write(bench.path("hang.sh"), SCRIPT).unwrap();
    let set = format!("caflou.token={HANGS}");
    let ran = ends(&bench, &["edit", KEY, "--set", &set]).exits(1);
    assert_eq!(ran.stderr, "error: stopped\n");
}

#[test]
fn messages_that_are_stopped_end_it() {
    ends(&with_a_webhook(), &["notify", "test", KEY]).exits(1);
    ends(&with_a_webhook(), &["run", KEY]);
}

#[test]
fn at_a_terminal_it_ends_as_well() {
    let bench = with("private_token");
    // One that the end of the terminal does not end.
    let alone = "trap '' TERM HUP; echo $$ > began.new; echo $$ >> began.new; \
                 mv began.new began; exec sleep 60";
    fs::write(bench.path("hang.sh"), alone).unwrap();
    let user = Typist::start(&bench, &["test", KEY]);
    wait_for("the command", || bench.path("began").exists());
    user.terminates();
    let (code, screen, _) = user.ends();
    assert_eq!((code, screen.as_str()), (1, "error: stopped"));
    both_end(&bench);
}
