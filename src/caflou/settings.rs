//! The settings of a Caflou account.

use crate::config::{Field, Table, Value, Way};

/// `[connections.NAME.caflou]`.
pub static SETTINGS: Table = Table {
    beside: &[],
    fields: &[
        Field::new("account_id", Value::Id)
            .must()
            .checked(account_id)
            .help("The account's ID.")
            .example("\"12345\""),
        Field::new("token", Value::Secret).must().ask("API token:")
            .help("The access token, made in Caflou under Account settings, API.")
            .example("{ env = \"CAFLOU_TOKEN\" }"),
        Field::new("email", Value::Text)
            .must()
            .checked(email)
            .typed(typed_email)
            .ask("E-mail address:")
            .help("Or, instead of the token, a user's login.")
            .example("\"me@example.com\""),
        Field::new("password", Value::Secret)
            .must()
            .ask("Password:")
            .example("{ env = \"CAFLOU_PASSWORD\" }"),
        Field::new("api_url", Value::Url).usually("https://app.caflou.com")
            .help("The address of Caflou; another one for customers with their own domain."),
        Field::new("max_concurrency", Value::Whole(1, 16)).usually("4")
            .help("How many requests may be under way at one time: 1 to 16. Lowered by itself where Caflou asks for it."),
        Field::new("timeout", Value::Time).usually("30s")
            .help("How long one request may take: \"500ms\", \"30s\", \"2m\"; at most \"10m\"."),
    ],
    ways: &[
        Way {
            label: "API token (Caflou: Account settings, API)",
            again: "Type the token again",
            anew: "To type in a token",
            ends: false,
            keys: &["token"],
            with: &[],
        },
        Way {
            label: "e-mail address and password",
            again: "Type e-mail address and password again",
            anew: "To log in anew",
            ends: false,
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
