//! Changing `connections.toml` by program: the user's comments, order, blank lines and line endings
//! stay as they are.
//!
//! An [`Editor`] works on the text of the file. Where a value stands is asked of the parsed text
//! (`outline`), and only that piece of the text is replaced, so whatever is not changed is not
//! touched either. Nothing reaches the disk before [`Editor::save`] (`save`).

mod error;
mod inline;
mod outline;
mod references;
mod save;

#[cfg(test)]
mod tests;

use std::ops::Range;
use std::path::{Path, PathBuf};

use toml_edit::{Document, InlineTable, Item, Key, Value};

use super::{Config, ConfigError, load, near};
pub use error::EditError;
use inline::{put, take};
use outline::{Outline, block_start, line_end};
pub use references::Reference;

/// What a new file begins with.
const HEADING: &str = "\
# Connections of caflou-sync: which Shoptet e-shop goes into which Caflou account, and how.
# Every setting is explained in connections.example.toml, which comes with the program.
";

/// A configuration file while it is changed.
#[derive(Debug, Clone)]
pub struct Editor {
    /// The file, as it was named.
    path: PathBuf,
    /// Its text as it was read; `None` where there was no file.
    before: Option<String>,
    /// Its permission bits; those of a private file where there was none.
    mode: u32,
    text: String,
}

impl Editor {
    /// Reads a file. One that is not there opens with a heading and nothing else, and is made by
    /// [`Self::save`]. The file has to be TOML; whether it makes sense is not asked, so that what is
    /// wrong with it can be put right.
    pub fn open(path: &Path) -> Result<Self, EditError> {
        let (before, mode) = match load::read(path) {
            Ok((text, mode)) => (Some(text), mode),
            Err(ConfigError::NotFound { .. }) => (None, save::PRIVATE),
            Err(error) => return Err(error.into()),
        };
        let text = before.clone().unwrap_or_else(|| HEADING.to_owned());
        load::document(path, &text)?;
        Ok(Self {
            path: path.to_owned(),
            before,
            mode,
            text,
        })
    }

    /// The file, as it was named to [`Self::open`].
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The text as it would be saved now.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Keys of the connections, in the order of the file.
    #[must_use]
    pub fn connections(&self) -> Vec<String> {
        let Some(document) = self.document() else {
            return Vec::new();
        };
        let connections = document.as_table().get("connections");
        let table = connections.and_then(Item::as_table_like);
        table.map_or_else(Vec::new, |table| {
            table.iter().map(|(key, _)| key.to_owned()).collect()
        })
    }

    /// The key that a mistyped one was probably meant to be, for a "did you mean".
    #[must_use]
    pub fn nearest(&self, key: &str) -> Option<String> {
        let keys = self.connections();
        near::nearest(key, keys.iter().map(String::as_str)).map(str::to_owned)
    }

    /// What stands under a path of keys: a value, or a table as an inline one.
    #[must_use]
    pub fn get(&self, path: &[&str]) -> Option<Value> {
        let document = self.document()?;
        let found = path.iter().try_fold(document.as_item(), |item, key| {
            item.as_table_like().and_then(|table| table.get(key))
        })?;
        let mut value = found.clone().into_value().ok()?;
        value.decor_mut().clear();
        Some(value)
    }

    /// Puts a value under a path of keys, such as `["connections", "shop", "import", "incomes"]`.
    ///
    /// What stands there already is replaced in its place. A new key comes below its switched-off
    /// example (`#incomes = …`), else at the end of its table; a new table gets a header of its own,
    /// at the end of its connection. Where the user wrote dotted keys or inline tables, these go on.
    pub fn set(&mut self, path: &[&str], value: impl Into<Value>) -> Result<(), EditError> {
        let mut value = value.into();
        value.decor_mut().clear();
        let Some((key, parent)) = path.split_last() else {
            return Ok(());
        };
        let outline = self.outline();
        if let Some(leaf) = outline.leaf(path) {
            self.replace(leaf.value.clone(), &value.to_string());
            return Ok(());
        }
        if let Some((depth, leaf)) = outline.around(path) {
            let Some(mut table) = self.inline(&path[..depth]) else {
                let key = dotted(&path[..depth]);
                return Err(EditError::NotATable { key });
            };
            put(&mut table, &path[depth..], value)?;
            self.replace(leaf.value.clone(), &Value::from(table).to_string());
            return Ok(());
        }
        if outline.holds(path) {
            self.unset(path);
            return self.set(path, value);
        }
        let line = |keys: &[&str]| format!("{} = {value}", dotted(keys));
        if let Some(header) = outline.header_of(parent) {
            let last = outline.last_in(parent).map_or(header.end, |leaf| leaf.end);
            let end = outline.region_end(&self.text, header);
            let at = self.example(header.end..end, key).unwrap_or(last);
            self.insert(at, &[&line(&[*key])]);
        } else if let Some((section, end)) = outline.dotted(parent) {
            self.insert(end, &[&line(&path[section..])]);
        } else if parent.is_empty() {
            let at = outline
                .last_in(parent)
                .map_or_else(|| outline.top_end(&self.text), |leaf| leaf.end);
            self.insert(at, &[&line(path)]);
        } else {
            self.open_table(&outline, parent, &line(&[*key]));
        }
        Ok(())
    }

