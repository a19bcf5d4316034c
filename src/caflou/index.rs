//! Finding what is in Caflou already: an index of all its records of a kind, by hashed keys.
//!
//! Unknown filters are silently ignored by the service and full-text search is not confirmed for
//! transfers, so the whole list is read; what is kept of a record is a few dozen bytes.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use serde::Serialize;

use super::Reader;
use super::wire::Stored;
use crate::http::HttpError;
use crate::record::{
    Attributes, CaflouId, Kind, Mark, Value, registration_key, rich_text_lines, vat_key,
};

/// By what two records were taken for the same, in the order in which it is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub enum MatchedBy {
    /// Our mark.
    Mark,
    /// The registration number (IČO).
    Registration,
    /// A VAT number.
    Vat,
    /// The e-mail address.
    Email,
    /// Reference number, value and currency.
    Reference,
}

impl MatchedBy {
    /// For people: "same e-mail".
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mark => "our mark",
            Self::Registration => "same registration number",
            Self::Vat => "same VAT number",
            Self::Email => "same e-mail",
            Self::Reference => "same reference number, value and currency",
        }
    }
}

/// The keys by which a record is looked for, best first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys(Vec<(MatchedBy, String)>);

impl Keys {
    /// The keys of a record that is to be written.
    #[must_use]
    pub fn of(kind: Kind, mark: &Mark, attributes: &Attributes) -> Self {
        let mut keys = vec![(MatchedBy::Mark, mark.as_str().to_owned())];
        match kind {
            Kind::Company => keys.extend(company_keys(attributes)),
            Kind::Income => keys.extend(reference_key(attributes)),
        }
        Self(keys)
    }

    /// Only the mark.
    #[must_use]
    pub fn mark(mark: &Mark) -> Self {
        Self(vec![(MatchedBy::Mark, mark.as_str().to_owned())])
    }
}

fn company_keys(attributes: &Attributes) -> Vec<(MatchedBy, String)> {
    let country = attributes.text("country");
    let text = |field| attributes.text(field);
    let mut keys = Vec::new();
    let registration = text("id_num").and_then(|number| registration_key(number, country));
    keys.extend(registration.map(|key| (MatchedBy::Registration, key)));
    for field in ["id_tax_num", "tax_num"] {
        keys.extend(
            text(field)
                .and_then(vat_key)
                .map(|key| (MatchedBy::Vat, key)),
        );
    }
    let email = text("email").map(|email| email.trim().to_lowercase());
    keys.extend(email.map(|key| (MatchedBy::Email, key)));
    keys
}

fn reference_key(attributes: &Attributes) -> Option<(MatchedBy, String)> {
    let reference = attributes.text("reference_number")?.trim();
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
    Some((
        MatchedBy::Reference,
        format!("{reference}\u{0}{value}\u{0}{currency}"),
    ))
}

/// What a look into the index brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Candidates {
    /// It is not in Caflou.
    None,
    /// One record.
    One(CaflouId, MatchedBy),
    /// A record that this run is about to create.
    Pending(MatchedBy),
    /// More than one: nobody guesses which.
    Several(Vec<CaflouId>, MatchedBy),
}

/// A place in the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    Stored(CaflouId),
    Pending,
}

/// All records of a kind.
#[derive(Debug)]
pub struct Index {
    kind: Kind,
    program: &'static str,
    hasher: RandomState,
    slots: HashMap<u64, Vec<Slot>>,
}

/// How often the list is read again because it changed while it was read.
const PASSES: u32 = 4;

impl Index {
    /// An index without records. `program` is what marks of ours begin with.
    #[must_use]
    pub fn empty(kind: Kind, program: &'static str) -> Self {
        Self {
            kind,
            program,
            hasher: RandomState::new(),
            slots: HashMap::new(),
        }
    }

    /// Reads all records of a kind.
    ///
    /// # Errors
    /// When a page cannot be read.
    pub async fn load(
        reader: &Reader,
        kind: Kind,
        program: &'static str,
    ) -> Result<Self, HttpError> {
        let mut index = Self::empty(kind, program);
        for _ in 0..PASSES {
            let (mut page, mut total, mut moved) = (1, None, false);
            loop {
                let read = reader.page(kind, page).await?;
                moved |= page > 1 && read.total != total;
                total = read.total;
                let empty = read.rows.is_empty();
                for stored in read.rows {
                    index.add(&stored);
                }
                if empty || page >= read.pages {
                    break;
                }
                page += 1;
            }
            if !moved {
                break;
            }
        }
        Ok(index)
    }

