//! One reading of a list, page by page, and whether it can be taken for the whole of it. Pure.

use super::wire::Page;

/// What is wrong with a page without rows that more pages follow.
const EMPTY: &str = "is empty, but not the last";
/// A list whose pages do not move on.
const AGAIN: &str = "is the page before it again";

/// A list while it is read.
#[derive(Debug, Default)]
pub(super) struct Pass {
    /// Pages so far.
    read: u64,
    /// How many rows there are, as the last page said.
    total: Option<u64>,
    /// The ids in the order in which they came, and where the last page begins.
    ids: Vec<i64>,
    last: usize,
    trashed: Vec<i64>,
    templates: u64,
    /// Rows that are no records.
    unread: u64,
    moved: bool,
}

/// A list that was read whole.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Whole {
    /// The ids of all its rows, sorted.
    ids: Vec<i64>,
    /// Those in the trash, sorted.
    trashed: Vec<i64>,
    total: Option<u64>,
    /// As many different rows came as the service says there are. Else only a second reading that
    /// is equal can prove it.
    pub(super) sure: bool,
}

impl Pass {
    /// The page to be read next.
    pub(super) fn next(&self) -> u64 {
        self.read + 1
    }

    /// Takes the next page; whether more are to come.
    ///
    /// # Errors
    /// What the page is, where the list cannot be read at all.
    pub(super) fn take(&mut self, page: &Page) -> Result<bool, &'static str> {
        let ids: Vec<i64> = page.rows.iter().map(|row| row.id.0).collect();
        let nothing = ids.is_empty() && page.unread == 0;
        if nothing && self.next() < page.pages {
            return Err(EMPTY);
        }
        if !ids.is_empty() && self.ids[self.last..] == ids {
            return Err(AGAIN);
        }
        self.moved |= self.read > 0 && page.total != self.total;
        self.total = page.total;
        self.read += 1;
        self.unread += page.unread;
        self.last = self.ids.len();
        self.ids.extend(ids);
        for row in &page.rows {
            self.templates += u64::from(row.template && !row.trashed);
            self.trashed.extend(row.trashed.then_some(row.id.0));
        }
        // How many pages there are is not believed where rows are missing, or nothing counts them.
        let missing = self.total.is_none_or(|total| self.rows() < total);
        Ok(self.read < page.pages || (missing && !nothing))
    }

    fn rows(&self) -> u64 {
        self.ids.len() as u64 + self.unread
    }

    /// The list, once its last page is read.
    ///
    /// # Errors
    /// Why it is not the whole of it.
    pub(super) fn whole(mut self) -> Result<Whole, String> {
        if self.unread > 0 {
            return Err(format!("holds {} rows that are no records", self.unread));
        }
        let rows = self.rows();
        self.ids.sort_unstable();
        self.ids.dedup();
        if self.moved || self.rows() < rows {
            return Err("kept changing while it was read".to_owned());
        }
        let left_out = [0, self.trashed.len() as u64, self.templates];
        let counted = |total: u64| {
            let uncounted = rows.checked_sub(total);
            let [none, trashed, templates] = left_out;
            uncounted.is_some_and(|n| [none, trashed, templates, trashed + templates].contains(&n))
        };
        if let Some(total) = self.total.filter(|total| !counted(*total)) {
            return Err(format!("shows {rows} records and says that it has {total}"));
        }
        self.trashed.sort_unstable();
        Ok(Whole {
            sure: self.total == Some(rows),
            ids: self.ids,
            trashed: self.trashed,
            total: self.total,
        })
    }
}

impl Whole {
    /// How many rows it has, as the service counts them where it does.
    pub(super) fn rows(&self) -> u64 {
        self.total.unwrap_or(self.ids.len() as u64)
    }

    /// Whether it has a row of this record.
    pub(super) fn has(&self, id: i64) -> bool {
        self.ids.binary_search(&id).is_ok()
    }

