//! Checksums of records: a bit that the disk turned over must not reach somebody's books.
//!
//! Whatever writes a record, its checksum follows by triggers of the open connection; other
//! programs see a plain column. It covers the record's key, so that a row which stands under
//! another one's key is found, too. NULL: not checked until it is written next.

use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension};
use sha2::{Digest, Sha256};

/// What decisions rest on. Who changes this list sets all checksums to NULL in a step of the schema.
const COVERED: [&str; 16] = [
    "connection",
    "kind",
    "source_id",
    "state",
    "caflou_id",
    "label",
    "source",
    "written",
    "pending",
    "changed_at",
    "sent_at",
    "sent_boot",
    "sent_up",
    "sent_for",
    "awaits",
    "origin",
];

/// Makes the function that sums known to a connection.
pub(super) fn teach(sqlite: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    sqlite.create_scalar_function("record_sum", -1, flags, sum)
}

/// Keeps the checksums of what this connection writes.
pub(super) fn keep(sqlite: &Connection) -> rusqlite::Result<()> {
    let (sum, columns) = (call("new."), COVERED.join(", "));
    let set = format!(
        "BEGIN UPDATE records SET checksum = {sum} WHERE connection = new.connection \
         AND kind = new.kind AND source_id = new.source_id; END"
    );
    sqlite.execute_batch(&format!(
        "CREATE TEMP TRIGGER summed_insert AFTER INSERT ON main.records {set}; \
         CREATE TEMP TRIGGER summed_update AFTER UPDATE OF {columns} ON main.records {set};"
    ))
}

/// Sums what an older release wrote.
pub(super) fn catch_up(sqlite: &Connection) -> rusqlite::Result<()> {
    let sql = format!(
        "UPDATE records SET checksum = {} WHERE checksum IS NULL",
        call("")
    );
    sqlite.execute(&sql, []).map(drop)
}

/// A record that is not what was stored, if any.
pub(super) fn first_damaged(sqlite: &Connection) -> rusqlite::Result<Option<String>> {
    let sql = format!(
        "SELECT kind || ' ' || source_id FROM records WHERE NOT {} LIMIT 1",
        holds()
    );
    sqlite.query_row(&sql, [], |row| row.get(0)).optional()
}

/// The condition that a record is as it was stored.
pub(super) fn holds() -> String {
    format!("(checksum IS NULL OR checksum = {})", call(""))
}

/// The sum of a row; `of` stands before the names of its columns.
fn call(of: &str) -> String {
    let columns = COVERED.map(|column| format!("{of}{column}"));
    format!("record_sum({})", columns.join(", "))
}

#[allow(clippy::unnecessary_wraps, reason = "what SQLite calls has this shape")]
fn sum(context: &Context<'_>) -> rusqlite::Result<i64> {
    let mut hash = Sha256::new();
    for at in 0..context.len() {
        // Each value tells its kind and its length, so that no two rows read alike.
        match context.get_raw(at) {
            ValueRef::Null => hash.update([0]),
            ValueRef::Integer(number) => {
                hash.update([1]);
                hash.update(number.to_be_bytes());
            }
            ValueRef::Real(number) => {
                hash.update([2]);
                hash.update(number.to_be_bytes());
            }
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                hash.update([3]);
                hash.update((bytes.len() as u64).to_be_bytes());
                hash.update(bytes);
            }
        }
    }
    let digest = hash.finalize();
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    Ok(i64::from_be_bytes(first))
}
