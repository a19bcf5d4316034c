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

#[cfg(unix)]
#[test]
fn a_link_to_nothing_is_refused_and_stays_and_one_to_a_file_is_that_file() {
    let folder = tempfile::tempdir().unwrap();
    let (link, elsewhere) = (
        folder.path().join("state.db"),
        folder.path().join("disk.db"),
    );
    std::os::unix::fs::symlink(&elsewhere, &link).unwrap();
    for refused in [read_write(&link).map(drop), read_only(&link).map(drop)] {
        let said = refused.unwrap_err().to_string();
        assert!(said.contains("link to nothing"), "{said}");
    }
    assert!(files::is_link(&link) && !elsewhere.exists());
    read_write(&elsewhere).unwrap();
    read_write(&link).unwrap();
    assert!(files::is_link(&link));
}

#[cfg(unix)]
#[test]
fn what_is_no_regular_file_is_refused_and_nobody_waits_for_it() {
    let device = Path::new("/dev/null");
    for refused in [read_only(device).map(drop), exists(device).map(drop)] {
        let said = refused.unwrap_err().to_string();
        assert!(said.contains("no regular file"), "{said}");
    }
}