    /// Whether it shows this record as one that is not in the trash.
    pub(super) fn shows(&self, id: i64) -> bool {
        self.has(id) && self.trashed.binary_search(&id).is_err()
    }

    /// Whether another reading has the same rows.
    pub(super) fn equals(&self, other: &Self) -> bool {
        (&self.ids, self.total) == (&other.ids, other.total)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// Reads pages of rows, given as ids (`-7`: in the trash), each with what it says of pages and
    /// rows; how it ends.
    fn read(pages: &[(&[i64], u64, Option<u64>)]) -> String {
        let rows = |ids: &[i64]| {
            let row = |id: &i64| match id {
                0 => Value::Null,
                id => json!({"id": id.abs(), "trash": *id < 0}),
            };
            ids.iter().map(row).collect::<Vec<_>>()
        };
        let mut pass = Pass::default();
        for (ids, of, total) in pages {
            let page = json!({"results": rows(ids), "total_pages": of, "total_results": total});
            match pass.take(&Page::from_json(&page).unwrap()) {
                Ok(true) => {}
                Ok(false) => {
                    return match pass.whole() {
                        Ok(whole) if whole.sure => format!("{:?}", whole.ids),
                        Ok(whole) => format!("{:?} if twice", whole.ids),
                        Err(why) => why,
                    };
                }
                Err(what) => return format!("page {} {what}", pass.next()),
            }
        }
        format!("page {} is wanted", pass.next())
    }

    #[test]
    fn a_list_is_whole_where_as_many_different_rows_came_as_it_says_it_has() {
        let two: &[i64] = &[1, 2];
        assert_eq!(read(&[(&[], 0, Some(0))]), "[]");
        assert_eq!(read(&[(&[], 1, Some(0))]), "[]");
        assert_eq!(read(&[(two, 2, Some(3)), (&[3], 2, Some(3))]), "[1, 2, 3]");
        assert_eq!(read(&[(&[1, -2], 1, Some(2))]), "[1, 2]");
        // Too few pages are said: it is read on.
        for pages in [0, 1] {
            assert_eq!(
                read(&[(two, pages, Some(3)), (&[3], 2, Some(3))]),
                "[1, 2, 3]"
            );
        }
        let short = "shows 2 records and says that it has 3";
        assert_eq!(read(&[(two, 1, Some(3)), (&[], 1, Some(3))]), short);
        assert_eq!(
            read(&[(two, 1, Some(1))]),
            "shows 2 records and says that it has 1"
        );
        let moved = "kept changing while it was read";
        assert_eq!(read(&[(two, 2, Some(4)), (&[2, 3], 2, Some(4))]), moved);
        assert_eq!(read(&[(two, 2, Some(3)), (&[3, 4], 2, Some(4))]), moved);
        assert_eq!(
            read(&[(&[1, 0], 1, Some(2))]),
            "holds 1 rows that are no records"
        );
        let end = "page 2 is empty, but not the last";
        assert_eq!(read(&[(two, 3, Some(5)), (&[], 3, Some(5))]), end);
        let again = "page 2 is the page before it again";
        assert_eq!(read(&[(two, 2, Some(4)), (two, 2, Some(4))]), again);
    }

    #[test]
    fn without_a_number_or_with_one_that_leaves_the_trash_out_it_has_to_be_read_twice() {
        // Nothing but a page without rows says that this was all.
        for pages in [0, 1] {
            assert_eq!(read(&[(&[1, 2], pages, None)]), "page 2 is wanted");
        }
        let twice = read(&[(&[1, 2], 1, None), (&[3], 1, None), (&[], 1, None)]);
        assert_eq!(twice, "[1, 2, 3] if twice");
        assert_eq!(read(&[(&[1, -2], 1, Some(1))]), "[1, 2] if twice");
        assert_eq!(
            read(&[(&[1, 2, -3], 1, Some(1))]),
            "shows 3 records and says that it has 1"
        );
    }
}
