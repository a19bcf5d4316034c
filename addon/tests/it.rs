//! What an operator takes besides the program. How the program behaves is tried by the tests of the
//! whole (`tests/it/addon`), between both services and paired programs.
#![allow(clippy::unwrap_used, reason = "a test that fails says where")]

use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::process::Command;

use caflou_sync_addon::config::AddonConfig;

/// A file of the project.
fn file(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// What the program says of itself.
fn help(arguments: &[&str]) -> String {
    let program = env!("CARGO_BIN_EXE_caflou-sync-addon");
    let said = Command::new(program).args(arguments).output().unwrap();
    assert!(said.status.success(), "{said:?}");
    String::from_utf8(said.stdout).unwrap()
}

#[test]
fn the_commands_of_the_guide_and_the_units_are_there() {
    let commands = ["serve", "list", "new-code", "unpair"];
    let all = help(&["--help"]);
    for command in commands {
        assert!(all.contains(&format!("\n  {command} ")), "{all}");
        let of_it = help(&[command, "--help"]);
        assert!(of_it.contains("--config <FILE>"), "{of_it}");
    }
    let unit = file("examples/deploy/addon/caflou-sync-addon.service");
    let start = unit
        .lines()
        .find_map(|line| line.strip_prefix("ExecStart="));
    let mut words = start.unwrap().split(' ');
    assert_eq!(words.next(), Some("/usr/bin/caflou-sync-addon"));
    let mut program = Command::new(env!("CARGO_BIN_EXE_caflou-sync-addon"));
    // Taken as it stands there; only its configuration is not.
    let said = program.args(words).output().unwrap();
    let error = String::from_utf8(said.stderr).unwrap();
    assert!(
        error.contains("/etc/caflou-sync-addon/addon.toml"),
        "{error}"
    );
}

#[test]
fn the_settings_in_the_guide_for_an_add_on_load() {
    let guide = file("docs/addon.md");
    let settings = guide.split("\n```toml\n").nth(1).unwrap();
    let settings = settings.split("\n```").next().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("addon.toml");
    fs::write(&path, settings).unwrap();
    let config = AddonConfig::load(&path).unwrap();
    let (listen, key) = (config.listen.to_string(), format!("{:?}", config.key));
    assert!(key.contains("secrets/key"), "{key}");
    // where the example for nginx passes requests on, and from
    assert!(
        file("examples/deploy/addon/nginx.conf").contains(&format!("proxy_pass http://{listen};"))
    );
    let nginx = "127.0.0.1".parse().unwrap();
    let mut trusted = config.trusted_proxies.iter();
    assert!(trusted.any(|network| network.contains::<&IpAddr>(&nginx)));
}
