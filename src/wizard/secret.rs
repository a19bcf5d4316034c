//! Secrets and other lines that are needed in several parts.

use secrecy::{ExposeSecret, SecretString};

use super::answers::trimmed;
use super::asker::{Ended, Says};
use super::flow::Wizard;
use super::trouble::{self, Trouble};
use crate::config::Secret;

/// A secret in hand, and the place where it is, if there is one already.
pub(super) type Held = (SecretString, Option<Secret>);

impl Wizard<'_> {
    /// A secret: from its given place, else typed, else (with Enter) the present one.
    pub(super) fn held(
        &mut self,
        question: &str,
        given: Option<Secret>,
        present: Option<&Secret>,
    ) -> Result<Held, Ended> {
        if let Some(place) = given
            && let Some(secret) = self.resolve(&place)?
        {
            return Ok((secret, Some(place)));
        }
        let present = present.and_then(|place| Some((place.resolve().ok()?, place)));
        let question = match present {
            Some(_) => question.replace(':', " (Enter keeps the present one):"),
            None => question.to_owned(),
        };
        loop {
            let typed = if present.is_some() && !self.asks() {
                SecretString::default()
            } else {
                trimmed(&self.asker.secret(&question)?)
            };
            let text = typed.expose_secret();
            match &present {
                Some((secret, place)) if text.is_empty() => {
                    return Ok((secret.clone(), Some((*place).clone())));
                }
                _ if text.is_empty() => self.asker.say(Says::Problem, "Nothing was typed."),
                _ if text.contains(char::is_control) => {
                    self.asker.say(Says::Problem, "That is more than one line.");
                }
                _ => return Ok((typed, None)),
            }
        }
    }

    /// Reads a secret from its place; where it is not there, it may be typed.
    pub(super) fn resolve(&mut self, place: &Secret) -> Result<Option<SecretString>, Ended> {
        match place.resolve() {
            Ok(secret) => Ok(Some(secret)),
            Err(error) => {
                let trouble = Trouble::usage(sentence_of(&error));
                if !self.asker.is_there() {
                    return Err(Ended::Failed(trouble));
                }
                self.asker.say(Says::Problem, &trouble.lines());
                Ok(None)
            }
        }
    }

    /// A line that cannot be empty.
    pub(super) fn line(&mut self, question: &str) -> Result<String, Ended> {
        loop {
            let typed = self.asker.input(question, None)?;
            match typed.trim() {
                "" => self.asker.say(Says::Problem, "Nothing was typed."),
                text => return Ok(text.to_owned()),
            }
        }
    }
}

/// An error with its causes.
fn sentence_of(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    trouble::capital(&text)
}
