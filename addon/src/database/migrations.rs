//! The schema, as steps that are only ever appended to (`PRAGMA user_version` counts them).

use rusqlite_migration::{M, Migrations};

/// Steps in order. Times are milliseconds since 1970.
const STEPS: &[M<'static>] = &[M::up(
    "CREATE TABLE key (
        only INTEGER PRIMARY KEY CHECK (only = 1),
        fingerprint BLOB NOT NULL      -- which key all this is encrypted with
    ) STRICT;
    CREATE TABLE shops (
        eshop_id INTEGER PRIMARY KEY,
        url TEXT NOT NULL,
        language TEXT NOT NULL,
        contact BLOB NOT NULL,         -- encrypted: the owner's e-mail address
        oauth_token BLOB NOT NULL,     -- encrypted
        installed_at INTEGER NOT NULL,
        standing TEXT NOT NULL CHECK (standing IN ('approved', 'suspended', 'terminated')),
        standing_at INTEGER NOT NULL   -- when the event was created that said so
    ) STRICT;
    CREATE TABLE codes (
        eshop_id INTEGER PRIMARY KEY REFERENCES shops ON DELETE CASCADE,
        hash BLOB NOT NULL,            -- HMAC
        expires_at INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE pairings (
        hash BLOB PRIMARY KEY,         -- SHA-256 of the pairing secret
        eshop_id INTEGER NOT NULL REFERENCES shops ON DELETE CASCADE,
        program TEXT NOT NULL,
        paired_at INTEGER NOT NULL,
        seen_at INTEGER NOT NULL       -- when it last asked for a token, to the hour
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX pairings_of_shop ON pairings (eshop_id);
    CREATE TABLE tokens (
        token BLOB NOT NULL,           -- encrypted: an API access token
        eshop_id INTEGER NOT NULL REFERENCES shops ON DELETE CASCADE,
        renew_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX tokens_of_shop ON tokens (eshop_id, expires_at);
    CREATE TABLE tries (
        at INTEGER NOT NULL,
        eshop_id INTEGER NOT NULL,     -- also of shops that there are not
        address BLOB NOT NULL          -- HMAC
    ) STRICT;
    CREATE INDEX tries_by_time ON tries (at);
    CREATE INDEX tries_of_shop ON tries (eshop_id, at);
    CREATE INDEX tries_of_address ON tries (address, at);
    CREATE TABLE events (
        hash BLOB PRIMARY KEY,         -- SHA-256 of a webhook's body
        at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX events_by_time ON events (at);",
)];

/// The schema's history.
pub(super) fn migrations() -> Migrations<'static> {
    Migrations::from_slice(STEPS)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_schema_is_sound() {
        super::migrations().validate().unwrap();
    }
}
