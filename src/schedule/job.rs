//! What a timer starts, and which files it needs.

use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::config::{Config, Notify, Secret};
use crate::trouble::{Class, Trouble};

/// The command line of a scheduled run. All paths are absolute, and text of one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimerJob {
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

impl From<JobError> for Trouble {
    fn from(error: JobError) -> Self {
        Self::of(Class::Usage, &error)
    }
}

impl TimerJob {
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

/// What secrets and messages of a configuration need where no shell of the user's is around.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// Environment variables.
    pub variables: Vec<String>,
    /// Files, absolute.
    pub files: Vec<String>,
    /// Whether other programs (a password manager) give secrets.
    pub secret_programs: bool,
    /// Whether another program is told how runs ended.
    pub told_programs: bool,
}

impl Needs {
    /// What all connections of a configuration need, each thing once.
    pub fn of(config: &Config) -> Result<Self, JobError> {
        let mut needs = Self::default();
        for connection in &config.connections {
            for (_, side) in connection.sides() {
                side.secrets()
                    .try_for_each(|(_, secret)| needs.add(secret))?;
            }
            needs.add_messages(&connection.notify)?;
        }
        Ok(needs)
    }

    /// Whether the run starts other programs: they may need any file of the user's.
    #[must_use]
    pub fn programs(&self) -> bool {
        self.secret_programs || self.told_programs
    }

    fn add_messages(&mut self, notify: &Notify) -> Result<(), JobError> {
        if let Some(email) = notify.email() {
            if let Some((_, password)) = &email.server.login {
                self.add(password)?;
            }
            if let Some(path) = &email.server.ca_file {
                self.add_file(path)?;
            }
        }
        if let Some(webhook) = notify.webhook() {
            self.add(&webhook.url)?;
            webhook.token.iter().try_for_each(|token| self.add(token))?;
        }
        if let Some(heartbeat) = notify.heartbeat() {
            self.add(&heartbeat.url)?;
            let others = [&heartbeat.start_url, &heartbeat.fail_url];
            let mut others = others.into_iter().flatten();
            others.try_for_each(|url| self.add(url))?;
        }
        self.told_programs |= notify.command().is_some();
        Ok(())
    }

    fn add(&mut self, secret: &Secret) -> Result<(), JobError> {
        if let Secret::Env(name) = secret {
            once(&mut self.variables, name.clone());
        } else if let Secret::File(path) = secret {
            self.add_file(path)?;
        } else {
            // Any other way reaches whatever the user has: a password manager, a keyring.
            self.secret_programs |= !matches!(secret, Secret::Plain(_));
        }
        Ok(())
    }

    fn add_file(&mut self, path: &Path) -> Result<(), JobError> {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        once(&mut self.files, path_text(&path)?);
        Ok(())
    }
}

fn once(list: &mut Vec<String>, item: String) {
    if !list.contains(&item) {
        list.push(item);
    }
}
