//! Reading the ways into both services: which secrets are there, and where.

use secrecy::SecretString;

use super::reader::{Entry, Findings, Section};
use super::{CaflouAccess, Secret, ShoptetAccess, value};

/// The places where a secret can be.
pub(super) const PLACES: [&str; 4] = ["env", "file", "command", "keyring"];

/// Exactly one of a private token, and an OAuth token with its address.
pub(super) fn shoptet(section: &Section<'_>, found: &mut Findings) -> Option<ShoptetAccess> {
    let private = section.entry(found, "private_token");
    let oauth = section.entry(found, "oauth_token");
    let token_url = section.entry(found, "token_url");
    // read each that is there, so that all their problems are noted
    let url = token_url.as_ref().map(|entry| value::url(entry, found));
    let private_token = private.as_ref().map(|entry| secret(entry, found));
    let oauth_token = oauth.as_ref().map(|entry| secret(entry, found));
    match (private_token, oauth_token) {
        (Some(_), Some(_)) => {
            let later = later(private, oauth)?;
            later.wrong(
                found,
                "either \"private_token\" or \"oauth_token\", not both",
            )
        }
        (Some(token), None) => {
            if let Some(entry) = token_url {
                return entry.wrong(found, "belongs to \"oauth_token\", which is not there");
            }
            Some(ShoptetAccess::PrivateToken(token?))
        }
        (None, Some(token)) => {
            if url.is_none() {
                let message = "\"token_url\" is missing; \"oauth_token\" needs it";
                section.missing(found, &["token_url"], message);
            }
            Some(ShoptetAccess::OauthToken {
                token: token?,
                token_url: url??,
            })
        }
        (None, None) => {
            let message = "\"private_token\", or \"oauth_token\" and \"token_url\", is missing";
            section.missing(found, &["private_token", "oauth_token"], message);
            None
        }
    }
}

/// Exactly one of a token, and an e-mail address with its password.
pub(super) fn caflou(section: &Section<'_>, found: &mut Findings) -> Option<CaflouAccess> {
    let token_entry = section.entry(found, "token");
    let login_entry = later(
        section.entry(found, "email"),
        section.entry(found, "password"),
    );
    let token = token_entry.as_ref().map(|entry| secret(entry, found));
    let email = section
        .entry(found, "email")
        .map(|entry| email(&entry, found));
    let password = section
        .entry(found, "password")
        .map(|entry| secret(&entry, found));
    match (token, email, password) {
        (Some(token), None, None) => Some(CaflouAccess::Token(token?)),
        (Some(_), ..) => {
            let later = later(token_entry, login_entry)?;
            later.wrong(
                found,
                "either \"token\", or \"email\" and \"password\", not both",
            )
        }
        (None, Some(email), Some(password)) => Some(CaflouAccess::Login {
            email: email?,
            password: password?,
        }),
        (None, Some(_), None) => {
            let message = "\"password\" is missing; \"email\" needs it";
            section.missing(found, &["password"], message);
            None
        }
        (None, None, Some(_)) => {
            section.missing(
                found,
                &["email"],
                "\"email\" is missing; \"password\" needs it",
            );
            None
        }
        (None, None, None) => {
            let message = "\"token\", or \"email\" and \"password\", is missing";
            section.missing(found, &["token", "email", "password"], message);
            None
        }
    }
}

/// The one of two entries that comes later in the file.
fn later<'d>(one: Option<Entry<'d>>, other: Option<Entry<'d>>) -> Option<Entry<'d>> {
    [one, other]
        .into_iter()
        .flatten()
        .max_by_key(|entry| entry.line)
}

fn email(entry: &Entry<'_>, found: &mut Findings) -> Option<String> {
    let text = entry.text(found)?.trim();
    if !text.contains('@') {
        return entry.wrong(found, "not an e-mail address");
    }
    Some(text.to_owned())
}

/// A secret, or rather where it is.
pub(super) fn secret(entry: &Entry<'_>, found: &mut Findings) -> Option<Secret> {
    if entry.item.is_str() {
        let text = SecretString::from(entry.text(found)?);
        found.plain_secrets.push((entry.line, entry.path.clone()));
        return Some(Secret::Plain(text));
    }
    let expected = "text, { env = \"VAR\" }, { file = \"PATH\" }, { command = [\"prog\", \"arg\"] } or \
                    { keyring = \"NAME\" }";
    if !entry.item.is_table_like() {
        return entry.expected(found, expected);
    }
    let section = entry.section(found, &PLACES)?;
    let places: Vec<_> = PLACES
        .iter()
        .filter_map(|place| section.entry(found, place))
        .collect();
    match places.as_slice() {
        [] if section.odd => None,
        [] => entry.wrong(found, format!("expected {expected}, found an empty table")),
        [place] => located(place, found),
        _ => entry.wrong(
            found,
            "a secret has one place: \"env\", \"file\", \"command\" or \"keyring\"",
        ),
    }
}

fn located(place: &Entry<'_>, found: &mut Findings) -> Option<Secret> {
    match place.key {
        "env" => {
            let name = place.text(found)?;
            if name.contains(['=', '$']) {
                return place.wrong(found, "expected the bare name of an environment variable");
            }
            Some(Secret::Env(name.to_owned()))
        }
        "file" => place
            .text(found)
            .map(|path| Secret::File(found.folder.join(path))),
        "keyring" => place
            .text(found)
            .map(|name| Secret::Keyring(name.to_owned())),
        _ => {
            let expected = "a program and its arguments, such as [\"pass\", \"show\", \"caflou\"]";
            let Some(words) = place.item.as_array() else {
                return place.expected(found, expected);
            };
            let words: Option<Vec<_>> = words
                .iter()
                .map(|word| word.as_str().map(str::to_owned))
                .collect();
            let words = words.filter(|words| words.first().is_some_and(|word| !word.is_empty()));
            match words {
                Some(words) => Some(Secret::Command(words)),
                None => place.wrong(found, format!("expected {expected}")),
            }
        }
    }
}
