//! What went before a run, as far as it decides who is told of it.

use rusqlite::{Connection, OptionalExtension, params};

use super::view::asked;
use super::{StateError, View};

/// What went before a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Before {
    /// So many runs in a row, right before it, did not end well: some of their records failed, or
    /// they did not come to their end.
    pub not_well: u64,
    /// So many runs in a row, right before it, did not come to their end.
    pub broken_off: u64,
    /// So many records failed in this run for the first time.
    pub newly_failed: u64,
    /// This run was asked for a part only.
    pub part: bool,
}

impl View {
    /// What went before this run of the connection; `None` where the end of this run itself could
    /// not be noted, so that the runs after it will not know of it. A run that never said how it
    /// ended (the machine lost its power, say) does not count: it could tell nobody either. Nor
    /// does a good run that was asked for a part only: the rest may still fail.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn before(&self, run_id: &str) -> Result<Option<Before>, StateError> {
        let sqlite = &self.sqlite;
        asked(sqlite, || self.count(sqlite, run_id))
    }

    fn count(&self, sqlite: &Connection, run_id: &str) -> rusqlite::Result<Option<Before>> {
        let part: Option<bool> = sqlite
            .prepare_cached("SELECT part FROM runs WHERE run_id = ?1 AND status IS NOT NULL")?
            .query_row(params![run_id], |row| row.get(0))
            .optional()?;
        let Some(part) = part else {
            return Ok(None);
        };
        let mut statement = sqlite.prepare_cached(
            "SELECT status FROM runs WHERE connection = ?1 AND run_id <> ?2 \
             AND status IS NOT NULL AND NOT (part AND status = 'ok') ORDER BY nth DESC",
        )?;
        let mut rows = statement.query(params![self.connection, run_id])?;
        let mut before = Before {
            part,
            ..Before::default()
        };
        while let Some(row) = rows.next()? {
            match row.get_ref(0)?.as_str().unwrap_or_default() {
                "ok" => break,
                "failed" | "stopped" if before.broken_off == before.not_well => {
                    before.broken_off += 1;
                }
                _ => {}
            }
            before.not_well += 1;
        }
        let newly_failed: i64 = sqlite
            .prepare_cached(
                "SELECT count(*) FROM records WHERE connection = ?1 AND reason IS NOT NULL \
                 AND attempts = 1 AND last_failed_at >= \
                 (SELECT started_at FROM runs WHERE run_id = ?2)",
            )?
            .query_row(params![self.connection, run_id], |row| row.get(0))?;
        before.newly_failed = newly_failed.unsigned_abs();
        Ok(Some(before))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Kind, SourceId};
    use crate::state::{Journal, RunStart};
    use chrono::{DateTime, Utc};
    use std::path::Path;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000 + second, 0).unwrap()
    }

    fn begun(path: &Path, connection: &str, run_id: &str, second: i64, part: bool) -> Journal {
        let mut journal = Journal::open(path, connection).unwrap();
        let start = RunStart {
            run_id: run_id.to_owned(),
            started_at: at(second),
            part,
        };
        journal.begin(&start).unwrap();
        journal
    }

    /// Runs that ended with these words, one a second; `-`: without a word; a star: of a part only.
    /// The last one's id.
    fn runs(path: &Path, connection: &str, words: &str) -> String {
        let mut run_id = String::new();
        for (second, word) in (0_i64..).zip(words.split_whitespace()) {
            run_id = format!("{connection}-{second}");
            let part = word.ends_with('*');
            let mut journal = begun(path, connection, &run_id, second, part);
            let word = word.trim_end_matches('*');
            if word != "-" {
                journal.finish(at(second), word, "{}", None).unwrap();
            }
        }
        run_id
    }

    fn before(path: &Path, run_id: &str) -> Option<Before> {
        View::open(path, "shop").unwrap().before(run_id).unwrap()
    }

    #[test]
    fn failures_are_counted_back_to_the_last_good_run() {
        for (words, not_well, broken_off) in [
            ("ok", 0, 0),
            ("ok ok", 0, 0),
            ("failed ok failed", 0, 0),
            ("ok failed", 0, 0),
            ("ok failed failed ok", 2, 2),
            ("failed ok partial failed stopped ok", 3, 2),
            ("ok failed failed partial ok", 3, 0),
            ("ok failed - failed ok", 2, 2),
            ("failed failed failed partial", 3, 3),
            ("partial ok* partial", 1, 0),
            ("failed ok* failed* ok", 2, 2),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("state.db");
            let last = runs(&path, "shop", words);
            runs(&path, "other shop", "failed failed");
            let before = before(&path, &last).unwrap();
            let counted = (before.not_well, before.broken_off);
            assert_eq!(counted, (not_well, broken_off), "{words}");
        }
    }

    #[test]
    fn a_record_fails_for_the_first_time_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.db");
        for (second, ids, expected) in [(0, &["a"][..], 1), (1, &["a", "b"], 1), (2, &["a"], 0)] {
            let run_id = format!("run-{second}");
            let mut journal = begun(&path, "shop", &run_id, second, false);
            for id in ids {
                let id = SourceId((*id).to_owned());
                let failed = journal.failed((Kind::Income, &id), "", None, "why", at(second));
                failed.unwrap();
            }
            journal.finish(at(second), "partial", "{}", None).unwrap();
            let newly = before(&path, &run_id).unwrap().newly_failed;
            assert_eq!(newly, expected, "{run_id}");
        }
    }

    #[test]
    fn what_went_before_a_run_that_is_not_noted_is_unknown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.db");
        assert_eq!(before(&path, "run"), None, "no file");
        let unfinished = runs(&path, "shop", "failed -");
        assert_eq!(before(&path, &unfinished), None);
        assert_eq!(before(&path, "never begun"), None);
    }
}
