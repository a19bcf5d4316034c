//! Whole files: what they give, and what is said about their mistakes.

use std::fs;
use std::path::Path;
use std::time::Duration;

use chrono::NaiveDate;
use secrecy::ExposeSecret;
use url::Url;

use super::*;

mod example;
mod mistakes;
mod notify_tables;

/// A file that is complete and has nothing but what must be there.
const SMALL: &str = r#"
[connections.shop]
program = "shoptet"
eshop_id = 222651

[connections.shop.shoptet]
private_token = { env = "SHOPTET_TOKEN" }

[connections.shop.caflou]
account_id = "12345"
token = { env = "CAFLOU_TOKEN" }
"#;

/// Loads a text as a file that only its owner can read.
fn load(text: &str) -> Result<Config, ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    load_in(folder.path(), text, 0o600)
}

fn load_in(folder: &Path, text: &str, mode: u32) -> Result<Config, ConfigError> {
    let path = folder.join("connections.toml");
    fs::write(&path, text).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    }
    Config::load(&path)
}

/// What is said about a text, without the folder of its file.
fn problems(text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let error = load_in(folder.path(), text, 0o600).unwrap_err().to_string();
    error.replace(&format!("{}/", folder.path().display()), "")
}

/// The small file with more lines in a table of the connection.
fn with(table: &str, lines: &str) -> String {
    let header = format!("[connections.shop.{table}]\n");
    match SMALL.split_once(&header) {
        Some((before, after)) => format!("{before}{header}{lines}\n{after}"),
        None => format!("{SMALL}\n{header}{lines}\n"),
    }
}

/// The only problem of a text, without the name of the file.
fn problem(text: &str) -> String {
    match load(text).unwrap_err() {
        ConfigError::Invalid { problems, .. } if problems.len() == 1 => problems[0].to_string(),
        other => panic!("not one problem: {other}"),
    }
}

fn mapping(line: &str) -> Mapping {
    load(&with("mapping", line))
        .unwrap()
        .connections
        .remove(0)
        .mapping
}

#[test]
fn what_is_left_out_has_its_default() {
    let config = load(SMALL).unwrap();
    assert_eq!(config.state, None);
    let shop = config.connection("shop").unwrap();
    assert_eq!(
        (shop.name.as_str(), shop.program.word, shop.identity()),
        ("shop", "shoptet", "222651".to_owned())
    );
    let url = |values: &Values| values.get::<Url>("api_url").map(String::from);
    assert_eq!(url(&shop.source).unwrap(), "https://api.myshoptet.com/");
    assert_eq!(url(&shop.caflou).unwrap(), "https://app.caflou.com/");
    assert_eq!(
        (
            shop.source.get("bulk"),
            shop.source.get::<&Url>("webhook_url")
        ),
        (Some("auto"), None)
    );
    assert_eq!(
        (
            shop.caflou.get("max_concurrency"),
            shop.caflou.get("timeout")
        ),
        (Some(4_i64), Some(Duration::from_secs(30)))
    );
    assert_eq!(shop.import, Import::default());
    assert_eq!(shop.mapping, Mapping::default());
}