    /// Adds a record, unless it is in the trash, a template or an expense.
    pub fn add(&mut self, stored: &Stored) {
        let Stored {
            id,
            attributes,
            trashed,
            template,
        } = stored;
        let expense = self.kind == Kind::Income && attributes.text("kind") == Some("expense");
        if *trashed || *template || expense {
            return;
        }
        for (by, key) in self.keys_of_stored(attributes) {
            let slots = self
                .slots
                .entry(self.hasher.hash_one((by, key)))
                .or_default();
            if !slots.contains(&Slot::Stored(*id)) {
                slots.push(Slot::Stored(*id));
            }
        }
    }

    fn keys_of_stored(&self, attributes: &Attributes) -> Vec<(MatchedBy, String)> {
        match self.kind {
            Kind::Company => {
                let mark = attributes
                    .text("another_identifier")
                    .map(|id| id.trim().to_owned());
                let mark = mark.map(|mark| (MatchedBy::Mark, mark));
                mark.into_iter().chain(company_keys(attributes)).collect()
            }
            Kind::Income => {
                let marks = self.marks(attributes.text("description").unwrap_or_default());
                if marks.is_empty() {
                    return reference_key(attributes).into_iter().collect();
                }
                // A record with a mark is that record of ours and no other's, whatever its number.
                marks
                    .into_iter()
                    .map(|mark| (MatchedBy::Mark, mark))
                    .collect()
            }
        }
    }

    /// Marks in a description: from the program's name to the end of the line, and to the first
    /// space, as somebody may have written behind it.
    fn marks(&self, description: &str) -> Vec<String> {
        let start = format!("{}:", self.program);
        let mut marks = Vec::new();
        if !description.contains(&start) {
            return marks;
        }
        for line in rich_text_lines(description) {
            for (at, _) in line.match_indices(&start) {
                let before = line[..at].chars().next_back();
                if before.is_some_and(|c| c.is_alphanumeric() || c == '-' || c == '_' || c == '.') {
                    continue;
                }
                let whole = line[at..].trim_end();
                let word = whole.split_whitespace().next().unwrap_or(whole);
                marks.extend([whole, word].map(str::to_owned));
            }
        }
        marks.sort_unstable();
        marks.dedup();
        marks
    }

    /// Looks for a record.
    #[must_use]
    pub fn find(&self, keys: &Keys) -> Candidates {
        let mut level: Option<(MatchedBy, Vec<CaflouId>, bool)> = None;
        for (by, key) in &keys.0 {
            if level.as_ref().is_some_and(|(found, ..)| found != by) {
                break;
            }
            let Some(slots) = self.slots.get(&self.hasher.hash_one((by, key))) else {
                continue;
            };
            let (_, ids, pending) = level.get_or_insert((*by, Vec::new(), false));
            for slot in slots {
                match slot {
                    Slot::Stored(id) if !ids.contains(id) => ids.push(*id),
                    Slot::Stored(_) => {}
                    Slot::Pending => *pending = true,
                }
            }
        }
        match level {
            None => Candidates::None,
            Some((by, ids, pending)) => match (ids.as_slice(), pending) {
                ([], false) => Candidates::None,
                ([], true) => Candidates::Pending(by),
                ([id], false) => Candidates::One(*id, by),
                _ => Candidates::Several(ids, by),
            },
        }
    }

    /// A record with these keys is about to be created.
    pub fn reserve(&mut self, keys: &Keys) {
        for (by, key) in &keys.0 {
            self.slots
                .entry(self.hasher.hash_one((by, key)))
                .or_default()
                .push(Slot::Pending);
        }
    }

