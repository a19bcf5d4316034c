//! Reading the state of one connection.

use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::{Connection, OptionalExtension, Params, Row, params};

use super::error::file_of;
use super::known::UNBELIEVED;
use super::{Cursor, Failure, Known, RecordState, Sent, StateError, Uptime, open, sums};
use crate::record::{Attributes, CaflouId, Kind, SourceId, Stream};

/// Of these statements the parameters are the connection, the kind, and the keys of the stream.
const IMPORTED: &str = "SELECT source_id FROM records WHERE connection = ?1 AND kind = ?2 \
     AND source_id >= ?3 AND source_id < ?4 AND state = 'synced'";
const FAILED_OR_UNKNOWN: &str = "SELECT source_id FROM records INDEXED BY records_open \
     WHERE connection = ?1 AND kind = ?2 AND source_id >= ?3 AND source_id < ?4 \
     AND (state IN ('sending', 'uncertain', 'failed') OR reason IS NOT NULL \
     OR pending IS NOT NULL)";
const COMPANY_CAME: &str = "SELECT record.source_id FROM records AS record \
     JOIN records AS company ON company.connection = record.connection \
     AND company.kind = 'company' AND company.source_id = record.awaits \
     AND company.state = 'synced' WHERE record.connection = ?1 AND record.kind = ?2 \
     AND record.source_id >= ?3 AND record.source_id < ?4 AND record.awaits IS NOT NULL";
const BY_HAND: &str = "SELECT source_id FROM records INDEXED BY records_by_hand \
     WHERE connection = ?1 AND kind = ?2 AND source_id >= ?3 AND source_id < ?4 \
     AND state = 'synced' AND source = '{}'";

/// The state of one connection, for reading. A file that does not exist yet is an empty state.
#[derive(Debug)]
pub struct View {
    pub(super) sqlite: Connection,
    pub(super) connection: String,
}

impl View {
    /// Opens without changing anything.
    ///
    /// # Errors
    /// When the file is there but unusable, or was written by a newer release.
    pub fn open(path: &Path, connection: &str) -> Result<Self, StateError> {
        Ok(Self {
            sqlite: open::read(path)?,
            connection: connection.to_owned(),
        })
    }

