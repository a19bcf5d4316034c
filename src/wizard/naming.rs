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
        let plain = match key {
            Some(key) if is_key(&key) => key,
            key => key_of(key.as_deref().unwrap_or(&name)),
        };
        let again = self.again_the_same(&plain)?;
        let taken = |key: &str| {
            let there = self.all.iter().any(|other| other.key == key);
            there || (!again && self.remembered.iter().any(|other| other == key))
        };
        let key = unique(plain, taken);
        let text = format!("In commands it is called {key}.");
        self.asker.say(Says::Note, &text);
        Ok((key, name))
    }
}

impl Wizard<'_> {
    /// Whether a connection goes on with what one of its key imported before. Only the user knows
    /// whether it was of the same shop and account; with others, a run would take new orders for
    /// imported ones.
    fn again_the_same(&mut self, key: &str) -> Result<bool, Ended> {
        let there = self.all.iter().any(|other| other.key == key);
        if there || !self.remembered.iter().any(|other| other == key) {
            return Ok(false);
        }
        let text = format!("A connection {key} imported before; what it imported is remembered.");
        self.asker.say(Says::Warning, &text);
        if !self.asks() {
            return Ok(false);
        }
        let place = self.program.place;
        let question = format!("Is this the same {place} and the same Caflou account?");
        self.asker.confirm(&question, false)
    }
}

fn usable(name: &str) -> Option<String> {
    crate::record::clean(name)
}

/// Whether a text is fit for a key as it is.
fn is_key(text: &str) -> bool {
    let fit = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(fit)
        && text.len() <= LONGEST_KEY
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
            ("My_Shop", "my-shop"),
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
    fn what_is_fit_for_a_key_stays_as_it_is() {
        for (text, fit) in [
            ("My_Shop-2", true),
            ("můj", false),
            ("-x", false),
            ("", false),
        ] {
            assert_eq!(is_key(text), fit, "{text}");
        }
    }

    #[test]
    fn a_key_that_is_taken_gets_a_number() {
        let taken = ["shop", "shop-2"];
        let unique = |key: &str| unique(key.to_owned(), |key| taken.contains(&key));
        assert_eq!(unique("shop"), "shop-3");
        assert_eq!(unique("other"), "other");
    }
}
