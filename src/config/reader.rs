//! Reading tables and values by hand: what is wrong is noted with its line, and reading goes on.

use std::collections::BTreeMap;
use std::ops::{Range, RangeInclusive};
use std::path::{Path, PathBuf};

use toml_edit::{Item, TableLike, Value};

use super::near;
use super::problem::Problem;
use super::values::Read;

/// What was noticed while a file was read.
pub struct Findings {
    /// The file's folder, to which relative paths are joined.
    pub folder: PathBuf,
    /// What holds for connections that do not say it themselves.
    pub(super) shared: BTreeMap<&'static str, Read>,
    /// In the order in which they were noticed.
    pub(super) problems: Vec<Problem>,
    /// Line and path of each secret that stands in the file itself.
    pub(super) plain_secrets: Vec<(usize, String)>,
    /// Where the lines of the text end.
    line_ends: Vec<usize>,
}

impl Findings {
    /// Nothing noticed yet in this text of a file.
    pub(super) fn new(text: &str, folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            shared: BTreeMap::new(),
            problems: Vec::new(),
            plain_secrets: Vec::new(),
            line_ends: text.match_indices('\n').map(|(at, _)| at).collect(),
        }
    }

    /// The line, from 1, on which a span of the text begins.
    fn line(&self, span: Option<Range<usize>>) -> Option<usize> {
        let start = span?.start;
        Some(self.line_ends.partition_point(|end| *end < start) + 1)
    }

    /// Notes a problem.
    pub fn add(&mut self, line: usize, path: &str, message: impl Into<String>) {
        self.suggest(line, path, message, None);
    }

    /// Notes a problem with the word that was probably meant.
    pub(super) fn suggest(
        &mut self,
        line: usize,
        path: &str,
        message: impl Into<String>,
        suggestion: Option<&str>,
    ) {
        let (path, suggestion) = (path.to_owned(), suggestion.map(str::to_owned));
        self.problems.push(Problem {
            line,
            path,
            message: message.into(),
            suggestion,
        });
    }
}

/// A table of the file.
pub struct Section<'d> {
    pub(super) path: String,
    pub(super) line: usize,
    table: &'d dyn TableLike,
    /// Known keys that are not there, because they are mistyped.
    mistyped: Vec<&'static str>,
    /// Whether there are unknown keys.
    pub(super) odd: bool,
}

impl<'d> Section<'d> {
    /// The file's top table.
    pub(super) fn root(table: &'d dyn TableLike) -> Self {
        Self {
            path: String::new(),
            line: 1,
            table,
            mistyped: Vec::new(),
            odd: false,
        }
    }

    /// The keys of the table that are not among `known` become problems.
    pub(super) fn check(mut self, found: &mut Findings, known: &[&'static str]) -> Self {
        for entry in self.entries(found) {
            if known.contains(&entry.key) {
                continue;
            }
            self.odd = true;
            let absent = known
                .iter()
                .copied()
                .filter(|key| !self.table.contains_key(key));
            let meant = near::nearest(entry.key, absent);
            self.mistyped.extend(meant);
            let message = match meant {
                Some(_) => "unknown key".to_owned(),
                None => format!("unknown key (there are {})", known.join(", ")),
            };
            found.suggest(entry.line, &entry.path, message, meant);
        }
        self
    }

    /// Everything in the table, in the order of the file.
    pub(super) fn entries(&self, found: &Findings) -> Vec<Entry<'d>> {
        let keys = self.table.iter().map(|(key, _)| key);
        keys.filter_map(|key| self.entry(found, key)).collect()
    }

