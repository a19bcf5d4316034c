//! Files on the disk.

use super::*;

fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("connections.toml");
    fs::write(&path, text).unwrap();
    (folder, path)
}

/// Names of all that lies in a folder.
fn names(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

#[test]
fn a_saved_file_is_the_text_and_nothing_lies_beside_it() {
    let (folder, path) = file(HABITS);
    let mut editor = Editor::open(&path).unwrap();
    assert!(!editor.is_changed());
    editor.set(&["keep_runs"], 30).unwrap();
    assert!(editor.is_changed());
    assert_eq!(fs::read_to_string(&path).unwrap(), HABITS);
    editor.save().unwrap();
    assert!(!editor.is_changed());
    editor.set(&["keep_runs"], 31).unwrap();
    editor.save().unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), editor.text());
    assert_eq!(names(folder.path()), ["connections.toml"]);
}

#[test]
fn a_file_that_changed_meanwhile_is_not_overwritten() {
    let (folder, path) = file(HABITS);
    let mut one = Editor::open(&path).unwrap();
    let mut other = one.clone();
    one.set(&["keep_runs"], 30).unwrap();
    other.set(&["keep_runs"], 31).unwrap();
    one.save().unwrap();
    let refused = other.save().unwrap_err();
    assert!(matches!(refused, EditError::Changed { .. }), "{refused}");
    assert_eq!(fs::read_to_string(&path).unwrap(), one.text());
    fs::remove_file(&path).unwrap();
    assert!(matches!(one.save(), Err(EditError::Changed { .. })));
    assert_eq!(names(folder.path()), [""; 0]);
}

#[test]
fn a_new_file_is_not_put_over_one_that_came_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/connections.toml");
    let mut one = Editor::open(&path).unwrap();
    let mut other = Editor::open(&path).unwrap();
    one.save().unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), HEADING);
    assert!(matches!(other.save(), Err(EditError::Changed { .. })));
}

#[test]
fn of_many_changes_at_once_each_is_made_or_refused() {
    let (_folder, path) = file("");
    let save = |number: i64| {
        let mut editor = Editor::open(&path).unwrap();
        editor.set(&[&format!("n{number}")], number).unwrap();
        match editor.save() {
            Ok(()) => true,
            Err(EditError::Changed { .. }) => false,
            Err(error) => panic!("{error}"),
        }
    };
    let made: Vec<_> = std::thread::scope(|scope| {
        let save = &save;
        let threads: Vec<_> = (0..4)
            .map(|worker| {
                let numbers = (0..20).map(move |turn| worker * 100 + turn);
                scope.spawn(move || numbers.filter(|number| save(*number)).collect::<Vec<_>>())
            })
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    let text = fs::read_to_string(&path).unwrap();
    let mut there: Vec<i64> = text
        .lines()
        .map(|line| line.split(' ').next_back().unwrap().parse().unwrap())
        .collect();
    there.sort_unstable();
    let mut made = made;
    made.sort_unstable();
    assert_eq!(there, made);
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_new_file_is_private_and_an_old_one_keeps_its_permissions() {
        for bits in [0o600, 0o640, 0o644, 0o400] {
            let (_folder, path) = file(HABITS);
            fs::set_permissions(&path, fs::Permissions::from_mode(bits)).unwrap();
            let mut editor = Editor::open(&path).unwrap();
            editor.set(&["keep_runs"], 30).unwrap();
            editor.save().unwrap();
            assert_eq!(mode(&path), bits);
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("connections.toml");
        Editor::open(&path).unwrap().save().unwrap();
        assert_eq!(mode(&path), 0o600);
    }

    #[test]
    fn a_secret_in_a_file_for_all_is_refused_before_it_is_saved() {
        let (_folder, path) = file(HABITS);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let mut editor = Editor::open(&path).unwrap();
        let token = ["connections", "b", "caflou", "token"];
        editor.set(&token, "hunter2").unwrap();
        let problems = editor.check().unwrap_err().to_string();
        assert!(problems.contains("chmod 600"), "{problems}");
        assert!(!problems.contains("hunter2"), "{problems}");
    }

    #[test]
    fn a_link_is_followed_and_stays_a_link() {
        let (folder, path) = file(HABITS);
        let link = folder.path().join("link.toml");
        symlink("connections.toml", &link).unwrap();
        let inode = fs::metadata(&path).unwrap().ino();
        let mut editor = Editor::open(&link).unwrap();
        editor.set(&["keep_runs"], 30).unwrap();
        editor.save().unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&path).unwrap(), editor.text());
        assert_ne!(
            fs::metadata(&path).unwrap().ino(),
            inode,
            "written in place"
        );
    }
}
