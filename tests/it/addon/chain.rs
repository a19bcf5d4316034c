//! The whole chain: shop, backend, mail server, and the program that imports.

use std::fs;
use std::process::Command;

use super::stage::{SHOP, Stage};
use crate::support::{KEY, Ran, mark, price, private};

/// A connection that is paired with the stage's backend.
fn connect(stage: &Stage, secret: &str) {
    let text = stage.sandbox.connection_toml(KEY, "");
    let private_token = format!("private_token = \"{}\"", stage.sandbox.private_token());
    assert!(text.contains(&private_token));
    let pairing = format!(
        "pairing = {{ file = \"secret\" }}\naddon_url = \"{}\"",
        stage.url
    );
    let text = format!(
        "state = \"state.db\"\n{}",
        text.replace(&private_token, &pairing)
    );
    for (name, text) in [("connections.toml", text.as_str()), ("secret", secret)] {
        fs::write(stage.path(name), text).unwrap();
        private(&stage.path(name));
    }
}

fn run(stage: &Stage, args: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_caflou-sync"));
    let home = stage.path("");
    command.args(["run", KEY]).args(args);
    command.current_dir(&home).env_clear().env("HOME", &home);
    Ran::of(command.output().unwrap())
}

fn order(stage: &Stage, code: &str) {
    let mut shop = stage.sandbox.shop();
    let mut order = shop.draft_order();
    order.code = code.into();
    order.price = price("1234.50");
    shop.add_order(order);
}

fn is_imported(stage: &Stage, code: &str) -> bool {
    stage.sandbox.books().transfers_by_mark(&mark(code)).len() == 1
}

#[test]
fn from_the_installation_to_the_import_and_to_the_end_of_the_add_on() {
    let mut stage = Stage::new();
    let secret = stage.paired(SHOP);
    connect(&stage, &secret);
    order(&stage, "prvni");
    run(&stage, &["--format", "json"]).exits(0);
    assert!(is_imported(&stage, "prvni"));
    assert_eq!(
        stage.made(SHOP),
        1,
        "the installation's own token was enough"
    );

    // The token ends before its time, and the backend was started anew meanwhile, elsewhere.
    stage.sandbox.addon().shop(SHOP).desk.revoke();
    stage.restart();
    connect(&stage, &secret);
    order(&stage, "druha");
    run(&stage, &["--format", "json"]).exits(0);
    assert!(is_imported(&stage, "druha"));
    assert_eq!(stage.made(SHOP), 2);

    stage.sandbox.suspend(SHOP, true, Some(&stage.hooks()));
    let ran = run(&stage, &[]).exits(4);
    assert!(
        ran.stderr.contains("the add-on is paused"),
        "{}",
        ran.stderr
    );
    stage.sandbox.suspend(SHOP, false, Some(&stage.hooks()));
    run(&stage, &[]).exits(0);

    stage.sandbox.uninstall(SHOP, Some(&stage.hooks()));
    let ran = run(&stage, &[]).exits(4);
    let words = "the add-on was uninstalled, or the pairing was removed; pair again with a new \
                 pairing code";
    assert!(ran.stderr.contains(words), "{}", ran.stderr);
    assert!(!ran.stderr.contains(&secret) && !stage.log().contains(&secret));
}
