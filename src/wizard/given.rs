//! Answers given beforehand, on the command line. Each is used once: one that does not hold is
//! asked for anew, where somebody is there.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use secrecy::SecretString;

use crate::config::{Mode, OrderStatus, Read, Secret};
use crate::source::Definition;

/// What the command line answers.
#[derive(Debug, Default)]
pub struct Given {
    /// What the connection is called on the command line, or its name for people.
    pub key: Option<String>,
    /// The name for people.
    pub name: Option<String>,
    /// What the data come from.
    pub program: Option<&'static Definition>,
    /// Settings of the source, by their keys.
    pub source: BTreeMap<&'static str, Read>,
    /// Settings of Caflou.
    pub caflou: BTreeMap<&'static str, Read>,
    /// A pairing code from the e-mail of an add-on.
    pub pairing_code: Option<SecretString>,
    /// A one-time installation code of an add-on.
    pub install_code: Option<SecretString>,
    /// The add-on's number at its OAuth server.
    pub client_id: Option<String>,
    /// The add-on's secret there.
    pub client_secret: Option<Secret>,
    /// The address registered for the add-on, to the letter.
    pub redirect_uri: Option<String>,
    /// Where two-factor is on, the present six-digit code of Caflou.
    pub caflou_otp: Option<SecretString>,
    /// What is done with companies.
    pub companies: Option<Mode>,
    /// What is done with incomes.
    pub incomes: Option<Mode>,
    /// First day of the interval.
    pub from: Option<NaiveDate>,
    /// Last day of the interval.
    pub to: Option<NaiveDate>,
    /// The statuses that are imported.
    pub order_statuses: Option<Vec<OrderStatus>>,
    /// Those that count as cancelled.
    pub cancelled_statuses: Option<Vec<OrderStatus>>,
    /// Whether the connection takes part in scheduled runs.
    pub auto_repeat: Option<bool>,
    /// What has a usual answer is not asked, and a warning is not waited on.
    pub yes: bool,
}

impl Given {
    /// The flags without which a new connection cannot be made where nobody can be asked.
    #[must_use]
    pub fn missing(&self) -> Vec<&'static str> {
        let mut missing = Vec::new();
        let source = |key| self.source.contains_key(key);
        let caflou = |key| self.caflou.contains_key(key);
        let mut need = |is_there: bool, flag| {
            if !is_there {
                missing.push(flag);
            }
        };
        need(self.key.is_some() || self.name.is_some(), "NAME or --name");
        if self.pairing_code.is_some() {
            need(source("eshop_id"), "--eshop-id");
            need(source("addon_url"), "--addon-url");
        } else if self.install_code.is_some() {
            need(source("token_url"), "--token-url");
            need(self.client_id.is_some(), "--client-id");
            need(self.redirect_uri.is_some(), "--redirect-uri");
        } else if source("oauth_token") || source("token_url") {
            need(
                source("oauth_token"),
                "--oauth-token-file or --install-code",
            );
            need(source("token_url"), "--token-url");
        } else {
            let ways =
                "--private-token-env (or --pairing-code, --oauth-token-file, --install-code)";
            need(source("private_token"), ways);
        }
        if caflou("email") || caflou("password") {
            need(caflou("email"), "--caflou-email");
            need(caflou("password"), "--caflou-password-env");
        } else {
            let ways = "--caflou-token-env (or --caflou-email with --caflou-password-env)";
            need(caflou("token"), ways);
        }
        need(self.companies.is_some() || self.yes, "--companies");
        need(self.incomes.is_some() || self.yes, "--incomes");
        need(self.auto_repeat.is_some() || self.yes, "--auto-repeat");
        missing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_can_be_asked_for_is_named_all_at_once() {
        assert_eq!(
            Given::default().missing(),
            [
                "NAME or --name",
                "--private-token-env (or --pairing-code, --oauth-token-file, --install-code)",
                "--caflou-token-env (or --caflou-email with --caflou-password-env)",
                "--companies",
                "--incomes",
                "--auto-repeat",
            ]
        );
        let by_code = Given {
            name: Some("Shop".into()),
            install_code: Some("code".into()),
            caflou: BTreeMap::from([("email", Read::Text("me@example.com".into()))]),
            yes: true,
            ..Given::default()
        };
        assert_eq!(
            by_code.missing(),
            [
                "--token-url",
                "--client-id",
                "--redirect-uri",
                "--caflou-password-env"
            ]
        );
        let token = |key| BTreeMap::from([(key, Read::Secret(Secret::Env("TOKEN".into())))]);
        let whole = Given {
            key: Some("shop".into()),
            source: token("private_token"),
            caflou: token("token"),
            yes: true,
            ..Given::default()
        };
        assert!(whole.missing().is_empty());
        let url_alone = Given {
            source: token("token_url"),
            ..whole
        };
        assert_eq!(
            url_alone.missing(),
            ["--oauth-token-file or --install-code"]
        );
    }
}
