//! Secrets: where one is, and how to get it when it is needed.

use std::fmt;
use std::fs;
use std::io::{self, Read};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

/// How long the command of a secret may take.
const LIMIT: Duration = Duration::from_secs(30);
/// How often it is asked whether the command has ended.
const GLANCE: Duration = Duration::from_millis(10);
/// No secret is longer; a command that prints more is stopped from filling the memory.
const LONGEST: u64 = 64 * 1024;

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
}

impl Secret {
    /// The secret itself, read anew at each call. It blocks the thread: up to 30 seconds for a command.
    pub fn resolve(&self) -> Result<SecretString, SecretError> {
        let secret = match self {
            Self::Plain(secret) => secret.clone(),
            Self::Env(name) => environment(name)?,
            Self::File(path) => {
                let unreadable = |source| SecretError::Unreadable {
                    path: path.clone(),
                    source,
                };
                let text = SecretString::from(fs::read_to_string(path).map_err(unreadable)?);
                text.expose_secret().trim_end_matches(['\r', '\n']).into()
            }
            Self::Command(words) => output(words, LIMIT)?,
        };
        let text = secret.expose_secret();
        if text.trim().is_empty() {
            return Err(SecretError::Empty {
                origin: self.origin(),
            });
        }
        if text.contains(char::is_control) {
            return Err(SecretError::NotOneLine {
                origin: self.origin(),
            });
        }
        Ok(secret)
    }

    /// Where the secret is, for messages.
    fn origin(&self) -> String {
        match self {
            Self::Plain(_) => "the configuration".to_owned(),
            Self::Env(name) => format!("the environment variable {name}"),
            Self::File(path) => format!("the file {}", path.display()),
            Self::Command(words) => format!("the command {:?}", program(words)),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(_) => f.write_str("Plain(…)"),
            Self::Env(name) => f.debug_tuple("Env").field(name).finish(),
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Command(words) => write!(f, "Command({:?}, …)", program(words)),
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

/// What a command prints, without white space around it. Its input is empty and its errors are not
/// shown: they might tell more than is good for a log.
fn output(words: &[String], limit: Duration) -> Result<SecretString, SecretError> {
    let program = program(words).to_owned();
    let deadline = Instant::now() + limit;
    let not_run = |source| SecretError::NotRun {
        program: program.clone(),
        source,
    };
    let too_slow = || SecretError::TooSlow {
        program: program.clone(),
        limit,
    };
    let mut child = Command::new(&program)
        .args(words.iter().skip(1))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(not_run)?;
    // read beside the waiting: a full pipe would keep the command from ever ending
    let (sender, printed) = mpsc::channel();
    let pipe = child.stdout.take();
    thread::spawn(move || {
        let mut text = String::new();
        let read = pipe.map_or(Ok(0), |pipe| pipe.take(LONGEST).read_to_string(&mut text));
        // nobody listens any more where the command was too slow
        let _ = sender.send(read.map(|_| SecretString::from(text)));
    });
    let status = loop {
        if let Some(status) = child.try_wait().map_err(not_run)? {
            break status;
        }
        if Instant::now() >= deadline {
            // it may have ended by itself in this moment: nothing to stop then
            let _ = child.kill();
            let _ = child.wait();
            return Err(too_slow());
        }
        thread::sleep(GLANCE);
    };
    if !status.success() {
        return Err(SecretError::Failed { program, status });
    }
    // the pipe may outlive the command in a process that it left behind
    let left = deadline.saturating_duration_since(Instant::now());
    let text = printed
        .recv_timeout(left)
        .map_err(|_| too_slow())?
        .map_err(not_run)?;
    Ok(text.expose_secret().trim().into())
}

#[cfg(test)]
mod tests;
