//! What is held of a person: the records asked for, and the documents that go with a company.

use std::collections::BTreeSet;

use rusqlite::types::Type;
use rusqlite::{Connection, Row, params};

use super::view::{asked, one};
use super::{StateError, View};
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
    pub(super) names: BTreeSet<String>,
}

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
