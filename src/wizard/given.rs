//! Answers given beforehand, on the command line. Each is used once: one that does not hold is
//! asked for anew, where somebody is there.

use chrono::NaiveDate;
use secrecy::SecretString;
use url::Url;

use crate::config::{Mode, OrderStatus, Program, Secret};

/// What the command line answers.
#[derive(Debug, Default)]
pub struct Given {
    /// What the connection is called on the command line, or its name for people.
    pub key: Option<String>,
    /// The name for people.
    pub name: Option<String>,
    /// The program.
    pub program: Option<Program>,
    /// Number of the e-shop.
    pub eshop_id: Option<u64>,
    /// A pairing code from the e-mail of an add-on.
    pub pairing_code: Option<SecretString>,
    /// The add-on's backend.
    pub addon_url: Option<Url>,
    /// The private API token.
    pub private_token: Option<Secret>,
    /// An add-on's OAuth access token.
    pub oauth_token: Option<Secret>,
    /// Where that is exchanged.
    pub token_url: Option<Url>,
    /// A one-time installation code of an add-on.
    pub install_code: Option<SecretString>,
    /// The add-on's number at its OAuth server.
    pub client_id: Option<String>,
    /// The add-on's secret there.
    pub client_secret: Option<Secret>,
    /// The address registered for the add-on, to the letter.
    pub redirect_uri: Option<String>,
    /// A token made in Caflou.
    pub caflou_token: Option<Secret>,
    /// Or a user's e-mail address …
    pub caflou_email: Option<String>,
    /// … and password …
    pub caflou_password: Option<Secret>,
    /// … and, where two-factor is on, the present six-digit code.
    pub caflou_otp: Option<SecretString>,
    /// The account.
    pub account_id: Option<String>,
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
    /// Another address of the shop's API.
    pub shoptet_api_url: Option<Url>,
    /// Another address of Caflou.
    pub caflou_api_url: Option<Url>,
    /// What has a usual answer is not asked, and a warning is not waited on.
    pub yes: bool,
}

impl Given {
    /// The flags without which a new connection cannot be made where nobody can be asked.
    #[must_use]
    pub fn missing(&self) -> Vec<&'static str> {
        let mut missing = Vec::new();
        let mut need = |is_there: bool, flag| {
            if !is_there {
                missing.push(flag);
            }
        };
        need(self.key.is_some() || self.name.is_some(), "NAME or --name");
        if self.pairing_code.is_some() {
            need(self.eshop_id.is_some(), "--eshop-id");
            need(self.addon_url.is_some(), "--addon-url");
        } else if self.install_code.is_some() {
            need(self.token_url.is_some(), "--token-url");
            need(self.client_id.is_some(), "--client-id");
            need(self.redirect_uri.is_some(), "--redirect-uri");
        } else if self.oauth_token.is_some() || self.token_url.is_some() {
            need(
                self.oauth_token.is_some(),
                "--oauth-token-file or --install-code",
            );
            need(self.token_url.is_some(), "--token-url");
        } else {
            let ways =
                "--private-token-env (or --pairing-code, --oauth-token-file, --install-code)";
            need(self.private_token.is_some(), ways);
        }
        if self.caflou_email.is_some() || self.caflou_password.is_some() {
            need(self.caflou_email.is_some(), "--caflou-email");
            need(self.caflou_password.is_some(), "--caflou-password-env");
        } else {
            let ways = "--caflou-token-env (or --caflou-email with --caflou-password-env)";
            need(self.caflou_token.is_some(), ways);
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
            caflou_email: Some("me@example.com".into()),
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
        let token = || Some(Secret::Env("TOKEN".into()));
        let whole = Given {
            key: Some("shop".into()),
            private_token: token(),
            caflou_token: token(),
            yes: true,
            ..Given::default()
        };
        assert!(whole.missing().is_empty());
        let url_alone = Given {
            token_url: Url::parse("https://1.myshoptet.com/").ok(),
            private_token: None,
            ..whole
        };
        assert_eq!(
            url_alone.missing(),
            ["--oauth-token-file or --install-code"]
        );
    }
}
