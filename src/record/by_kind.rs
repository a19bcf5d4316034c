//! One value for each kind of record.

use std::ops::{Index, IndexMut};

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::Kind;

/// One value for each kind that a source has. Serialised as an object by the plural words of those
/// kinds (`"companies"`, `"incomes"`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByKind<T> {
    values: [T; Kind::ALL.len()],
    has: [bool; Kind::ALL.len()],
}

impl<T> ByKind<T> {
    /// The value that each kind gives; these are those that the source has.
    pub fn of(kinds: &[Kind], value: impl FnMut(Kind) -> T) -> Self {
        Self {
            values: Kind::ALL.map(value),
            has: Kind::ALL.map(|kind| kinds.contains(&kind)),
        }
    }

    /// Those of the kinds that the source has, in the order of [`Kind::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = (Kind, &T)> {
        let all = Kind::ALL.into_iter().zip(&self.values);
        all.filter(|(kind, _)| self.has[*kind as usize])
    }
}

impl<T> Index<Kind> for ByKind<T> {
    type Output = T;

    fn index(&self, kind: Kind) -> &T {
        &self.values[kind as usize]
    }
}

impl<T> IndexMut<Kind> for ByKind<T> {
    fn index_mut(&mut self, kind: Kind) -> &mut T {
        &mut self.values[kind as usize]
    }
}

impl<T: Serialize> Serialize for ByKind<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (kind, value) in self.iter() {
            map.serialize_entry(kind.plural(), value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_own_value_and_only_those_of_the_source_are_told() {
        let mut words = ByKind::of(&[Kind::Income, Kind::Company], Kind::as_str);
        for kind in Kind::ALL {
            assert_eq!(words[kind], kind.as_str());
        }
        words[Kind::Income] = "other";
        let json = serde_json::to_string(&words).unwrap();
        assert_eq!(json, r#"{"companies":"company","incomes":"other"}"#);
    }
}
