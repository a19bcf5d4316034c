//! Why a configuration file is not changed.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::config::ConfigError;
use crate::trouble::{Class, Trouble};

/// Why a configuration file was not changed. Never holds the text of a secret.
#[derive(Debug, Error)]
pub enum EditError {
    /// The file cannot be read, or is not TOML.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// There is a connection of this name already.
    #[error("there is a connection `{key}` already in {}", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
        /// The connection's key.
        key: String,
    },
    /// A key was to be put into something that is no table.
    #[error("{key} is not a table: nothing can be put into it")]
    NotATable {
        /// Dotted path of what stands there.
        key: String,
    },
    /// Somebody else changed the file since it was opened.
    #[error(
        "{}: the file was changed by someone else in the meantime; nothing was saved. \
         Give the command again: it begins with the file as it is now",
        path.display()
    )]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// Another program holds the file's folder for a change of its own.
    #[error("{}: another caflou-sync is changing it; nothing was saved. Try again", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// The file could not be written; it is as it was.
    #[error("{}: cannot be written; the file is as it was", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl From<EditError> for Trouble {
    fn from(error: EditError) -> Self {
        let class = match error {
            EditError::Config(_) | EditError::Exists { .. } | EditError::NotATable { .. } => {
                Class::Usage
            }
            EditError::Changed { .. } | EditError::Busy { .. } | EditError::Unwritable { .. } => {
                Class::Machine
            }
        };
        Self::of(class, &error)
    }
}