    /// Takes away what stands under a path of keys, a value or a whole table. Comments stay, but for
    /// those on the same line and, of a table, those inside and directly above. Says whether there
    /// was anything.
    pub fn unset(&mut self, path: &[&str]) -> bool {
        let outline = self.outline();
        if let Some((depth, leaf)) = outline.around(path) {
            let Some(mut table) = self.inline(&path[..depth]) else {
                return false;
            };
            let was = take(&mut table, &path[depth..]);
            if was {
                self.replace(leaf.value.clone(), &Value::from(table).to_string());
            }
            return was;
        }
        let pieces = outline.pieces(&self.text, path);
        for piece in pieces.iter().rev() {
            self.text.replace_range(piece.clone(), "");
        }
        if pieces
            .last()
            .is_some_and(|last| last.start == self.text.len())
        {
            // nothing comes after it any more: nor need there be blank lines
            let kept = self.text.trim_end().len();
            let end = line_end(&self.text, kept);
            self.text.truncate(end);
        }
        !pieces.is_empty()
    }

    /// Adds a connection with its settings, each by its path below the connection, such as
    /// `["import", "incomes"]`. Tables come in the order in which they are first named.
    pub fn add_connection(
        &mut self,
        key: &str,
        settings: &[(impl AsRef<[&'static str]>, Value)],
    ) -> Result<(), EditError> {
        if self.connections().iter().any(|other| other == key) {
            return Err(EditError::Exists {
                path: self.path.clone(),
                key: key.to_owned(),
            });
        }
        for (path, value) in settings {
            self.set(
                &[&["connections", key], path.as_ref()].concat(),
                value.clone(),
            )?;
        }
        Ok(())
    }

    /// Takes a connection away, with all its tables and the comments in them. Comments of others
    /// stay. Says whether there was one.
    pub fn remove_connection(&mut self, key: &str) -> bool {
        self.unset(&["connections", key])
    }

    /// The configuration that the text would be, or all its problems at once. It may be one without
    /// connections.
    pub fn check(&self) -> Result<Config, ConfigError> {
        load::parse(&self.path, &self.text, self.mode, load::Least::None)
    }

    /// Whether there is something to save.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        self.before.as_ref() != Some(&self.text)
    }

    /// Writes the file as a whole: after a crash at any moment it is the old one or the new one.
    ///
    /// It keeps its permissions; a new one is for its owner only. A link is followed. Where the file
    /// is not any more what was opened, nothing is written.
    pub fn save(&mut self) -> Result<(), EditError> {
        save::save(&self.path, self.before.as_deref(), &self.text, self.mode)?;
        self.before = Some(self.text.clone());
        Ok(())
    }

    /// Always there: the text was TOML when it was opened, and each change keeps it so.
    fn document(&self) -> Option<Document<&str>> {
        Document::parse(self.text.as_str()).ok()
    }

    fn outline(&self) -> Outline {
        let document = self.document();
        document.map_or_else(Outline::default, |document| {
            Outline::of(&self.text, document.as_table())
        })
    }

    /// The inline table at a path.
    fn inline(&self, path: &[&str]) -> Option<InlineTable> {
        match self.get(path)? {
            Value::InlineTable(table) => Some(table),
            _ => None,
        }
    }

    /// A table that is not there yet, with its first line.
    fn open_table(&mut self, outline: &Outline, table: &[&str], line: &str) {
        let header = format!("[{}]", dotted(table));
        if let Some(child) = outline.first_below(table) {
            // it was only implied by the headers of its tables, and comes before them
            let at = block_start(&self.text, child.start);
            self.insert(at, &[&header, line, ""]);
            return;
        }
        let end = (2..table.len())
            .rev()
            .find_map(|depth| outline.end_of(&self.text, &table[..depth]))
            .unwrap_or(self.text.len());
        let at = line_end(&self.text, self.text[..end].trim_end().len());
        let at = at.min(end);
        if self.text[..at].trim().is_empty() {
            self.insert(at, &[&header, line]);
        } else {
            self.insert(at, &["", &header, line]);
        }
    }

    /// The end of the line that shows a key switched off.
    fn example(&self, region: Range<usize>, key: &str) -> Option<usize> {
        let mut at = region.start;
        for line in self.text[region].split_inclusive('\n') {
            at += line.len();
            let shown = line.strip_prefix('#').map(str::trim_start);
            let rest = shown.and_then(|line| line.strip_prefix(key));
            if rest.is_some_and(|rest| rest.trim_start().starts_with('=')) {
                return Some(at);
            }
        }
        None
    }

    fn replace(&mut self, piece: Range<usize>, with: &str) {
        self.text.replace_range(piece, with);
    }

    /// Puts whole lines between two lines.
    fn insert(&mut self, at: usize, lines: &[&str]) {
        let end = if self.text.contains("\r\n") {
            "\r\n"
        } else {
            "\n"
        };
        let before = &self.text[..at];
        let mut new = String::new();
        if !before.is_empty() && !before.ends_with('\n') && before != "\u{feff}" {
            new.push_str(end);
        }
        for line in lines {
            new.push_str(line);
            new.push_str(end);
        }
        self.text.insert_str(at, &new);
    }
}

/// A path of keys as it is written in the file, quoted where that is needed.
#[must_use]
pub fn dotted(path: &[&str]) -> String {
    let keys: Vec<_> = path.iter().map(|key| Key::new(*key).to_string()).collect();
    keys.join(".")
}
