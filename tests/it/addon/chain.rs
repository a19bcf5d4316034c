//! The whole chain, with real processes: shop, backend, mail server, and the program that is connected
//! at a terminal and imports.

use std::fs;
use std::process::Command;

use super::stage::{SHOP, Stage, ask_at, code_of};
use crate::support::{Ran, mark, price, private};
use crate::terminal::Typist;

/// The key of the connection.
const SHOP_KEY: &str = "muj-e-shop";

/// Connects at a terminal, with the code of the e-mail: mistyped first, then without its dashes and
/// in small letters. All that the terminal showed.
fn connect(stage: &Stage, code: &str) -> String {
    let (shop, caflou) = (stage.sandbox.shoptet_url(), stage.sandbox.caflou_url());
    let config = stage.path("connections.toml");
    let args = ["--config", config.to_str().unwrap(), "connect"];
    let addresses = ["--shoptet-api-url", &shop, "--caflou-api-url", &caflou];
    let mut user = Typist::start_in(&stage.path(""), &[&args[..], &addresses].concat());
    user.types("Name of the connection", "Můj e-shop");
    user.picks("From which program", "Shoptet");
    user.types("E-shop ID", &SHOP.to_string());
    user.picks("How do we get into the e-shop?", "pairing code");
    user.types("Address of the add-on", &stage.url);
    user.types("Pairing code:", &mistyped(code));
    user.sees("Pairing code:");
    assert!(!was_asked(stage), "a slip is seen without asking");
    user.types("Pairing code:", &code.replace('-', "").to_lowercase());
    user.picks("How do we get into Caflou?", "API token");
    user.types("API token:", stage.sandbox.caflou_token());
    user.picks("Registered customers as companies?", "no");
    user.picks("Orders as incomes?", "new-and-update");
    user.types("Only orders created from which day on?", "");
    user.types("And up to which day?", "");
    user.picks("Orders in which statuses?", "all");
    user.types("Repeat the import automatically", "n");
    let (exit, screen, written) = user.ends();
    assert_eq!(exit, 0, "{screen}");
    assert!(screen.contains("\nconnected: "), "{screen}");
    assert!(was_asked(stage));
    written
}

/// Whether anybody tried to pair.
fn was_asked(stage: &Stage) -> bool {
    let metrics = ask_at(&stage.metrics, "GET /metrics", &[], "");
    metrics.is(200).body.contains("route=\"/pair\"")
}

/// The code with its first character changed.
fn mistyped(code: &str) -> String {
    let other = if code.starts_with('7') { "8" } else { "7" };
    format!("{other}{}", &code[1..])
}

fn run(stage: &Stage, args: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_caflou-sync"));
    let home = stage.path("");
    command.args(["run", SHOP_KEY]).args(args);
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
    let code = stage.installed(SHOP);
    assert_eq!(code, code_of(&stage.mail.mails()[0]));
    order(&stage, "prvni");
    let written = connect(&stage, &code);
    let secret = fs::read_to_string(stage.path("secrets/muj-e-shop.shoptet.pairing")).unwrap();
    let secret = secret.trim();
    assert!(!written.contains(secret));
    run(&stage, &["--format", "json"]).exits(0);
    assert!(is_imported(&stage, "prvni"));
    assert_eq!(
        stage.made(SHOP),
        1,
        "the installation's own token was enough"
    );

    // The token ends before its time, and the backend was started anew meanwhile, elsewhere.
    stage.sandbox.addon().shop(SHOP).desk.revoke();
    let before = stage.url.clone();
    stage.restart();
    let config = stage.path("connections.toml");
    let text = fs::read_to_string(&config).unwrap();
    assert!(!text.contains(secret) && text.contains(&before), "{text}");
    fs::write(&config, text.replace(&before, &stage.url)).unwrap();
    private(&config);
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
    assert!(!ran.stderr.contains(secret) && !stage.log().contains(secret));
}

#[test]
fn the_files_own_address_of_the_add_on_is_not_asked_for() {
    let stage = Stage::new();
    let code = stage.installed(SHOP);
    let config = stage.path("connections.toml");
    fs::write(&config, format!("addon_url = \"{}\"\n", stage.url)).unwrap();
    private(&config);
    let (shop, caflou) = (stage.sandbox.shoptet_url(), stage.sandbox.caflou_url());
    let mut command = Command::new(env!("CARGO_BIN_EXE_caflou-sync"));
    command.args([
        "connect",
        SHOP_KEY,
        "--yes",
        "--eshop-id",
        &SHOP.to_string(),
    ]);
    command.args([
        "--pairing-code",
        &code,
        "--caflou-token-env",
        "CAFLOU_TOKEN",
    ]);
    command.args(["--shoptet-api-url", &shop, "--caflou-api-url", &caflou]);
    let home = stage.path("");
    command.current_dir(&home).env_clear().env("HOME", &home);
    command.env("CAFLOU_TOKEN", stage.sandbox.caflou_token());
    Ran::of(command.output().unwrap()).exits(0);
}
