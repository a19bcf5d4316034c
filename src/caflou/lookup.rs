//! Looking for records in Caflou: in the whole list, or for a few of them by search.
//!
//! Unknown filters are silently ignored by the service, and full-text search is not confirmed for
//! transfers. So a search is believed only after it has found a record that is known to be there,
//! and only where it narrows the list.

use std::collections::{HashMap, HashSet};

use super::index::{Candidates, Index};
use super::pass::{Pass, Whole};
use super::wire::{Page, Stored};
use super::{Keys, MatchedBy, Reader, client};
use crate::http::HttpError;
use crate::record::{Attributes, CaflouId, Kind, Mark, comparable};

/// How often the list is read, where it does not come whole or equal.
const PASSES: u32 = 4;
/// So many records that ought to be in the list are asked for, where it does not have them.
const ASKED: usize = 5;
/// Marks that are kept of records that are not known; more are the marks of a lost state.
const STRAYS: usize = 2_000;

/// What is known of Caflou's records of a kind, read as far as it is needed.
#[derive(Debug)]
pub struct Lookup {
    reader: Reader,
    kind: Kind,
    index: Index,
    /// What is not read yet of a list of which the first page is; it may be searched.
    rest: Option<Rest>,
    /// The reading that is begun, and whether there is more of it.
    begun: Option<(Pass, bool)>,
    /// The last reading that was whole, and how many in a row were equal to it.
    whole: Option<Whole>,
    equal: u32,
    /// How many rows the list had when it was last read whole, in whatever run.
    before: Option<u64>,
    /// How many pages the list has, as it said last.
    pages: Option<u64>,
    /// Our marks on records in the trash.
    trash: HashMap<String, CaflouId>,
    /// Records that are out of the cash flow.
    inactive: HashSet<CaflouId>,
    /// Our marks on records that are not among those that are known to be there.
    strays: Vec<(String, CaflouId)>,
}

