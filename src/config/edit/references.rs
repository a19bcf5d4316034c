//! Where a configuration says that its secrets are.

use toml_edit::{Item, TableLike};

use super::Editor;

/// A secret that a connection keeps outside the file, under a name: `{ keyring = "NAME" }` or
/// `{ file = "PATH" }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The connection.
    pub connection: String,
    /// What it is the secret of: path below the connection, such as `caflou.token`.
    pub key: String,
    /// `keyring` or `file`.
    pub place: &'static str,
    /// The name there, as written.
    pub name: String,
}

impl Editor {
    /// All such secrets of all connections, in the order of the file.
    #[must_use]
    pub fn references(&self) -> Vec<Reference> {
        let mut found = Vec::new();
        let Some(document) = self.document() else {
            return found;
        };
        let connections = document.as_table().get("connections");
        let tables = connections.and_then(Item::as_table_like);
        for (connection, item) in tables.into_iter().flat_map(TableLike::iter) {
            if let Some(table) = item.as_table_like() {
                walk(connection, "", table, &mut found);
            }
        }
        found
    }
}

fn walk(connection: &str, path: &str, table: &dyn TableLike, found: &mut Vec<Reference>) {
    for (key, item) in table.iter() {
        let Some(inner) = item.as_table_like() else {
            continue;
        };
        let path = match path {
            "" => key.to_owned(),
            path => format!("{path}.{key}"),
        };
        for place in ["keyring", "file"] {
            if let Some(name) = inner.get(place).and_then(Item::as_str) {
                found.push(Reference {
                    connection: connection.to_owned(),
                    key: path.clone(),
                    place,
                    name: name.to_owned(),
                });
            }
        }
        walk(connection, &path, inner, found);
    }
}
