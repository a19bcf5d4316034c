//! Looking for records in Caflou: in the whole list, or for a few of them by search.
//!
//! Unknown filters are silently ignored by the service, and full-text search is not confirmed for
//! transfers. So a search is believed only after it has found a record that is known to be there,
//! and only where it narrows the list.

use super::index::{Candidates, Index, Keys};
use super::wire::{Page, Stored};
use super::{Reader, client};
use crate::http::HttpError;
use crate::record::{CaflouId, Kind};

/// How often the list is read again because it changed while it was read.
const PASSES: u32 = 4;
/// What is wrong with a page without rows that more pages follow.
const EMPTY: &str = "is empty, but not the last";

/// What is known of Caflou's records of a kind, read as far as it is needed.
#[derive(Debug)]
pub struct Lookup {
    reader: Reader,
    kind: Kind,
    index: Index,
    /// What is not read yet; `None`: all of it is.
    rest: Option<Rest>,
}

#[derive(Debug)]
struct Rest {
    pages: u64,
    total: u64,
    /// A record that a search has to find, and what it is searched for by.
    control: Option<(CaflouId, String)>,
    works: Option<bool>,
    /// Searches so far.
    spent: u64,
}

impl Lookup {
    /// Nothing is known yet. `program` is what marks of ours begin with.
    #[must_use]
    pub fn new(reader: &Reader, kind: Kind, program: &'static str) -> Self {
        Self {
            reader: reader.clone(),
            kind,
            index: Index::empty(kind, program),
            rest: None,
        }
    }

    /// Reads the whole list (`thorough`), or only its first page.
    ///
    /// # Errors
    /// When a page cannot be read.
    pub async fn begin(&mut self, thorough: bool) -> Result<(), HttpError> {
        if thorough {
            return self.read_whole().await;
        }
        let page = self.reader.page(self.kind, 1).await?;
        if page.rows.is_empty() && page.pages > 1 {
            return Err(not_whole(self.kind, 1, EMPTY));
        }
        let control = page.rows.iter().rev().find_map(control);
        self.rest = (page.pages > 1).then(|| Rest {
            pages: page.pages,
            total: page.total.unwrap_or(0),
            control,
            works: None,
            spent: 0,
        });
        page.rows.iter().for_each(|stored| self.index.add(stored));
        Ok(())
    }

    /// Reads what is needed to find a record with these keys: nothing more, a search, or (where
    /// that takes fewer requests, searches are no good, or it has to be certain) the whole list.
    ///
    /// # Errors
    /// When a request fails.
    pub async fn cover(&mut self, keys: &Keys, certain: bool) -> Result<(), HttpError> {
        let Some(rest) = &self.rest else {
            return Ok(());
        };
        let next = 1 + u64::from(rest.works.is_none());
        let cheap = rest.spent + next < rest.pages - 1;
        if let Some(term) = keys.search_term()
            && cheap
            && !certain
            && self.search_works().await?
            && self.search(term).await?
        {
            return Ok(());
        }
        self.read_whole().await
    }

    /// Whether a search finds what is there: tried once.
    async fn search_works(&mut self) -> Result<bool, HttpError> {
        let Some(rest) = &mut self.rest else {
            return Ok(false);
        };
        if let Some(works) = rest.works {
            return Ok(works);
        }
        rest.works = Some(false);
        let Some((id, term)) = rest.control.clone() else {
            return Ok(false);
        };
        let total = rest.total;
        let page = self.found(&term).await?;
        let works = page.total.is_some_and(|found| found < total)
            && page.rows.iter().any(|stored| stored.id == id);
        if let Some(rest) = &mut self.rest {
            rest.works = Some(works);
        }
        Ok(works)
    }

    /// Adds what a search finds; `false` where it did not narrow the list.
    async fn search(&mut self, term: &str) -> Result<bool, HttpError> {
        let total = self.rest.as_ref().map_or(0, |rest| rest.total);
        let page = self.found(term).await?;
        if page.pages > 1 || page.total.is_none_or(|found| found >= total) {
            return Ok(false);
        }
        page.rows.iter().for_each(|stored| self.index.add(stored));
        Ok(true)
    }

    async fn found(&mut self, term: &str) -> Result<Page, HttpError> {
        if let Some(rest) = &mut self.rest {
            rest.spent += 1;
        }
        self.reader.search(self.kind, term).await
    }

    /// Reads all pages that are not read yet. A list that moved while it was read is read again.
    async fn read_whole(&mut self) -> Result<(), HttpError> {
        let mut begun = self.rest.take().map(|rest| rest.total);
        for _ in 0..PASSES {
            let begun = begun.take();
            let first = if begun.is_some() { 2 } else { 1 };
            let (mut page, mut total, mut moved) = (first, begun, false);
            let mut before: Vec<CaflouId> = Vec::new();
            loop {
                let read = self.reader.page(self.kind, page).await?;
                let ids: Vec<_> = read.rows.iter().map(|row| row.id).collect();
                if ids.is_empty() && page < read.pages {
                    return Err(not_whole(self.kind, page, EMPTY));
                }
                if !ids.is_empty() && ids == before {
                    return Err(not_whole(self.kind, page, "is the page before it again"));
                }
                before = ids;
                moved |= page > 1 && read.total != total;
                total = read.total;
                read.rows.iter().for_each(|stored| self.index.add(stored));
                if page >= read.pages {
                    break;
                }
                page += 1;
            }
            if !moved {
                break;
            }
        }
        Ok(())
    }

    /// Looks for a record that is covered.
    #[must_use]
    pub fn find(&self, keys: &Keys) -> Candidates {
        self.index.find(keys)
    }

    /// A record with these keys is about to be created.
    pub fn reserve(&mut self, keys: &Keys) {
        self.index.reserve(keys);
    }

    /// It was created, or (`None`) it was not.
    pub fn settle(&mut self, keys: &Keys, id: Option<CaflouId>) {
        self.index.settle(keys, id);
    }
}

/// A record that a working search finds.
fn control(stored: &Stored) -> Option<(CaflouId, String)> {
    let reference = stored.attributes.text("reference_number")?.trim();
    let there = !stored.trashed && !stored.template;
    there.then(|| (stored.id, reference.to_owned()))
}

/// A list whose pages cannot be believed: what it hides would be created a second time.
fn not_whole(kind: Kind, page: u64, what: &str) -> HttpError {
    HttpError::Garbled {
        service: "Caflou",
        method: reqwest::Method::GET,
        path: format!("/{}", client::collection(kind)),
        reason: format!("page {page} of the list {what}"),
        request_id: None,
    }
}