/// Where a record stands by a list that was read whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The list shows it.
    There,
    /// It is in the trash, or not in the list.
    NotThere,
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
    /// Nothing is known yet.
    #[must_use]
    pub fn new(reader: &Reader, kind: Kind) -> Self {
        Self {
            reader: reader.clone(),
            kind,
            index: Index::empty(kind),
            rest: None,
            begun: None,
            whole: None,
            equal: 0,
            before: reader.client().rows(kind),
            pages: None,
            trash: HashMap::new(),
            inactive: HashSet::new(),
            strays: Vec::new(),
        }
    }

    /// Reads the first page.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn begin(&mut self) -> Result<(), HttpError> {
        let page = self.reader.page(self.kind, 1).await?;
        let mut pass = Pass::default();
        let more = self.take(&mut pass, &page, &[])?;
        let control = page.rows.iter().rev().find_map(control);
        // A first page of which something is unknown is no measure for a search.
        // Nor is a list that lost rows.
        let short = self.before > page.total;
        self.rest = (more && page.pages > 1 && !short).then(|| Rest {
            pages: page.pages,
            total: page.total.unwrap_or(0),
            control: control.filter(|_| page.unread == 0),
            works: None,
            spent: 0,
        });
        self.begun = Some((pass, more));
        Ok(())
    }

    /// Whether what is read is enough to find a record, or a search for `term` brings it.
    /// Else (where that takes fewer requests, searches are no good, or the list has to be `whole` or
    /// even `proven`) [`Lookup::read_whole`] has to follow.
    ///
    /// # Errors
    /// When a request fails.
    pub async fn cover(
        &mut self,
        term: Option<&str>,
        (whole, proven): (bool, bool),
    ) -> Result<bool, HttpError> {
        if self.whole.is_some() {
            return Ok(!proven || self.is_proven());
        }
        let Some(rest) = self.rest.as_ref().filter(|_| !whole && !proven) else {
            return Ok(false);
        };
        let next = 1 + u64::from(rest.works.is_none());
        let cheap = rest.spent + next < rest.pages - 1;
        let Some(term) = term.filter(|_| cheap) else {
            return Ok(false);
        };
        Ok(self.search_works().await? && self.search(term).await?)
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
        let works = is_all(&page)
            && page.total.is_some_and(|found| found < total)
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
        if !is_all(&page) || page.total.is_none_or(|found| found >= total) {
            return Ok(false);
        }
        page.rows.iter().for_each(|stored| self.add(stored, &[]));
        Ok(true)
    }

    async fn found(&mut self, term: &str) -> Result<Page, HttpError> {
        if let Some(rest) = &mut self.rest {
            rest.spent += 1;
        }
        self.reader.search(self.kind, term).await
    }

    /// Reads the list until it comes whole: as many different rows as it says it has, none of them
    /// unread for its shape, and each of the `known` records (sorted) among them. `proven`: until two
    /// readings that follow each other are equal, as also where it has fewer rows than when it was last
    /// read; whether they were, [`Lookup::is_proven`] tells.
    ///
    /// # Errors
    /// When a request fails, and where the list does not come whole in several readings.
    pub async fn read_whole(&mut self, known: &[i64], proven: bool) -> Result<(), HttpError> {
        let mut why = String::new();
        for _ in 0..PASSES {
            let begun = self.begun.take();
            match self.pass(begun, known).await? {
                Ok(mut whole) => {
                    let before = self.whole.as_ref();
                    let again = before.is_some_and(|before| before.equals(&whole));
                    self.equal = if again { self.equal + 1 } else { 1 };
                    let rows = whole.rows();
                    whole.sure &= self.before.is_none_or(|before| rows >= before);
                    let enough = if proven || !whole.sure { 2 } else { 1 };
                    self.whole = Some(whole);
                    if self.equal >= enough {
                        self.rest = None;
                        self.reader.client().keep_rows(self.kind, rows);
                        return Ok(());
                    }
                    "is not the same twice".clone_into(&mut why);
                }
                Err(reason) => {
                    (self.whole, self.equal) = (None, 0);
                    why = reason;
                }
            }
        }
        match &self.whole {
            Some(whole) if whole.sure => Ok(()),
            _ => Err(not_whole(self.kind, &format!("the list {why}"))),
        }
    }

    /// Whether the list was read twice in a row with the same records: only that proves that one
    /// which may be under way is not there.
    #[must_use]
    pub fn is_proven(&self) -> bool {
        self.equal > 1
    }

    /// How many pages the list has, where one of them was read.
    #[must_use]
    pub fn pages(&self) -> Option<u64> {
        self.pages
    }

    /// Whether the list was read whole.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.whole.is_some()
    }

    /// Where a record stands by the list; `None` where that was not read whole.
    #[must_use]
    pub fn standing(&self, id: CaflouId) -> Option<Standing> {
        let whole = self.whole.as_ref()?;
        Some(if whole.shows(id.0) {
            Standing::There
        } else {
            Standing::NotThere
        })
    }

    /// Reads the list once.
    async fn pass(
        &mut self,
        begun: Option<(Pass, bool)>,
        known: &[i64],
    ) -> Result<Result<Whole, String>, HttpError> {
        let (mut pass, mut more) = begun.unwrap_or((Pass::default(), true));
        while more {
            let page = self.reader.page(self.kind, pass.next()).await?;
            more = self.take(&mut pass, &page, known)?;
        }
        match pass.whole() {
            Ok(whole) => self.with_the_known(whole, known).await,
            Err(why) => Ok(Err(why)),
        }
    }

    fn take(&mut self, pass: &mut Pass, page: &Page, known: &[i64]) -> Result<bool, HttpError> {
        let number = pass.next();
        self.pages = Some(page.pages);
        page.rows.iter().for_each(|stored| self.add(stored, known));
        pass.take(page)
            .map_err(|what| not_whole(self.kind, &format!("page {number} of the list {what}")))
    }

    fn add(&mut self, stored: &Stored, known: &[i64]) {
        self.index.add(stored);
        if stored.attributes.is_true("inactive") {
            self.inactive.insert(stored.id);
        }
        if stored.trashed {
            let marks = self.index.marks_of(stored).into_iter();
            self.trash.extend(marks.map(|mark| (mark, stored.id)));
        } else if !stored.template
            && self.strays.len() < STRAYS
            && known.binary_search(&stored.id.0).is_err()
        {
            let marks = self.index.marks_of(stored).into_iter();
            self.strays.extend(marks.map(|mark| (mark, stored.id)));
        }
    }

    /// The record in the trash that carries this mark.
    #[must_use]
    pub fn in_trash(&self, mark: &Mark) -> Option<CaflouId> {
        self.trash.get(&comparable(mark.as_str())).copied()
    }

    /// Whether a record was out of the cash flow when it was read.
    #[must_use]
    pub fn is_inactive(&self, id: CaflouId) -> bool {
        self.inactive.contains(&id)
    }

    /// Our marks on records that are not among those that are known to be there, as far as they
    /// were read; some of each may come twice, or be known all the same.
    pub fn strays(&mut self) -> Vec<(String, CaflouId)> {
        std::mem::take(&mut self.strays)
    }

    /// A list without records that are known to be there is not whole, unless they are gone: then
    /// the service says so, too, where it is asked for them. Where it is asked for a few of many, a
    /// second reading has to agree.
    async fn with_the_known(
        &self,
        mut whole: Whole,
        known: &[i64],
    ) -> Result<Result<Whole, String>, HttpError> {
        let missing: Vec<_> = known.iter().filter(|id| !whole.has(**id)).collect();
        if missing.is_empty() {
            return Ok(Ok(whole));
        }
        if missing.len() > ASKED && missing.len() * 2 > known.len() {
            return Ok(Err(format!(
                "lacks {} of {} records that were imported",
                missing.len(),
                known.len()
            )));
        }
        for id in missing.iter().step_by(missing.len().div_ceil(ASKED)) {
            if self.reader.get(self.kind, CaflouId(**id)).await?.is_some() {
                return Ok(Err(format!("lacks record {id}, which is there")));
            }
        }
        whole.sure &= missing.len() <= ASKED;
        Ok(Ok(whole))
    }

    /// Records with the number of this one whose mark is not there, or not all of it.
    #[must_use]
    pub fn unmarked(&self, attributes: &Attributes) -> Vec<CaflouId> {
        self.index.unmarked(attributes)
    }

    /// Looks for a record that is covered, among those that are `free` to be it.
    #[must_use]
    pub fn find_among(
        &self,
        keys: &Keys,
        free: impl FnMut(CaflouId, MatchedBy) -> bool,
    ) -> Candidates {
        self.index.find_among(keys, free)
    }

    /// Looks for a record that is covered.
    #[must_use]
    pub fn find(&self, keys: &Keys) -> Candidates {
        self.index.find(keys)
    }
}

/// A record that a working search finds.
fn control(stored: &Stored) -> Option<(CaflouId, String)> {
    let reference = stored.attributes.text("reference_number")?.trim();
    let there = !stored.trashed && !stored.template;
    there.then(|| (stored.id, reference.to_owned()))
}

/// Whether a page is all that was found, with nothing unread.
fn is_all(page: &Page) -> bool {
    let rows = page.rows.len() as u64;
    page.pages <= 1 && page.unread == 0 && page.total == Some(rows)
}

/// A list that cannot be believed: what it hides would be created a second time.
pub(super) fn not_whole(kind: Kind, reason: &str) -> HttpError {
    HttpError::Garbled {
        service: "Caflou",
        method: reqwest::Method::GET,
        path: format!("/{}", client::collection(kind)),
        reason: reason.to_owned(),
        request_id: None,
    }
}
