//! What is not kept for ever: old runs, and what the user wants to be forgotten.
//!
//! A forgotten record leaves its keys, its Caflou id and the state `gone` without any value
//! ([`Known::is_forgotten`](super::Known::is_forgotten)): enough to never import it again, and
//! nothing about a person.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, Utc};
use rusqlite::types::Type;
use rusqlite::{Connection, ErrorCode, Row, params};

use super::view::{asked, one};
use super::{Journal, StateError, View};
use crate::record::{CaflouId, Kind, SourceId};

/// A record of which something is held.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct HeldRecord {
    /// What it is.
    pub kind: Kind,
    /// Its key at the source.
    pub source_id: SourceId,
    /// Its id in Caflou, once it had one.
    pub caflou_id: Option<CaflouId>,
}

/// What is held of some records.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Belonging {
    /// Those asked for, and of companies all documents that are linked with them.
    pub held: BTreeSet<HeldRecord>,
    /// Documents under the same name that nothing links with the companies: perhaps somebody else's.
    pub same_name: BTreeSet<(Kind, SourceId)>,
    /// Records asked for of which nothing is held.
    pub unknown: Vec<SourceId>,
    /// The companies' names.
    names: BTreeSet<String>,
}

/// How long the remains wait for others that read the file.
const SCRUB: Duration = Duration::from_secs(2);

const LINKED: &str = "SELECT kind, source_id, caflou_id FROM records \
     WHERE connection = ?1 AND kind <> 'company' AND (awaits = ?2 \
     OR json_extract(source, '$.company_id') = ?3 OR json_extract(written, '$.company_id') = ?3 \
     OR json_extract(pending, '$.company_id') = ?3)";
/// Documents that were never imported, such as cancelled ones, are in the history only.
const SAME_NAME: &str = "SELECT kind, source_id FROM records WHERE connection = ?1 \
     AND kind <> 'company' AND label = ?2 UNION SELECT changes.kind, changes.source_id \
     FROM runs JOIN changes ON changes.run_id = runs.run_id \
     WHERE runs.connection = ?1 AND changes.kind <> 'company' \
     AND json_extract(changes.change, '$.label') = ?2";
const ANY_CHANGE: &str = "SELECT 1 FROM changes CROSS JOIN runs ON runs.run_id = changes.run_id \
     WHERE changes.kind = ?2 AND changes.source_id = ?3 AND runs.connection = ?1 LIMIT 1";
/// What is left of a change: that it was, and of which record.
const BARE: &str = "UPDATE changes SET change = json_object('connection', ?1, 'kind', kind, \
     'action', action, 'source_id', source_id, 'caflou_id', json_extract(change, '$.caflou_id'), \
     'label', '', 'fields', json('{}'), 'kept', json('[]'), 'ignored', json('[]'), \
     'warnings', json('[]'), 'reason', 'forgotten') \
     WHERE run_id IN (SELECT run_id FROM runs WHERE connection = ?1) AND kind = ?2";
const OLD: &str = "SELECT run_id FROM runs WHERE connection = ?1 AND started_at < ?2 \
     AND run_id IS NOT (SELECT run_id FROM runs WHERE connection = ?1 \
     AND status IN ('ok', 'partial') ORDER BY started_at DESC, run_id DESC LIMIT 1)";

