//! A list page by page, for whoever wants some of its rows and concludes nothing from those it lacks.

use super::lookup::not_whole;
use super::pass::Pass;
use super::{Reader, Stored};
use crate::http::HttpError;
use crate::record::Kind;

/// A list that is being read.
#[derive(Debug)]
pub struct Listing {
    reader: Reader,
    kind: Kind,
    pass: Pass,
    /// How many pages are left, once one was read.
    left: Option<u64>,
}

impl Listing {
    /// Nothing is read yet.
    #[must_use]
    pub fn new(reader: &Reader, kind: Kind) -> Self {
        Self {
            reader: reader.clone(),
            kind,
            pass: Pass::default(),
            left: None,
        }
    }

    /// How many requests the rest of it takes; `None` before the first page.
    #[must_use]
    pub fn left(&self) -> Option<u64> {
        self.left
    }

    /// The rows of the next page; `None` after the last.
    ///
    /// # Errors
    /// When it cannot be read, and where the pages do not move on.
    pub async fn next(&mut self) -> Result<Option<Vec<Stored>>, HttpError> {
        if self.left == Some(0) {
            return Ok(None);
        }
        let number = self.pass.next();
        let page = self.reader.page(self.kind, number).await?;
        let more = self
            .pass
            .take(&page)
            .map_err(|what| not_whole(self.kind, &format!("page {number} of the list {what}")))?;
        // That there is one more is known by the rows, too.
        let said = page.pages.saturating_sub(number);
        self.left = Some(if more { said.max(1) } else { 0 });
        Ok(Some(page.rows))
    }
}
