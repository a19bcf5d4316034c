//! Finding what is in Caflou already: an index of its records of a kind, by hashed keys. What is
//! kept of a record is a few dozen bytes.

use std::collections::HashMap;
use std::collections::btree_map::{BTreeMap, Entry};
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use super::keys::{
    Keys, MatchedBy, cut_key, number_key, reference_key, supplier_key, texts_of_company,
};
use super::marks::Marks;
use super::wire::Stored;
use crate::record::{Attributes, CaflouId, Identity, Kind, comparable};

/// What a look into the index brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Candidates {
    /// It is not in Caflou.
    None,
    /// One record.
    One(CaflouId, MatchedBy),
    /// More than one: nobody guesses which.
    Several(Vec<CaflouId>, MatchedBy),
}

/// A key of documents of which nobody knows whose they are.
const UNMARKED: &str = "unmarked";

/// All records of a kind.
#[derive(Debug)]
pub struct Index {
    kind: Kind,
    hasher: RandomState,
    /// The first record of a key; nearly always the only one.
    first: BTreeMap<u64, CaflouId>,
    more: HashMap<u64, Vec<CaflouId>>,
    /// Who companies are, as far as they have numbers.
    who: HashMap<CaflouId, Box<Identity>>,
}

impl Index {
    /// An index without records.
    #[must_use]
    pub fn empty(kind: Kind) -> Self {
        Self {
            kind,
            hasher: RandomState::new(),
            first: BTreeMap::new(),
            more: HashMap::new(),
            who: HashMap::new(),
        }
    }

    /// Adds a record, unless it is in the trash, a template or of another kind: incomes and expenses
    /// stand in one list.
    pub fn add(&mut self, stored: &Stored) {
        let Stored {
            id,
            attributes,
            trashed,
            template,
        } = stored;
        if *trashed || *template || self.kind.is_not(attributes) {
            return;
        }
        for (by, text) in self.texts_of(attributes) {
            self.push(self.hasher.hash_one((by, text)), *id);
        }
        if self.kind.is_document()
            && let Some(number) = number_key(attributes)
            && marks(self.kind, attributes).is_in_doubt()
        {
            self.push(self.hasher.hash_one((UNMARKED, number)), *id);
        }
        if self.kind == Kind::Company {
            let who = Identity::of(attributes);
            if who.is_empty() {
                self.who.remove(id);
            } else {
                self.who.insert(*id, Box::new(who));
            }
        }
    }

    fn ids(&self, hash: u64) -> impl Iterator<Item = CaflouId> + '_ {
        let more = self.more.get(&hash).into_iter().flatten();
        self.first.get(&hash).into_iter().chain(more).copied()
    }

    fn push(&mut self, hash: u64, id: CaflouId) {
        if self.ids(hash).any(|other| other == id) {
            return;
        }
        match self.first.entry(hash) {
            Entry::Vacant(first) => {
                first.insert(id);
            }
            Entry::Occupied(_) => self.more.entry(hash).or_default().push(id),
        }
    }

    /// The marks by which a record would be found.
    #[must_use]
    pub fn marks_of(&self, stored: &Stored) -> Vec<String> {
        marks(self.kind, &stored.attributes).whole
    }

    /// The texts by which a record is found. One with a mark is that record of that connection and
    /// no other's, whatever its numbers.
    fn texts_of(&self, attributes: &Attributes) -> Vec<(MatchedBy, String)> {
        let Marks { whole, cut } = marks(self.kind, attributes);
        let by_mark = |text| (MatchedBy::Mark, text);
        let mut texts: Vec<_> = whole.into_iter().map(by_mark).collect();
        match self.kind {
            Kind::Company if texts.is_empty() => {
                texts_of_company(&Identity::of(attributes), attributes)
            }
            Kind::Income if texts.is_empty() => {
                let reference = reference_key(attributes).into_iter();
                reference.map(|text| (MatchedBy::Reference, text)).collect()
            }
            Kind::Expense if texts.is_empty() => {
                let supplier = supplier_key(attributes).into_iter();
                supplier.map(|text| (MatchedBy::Supplier, text)).collect()
            }
            Kind::Company => texts,
            Kind::Income | Kind::Expense => {
                let cut = cut.zip(reference_key(attributes));
                texts.extend(cut.map(|(cut, reference)| by_mark(cut_key(&cut, &reference))));
                texts
            }
        }
    }

    /// Records with the number of this one that carry no mark, or one whose end may have been cut
    /// off.
    #[must_use]
    pub fn unmarked(&self, attributes: &Attributes) -> Vec<CaflouId> {
        let number = number_key(attributes);
        let ids = number.map(|number| self.ids(self.hasher.hash_one((UNMARKED, number))));
        ids.into_iter().flatten().collect()
    }

    /// Looks for a record.
    #[must_use]
    pub fn find(&self, keys: &Keys) -> Candidates {
        self.find_among(keys, |_, _| true)
    }

    /// Looks for a record among those that are `free` to be it.
    #[must_use]
    pub fn find_among(
        &self,
        keys: &Keys,
        mut free: impl FnMut(CaflouId, MatchedBy) -> bool,
    ) -> Candidates {
        for key in &keys.keys {
            let mut ids = Vec::new();
            for text in &key.texts {
                for id in self.ids(self.hasher.hash_one((key.by, text))) {
                    if !ids.contains(&id)
                        && !self.is_kept_apart(&keys.who, id, key.by)
                        && free(id, key.by)
                    {
                        ids.push(id);
                    }
                }
            }
            match ids.as_slice() {
                [] => {}
                [id] => return Candidates::One(*id, key.by),
                _ => return Candidates::Several(ids, key.by),
            }
        }
        Candidates::None
    }

    /// Whether another key says that a record found by this one is another company.
    fn is_kept_apart(&self, who: &Identity, id: CaflouId, by: MatchedBy) -> bool {
        let Some(other) = self.who.get(&id) else {
            return false;
        };
        match by {
            MatchedBy::Email => who.differs_by_registration(other) || who.differs_by_vat(other),
            MatchedBy::Vat => who.differs_by_registration(other),
            MatchedBy::Registration => !who.is_numbered_once() && who.differs_by_vat(other),
            _ => false,
        }
    }
}

/// The marks of a record.
fn marks(kind: Kind, attributes: &Attributes) -> Marks {
    let text = |field| attributes.text(field).unwrap_or_default();
    match kind {
        Kind::Company => {
            let identifier = text("another_identifier");
            let mut marks = Marks::read(identifier, None);
            if !marks.whole.is_empty() {
                // an id with spaces, and nothing else
                marks.whole.push(comparable(identifier).trim().to_owned());
            }
            marks
        }
        Kind::Income | Kind::Expense => {
            Marks::read(text("description"), attributes.text("reference_number"))
        }
    }
}

#[cfg(test)]
mod tests;
