//! The settings of a Shoptet e-shop.

use secrecy::{ExposeSecret, SecretString};
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
    beside: &[Field::new("eshop_id", Value::Whole(1, i64::MAX))
        .must()
        .ask("E-shop ID:")
        .amiss(
            "A number such as 222651: the administration of the shop shows it, and a private token \
             begins with it.",
        )
        .help(
            "The number of your e-shop. The administration shows it, and your private token begins \
             with it.",
        )
        .example("222651")],
    fields: &[
        Field::new("private_token", Value::Secret)
            .must()
            .ask("Private API token:")
            .hint(
                "It is made in the administration of the shop, under Connections, API: with the \
                 groups Eshop, Orders and Customers, for reading.",
            )
            .help(
                "Shoptet Premium: the private API token, made in the administration under \
                 Connections, API.",
            )
            .example("{ env = \"SHOPTET_TOKEN\" }"),
        Field::new("pairing", Value::Secret)
            .must()
            .help(
                "Other shops, instead of the private token: what `caflou-sync connect` got for the \
                 pairing code from the e-mail, and the add-on's backend where it holds. Without the \
                 second line: `addon_url` above.",
            )
            .example("{ file = \"secrets/pairing\" }"),
        Field::new("addon_url", Value::Url)
            .must()
            .shared(option_env!("CAFLOU_SYNC_ADDON_URL"))
            .ask("Address of the add-on (the e-mail shows it):")
            .example("\"https://addon.example.com\""),
        Field::new("oauth_token", Value::Secret)
            .must()
            .ask("OAuth access token:")
            .help(
                "Or, for those who have an add-on of their own: the OAuth access token of its \
                 installation in the shop, and the address where it is exchanged.",
            )
            .example("{ file = \"secrets/oauth\" }"),
        Field::new("token_url", Value::Url)
            .must()
            .typed(token_url)
            .ask("Address of the add-on's OAuth server (it ends with getAccessToken):")
            .example("\"https://12345.myshoptet.com/action/ApiOAuthServer/getAccessToken\""),
        Field::new("api_url", Value::Url)
            .usually("https://api.myshoptet.com")
            .help("The address of the API. There is hardly a reason to change it."),
        Field::new("bulk", Value::Choice(Bulk::WORDS))
            .usually("auto")
            .help(
                "When many customers are asked for all at once, as a file that the shop makes (see \
                 \"Big shops\" in the README): \"auto\" (where more than 252 are to be read), \
                 \"never\", \"always\" (whenever the list of customers has a new one).",
            ),
        Field::new("webhook_url", Value::Url)
            .checked(webhook)
            .help(
                "The shop makes such files only where somebody listens for their end. If nobody does \
                 yet, this address is registered at the shop for that; it only has to answer. Ports \
                 80, 443, 8080 or 8443.",
            )
            .example("\"https://www.example.com/job-finished\""),
    ],
    ways: &[
        Way {
            label: "private API token (Shoptet Premium)",
            again: "Type the token again",
            anew: "To type in a token",
            ends: false,
            keys: &["private_token"],
            with: &[],
        },
        Way {
            label: "OAuth access token of an own add-on",
            again: "Type the token again",
            anew: "To type in a token",
            ends: false,
            keys: &["oauth_token"],
            with: &["token_url"],
        },
        Way {
            label: "pairing code from the add-on's e-mail",
            again: "Type a new pairing code",
            anew: "If a new pairing code is needed",
            ends: true,
            keys: &["pairing"],
            with: &["addon_url"],
        },
    ],
    no_way: false,
};

fn token_url(typed: &str) -> Result<(), String> {
    let path = Url::parse(typed).map(|url| url.path().ends_with("/getAccessToken"));
    if matches!(path, Ok(true)) {
        return Ok(());
    }
    let example = "https://12345.myshoptet.com/action/ApiOAuthServer/getAccessToken";
    Err(format!("It looks like {example}"))
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

/// The e-shop that a token names: `222651-p-…` (private) or `222651-a-…` (add-on).
pub(super) fn named_by(token: &SecretString) -> Option<String> {
    let (number, rest) = token.expose_secret().split_once('-')?;
    let kind = rest.split_once('-')?.0;
    let number: u64 = number.parse().ok()?;
    matches!(kind, "p" | "a").then(|| number.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_names_its_shop() {
        let of = |token: &str| named_by(&token.into());
        assert_eq!(of("222651-p-abc-def"), Some("222651".to_owned()));
        assert_eq!(of("222651-a-abc"), Some("222651".to_owned()));
        assert_eq!(of("222651-x-abc"), None);
        assert_eq!(of("p-222651"), None);
        assert_eq!(of("q7m2q7m2"), None);
    }
}
