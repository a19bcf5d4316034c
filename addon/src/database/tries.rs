//! What came lately: wrong pairing codes, and webhooks.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, params};

use super::{Database, moment, number};
use crate::config::AddonLimits;

/// For how long a wrong pairing code counts.
const WINDOW: TimeDelta = TimeDelta::hours(1);

/// Who tried a wrong pairing code, for which shop.
#[derive(Debug, Clone)]
pub struct Tries {
    /// The shop that was named; there need not be one.
    pub eshop_id: u64,
    /// The client's address, hashed.
    pub address: Vec<u8>,
}

/// There were too many wrong codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limited {
    /// When the next one may be tried.
    pub until: DateTime<Utc>,
}

impl Database {
    /// Whether another code may be tried.
    pub fn may_try(
        &self,
        tries: &Tries,
        limits: &AddonLimits,
        now: DateTime<Utc>,
    ) -> rusqlite::Result<Result<(), Limited>> {
        let since = (now - WINDOW).timestamp_millis();
        let old = "DELETE FROM tries WHERE at <= ?1";
        self.0.prepare_cached(old)?.execute([since])?;
        let of_shop = "SELECT at FROM tries WHERE eshop_id = ?1 ORDER BY at DESC LIMIT 1 OFFSET ?2";
        let of_address =
            "SELECT at FROM tries WHERE address = ?1 ORDER BY at DESC LIMIT 1 OFFSET ?2";
        // The last one but so many is the one that has to grow old first.
        let of_shop = self.nth(
            of_shop,
            params![number(tries.eshop_id), limits.wrong_codes_per_shop - 1],
        )?;
        let of_address = self.nth(
            of_address,
            params![tries.address, limits.wrong_codes_per_address - 1],
        )?;
        let last = of_shop.max(of_address);
        Ok(last.map_or(Ok(()), |at| Err(Limited { until: at + WINDOW })))
    }

    /// Counts a wrong code.
    pub fn count_try(&self, tries: &Tries, now: DateTime<Utc>) -> rusqlite::Result<()> {
        let sql = "INSERT INTO tries (at, eshop_id, address) VALUES (?1, ?2, ?3)";
        let values = params![
            now.timestamp_millis(),
            number(tries.eshop_id),
            tries.address
        ];
        self.0.prepare_cached(sql)?.execute(values).map(drop)
    }

    /// Notes a webhook by the hash of its body, for this long; whether it is the first of its kind.
    pub fn note_event(
        &self,
        hash: &[u8],
        now: DateTime<Utc>,
        memory: TimeDelta,
    ) -> rusqlite::Result<bool> {
        let old = "DELETE FROM events WHERE at <= ?1";
        let since = (now - memory).timestamp_millis();
        self.0.prepare_cached(old)?.execute([since])?;
        let sql = "INSERT OR IGNORE INTO events (hash, at) VALUES (?1, ?2)";
        let values = params![hash, now.timestamp_millis()];
        let noted = self.0.prepare_cached(sql)?.execute(values)?;
        Ok(noted > 0)
    }

    fn nth(
        &self,
        sql: &str,
        values: impl rusqlite::Params,
    ) -> rusqlite::Result<Option<DateTime<Utc>>> {
        let sqlite: &Connection = &self.0;
        let mut statement = sqlite.prepare_cached(sql)?;
        let mut rows = statement.query(values)?;
        let row = rows.next()?;
        row.map(|row| row.get(0).map(moment)).transpose()
    }
}
