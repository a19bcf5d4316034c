//! What is wrong with a configuration file, told so that it can be put right in one go.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::shell::word;
use crate::trouble::{Class, Trouble};

/// Messages start in one column unless a place is longer than this many characters.
const WIDEST_PLACE: usize = 48;

/// Why there is no configuration.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// There is no such file.
    #[error("{}: no such file; `caflou-sync connect` makes one, or name another with --config", path.display())]
    NotFound {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The file is there, but cannot be read as text.
    #[error("{}: cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Others may write the file: they could send the records, or a secret, elsewhere, or name a
    /// command of theirs.
    #[error(
        "{}: others than its owner may write this file (mode {mode:04o}); type: chmod go-w {}",
        path.display(),
        word(&path.display().to_string())
    )]
    Writable {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Nothing is wrong with the file, but there is no connection in it.
    #[error("{}: no connections yet: `caflou-sync connect` makes one", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The file was read and is wrong. Displayed on several lines, without a line end at the end.
    #[error("{}", render(path, problems))]
    Invalid {
        /// The file.
        path: PathBuf,
        /// All that is wrong with it, sorted by line; never empty.
        problems: Vec<Problem>,
    },
}

impl From<ConfigError> for Trouble {
    fn from(error: ConfigError) -> Self {
        Self::of(Class::Usage, &error)
    }
}

/// One thing that is wrong with a configuration file. Never holds the text of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Line of the file, from 1.
    pub line: usize,
    /// Dotted path of the key as it would be written in the file, such as
    /// `connections.my-shop.caflou.account_id`; empty where the problem is of the whole file.
    pub path: String,
    /// What is wrong and, where that is not plain, what would be right.
    pub message: String,
    /// The word that was probably meant.
    pub suggestion: Option<String>,
}

impl fmt::Display for Problem {
    /// One line without its place in the file's text: `path: message; did you mean "…"?`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.advice())
    }
}

impl Problem {
    /// What is wrong and what was meant, without its place.
    pub(super) fn advice(&self) -> String {
        match &self.suggestion {
            Some(word) => format!("{}; did you mean {word:?}?", self.message),
            None => self.message.clone(),
        }
    }

    fn place(&self) -> String {
        if self.path.is_empty() {
            String::new()
        } else {
            format!("{}:", self.path)
        }
    }
}

/// A heading, then each problem on its own line; lines, places and messages in columns.
fn render(path: &Path, problems: &[Problem]) -> String {
    let count = problems.len();
    let word = if count == 1 { "problem" } else { "problems" };
    let digits = problems
        .iter()
        .map(|problem| problem.line.to_string().len())
        .max()
        .unwrap_or(1);
    let widths = problems
        .iter()
        .map(|problem| problem.place().chars().count());
    let width = widths
        .filter(|width| *width <= WIDEST_PLACE)
        .max()
        .unwrap_or(0);
    let mut lines = vec![format!("{}: {count} {word}", path.display())];
    for problem in problems {
        let (line, place, advice) = (problem.line, problem.place(), problem.advice());
        let gap = if place.is_empty() { "" } else { " " };
        let width = if place.is_empty() { 0 } else { width };
        lines.push(format!(
            "  line {line:>digits$}  {place:<width$}{gap}{advice}"
        ));
    }
    lines.join("\n")
}
