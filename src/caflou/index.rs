//! Finding what is in Caflou already: an index of its records of a kind, by hashed keys. What is
//! kept of a record is a few dozen bytes.

use std::collections::HashMap;
use std::collections::btree_map::{BTreeMap, Entry};
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use serde::Serialize;

use super::marks::marks;
use super::wire::Stored;
use crate::record::{Attributes, CaflouId, Kind, Mark, Value, registration_key, vat_key};

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

    /// What a full-text search for the record would look for: the reference number of an income.
    /// Numbers of companies are written in too many ways.
    pub(super) fn search_term(&self) -> Option<&str> {
        let (_, key) = self.0.iter().find(|(by, _)| *by == MatchedBy::Reference)?;
        key.split('\0').next()
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
    let email = text("email").filter(|email| email.contains('@'));
    let email = email.map(|email| email.trim().to_lowercase());
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

/// A record in the index: its id, which is positive, or that it is about to be created.
type Slot = i64;
const PENDING: Slot = 0;

/// All records of a kind.
#[derive(Debug)]
pub struct Index {
    kind: Kind,
    program: &'static str,
    hasher: RandomState,
    /// The first record of a key; nearly always the only one.
    first: BTreeMap<u64, Slot>,
    more: HashMap<u64, Vec<Slot>>,
}

impl Index {
    /// An index without records. `program` is what marks of ours begin with.
    #[must_use]
    pub fn empty(kind: Kind, program: &'static str) -> Self {
        Self {
            kind,
            program,
            hasher: RandomState::new(),
            first: BTreeMap::new(),
            more: HashMap::new(),
        }
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
            let hash = self.hasher.hash_one((by, key));
            if !self.slots(hash).any(|slot| slot == id.0) {
                self.push(hash, id.0);
            }
        }
    }

    fn slots(&self, hash: u64) -> impl Iterator<Item = Slot> + '_ {
        let more = self.more.get(&hash).into_iter().flatten();
        self.first.get(&hash).into_iter().chain(more).copied()
    }

    fn push(&mut self, hash: u64, slot: Slot) {
        match self.first.entry(hash) {
            Entry::Vacant(first) => {
                first.insert(slot);
            }
            Entry::Occupied(_) => self.more.entry(hash).or_default().push(slot),
        }
    }

    /// The marks by which a record would be found.
    #[must_use]
    pub fn marks_of(&self, stored: &Stored) -> Vec<String> {
        let keys = self.keys_of_stored(&stored.attributes).into_iter();
        keys.filter(|(by, _)| *by == MatchedBy::Mark)
            .map(|(_, mark)| mark)
            .collect()
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
                let marks = marks(
                    self.program,
                    attributes.text("description").unwrap_or_default(),
                    attributes.text("reference_number"),
                );
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

    /// Looks for a record.
    #[must_use]
    pub fn find(&self, keys: &Keys) -> Candidates {
        let mut level: Option<(MatchedBy, Vec<CaflouId>, bool)> = None;
        for (by, key) in &keys.0 {
            if level.as_ref().is_some_and(|(found, ..)| found != by) {
                break;
            }
            for slot in self.slots(self.hasher.hash_one((by, key))) {
                let (_, ids, pending) = level.get_or_insert((*by, Vec::new(), false));
                match slot {
                    PENDING => *pending = true,
                    id if ids.contains(&CaflouId(id)) => {}
                    id => ids.push(CaflouId(id)),
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
            self.push(self.hasher.hash_one((by, key)), PENDING);
        }
    }

    /// It was created, or (`None`) it was not. By its mark nobody looks for it any more, as it is known
    /// from now on; a created income has a mark and so is no other record's.
    pub fn settle(&mut self, keys: &Keys, id: Option<CaflouId>) {
        let id = id.filter(|_| self.kind == Kind::Company);
        for (by, key) in &keys.0 {
            let id = id.filter(|_| *by != MatchedBy::Mark);
            let hash = self.hasher.hash_one((by, key));
            let mut slots: Vec<_> = self.slots(hash).collect();
            let Some(at) = slots.iter().position(|slot| *slot == PENDING) else {
                continue;
            };
            slots.remove(at);
            slots.extend(id.map(|id| id.0).filter(|id| !slots.contains(id)));
            self.first.remove(&hash);
            self.more.remove(&hash);
            for slot in slots {
                self.push(hash, slot);
            }
        }
    }
}

#[cfg(test)]
mod tests;
