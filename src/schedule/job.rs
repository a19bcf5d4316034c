//! What a timer starts, and which files it needs.

use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::config::{CaflouAccess, Config, Secret, ShoptetAccess};

/// The command line of a scheduled run. All paths are absolute, and text of one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// This program.
    pub program: String,
    /// The configuration.
    pub config: String,
    /// The state file, where it was named on the command line.
    pub state: Option<String>,
}

/// A path that cannot stand in a unit or a crontab.
#[derive(Debug, Error)]
pub enum JobError {
    /// Not UTF-8, or with a line break.
    #[error("{} cannot stand in a schedule: rename it so that it is plain text of one line", .0.display())]
    Path(PathBuf),
}

impl Job {
    /// A job with these files.
    pub fn new(program: &Path, config: &Path, state: Option<&Path>) -> Result<Self, JobError> {
        Ok(Self {
            program: path_text(program)?,
            config: path_text(config)?,
            state: state.map(path_text).transpose()?,
        })
    }

    /// The arguments of the program.
    #[must_use]
    pub fn arguments(&self) -> Vec<&str> {
        let mut arguments = vec!["--config", &self.config];
        if let Some(state) = &self.state {
            arguments.extend(["--state", state]);
        }
        arguments.extend(["run", "--scheduled"]);
        arguments
    }
}

/// A path as the text of one line.
pub fn path_text(path: &Path) -> Result<String, JobError> {
    match path.to_str() {
        Some(text) if !text.contains(char::is_control) => Ok(text.to_owned()),
        _ => Err(JobError::Path(path.to_owned())),
    }
}

/// What the secrets of a configuration need where no shell of the user's is around.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// Environment variables.
    pub variables: Vec<String>,
    /// Files, absolute.
    pub files: Vec<String>,
    /// Whether other programs (a password manager) give secrets.
    pub programs: bool,
}

impl Needs {
    /// What all connections of a configuration need, each thing once.
    pub fn of(config: &Config) -> Result<Self, JobError> {
        let mut needs = Self::default();
        for connection in &config.connections {
            needs.add(match &connection.shoptet.access {
                ShoptetAccess::PrivateToken(secret) | ShoptetAccess::Pairing { secret, .. } => {
                    secret
                }
                ShoptetAccess::OauthToken { token, .. } => token,
            })?;
            needs.add(match &connection.caflou.access {
                CaflouAccess::Token(secret) => secret,
                CaflouAccess::Login { password, .. } => password,
            })?;
        }
        Ok(needs)
    }

    fn add(&mut self, secret: &Secret) -> Result<(), JobError> {
        let (list, item) = if let Secret::Env(name) = secret {
            (&mut self.variables, name.clone())
        } else if let Secret::File(path) = secret {
            let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
            (&mut self.files, path_text(&path)?)
        } else {
            // Any other way reaches whatever the user has: a password manager, a keyring.
            self.programs |= !matches!(secret, Secret::Plain(_));
            return Ok(());
        };
        if !list.contains(&item) {
            list.push(item);
        }
        Ok(())
    }
}
