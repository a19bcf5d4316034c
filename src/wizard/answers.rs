//! What the questions brought: everything a connection is made of, tried and found good.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::config::{
    self, CAFLOU_API, Connection, Import, Kept, OrderStatus, Program, SHOPTET_API, Secret,
    ShoptetAccess,
};

/// A connection as it was answered.
#[derive(Debug, Clone)]
pub struct Answers {
    /// Its key, used in commands.
    pub key: String,
    /// Its name for people.
    pub name: String,
    /// What the source is.
    pub program: Program,
    /// Number of the e-shop.
    pub eshop_id: u64,
    /// The way into the e-shop.
    pub shop: ShopAccess,
    /// The address of the shop's API, where it is not the usual one.
    pub shoptet_api_url: Option<Url>,
    /// The way into Caflou.
    pub caflou: CaflouAccess,
    /// The account.
    pub account_id: String,
    /// The address of Caflou, where it is not the usual one.
    pub caflou_api_url: Option<Url>,
    /// What is imported, and when.
    pub import: Import,
    /// Statuses that count as cancelled, beside the system's own.
    pub cancelled_statuses: Vec<OrderStatus>,
}

/// The way into a shop.
#[derive(Debug, Clone)]
pub enum ShopAccess {
    /// A private API token.
    PrivateToken(Held),
    /// A pairing with an add-on's backend.
    Pairing {
        /// The pairing secret.
        secret: Held,
        /// The backend.
        addon_url: Url,
    },
    /// An add-on's OAuth access token.
    Addon {
        /// The token.
        oauth_token: Held,
        /// Where it is exchanged.
        token_url: Url,
    },
}

/// The way into Caflou.
#[derive(Debug, Clone)]
pub enum CaflouAccess {
    /// A token made in the application.
    Token(Held),
    /// A user's login.
    Login {
        /// The e-mail address.
        email: String,
        /// The password.
        password: Held,
    },
}

/// A secret in hand, and where it comes from.
#[derive(Clone)]
pub struct Held {
    /// The secret itself.
    pub secret: SecretString,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where a secret comes from, and so, what is to be written.
#[derive(Debug, Clone)]
pub enum Origin {
    /// The connection has it already: nothing is written.
    Present,
    /// It is in this place, which is written.
    At(Secret),
    /// It was stored, and what stands for it is written.
    Kept(Kept),
    /// It was typed in, or came from a service: it has to be stored.
    Typed,
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Held({:?})", self.origin)
    }
}

impl Held {
    /// A secret that has to be stored.
    #[must_use]
    pub fn typed(secret: SecretString) -> Self {
        Self {
            secret,
            origin: Origin::Typed,
        }
    }
}

impl Answers {
    /// Those of a connection that is there; its secrets are not read.
    #[must_use]
    pub fn of(connection: &Connection) -> Self {
        let present = || Held {
            secret: SecretString::default(),
            origin: Origin::Present,
        };
        let other = |url: &Url, usual: &str| Some(url.clone()).filter(|url| !is_usual(url, usual));
        let (shoptet, caflou) = (&connection.shoptet, &connection.caflou);
        Self {
            key: connection.key.clone(),
            name: connection.name.clone(),
            program: connection.program,
            eshop_id: connection.eshop_id,
            shop: match &shoptet.access {
                ShoptetAccess::PrivateToken(_) => ShopAccess::PrivateToken(present()),
                ShoptetAccess::OauthToken { token_url, .. } => ShopAccess::Addon {
                    oauth_token: present(),
                    token_url: token_url.clone(),
                },
                ShoptetAccess::Pairing { addon_url, .. } => ShopAccess::Pairing {
                    secret: present(),
                    addon_url: addon_url.clone(),
                },
            },
            shoptet_api_url: other(&shoptet.api_url, SHOPTET_API),
            caflou: match &caflou.access {
                config::CaflouAccess::Token(_) => CaflouAccess::Token(present()),
                config::CaflouAccess::Login { email, .. } => CaflouAccess::Login {
                    email: email.clone(),
                    password: present(),
                },
            },
            account_id: caflou.account_id.clone(),
            caflou_api_url: other(&caflou.api_url, CAFLOU_API),
            import: connection.import.clone(),
            cancelled_statuses: connection.mapping.cancelled_statuses.clone(),
        }
    }

    /// The secrets in it, each with the key path that it has in a connection.
    pub fn secrets(&mut self) -> impl Iterator<Item = (&'static [&'static str; 2], &mut Held)> {
        let shop = match &mut self.shop {
            ShopAccess::PrivateToken(token) => (&["shoptet", "private_token"], token),
            ShopAccess::Pairing { secret, .. } => (&["shoptet", "pairing"], secret),
            ShopAccess::Addon { oauth_token, .. } => (&["shoptet", "oauth_token"], oauth_token),
        };
        let caflou = match &mut self.caflou {
            CaflouAccess::Token(token) => (&["caflou", "token"], token),
            CaflouAccess::Login { password, .. } => (&["caflou", "password"], password),
        };
        [shop, caflou].into_iter()
    }
}

/// Whether an address is the usual one.
pub(super) fn is_usual(url: &Url, usual: &str) -> bool {
    url.as_str().trim_end_matches('/') == usual
}

/// Without white space and control characters around it.
#[must_use]
pub fn trimmed(secret: &SecretString) -> SecretString {
    let around = |c: char| c.is_whitespace() || c.is_control();
    secret.expose_secret().trim_matches(around).into()
}

/// The e-shop that a Shoptet token names: `222651-p-…` (private) or `222651-a-…` (add-on).
#[must_use]
pub fn eshop_of_token(token: &SecretString) -> Option<u64> {
    let (number, rest) = token.expose_secret().split_once('-')?;
    let kind = rest.split_once('-')?.0;
    matches!(kind, "p" | "a")
        .then(|| number.parse().ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_names_its_shop() {
        let of = |token: &str| eshop_of_token(&token.into());
        assert_eq!(of("222651-p-abc-def"), Some(222_651));
        assert_eq!(of("222651-a-abc"), Some(222_651));
        assert_eq!(of("222651-x-abc"), None);
        assert_eq!(of("p-222651"), None);
        assert_eq!(of("q7m2q7m2"), None);
    }

    #[test]
    fn a_secret_in_hand_is_not_shown() {
        let held = Held::typed("222651-p-secret".into());
        assert_eq!(format!("{held:?}"), "Held(Typed)");
    }

    #[test]
    fn what_was_pasted_along_is_cut_off() {
        assert_eq!(trimmed(&" token\r\n".into()).expose_secret(), "token");
    }
}
