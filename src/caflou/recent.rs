//! A look at the newest records, with few requests.

use super::index::Index;
use super::wire::Page;
use super::{Keys, Reader};
use crate::http::HttpError;
use crate::record::Kind;

/// Pages that are read at most: lists are oldest first, so the first says where the last ones are.
const PAGES: u64 = 6;
/// Searches at most, for what is on none of them.
const SEARCHES: usize = 3;

/// What the newest part of a list holds.
#[derive(Debug)]
pub struct Recent {
    reader: Reader,
    kind: Kind,
    /// The records that were read.
    pub index: Index,
    /// It is the whole list.
    whole: bool,
}

impl Recent {
    /// Reads the first page of a list and up to five of its last.
    ///
    /// # Errors
    /// When a page cannot be read.
    pub async fn read(reader: &Reader, kind: Kind) -> Result<Self, HttpError> {
        let first = reader.page(kind, 1).await?;
        let mut recent = Self {
            reader: reader.clone(),
            kind,
            index: Index::empty(kind),
            whole: first.pages <= PAGES,
        };
        recent.add(&first);
        let from = first.pages.saturating_sub(PAGES - 1).max(1) + 1;
        for page in from..=first.pages {
            let page = reader.page(kind, page).await?;
            recent.add(&page);
        }
        Ok(recent)
    }

    /// Searches for a few records that may be on pages that were not read. Where searching does
    /// nothing, what comes back adds nothing.
    ///
    /// # Errors
    /// When a request fails.
    pub async fn search(&mut self, missing: &[Keys]) -> Result<(), HttpError> {
        if self.whole {
            return Ok(());
        }
        for keys in missing.iter().take(SEARCHES) {
            if let Some(term) = keys.search_term() {
                let page = self.reader.search(self.kind, term).await?;
                self.add(&page);
            }
        }
        Ok(())
    }

    fn add(&mut self, page: &Page) {
        page.rows.iter().for_each(|stored| self.index.add(stored));
    }
}