    /// A state of which nothing is known, in the place of a file.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub fn empty(path: &Path, connection: &str) -> Result<Self, StateError> {
        Ok(Self {
            sqlite: open::empty(path)?,
            connection: connection.to_owned(),
        })
    }

    /// What is known of a record.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn known(&self, kind: Kind, id: &SourceId) -> Result<Option<Known>, StateError> {
        let sqlite = &self.sqlite;
        let asked_for = [self.connection.as_str(), kind.as_str(), &id.0];
        let read = |row: &Row<'_>| {
            if !is_row_of(row, 13, asked_for)? {
                return Ok(Err("values"));
            }
            read_known(row)
        };
        let row = one(sqlite, &known_row(), asked_for, read)?;
        let corrupt = |what| StateError::corrupt(&file_of(sqlite), what, &format!("{kind} {id}"));
        row.transpose().map_err(corrupt)
    }

    /// The Caflou company of a customer, where it is imported.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn company(&self, id: &SourceId) -> Result<Option<CaflouId>, StateError> {
        let sqlite = &self.sqlite;
        let asked_for = [self.connection.as_str(), Kind::Company.as_str(), &id.0];
        let read = |row: &Row<'_>| Ok((is_row_of(row, 1, asked_for)?, row.get(0)?));
        let found: Option<(bool, Option<i64>)> = one(sqlite, &company_row(), asked_for, read)?;
        match found {
            Some((false, _)) => {
                let record = format!("company {id}");
                Err(StateError::corrupt(&file_of(sqlite), "values", &record))
            }
            found => Ok(found.and_then(|(_, id)| id).map(CaflouId)),
        }
    }

    /// Whether nothing about a record is open, and the source's change time then.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn settled(
        &self,
        kind: Kind,
        id: &SourceId,
    ) -> Result<Option<Option<DateTime<Utc>>>, StateError> {
        let sqlite = &self.sqlite;
        let found: Option<Option<i64>> = one(
            sqlite,
            "SELECT changed_at FROM records WHERE connection = ?1 AND kind = ?2 AND source_id = ?3 \
             AND state IN ('synced', 'gone') AND reason IS NULL AND pending IS NULL \
             AND (state = 'gone' OR source <> '{}')",
            params![self.connection, kind.as_str(), id.0],
            |row| row.get(0),
        )?;
        Ok(found.map(|at| at.and_then(seconds)))
    }

    /// Records that every run looks at again: those that failed, those whose outcome is unknown,
    /// those whose company was imported after them, and those that were linked by hand.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn open_records(&self, stream: &Stream) -> Result<Vec<SourceId>, StateError> {
        let mut open = Vec::new();
        for sql in [FAILED_OR_UNKNOWN, COMPANY_CAME, BY_HAND] {
            open.extend(self.ids(stream, sql, |_| true)?);
        }
        Ok(open)
    }

    /// Those records in Caflou that the caller wants: all of them may be many.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn imported(
        &self,
        stream: &Stream,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Vec<SourceId>, StateError> {
        self.ids(stream, IMPORTED, wanted)
    }

    /// Records in Caflou, unpaid and active as the source was last seen, with a day in this range:
    /// from the first on, where there is one, and before the last.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn unpaid(
        &self,
        stream: &Stream,
        (from, before): (Option<NaiveDate>, NaiveDate),
    ) -> Result<Vec<SourceId>, StateError> {
        let from = from.map(|day| day.to_string()).unwrap_or_default();
        // Days as text sort as days; what they hold needs no quoting.
        let sql = format!(
            "{IMPORTED} AND json_extract(source, '$.done') = 0 \
             AND coalesce(json_extract(source, '$.inactive'), 0) = 0 \
             AND json_extract(source, '$.date') >= '{from}' \
             AND json_extract(source, '$.date') < '{before}'"
        );
        self.ids(stream, &sql, |_| true)
    }

    fn ids(
        &self,
        stream: &Stream,
        sql: &str,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Vec<SourceId>, StateError> {
        let [from, before] = stream.keys();
        asked(&self.sqlite, || {
            let mut statement = self.sqlite.prepare_cached(sql)?;
            let kind = stream.kind.as_str();
            let mut rows = statement.query(params![self.connection, kind, from, before])?;
            let mut ids = Vec::new();
            while let Some(row) = rows.next()? {
                let id = row.get_ref(0)?.as_str()?;
                if wanted(id) {
                    ids.push(SourceId(id.to_owned()));
                }
            }
            Ok(ids)
        })
    }

    /// How many records of a stream are in Caflou.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn count_imported(&self, stream: &Stream) -> Result<u64, StateError> {
        let [from, before] = stream.keys();
        let found = one(
            &self.sqlite,
            "SELECT count(*) FROM records WHERE connection = ?1 AND kind = ?2 \
             AND source_id >= ?3 AND source_id < ?4 AND state = 'synced'",
            params![self.connection, stream.kind.as_str(), from, before],
            |row| row.get::<_, i64>(0),
        )?;
        Ok(found.unwrap_or(0).unsigned_abs())
    }

    /// Looks several times at the same moment of the file, which reads each of its pages once.
    ///
    /// # Errors
    /// Those of `look`, and when the file cannot be read.
    pub fn at_once<T>(
        &self,
        look: impl FnOnce(&Self) -> Result<T, StateError>,
    ) -> Result<T, StateError> {
        let sqlite = &self.sqlite;
        let _moment = asked(sqlite, || sqlite.unchecked_transaction())?;
        look(self)
    }

    /// How far a stream was read.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn cursor(&self, stream: &Stream) -> Result<Option<Cursor>, StateError> {
        let sqlite = &self.sqlite;
        let read = |row: &Row<'_>| {
            let (text, settings) = (row.get(0)?, row.get(3)?);
            let (at, listed_at) = (seconds(row.get(1)?), seconds(row.get(2)?));
            Ok(at.zip(listed_at).map(|(at, listed_at)| Cursor {
                text,
                at,
                listed_at,
                settings,
            }))
        };
        let found = one(
            sqlite,
            "SELECT cursor, at, listed_at, settings FROM cursors \
             WHERE connection = ?1 AND stream = ?2",
            params![self.connection, stream.word],
            read,
        )?;
        Ok(found.flatten().and_then(Cursor::unsealed))
    }
}

