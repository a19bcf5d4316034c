//! What can be written after `--set` and `--unset`, and what is said about the rest.

use super::*;

/// The setting and its value as they would be written to the file, or what is wrong.
fn assigned(text: &str) -> String {
    match Setting::assignment(text) {
        Ok((setting, value)) => format!("{setting} = {value}"),
        Err(message) => message,
    }
}

#[test]
fn values_are_toml_or_text() {
    for (text, expected) in [
        ("import.incomes=new-only", "import.incomes = \"new-only\""),
        (
            "import.incomes = \"new-only\"",
            "import.incomes = \"new-only\"",
        ),
        ("import.from=2021-01-01", "import.from = 2021-01-01"),
        ("import.auto_repeat=true", "import.auto_repeat = true"),
        (
            "import.locked_until=2026-06-30",
            "import.locked_until = 2026-06-30",
        ),
        ("import.unpaid_expires=60", "import.unpaid_expires = 60"),
        (
            "mapping.tags=[\"a\", \"b\"]",
            "mapping.tags = [\"a\", \"b\"]",
        ),
        ("mapping.income_name=a=b", "mapping.income_name = \"a=b\""),
        (
            "mapping.expected_days.\"a=b\"=3",
            "mapping.expected_days.\"a=b\" = 3",
        ),
        ("name=2024", "name = \"2024\""),
        ("caflou.account_id=12345", "caflou.account_id = \"12345\""),
        ("name=Můj obchod", "name = \"Můj obchod\""),
        (
            "caflou.token={ env = \"A\" }",
            "caflou.token = { env = \"A\" }",
        ),
        ("caflou.token.env=A", "caflou.token = { env = \"A\" }"),
        ("notify.webhook=false", "notify.webhook = false"),
    ] {
        assert_eq!(assigned(text), expected, "{text}");
    }
}

#[test]
fn a_wrong_key_is_told_with_the_near_miss() {
    insta::assert_snapshot!(assigned("import.incoms=no"), @r#"import.incoms: no such setting; did you mean "import.incomes"?"#);
    insta::assert_snapshot!(assigned("incomes=no"), @r#"incomes: no such setting; did you mean "import.incomes"?"#);
    insta::assert_snapshot!(assigned("incoms=no"), @r#"incoms: no such setting; did you mean "import.incomes"?"#);
    insta::assert_snapshot!(assigned("quite.another=no"), @"quite.another: no such setting; connections.example.toml shows all settings");
    insta::assert_snapshot!(assigned("import.incomes"), @"import.incomes: no value; write import.incomes=VALUE");
    insta::assert_snapshot!(assigned("import.incomes="), @"import.incomes: no value; to take it away: --unset import.incomes");
    insta::assert_snapshot!(assigned("=no"), @r#""…" is no key such as import.incomes"#);
    insta::assert_snapshot!(assigned("caflou.token.evn=A"), @r#"caflou.token.evn: no such setting; did you mean "caflou.token"?"#);
}

#[test]
fn a_secret_is_not_taken_from_the_command_line_nor_repeated() {
    insta::assert_snapshot!(assigned("caflou.token=hunter2"), @r#"caflou.token: a secret is not for a command line, where others can see it; say where it is, such as caflou.token='{ env = "NAME" }'"#);
    for text in [
        "caflou.token=hunter2",
        "token=hunter2",
        "caflou.token:HUNTER2",
        "a b=hunter2",
    ] {
        assert!(!assigned(text).to_lowercase().contains("hunter2"), "{text}");
    }
}

#[test]
fn every_setting_can_be_named() {
    for (key, _) in known() {
        assert_eq!(Setting::parse(&key).unwrap().to_string(), key);
    }
}

#[test]
fn every_secret_of_every_table_is_one_here() {
    for key in [
        "shoptet.pairing",
        "caflou.password",
        "notify.webhook.url",
        "notify.email.password",
    ] {
        assert!(
            assigned(&format!("{key}=hunter2")).contains("a secret is not for a command line"),
            "{key}"
        );
    }
}

#[test]
fn of_secrets_only_their_place_is_shown() {
    let token = Setting::parse("caflou.token").unwrap();
    for (value, expected) in [
        ("\"hunter2\"", "in the file"),
        ("{ env = \"A\" }", "variable A"),
        ("{ file = \"secrets/a\" }", "file secrets/a"),
        ("{ command = [\"pass\", \"hunter2\"] }", "command pass"),
        ("{ keyring = \"a\" }", "keyring a"),
    ] {
        assert_eq!(token.shown(&value.parse().unwrap()), expected);
    }
    let table: Toml = "{ token = \"hunter2\" }".parse().unwrap();
    assert_eq!(Setting::parse("caflou").unwrap().shown(&table), "{ … }");
    let place = Setting::parse("caflou.token.command").unwrap();
    assert_eq!(place.told(), token);
}