    /// What the table holds under a key.
    #[must_use]
    pub fn entry(&self, found: &Findings, key: &str) -> Option<Entry<'d>> {
        let (key, item) = self.table.get_key_value(key)?;
        let written = key.display_repr();
        let path = if self.path.is_empty() {
            written.into()
        } else {
            format!("{}.{written}", self.path)
        };
        // a table that is only implied by the headers of others has no place but its name's
        let header = if item.is_table() { item.span() } else { None };
        let line = found
            .line(header.or(key.span()))
            .or(found.line(item.span()));
        Some(Entry {
            key: key.get(),
            path,
            line: line.unwrap_or(self.line),
            item,
        })
    }

    /// Like [`Self::entry`]; a problem where it is not there.
    pub fn required(&self, found: &mut Findings, key: &'static str) -> Option<Entry<'d>> {
        let entry = self.entry(found, key);
        if entry.is_none() {
            self.missing(found, &[key], &format!("{key:?} is missing"));
        }
        entry
    }

    /// Notes that none of these keys is there, unless one of them is but mistyped.
    pub(super) fn missing(&self, found: &mut Findings, keys: &[&'static str], message: &str) {
        if !keys.iter().any(|key| self.mistyped.contains(key)) {
            found.add(self.line, &self.path, message);
        }
    }

    /// The value under a key as `read` takes it, or `default` where there is none.
    pub fn or<T>(
        &self,
        found: &mut Findings,
        key: &str,
        default: T,
        read: impl FnOnce(&Entry<'d>, &mut Findings) -> Option<T>,
    ) -> Option<T> {
        self.entry(found, key)
            .map_or(Some(default), |entry| read(&entry, found))
    }
}

/// One key of a table and what it holds. Each reading notes a problem where it gives nothing.
pub struct Entry<'d> {
    pub(super) key: &'d str,
    pub(super) path: String,
    pub(super) line: usize,
    pub(super) item: &'d Item,
}

impl<'d> Entry<'d> {
    /// Notes a problem of this value.
    pub fn wrong<T>(&self, found: &mut Findings, message: impl Into<String>) -> Option<T> {
        found.add(self.line, &self.path, message);
        None
    }

    /// Notes that something else was expected.
    pub fn expected<T>(&self, found: &mut Findings, what: &str) -> Option<T> {
        let is = match self.item {
            Item::None => "nothing",
            Item::Table(_) | Item::Value(Value::InlineTable(_)) => "a table",
            Item::ArrayOfTables(_) => "a list of tables",
            Item::Value(Value::String(_)) => "text",
            Item::Value(Value::Integer(_)) => "a whole number",
            Item::Value(Value::Float(_)) => "a number with a point",
            Item::Value(Value::Boolean(_)) => "true or false",
            Item::Value(Value::Datetime(_)) => "a date or time",
            Item::Value(Value::Array(_)) => "a list",
        };
        self.wrong(found, format!("expected {what}, found {is}"))
    }

    /// A table with no keys but these.
    pub fn section(&self, found: &mut Findings, known: &[&'static str]) -> Option<Section<'d>> {
        self.open(found).map(|section| section.check(found, known))
    }

    /// A table with any keys.
    pub(super) fn open(&self, found: &mut Findings) -> Option<Section<'d>> {
        let Some(table) = self.item.as_table_like() else {
            return self.expected(found, "a table");
        };
        let (path, line) = (self.path.clone(), self.line);
        Some(Section {
            path,
            line,
            table,
            mistyped: Vec::new(),
            odd: false,
        })
    }

    /// Text that is more than white space, without control characters.
    pub fn text(&self, found: &mut Findings) -> Option<&'d str> {
        let Some(text) = self.item.as_str() else {
            return self.expected(found, "text");
        };
        usable(text).map_or_else(|message| self.wrong(found, message), Some)
    }

    /// A whole number in a range.
    pub fn integer(&self, found: &mut Findings, range: RangeInclusive<i64>) -> Option<i64> {
        let Some(number) = self.item.as_integer() else {
            return self.expected(found, "a whole number");
        };
        if range.contains(&number) {
            return Some(number);
        }
        let (least, most) = range.into_inner();
        match (least, most) {
            (1, i64::MAX) => self.wrong(found, format!("{number} is not a positive number")),
            _ => self.wrong(found, format!("{number} is not between {least} and {most}")),
        }
    }

    /// True or false.
    pub(super) fn boolean(&self, found: &mut Findings) -> Option<bool> {
        let value = self.item.as_bool();
        if value.is_none() {
            self.expected(found, "true or false")
        } else {
            value
        }
    }

    /// A list of texts like [`Self::text`]. An element's problem has the element's line.
    pub fn texts(&self, found: &mut Findings) -> Option<Vec<String>> {
        let Some(list) = self.item.as_array() else {
            return self.expected(found, "a list of texts, such as [\"one\", \"two\"]");
        };
        let mut texts = Vec::new();
        for value in list {
            match value
                .as_str()
                .ok_or("only texts can be in the list")
                .and_then(usable)
            {
                Ok(text) => texts.push(text.to_owned()),
                Err(message) => {
                    let line = found.line(value.span()).unwrap_or(self.line);
                    found.add(line, &self.path, message);
                }
            }
        }
        (texts.len() == list.len()).then_some(texts)
    }
}

/// The text, or why it is of no use.
fn usable(text: &str) -> Result<&str, &'static str> {
    if text.trim().is_empty() {
        return Err("it is empty");
    }
    if text.contains(char::is_control) {
        return Err("a control character, such as a line break, cannot be in it");
    }
    Ok(text)
}
