//! Shops that have the add-on.

use rusqlite::{OptionalExtension, Row, params};

use super::{Database, DateTime, Utc, moment, natural, number};

/// Whether Shoptet lets the add-on into a shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It does.
    Approved,
    /// Paused by the shop or by Shoptet.
    Suspended,
    /// Ended by the shop or by Shoptet, but still installed; approving lifts it as well.
    Terminated,
}

impl Standing {
    /// The word in the state file and in lists.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Suspended => "suspended",
            Self::Terminated => "terminated",
        }
    }

    pub(super) fn read(word: &str) -> Self {
        match word {
            "suspended" => Self::Suspended,
            "terminated" => Self::Terminated,
            _ => Self::Approved,
        }
    }
}

/// What a new installation brings.
#[derive(Debug)]
pub struct NewShop {
    /// Number of the shop.
    pub eshop_id: u64,
    /// Its address for people.
    pub url: String,
    /// The owner's e-mail address, encrypted.
    pub contact: Vec<u8>,
    /// The OAuth access token, encrypted.
    pub oauth_token: Vec<u8>,
}

/// A shop, as far as a letter to its owner needs it.
#[derive(Debug, Clone)]
pub struct Shop {
    /// Its address for people.
    pub url: String,
    /// The language of its country.
    pub language: String,
    /// The owner's e-mail address, encrypted.
    pub contact: Vec<u8>,
}

/// A shop in the overview.
#[derive(Debug, Clone)]
pub struct ListedShop {
    /// Number of the shop.
    pub eshop_id: u64,
    /// Its address for people.
    pub url: String,
    /// When the add-on was installed.
    pub installed_at: DateTime<Utc>,
    /// Whether it is let in.
    pub standing: Standing,
    /// The end of a pairing code that nobody has used yet.
    pub code_until: Option<DateTime<Utc>>,
    /// The programs that are paired, by what they call themselves.
    pub programs: Vec<String>,
    /// When one of them last asked for a token, to the hour.
    pub seen_at: Option<DateTime<Utc>>,
}

impl Database {
    /// A shop installed the add-on. What there was of it before ends: its tokens, codes and pairings.
    pub fn install(&self, shop: &NewShop, now: DateTime<Utc>) -> rusqlite::Result<()> {
        self.uninstall(shop.eshop_id)?;
        let sql = "INSERT INTO shops (eshop_id, url, language, contact, oauth_token, installed_at, \
                   standing, standing_at) VALUES (?1, ?2, '', ?3, ?4, ?5, 'approved', ?5)";
        // To the second, as Shoptet's events are: one of this very second is not an older one.
        let now = now.timestamp() * 1000;
        let NewShop {
            eshop_id,
            url,
            contact,
            oauth_token,
        } = shop;
        let values = params![number(*eshop_id), url, contact, oauth_token, now];
        self.0.prepare_cached(sql)?.execute(values).map(drop)
    }

    /// Deletes all that is kept of a shop; whether there was something.
    pub fn uninstall(&self, eshop_id: u64) -> rusqlite::Result<bool> {
        let sql = "DELETE FROM shops WHERE eshop_id = ?1";
        let deleted = self.0.prepare_cached(sql)?.execute([number(eshop_id)])?;
        Ok(deleted > 0)
    }

    /// When a shop installed the add-on.
    pub fn installed_at(&self, eshop_id: u64) -> rusqlite::Result<Option<DateTime<Utc>>> {
        let sql = "SELECT installed_at FROM shops WHERE eshop_id = ?1";
        let mut statement = self.0.prepare_cached(sql)?;
        let at = statement.query_row([number(eshop_id)], |row| row.get(0));
        at.optional().map(|at| at.map(moment))
    }

    /// Notes how the add-on stands, as an event of this moment said, unless a later one said
    /// otherwise; whether it was noted.
    pub fn set_standing(
        &self,
        eshop_id: u64,
        standing: Standing,
        at: DateTime<Utc>,
    ) -> rusqlite::Result<bool> {
        let sql = "UPDATE shops SET standing = ?2, standing_at = ?3 \
                   WHERE eshop_id = ?1 AND standing_at <= ?3";
        let values = params![number(eshop_id), standing.as_str(), at.timestamp_millis()];
        let changed = self.0.prepare_cached(sql)?.execute(values)?;
        Ok(changed > 0)
    }

    /// Notes the language of a shop's country.
    pub fn set_language(&self, eshop_id: u64, language: &str) -> rusqlite::Result<()> {
        let sql = "UPDATE shops SET language = ?2 WHERE eshop_id = ?1";
        let mut statement = self.0.prepare_cached(sql)?;
        statement
            .execute(params![number(eshop_id), language])
            .map(drop)
    }

    /// A shop, for a letter to its owner.
    pub fn shop(&self, eshop_id: u64) -> rusqlite::Result<Option<Shop>> {
        let sql = "SELECT url, language, contact FROM shops WHERE eshop_id = ?1";
        let read = |row: &Row<'_>| {
            Ok(Shop {
                url: row.get(0)?,
                language: row.get(1)?,
                contact: row.get(2)?,
            })
        };
        let mut statement = self.0.prepare_cached(sql)?;
        statement.query_row([number(eshop_id)], read).optional()
    }

    /// All shops, by their numbers.
    pub fn shops(&self, now: DateTime<Utc>) -> rusqlite::Result<Vec<ListedShop>> {
        let sql = "SELECT shops.eshop_id, url, installed_at, standing, \
                   (SELECT expires_at FROM codes \
                    WHERE codes.eshop_id = shops.eshop_id AND expires_at > ?1), \
                   (SELECT json_group_array(program) FROM pairings \
                    WHERE pairings.eshop_id = shops.eshop_id), \
                   (SELECT max(seen_at) FROM pairings WHERE pairings.eshop_id = shops.eshop_id) \
                   FROM shops ORDER BY shops.eshop_id";
        let read = |row: &Row<'_>| {
            let at = |column| row.get::<_, Option<i64>>(column).map(|at| at.map(moment));
            Ok(ListedShop {
                eshop_id: natural(row, 0)?,
                url: row.get(1)?,
                installed_at: moment(row.get(2)?),
                standing: Standing::read(row.get_ref(3)?.as_str()?),
                code_until: at(4)?,
                programs: serde_json::from_str(row.get_ref(5)?.as_str()?).unwrap_or_default(),
                seen_at: at(6)?,
            })
        };
        let mut statement = self.0.prepare(sql)?;
        let shops = statement.query_map([now.timestamp_millis()], read)?;
        shops.collect()
    }

    /// How many shops and pairings there are.
    pub fn counts(&self) -> rusqlite::Result<(u64, u64)> {
        let sql = "SELECT (SELECT count(*) FROM shops), (SELECT count(*) FROM pairings)";
        let mut statement = self.0.prepare_cached(sql)?;
        statement.query_row([], |row| Ok((natural(row, 0)?, natural(row, 1)?)))
    }
}
