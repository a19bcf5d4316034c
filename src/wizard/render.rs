//! From answers to values of the configuration. Pure.

use std::path::Path;

use chrono::{Datelike, NaiveDate};
use secrecy::ExposeSecret;
use toml_edit::{Array, Date, Datetime, InlineTable, Value};
use url::Url;

use super::answers::{Answers, CaflouAccess, Held, Origin, ShopAccess};
use crate::config::{Connection, OrderStatus, Secret};

/// A value by its path below the connection; `None`: it has to go.
pub type Setting = (&'static [&'static str], Option<Value>);

/// What is to be written: for a new connection everything, in the order in which people read it;
/// for a `present` one what is different. `folder` is the configuration's: paths in it are written
/// relative to it. A typed secret is left out, as it has to be stored first.
#[must_use]
pub fn settings(answers: &Answers, present: Option<&Connection>, folder: &Path) -> Vec<Setting> {
    let all = rendered(answers, folder);
    let Some(present) = present else {
        let there = |setting: &Setting| setting.1.is_some();
        return all.into_iter().filter(there).collect();
    };
    let text = |(path, value): &Setting| (*path, value.as_ref().map(ToString::to_string));
    let before: Vec<_> = rendered(&Answers::of(present), folder)
        .iter()
        .map(text)
        .collect();
    let is_new = |setting: &Setting| !before.contains(&text(setting));
    all.into_iter().filter(is_new).collect()
}

/// All settings, also those that are not there.
struct Rendered<'a> {
    folder: &'a Path,
    settings: Vec<Setting>,
}

impl Rendered<'_> {
    fn set(&mut self, path: &'static [&'static str], value: Option<impl Into<Value>>) {
        self.settings.push((path, value.map(Into::into)));
    }

    fn secret(&mut self, path: &'static [&'static str], held: Option<&Held>) {
        match held.map(|held| &held.origin) {
            None => self.settings.push((path, None)),
            Some(Origin::At(place)) => {
                let value = reference(place, self.folder);
                self.settings.push((path, Some(value)));
            }
            Some(Origin::Kept(kept)) => self.settings.push((path, Some(kept.reference()))),
            Some(Origin::Present | Origin::Typed) => {}
        }
    }
}

fn rendered(answers: &Answers, folder: &Path) -> Vec<Setting> {
    let settings = Vec::new();
    let mut out = Rendered { folder, settings };
    out.set(
        &["name"],
        Some(&answers.name).filter(|name| **name != answers.key),
    );
    out.set(&["program"], Some(answers.program.as_str()));
    out.set(&["eshop_id"], i64::try_from(answers.eshop_id).ok());
    let (private, addon, pairing) = match &answers.shop {
        ShopAccess::PrivateToken(token) => (Some(token), None, None),
        ShopAccess::Addon {
            oauth_token,
            token_url,
        } => (None, Some((oauth_token, token_url)), None),
        ShopAccess::Pairing { secret, addon_url } => (None, None, Some((secret, addon_url))),
    };
    out.secret(&["shoptet", "private_token"], private);
    out.secret(&["shoptet", "oauth_token"], addon.map(|(token, _)| token));
    out.set(
        &["shoptet", "token_url"],
        addon.map(|(_, url)| url.as_str()),
    );
    out.secret(&["shoptet", "pairing"], pairing.map(|(secret, _)| secret));
    out.set(
        &["shoptet", "addon_url"],
        pairing.map(|(_, url)| address(url)),
    );
    out.set(
        &["shoptet", "api_url"],
        answers.shoptet_api_url.as_ref().map(address),
    );
    out.set(&["caflou", "account_id"], Some(&answers.account_id));
    let (token, login) = match &answers.caflou {
        CaflouAccess::Token(token) => (Some(token), None),
        CaflouAccess::Login { email, password } => (None, Some((email, password))),
    };
    out.secret(&["caflou", "token"], token);
    out.set(&["caflou", "email"], login.map(|(email, _)| email));
    out.secret(&["caflou", "password"], login.map(|(_, password)| password));
    out.set(
        &["caflou", "api_url"],
        answers.caflou_api_url.as_ref().map(address),
    );
    let import = &answers.import;
    out.set(&["import", "companies"], Some(import.companies.as_str()));
    out.set(&["import", "incomes"], Some(import.incomes.as_str()));
    out.set(&["import", "from"], import.from.map(day));
    out.set(&["import", "to"], import.to.map(day));
    out.set(
        &["import", "order_statuses"],
        statuses(&import.order_statuses),
    );
    out.set(&["import", "auto_repeat"], Some(import.auto_repeat));
    out.set(
        &["mapping", "cancelled_statuses"],
        statuses(&answers.cancelled_statuses),
    );
    out.settings
}

/// Statuses as they stand in the file; an empty list need not be there.
fn statuses(statuses: &[OrderStatus]) -> Option<Array> {
    let value = |status: &OrderStatus| match status {
        OrderStatus::Id(id) => Value::from(*id),
        OrderStatus::Name(name) => Value::from(name),
    };
    let array: Array = statuses.iter().map(value).collect();
    Some(array).filter(|array| !array.is_empty())
}

/// A secret's place as it stands in the file.
fn reference(place: &Secret, folder: &Path) -> Value {
    let (word, value) = match place {
        Secret::Plain(secret) => return secret.expose_secret().into(),
        Secret::Env(name) => ("env", name.into()),
        Secret::File(path) => {
            let path = path.strip_prefix(folder).unwrap_or(path);
            ("file", path.to_string_lossy().into_owned().into())
        }
        Secret::Keyring(name) => ("keyring", name.into()),
        Secret::Command(words) => ("command", words.iter().collect::<Array>().into()),
    };
    InlineTable::from_iter([(word, Value::clone(&value))]).into()
}

/// An address without the slash that stands for no path.
fn address(url: &Url) -> &str {
    url.as_str().trim_end_matches('/')
}

fn day(day: NaiveDate) -> Value {
    let number = |number: u32| u8::try_from(number).unwrap_or_default();
    let date = Date {
        year: u16::try_from(day.year()).unwrap_or_default(),
        month: number(day.month()),
        day: number(day.day()),
    };
    Datetime {
        date: Some(date),
        time: None,
        offset: None,
    }
    .into()
}
