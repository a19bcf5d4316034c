//! Records as Caflou sends them. Live answers hold null where the description says text, and
//! attributes that it does not know.

use serde_json::Value;

use crate::record::{Attributes, CaflouId, Kind, rich_text_lines};

/// A record in Caflou, with those of its attributes that are ever written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its id.
    pub id: CaflouId,
    /// Its values.
    pub attributes: Attributes,
    /// It lies in the trash.
    pub trashed: bool,
    /// It is a template, not a record.
    pub template: bool,
}

impl Stored {
    /// From a record of an answer; `None` where it has no id.
    #[must_use]
    pub fn from_json(json: &Value) -> Option<Self> {
        let object = json.as_object()?;
        let yes = |name: &str| object.get(name) == Some(&Value::Bool(true));
        Some(Self {
            id: CaflouId(whole(object.get("id")?).filter(|id| *id > 0)?),
            attributes: Attributes::from_json(object),
            trashed: yes("trash") || object.get("trashed_at").is_some_and(|at| !at.is_null()),
            template: yes("template"),
        })
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Its records, templates and trashed ones included.
    pub rows: Vec<Stored>,
    /// Rows that are no records: null, or in an envelope. A list with one is not the whole list.
    pub unread: u64,
    /// How many pages there are.
    pub pages: u64,
    /// How many rows there are.
    pub total: Option<u64>,
}

impl Page {
    /// From an answer of `GET /companies` or `GET /transfers`.
    ///
    /// # Errors
    /// What is wrong with it. A row of which nothing is known is counted as unread; one with
    /// values but without an id ends it: it could be the very record that is looked for.
    pub fn from_json(json: &Value) -> Result<Self, &'static str> {
        let count = |name: &str| whole(&json[name]).and_then(|count| u64::try_from(count).ok());
        let (mut rows, mut unread) = (Vec::new(), 0);
        for row in json["results"].as_array().ok_or("no results")? {
            match Stored::from_json(row) {
                Some(stored) => rows.push(stored),
                None if has_values(row) => return Err("a record without an id"),
                None => unread += 1,
            }
        }
        Ok(Self {
            rows,
            unread,
            pages: count("total_pages").ok_or("no total_pages")?,
            total: count("total_results"),
        })
    }
}

fn has_values(row: &Value) -> bool {
    let attributes = row.as_object().map(Attributes::from_json);
    attributes.is_some_and(|attributes| {
        let mut fields = attributes.fields();
        fields.any(|field| attributes.text(field).is_some())
    })
}

impl Stored {
    /// Whether the answer to a create may be the record that was sent. Attributes that it does not
    /// show, or shows empty, say nothing; one that names a record settles it, else the name does.
    #[must_use]
    pub fn may_be(&self, kind: Kind, sent: &Attributes) -> bool {
        let both = |field| self.attributes.text(field).zip(sent.text(field));
        let equal = |field| both(field).map(|(ours, theirs)| ours.trim() == theirs.trim());
        let marked = match kind {
            Kind::Company => equal("another_identifier"),
            Kind::Income | Kind::Expense => both("description").and_then(|(shown, sent)| {
                let mark = sent.lines().last()?;
                Some(
                    rich_text_lines(shown)
                        .iter()
                        .any(|line| line.contains(mark)),
                )
            }),
        };
        let known = [marked, equal("reference_number")];
        if known.iter().any(Option::is_some) {
            return known.contains(&Some(true));
        }
        // The service may cut a name.
        both("name").is_none_or(|(shown, sent)| sent.trim().starts_with(shown.trim()))
    }
}

/// A whole number, also as text.
pub(super) fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.to_string().parse().ok(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A value as short text for messages.
pub(super) fn shorten(value: &Value) -> String {
    value.to_string().chars().take(300).collect()
}
