//! Asking before something is deleted or changed.

use std::io::{self, IsTerminal, Write};

use super::Trouble;
use crate::output::paragraph;

/// Why nothing was done where nobody can be asked.
const NOBODY: &str = "nothing was done, as there is no terminal to ask at; add --yes to go on";

/// Whether to go on: with a yes, given beforehand or typed. What is asked is on stderr; without
/// anybody to ask, the command fails and names the flag.
///
/// # Errors
/// Where nobody can be asked.
pub fn confirm(question: &str, yes: bool) -> Result<bool, Trouble> {
    if yes {
        return Ok(true);
    }
    if !io::stdin().is_terminal() {
        return Err(Trouble::usage(format!("{NOBODY}. {question}")));
    }
    let width = terminal_size::terminal_size_of(io::stderr());
    let width = width.map(|(width, _)| usize::from(width.0));
    let question = paragraph(&format!("{question}."), width);
    let _ = writeln!(io::stderr(), "{question}");
    agreed("Go on?")
}

/// Whether a person says yes; tells that nothing was changed where not.
pub(super) fn agreed(question: &str) -> Result<bool, Trouble> {
    if !io::stdin().is_terminal() {
        return Err(Trouble::usage(NOBODY));
    }
    let _ = write!(io::stderr(), "{question} [y/N] ");
    for line in io::stdin().lines() {
        match line.ok().and_then(|line| meant(&line)) {
            Some(true) => return Ok(true),
            Some(false) => break,
            None => drop(write!(io::stderr(), "Type y for yes or n for no: ")),
        }
    }
    let _ = writeln!(io::stderr(), "Nothing was changed.");
    Ok(false)
}

/// Yes or no, in English or Czech and Slovak; Enter is a no.
fn meant(answer: &str) -> Option<bool> {
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" | "a" | "ano" | "áno" => Some(true),
        "" | "n" | "no" | "ne" | "nie" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yes_and_no_are_understood_in_any_case_and_nothing_else_is() {
        for yes in ["y", "Yes", "YES\r", " ano ", "Áno"] {
            assert_eq!(meant(yes), Some(true), "{yes}");
        }
        for no in ["", "N", "no", "Ne", "nie"] {
            assert_eq!(meant(no), Some(false), "{no}");
        }
        assert_eq!(meant("yess"), None);
    }
}
