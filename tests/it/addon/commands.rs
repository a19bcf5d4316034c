//! What the operator sees and does, by the real program.

use serde_json::json;

use super::stage::{OTHER, SHOP, Stage, code_of};
use crate::support::Ran;

#[test]
fn the_list_shows_each_shop_with_its_programs() {
    let stage = Stage::new();
    assert_eq!(
        stage.program(&["list", "--format", "json"]).exits(0).stdout,
        ""
    );
    let none = stage.program(&["list"]).exits(0);
    let said = "no shop has installed the add-on yet\n";
    assert_eq!((none.stdout.as_str(), none.stderr.as_str()), ("", said));
    stage.installed(OTHER);
    let secret = stage.paired(SHOP);
    stage.token(&secret).is(200);
    stage.sandbox.suspend(OTHER, true, Some(&stage.hooks()));
    let list = stage
        .program(&["list", "--format", "json"])
        .exits(0)
        .objects();
    let brief: Vec<_> = list
        .iter()
        .map(|shop| {
            json!([
                shop["eshop_id"],
                shop["eshop_url"],
                shop["standing"],
                shop["programs"],
                shop["code_until"].is_null(),
                shop["seen_at"].is_null()
            ])
        })
        .collect();
    assert_eq!(
        brief,
        [
            json!([
                OTHER,
                "https://125671.myshoptet.com",
                "suspended",
                [],
                false,
                true
            ]),
            json!([
                SHOP,
                "https://222651.myshoptet.com",
                "approved",
                ["caflou-sync"],
                true,
                false
            ]),
        ]
    );
    let text = stage.program(&["list"]).exits(0).stdout;
    let lines: Vec<_> = text.lines().collect();
    assert!(lines[0].starts_with("E-SHOP  ADDRESS"), "{text}");
    assert!(
        lines[1].starts_with("125671  https://125671.myshoptet.com  suspended"),
        "{text}"
    );
    assert_eq!(lines.len(), 3);
}

#[test]
fn a_new_code_is_printed_or_mailed_and_programs_stay_paired() {
    let stage = Stage::new();
    stage.sandbox.addon().shop(SHOP).country = "SK".into();
    let secret = stage.paired(SHOP);
    let text = stage.program(&["new-code", "222651"]).exits(0).stdout;
    let code = text
        .lines()
        .find_map(|line| line.strip_prefix("Pairing code  "))
        .unwrap();
    assert!(text.starts_with("Eshop ID      222651\n"), "{text}");
    let ran = stage.program(&["new-code", "222651", "--mail"]).exits(0);
    assert!(
        !ran.stdout.contains('@') && ran.stderr.is_empty(),
        "{ran:?}"
    );
    let mail = stage.mail.mails().pop().unwrap();
    assert!(mail.text.contains("lang=\"sk\""), "{}", mail.text);
    assert_eq!(mail.to, ["TO:<owner-222651@example.cz>"]);
    // The newest code counts.
    stage.pair(SHOP, code).is(403);
    stage.pair(SHOP, &code_of(&mail)).is(200);
    stage.token(&secret).is(200);
}

#[test]
fn unpairing_ends_every_pairing_of_the_shop_while_the_backend_serves() {
    let stage = Stage::new();
    let (secret, other) = (stage.paired(SHOP), stage.paired(OTHER));
    stage.token(&secret).is(200);
    let ran = stage.program(&["unpair", "222651"]).exits(2);
    let wanted = "error: nothing was done, as there is no terminal to ask at; add --yes to go on. \
                  This ends all pairings of e-shop 222651 (1 program), and its pairing code. The \
                  add-on stays installed; `caflou-sync-addon new-code 222651` lets programs pair \
                  again\n";
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", wanted));
    stage.token(&secret).is(200);
    let ran = stage.program(&["unpair", "222651", "--yes"]).exits(0);
    assert_eq!(ran.stdout, "e-shop 222651: 1 program unpaired\n");
    assert_eq!(stage.token(&secret).is(401).error(), "unpaired");
    stage.token(&other).is(200);
}

#[test]
fn a_shop_without_the_add_on_is_told_of() {
    let stage = Stage::new();
    for args in [&["new-code", "7"][..], &["unpair", "7", "--yes"]] {
        let ran = stage.program(args).exits(2);
        let wanted = "error: e-shop 7 has not installed the add-on; `caflou-sync-addon list` shows \
                      those that have\n";
        assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", wanted));
    }
}

#[test]
fn without_a_configuration_a_key_or_a_state_file_it_says_what_to_do() {
    let mut stage = Stage::new();
    stage.stop();
    let ran = stage.program(&["list", "--config", "other.toml"]).exits(2);
    let wanted = "error: other.toml: no such file; copy addon.example.toml to begin, or name another \
                  with --config\n";
    assert_eq!(ran.stderr, wanted);
    let ran = stage.program(&["list", "--state", "other.db"]).exits(2);
    let wanted = "error: other.db: no such file; `caflou-sync-addon serve` makes it\n";
    assert_eq!(ran.stderr, wanted);
    let text = std::fs::read_to_string(stage.path("addon.toml")).unwrap();
    let text = text.replace(super::stage::KEY, "a good long pass phrase");
    std::fs::write(stage.path("addon.toml"), text).unwrap();
    let ran = stage.program(&["serve"]).exits(2);
    let wanted = "error: key: the key is not 32 bytes as 64 hexadecimal digits or as Base64; make one: \
                  openssl rand -hex 32\n";
    assert_eq!(ran.stderr, wanted);
}

#[test]
fn the_variables_of_connections_are_not_for_the_add_on() {
    let stage = Stage::new();
    stage.installed(OTHER);
    let list = |args: &[&str]| {
        let mut command = stage.command(&[&["list", "--format", "json"], args].concat());
        command.env("CAFLOU_SYNC_CONFIG", "connections.toml");
        command.env("CAFLOU_SYNC_STATE", "state.db");
        Ran::of(command.output().unwrap())
    };
    assert_eq!(list(&[]).exits(0).objects().len(), 1);
    let typed = list(&["--state", "typed.db"]).exits(2).stderr;
    assert!(
        typed.starts_with("error: typed.db: no such file"),
        "{typed}"
    );
}

#[test]
fn two_backends_never_serve_one_state_file() {
    let stage = Stage::new();
    let ran = stage.program(&["serve"]).exits(5);
    let begin = "error: another backend serves addon.db (process ";
    assert!(ran.stderr.starts_with(begin), "{}", ran.stderr);
    stage.get("/healthz").is(200);
}

#[test]
fn an_address_that_is_taken_is_named() {
    let mut stage = Stage::new();
    let address = stage.url.trim_start_matches("http://").to_owned();
    stage.stop();
    let taken = std::net::TcpListener::bind(&address).unwrap();
    stage.configure(&format!("listen = \"{address}\""), stage.mail.port);
    let ran = stage.program(&["serve"]).exits(1);
    assert!(
        ran.stderr
            .contains(&format!("error: cannot listen on {address}: ")),
        "{}",
        ran.stderr
    );
    drop(taken);
}