#[test]
fn a_paired_shop_has_its_own_backend_or_the_files() {
    let paired = |top: &str, own: &str| {
        let access = format!("pairing = {{ env = \"PAIRING\" }}\n{own}");
        let text = SMALL.replace("private_token = { env = \"SHOPTET_TOKEN\" }", &access);
        let shop = load(&format!("{top}\n{text}"))?.connections.remove(0);
        let secret = shop.source.get("pairing");
        assert!(matches!(secret, Some(Secret::Env(name)) if name == "PAIRING"));
        let addon_url = shop.source.get::<Url>("addon_url");
        Ok::<_, ConfigError>(addon_url.unwrap().to_string())
    };
    let (files, own) = (
        "addon_url = \"https://files.example/caflou\"",
        "addon_url = \"http://127.0.0.1:8080\"",
    );
    assert_eq!(paired(files, "").unwrap(), "https://files.example/caflou");
    assert_eq!(paired(files, own).unwrap(), "http://127.0.0.1:8080/");
    assert_eq!(paired("", own).unwrap(), "http://127.0.0.1:8080/");
    let said = |top: &str| match paired(top, "").unwrap_err() {
        ConfigError::Invalid { problems, .. } if problems.len() == 1 => problems[0].to_string(),
        other => panic!("not one problem: {other}"),
    };
    insta::assert_snapshot!(said("addon_url = \"http://files.example\""), @"addon_url: only https:// is safe; http:// is for loopback addresses");
    if option_env!("CAFLOU_SYNC_ADDON_URL").is_none() {
        insta::assert_snapshot!(said(""), @r#"connections.shop.shoptet: "addon_url" is missing; "pairing" needs it"#);
    }
}

#[test]
fn days_of_the_interval_need_no_quotes() {
    let import = |lines: &str| {
        load(&with("import", lines))
            .unwrap()
            .connections
            .remove(0)
            .import
    };
    let day = NaiveDate::from_ymd_opt(2021, 1, 1);
    assert_eq!(import("from = 2021-01-01\nto = \"2021-01-01\"").to, day);
    assert_eq!(import("from = \"2021-01-01\"").from, day);
}

#[test]
fn modes_are_read_and_told() {
    for mode in Mode::ALL {
        let text = with("import", &format!("companies = \"{}\"", mode.as_str()));
        assert_eq!(load(&text).unwrap().connections[0].import.companies, mode);
    }
    assert_eq!(
        Mode::ALL.map(|mode| mode.to_string()),
        ["no", "new only", "new and update"]
    );
}

#[test]
fn an_account_may_be_a_number() {
    let text = SMALL.replace("\"12345\"", "12345");
    assert_eq!(load(&text).unwrap().connections[0].account_id(), "12345");
}

#[test]
fn expected_days_may_be_one_number() {
    assert_eq!(
        mapping("expected_days = 14")
            .expected_days
            .days(Some("Dobírkou")),
        14
    );
    let table = mapping("[connections.shop.mapping.expected_days]\nKartou = 2");
    assert_eq!(table.expected_days.days(Some("Kartou")), 2);
    assert_eq!(table.expected_days.days(None), 0);
}

#[test]
fn http_is_for_loopback_addresses() {
    for host in [
        "127.0.0.1:8080",
        "127.1.2.3",
        "[::1]:80",
        "localhost:3000/api",
    ] {
        load(&with("caflou", &format!("api_url = \"http://{host}\""))).unwrap();
    }
}

#[test]
fn durations_have_units() {
    for (text, expected) in [
        ("100ms", 100),
        ("30s", 30_000),
        ("2m", 120_000),
        ("10m", 600_000),
    ] {
        let config = load(&with("caflou", &format!("timeout = \"{text}\""))).unwrap();
        assert_eq!(
            config.connections[0].caflou.get("timeout"),
            Some(Duration::from_millis(expected))
        );
    }
}

#[test]
fn connections_keep_the_order_of_the_file_and_mistyped_ones_are_guessed() {
    let text = ["zebra", "alfa", "můj obchod"]
        .map(|key| SMALL.replace("connections.shop", &format!("connections.\"{key}\"")))
        .concat();
    let config = load(&text).unwrap();
    let keys: Vec<_> = config
        .connections
        .iter()
        .map(|shop| shop.key.as_str())
        .collect();
    assert_eq!(keys, ["zebra", "alfa", "můj obchod"]);
    assert_eq!(config.nearest("allfa"), Some("alfa"));
    assert_eq!(config.nearest("muj-obchod"), Some("můj obchod"));
    assert_eq!(config.nearest("quite another"), None);
    assert!(config.connection("alf").is_none());
}

#[test]
fn relative_paths_are_of_the_files_folder() {
    let folder = tempfile::tempdir().unwrap();
    let text = SMALL.replace("{ env = \"CAFLOU_TOKEN\" }", "{ file = \"/etc/token\" }");
    let config = load_in(folder.path(), &format!("state = \"a/b.db\"\n{text}"), 0o600).unwrap();
    assert_eq!(config.state, Some(folder.path().join("a/b.db")));
    let Some(Secret::File(file)) = config.connections[0].caflou.get::<Secret>("token") else {
        panic!("no file")
    };
    assert_eq!(file, Path::new("/etc/token"));
}

#[test]
fn a_plain_secret_is_read_and_never_shown() {
    let text = SMALL.replace("{ env = \"CAFLOU_TOKEN\" }", "\"hunter2\"");
    let config = load(&text).unwrap();
    assert!(!format!("{config:?}").contains("hunter2"));
    let token: Secret = config.connections[0].caflou.get("token").unwrap();
    assert_eq!(token.resolve().unwrap().expose_secret(), "hunter2");
}

#[test]
fn a_file_that_is_not_there_or_not_text_is_no_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let missing = Config::load(&folder.path().join("none.toml")).unwrap_err();
    assert!(matches!(missing, ConfigError::NotFound { .. }));
    let is_folder = Config::load(folder.path()).unwrap_err();
    assert!(matches!(is_folder, ConfigError::Unreadable { .. }));
    fs::write(folder.path().join("latin2.toml"), b"# \xb9").unwrap();
    let not_text = Config::load(&folder.path().join("latin2.toml")).unwrap_err();
    assert!(matches!(not_text, ConfigError::Unreadable { .. }));
}

#[test]
fn runs_are_remembered_for_400_days_unless_the_file_says_otherwise() {
    assert_eq!(load(SMALL).unwrap().keep_runs, 400);
    assert_eq!(
        load(&format!("keep_runs = 30\n{SMALL}")).unwrap().keep_runs,
        30
    );
    let said = problems(&format!("keep_runs = 0\n{SMALL}"));
    assert!(said.contains("0 is not between 1 and 36500"), "{said}");
}

#[test]
fn a_closed_period_and_days_to_pay_are_read_and_checked() {
    let lines = "locked_until = 2026-06-30\nunpaid_expires = 60";
    let config = load(&with("import", lines)).unwrap();
    let import = &config.connections[0].import;
    assert_eq!(import.locked_until, NaiveDate::from_ymd_opt(2026, 6, 30));
    assert_eq!(import.unpaid_expires, Some(60));
    for (wrong, said) in [
        (
            "locked_untill = 2026-06-30",
            "did you mean \"locked_until\"?",
        ),
        ("locked_until = \"30. 6.\"", "is not a day such as"),
        ("unpaid_expires = 0", "0 is not between 1 and 3650"),
        ("unpaid_expires = \"60\"", "expected a whole number"),
    ] {
        let problems = problems(&with("import", wrong));
        assert!(problems.contains(said), "{problems}");
    }
}
