//! Files that only their owner reads, and the folders they lie in. A name that is a link is never
//! followed: who may write to the folder could have put it there.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::path::Path;

/// Makes a folder and those above it, where missing, for their owner only.
pub(super) fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Makes the folder that a file is to lie in.
pub(super) fn make_folder_of(path: &Path) -> io::Result<()> {
    let folder = path.parent();
    folder
        .filter(|folder| !folder.as_os_str().is_empty())
        .map_or(Ok(()), make_folder)
}

/// Opens a file to be locked, made where missing; what it holds stays.
///
/// # Errors
/// Also where it is a link, a folder or a pipe.
pub(super) fn lock_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        let no_links = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        options
            .mode(0o600)
            .custom_flags(no_links.bits().cast_signed());
    }
    let file = options.open(path).map_err(|error| {
        if is_link(path) {
            return io::Error::new(error.kind(), "it is a link: remove it");
        }
        error
    })?;
    if file.metadata()?.is_file() {
        return Ok(file);
    }
    Err(io::Error::other("it is no regular file: remove it"))
}

/// Whether the name itself is a link, wherever it leads.
pub(super) fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn a_link_is_not_followed_and_what_is_made_is_private() {
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("target"), folder.path().join("link"));
        symlink(&target, &link).unwrap();
        let said = lock_file(&link).unwrap_err().to_string();
        assert!(said.contains("link"), "{said}");
        assert!(!target.exists(), "made by way of the link");
        fs::write(&target, "kept").unwrap();
        assert!(lock_file(&link).is_err());
        assert!(lock_file(folder.path()).is_err());
        lock_file(&target).unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"kept");

        let made = folder.path().join("a/b/lock");
        make_folder_of(&made).unwrap();
        lock_file(&made).unwrap();
        let bits = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(bits(&made), 0o600);
        assert_eq!(bits(&folder.path().join("a")), 0o700);
        assert_eq!(bits(&folder.path().join("a/b")), 0o700);
    }
}
