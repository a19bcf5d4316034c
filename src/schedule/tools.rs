//! The programs of the system that are called: systemctl, crontab, id.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use thiserror::Error;

use crate::config::without_secrets;

/// A program that did not do what it was asked to.
#[derive(Debug, Error)]
pub enum ToolError {
    /// It is not there.
    #[error("{0} is not installed here")]
    Missing(String),
    /// It cannot be started or spoken to.
    #[error("`{command}` cannot be run: {reason}")]
    NotRun {
        /// Program and arguments.
        command: String,
        /// What the system said.
        reason: io::Error,
    },
    /// It ended with an error.
    #[error("`{command}` refused: {said}")]
    Refused {
        /// Program and arguments.
        command: String,
        /// What it said, on one line.
        said: String,
    },
}

/// Program and arguments as they are typed.
pub(super) fn typed(program: &str, arguments: &[String]) -> String {
    let mut words = vec![program.to_owned()];
    words.extend(
        arguments
            .iter()
            .map(|word| crate::shell::word(word).into_owned()),
    );
    words.join(" ")
}

/// What a program prints, given `input`.
pub(super) fn call(
    program: &str,
    arguments: &[String],
    input: Option<&str>,
) -> Result<String, ToolError> {
    let command = typed(program, arguments);
    let not_run = |reason: io::Error| {
        if reason.kind() == io::ErrorKind::NotFound {
            return ToolError::Missing(program.to_owned());
        }
        let command = command.clone();
        ToolError::NotRun { command, reason }
    };
    let mut child = without_secrets(&mut Command::new(program))
        .args(arguments)
        // its messages and times are read
        .env("LC_ALL", "C")
        .env("TZ", "UTC")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(not_run)?;
    let input = input.unwrap_or_default().as_bytes();
    let pipe = child.stdin.take();
    let written = pipe.map_or(Ok(()), |mut pipe| pipe.write_all(input));
    let output = child.wait_with_output().map_err(not_run)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        let said = if said.is_empty() {
            output.status.to_string()
        } else {
            said
        };
        return Err(ToolError::Refused { command, said });
    }
    // what did not read all of its input although it went well, did not need it
    written
        .or_else(|error| match error.kind() {
            io::ErrorKind::BrokenPipe if input.is_empty() => Ok(()),
            _ => Err(error),
        })
        .map_err(not_run)?;
    let invalid = |error| io::Error::new(io::ErrorKind::InvalidData, error);
    String::from_utf8(output.stdout).map_err(|error| not_run(invalid(error.utf8_error())))
}

/// Whether systemd runs this computer (`sd_booted(3)`).
#[must_use]
pub fn systemd_runs() -> bool {
    Path::new("/run/systemd/system").is_dir()
}

/// The name of the user, as far as it can be told.
#[must_use]
pub fn user() -> Option<String> {
    let name = call("id", &["-un".to_owned()], None).ok()?;
    Some(name.trim().to_owned())
}

/// Whose a file is: the user's name, or its number where it has none.
#[cfg(unix)]
pub fn owner_of(path: &Path) -> io::Result<String> {
    use std::os::unix::fs::MetadataExt;
    let number = fs::metadata(path)?.uid().to_string();
    let name = call("id", &["-un".to_owned(), number.clone()], None);
    Ok(name.map_or(number, |name| name.trim().to_owned()))
}

/// Whose a file is: there is neither systemd nor cron here that would need it.
#[cfg(not(unix))]
pub fn owner_of(path: &Path) -> io::Result<String> {
    fs::metadata(path).map(|_| String::new())
}