    /// It was created, or (`None`) it was not.
    pub fn settle(&mut self, keys: &Keys, id: Option<CaflouId>) {
        for (by, key) in &keys.0 {
            let hash = self.hasher.hash_one((by, key));
            let Some(slots) = self.slots.get_mut(&hash) else {
                continue;
            };
            let Some(at) = slots.iter().position(|slot| *slot == Slot::Pending) else {
                continue;
            };
            match id {
                Some(id) if !slots.contains(&Slot::Stored(id)) => slots[at] = Slot::Stored(id),
                _ => {
                    slots.swap_remove(at);
                }
            }
            if slots.is_empty() {
                self.slots.remove(&hash);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::record::SourceId;

    fn index(kind: Kind, rows: &[serde_json::Value]) -> Index {
        let mut index = Index::empty(kind, "shoptet");
        for row in rows {
            index.add(&Stored::from_json(row).unwrap());
        }
        index
    }

    fn income(code: &str) -> Keys {
        let mark = Mark::new("shoptet", "1", &SourceId(code.to_owned()));
        let attributes = json!({"reference_number": code, "value": 100, "currency": "CZK"});
        Keys::of(
            Kind::Income,
            &mark,
            &Attributes::from_json(attributes.as_object().unwrap()),
        )
    }

    #[test]
    fn a_mark_is_found_as_plain_text_and_as_html_and_is_never_part_of_another() {
        let index = index(
            Kind::Income,
            &[
                json!({"id": 1, "description": "x\nshoptet:1:2026000011"}),
                json!({"id": 2, "description": "<p>https://a/b?c=1&amp;d<br>shoptet:1:A-1 paid by card</p>"}),
            ],
        );
        assert_eq!(
            index.find(&income("2026000011")),
            Candidates::One(CaflouId(1), MatchedBy::Mark)
        );
        assert_eq!(
            index.find(&income("A-1")),
            Candidates::One(CaflouId(2), MatchedBy::Mark)
        );
        for code in ["202600001", "20260000111", "A"] {
            assert_eq!(index.find(&income(code)), Candidates::None, "{code}");
        }
    }

    #[test]
    fn an_income_matches_by_reference_only_with_value_and_currency_and_without_anothers_mark() {
        let row = |id: i64, value: serde_json::Value, extra: &str| {
            json!({"id": id, "reference_number": "7", "value": value, "currency": "CZK",
                   "kind": "income", "description": extra})
        };
        let found = |row: serde_json::Value| index(Kind::Income, &[row]).find(&income("7"));
        let one = Candidates::One(CaflouId(5), MatchedBy::Reference);
        let decimal: serde_json::Value = serde_json::from_str("100.00").unwrap();
        assert_eq!(found(row(5, decimal, "by hand")), one);
        assert_eq!(found(row(5, json!("100.0"), "")), one);
        assert_eq!(found(row(5, json!(99), "")), Candidates::None);
        assert_eq!(
            found(row(5, json!(100), "shoptet:2:7")),
            Candidates::None,
            "another shop's"
        );
        let mut trashed = row(5, json!(100), "");
        trashed["trash"] = json!(true);
        assert_eq!(found(trashed), Candidates::None);
        let mut expense = row(5, json!(100), "");
        expense["kind"] = json!("expense");
        assert_eq!(found(expense), Candidates::None);
    }

    #[test]
    fn companies_match_by_the_first_key_that_matches_and_several_are_several() {
        let keys = |json: serde_json::Value| {
            let mark = Mark::new("shoptet", "1", &SourceId("g".to_owned()));
            Keys::of(
                Kind::Company,
                &mark,
                &Attributes::from_json(json.as_object().unwrap()),
            )
        };
        let index = index(
            Kind::Company,
            &[
                json!({"id": 1, "id_num": "00 123 456", "country": "CZ", "email": "a@x.cz"}),
                json!({"id": 2, "tax_num": "cz123", "email": "B@x.cz"}),
                json!({"id": 3, "email": "b@x.cz"}),
                json!({"id": 4, "another_identifier": "shoptet:1:g"}),
            ],
        );
        let by_mark = index.find(&keys(json!({"id_num": "123456"})));
        assert_eq!(by_mark, Candidates::One(CaflouId(4), MatchedBy::Mark));
        let mut other = keys(json!({"id_num": "123456", "country": "CZ", "email": "b@x.cz"}));
        other.0.remove(0);
        assert_eq!(
            index.find(&other),
            Candidates::One(CaflouId(1), MatchedBy::Registration)
        );
        let mut vat = keys(json!({"tax_num": "CZ 123", "email": "b@x.cz"}));
        vat.0.remove(0);
        assert_eq!(
            index.find(&vat),
            Candidates::One(CaflouId(2), MatchedBy::Vat)
        );
        let mut email = keys(json!({"email": "b@X.cz"}));
        email.0.remove(0);
        let several = Candidates::Several(vec![CaflouId(2), CaflouId(3)], MatchedBy::Email);
        assert_eq!(index.find(&email), several);
    }

    #[test]
    fn what_is_about_to_be_created_is_found_as_pending_until_it_is_settled() {
        let mut index = Index::empty(Kind::Income, "shoptet");
        index.reserve(&income("1"));
        assert_eq!(
            index.find(&income("1")),
            Candidates::Pending(MatchedBy::Mark)
        );
        index.settle(&income("1"), Some(CaflouId(9)));
        assert_eq!(
            index.find(&income("1")),
            Candidates::One(CaflouId(9), MatchedBy::Mark)
        );
        index.reserve(&income("2"));
        index.settle(&income("2"), None);
        assert_eq!(index.find(&income("2")), Candidates::None);
    }
}
