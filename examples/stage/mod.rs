//! What the examples play on: a folder of their own with a configuration, and the program itself.
//!
//! Cargo builds no binary for an example, so the example is the program, too: started once more
//! with [`ROLE`] in its environment, it is `caflou-sync` and nothing else.
#![allow(dead_code, reason = "each of its users needs another part of it")]

#[path = "../sandbox/lib.rs"]
pub mod sandbox;

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use tempfile::TempDir;

/// The environment variable that says what a process of an example is to be.
pub const ROLE: &str = "CAFLOU_SYNC_EXAMPLE";
/// The role of the program itself.
pub const PROGRAM: &str = "caflou-sync";

/// What this process is to be; none: the example.
pub fn role() -> Option<OsString> {
    std::env::var_os(ROLE)
}

/// This executable in another role, with nothing of the user's settings around it.
pub fn process(role: &str) -> Result<Command> {
    let this = std::env::current_exe().context("where this example is")?;
    let mut command = Command::new(this);
    command
        .env(ROLE, role)
        .env_remove("CAFLOU_SYNC_CONFIG")
        .env_remove("CAFLOU_SYNC_STATE");
    Ok(command)
}

/// A folder that goes away with it.
pub struct Stage {
    folder: TempDir,
}

impl Stage {
    /// A folder with this configuration, which names no state file.
    pub fn new(connections: &str) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("caflou-sync-")
            .tempdir()
            .context("a temporary folder")?;
        let stage = Self { folder };
        stage.write("connections.toml", connections)?;
        Ok(stage)
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a configuration that only this user can read.
    pub fn write(&self, name: &str, connections: &str) -> Result<PathBuf> {
        let path = self.folder().join(name);
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&path).context("the configuration")?;
        write!(file, "state = \"state.db\"\n\n{connections}")?;
        Ok(path)
    }

    /// The program with these arguments, started in the folder; all that it keeps stays there.
    pub fn program(&self, arguments: &[&str]) -> Result<Command> {
        self.program_as(PROGRAM, arguments)
    }

    /// The same in another role.
    pub fn program_as(&self, role: &str, arguments: &[&str]) -> Result<Command> {
        let mut command = process(role)?;
        command
            .args(arguments)
            .current_dir(self.folder())
            .stdin(Stdio::null());
        for name in ["HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"] {
            command.env(name, self.folder());
        }
        Ok(command)
    }
}
