//! Reading where a secret is.

use secrecy::SecretString;

use super::Secret;
use super::inherited::holds_a_secret;
use crate::config::reader::{Entry, Findings};

/// The places where a secret can be.
pub(in crate::config) const PLACES: [&str; 4] = ["env", "file", "command", "keyring"];

/// A secret, or rather where it is.
pub fn read(entry: &Entry<'_>, found: &mut Findings) -> Option<Secret> {
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
