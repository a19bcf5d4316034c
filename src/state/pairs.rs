//! Which shop and which account a connection ties: what is remembered of it is about no others.

use std::fmt;

use rusqlite::{OptionalExtension, params};

use super::view::one;
use super::{Journal, StateError, View};
use crate::record::{CaflouId, Kind, SourceId};

/// The two sides of a connection, as `shoptet:222651` and `caflou:12345`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// Whose records are imported.
    pub source: String,
    /// Where they are imported to.
    pub target: String,
}

impl fmt::Display for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.source, self.target)
    }
}

/// The pair of a connection of which something is, or may be, in Caflou.
const BOUND: &str = "SELECT source, target FROM pairs WHERE connection = ?1 AND EXISTS \
     (SELECT 1 FROM records WHERE connection = ?1 AND state <> 'failed')";
/// Whether another source's record stands for a record of the same target already.
const TAKEN: &str = "SELECT 1 FROM pairs JOIN records ON records.connection = pairs.connection \
     WHERE pairs.target = ?1 AND pairs.source <> ?2 AND records.kind = ?3 \
     AND records.source_id = ?4 AND records.caflou_id = ?5 AND records.state = 'synced'";

impl View {
    /// The pair for which this connection has imported something; `None`: nothing yet, or by a
    /// release that did not note it.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn pair(&self) -> Result<Option<Pair>, StateError> {
        let sqlite = &self.sqlite;
        one(sqlite, BOUND, params![self.connection], |row| {
            let (source, target) = (row.get(0)?, row.get(1)?);
            Ok(Pair { source, target })
        })
    }

    /// Whether a record in Caflou stands for the record of another source with the same id: two
    /// shops may count alike.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn is_taken(
        &self,
        pair: &Pair,
        (kind, source_id): (Kind, &SourceId),
        id: CaflouId,
    ) -> Result<bool, StateError> {
        let sqlite = &self.sqlite;
        let Pair { source, target } = pair;
        let key = params![target, source, kind.as_str(), source_id.0, id.0];
        let found = one(sqlite, TAKEN, key, |row| row.get::<_, i64>(0))?;
        Ok(found.is_some())
    }
}

impl Journal {
    /// Notes the pair of this connection. What was noted under another one, of which nothing was
    /// imported, is dropped: it begins anew.
    ///
    /// # Errors
    /// When the file cannot be written: then nothing was changed.
    pub fn bind(&mut self, pair: &Pair) -> Result<(), StateError> {
        let bound = self.rebind(pair);
        bound.map_err(|error| StateError::statement(&self.sqlite, &error))
    }

    fn rebind(&mut self, Pair { source, target }: &Pair) -> rusqlite::Result<()> {
        let before = self
            .sqlite
            .query_row(
                "SELECT source = ?2 AND target = ?3 FROM pairs WHERE connection = ?1",
                params![self.connection, source, target],
                |row| row.get::<_, bool>(0),
            )
            .optional()?;
        if before == Some(true) {
            return Ok(());
        }
        let transaction = self.sqlite.transaction()?;
        transaction.execute(
            "INSERT INTO pairs (connection, source, target) VALUES (?1, ?2, ?3) \
             ON CONFLICT DO UPDATE SET source = excluded.source, target = excluded.target",
            params![self.connection, source, target],
        )?;
        if before == Some(false) {
            for table in ["records", "cursors", "withheld", "parted", "nameless"] {
                let sql = format!("DELETE FROM {table} WHERE connection = ?1");
                transaction.execute(&sql, params![self.connection])?;
            }
        }
        transaction.commit()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Attributes;
    use crate::state::Intent;

    fn pair(source: &str) -> Pair {
        Pair {
            source: source.to_owned(),
            target: "caflou:1".to_owned(),
        }
    }

    #[test]
    fn a_pair_holds_once_something_may_be_in_caflou_and_else_gives_way() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.db");
        let mut journal = Journal::open(&path, "shop").unwrap();
        let now = "2026-11-26T00:00:00Z".parse().unwrap();
        let id = SourceId("1".to_owned());
        let known = |journal: &Journal| journal.view().unwrap().known(Kind::Income, &id).unwrap();
        journal.bind(&pair("shoptet:1")).unwrap();
        let failed = journal.failed((Kind::Income, &id), "", None, "why", now);
        failed.unwrap();
        assert_eq!(journal.view().unwrap().pair().unwrap(), None);
        journal.bind(&pair("shoptet:1")).unwrap();
        assert!(known(&journal).is_some());
        journal.bind(&pair("shoptet:2")).unwrap();
        assert!(known(&journal).is_none(), "it was another shop's");
        let intent = Intent {
            kind: Kind::Income,
            source_id: &id,
            label: "",
            payload: &Attributes::default(),
            changed_at: None,
            origin: None,
        };
        let sent = crate::state::Clock::system().leaving(std::time::Duration::ZERO);
        journal.intend(&[intent], &sent).unwrap();
        let bound = journal.view().unwrap().pair().unwrap();
        assert_eq!(bound, Some(pair("shoptet:2")));
        let other = Journal::open(&path, "other").unwrap();
        assert_eq!(other.view().unwrap().pair().unwrap(), None);
    }
}
