//! One value for each kind of record.

use std::ops::{Index, IndexMut};

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::Kind;

/// One value for each kind. Serialised as an object by the plural words of the kinds
/// (`"companies"`, `"incomes"`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ByKind<T>([T; Kind::ALL.len()]);

impl<T> ByKind<T> {
    /// The value that each kind gives.
    pub fn of(value: impl FnMut(Kind) -> T) -> Self {
        Self(Kind::ALL.map(value))
    }

    /// All of them, in the order of [`Kind::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = (Kind, &T)> {
        Kind::ALL.into_iter().zip(&self.0)
    }
}

impl<T> Index<Kind> for ByKind<T> {
    type Output = T;

    fn index(&self, kind: Kind) -> &T {
        &self.0[kind as usize]
    }
}

impl<T> IndexMut<Kind> for ByKind<T> {
    fn index_mut(&mut self, kind: Kind) -> &mut T {
        &mut self.0[kind as usize]
    }
}

impl<T: Serialize> Serialize for ByKind<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
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
    fn each_kind_has_its_own_value() {
        let mut words = ByKind::of(Kind::as_str);
        for kind in Kind::ALL {
            assert_eq!(words[kind], kind.as_str());
        }
        words[Kind::Income] = "other";
        let json = serde_json::to_string(&words).unwrap();
        assert_eq!(json, r#"{"companies":"company","incomes":"other"}"#);
    }
}
