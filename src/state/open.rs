//! Opening the state file: for reading, or for writing with the schema brought up to date.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};
use rusqlite_migration::{MigrationDefinitionError, SchemaVersion};

use super::StateError;
use super::migrations::{migrations, newest};

/// How long another process may hold SQLite's own lock.
const BUSY: Duration = Duration::from_secs(10);

/// Opens for reading only; `None` where there is no file yet.
pub(super) fn read_only(path: &Path) -> Result<Option<Connection>, StateError> {
    match fs::metadata(path) {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unusable(path, &error.to_string())),
    }
    // Without a write-ahead log nobody has it open for writing; SQLite is told so, or it would
    // make one beside the file even to read.
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let quiet = fs::metadata(log).map_or(true, |log| log.len() == 0);
    let mut uri = url::Url::from_file_path(std::path::absolute(path).unwrap_or(path.to_owned()))
        .map_err(|()| unusable(path, "not a usable path"))?;
    uri.set_query(Some(if quiet {
        "mode=ro&immutable=1"
    } else {
        "mode=ro"
    }));
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_URI
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection =
        Connection::open_with_flags(uri.as_str(), flags).map_err(|error| sqlite(path, &error))?;
    connection.busy_timeout(BUSY)?;
    let found = version(path, &connection)?;
    if found == 0 {
        return Ok(None); // made, but never filled
    }
    Ok(Some(connection))
}

/// Opens for writing, made where missing (0600, its folder too), with the newest schema.
pub(super) fn read_write(path: &Path) -> Result<Connection, StateError> {
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        fs::create_dir_all(folder).map_err(|error| unusable(path, &error.to_string()))?;
    }
    let failed = |error: io::Error| unusable(path, &error.to_string());
    let mut alone = None;
    if !path.exists() {
        alone = Some(lock(path).map_err(failed)?);
        touch(path).map_err(failed)?;
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection =
        Connection::open_with_flags(path, flags).map_err(|error| sqlite(path, &error))?;
    connection.busy_timeout(BUSY)?;
    if version(path, &connection)? < newest() && alone.is_none() {
        alone = Some(lock(path).map_err(failed)?);
    }
    let prepare = |connection: &Connection| {
        // An intent has to survive a power cut before its create is sent; see `Journal`.
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", "ON")
    };
    prepare(&connection).map_err(|error| sqlite(path, &error))?;
    migrations()
        .to_latest(&mut connection)
        .map_err(|error| match error {
            rusqlite_migration::Error::RusqliteError { err, .. } => sqlite(path, &err),
            other => unusable(path, &other.to_string()),
        })?;
    drop(alone);
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// The file's schema version, after making sure that it is one of ours and not a newer one.
fn version(path: &Path, connection: &Connection) -> Result<usize, StateError> {
    let newer = |found| StateError::Newer {
        path: path.to_owned(),
        found,
        known: newest(),
    };
    match migrations().current_version(connection) {
        Ok(SchemaVersion::NoneSet) => Ok(0),
        Ok(SchemaVersion::Inside(version)) => Ok(version.get()),
        Ok(SchemaVersion::Outside(version)) => Err(newer(version.get())),
        Err(rusqlite_migration::Error::MigrationDefinition(
            MigrationDefinitionError::DatabaseTooFarAhead,
        )) => Err(newer(usize::MAX)),
        Err(rusqlite_migration::Error::RusqliteError { err, .. }) => Err(sqlite(path, &err)),
        Err(other) => Err(unusable(path, &other.to_string())),
    }
}

/// Makes the file where it is not there, readable by its owner only; SQLite gives its log the same
/// mode. A file that is there is not opened: closing it would end SQLite's locks of this process.
fn touch(path: &Path) -> io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    private().open(path).map(|_| ())
}

/// Held while the file is made or its schema is brought up to date: SQLite does not let two do
/// that at the same moment.
fn lock(path: &Path) -> io::Result<File> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let file = private().open(name)?;
    file.lock()?;
    Ok(file)
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn unusable(path: &Path, reason: &str) -> StateError {
    let advice = "check the path (--state, CAFLOU_SYNC_STATE or `state` in the configuration)";
    StateError::Unusable {
        path: path.to_owned(),
        reason: reason.to_owned(),
        advice,
    }
}

fn sqlite(path: &Path, error: &rusqlite::Error) -> StateError {
    let advice = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "another program holds it; try again when that has finished"
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            "it is damaged or no state file: restore a copy, or name a new file with --state \
             (match_existing then links what is in Caflou already)"
        }
        Some(ErrorCode::DiskFull) => "make room on the disk and run again",
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            "make the file and its folder writable for this user"
        }
        _ => "check the path (--state, CAFLOU_SYNC_STATE or `state` in the configuration)",
    };
    StateError::Unusable {
        path: path.to_owned(),
        reason: error.to_string(),
        advice,
    }
}

/// Opens a file that this process has open for writing once more, for reading.
pub(super) fn read_again(path: &Path) -> Result<Connection, StateError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection =
        Connection::open_with_flags(path, flags).map_err(|error| sqlite(path, &error))?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_who_make_a_file_at_the_same_moment_all_get_it() {
        for _ in 0..20 {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("state.db");
            std::thread::scope(|scope| {
                for _ in 0..8 {
                    scope.spawn(|| read_write(&path).unwrap());
                }
            });
        }
    }
}
