CREATE TABLE changes (
 run_id TEXT NOT NULL REFERENCES runs (run_id),
 kind TEXT NOT NULL,
 source_id TEXT NOT NULL,
 action TEXT NOT NULL,
 change TEXT NOT NULL         -- JSON, as reported
 ) STRICT;
CREATE TABLE cursors (
 connection TEXT NOT NULL,
 stream TEXT NOT NULL,
 cursor TEXT NOT NULL,        -- where to go on, in the source's own words
 at INTEGER NOT NULL,         -- when that was by the source's clock, seconds since 1970
 listed_at INTEGER NOT NULL,  -- when all of it was last listed
 settings TEXT NOT NULL,      -- fingerprint of interval, modes and mapping
 PRIMARY KEY (connection, stream)
 ) STRICT, WITHOUT ROWID;
CREATE TABLE given (
 run_id TEXT PRIMARY KEY      -- a run that was forgotten: this file gave it out all the same
 ) STRICT, WITHOUT ROWID;
CREATE TABLE nameless (
 connection TEXT NOT NULL,
 kind TEXT NOT NULL,
 reason TEXT NOT NULL,        -- why a record without a usable number failed
 nth INTEGER NOT NULL,        -- of those with this reason in one run
 run_id TEXT NOT NULL,        -- the last run that met it
 attempts INTEGER NOT NULL,
 first_failed_at INTEGER NOT NULL, -- seconds since 1970
 last_failed_at INTEGER NOT NULL, name TEXT NOT NULL DEFAULT '', place TEXT,
 PRIMARY KEY (connection, kind, reason, nth)
 ) STRICT, WITHOUT ROWID;
CREATE TABLE pairs (
 connection TEXT PRIMARY KEY,
 source TEXT NOT NULL,        -- whose records it imports, as the marks begin
 target TEXT NOT NULL         -- the account it imports to
 ) STRICT, WITHOUT ROWID;
CREATE TABLE parted (
 connection TEXT NOT NULL,
 kind TEXT NOT NULL,
 source_id TEXT NOT NULL,
 caflou_id INTEGER NOT NULL,  -- the user said that it is not this record
 PRIMARY KEY (connection, kind, source_id, caflou_id)
 ) STRICT, WITHOUT ROWID;
CREATE TABLE records (
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
CREATE TABLE runs (
 run_id TEXT PRIMARY KEY,
 connection TEXT NOT NULL,
 started_at INTEGER NOT NULL,
 finished_at INTEGER,
 status TEXT,
 summary TEXT                 -- JSON, as reported
 , part INTEGER NOT NULL DEFAULT 0
 CHECK (part IN (0, 1)), class TEXT, advice TEXT, sends INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID;
CREATE TABLE withheld (
 connection TEXT NOT NULL,
 kind TEXT NOT NULL,
 source_id TEXT NOT NULL,
 what TEXT NOT NULL,          -- fingerprint of a change that was told and not made
 PRIMARY KEY (connection, kind, source_id)
 ) STRICT, WITHOUT ROWID;
CREATE INDEX changes_of_record ON changes (kind, source_id, run_id);
CREATE INDEX changes_of_run ON changes (run_id);
CREATE INDEX records_awaiting ON records (connection, awaits) WHERE awaits IS NOT NULL;
CREATE INDEX records_by_hand ON records (connection, kind)
 WHERE state = 'synced' AND source = '{}';
CREATE INDEX records_doubled ON records (connection, kind) WHERE doubled = 1;
CREATE INDEX records_gone ON records (connection, kind, source_id) WHERE state = 'gone';
CREATE UNIQUE INDEX records_linked ON records (connection, kind, caflou_id)
 WHERE state = 'synced' AND doubled = 0;
CREATE INDEX records_open ON records (connection, kind, source_id)
 WHERE state IN ('sending', 'uncertain', 'failed') OR reason IS NOT NULL
 OR pending IS NOT NULL;
CREATE INDEX runs_of_connection ON runs (connection, started_at);
PRAGMA user_version = 17;
