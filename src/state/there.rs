//! Which records are in Caflou by what is known, for comparing with its list.

use rusqlite::params;

use super::view::asked;
use super::{StateError, View};
use crate::record::{CaflouId, Kind, SourceId};

const THERE: &str = "SELECT caflou_id FROM records WHERE connection = ?1 AND kind = ?2 \
     AND state = 'synced' AND caflou_id IS NOT NULL";
const LINKED: &str = "SELECT source_id, caflou_id FROM records WHERE connection = ?1 AND kind = ?2 \
     AND state = 'synced' AND caflou_id IS NOT NULL";
/// Not those that the user had forgotten: they have no values.
const GONE: &str = "SELECT source_id, caflou_id FROM records INDEXED BY records_gone \
     WHERE connection = ?1 AND kind = ?2 AND state = 'gone' AND caflou_id IS NOT NULL \
     AND source <> '{}'";

impl View {
    /// The Caflou ids of all records that are there, sorted: eight bytes each.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn there(&self, kind: Kind) -> Result<Vec<i64>, StateError> {
        let sqlite = &self.sqlite;
        let mut ids: Vec<i64> = asked(sqlite, || {
            let mut statement = sqlite.prepare_cached(THERE)?;
            let ids = statement.query_map(params![self.connection, kind.as_str()], |r| r.get(0))?;
            ids.collect()
        })?;
        ids.sort_unstable();
        Ok(ids)
    }

    /// Those records in Caflou that the caller wants: all of them may be many.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn pairs_of(
        &self,
        kind: Kind,
        wanted: impl Fn(CaflouId) -> bool,
    ) -> Result<Vec<(SourceId, CaflouId)>, StateError> {
        let sqlite = &self.sqlite;
        asked(sqlite, || {
            let mut statement = sqlite.prepare_cached(LINKED)?;
            let mut rows = statement.query(params![self.connection, kind.as_str()])?;
            let mut linked = Vec::new();
            while let Some(row) = rows.next()? {
                let id = CaflouId(row.get(1)?);
                if wanted(id) {
                    linked.push((SourceId(row.get(0)?), id));
                }
            }
            Ok(linked)
        })
    }

    /// The records that were deleted in Caflou.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn gone(&self, kind: Kind) -> Result<Vec<(SourceId, CaflouId)>, StateError> {
        let sqlite = &self.sqlite;
        asked(sqlite, || {
            let mut statement = sqlite.prepare_cached(GONE)?;
            let rows = statement.query_map(params![self.connection, kind.as_str()], |row| {
                Ok((SourceId(row.get(0)?), CaflouId(row.get(1)?)))
            })?;
            rows.collect()
        })
    }
}
