//! Values inside inline tables.

use toml_edit::{InlineTable, Value};

use super::EditError;

/// Puts a value under a path of keys, with tables where there are none.
pub(super) fn put(table: &mut InlineTable, path: &[&str], value: Value) -> Result<(), EditError> {
    match path {
        [] => Ok(()),
        [key] => {
            match table.get_mut(key) {
                Some(old) => {
                    let decor = old.decor().clone();
                    *old = value;
                    *old.decor_mut() = decor;
                }
                None => drop(table.insert(*key, value)),
            }
            Ok(())
        }
        [key, rest @ ..] => {
            let inner = table.get_or_insert(*key, InlineTable::new());
            match inner {
                Value::InlineTable(inner) => put(inner, rest, value),
                _ => Err(EditError::NotATable {
                    key: (*key).to_owned(),
                }),
            }
        }
    }
}

/// Takes away what is under a path of keys; says whether there was anything.
pub(super) fn take(table: &mut InlineTable, path: &[&str]) -> bool {
    match path {
        [] => false,
        [key] => table.remove(key).is_some(),
        [key, rest @ ..] => match table.get_mut(key) {
            Some(Value::InlineTable(inner)) => take(inner, rest),
            _ => false,
        },
    }
}
