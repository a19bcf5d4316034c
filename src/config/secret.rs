//! Secrets: where one is, and how to get it when it is needed.

mod command;
mod inherited;
mod keyring;
mod read;
mod running;
mod vault;

#[cfg(test)]
mod tests;

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;
#[cfg(unix)]
use tracing::warn;

#[cfg(unix)]
use crate::shell::word;
use command::output;
pub use inherited::without_secrets;
pub use keyring::KeyringError;
pub(super) use read::PLACES;
pub use read::read;
pub use running::end_commands;
pub use vault::{KeepError, Kept, Place, Vault};

/// How long the command of a secret, or the system's keyring, may take: people may have to type a
/// password.
const LIMIT: Duration = Duration::from_secs(30);

/// Where a secret is. Debug shows neither the secret nor the arguments of a command.
#[derive(Clone)]
pub enum Secret {
    /// In the configuration itself.
    Plain(SecretString),
    /// In the environment variable of this name.
    Env(String),
    /// In this file; a relative path of the configuration is already joined to its folder.
    File(PathBuf),
    /// Printed by this program (first) with these arguments, in the current folder; never empty.
    Command(Vec<String>),
    /// In the system's keyring, under this name.
    Keyring(String),
}

/// Why there is no secret. Never holds what a file or command gave, nor a command's arguments.
#[derive(Debug, Error)]
pub enum SecretError {
    /// The environment variable is not set, or not text.
    #[error("the environment variable {name} is not set")]
    Unset {
        /// The variable.
        name: String,
    },
    /// There is nothing there.
    #[error("{origin} gives an empty secret")]
    Empty {
        /// Where the secret was to be.
        origin: String,
    },
    /// More than one line, or another control character: no token or password has these.
    #[error("{origin} gives more than one line, or a control character")]
    NotOneLine {
        /// Where the secret is.
        origin: String,
    },
    /// The file cannot be read as text.
    #[error("the secret's file {} cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The command cannot be started or read.
    #[error("the secret's command {program:?} cannot be run")]
    NotRun {
        /// The program.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// The command ended with an error.
    #[error("the secret's command {program:?} failed ({status})")]
    Failed {
        /// The program.
        program: String,
        /// How it ended.
        status: ExitStatus,
    },
    /// The command did not end in time and was stopped.
    #[error("the secret's command {program:?} gave no answer in {} s", limit.as_secs())]
    TooSlow {
        /// The program.
        program: String,
        /// How long it was waited for.
        limit: Duration,
    },
    /// The run came to its end before there was one.
    #[error("stopped while a secret was waited for")]
    Stopped,
    /// The system's keyring does not give it.
    #[error("the secret {name:?} cannot be had from the keyring")]
    Keyring {
        /// Its name there.
        name: String,
        /// Why not.
        source: KeyringError,
    },
}

impl Secret {
    /// The secret itself, read anew at each call. It blocks the thread: up to 30 seconds for a
    /// command or a locked keyring.
    pub fn resolve(&self) -> Result<SecretString, SecretError> {
        self.resolve_unless(&|| false)
    }

    /// As [`Self::resolve`]; what takes long is given up once `stopped`.
    pub fn resolve_unless(&self, stopped: &dyn Fn() -> bool) -> Result<SecretString, SecretError> {
        let secret = match self {
            Self::Plain(secret) => secret.clone(),
            Self::Env(name) => environment(name)?,
            Self::File(path) => {
                let unreadable = |source| SecretError::Unreadable {
                    path: path.clone(),
                    source,
                };
                let text = SecretString::from(fs::read_to_string(path).map_err(unreadable)?);
                warn_of_readers(path);
                text.expose_secret().trim_end_matches(['\r', '\n']).into()
            }
            Self::Command(words) => output(words, LIMIT, stopped)?,
            Self::Keyring(name) => keyring::read(name, stopped).map_err(|source| match source {
                KeyringError::Stopped => SecretError::Stopped,
                source => SecretError::Keyring {
                    name: name.clone(),
                    source,
                },
            })?,
        };
        usable(secret, || self.origin())
    }

    /// Where the secret is, for messages.
    fn origin(&self) -> String {
        match self {
            Self::Plain(_) => "the configuration".to_owned(),
            Self::Env(name) => format!("the environment variable {name}"),
            Self::File(path) => format!("the file {}", path.display()),
            Self::Command(words) => format!("the command {:?}", program(words)),
            Self::Keyring(name) => format!("{name:?} of the system's keyring"),
        }
    }
}

/// Warns of a file that others can read. What is below `/run` the system itself laid out for this
/// program (credentials of systemd, secrets of containers): there is no mode to choose.
#[cfg(unix)]
fn warn_of_readers(path: &Path) {
    use std::os::unix::fs::MetadataExt;
    let Ok(metadata) = fs::metadata(path) else {
        return;
    };
    let own = metadata.gid() == metadata.uid();
    let others = if own { 0o006 } else { 0o066 };
    let mode = metadata.mode() & 0o777;
    if mode & others != 0 && !path.starts_with("/run") {
        let file = path.display().to_string();
        warn!(
            "a secret is in a file that others can read (mode {mode:04o}); type: chmod 600 {}",
            word(&file)
        );
    }
}

#[cfg(not(unix))]
fn warn_of_readers(_: &Path) {}

/// A secret is one line with something on it.
fn usable(
    secret: SecretString,
    origin: impl FnOnce() -> String,
) -> Result<SecretString, SecretError> {
    let text = secret.expose_secret();
    if text.trim().is_empty() {
        return Err(SecretError::Empty { origin: origin() });
    }
    if text.contains(char::is_control) {
        return Err(SecretError::NotOneLine { origin: origin() });
    }
    Ok(secret)
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(_) => f.write_str("Plain(…)"),
            Self::Env(name) => f.debug_tuple("Env").field(name).finish(),
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Command(words) => write!(f, "Command({:?}, …)", program(words)),
            Self::Keyring(name) => f.debug_tuple("Keyring").field(name).finish(),
        }
    }
}

fn program(words: &[String]) -> &str {
    words.first().map_or("", String::as_str)
}

#[expect(
    clippy::disallowed_methods,
    reason = "a secret of the configuration may be in a variable"
)]
fn environment(name: &str) -> Result<SecretString, SecretError> {
    let value = std::env::var(name);
    value
        .map(SecretString::from)
        .map_err(|_| SecretError::Unset {
            name: name.to_owned(),
        })
}
