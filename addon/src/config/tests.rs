use std::fs;
use std::path::Path;

use super::read::{LIMITS, TLS, TOP};
use super::*;
use caflou_sync::config::reading::MAIL_SERVER;

const EXAMPLE: &str = include_str!("../../../addon.example.toml");

const SMALL: &str = r#"
public_url = "https://addon.example.com/"
key = { env = "KEY" }
token_url = "https://12345.myshoptet.com/action/ApiOAuthServer/getAccessToken"
client_id = "abc"
webhook_signature_key = { env = "HOOKS" }
[mail]
server = "smtp.example.com"
from = "addon@example.com"
"#;

fn load_in(folder: &Path, text: &str) -> Result<AddonConfig, LoadError> {
    let path = folder.join("addon.toml");
    fs::write(&path, text).unwrap();
    AddonConfig::load(&path)
}

fn load(text: &str) -> Result<AddonConfig, String> {
    let folder = tempfile::tempdir().unwrap();
    load_in(folder.path(), text).map_err(|error| {
        let text = error.to_string();
        text.replace(&format!("{}/", folder.path().display()), "")
    })
}

/// The problems of the small file with one line more at its top.
fn with(line: &str) -> String {
    load(&format!("{line}{SMALL}")).unwrap_err()
}

#[test]
fn what_is_left_out_has_a_usual_value() {
    let folder = tempfile::tempdir().unwrap();
    let config = load_in(folder.path(), SMALL).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.state, folder.path().join("addon.db"));
    assert_eq!(
        config.oauth.redirect_uri,
        "https://addon.example.com/install"
    );
    assert_eq!(
        config.shoptet_api_url.as_str(),
        "https://api.myshoptet.com/"
    );
    assert_eq!(config.mail.port, 587);
    assert_eq!((config.tls, config.limits), (None, AddonLimits::default()));
}

#[test]
fn the_example_loads_and_shows_every_setting() {
    assert!(load(EXAMPLE).unwrap().client_has_no_secret());
    let on = |line: &str| match line.strip_prefix('#') {
        Some(setting) if setting.starts_with(|c: char| c.is_ascii_lowercase() || c == '[') => {
            setting.to_owned()
        }
        _ => line.to_owned(),
    };
    let all: Vec<_> = EXAMPLE.lines().map(on).collect();
    let all = all.join("\n");
    let config = load(&all).unwrap();
    assert!(config.tls.is_some() && !config.client_has_no_secret());
    assert_eq!(config.limits, AddonLimits::default());
    let mail = MAIL_SERVER.fields.iter().map(|field| &field.key);
    let keys = TOP.iter().chain(&TLS).chain(&LIMITS).chain(mail);
    for key in keys {
        let shown = all.contains(&format!("\n{key} = ")) || all.contains(&format!("\n[{key}]\n"));
        assert!(shown, "{key}");
    }
}

impl AddonConfig {
    fn client_has_no_secret(&self) -> bool {
        self.oauth.client_secret.is_none()
    }
}

#[test]
fn all_problems_come_at_once() {
    let text = "listen = 80\nkye = { env = \"K\" }\ntoken_url = \"https://shop.example.com/token\"\n\
                client_secret = {}\ntrusted_proxies = [\"10.0.0.0/33\", \"here\"]\n[tls]\ncert = \"c\"\n\
                [limits]\nconnections = 0\n";
    insta::assert_snapshot!(load(text).unwrap_err(), @r#"
    addon.toml: 12 problems
      line 1  "public_url" is missing
      line 1  listen:             expected text, found a whole number
      line 1  "client_id" is missing
      line 1  "webhook_signature_key" is missing
      line 1  "mail" is missing
      line 2  kye:                unknown key; did you mean "key"?
      line 3  token_url:          expected the address that ends in "/getAccessToken"
      line 4  client_secret:      expected text, { env = "VAR" }, { file = "PATH" }, { command = ["prog", "arg"] } or { keyring = "NAME" }, found an empty table
      line 5  trusted_proxies:    "10.0.0.0/33" is neither an address nor a network such as "10.0.0.0/8"
      line 5  trusted_proxies:    "here" is neither an address nor a network such as "10.0.0.0/8"
      line 6  tls:                "key" is missing
      line 9  limits.connections: 0 is not between 1 and 100000
    "#);
}

#[test]
fn secrets_never_cross_a_network_in_the_open() {
    let open = "addon.toml: 1 problem\n  line 1  listen: other machines reach this address, and \
                nothing encrypts what they send: either [tls], or \"trusted_proxies\" with the \
                proxy that does, is needed";
    assert_eq!(with("listen = \"0.0.0.0:8080\""), open);
    let behind = "listen = \"0.0.0.0:8080\"\ntrusted_proxies = [\"10.0.0.0/8\", \"::1\"]";
    let config = load(&format!("{behind}{SMALL}")).unwrap();
    assert_eq!(config.trusted_proxies.len(), 2);
    let own = format!("listen = \"0.0.0.0:443\"{SMALL}[tls]\ncert = \"c.pem\"\nkey = \"k.pem\"");
    assert!(load(&own).unwrap().tls.is_some());
    let plain = with("shoptet_api_url = \"http://api.example.com\"");
    assert!(plain.contains("only https:// is safe"), "{plain}");
}

#[test]
fn a_missing_file_is_told_of_with_what_to_do() {
    let error = AddonConfig::load(Path::new("no/addon.toml")).unwrap_err();
    let wanted = "no/addon.toml: no such file; copy addon.example.toml to begin, or name another \
                  with --config";
    assert_eq!(error.to_string(), wanted);
}
