//! What the questions brought: everything a connection is made of, tried and found good.

use secrecy::{ExposeSecret, SecretString};

use crate::access::Access;
use crate::config::{Assignment, Import, OrderStatus};
use crate::source::Definition;

/// A connection as it was answered.
#[derive(Debug, Clone)]
pub struct Answers {
    /// Its key, used in commands.
    pub key: String,
    /// Its name for people.
    pub name: String,
    /// What the source is.
    pub program: &'static Definition,
    /// The way to its records. A secret that was typed has no place yet.
    pub source: Access,
    /// The way into Caflou, and the account.
    pub caflou: Access,
    /// What is imported, and when.
    pub import: Import,
    /// What else was said, to be written as it is.
    pub others: Vec<Assignment>,
    /// Statuses that count as cancelled, beside the system's own.
    pub cancelled_statuses: Vec<OrderStatus>,
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
    fn what_was_pasted_along_is_cut_off() {
        assert_eq!(trimmed(&" token\r\n".into()).expose_secret(), "token");
    }
}
