//! The settings of a Shoptet e-shop.

use url::Url;

use crate::config::{Field, Table, Value, Way, words};

words! {
    /// When a shop is asked for a file of many records instead of one record after another.
    Bulk {
        /// Where so many records are to be read that it saves time and requests.
        Auto = "auto",
        /// Never.
        Never = "never",
        /// Whenever a whole list has a record that was not read yet.
        Always = "always",
    }
}

/// The number of the e-shop, and `[connections.NAME.shoptet]`.
pub static SETTINGS: Table = Table {
    beside: &[Field::new("eshop_id", Value::Whole(1, i64::MAX)).must()],
    fields: &[
        Field::new("private_token", Value::Secret)
            .must()
            .ask("Private API token:")
            .hint(WHERE_TOKENS_ARE),
        Field::new("pairing", Value::Secret).must(),
        Field::new("addon_url", Value::Url)
            .must()
            .shared(option_env!("CAFLOU_SYNC_ADDON_URL"))
            .ask("Address of the add-on (the e-mail shows it):")
            .example("https://addon.example.com"),
        Field::new("oauth_token", Value::Secret)
            .must()
            .ask("OAuth access token:"),
        Field::new("token_url", Value::Url)
            .must()
            .typed(token_url)
            .ask("Address of the add-on's OAuth server (it ends with getAccessToken):")
            .example(TOKEN_URL),
        Field::new("api_url", Value::Url).usually("https://api.myshoptet.com"),
        Field::new("bulk", Value::Choice(Bulk::WORDS)).usually("auto"),
        Field::new("webhook_url", Value::Url).checked(webhook),
    ],
    ways: &[
        Way {
            label: "private API token (Shoptet Premium)",
            keys: &["private_token"],
            with: &[],
        },
        Way {
            label: "OAuth access token of an own add-on",
            keys: &["oauth_token"],
            with: &["token_url"],
        },
        Way {
            label: "pairing code from the add-on's e-mail",
            keys: &["pairing"],
            with: &["addon_url"],
        },
    ],
    no_way: false,
};

/// Where a private token comes from.
const WHERE_TOKENS_ARE: &str = "It is made in the administration of the shop, under Connections, \
                                API: with the groups Eshop, Orders and Customers, for reading.";
/// What the address of an OAuth server looks like.
const TOKEN_URL: &str = "https://12345.myshoptet.com/action/ApiOAuthServer/getAccessToken";

fn token_url(typed: &str) -> Result<(), String> {
    let path = Url::parse(typed).map(|url| url.path().ends_with("/getAccessToken"));
    if matches!(path, Ok(true)) {
        return Ok(());
    }
    Err(format!("It looks like {TOKEN_URL}"))
}

/// The ports on which Shoptet calls webhooks.
const WEBHOOK_PORTS: [u16; 4] = [80, 443, 8080, 8443];
/// The longest address of a webhook (`POST /api/webhooks`).
const LONGEST_WEBHOOK: usize = 2000;

/// Whether Shoptet may call an address.
fn webhook(address: &str) -> Result<(), String> {
    let port = Url::parse(address)
        .ok()
        .and_then(|url| url.port_or_known_default());
    let port = port.unwrap_or_default();
    if !WEBHOOK_PORTS.contains(&port) {
        return Err(format!(
            "port {port}: Shoptet calls only 80, 443, 8080 and 8443"
        ));
    }
    if address.len() > LONGEST_WEBHOOK {
        return Err(format!(
            "longer than the {LONGEST_WEBHOOK} characters that Shoptet takes"
        ));
    }
    Ok(())
}
