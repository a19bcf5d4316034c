//! `completions` and `man`: what packagers install beside the program.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;

use super::{Cli, Exit, Trouble};

/// What `completions` is asked for.
#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// What `man` is asked for.
#[derive(Debug, Args)]
pub(super) struct ManArgs {
    /// Write a page for the program and one for each command into this folder instead
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Prints the completions.
pub(super) fn completions(args: &CompletionsArgs) -> Exit {
    let mut command = Cli::command();
    let name = command.get_name().to_owned();
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut command, name, &mut text);
    // A pipe that was closed has had enough.
    let _ = io::stdout().write_all(&text);
    Exit::Done
}

/// Prints the page of the whole program, or writes all pages.
pub(super) fn man(args: &ManArgs) -> Result<Exit, Trouble> {
    // `help` has no page of its own
    let command = Cli::command().disable_help_subcommand(true);
    let Some(folder) = &args.out else {
        let mut page = Vec::new();
        let rendered = Man::new(command).render(&mut page);
        rendered?;
        let _ = io::stdout().write_all(&page);
        return Ok(Exit::Done);
    };
    let written = std::fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(command, folder).map(drop));
    written.map_err(|error| {
        let folder = folder.display();
        Trouble::from(error).within(&format!("the pages cannot be written to {folder}"))
    })?;
    Ok(Exit::Done)
}
