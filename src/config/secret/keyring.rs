//! The system's keyring: the Secret Service (Linux), the keychain (macOS), the credential manager
//! (Windows). Entries are of the service `caflou-sync`, and their user name is the secret's name.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use keyring_core::{CredentialStore, Entry, Error};
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

use super::LIMIT;

const SERVICE: &str = "caflou-sync";
/// How long a keyring may take to say that it is there.
const GLANCE: Duration = Duration::from_secs(3);
/// How often it is looked whether anybody still waits for the keyring.
const AGAIN: Duration = Duration::from_millis(20);

/// Why the keyring did not do what it was asked for. Never holds a secret.
#[derive(Debug, Error)]
pub enum KeyringError {
    /// There is none, as on most servers, in containers and in cron jobs.
    #[error("there is no keyring here ({0})")]
    Absent(String),
    /// It has nothing under this name.
    #[error("the keyring has no secret of this name")]
    Unknown,
    /// It is locked, and nobody unlocked it.
    #[error("the keyring is locked")]
    Locked,
    /// It gave no answer; it may wait for somebody to unlock it.
    #[error("the keyring gave no answer in {} s", .0.as_secs())]
    TooSlow(Duration),
    /// It was waited for no longer, as the run came to its end.
    #[error("the keyring was waited for no longer")]
    Stopped,
    /// It said something else.
    #[error("the keyring says: {0}")]
    Refused(String),
}

/// Whether there is a keyring.
pub(super) fn is_there() -> Result<(), KeyringError> {
    in_time(GLANCE, &|| false, store).map(drop)
}

/// What the keyring has under a name; once `stopped` it is waited for no longer.
pub(super) fn read(name: &str, stopped: &dyn Fn() -> bool) -> Result<SecretString, KeyringError> {
    with_entry(name, stopped, |entry| {
        entry.get_password().map(SecretString::from)
    })
}

/// Puts a secret there, also over another one.
pub(super) fn write(name: &str, secret: &SecretString) -> Result<(), KeyringError> {
    let secret = secret.clone();
    with_entry(name, &|| false, move |entry| {
        entry.set_password(secret.expose_secret())
    })
}

/// Deletes what is under a name; says whether there was anything.
pub(super) fn delete(name: &str) -> Result<bool, KeyringError> {
    match with_entry(name, &|| false, Entry::delete_credential) {
        Ok(()) => Ok(true),
        Err(KeyringError::Unknown) => Ok(false),
        Err(error) => Err(error),
    }
}

fn with_entry<T: Send + 'static>(
    name: &str,
    stopped: &dyn Fn() -> bool,
    work: impl FnOnce(&Entry) -> Result<T, Error> + Send + 'static,
) -> Result<T, KeyringError> {
    let name = name.to_owned();
    // a person is waited for, a service that does not answer is not
    let store = in_time(GLANCE, stopped, store)?;
    in_time(LIMIT, stopped, move || {
        let entry = store.build(SERVICE, &name, None).map_err(told)?;
        work(&entry).map_err(told)
    })
}

/// Keyrings wait for a person for as long as they like. A thread that still waits ends with the
/// program.
fn in_time<T: Send + 'static>(
    limit: Duration,
    stopped: &dyn Fn() -> bool,
    work: impl FnOnce() -> Result<T, KeyringError> + Send + 'static,
) -> Result<T, KeyringError> {
    let (sender, answer) = mpsc::channel();
    thread::spawn(move || {
        // nobody listens any more where it took too long
        let _ = sender.send(work());
    });
    let deadline = Instant::now() + limit;
    loop {
        match answer.recv_timeout(AGAIN) {
            Ok(answer) => return answer,
            Err(_) if stopped() => return Err(KeyringError::Stopped),
            // its thread is gone without an answer, too
            Err(RecvTimeoutError::Disconnected) => return Err(KeyringError::TooSlow(limit)),
            Err(_) if Instant::now() >= deadline => return Err(KeyringError::TooSlow(limit)),
            Err(_) => {}
        }
    }
}

/// The system's keyring, unless a test put another in its place.
fn store() -> Result<Arc<CredentialStore>, KeyringError> {
    match keyring_core::get_default_store() {
        Some(store) => Ok(store),
        None => system(),
    }
}

#[cfg(all(unix, not(target_os = "macos")))]
const NO_SESSION: &str = "no D-Bus session, as comes with a desktop; on servers and for timed runs \
                          without anybody logged in, keep secrets in files";

#[cfg(all(unix, not(target_os = "macos")))]
fn system() -> Result<Arc<CredentialStore>, KeyringError> {
    // asked first: the library would look for a D-Bus in slower and louder ways
    let bus = std::env::var_os("DBUS_SESSION_BUS_ADDRESS");
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(std::path::PathBuf::from);
    if bus.is_none() && !runtime.is_some_and(|folder| folder.join("bus").exists()) {
        return Err(KeyringError::Absent(NO_SESSION.to_owned()));
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
