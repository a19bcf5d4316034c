//! Asking before something is deleted.

use std::io::{self, IsTerminal, Write};

use super::{Exit, Failure};

/// Goes on only with a yes: given beforehand, or typed. What is asked is on stderr; without anybody
/// to ask, the command fails and names the flag.
pub(super) fn confirm(question: &str, yes: bool) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    if !io::stdin().is_terminal() {
        return Err(Failure::usage(format!(
            "{question}. Nobody is there to ask: add --yes to go on"
        )));
    }
    let _ = write!(io::stderr(), "{question}.\nGo on? [y/N] ");
    let mut answer = String::new();
    let read = io::stdin().read_line(&mut answer);
    if read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes") {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Failed,
        anyhow::anyhow!("nothing was deleted"),
    ))
}
