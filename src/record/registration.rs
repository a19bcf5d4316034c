//! Registration and VAT numbers in the form in which they are compared: who a company is.

use super::text::is_invisible;
use super::{Attributes, comparable};

/// What the form of many shops brings instead of a number has no more digits than this.
const FEW: usize = 3;

/// By which numbers a company is told from others, as far as they are known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Identity {
    /// The country, ISO 3166-1 alpha-2 in capitals: as it is said, else by a VAT number.
    pub country: Option<String>,
    /// The registration number, see [`registration_key`].
    pub registration: Option<String>,
    /// VAT numbers, see [`vat_key`].
    pub vat: Vec<String>,
}

impl Identity {
    /// Of a company's attributes.
    #[must_use]
    pub fn of(attributes: &Attributes) -> Self {
        let said = attributes.text("country").map(compact);
        let said = said.filter(|code| code.len() == 2);
        let numbers = ["id_tax_num", "tax_num"];
        let numbers = numbers.iter().filter_map(|field| attributes.text(field));
        let mut vat: Vec<_> = numbers
            .filter_map(|number| vat_key(number, said.as_deref()))
            .collect();
        vat.dedup();
        let by_vat = || vat.iter().find_map(|number| country_of_vat(number));
        let country = said.or_else(by_vat);
        let number = attributes.text("id_num");
        Self {
            registration: number.and_then(|number| registration_key(number, country.as_deref())),
            country,
            vat,
        }
    }

    /// Whether nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.registration.is_none() && self.vat.is_empty()
    }

    /// Whether the registration number, where it is there, is no other firm's in its country: Czech and
    /// Slovak ones are; a German court, say, numbers its own firms only.
    #[must_use]
    pub fn is_numbered_once(&self) -> bool {
        matches!(self.country.as_deref(), Some("CZ" | "SK") | None)
    }

    /// Whether registration numbers keep the two apart: different ones, or one number in two
    /// countries.
    #[must_use]
    pub fn differs_by_registration(&self, other: &Self) -> bool {
        let both = self.registration.as_ref().zip(other.registration.as_ref());
        let elsewhere = self.country.as_ref().zip(other.country.as_ref());
        both.is_some_and(|(one, two)| one != two || elsewhere.is_some_and(|(a, b)| a != b))
    }

    /// Whether VAT numbers keep the two apart: both have some, and none of them in common.
    #[must_use]
    pub fn differs_by_vat(&self, other: &Self) -> bool {
        let known = !self.vat.is_empty() && !other.vat.is_empty();
        known
            && !self
                .vat
                .iter()
                .any(|a| other.vat.iter().any(|b| same_vat(a, b)))
    }
}

/// Of a number without its country it is not known that it is another one.
fn same_vat(a: &str, b: &str) -> bool {
    let bare = |number: &str| country_of_vat(number).is_none();
    a == b || (bare(a) && b.get(2..) == Some(a)) || (bare(b) && a.get(2..) == Some(b))
}

/// The comparable form of a registration number (IČO): without spaces; a Czech or Slovak one padded
/// with zeros to eight digits; without its own country in front, as VAT numbers have it. `None` where it
/// cannot tell anybody apart: a Czech or Slovak number (and one of unknown country is taken for such a
/// one) whose check digit is wrong, `-`, `0`, `123`.
#[must_use]
pub fn registration_key(number: &str, country: Option<&str>) -> Option<String> {
    let country = country.map(compact);
    let compact = compact(number);
    let rest = country.as_deref().and_then(|own| compact.strip_prefix(own));
    let rest = rest.filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let number = rest.unwrap_or(&compact);
    if matches!(country.as_deref(), Some("CZ" | "SK") | None) {
        return eight_digits(number);
    }
    tells_apart(number).then(|| number.to_owned())
}

/// A Czech or Slovak number in full, where its check digit is right.
fn eight_digits(number: &str) -> Option<String> {
    let digits = number.bytes().all(|b| b.is_ascii_digit());
    if !digits || number.len() > 8 || !tells_apart(number.trim_start_matches('0')) {
        return None;
    }
    let padded = format!("{number:0>8}");
    let digit = |b: u8| u32::from(b - b'0');
    let weighted = padded.bytes().zip((2..=8).rev());
    let sum: u32 = weighted.map(|(b, weight)| digit(b) * weight).sum();
    let check = (11 - sum % 11) % 10;
    padded.ends_with(&check.to_string()).then_some(padded)
}

/// The comparable form of a VAT number: letters and digits only, in capitals, its country in front
/// where that is known (two letters; an Austrian number without them begins with `U`, a Spanish one may
/// with any). `None` where it cannot tell anybody apart: `CZ`, `0`, what has letters that no such number
/// has, and the number of a Czech VAT group (CZ699…), which its members share.
#[must_use]
pub fn vat_key(number: &str, country: Option<&str>) -> Option<String> {
    let compact = compact(number);
    let told = tells_apart(compact.trim_start_matches(|c: char| c.is_ascii_alphabetic()));
    if !told || !compact.is_ascii() {
        return None;
    }
    let bare = country_of_vat(&compact).is_none();
    let key = match (country.filter(|_| bare), compact.strip_prefix("GR")) {
        (Some("GR"), _) => format!("EL{compact}"),
        (Some(country), _) => format!("{country}{compact}"),
        (None, Some(greek)) => format!("EL{greek}"),
        (None, None) => compact,
    };
    let group = key.starts_with("CZ699") && key.len() > 5;
    (!group).then_some(key)
}

/// The country that a VAT number begins with.
fn country_of_vat(key: &str) -> Option<String> {
    let country = key.get(..2)?;
    let known = country.bytes().all(|b| b.is_ascii_uppercase());
    known.then(|| match country {
        "EL" => "GR".to_owned(),
        other => other.to_owned(),
    })
}

/// Letters and digits in capitals.
fn compact(number: &str) -> String {
    let between = |c: char| c.is_whitespace() || is_invisible(c) || c.is_ascii_punctuation();
    let capitals = comparable(&number.to_uppercase());
    let seen = capitals.chars();
    let seen = seen.filter(|c| !between(*c) && !('\u{2010}'..='\u{2015}').contains(c));
    // Only now: capitals, and what comes together, may be composed.
    comparable(&seen.collect::<String>())
}

/// Many people write `-`, `0`, `123` or `none` where a form asks for a number.
fn tells_apart(number: &str) -> bool {
    let digits = number.bytes().filter(u8::is_ascii_digit);
    let mut kinds: Vec<_> = digits.clone().collect();
    kinds.sort_unstable();
    kinds.dedup();
    number.len() > FEW && kinds.iter().any(|digit| *digit != b'0') && {
        let alone = digits.count() == number.len();
        !alone || kinds.len() > 1
    }
}

#[cfg(test)]
mod tests;
