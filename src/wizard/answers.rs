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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_pasted_along_is_cut_off() {
        assert_eq!(trimmed(&" token\r\n".into()).expose_secret(), "token");
    }
}
