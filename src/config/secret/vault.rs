//! Keeping secrets outside `connections.toml`.

use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

use super::keyring::{self, KeyringError};
use super::{Secret, SecretError, usable};
use crate::config::Reference;

/// The folder of secrets, beside the configuration.
const FOLDER: &str = "secrets";
/// So many secrets may have the same name but for a number at the end.
const NAMESAKES: u32 = 99;

/// Where the program keeps secrets that it was given: in the system's keyring, or in files of mode
/// 0600 in the folder `secrets` (0700) beside the configuration.
#[derive(Debug, Clone)]
pub struct Vault {
    folder: PathBuf,
}

/// A place for secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// The system's keyring. Scheduled runs can ask it only while its user is logged in.
    Keyring,
    /// A file of its own.
    File,
}

/// A secret that is kept. Displayed with its place, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Where.
    pub place: Place,
    /// Its name there, such as `my-shop.caflou.token`.
    pub name: String,
}

/// Why a secret was not kept, or not deleted. Never holds the secret.
#[derive(Debug, Error)]
pub enum KeepError {
    /// No secret looks like this.
    #[error(transparent)]
    Unusable(#[from] SecretError),
    /// The keyring does not do it.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// The file cannot be written or deleted.
    #[error("the secret's file {} cannot be written", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// All names for it are taken.
    #[error("there are {NAMESAKES} secrets called {name:?} already")]
    Taken {
        /// The name.
        name: String,
    },
}

impl Vault {
    /// Of a configuration file.
    #[must_use]
    pub fn beside(config: &Path) -> Self {
        let folder = config.parent().unwrap_or(Path::new("")).join(FOLDER);
        Self { folder }
    }

    /// Whether there is a keyring to keep secrets in. Fails after three seconds at the latest.
    #[must_use]
    pub fn has_keyring(&self) -> bool {
        keyring::is_there().is_ok()
    }

    /// Keeps the secret of a connection that stands under a key such as `caflou.token`; without a
    /// wish in the keyring, and where that does not work in a file. It never takes the place of
    /// another secret, so that a configuration not saved yet leaves the old one as it was.
    pub fn keep(
        &self,
        connection: &str,
        key: &str,
        secret: &SecretString,
        wish: Option<Place>,
    ) -> Result<Kept, KeepError> {
        usable(secret.clone(), || "what was typed".to_owned())?;
        let name = name(connection, key);
        match wish {
            Some(Place::Keyring) => in_keyring(&name, secret),
            Some(Place::File) => self.in_file(&name, secret),
            None => in_keyring(&name, secret).or_else(|_| self.in_file(&name, secret)),
        }
    }

    /// Deletes a secret; says whether it was there.
    pub fn delete(&self, kept: &Kept) -> Result<bool, KeepError> {
        match kept.place {
            Place::Keyring => Ok(keyring::delete(&kept.name)?),
            Place::File => {
                let path = self.folder.join(&kept.name);
                match fs::remove_file(&path) {
                    Ok(()) => Ok(true),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
                    Err(source) => Err(KeepError::File { path, source }),
                }
            }
        }
    }

    /// The secrets kept by [`Self::keep`] that a changed configuration names no more. One that a
    /// person made, or that another connection names too, is never among them.
    #[must_use]
    pub fn left_over(before: &[Reference], after: &[Reference]) -> Vec<Kept> {
        let mut left = Vec::new();
        for kept in before.iter().filter_map(own) {
            let named = after
                .iter()
                .any(|other| place(other).as_ref() == Some(&kept));
            if !named && !left.contains(&kept) {
                left.push(kept);
            }
        }
        left
    }

    fn in_file(&self, name: &str, secret: &SecretString) -> Result<Kept, KeepError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| KeepError::File { path, source }
        };
        private_folder(&self.folder).map_err(failed(&self.folder))?;
        for name in names(name) {
            let path = self.folder.join(&name);
            match private_file().open(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(source) => return Err(KeepError::File { path, source }),
                Ok(file) => {
                    write(file, secret).map_err(failed(&path))?;
                    let place = Place::File;
                    return Ok(Kept { place, name });
                }
            }
        }
        Err(KeepError::Taken {
            name: name.to_owned(),
        })
    }
}

impl Kept {
    /// Where it is, as it is written in the configuration.
    #[must_use]
    pub fn secret(&self) -> Secret {
        match self.place {
            Place::Keyring => Secret::Keyring(self.name.clone()),
            Place::File => Secret::File(Path::new(FOLDER).join(&self.name)),
        }
    }
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Place::Keyring => write!(f, "{} in the system's keyring", self.name),
            Place::File => write!(f, "the file {FOLDER}/{}", self.name),
        }
    }
}

fn in_keyring(name: &str, secret: &SecretString) -> Result<Kept, KeepError> {
    keyring::is_there()?;
    for name in names(name) {
        match keyring::read(&name, &|| false) {
            Ok(_) => {}
            Err(KeyringError::Unknown) => {
                keyring::write(&name, secret)?;
                let place = Place::Keyring;
                return Ok(Kept { place, name });
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(KeepError::Taken {
        name: name.to_owned(),
    })
}

/// The place that a reference names, as this room writes it.
fn place(reference: &Reference) -> Option<Kept> {
    let (place, name) = if reference.place == "keyring" {
        (Place::Keyring, Some(reference.name.as_str()))
    } else {
        let name = Path::new(&reference.name).strip_prefix(FOLDER).ok();
        (Place::File, name.and_then(Path::to_str))
    };
    let name = name?.to_owned();
    Some(Kept { place, name })
}

/// The secret of a reference, if it has the name that [`Vault::keep`] gives it there.
fn own(reference: &Reference) -> Option<Kept> {
    let kept = place(reference)?;
    let rest = kept
        .name
        .strip_prefix(&name(&reference.connection, &reference.key))?;
    let number = rest.strip_prefix('-').map(str::parse::<u32>);
    (rest.is_empty() || number.is_some_and(|number| number.is_ok())).then_some(kept)
}

/// A name that a file can have.
fn name(connection: &str, key: &str) -> String {
    let plain = |c: char| {
        if c.is_alphanumeric() || c == '_' {
            c
        } else {
            '-'
        }
    };
    let connection: String = connection.chars().map(plain).collect();
    format!("{connection}.{key}")
}

/// A name and its namesakes.
fn names(name: &str) -> impl Iterator<Item = String> {
    let more = (2..=NAMESAKES).map(move |number| format!("{name}-{number}"));
    std::iter::once(name.to_owned()).chain(more)
}

fn write(mut file: File, secret: &SecretString) -> io::Result<()> {
    file.write_all(secret.expose_secret().as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()
}

fn private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