impl View {
    /// What is held of these records.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn belonging(&self, records: &[(Kind, SourceId)]) -> Result<Belonging, StateError> {
        let mut all = Belonging::default();
        let sqlite = &self.sqlite;
        for (kind, id) in records {
            if *kind == Kind::Company {
                self.add_company(sqlite, id, &mut all)?;
                continue;
            }
            let known = self.known(*kind, id)?;
            if known.is_none() && !self.told(sqlite, *kind, id)? {
                all.unknown.push(id.clone());
                continue;
            }
            all.held.insert(HeldRecord {
                kind: *kind,
                source_id: id.clone(),
                caflou_id: known.and_then(|known| known.caflou_id),
            });
        }
        for name in &all.names {
            let named: Vec<(Kind, SourceId)> = asked(sqlite, || {
                let mut statement = sqlite.prepare_cached(SAME_NAME)?;
                let key = params![self.connection, name];
                let named =
                    statement.query_map(key, |row| Ok((kind_of(row)?, SourceId(row.get(1)?))))?;
                named.collect()
            })?;
            for (kind, id) in named {
                let is = |held: &HeldRecord| held.kind == kind && held.source_id == id;
                if !all.held.iter().any(is) {
                    all.same_name.insert((kind, id));
                }
            }
        }
        Ok(all)
    }

    fn add_company(
        &self,
        sqlite: &Connection,
        company_id: &SourceId,
        all: &mut Belonging,
    ) -> Result<(), StateError> {
        let known = self.known(Kind::Company, company_id)?;
        let caflou_id = known.as_ref().and_then(|known| known.caflou_id);
        let linked = self.linked(sqlite, company_id, caflou_id)?;
        let nothing = known.is_none() && linked.is_empty();
        if nothing && !self.told(sqlite, Kind::Company, company_id)? {
            all.unknown.push(company_id.clone());
            return Ok(());
        }
        for values in known
            .iter()
            .flat_map(|known| [&known.source, &known.written])
        {
            let names = ["name", "person"].into_iter();
            let names = names.filter_map(|field| values.text(field));
            all.names.extend(names.map(str::to_owned));
        }
        let label = known.map(|known| known.label);
        all.names.extend(label.filter(|label| !label.is_empty()));
        all.held.extend(linked);
        all.held.insert(HeldRecord {
            kind: Kind::Company,
            source_id: company_id.clone(),
            caflou_id,
        });
        Ok(())
    }

    /// The documents that wait for a company or are linked with it.
    fn linked(
        &self,
        sqlite: &Connection,
        company_id: &SourceId,
        company: Option<CaflouId>,
    ) -> Result<Vec<HeldRecord>, StateError> {
        let read = |row: &Row<'_>| {
            Ok(HeldRecord {
                kind: kind_of(row)?,
                source_id: SourceId(row.get(1)?),
                caflou_id: row.get::<_, Option<i64>>(2)?.map(CaflouId),
            })
        };
        let key = params![self.connection, company_id.0, company.map(|id| id.0)];
        asked(sqlite, || {
            let mut statement = sqlite.prepare_cached(LINKED)?;
            let linked = statement.query_map(key, read)?;
            linked.collect()
        })
    }

    /// Whether a run did anything with a record.
    fn told(&self, sqlite: &Connection, kind: Kind, id: &SourceId) -> Result<bool, StateError> {
        let key = params![self.connection, kind.as_str(), id.0];
        let found = one(sqlite, ANY_CHANGE, key, |row| row.get::<_, i64>(0))?;
        Ok(found.is_some())
    }
}

/// A kind by its word, in the first column.
fn kind_of(row: &Row<'_>) -> rusqlite::Result<Kind> {
    let word: String = row.get(0)?;
    let mut kinds = Kind::ALL.into_iter();
    let kind = kinds.find(|kind| kind.as_str() == word);
    kind.ok_or(rusqlite::Error::InvalidColumnType(0, word, Type::Text))
}

