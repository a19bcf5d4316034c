//! Which identifiers came in this run, exactly, and in little memory for those that shops have:
//! numbers that go up (order codes) share an entry by the hundred, and a UUID (customers) takes
//! sixteen bytes.

use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Identifiers that came.
#[derive(Debug, Default)]
pub(super) struct Seen {
    uuids: BTreeSet<u128>,
    /// By what they begin with, the last two digits as a bit each.
    numbered: BTreeMap<Box<str>, u128>,
    others: HashSet<Box<str>>,
}

/// An identifier as it is kept; different ones are kept differently.
enum Kept<'a> {
    Uuid(u128),
    Numbered(&'a str, u128),
    Other(&'a str),
}

impl Seen {
    /// Adds one; `false` where it came before.
    pub(super) fn insert(&mut self, id: &str) -> bool {
        match kept(id) {
            Kept::Uuid(uuid) => self.uuids.insert(uuid),
            Kept::Numbered(beginning, bit) => {
                let bits = match self.numbered.get_mut(beginning) {
                    Some(bits) => bits,
                    None => self.numbered.entry(beginning.into()).or_default(),
                };
                let new = *bits & bit == 0;
                *bits |= bit;
                new
            }
            Kept::Other(id) => self.others.insert(id.into()),
        }
    }

    /// Adds all of another.
    pub(super) fn absorb(&mut self, mut other: Self) {
        self.uuids.append(&mut other.uuids);
        for (beginning, bits) in other.numbered {
            *self.numbered.entry(beginning).or_default() |= bits;
        }
        self.others.extend(other.others);
    }

    /// Whether it came.
    pub(super) fn contains(&self, id: &str) -> bool {
        match kept(id) {
            Kept::Uuid(uuid) => self.uuids.contains(&uuid),
            Kept::Numbered(beginning, bit) => {
                let bits = self.numbered.get(beginning);
                bits.is_some_and(|bits| bits & bit != 0)
            }
            Kept::Other(id) => self.others.contains(id),
        }
    }
}

fn kept(id: &str) -> Kept<'_> {
    if let Some(uuid) = uuid(id) {
        return Kept::Uuid(uuid);
    }
    match id.as_bytes() {
        [beginning @ .., tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => {
            let number = (tens - b'0') * 10 + (ones - b'0');
            Kept::Numbered(&id[..beginning.len()], 1 << number)
        }
        _ => Kept::Other(id),
    }
}

/// A UUID as the service writes it: 8-4-4-4-12 small hexadecimal digits.
fn uuid(id: &str) -> Option<u128> {
    if id.len() != 36 {
        return None;
    }
    id.bytes().enumerate().try_fold(0, |uuid, (at, byte)| {
        let digit = match (at, byte) {
            (8 | 13 | 18 | 23, b'-') => return Some(uuid),
            (8 | 13 | 18 | 23, _) => return None,
            (_, b'0'..=b'9') => byte - b'0',
            (_, b'a'..=b'f') => byte - b'a' + 10,
            _ => return None,
        };
        Some(uuid << 4 | u128::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn identifier() -> impl Strategy<Value = String> {
        prop_oneof![
            // few of each shape, so that some come twice, and some that differ in little
            "20260000[0-2]{2}",
            "0{0,2}[0-9]{1,2}",
            "[0-9]?",
            "OBJ-?[0-1]{1,3}",
            "[0-1]{0,2}ž?[0-1]{0,2}",
            "0000000[0a]-0000-4000-8000-00000000000[0-1aAg]",
            "0000000[0-1]-?0000-?4000-?8000-?000000000001",
        ]
    }

    proptest! {
        #[test]
        fn it_holds_what_came_and_nothing_else(ids in prop::collection::vec(identifier(), 0..60)) {
            let (mut seen, mut really) = (Seen::default(), HashSet::new());
            for id in ids {
                prop_assert_eq!(seen.contains(&id), really.contains(&id));
                prop_assert_eq!(seen.insert(&id), really.insert(id));
            }
        }

        #[test]
        fn two_that_are_united_hold_what_came_in_either(
            one in prop::collection::vec(identifier(), 0..30),
            other in prop::collection::vec(identifier(), 0..30),
            asked in prop::collection::vec(identifier(), 0..30),
        ) {
            let (mut seen, mut more) = (Seen::default(), Seen::default());
            for id in &one {
                seen.insert(id);
            }
            for id in &other {
                more.insert(id);
            }
            seen.absorb(more);
            for id in one.iter().chain(&other).chain(&asked) {
                let came = one.contains(id) || other.contains(id);
                prop_assert_eq!(seen.contains(id), came);
            }
        }
    }
}
