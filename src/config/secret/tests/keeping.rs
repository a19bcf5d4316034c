//! Secrets that the program keeps, in a keyring of the test and in files.

use std::sync::{Mutex, MutexGuard, PoisonError};

use keyring_core::mock;

use super::*;
use crate::config::Reference;

/// A keyring for one test at a time: the library has one for the whole process.
fn with_keyring() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    keyring_core::set_default_store(mock::Store::new().unwrap());
    turn
}

fn vault() -> (tempfile::TempDir, Vault) {
    let folder = tempfile::tempdir().unwrap();
    let vault = Vault::beside(&folder.path().join("connections.toml"));
    (folder, vault)
}

fn secret(text: &str) -> SecretString {
    text.into()
}

fn reference(connection: &str, key: &str, place: &'static str, name: &str) -> Reference {
    Reference {
        connection: connection.to_owned(),
        key: key.to_owned(),
        place,
        name: name.to_owned(),
    }
}

const TOKEN: &str = "caflou.token";

#[test]
fn a_secret_goes_to_the_keyring_and_comes_back() {
    let _turn = with_keyring();
    let (folder, vault) = vault();
    assert!(vault.has_keyring());
    let kept = vault
        .keep("my-shop", TOKEN, &secret("hunter2"), None)
        .unwrap();
    let place = kept.secret();
    assert!(matches!(place, Secret::Keyring(name) if name == "my-shop.caflou.token"));
    assert_eq!(
        kept.to_string(),
        "my-shop.caflou.token in the system's keyring"
    );
    let read = Secret::Keyring(kept.name.clone());
    assert_eq!(value(&read), "hunter2");
    assert!(vault.delete(&kept).unwrap());
    assert!(!vault.delete(&kept).unwrap());
    let expected = "the secret \"my-shop.caflou.token\" cannot be had from the keyring: \
                    the keyring has no secret of this name";
    assert_eq!(error(&read), expected);
    assert!(!folder.path().join("secrets").exists());
}

#[test]
fn a_secret_never_takes_the_place_of_another() {
    let _turn = with_keyring();
    let (folder, vault) = vault();
    for place in [Place::Keyring, Place::File] {
        let keep = |text: &str| {
            vault
                .keep("a b/č", TOKEN, &secret(text), Some(place))
                .unwrap()
        };
        let (old, new) = (keep("old"), keep("new"));
        assert_eq!(
            (old.name.as_str(), new.name.as_str()),
            ("a-b-č.caflou.token", "a-b-č.caflou.token-2")
        );
        let get = |kept: &Kept| match place {
            Place::Keyring => value(&Secret::Keyring(kept.name.clone())),
            Place::File => value(&Secret::File(
                folder.path().join("secrets").join(&kept.name),
            )),
        };
        assert_eq!((get(&old).as_str(), get(&new).as_str()), ("old", "new"));
    }
}

#[test]
fn a_keyring_that_refuses_says_so_and_a_file_takes_its_place_unless_it_was_asked_for() {
    let _turn = with_keyring();
    let (folder, vault) = vault();
    let refuse = |error: keyring_core::Error| {
        let entry = keyring_core::Entry::new("caflou-sync", "s.caflou.token").unwrap();
        let mock: &mock::Cred = entry.as_any().downcast_ref().unwrap();
        mock.set_error(error);
    };
    let locked = || keyring_core::Error::NoStorageAccess("locked".into());
    refuse(locked());
    let asked = vault
        .keep("s", TOKEN, &secret("x"), Some(Place::Keyring))
        .unwrap_err();
    assert!(matches!(asked, KeepError::Keyring(KeyringError::Locked)));
    refuse(locked());
    let read = error(&Secret::Keyring("s.caflou.token".into()));
    assert!(
        read.ends_with("from the keyring: the keyring is locked"),
        "{read}"
    );
    refuse(keyring_core::Error::PlatformFailure("no room".into()));
    let kept = vault.keep("s", TOKEN, &secret("x"), None).unwrap();
    let place = kept.secret();
    assert!(matches!(place, Secret::File(path) if path == Path::new("secrets/s.caflou.token")));
    let text = fs::read_to_string(folder.path().join("secrets/s.caflou.token")).unwrap();
    assert_eq!(text, "x\n");
}

#[cfg(unix)]
#[test]
fn files_of_secrets_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;

    let (folder, vault) = vault();
    let kept = vault
        .keep("s", TOKEN, &secret("x"), Some(Place::File))
        .unwrap();
    let mode = |name: &str| {
        let metadata = fs::metadata(folder.path().join(name)).unwrap();
        metadata.permissions().mode() & 0o777
    };
    assert_eq!(
        (mode("secrets"), mode("secrets/s.caflou.token")),
        (0o700, 0o600)
    );
    assert!(vault.delete(&kept).unwrap());
}

#[test]
fn what_is_no_secret_is_not_kept() {
    let (folder, vault) = vault();
    for text in ["", "  ", "one\ntwo"] {
        let kept = vault.keep("s", TOKEN, &secret(text), Some(Place::File));
        assert!(matches!(kept, Err(KeepError::Unusable(_))), "{text:?}");
    }
    assert!(!folder.path().join("secrets").exists());
}

#[test]
fn left_over_is_what_was_kept_here_and_is_named_no_more() {
    let mine = reference("s", TOKEN, "file", "secrets/s.caflou.token-2");
    let kept = Kept {
        place: Place::File,
        name: "s.caflou.token-2".to_owned(),
    };
    let mine_too = reference("s", TOKEN, "keyring", "s.caflou.token");
    let shared = reference("other", TOKEN, "keyring", "s.caflou.token");
    let before = [
        mine.clone(),
        mine_too,
        shared.clone(),
        reference("s", "caflou.password", "file", "secrets/password"),
        reference("s", "caflou.password", "file", "s.caflou.password"),
        reference("s", "shoptet.private_token", "keyring", "s.caflou.token-3"),
        reference("s", TOKEN, "keyring", "s.caflou.token-x"),
    ];
    assert_eq!(Vault::left_over(&before, &[shared]), [kept]);
    assert_eq!(Vault::left_over(&before, &before), []);
}