impl Journal {
    /// Drops the runs of this connection that began before a moment, but for the last one that
    /// came to its end. Gives how many.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn prune(&mut self, before: DateTime<Utc>) -> Result<usize, StateError> {
        let pruned = self.drop_runs(before);
        pruned.map_err(|error| StateError::statement(&self.sqlite, &error))
    }

    fn drop_runs(&mut self, before: DateTime<Utc>) -> rusqlite::Result<usize> {
        self.sqlite.pragma_update(None, "secure_delete", "ON")?;
        let transaction = self.sqlite.transaction()?;
        let which = params![self.connection, before.timestamp()];
        let changes = format!("DELETE FROM changes WHERE run_id IN ({OLD})");
        transaction.execute(&changes, which)?;
        let runs = format!("DELETE FROM runs WHERE run_id IN ({OLD})");
        let dropped = transaction.execute(&runs, which)?;
        transaction.commit()?;
        Ok(dropped)
    }

    /// Forgets what is held of some records, and keeps that they are never imported
    /// again. [`Journal::scrub`] has to follow.
    ///
    /// # Errors
    /// When the file cannot be written: then nothing was changed.
    pub fn forget_people(&mut self, all: &Belonging) -> Result<(), StateError> {
        let forgotten = self.blank(all);
        forgotten.map_err(|error| StateError::statement(&self.sqlite, &error))
    }

    fn blank(&mut self, all: &Belonging) -> rusqlite::Result<()> {
        self.sqlite.pragma_update(None, "secure_delete", "ON")?;
        let transaction = self.sqlite.transaction()?;
        let bare = format!("{BARE} AND source_id = ?3");
        for HeldRecord {
            kind, source_id, ..
        } in &all.held
        {
            let key = params![self.connection, kind.as_str(), source_id.0];
            transaction.execute(
                "INSERT INTO records (connection, kind, source_id, state, label, source) \
                 VALUES (?1, ?2, ?3, 'gone', '', '{}') ON CONFLICT DO UPDATE SET \
                 state = 'gone', label = '', source = '{}', written = NULL, pending = NULL, \
                 sent_at = NULL, awaits = NULL, origin = NULL, reason = NULL, \
                 attempts = 0, first_failed_at = NULL, last_failed_at = NULL",
                key,
            )?;
            transaction.execute(&bare, key)?;
        }
        // What is told of documents that were never imported is linked by nothing but the name.
        let bare = format!(
            "{BARE} AND json_extract(change, '$.label') = ?3 AND NOT EXISTS (SELECT 1 FROM records \
             WHERE records.connection = ?1 AND records.kind = ?2 \
             AND records.source_id = changes.source_id)"
        );
        let documents = Kind::ALL.into_iter().filter(|kind| kind.is_document());
        for (kind, name) in
            documents.flat_map(|kind| all.names.iter().map(move |name| (kind, name)))
        {
            let key = params![self.connection, kind.as_str(), name];
            transaction.execute(&bare, key)?;
        }
        transaction.commit()
    }

    /// Forgets the whole connection. [`Journal::scrub`] has to follow.
    ///
    /// # Errors
    /// When the file cannot be written: then nothing was changed.
    pub fn forget_connection(&mut self) -> Result<(), StateError> {
        let forgotten = self.drop_all();
        forgotten.map_err(|error| StateError::statement(&self.sqlite, &error))
    }

    fn drop_all(&mut self) -> rusqlite::Result<()> {
        self.sqlite.pragma_update(None, "secure_delete", "ON")?;
        let transaction = self.sqlite.transaction()?;
        for statement in [
            "INSERT OR IGNORE INTO given SELECT run_id FROM runs WHERE connection = ?1 \
             ORDER BY started_at DESC, run_id DESC LIMIT 1",
            "DELETE FROM changes WHERE run_id IN (SELECT run_id FROM runs WHERE connection = ?1)",
            "DELETE FROM runs WHERE connection = ?1",
            "DELETE FROM records WHERE connection = ?1",
            "DELETE FROM withheld WHERE connection = ?1",
            "DELETE FROM cursors WHERE connection = ?1",
            "DELETE FROM pairs WHERE connection = ?1",
            "DELETE FROM parted WHERE connection = ?1",
            "DELETE FROM nameless WHERE connection = ?1",
        ] {
            transaction.execute(statement, params![self.connection])?;
        }
        transaction.commit()
    }

    /// Removes what earlier writes left in free places of the file and in its log. `false`:
    /// another process has the file open, and something may still be there.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn scrub(&self) -> Result<bool, StateError> {
        asked(&self.sqlite, || self.vacuum())
    }

    fn vacuum(&self) -> rusqlite::Result<bool> {
        self.sqlite.busy_timeout(SCRUB)?;
        let busy = |error: &rusqlite::Error| {
            let code = error.sqlite_error_code();
            matches!(
                code,
                Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
            )
        };
        match self.sqlite.execute_batch("VACUUM") {
            Err(error) if busy(&error) => return Ok(false),
            vacuumed => vacuumed?,
        }
        let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
        let blocked: i64 = self.sqlite.query_row(checkpoint, [], |row| row.get(0))?;
        Ok(blocked == 0)
    }
}

#[cfg(test)]
mod tests;
