//! Reading lists page by page.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::client::Client;
use super::row::{Row, RowError};
use crate::source::SourceError;

/// One page of any list: its rows stand under a name of their own.
#[derive(Debug, Deserialize)]
pub(super) struct Page {
    #[serde(alias = "orders", alias = "customers", alias = "changes")]
    pub(super) rows: Vec<Box<RawValue>>,
    #[serde(default)]
    paginator: Paginator,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Paginator {
    total_count: Option<u64>,
    page_count: Option<u64>,
}

/// Which list, and what of it.
#[derive(Debug, Clone)]
pub(super) struct List<'a> {
    pub(super) path: &'a [&'a str],
    pub(super) query: Vec<(&'a str, String)>,
    /// The attribute that a row is known by.
    pub(super) key: &'static str,
    /// Rows a page, the most that the description allows.
    pub(super) per_page: u16,
}

/// How often a list is read again because its rows moved while it was read.
const PASSES: u32 = 4;

/// Goes through a list. Rows that come twice are handed out once; when `totalCount` moved, what
/// may have slipped from one page to another is read again.
pub(super) struct Pages<'a> {
    client: &'a Client,
    list: List<'a>,
    page: u64,
    seen: HashSet<u64>,
    /// Rows of this pass that had not been seen in an earlier one.
    news: usize,
    total: Option<u64>,
    moved: bool,
    pass: u32,
    ended: bool,
    /// Rows moved to the last; some may be missing.
    pub(super) unstable: bool,
}

/// The rows of one page that were not handed out yet.
pub(super) struct Fresh {
    pub(super) rows: Vec<Result<Value, RowError>>,
    /// So many rows the list has in all, told with its first page.
    pub(super) total: Option<u64>,
}

impl<'a> Pages<'a> {
    pub(super) fn new(client: &'a Client, list: List<'a>) -> Self {
        Self {
            client,
            list,
            page: 1,
            seen: HashSet::new(),
            news: 0,
            total: None,
            moved: false,
            pass: 1,
            ended: false,
            unstable: false,
        }
    }

    /// The next page; `None` after the last.
    pub(super) async fn next(&mut self) -> Result<Option<Fresh>, SourceError> {
        if self.ended {
            return Ok(None);
        }
        let (page, per_page) = (self.page.to_string(), self.list.per_page.to_string());
        let mut query: Vec<(&str, &str)> = self
            .list
            .query
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        query.extend([("itemsPerPage", per_page.as_str()), ("page", page.as_str())]);
        let Page { rows, paginator } = self.client.get::<Page>(self.list.path, &query).await?.data;
        let first = self.page == 1 && self.pass == 1;
        let total = paginator.total_count;
        if self.page > 1 && total != self.total {
            self.moved = true;
        }
        self.total = total;
        let last = rows.is_empty() || paginator.page_count.is_none_or(|count| self.page >= count);
        let before = self.seen.len();
        let mut fresh = Vec::with_capacity(rows.len());
        for raw in &rows {
            let row = parse(raw);
            if self
                .seen
                .insert(identity(raw, row.as_ref().ok(), self.list.key))
            {
                fresh.push(row);
            }
        }
        self.news += self.seen.len() - before;
        self.page += 1;
        if last {
            self.end_pass();
        }
        Ok(Some(Fresh {
            rows: fresh,
            total: total.filter(|_| first),
        }))
    }

    /// At the end of a pass: was that all, or is another one needed?
    fn end_pass(&mut self) {
        let short = self
            .total
            .is_some_and(|total| (self.seen.len() as u64) < total);
        // A list that is short again without having moved has the same row twice.
        let again = self.moved || (short && (self.pass == 1 || self.news > 0));
        if !again {
            self.ended = true;
        } else if self.pass >= PASSES {
            self.ended = true;
            self.unstable = true;
        } else {
            (self.page, self.news, self.moved) = (1, 0, false);
            self.pass += 1;
        }
    }
}

/// Parses a row by itself, so that one that cannot be parsed fails alone.
fn parse(raw: &RawValue) -> Result<Value, RowError> {
    serde_json::from_str(raw.get()).map_err(|error| RowError::Unreadable(error.to_string()))
}

/// A row's key, else all of it, as a number. Only compared within one run, so the hasher may
/// change between releases.
fn identity(raw: &RawValue, row: Option<&Value>, key: &'static str) -> u64 {
    let mut hasher = DefaultHasher::new();
    let key = row.and_then(|row| Row::of(row).ok()?.text(key).ok().flatten());
    match key {
        Some(key) => key.trim().hash(&mut hasher),
        None => raw.get().hash(&mut hasher),
    }
    hasher.finish()
}
