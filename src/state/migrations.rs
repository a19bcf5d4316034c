//! The schema, as steps that are only ever appended to (`PRAGMA user_version` counts them).

use rusqlite_migration::{M, Migrations};

/// Steps in order.
const STEPS: &[M<'static>] = &[
    M::up(
        "CREATE TABLE records (
        connection TEXT NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('company', 'income')),
        source_id TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('sending', 'uncertain', 'synced', 'failed', 'gone')),
        caflou_id INTEGER,
        label TEXT NOT NULL,
        source TEXT NOT NULL,     -- JSON: the source's values as last decided upon
        written TEXT,             -- JSON: what Caflou held after our last write; NULL: the same
        changed_at INTEGER,       -- the source's change time, seconds since 1970
        sent_at INTEGER,          -- the last write of unknown outcome, milliseconds since 1970
        awaits TEXT,              -- the customer whose company is not imported yet
        reason TEXT,              -- why it failed; NULL: it did not
        attempts INTEGER NOT NULL DEFAULT 0,
        first_failed_at INTEGER,  -- seconds since 1970
        last_failed_at INTEGER,
        PRIMARY KEY (connection, kind, source_id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX records_open ON records (connection, kind, source_id)
        WHERE state IN ('sending', 'uncertain', 'failed') OR reason IS NOT NULL;
    CREATE INDEX records_awaiting ON records (connection, awaits) WHERE awaits IS NOT NULL;
    CREATE TABLE cursors (
        connection TEXT NOT NULL,
        kind TEXT NOT NULL,
        at INTEGER NOT NULL,         -- the source's clock, seconds since 1970
        listed_at INTEGER NOT NULL,  -- when all of it was last listed
        settings TEXT NOT NULL,      -- fingerprint of interval, modes and mapping
        PRIMARY KEY (connection, kind)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE runs (
        run_id TEXT PRIMARY KEY,
        connection TEXT NOT NULL,
        started_at INTEGER NOT NULL,
        finished_at INTEGER,
        status TEXT,
        summary TEXT                 -- JSON, as reported
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX runs_of_connection ON runs (connection, started_at);
    CREATE TABLE changes (
        run_id TEXT NOT NULL REFERENCES runs (run_id),
        kind TEXT NOT NULL,
        source_id TEXT NOT NULL,
        action TEXT NOT NULL,
        change TEXT NOT NULL         -- JSON, as reported
    ) STRICT;
    CREATE INDEX changes_of_run ON changes (run_id);",
    ),
    M::up(
        "ALTER TABLE records ADD COLUMN pending TEXT; -- JSON: an update of unknown outcome
    DROP INDEX records_open;
    CREATE INDEX records_open ON records (connection, kind, source_id)
        WHERE state IN ('sending', 'uncertain', 'failed') OR reason IS NOT NULL
        OR pending IS NOT NULL;",
    ),
    M::up("CREATE INDEX changes_of_record ON changes (kind, source_id, run_id);"),
    M::up(
        "CREATE TABLE pairs (
        connection TEXT PRIMARY KEY,
        source TEXT NOT NULL,        -- whose records it imports, as the marks begin
        target TEXT NOT NULL         -- the account it imports to
    ) STRICT, WITHOUT ROWID;",
    ),
    M::up(
        "ALTER TABLE runs ADD COLUMN part INTEGER NOT NULL DEFAULT 0
        CHECK (part IN (0, 1)); -- 1: only a part of what the connection imports was asked for",
    ),
    M::up("ALTER TABLE records ADD COLUMN origin TEXT; -- which record of the source has this key"),
    M::up(
        "CREATE TABLE withheld (
        connection TEXT NOT NULL,
        kind TEXT NOT NULL,
        source_id TEXT NOT NULL,
        what TEXT NOT NULL,          -- fingerprint of a change that was told and not made
        PRIMARY KEY (connection, kind, source_id)
    ) STRICT, WITHOUT ROWID;",
    ),
    M::up(
        // What earlier releases linked twice stays as it is, and is told; it is not made worse.
        "ALTER TABLE records ADD COLUMN doubled INTEGER NOT NULL DEFAULT 0
        CHECK (doubled IN (0, 1)); -- 1: an earlier release linked another record with the same id
    UPDATE records SET doubled = 1 WHERE state = 'synced' AND caflou_id IS NOT NULL
        AND (connection, kind, source_id) NOT IN (
        SELECT connection, kind, min(source_id) FROM records
        WHERE state = 'synced' AND caflou_id IS NOT NULL GROUP BY connection, kind, caflou_id);
    CREATE UNIQUE INDEX records_linked ON records (connection, kind, caflou_id)
        WHERE state = 'synced' AND doubled = 0;
    CREATE INDEX records_doubled ON records (connection, kind) WHERE doubled = 1;
    CREATE TABLE parted (
        connection TEXT NOT NULL,
        kind TEXT NOT NULL,
        source_id TEXT NOT NULL,
        caflou_id INTEGER NOT NULL,  -- the user said that it is not this record
        PRIMARY KEY (connection, kind, source_id, caflou_id)
    ) STRICT, WITHOUT ROWID;",
    ),
    M::up(
        "CREATE INDEX records_by_hand ON records (connection, kind)
        WHERE state = 'synced' AND source = '{}';",
    ),
    M::up(
        "ALTER TABLE records ADD COLUMN sent_boot TEXT; -- the start of the machine that sent_up counts from
    ALTER TABLE records ADD COLUMN sent_up INTEGER; -- sent_at by a clock that nobody sets, milliseconds
    ALTER TABLE records ADD COLUMN sent_for INTEGER; -- how long that write may be carried out still, milliseconds
    ALTER TABLE records ADD COLUMN checksum INTEGER; -- see sums.rs",
    ),
    M::up(
        "CREATE TABLE given (
        run_id TEXT PRIMARY KEY      -- a run that was forgotten: this file gave it out all the same
    ) STRICT, WITHOUT ROWID;",
    ),
    M::up(
        "CREATE TABLE nameless (
        connection TEXT NOT NULL,
        kind TEXT NOT NULL,
        reason TEXT NOT NULL,        -- why a record without a usable number failed
        nth INTEGER NOT NULL,        -- of those with this reason in one run
        run_id TEXT NOT NULL,        -- the last run that met it
        attempts INTEGER NOT NULL,
        first_failed_at INTEGER NOT NULL, -- seconds since 1970
        last_failed_at INTEGER NOT NULL,
        PRIMARY KEY (connection, kind, reason, nth)
    ) STRICT, WITHOUT ROWID;",
    ),
    M::up(
        "CREATE INDEX IF NOT EXISTS records_gone ON records (connection, kind, source_id)
        WHERE state = 'gone';",
    ),
    M::up(
        // Kinds and streams are the program's business: a new one changes no table. What the one
        // source of that time called its two lists is a part of this step.
        "CREATE TABLE records_of_all_kinds (
        connection TEXT NOT NULL,
        kind TEXT NOT NULL,
        source_id TEXT NOT NULL,  -- begins with the stream's word and a slash, if there are several
        state TEXT NOT NULL CHECK (state IN ('sending', 'uncertain', 'synced', 'failed', 'gone')),
        caflou_id INTEGER,
        label TEXT NOT NULL,
        source TEXT NOT NULL,
        written TEXT,
        changed_at INTEGER,
        sent_at INTEGER,
        awaits TEXT,
        reason TEXT,
        attempts INTEGER NOT NULL DEFAULT 0,
        first_failed_at INTEGER,
        last_failed_at INTEGER,
        pending TEXT,
        origin TEXT,
        doubled INTEGER NOT NULL DEFAULT 0 CHECK (doubled IN (0, 1)),
        sent_boot TEXT,
        sent_up INTEGER,
        sent_for INTEGER,
        checksum INTEGER,
        PRIMARY KEY (connection, kind, source_id)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO records_of_all_kinds (connection, kind, source_id, state, caflou_id, label, source,
        written, changed_at, sent_at, awaits, reason, attempts, first_failed_at, last_failed_at,
        pending, origin, doubled, sent_boot, sent_up, sent_for, checksum)
    SELECT connection, kind, source_id, state, caflou_id, label, source,
        written, changed_at, sent_at, awaits, reason, attempts, first_failed_at, last_failed_at,
        pending, origin, doubled, sent_boot, sent_up, sent_for, checksum FROM records;
    DROP TABLE records;
    ALTER TABLE records_of_all_kinds RENAME TO records;
    CREATE INDEX records_open ON records (connection, kind, source_id)
        WHERE state IN ('sending', 'uncertain', 'failed') OR reason IS NOT NULL
        OR pending IS NOT NULL;
    CREATE INDEX records_awaiting ON records (connection, awaits) WHERE awaits IS NOT NULL;
    CREATE UNIQUE INDEX records_linked ON records (connection, kind, caflou_id)
        WHERE state = 'synced' AND doubled = 0;
    CREATE INDEX records_doubled ON records (connection, kind) WHERE doubled = 1;
    CREATE INDEX records_by_hand ON records (connection, kind)
        WHERE state = 'synced' AND source = '{}';
    CREATE INDEX records_gone ON records (connection, kind, source_id) WHERE state = 'gone';
    CREATE TABLE cursors_of_streams (
        connection TEXT NOT NULL,
        stream TEXT NOT NULL,
        cursor TEXT NOT NULL,        -- where to go on, in the source's own words
        at INTEGER NOT NULL,         -- when that was by the source's clock, seconds since 1970
        listed_at INTEGER NOT NULL,  -- when all of it was last listed
        settings TEXT NOT NULL,      -- fingerprint of interval, modes and mapping
        PRIMARY KEY (connection, stream)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO cursors_of_streams SELECT connection,
        CASE kind WHEN 'company' THEN 'customers' ELSE 'orders' END,
        strftime('%Y-%m-%dT%H:%M:%SZ', at, 'unixepoch'), at, listed_at, settings FROM cursors;
    DROP TABLE cursors;
    ALTER TABLE cursors_of_streams RENAME TO cursors;",
    ),
    M::up(
        "ALTER TABLE nameless ADD COLUMN name TEXT NOT NULL DEFAULT ''; -- what its number reads like
    ALTER TABLE nameless ADD COLUMN place TEXT; -- where it is looked for again, in the source's words",
    ),
    M::up(
        // What earlier releases advised stands in the text of the error: a command of ours.
        "ALTER TABLE runs ADD COLUMN class TEXT; -- of the error that ended it
    ALTER TABLE runs ADD COLUMN advice TEXT; -- what to do about that, if anything; empty: its text says it
    UPDATE runs SET advice = '' WHERE instr(summary, 'caflou-sync ') > 0;",
    ),
    M::up(
        "ALTER TABLE runs ADD COLUMN sends INTEGER NOT NULL DEFAULT 0; -- writes noted before they left",
    ),
    M::up(
        // A clock that was ahead once would make one run the last for good.
        "ALTER TABLE runs ADD COLUMN nth INTEGER NOT NULL DEFAULT 0; -- how many-th of its connection
    UPDATE runs SET nth = so_far.nth FROM (SELECT run_id, row_number() OVER
        (PARTITION BY connection ORDER BY started_at, run_id) AS nth FROM runs) AS so_far
        WHERE runs.run_id = so_far.run_id;
    DROP INDEX runs_of_connection;
    CREATE INDEX runs_of_connection ON runs (connection, nth);",
    ),
];

/// The schema's history.
pub(super) fn migrations() -> Migrations<'static> {
    Migrations::from_slice(STEPS)
}

/// The newest schema version.
pub(super) fn newest() -> usize {
    STEPS.len()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_schema_is_sound() {
        super::migrations().validate().unwrap();
    }
}
