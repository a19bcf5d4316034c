//! Pairing codes that wait to be used, and programs that used one.

use chrono::TimeDelta;
use rusqlite::{OptionalExtension, Row, params};

use super::{Database, DateTime, KeptToken, Standing, Utc, moment, natural, number};

/// How exactly it is noted when a program last asked: a write for each would be too many.
const GLANCE: TimeDelta = TimeDelta::hours(1);

/// A program that is paired with a shop, and the shop as its tokens need it.
#[derive(Debug, Clone)]
pub struct Paired {
    /// The shop.
    pub eshop_id: u64,
    /// Whether the add-on is let in.
    pub standing: Standing,
    /// The OAuth access token, encrypted.
    pub oauth_token: Vec<u8>,
    /// The newest API access token.
    pub token: Option<KeptToken>,
}

impl Database {
    /// A new pairing code of a shop, in place of an older one.
    pub fn set_code(
        &self,
        eshop_id: u64,
        hash: &[u8],
        until: DateTime<Utc>,
    ) -> rusqlite::Result<()> {
        let sql = "INSERT OR REPLACE INTO codes (eshop_id, hash, expires_at) VALUES (?1, ?2, ?3)";
        let values = params![number(eshop_id), hash, until.timestamp_millis()];
        self.0.prepare_cached(sql)?.execute(values).map(drop)
    }

    /// The hash of a shop's pairing code that is still good.
    pub fn code(&self, eshop_id: u64, now: DateTime<Utc>) -> rusqlite::Result<Option<Vec<u8>>> {
        let sql = "SELECT hash FROM codes WHERE eshop_id = ?1 AND expires_at > ?2";
        let mut statement = self.0.prepare_cached(sql)?;
        let values = params![number(eshop_id), now.timestamp_millis()];
        statement.query_row(values, |row| row.get(0)).optional()
    }

    /// A program used the shop's pairing code, which ends by this; the shop's address for people.
    pub fn pair(
        &self,
        eshop_id: u64,
        hash: &[u8],
        program: &str,
        now: DateTime<Utc>,
    ) -> rusqlite::Result<String> {
        let shop = number(eshop_id);
        let sql = "DELETE FROM codes WHERE eshop_id = ?1";
        self.0.prepare_cached(sql)?.execute([shop])?;
        let sql = "INSERT INTO pairings (hash, eshop_id, program, paired_at, seen_at) \
                   VALUES (?1, ?2, ?3, ?4, ?4)";
        let values = params![hash, shop, program, now.timestamp_millis()];
        self.0.prepare_cached(sql)?.execute(values)?;
        let sql = "SELECT url FROM shops WHERE eshop_id = ?1";
        let mut statement = self.0.prepare_cached(sql)?;
        statement.query_row([shop], |row| row.get(0))
    }

    /// The pairing of a secret, which is noted to be in use.
    pub fn paired(&self, hash: &[u8], now: DateTime<Utc>) -> rusqlite::Result<Option<Paired>> {
        let sql = "SELECT shops.eshop_id, standing, oauth_token, seen_at FROM pairings \
                   JOIN shops USING (eshop_id) WHERE hash = ?1";
        let read = |row: &Row<'_>| {
            let paired = Paired {
                eshop_id: natural(row, 0)?,
                standing: Standing::read(row.get_ref(1)?.as_str()?),
                oauth_token: row.get(2)?,
                token: None,
            };
            Ok((paired, moment(row.get(3)?)))
        };
        let mut statement = self.0.prepare_cached(sql)?;
        let Some((mut paired, seen_at)) = statement.query_row([hash], read).optional()? else {
            return Ok(None);
        };
        if now - seen_at >= GLANCE {
            let sql = "UPDATE pairings SET seen_at = ?2 WHERE hash = ?1";
            let values = params![hash, now.timestamp_millis()];
            self.0.prepare_cached(sql)?.execute(values)?;
        }
        paired.token = self.newest_token(paired.eshop_id, now)?;
        Ok(Some(paired))
    }

    /// Ends all pairings of a shop, and its pairing code; how many there were.
    pub fn unpair(&self, eshop_id: u64) -> rusqlite::Result<usize> {
        let shop = number(eshop_id);
        self.0
            .execute("DELETE FROM codes WHERE eshop_id = ?1", [shop])?;
        self.0
            .execute("DELETE FROM pairings WHERE eshop_id = ?1", [shop])
    }

    /// The programs that are paired with a shop: what they call themselves.
    pub fn programs(&self, eshop_id: u64) -> rusqlite::Result<Vec<String>> {
        let sql = "SELECT program FROM pairings WHERE eshop_id = ?1 ORDER BY paired_at";
        let mut statement = self.0.prepare(sql)?;
        let programs = statement.query_map([number(eshop_id)], |row| row.get(0))?;
        programs.collect()
    }
}
