//! What the connection is called: a name for people, and from it a key for commands.

use super::asker::{Ended, Says};
use super::flow::Wizard;
use crate::config::LONGEST_KEY;

/// The key where a name has nothing to make one of.
const NAMELESS: &str = "e-shop";

impl Wizard<'_> {
    /// Key and name.
    pub(super) fn naming(&mut self) -> Result<(String, String), Ended> {
        if let Some(present) = self.present {
            let given = self.given.name.take();
            let name = if given.is_none() && self.asks() {
                Some(
                    self.asker
                        .input("Name of the connection:", Some(&present.name))?,
                )
            } else {
                given
            };
            let name = name.and_then(|name| usable(&name));
            let name = name.unwrap_or_else(|| present.name.clone());
            return Ok((present.key.clone(), name));
        }
        let (key, name) = (self.given.key.take(), self.given.name.take());
        let mut name = name.or_else(|| key.clone()).as_deref().and_then(usable);
        while name.is_none() {
            let typed = self
                .asker
                .input("Name of the connection, as you like it:", None)?;
            name = usable(&typed);
            if name.is_none() {
                self.asker
                    .say(Says::Problem, "A name is needed, such as: Můj e-shop");
            }
        }
        let name = name.unwrap_or_default();
        let taken = |key: &str| self.all.iter().any(|other| other.key == key);
        let key = unique(key_of(key.as_deref().unwrap_or(&name)), taken);
        let text = format!("In commands it is called {key}.");
        self.asker.say(Says::Note, &text);
        Ok((key, name))
    }
}

fn usable(name: &str) -> Option<String> {
    crate::record::clean(name)
}

/// A key for commands from a name: small letters of ASCII, digits and dashes.
#[must_use]
pub fn key_of(name: &str) -> String {
    let mut key = String::new();
    for c in name.to_lowercase().chars() {
        let c = plain(c);
        if c.is_ascii_alphanumeric() {
            key.push(c);
        } else if !key.is_empty() && !key.ends_with('-') {
            key.push('-');
        }
        if key.len() >= LONGEST_KEY / 2 {
            break;
        }
    }
    let key = key.trim_end_matches('-');
    if key.is_empty() { NAMELESS } else { key }.to_owned()
}

/// The letter without its accent, for the languages of the shops' owners.
fn plain(c: char) -> char {
    match c {
        'á' | 'ä' | 'à' | 'â' | 'ą' => 'a',
        'č' | 'ć' | 'ç' => 'c',
        'ď' => 'd',
        'é' | 'ě' | 'ë' | 'è' | 'ê' | 'ę' => 'e',
        'í' | 'ï' | 'î' => 'i',
        'ĺ' | 'ľ' | 'ł' => 'l',
        'ň' | 'ń' | 'ñ' => 'n',
        'ó' | 'ô' | 'ö' | 'ő' | 'ò' => 'o',
        'ŕ' | 'ř' => 'r',
        'š' | 'ś' => 's',
        'ť' => 't',
        'ú' | 'ů' | 'ü' | 'ű' | 'ù' => 'u',
        'ý' => 'y',
        'ž' | 'ź' | 'ż' => 'z',
        other => other,
    }
}

/// The key, with a number where it is taken.
fn unique(key: String, taken: impl Fn(&str) -> bool) -> String {
    if !taken(&key) {
        return key;
    }
    let numbered = (2_u32..).map(|number| format!("{key}-{number}"));
    numbered.into_iter().find(|key| !taken(key)).unwrap_or(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_what_a_shell_takes_as_it_is() {
        for (name, key) in [
            ("Můj e-shop", "muj-e-shop"),
            ("my-shop", "my-shop"),
            ("  Kůň & Žluťoučký, s.r.o. ", "kun-zlutoucky-s-r-o"),
            ("ĽŠČŤŽÝÁÍÉ", "lsctzyaie"),
            ("Обчество", "e-shop"),
            ("🛒", "e-shop"),
            ("--config", "config"),
            ("Obchod č. 2", "obchod-c-2"),
        ] {
            assert_eq!(key_of(name), key, "{name}");
        }
        assert!(key_of(&"abc ".repeat(100)).len() <= LONGEST_KEY);
    }

    #[test]
    fn a_key_that_is_taken_gets_a_number() {
        let taken = ["shop", "shop-2"];
        let unique = |key: &str| unique(key.to_owned(), |key| taken.contains(&key));
        assert_eq!(unique("shop"), "shop-3");
        assert_eq!(unique("other"), "other");
    }
}
