//! Who answers the wizard's questions.

use std::io;

use secrecy::SecretString;
use thiserror::Error;

use super::trouble::Trouble;

/// What is told between the questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// A part of the questions begins.
    Part,
    /// A check went well.
    Good,
    /// What helps to answer the next question.
    Note,
    /// What the user should think about.
    Warning,
    /// A check failed.
    Problem,
}

/// Asks a person, or plays one.
pub trait Asker {
    /// Whether anybody is there to answer. Where not, no question is ever put.
    fn is_there(&self) -> bool;

    /// One of several answers, by its place.
    ///
    /// # Errors
    /// [`Ended`] where there is no answer.
    fn select(
        &mut self,
        question: &str,
        options: &[String],
        default: usize,
    ) -> Result<usize, Ended>;

    /// Any number of several answers, by their places; `marked` are those that are so already.
    ///
    /// # Errors
    /// [`Ended`] where there is no answer.
    fn mark(
        &mut self,
        question: &str,
        options: &[String],
        marked: &[usize],
    ) -> Result<Vec<usize>, Ended>;

    /// A line of text; an empty one gives the default. It is shown as it is typed.
    ///
    /// # Errors
    /// [`Ended`] where there is no answer.
    fn input(&mut self, question: &str, default: Option<&str>) -> Result<String, Ended>;

    /// A line that is not shown; empty where nothing was typed.
    ///
    /// # Errors
    /// [`Ended`] where there is no answer.
    fn secret(&mut self, question: &str) -> Result<SecretString, Ended>;

    /// Yes or no.
    ///
    /// # Errors
    /// [`Ended`] where there is no answer.
    fn confirm(&mut self, question: &str, default: bool) -> Result<bool, Ended>;

    /// Tells something; a text of several lines stays together.
    fn say(&mut self, says: Says, text: &str);
}

/// Why the questions came to no good end. Nothing was saved.
#[derive(Debug, Error)]
pub enum Ended {
    /// The user stopped it.
    #[error("stopped: nothing was saved")]
    Stopped,
    /// An answer that was given beforehand does not hold, and nobody is there to give another.
    #[error("{0}")]
    Failed(Trouble),
    /// The terminal cannot be used.
    #[error("the terminal cannot be used: {0}")]
    Terminal(io::Error),
}
