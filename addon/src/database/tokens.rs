//! API access tokens that are still good.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Row, params};

use super::{Database, moment, number};

/// A token that is kept.
#[derive(Debug, Clone)]
pub struct KeptToken {
    /// Encrypted.
    pub token: Vec<u8>,
    /// From when on it is renewed.
    pub renew_at: DateTime<Utc>,
    /// Its end.
    pub expires_at: DateTime<Utc>,
}

/// A token that was just obtained.
#[derive(Debug)]
pub struct NewToken {
    /// The shop.
    pub eshop_id: u64,
    /// The OAuth access token it was obtained with, encrypted as it is kept.
    pub oauth_token: Vec<u8>,
    /// The token.
    pub token: KeptToken,
}

impl Database {
    /// The token of a shop that lives longest.
    pub(super) fn newest_token(
        &self,
        eshop_id: u64,
        now: DateTime<Utc>,
    ) -> rusqlite::Result<Option<KeptToken>> {
        let sql = "SELECT token, renew_at, expires_at FROM tokens \
                   WHERE eshop_id = ?1 AND expires_at > ?2 ORDER BY expires_at DESC, rowid DESC LIMIT 1";
        let read = |row: &Row<'_>| {
            Ok(KeptToken {
                token: row.get(0)?,
                renew_at: moment(row.get(1)?),
                expires_at: moment(row.get(2)?),
            })
        };
        let mut statement = self.0.prepare_cached(sql)?;
        let values = params![number(eshop_id), now.timestamp_millis()];
        statement.query_row(values, read).optional()
    }

    /// The ends of all tokens of a shop that are still good, the earliest first.
    pub fn token_ends(
        &self,
        eshop_id: u64,
        now: DateTime<Utc>,
    ) -> rusqlite::Result<Vec<DateTime<Utc>>> {
        let sql = "SELECT expires_at FROM tokens WHERE eshop_id = ?1 AND expires_at > ?2 \
                   ORDER BY expires_at";
        let mut statement = self.0.prepare_cached(sql)?;
        let values = params![number(eshop_id), now.timestamp_millis()];
        let ends = statement.query_map(values, |row| row.get(0).map(moment))?;
        ends.collect()
    }

    /// Keeps a token, unless the shop has uninstalled the add-on since, or installed it anew;
    /// whether it was kept.
    pub fn keep_token(&self, new: &NewToken, now: DateTime<Utc>) -> rusqlite::Result<bool> {
        let shop = number(new.eshop_id);
        let sql = "DELETE FROM tokens WHERE eshop_id = ?1 AND expires_at <= ?2";
        self.0
            .prepare_cached(sql)?
            .execute(params![shop, now.timestamp_millis()])?;
        let sql = "INSERT INTO tokens (token, eshop_id, renew_at, expires_at) \
                   SELECT ?3, eshop_id, ?4, ?5 FROM shops WHERE eshop_id = ?1 AND oauth_token = ?2";
        let KeptToken {
            token,
            renew_at,
            expires_at,
        } = &new.token;
        let (renew_at, expires_at) = (renew_at.timestamp_millis(), expires_at.timestamp_millis());
        let values = params![shop, new.oauth_token, token, renew_at, expires_at];
        let kept = self.0.prepare_cached(sql)?.execute(values)?;
        Ok(kept > 0)
    }
}
