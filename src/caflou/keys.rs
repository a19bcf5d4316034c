//! By what a record is looked for in Caflou.

use serde::Serialize;

use crate::record::{Attributes, Identity, Kind, Mark, Value, clean, comparable};

/// By what two records were taken for the same, in the order in which it is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub enum MatchedBy {
    /// Our mark.
    Mark,
    /// The user said so.
    Hand,
    /// The registration number (IČO) and the country.
    Registration,
    /// A VAT number.
    Vat,
    /// The e-mail address.
    Email,
    /// Reference number, value and currency.
    Reference,
    /// Supplier, reference number and day: bills of a month have one symbol and one value.
    Supplier,
}

impl MatchedBy {
    /// For people: "same e-mail".
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mark => "our mark",
            Self::Hand => "linked by hand",
            Self::Registration => "same registration number",
            Self::Vat => "same VAT number",
            Self::Email => "same e-mail",
            Self::Reference => "same reference number, value and currency",
            Self::Supplier => "same supplier, reference number and day",
        }
    }
}

/// One step of a search: records with any of these texts are found by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) by: MatchedBy,
    pub(super) texts: Vec<String>,
}

impl Key {
    fn new(by: MatchedBy, texts: Vec<String>) -> Option<Self> {
        (!texts.is_empty()).then_some(Self { by, texts })
    }
}

/// The keys by which a record is looked for, best first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    pub(super) keys: Vec<Key>,
    /// Who a company is: what a weaker key may not join.
    pub(super) who: Identity,
}

impl Keys {
    /// The keys of a record that is to be written.
    #[must_use]
    pub fn of(kind: Kind, mark: &Mark, attributes: &Attributes) -> Self {
        let mut keys = Self::own(kind, mark, attributes);
        match kind {
            Kind::Company => {
                keys.who = Identity::of(attributes);
                keys.keys.extend(company_keys(&keys.who));
                let email = email_key(attributes).into_iter().collect();
                keys.keys.extend(Key::new(MatchedBy::Email, email));
            }
            Kind::Income => {
                let reference = reference_key(attributes).into_iter().collect();
                keys.keys.extend(Key::new(MatchedBy::Reference, reference));
            }
            Kind::Expense => {
                let supplier = supplier_key(attributes).into_iter().collect();
                keys.keys.extend(Key::new(MatchedBy::Supplier, supplier));
            }
        }
        keys
    }

    /// Only the mark, also where the end of it was cut off.
    #[must_use]
    pub fn own(kind: Kind, mark: &Mark, attributes: &Attributes) -> Self {
        let mut keys = Self::mark(mark);
        let reference = kind.is_document().then(|| reference_key(attributes));
        if let (Some(reference), Some(first)) = (reference.flatten(), keys.keys.first_mut()) {
            let mark = comparable(mark.as_str());
            // `<program>:<account>:` and something of the id
            let ends = mark.char_indices().map(|(at, _)| at);
            let short = ends.filter(|end| {
                mark[..*end]
                    .splitn(3, ':')
                    .nth(2)
                    .is_some_and(|id| !id.is_empty())
            });
            let cut = short.map(|end| cut_key(&mark[..end], &reference));
            first.texts.extend(cut);
        }
        keys
    }

    /// Only the mark as it was written.
    #[must_use]
    pub fn mark(mark: &Mark) -> Self {
        let text = comparable(mark.as_str());
        // An id that holds `&amp;` is that of `&` once a description was read as HTML.
        let read = clean(&text).filter(|read| *read != text);
        let texts = std::iter::once(text).chain(read).collect();
        Self {
            keys: Key::new(MatchedBy::Mark, texts).into_iter().collect(),
            who: Identity::default(),
        }
    }

    /// What a full-text search for the record would look for: the reference number of a document.
    /// Numbers of companies are written in too many ways.
    #[must_use]
    pub fn search_term(&self) -> Option<&str> {
        self.keys.iter().find_map(|key| {
            let at = match key.by {
                MatchedBy::Reference => 0,
                MatchedBy::Supplier => 1,
                _ => return None,
            };
            key.texts.first()?.split('\0').nth(at)
        })
    }
}

/// A mark whose end may have been cut off belongs to the record with this reference.
pub(super) fn cut_key(cut: &str, reference: &str) -> String {
    format!("{cut}\u{0}{reference}")
}

/// A number is the same in one country. That of a record without a country is taken for a Czech or a
/// Slovak one.
fn company_keys(who: &Identity) -> Vec<Key> {
    let number = who.registration.as_deref();
    let registration = number.map(|number| match who.country.as_deref() {
        Some(country @ ("CZ" | "SK")) => {
            vec![country_key(country, number), country_key("", number)]
        }
        Some(country) => vec![country_key(country, number)],
        None => vec![country_key("*", number)],
    });
    let registration = registration.into_iter().flatten();
    registration
        .filter_map(|text| Key::new(MatchedBy::Registration, vec![text]))
        .chain(Key::new(MatchedBy::Vat, who.vat.clone()))
        .collect()
}

/// The texts by which a company that is there is found; `*` stands for any country.
pub(super) fn texts_of_company(
    who: &Identity,
    attributes: &Attributes,
) -> Vec<(MatchedBy, String)> {
    let country = who.country.as_deref().unwrap_or_default();
    let number = who.registration.iter();
    let registration = number
        .flat_map(|number| [country_key(country, number), country_key("*", number)])
        .map(|text| (MatchedBy::Registration, text));
    let vat = who.vat.iter().map(|text| (MatchedBy::Vat, text.clone()));
    let email = email_key(attributes).map(|text| (MatchedBy::Email, text));
    registration.chain(vat).chain(email).collect()
}

fn country_key(country: &str, number: &str) -> String {
    format!("{country}\u{0}{number}")
}

fn email_key(attributes: &Attributes) -> Option<String> {
    let email = attributes
        .text("email")
        .filter(|email| email.contains('@'))?;
    Some(comparable(email).trim().to_lowercase())
}

/// Of an expense whose supplier is a company in Caflou.
pub(super) fn supplier_key(attributes: &Attributes) -> Option<String> {
    let Value::Number(company) = attributes.get("company_id")? else {
        return None;
    };
    let reference = comparable(attributes.text("reference_number")?);
    let (reference, day) = (reference.trim(), attributes.text("date")?);
    Some(format!("{}\u{0}{reference}\u{0}{day}", company.normalize()))
}

/// The number of a document alone.
pub(super) fn number_key(attributes: &Attributes) -> Option<String> {
    let number = comparable(attributes.text("reference_number")?);
    let number = number.trim();
    (!number.is_empty()).then(|| number.to_owned())
}

pub(super) fn reference_key(attributes: &Attributes) -> Option<String> {
    let reference = comparable(attributes.text("reference_number")?);
    let currency = attributes.text("currency")?.trim().to_uppercase();
    let value = match attributes.get("value")? {
        Value::Number(number) => number.normalize().to_string(),
        Value::Text(text) => text
            .trim()
            .parse::<rust_decimal::Decimal>()
            .ok()?
            .normalize()
            .to_string(),
        _ => return None,
    };
    Some(format!("{}\u{0}{value}\u{0}{currency}", reference.trim()))
}
