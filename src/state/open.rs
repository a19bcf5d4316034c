//! Opening the state file: for reading, or for writing with the schema brought up to date.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags};
use rusqlite_migration::{MigrationDefinitionError, SchemaVersion};

use super::health::OPEN;
use super::migrations::{migrations, newest};
use super::{StateError, files, sums};

/// How long another process may hold SQLite's own lock.
const BUSY: Duration = Duration::from_secs(10);
/// Pages of a file that are copied at a time.
const PAGES: i32 = 4096;
/// Pages of a file that a reader beside a writer keeps.
const VIEW_PAGES: i32 = 20;

/// Opens for reading only. Where there is no file yet, that is an empty one in memory.
pub(super) fn read(path: &Path) -> Result<Connection, StateError> {
    read_only(path)?.map_or_else(|| empty(path), Ok)
}

/// A state in memory that knows nothing.
pub(super) fn empty(path: &Path) -> Result<Connection, StateError> {
    let named = |error| StateError::sqlite(path, &error);
    let mut connection = Connection::open_in_memory().map_err(named)?;
    sums::teach(&connection).map_err(named)?;
    migrate(path, &mut connection)?;
    Ok(connection)
}

/// Opens for reading only; `None` where there is no file yet.
pub(super) fn read_only(path: &Path) -> Result<Option<Connection>, StateError> {
    if !exists(path)? {
        return Ok(None);
    }
    // Without a write-ahead log nobody has it open for writing; SQLite is told so, or it would
    // make one beside the file even to read.
    let log = beside(path, "-wal");
    let quiet = fs::metadata(log).map_or(true, |log| log.len() == 0);
    let mut uri = url::Url::from_file_path(std::path::absolute(path).unwrap_or(path.to_owned()))
        .map_err(|()| StateError::unusable(path, "not a usable path"))?;
    uri.set_query(Some(if quiet {
        "mode=ro&immutable=1"
    } else {
        "mode=ro"
    }));
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_URI
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let named = |error| StateError::sqlite(path, &error);
    let connection = Connection::open_with_flags(uri.as_str(), flags).map_err(named)?;
    careful(&connection).map_err(named)?;
    let found = version(path, &connection)?;
    sound(path, &connection, found)?;
    let connection = match found {
        0 => return Ok(None),
        found if found < newest() => brought_up(path, &connection)?,
        _ => connection,
    };
    unharmed(path, &connection)?;
    Ok(Some(connection))
}

/// A copy in memory with the newest schema: who only reads may not change the file.
fn brought_up(path: &Path, old: &Connection) -> Result<Connection, StateError> {
    let named = |error| StateError::sqlite(path, &error);
    let mut copy = Connection::open_in_memory().map_err(named)?;
    let copied = Backup::new(old, &mut copy)
        .and_then(|backup| backup.run_to_completion(PAGES, Duration::ZERO, None));
    copied.map_err(named)?;
    sums::teach(&copy).map_err(named)?;
    migrate(path, &mut copy)?;
    Ok(copy)
}

