//! Writing the file: as a whole or not at all, and never over somebody else's change.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use super::EditError;

/// Permission bits of a new file: secrets may come into it.
pub(super) const PRIVATE: u32 = 0o600;

/// Writes `text` where `before` stands now; `None` stands for no file.
pub(super) fn save(
    path: &Path,
    before: Option<&str>,
    text: &str,
    mode: u32,
) -> Result<(), EditError> {
    let unwritable = |source: io::Error| EditError::Unwritable {
        path: path.to_owned(),
        source,
    };
    let changed = || EditError::Changed {
        path: path.to_owned(),
    };
    let real = real(path).map_err(unwritable)?;
    let folder = match real.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    if before.is_none() {
        fs::create_dir_all(folder).map_err(unwritable)?;
    }
    let lock = lock(folder).ok_or_else(|| EditError::Busy {
        path: path.to_owned(),
    })?;
    let written = write(folder, &real, text, mode).map_err(unwritable)?;
    let now = match fs::read_to_string(&real) {
        Ok(now) => Some(now),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(unwritable(error)),
    };
    if now.as_deref() != before {
        return Err(changed());
    }
    if before.is_some() {
        written
            .persist(&real)
            .map_err(|error| unwritable(error.error))?;
    } else {
        written
            .persist_noclobber(&real)
            .map_err(|error| match error.error.kind() {
                io::ErrorKind::AlreadyExists => changed(),
                _ => unwritable(error.error),
            })?;
    }
    // The new file is there; after a power failure it has to be, too.
    sync(folder).map_err(unwritable)?;
    drop(lock);
    Ok(())
}

/// The file that a link leads to.
fn real(path: &Path) -> io::Result<PathBuf> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(path.to_owned()),
        Err(error) => Err(error),
        Ok(_) => fs::canonicalize(path),
    }
}

/// The text in a file beside the real one, safely on the disk. It is deleted if it is not used.
fn write(folder: &Path, real: &Path, text: &str, mode: u32) -> io::Result<NamedTempFile> {
    let mut file = Builder::new()
        .prefix(".connections.")
        .suffix(".tmp")
        .tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    keep_owner(real, file.as_file(), mode)?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// The new file gets the owner and permissions of the old one, where the system lets it.
#[cfg(unix)]
fn keep_owner(real: &Path, file: &File, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};

    if let Ok(old) = fs::metadata(real) {
        let new = file.metadata()?;
        let group = (old.gid() != new.gid()).then_some(old.gid());
        let owner = (old.uid() != new.uid()).then_some(old.uid());
        let kept = fchown(file, owner, group);
        // In another group's hands the bits for the group would let others in.
        let mode = if kept.is_ok() { mode } else { mode & 0o700 };
        return file.set_permissions(fs::Permissions::from_mode(mode));
    }
    file.set_permissions(fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn keep_owner(_: &Path, _: &File, _: u32) -> io::Result<()> {
    Ok(())
}

/// Holds the folder against other changes by this program: no file is left behind for it. Where the
/// file system knows no locks, the comparison has to do.
#[cfg(unix)]
fn lock(folder: &Path) -> Option<File> {
    use std::fs::TryLockError;
    use std::thread;
    use std::time::Duration;

    const GLANCE: Duration = Duration::from_millis(20);
    const GLANCES: usize = 250;

    let file = File::open(folder).ok()?;
    for _ in 0..GLANCES {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => thread::sleep(GLANCE),
            Ok(()) | Err(TryLockError::Error(_)) => return Some(file),
        }
    }
    None
}

#[cfg(not(unix))]
fn lock(_: &Path) -> Option<()> {
    Some(())
}

#[cfg(unix)]
fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync(_: &Path) -> io::Result<()> {
    Ok(())
}
