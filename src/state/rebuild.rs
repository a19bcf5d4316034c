//! A state file that is damaged is set aside, never deleted: what it knew is found again by the
//! marks in Caflou.

use std::fs::{self, TryLockError};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::lock::lock_name;
use super::open::beside;
use super::{StateError, View, files};

/// Sets a damaged state file aside, under a name beside its own. `None`: it is in order or not
/// there, and stays. Whoever calls holds the connection's lock.
///
/// # Errors
/// When it cannot be used for another reason than damage, or another run uses it.
pub fn set_aside(
    path: &Path,
    connection: &str,
    now: DateTime<Utc>,
) -> Result<Option<PathBuf>, StateError> {
    match View::open(path, connection) {
        Ok(_) => return Ok(None),
        Err(error) if error.is_damage() => {}
        Err(error) => return Err(error),
    }
    let io = |error| StateError::io(path, &error);
    let path = fs::canonicalize(path).map_err(io)?;
    let io = |error| StateError::io(&path, &error);
    if is_in_use(&path, connection).map_err(io)? {
        return Err(StateError::unusable(&path, "another run uses it"));
    }
    let when = now.format("%Y%m%dT%H%M%SZ");
    let mut aside = beside(&path, &format!(".damaged-{when}"));
    while files::is_link(&aside) || aside.exists() {
        aside = beside(&aside, "+");
    }
    // The file last: as long as it is there, all is to be done once more.
    for ending in ["-shm", "-wal", ""] {
        let from = beside(&path, ending);
        if from.exists() {
            fs::rename(from, beside(&aside, ending)).map_err(io)?;
        }
    }
    Ok(Some(aside))
}

/// Whether a run of another connection holds its lock.
fn is_in_use(path: &Path, connection: &str) -> std::io::Result<bool> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Ok(false);
    };
    let name = name.to_string_lossy();
    let (start, own) = (format!("{name}."), lock_name(&name, connection));
    for file in fs::read_dir(folder)? {
        let file = file?.file_name();
        let file = file.to_string_lossy();
        if file.starts_with(&start) && file.ends_with(".lock") && file != own {
            let lock = fs::File::open(folder.join(&*file))?;
            if matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}
