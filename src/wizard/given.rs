//! Answers given beforehand, on the command line. Each is used once: one that does not hold is
//! asked for anew, where somebody is there.

use std::collections::BTreeMap;

use secrecy::SecretString;

use crate::config::{Assignment, Of, OrderStatus, Read, Setting, Value};
use crate::source::Definition;
use crate::source::registry::sources;

/// The settings of the import that are asked for.
const ASKED: [&str; 6] = [
    "companies",
    "incomes",
    "expenses",
    "from",
    "to",
    "auto_repeat",
];

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
    /// Codes that the setup of the source exchanges, and what belongs to them, by their names.
    pub codes: BTreeMap<&'static str, Read>,
    /// Where two-factor is on, the present six-digit code of Caflou.
    pub caflou_otp: Option<SecretString>,
    /// Settings of the import.
    pub import: BTreeMap<&'static str, Read>,
    /// Settings that are not asked for, to be written as they are.
    pub others: Vec<Assignment>,
    /// The statuses that are imported.
    pub order_statuses: Option<Vec<OrderStatus>>,
    /// Those that count as cancelled.
    pub cancelled_statuses: Option<Vec<OrderStatus>>,
    /// What has a usual answer is not asked, and a warning is not waited on.
    pub yes: bool,
}

impl Given {
    /// Takes a setting in, if it is among those that are asked for.
    pub fn take_in(&mut self, setting: &Setting, read: Read) -> bool {
        let (table, _) = setting.place();
        let Some(field) = setting.field() else {
            return false;
        };
        let beside = |one: &Definition| one.settings.beside.iter().any(|own| own.key == field.key);
        let of_source = |one: &&Definition| one.word == table || table.is_empty() && beside(one);
        let taken = match table.as_str() {
            "caflou" => &mut self.caflou,
            "import" if ASKED.contains(&field.key) => &mut self.import,
            _ if sources().iter().any(of_source) => &mut self.source,
            _ => return false,
        };
        taken.insert(field.key, read);
        true
    }

    /// A setting of the import.
    pub(super) fn imported<T: for<'v> Of<'v>>(&mut self, key: &str) -> Option<T> {
        self.import.remove(key).as_ref().and_then(T::of)
    }

    /// The flags without which a new connection cannot be made where nobody can be asked.
    #[must_use]
    pub fn missing(&self) -> Vec<String> {
        let mut missing = Vec::new();
        let source = |key: &str| self.source.contains_key(key);
        let caflou = |key| self.caflou.contains_key(key);
        let import = |key| self.import.contains_key(key);
        let mut need = |is_there: bool, flag: &str| {
            if !is_there {
                missing.push(flag.to_owned());
            }
        };
        need(self.key.is_some() || self.name.is_some(), "NAME or --name");
        let program = self.program.unwrap_or(sources()[0]);
        for field in program.needed() {
            let flag = match field.value {
                Value::Secret => "--secret",
                _ => "--set",
            };
            need(source(field.key), &format!("{flag} {}=…", field.key));
        }
        if let Some(setup) = program.setup {
            let named = |key: &str| source(key) || self.codes.contains_key(key);
            (setup.missing)(&named, &mut need);
        }
        if caflou("email") || caflou("password") {
            need(caflou("email"), "--caflou-email");
            need(caflou("password"), "--caflou-password-env");
        } else {
            let ways = "--caflou-token-env (or --caflou-email with --caflou-password-env)";
            need(caflou("token"), ways);
        }
        for kind in program.kinds() {
            let key = kind.plural();
            need(import(key) || self.yes, &format!("--{key}"));
        }
        need(import("auto_repeat") || self.yes, "--auto-repeat");
        missing
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

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
            codes: BTreeMap::from([("install_code", Read::Text("code".into()))]),
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
