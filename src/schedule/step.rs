//! One thing to do: shown first, then done, or told to be done by hand.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::ScheduleError;
use super::tools::{call, typed};

/// One thing to do. Displayed as what it does, one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InstallStep {
    /// Makes a folder that only its owner can enter.
    Folder(PathBuf),
    /// Writes a file.
    Write {
        /// The file.
        path: PathBuf,
        /// All that is in it.
        text: String,
        /// Whether there is one already.
        again: bool,
    },
    /// Removes a file.
    Remove(PathBuf),
    /// Calls a program.
    Call {
        /// Its name.
        program: &'static str,
        /// Its arguments.
        arguments: Vec<String>,
        /// Whether its refusal does no harm.
        tolerant: bool,
    },
    /// Gives the user another crontab; none where it is empty.
    Crontab {
        /// All that is in it.
        text: String,
        /// What is done with our lines.
        what: &'static str,
        /// The same, to be done by hand.
        by_hand: String,
    },
}

impl fmt::Display for InstallStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => write!(f, "make     {}", path.display()),
            Self::Write { path, again, .. } => {
                let word = if *again { "replace" } else { "write  " };
                write!(f, "{word}  {}", path.display())
            }
            Self::Remove(path) => write!(f, "remove   {}", path.display()),
            Self::Call {
                program, arguments, ..
            } => write!(f, "run      {}", typed(program, arguments)),
            Self::Crontab { what, .. } => write!(f, "crontab  {what}"),
        }
    }
}

impl InstallStep {
    /// What to type instead.
    fn by_hand(&self) -> String {
        match self {
            Self::Folder(path) => format!("mkdir -m 700 -p {}", path.display()),
            Self::Write { path, .. } => {
                let path = path.display();
                format!("write {path} as `caflou-sync schedule print` shows it")
            }
            Self::Remove(path) => format!("rm {}", path.display()),
            Self::Call {
                program, arguments, ..
            } => typed(program, arguments),
            Self::Crontab { by_hand, .. } => by_hand.trim_end().replace('\n', "\n  "),
        }
    }

    fn do_it(&self, by_hand: &str) -> Result<(), ScheduleError> {
        let file = |path: &Path, verb, outcome: io::Result<()>| {
            outcome.map_err(|reason| ScheduleError::File {
                path: path.to_owned(),
                verb,
                reason,
                by_hand: by_hand.to_owned(),
            })
        };
        let (called, tolerant) = match self {
            Self::Folder(path) => return file(path, "made", private_folder(path)),
            Self::Write { path, text, .. } => return file(path, "written", write(path, text)),
            Self::Remove(path) => return file(path, "removed", fs::remove_file(path)),
            Self::Call {
                program,
                arguments,
                tolerant,
            } => (call(program, arguments, None), *tolerant),
            Self::Crontab { text, .. } if text.trim().is_empty() => {
                (call("crontab", &["-r".to_owned()], None), false)
            }
            Self::Crontab { text, .. } => (call("crontab", &["-".to_owned()], Some(text)), false),
        };
        match called {
            Err(tool) if !tolerant => Err(ScheduleError::Tool {
                tool,
                by_hand: by_hand.to_owned(),
            }),
            _ => Ok(()),
        }
    }
}

fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)
}

/// Does all steps. An error tells what is left to do by hand.
pub fn carry_out(steps: &[InstallStep]) -> Result<(), ScheduleError> {
    for (index, step) in steps.iter().enumerate() {
        let left = steps[index..].iter().map(InstallStep::by_hand);
        let left: Vec<_> = left.map(|line| format!("\n  {line}")).collect();
        step.do_it(&format!("\nby hand:{}", left.concat()))?;
    }
    Ok(())
}
