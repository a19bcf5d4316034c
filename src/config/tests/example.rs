//! The example that users copy: it loads, and it shows everything.

use super::*;
use crate::source::registry::sources;

const EXAMPLE: &str = include_str!("../../../connections.example.toml");

/// A user's login to Caflou, which is one of two ways.
const LOGIN: [&str; 2] = ["email = ", "password = { env = \"CAFLOU_PASSWORD\" }"];

#[test]
fn the_settings_of_both_sides_are_shown_as_they_are_declared() {
    let shoptet = sources()[0].settings;
    for (header, table) in [
        ("[connections.my-shop.shoptet]", shoptet),
        ("[connections.my-shop.caflou]", &crate::caflou::SETTINGS),
    ] {
        let (_, after) = EXAMPLE.split_once(header).unwrap();
        let (section, _) = after.split_once("\n\n# ----").unwrap();
        assert_eq!(
            section.trim(),
            shown(table, table.fields).trim(),
            "{header}"
        );
    }
    assert!(EXAMPLE.contains(&shown(shoptet, shoptet.beside)));
}

#[test]
fn the_example_loads() {
    let config = load(EXAMPLE).unwrap();
    let shop = config.connection("my-shop").unwrap();
    assert_eq!(
        (shop.name.as_str(), shop.account_id()),
        ("Můj e-shop", "12345")
    );
    assert_eq!(shop.import.from, NaiveDate::from_ymd_opt(2021, 1, 1));
    assert!(shop.import.auto_repeat);
}

/// The example with all its settings switched on but those that begin with one of these words.
fn example_without(words: &[&str]) -> String {
    let on = |line: &str| match line.strip_prefix('#') {
        Some(setting) if setting.starts_with(|c: char| c.is_ascii_lowercase() || c == '[') => {
            setting.to_owned()
        }
        _ => line.to_owned(),
    };
    let lines = EXAMPLE.lines().map(on);
    let kept = lines.filter(|line| !words.iter().any(|word| line.starts_with(word)));
    kept.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_example_shows_every_setting_and_all_of_them_load() {
    let folder = tempfile::tempdir().unwrap();
    let text = example_without(&[
        "oauth_token",
        "token_url",
        "pairing",
        "addon_url",
        LOGIN[0],
        LOGIN[1],
    ]);
    let config = load_in(folder.path(), &text, 0o644).unwrap();
    assert_eq!(config.state, Some(folder.path().join("state.db")));
    let mapping = &config.connections[0].mapping;
    assert_eq!(
        (mapping.category_id, mapping.tags.as_slice()),
        (Some(1), &["e-shop".to_owned()][..])
    );
    assert_eq!(mapping.expected_days.days(Some("Dobírkou")), 7);
    let notify = &config.connections[0].notify;
    assert_eq!((notify.on(), notify.after()), (On::Change, 1));
    assert!(notify.email().is_some() && notify.heartbeat().is_some());
    assert!(notify.command().is_some() && notify.webhook().is_none());

    let text = example_without(&["private_token", "oauth_token", "token_url", "token ="]);
    let config = load_in(folder.path(), &text, 0o644).unwrap();
    let source = &config.connections[0].source;
    let Some(Secret::File(file)) = source.get("pairing") else {
        panic!("no pairing")
    };
    assert_eq!(file, folder.path().join("secrets/pairing"));
    let addon_url: Url = source.get("addon_url").unwrap();
    assert_eq!(addon_url.as_str(), "https://addon.example.com/");

    let text = example_without(&["private_token", "pairing", "addon_url", "token ="]);
    let config = load_in(folder.path(), &text, 0o644).unwrap();
    let source = &config.connections[0].source;
    let Some(Secret::File(file)) = source.get("oauth_token") else {
        panic!("no OAuth token")
    };
    assert_eq!(file, folder.path().join("secrets/oauth"));
    let token_url: Url = source.get("token_url").unwrap();
    assert_eq!(token_url.host_str(), Some("12345.myshoptet.com"));
    assert!(
        config.connections[0]
            .caflou
            .get::<Secret>("password")
            .is_some()
    );

    let all = example_without(&[]);
    let mut keys = load::top();
    keys.extend(
        setting::known()
            .iter()
            .map(|(key, _)| key.rsplit('.').next().unwrap().to_owned().leak() as &str),
    );
    let tables = [
        "connections",
        "shoptet",
        "caflou",
        "import",
        "mapping",
        "notify",
        "email",
        "heartbeat",
    ];
    for key in keys.into_iter().filter(|key| !tables.contains(key)) {
        assert!(all.contains(&format!("\n{key} = ")), "{key}");
    }
}