/// Opens for writing, made where missing (0600, its folder too), with the newest schema.
pub(super) fn read_write(path: &Path) -> Result<Connection, StateError> {
    files::make_folder_of(path).map_err(|error| StateError::io(path, &error))?;
    // Two runs that begin at once would both make the file, or bring its schema up to date.
    let _alone = alone(path).map_err(|error| StateError::io(path, &error))?;
    if !exists(path)? {
        make(path)?;
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let named = |error| StateError::sqlite(path, &error);
    let mut connection = Connection::open_with_flags(path, flags).map_err(named)?;
    // SQLite opens a file that cannot be written for reading. (It is not tried by opening it here:
    // closing it again would end SQLite's locks of the whole process.)
    if connection.is_readonly("main").map_err(named)? {
        let error = io::Error::from(io::ErrorKind::PermissionDenied);
        return Err(StateError::io(path, &error));
    }
    careful(&connection).map_err(named)?;
    let found = version(path, &connection)?;
    sound(path, &connection, found)?;
    let prepare = |connection: &Connection| {
        // An intent has to survive a power cut before its create is sent; see `Journal`.
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", "ON")
    };
    prepare(&connection).map_err(named)?;
    migrate(path, &mut connection)?;
    unharmed(path, &connection)?;
    sums::keep(&connection).map_err(named)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// Holds other runs back that open the file; for a moment only.
fn alone(path: &Path) -> io::Result<File> {
    let file = files::lock_file(&beside(path, ".lock"))?;
    file.lock()?;
    Ok(file)
}

/// Whether the file is there. Ours is never empty, see [`make`]: what it remembered is lost.
fn exists(path: &Path) -> Result<bool, StateError> {
    match fs::metadata(path) {
        Ok(file) if file.is_dir() => Err(StateError::unusable(path, "it is a folder")),
        Ok(file) if !file.is_file() => Err(StateError::unusable(path, "it is no regular file")),
        Ok(file) if file.len() == 0 => Err(StateError::damaged(path, "the file is empty")),
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound && files::is_link(path) => {
            // The file is elsewhere, such as on a disk that is not there now.
            Err(StateError::unusable(path, "it is a link to nothing"))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(StateError::io(path, &error)),
    }
}

/// Makes the file, readable by its owner only (SQLite gives its log the same mode). It appears
/// under its name only when it is whole, so that an interrupted start leaves no empty file.
fn make(path: &Path) -> Result<(), StateError> {
    let io = |error| StateError::io(path, &error);
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // A fresh name that nobody can know, 0600.
    let draft = tempfile::NamedTempFile::new_in(folder).map_err(io)?;
    let named = |error| StateError::sqlite(path, &error);
    let mut connection = Connection::open(draft.path()).map_err(named)?;
    sums::teach(&connection).map_err(named)?;
    migrate(path, &mut connection)?;
    connection.close().map_err(|(_, error)| named(error))?;
    match draft.persist_noclobber(path) {
        Ok(_) => Ok(()),
        Err(failed) if failed.error.kind() == io::ErrorKind::AlreadyExists => Err(io(failed.error)),
        // Not every file system can.
        Err(failed) => failed
            .file
            .persist(path)
            .map(drop)
            .map_err(|failed| io(failed.error)),
    }
}

fn migrate(path: &Path, connection: &mut Connection) -> Result<(), StateError> {
    let before = version(path, connection)?;
    if before == newest() {
        return Ok(());
    }
    let migrated = migrations().to_latest(connection);
    migrated.map_err(|error| match error {
        rusqlite_migration::Error::RusqliteError { err, .. } => StateError::sqlite(path, &err),
        other => StateError::unusable(path, &other.to_string()),
    })?;
    sums::catch_up(connection).map_err(|error| StateError::sqlite(path, &error))
}

/// What holds for whoever opens the file.
fn careful(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY)?;
    // A page that was read is looked through before anything of it is believed.
    connection.pragma_update(None, "cell_size_check", "ON")?;
    sums::teach(connection)
}

/// The file's name with an ending more.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// The file's schema version, after making sure that it is one of ours and not a newer one.
fn version(path: &Path, connection: &Connection) -> Result<usize, StateError> {
    let newer = |found| StateError::newer(path, found, newest());
    match migrations().current_version(connection) {
        Ok(SchemaVersion::NoneSet) => Ok(0),
        Ok(SchemaVersion::Inside(version)) => Ok(version.get()),
        Ok(SchemaVersion::Outside(version)) => Err(newer(version.get())),
        Err(rusqlite_migration::Error::MigrationDefinition(
            MigrationDefinitionError::DatabaseTooFarAhead,
        )) => Err(newer(usize::MAX)),
        Err(rusqlite_migration::Error::RusqliteError { err, .. }) => {
            Err(StateError::sqlite(path, &err))
        }
        Err(other) => Err(StateError::unusable(path, &other.to_string())),
    }
}

/// Makes sure that the file is ours, and reads each record once: damage that is met later would
/// stop a run half way. (SQLite's own check takes ten times as long.)
fn sound(path: &Path, connection: &Connection, version: usize) -> Result<(), StateError> {
    let ask = |sql| {
        let answer = connection.query_row(sql, [], |row| row.get::<_, Option<String>>(0));
        answer.map_err(|error| StateError::sqlite(path, &error))
    };
    if version == 0 {
        let foreign = ask("SELECT max(name) FROM sqlite_master")?;
        return match foreign {
            Some(_) => Err(StateError::unusable(path, "a database of another program")),
            None => Ok(()),
        };
    }
    let broken = ask("SELECT min(kind || ' ' || source_id) FROM records \
                      WHERE NOT json_valid(source) OR NOT json_valid(coalesce(written, '{}'))")?;
    if let Some(record) = broken {
        return Err(StateError::corrupt(path, "values", &record));
    }
    ask("SELECT max(settings) FROM cursors").map(drop)
}

/// Makes sure that each record of a file with the newest schema is as it was stored, that the
/// indexes by which records are found agree with them, and, where the last run died, that the
/// whole file hangs together.
fn unharmed(path: &Path, connection: &Connection) -> Result<(), StateError> {
    let named = |error| StateError::sqlite(path, &error);
    if let Some(record) = sums::first_damaged(connection).map_err(named)? {
        return Err(StateError::corrupt(path, "values", &record));
    }
    let yes = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, bool>(0));
    for (index, condition) in [("records_open", OPEN), ("records_awaiting", AWAITING)] {
        if yes(&disagrees(index, condition)).map_err(named)? {
            return Err(StateError::damaged(
                path,
                &format!("index {index} lost a record"),
            ));
        }
    }
    if !yes(DIED).map_err(named)? {
        return Ok(());
    }
    let found = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0));
    match found.map_err(named)?.as_str() {
        "ok" => Ok(()),
        problem => Err(StateError::damaged(path, problem)),
    }
}

const AWAITING: &str = "awaits IS NOT NULL";
/// Whether the last run of a connection has no end.
const DIED: &str = "SELECT EXISTS (SELECT 1 FROM runs AS run WHERE finished_at IS NULL \
     AND NOT EXISTS (SELECT 1 FROM runs AS later WHERE later.connection = run.connection \
     AND later.nth > run.nth))";

/// Whether an index holds others than those records for which its condition is true.
fn disagrees(index: &str, condition: &str) -> String {
    // Of the records it is asked in a shape for which SQLite cannot take the index.
    format!(
        "SELECT (SELECT count(*) FROM records INDEXED BY {index} WHERE {condition}) \
         <> (SELECT count(CASE WHEN {condition} THEN 1 END) FROM records) \
         OR EXISTS (SELECT 1 FROM records AS found INDEXED BY {index} WHERE {condition} \
         AND NOT EXISTS (SELECT 1 FROM records WHERE connection = found.connection \
         AND kind = found.kind AND source_id = found.source_id \
         AND CASE WHEN {condition} THEN 1 END))"
    )
}

/// Opens a file that this process has open for writing once more, for reading.
pub(super) fn read_again(path: &Path) -> Result<Connection, StateError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let named = |error| StateError::sqlite(path, &error);
    let connection = Connection::open_with_flags(path, flags).map_err(named)?;
    careful(&connection).map_err(named)?;
    connection.set_prepared_statement_cache_capacity(32);
    // Whatever is written in between empties it.
    connection
        .pragma_update(None, "cache_size", VIEW_PAGES)
        .map_err(named)?;
    Ok(connection)
}

#[cfg(test)]
mod tests;
