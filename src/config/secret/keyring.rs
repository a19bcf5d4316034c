//! The system's keyring: the Secret Service (Linux), the keychain (macOS), the credential manager
//! (Windows). Entries are of the service `caflou-sync`, and their user name is the secret's name.

use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use keyring_core::{CredentialStore, Entry, Error};
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

use super::LIMIT;

const SERVICE: &str = "caflou-sync";
/// How long a keyring may take to say that it is there.
const GLANCE: Duration = Duration::from_secs(3);

/// Why the keyring did not do what it was asked for. Never holds a secret.
#[derive(Debug, Error)]
pub enum KeyringError {
    /// There is none, as on most servers, in containers and in cron jobs.
    #[error("there is no keyring to ask ({0}); keep the secret in a file or a variable instead")]
    Absent(String),
    /// It has nothing under this name.
    #[error("it has no secret of this name")]
    Unknown,
    /// It is locked, and nobody unlocked it.
    #[error("it is locked")]
    Locked,
    /// It gave no answer; it may wait for somebody to unlock it.
    #[error("it gave no answer in {} s", .0.as_secs())]
    TooSlow(Duration),
    /// It said something else.
    #[error("it says: {0}")]
    Refused(String),
}

/// Whether there is a keyring.
pub(super) fn is_there() -> Result<(), KeyringError> {
    in_time(GLANCE, || store().map(drop))
}

/// What the keyring has under a name.
pub(super) fn read(name: &str) -> Result<SecretString, KeyringError> {
    let name = name.to_owned();
    in_time(LIMIT, move || {
        let password = entry(&name)?.get_password();
        password.map(SecretString::from).map_err(told)
    })
}

/// Puts a secret there, also over another one.
pub(super) fn write(name: &str, secret: &SecretString) -> Result<(), KeyringError> {
    let (name, secret) = (name.to_owned(), secret.clone());
    in_time(LIMIT, move || {
        let entry = entry(&name)?;
        entry.set_password(secret.expose_secret()).map_err(told)
    })
}

/// Deletes what is under a name; says whether there was anything.
pub(super) fn delete(name: &str) -> Result<bool, KeyringError> {
    let name = name.to_owned();
    in_time(LIMIT, move || match entry(&name)?.delete_credential() {
        Ok(()) => Ok(true),
        Err(Error::NoEntry) => Ok(false),
        Err(error) => Err(told(error)),
    })
}

/// Keyrings wait for a person for as long as they like. A thread that still waits ends with the
/// program.
fn in_time<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> Result<T, KeyringError> + Send + 'static,
) -> Result<T, KeyringError> {
    let (sender, answer) = mpsc::channel();
    thread::spawn(move || {
        // nobody listens any more where it took too long
        let _ = sender.send(work());
    });
    let late = |_| Err(KeyringError::TooSlow(limit));
    answer.recv_timeout(limit).unwrap_or_else(late)
}

fn entry(name: &str) -> Result<Entry, KeyringError> {
    store()?.build(SERVICE, name, None).map_err(told)
}

/// The system's keyring, unless a test put another in its place.
fn store() -> Result<Arc<CredentialStore>, KeyringError> {
    match keyring_core::get_default_store() {
        Some(store) => Ok(store),
        None => system(),
    }
}

#[cfg(all(unix, not(target_os = "macos")))]
fn system() -> Result<Arc<CredentialStore>, KeyringError> {
    // asked first: the library would look for a D-Bus in slower and louder ways
    let bus = std::env::var_os("DBUS_SESSION_BUS_ADDRESS");
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(std::path::PathBuf::from);
    if bus.is_none() && !runtime.is_some_and(|folder| folder.join("bus").exists()) {
        return Err(KeyringError::Absent("no D-Bus session".to_owned()));
    }
    match dbus_secret_service_keyring_store::Store::new() {
        Ok(store) => Ok(store),
        Err(error) => Err(KeyringError::Absent(cause(&error))),
    }
}

#[cfg(target_os = "macos")]
fn system() -> Result<Arc<CredentialStore>, KeyringError> {
    match apple_native_keyring_store::keychain::Store::new() {
        Ok(store) => Ok(store),
        Err(error) => Err(KeyringError::Absent(cause(&error))),
    }
}

#[cfg(windows)]
fn system() -> Result<Arc<CredentialStore>, KeyringError> {
    match windows_native_keyring_store::Store::new() {
        Ok(store) => Ok(store),
        Err(error) => Err(KeyringError::Absent(cause(&error))),
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it is the last to have the error"
)]
fn told(error: Error) -> KeyringError {
    match error {
        Error::NoEntry => KeyringError::Unknown,
        Error::NoStorageAccess(_) => KeyringError::Locked,
        other => KeyringError::Refused(cause(&other)),
    }
}

/// What the system said, without the library's words around it.
fn cause(error: &Error) -> String {
    match error {
        Error::PlatformFailure(inner) | Error::NoStorageAccess(inner) => inner.to_string(),
        other => other.to_string(),
    }
}
