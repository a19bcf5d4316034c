//! Reading the ways into both services: which secrets are there, and where.

use secrecy::SecretString;
use url::Url;

use super::reader::{Entry, Findings, Section};
use super::secret::holds_a_secret;
use super::{CaflouAccess, Secret, ShoptetAccess, value};

/// The places where a secret can be.
pub(super) const PLACES: [&str; 4] = ["env", "file", "command", "keyring"];

/// The ways into a shop, and what each needs beside itself.
const WAYS: [&str; 3] = ["private_token", "oauth_token", "pairing"];

/// Exactly one of a private token, an OAuth token with its address, and a pairing.
pub(super) fn shoptet(section: &Section<'_>, found: &mut Findings) -> Option<ShoptetAccess> {
    let ways = WAYS.map(|key| section.entry(found, key));
    // read each that is there, so that all their problems are noted
    let [private_token, oauth_token, pairing] = ways
        .each_ref()
        .map(|way| way.as_ref().map(|entry| secret(entry, found)));
    let there: Vec<_> = ways.iter().flatten().collect();
    let stray =
        |owner| (!there.is_empty() && section.entry(found, owner).is_none()).then_some(owner);
    let strays = ["oauth_token", "pairing"].map(stray);
    let token_url = address(section, found, "token_url", strays[0]);
    let addon_url = address(section, found, "addon_url", strays[1]);
    if there.is_empty() {
        let message = "\"private_token\", or \"oauth_token\" and \"token_url\", or \"pairing\", \
                       is missing";
        section.missing(found, &WAYS, message);
        return None;
    }
    if there.len() > 1 {
        let last = there.iter().max_by_key(|entry| entry.line)?;
        let names: Vec<_> = there.iter().map(|way| format!("{:?}", way.key)).collect();
        let too_many = if there.len() == 2 { "both" } else { "several" };
        return last.wrong(
            found,
            format!("either {}, not {too_many}", names.join(" or ")),
        );
    }
    if let Some(token) = private_token {
        token_url?;
        addon_url?;
        return Some(ShoptetAccess::PrivateToken(token?));
    }
    if let Some(token) = oauth_token {
        addon_url?;
        if matches!(token_url, Some(None)) {
            let message = "\"token_url\" is missing; \"oauth_token\" needs it";
            section.missing(found, &["token_url"], message);
        }
        return Some(ShoptetAccess::OauthToken {
            token: token?,
            token_url: token_url??,
        });
    }
    token_url?;
    let addon_url = match addon_url? {
        Some(url) => url,
        None => the_files_addon_url(section, found)?,
    };
    Some(ShoptetAccess::Pairing {
        secret: pairing??,
        addon_url,
    })
}

/// The address that belongs to a way in, `Some(None)` where there is none. It is a problem where
/// another way is there than its `owner`.
#[expect(clippy::option_option, reason = "as Section::or gives it")]
fn address(
    section: &Section<'_>,
    found: &mut Findings,
    key: &str,
    owner: Option<&str>,
) -> Option<Option<Url>> {
    section.or(found, key, None, |entry, found| {
        let url = value::url(entry, found)?;
        if let Some(owner) = owner {
            let message = format!("belongs to {owner:?}, which is not there");
            return entry.wrong(found, message);
        }
        Some(Some(url))
    })
}

/// The address of the add-on's backend that holds for the whole file.
fn the_files_addon_url(section: &Section<'_>, found: &mut Findings) -> Option<Url> {
    let url = found.addon_url.clone();
    let is_wrong = || {
        found
            .problems
            .iter()
            .any(|problem| problem.path == "addon_url")
    };
    if url.is_none() && !is_wrong() {
        let message = "\"addon_url\" is missing; \"pairing\" needs it";
        section.missing(found, &["addon_url"], message);
    }
    url
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
pub fn secret(entry: &Entry<'_>, found: &mut Findings) -> Option<Secret> {
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
            holds_a_secret(name);
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