/// The row that a statement finds, if any.
pub(super) fn one<T>(
    sqlite: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Option<T>, StateError> {
    asked(sqlite, || {
        let mut statement = sqlite.prepare_cached(sql)?;
        statement.query_row(params, read).optional()
    })
}

/// Asks the file; an error says which file and what to do.
pub(super) fn asked<T>(
    sqlite: &Connection,
    ask: impl FnOnce() -> rusqlite::Result<T>,
) -> Result<T, StateError> {
    ask().map_err(|error| StateError::statement(sqlite, &error))
}

const ROW_OF: &str = "connection = ?1 AND kind = ?2 AND source_id = ?3";

/// A record with its key, and whether it is as it was stored.
fn known_row() -> String {
    format!(
        "SELECT state, caflou_id, label, source, written, changed_at, sent_at, reason, attempts, \
         first_failed_at, last_failed_at, pending, origin, connection, kind, source_id, {}, \
         sent_boot, sent_up, sent_for FROM records \
         WHERE {ROW_OF}",
        sums::holds()
    )
}

/// The same of a company in Caflou: only its id there.
fn company_row() -> String {
    format!(
        "SELECT caflou_id, connection, kind, source_id, {} FROM records WHERE {ROW_OF} \
         AND state = 'synced'",
        sums::holds()
    )
}

/// Whether a row is the one asked for, and as it was stored; that stands from the column `at` on.
fn is_row_of(row: &Row<'_>, at: usize, asked_for: [&str; 3]) -> rusqlite::Result<bool> {
    for (place, key) in asked_for.iter().enumerate() {
        if row.get_ref(at + place)?.as_str()? != *key {
            return Ok(false);
        }
    }
    row.get(at + 3)
}

type Decoded<T> = Result<T, &'static str>;

fn read_known(row: &Row<'_>) -> rusqlite::Result<Decoded<Known>> {
    let state: String = row.get(0)?;
    let source: String = row.get(3)?;
    let written: Option<String> = row.get(4)?;
    let changed_at: Option<i64> = row.get(5)?;
    let sent_at = read_sent(row)?;
    let reason: Option<String> = row.get(7)?;
    let attempts: u32 = row.get(8)?;
    let (first, last): (Option<i64>, Option<i64>) = (row.get(9)?, row.get(10)?);
    let pending: Option<String> = row.get(11)?;
    let caflou_id = row.get::<_, Option<i64>>(1)?.map(CaflouId);
    let label = row.get(2)?;
    let origin: Option<String> = row.get(12)?;
    let origin = origin.filter(|origin| !origin.starts_with(UNBELIEVED));
    let decode = || {
        let source = attributes(&source).ok_or("values")?;
        let written = match &written {
            Some(text) => attributes(text).ok_or("written values")?,
            None => source.clone(),
        };
        let pending = match &pending {
            Some(text) => attributes(text).ok_or("values of an update")?,
            None => Attributes::default(),
        };
        let failure = reason.map(|reason| Failure {
            reason,
            attempts,
            first: first.and_then(seconds).unwrap_or_default(),
            last: last.and_then(seconds).unwrap_or_default(),
        });
        Ok(Known {
            state: RecordState::parse(&state).ok_or("state")?,
            caflou_id,
            label,
            origin,
            source,
            written,
            changed_at: changed_at.and_then(seconds),
            pending,
            sent_at,
            failure,
        })
    };
    Ok(decode())
}

/// The last write that may be carried out still.
fn read_sent(row: &Row<'_>) -> rusqlite::Result<Option<Sent>> {
    let at: Option<i64> = row.get(6)?;
    let boot: Option<String> = row.get(17)?;
    let (up, within): (Option<i64>, Option<i64>) = (row.get(18)?, row.get(19)?);
    let time = |millis: i64| Some(Duration::from_millis(u64::try_from(millis).ok()?));
    Ok(at.map(|at| Sent {
        at: DateTime::from_timestamp_millis(at).unwrap_or_default(),
        up: boot.zip(up.and_then(time).map(Uptime)),
        within: within.and_then(time).unwrap_or_default(),
    }))
}

fn attributes(text: &str) -> Option<Attributes> {
    serde_json::from_str(text)
        .ok()
        .as_ref()
        .map(Attributes::from_json)
}

pub(super) fn seconds(seconds: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(seconds, 0)
}
