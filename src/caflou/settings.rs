//! The settings of a Caflou account.

use crate::config::{Field, Table, Value, Way};

/// `[connections.NAME.caflou]`.
pub static SETTINGS: Table = Table {
    beside: &[],
    fields: &[
        Field::new("account_id", Value::Id)
            .must()
            .checked(account_id),
        Field::new("token", Value::Secret).must().ask("API token:"),
        Field::new("email", Value::Text)
            .must()
            .checked(email)
            .typed(typed_email)
            .ask("E-mail address:"),
        Field::new("password", Value::Secret)
            .must()
            .ask("Password:"),
        Field::new("api_url", Value::Url).usually("https://app.caflou.com"),
        Field::new("max_concurrency", Value::Whole(1, 16)).usually("4"),
        Field::new("timeout", Value::Time).usually("30s"),
    ],
    ways: &[
        Way {
            label: "API token (Caflou: Account settings, API)",
            keys: &["token"],
            with: &[],
        },
        Way {
            label: "e-mail address and password",
            keys: &["email", "password"],
            with: &[],
        },
    ],
    no_way: false,
};

/// It becomes a part of addresses.
fn account_id(text: &str) -> Result<(), String> {
    let fit = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if text.chars().all(fit) {
        return Ok(());
    }
    Err("an account's ID has only letters, digits, \"-\" and \"_\"".to_owned())
}

fn typed_email(text: &str) -> Result<(), String> {
    email(text).map_err(|_| "That is no e-mail address.".to_owned())
}

fn email(text: &str) -> Result<(), String> {
    if text.contains('@') {
        return Ok(());
    }
    Err("not an e-mail address".to_owned())
}
