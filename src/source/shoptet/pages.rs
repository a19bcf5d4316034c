//! Reading lists page by page.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use reqwest::Method;
use serde_json::value::RawValue;

use super::ahead::Ahead;
use super::client::Client;
use super::page::{Extent, Page};
use super::row::{Row, RowError};
use super::seen::Seen;
use super::wire::{self, BadRow};
use crate::http::HttpError;
use crate::source::SourceError;

/// Which list, and what of it.
#[derive(Debug)]
pub(super) struct List<T> {
    pub(super) path: &'static [&'static str],
    pub(super) query: Vec<(&'static str, String)>,
    /// The attribute that a row is known by.
    pub(super) key: &'static str,
    /// Rows a page, the most that the description allows.
    pub(super) per_page: u16,
    /// Reads a row.
    pub(super) read: fn(Row<'_>) -> Result<T, RowError>,
    /// What it is known by.
    pub(super) id: fn(&T) -> &str,
}

impl<T> Clone for List<T> {
    fn clone(&self) -> Self {
        Self {
            query: self.query.clone(),
            ..*self
        }
    }
}

/// Of pages with more rows than this, one is asked for at a time, while the rows of the one before are
/// dealt with: it is a matter of memory.
const LONG: u16 = 100;
/// How often a list is read again because its rows moved while it was read.
const PASSES: u32 = 4;

/// Goes through a list. Rows that come twice are handed out once; when `totalCount` moved, what
/// may have slipped from one page to another is read again.
pub(super) struct Pages<T> {
    client: Client,
    list: List<T>,
    page: u64,
    /// The page after the last that was asked for.
    asked: u64,
    /// Pages asked for; how many there are is known from the first.
    ahead: Ahead<(), Rows<T>>,
    count: u64,
    /// The keys of the rows so far.
    pub(super) seen: Seen,
    /// Rows without a key, each as a number.
    nameless: HashSet<u64>,
    /// Rows handed out.
    handed: u64,
    /// Rows of this pass, and those of them that had not been seen before.
    came: usize,
    news: usize,
    total: Option<u64>,
    moved: bool,
    /// The rows of the page before, as a number.
    before: Option<u64>,
    pass: u32,
    ended: bool,
    /// Rows moved to the last; some may be missing.
    pub(super) unstable: bool,
}

/// The rows of one page as records, which take less memory than what came.
struct Rows<T> {
    rows: Vec<Found<T>>,
    extent: Result<Extent, RowError>,
}

/// A row, or what is wrong with it; of one without a key all of it as a number.
type Found<T> = Result<T, (Box<BadRow>, u64)>;

/// The rows of one page that were not handed out yet.
pub(super) struct Fresh<T> {
    pub(super) rows: Vec<Result<T, BadRow>>,
    /// So many rows the list has in all, told with its first page.
    pub(super) total: Option<u64>,
}

impl<T: Send + 'static> Pages<T> {
    pub(super) fn new(client: &Client, list: List<T>) -> Self {
        Self {
            client: client.clone(),
            list,
            page: 1,
            asked: 1,
            ahead: Ahead::new(),
            count: 1,
            seen: Seen::default(),
            nameless: HashSet::new(),
            handed: 0,
            came: 0,
            news: 0,
            total: None,
            moved: false,
            before: None,
            pass: 1,
            ended: false,
            unstable: false,
        }
    }

    /// The next page; `None` after the last.
    pub(super) async fn next(&mut self) -> Result<Option<Fresh<T>>, SourceError> {
        if self.ended {
            return Ok(None);
        }
        while self.asked <= self.count.max(self.page) && self.has_room() {
            let (client, list) = (self.client.clone(), self.list.clone());
            self.ahead.ask((), fetch(client, list, self.asked));
            self.asked += 1;
        }
        let Some(((), page)) = self.ahead.next().await else {
            return Ok(None);
        };
        let Rows { rows, extent } = page?;
        let extent = extent.map_err(|error| self.garbled(&error))?;
        self.count = extent.pages.unwrap_or(1);
        let first = self.page == 1 && self.pass == 1;
        if self.page > 1 && extent.rows != self.total {
            self.moved = true;
        }
        self.total = extent.rows;
        let last = rows.is_empty() || extent.pages.is_none_or(|count| self.page >= count);
        let rows = self.fresh(rows);
        self.page += 1;
        if last {
            self.ahead.forget();
            self.end_pass();
        }
        Ok(Some(Fresh {
            rows,
            total: extent.rows.filter(|_| first),
        }))
    }

    /// Whether one more page may be asked for.
    fn has_room(&self) -> bool {
        if self.list.per_page > LONG {
            return self.ahead.is_empty();
        }
        !self.ahead.is_full()
    }

    /// Those rows of a page that were not handed out yet. A list that gives the same page again
    /// and again ends here.
    fn fresh(&mut self, rows: Vec<Found<T>>) -> Vec<Result<T, BadRow>> {
        let (came, mut whole) = (rows.len(), DefaultHasher::new());
        let mut fresh = Vec::with_capacity(came);
        for row in rows {
            let key = match &row {
                Ok(row) => Ok((self.list.id)(row)),
                Err((bad, whole)) => bad.id.as_deref().ok_or(*whole),
            };
            key.hash(&mut whole);
            let new = match key {
                Ok(key) => self.seen.insert(key),
                Err(whole) => self.nameless.insert(whole),
            };
            if new {
                fresh.push(row.map_err(|(bad, _)| *bad));
            }
        }
        self.handed += fresh.len() as u64;
        self.came += came;
        self.news += fresh.len();
        let whole = Some(whole.finish()).filter(|_| came > 0);
        if self.page > 1 && whole.is_some() && whole == self.before {
            self.ended = true;
            self.unstable = true;
        }
        self.before = whole;
        fresh
    }

    fn garbled(&self, error: &RowError) -> HttpError {
        HttpError::Garbled {
            service: "Shoptet",
            method: Method::GET,
            path: format!("/{}", self.list.path.join("/")),
            reason: format!("in the paginator, {error}"),
            request_id: None,
        }
    }

    /// At the end of a pass: was that all, or is another one needed?
    fn end_pass(&mut self) {
        let short = self.total.is_some_and(|total| self.handed < total);
        let again = self.moved || (short && (self.pass == 1 || self.news > 0));
        if again && self.pass < PASSES {
            (self.page, self.asked, self.moved) = (1, 1, false);
            (self.came, self.news) = (0, 0);
            self.pass += 1;
            return;
        }
        self.ended = true;
        // A list that is short again without having moved has the same row twice, or it holds
        // rows back.
        let held_back = short && self.total.is_some_and(|total| (self.came as u64) < total);
        self.unstable |= again || held_back;
    }
}

async fn fetch<T>(client: Client, list: List<T>, page: u64) -> Result<Rows<T>, SourceError> {
    let (page, per_page) = (page.to_string(), list.per_page.to_string());
    let query = list.query.iter();
    let mut query: Vec<(&str, &str)> = query.map(|(n, value)| (*n, value.as_str())).collect();
    query.extend([("itemsPerPage", per_page.as_str()), ("page", page.as_str())]);
    let take = |page: &Page<'_>| {
        let rows = page.rows.iter().zip(page.parsed(list.key));
        let rows = rows.map(|(raw, row)| {
            let row = wire::decode(row, list.key, list.read);
            row.map_err(|bad| (Box::new(bad), number(raw)))
        });
        Rows {
            rows: rows.collect(),
            extent: page.extent(),
        }
    };
    client.page(list.path, &query, take).await
}

/// All of a row as a number. It is only compared within one run, so the hasher may change between
/// releases.
fn number(raw: &RawValue) -> u64 {
    let mut hasher = DefaultHasher::new();
    raw.get().hash(&mut hasher);
    hasher.finish()
}
