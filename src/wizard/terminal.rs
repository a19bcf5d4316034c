//! A person at a terminal. Questions and what is told go to stderr.

use std::io::{self, IsTerminal, Write};

use anstyle::{AnsiColor, Style};
use inquire::list_option::ListOption;
use inquire::ui::{Attributes, Color, RenderConfig, StyleSheet, Styled};
use inquire::{Confirm, InquireError, MultiSelect, Password, PasswordDisplayMode, Select, Text};
use secrecy::SecretString;

use super::asker::{Asker, Ended, Says};
use crate::text::safe;

/// Asks at the terminal, if there is one.
#[derive(Debug)]
pub struct Terminal {
    there: bool,
    colours: bool,
}

impl Terminal {
    /// The terminal of this process: there where both stdin and stderr are one.
    #[must_use]
    pub fn new(colours: bool) -> Self {
        Self {
            there: io::stdin().is_terminal() && io::stderr().is_terminal(),
            colours,
        }
    }

    /// Ends a question that is open, for who ends the program in the middle of it.
    pub fn leave() {
        if io::stderr().is_terminal() {
            // The program ends anyway; where this fails, nothing better can be done.
            let _ = crossterm::terminal::disable_raw_mode();
            let _ = crossterm::execute!(io::stderr(), crossterm::cursor::Show);
        }
    }

    /// Columns of a line; endless where nobody sees it.
    fn width(&self) -> usize {
        let size = terminal_size::terminal_size_of(io::stderr()).filter(|_| self.there);
        size.map_or(usize::MAX, |(width, _)| {
            usize::from(width.0).saturating_sub(INDENT).max(20)
        })
    }

    fn looks(&self) -> RenderConfig<'static> {
        let mut looks = if self.colours {
            RenderConfig::default_colored()
        } else {
            RenderConfig::empty()
        };
        let style = |style: StyleSheet| {
            if self.colours {
                style
            } else {
                StyleSheet::new()
            }
        };
        let cyan = style(StyleSheet::new().with_fg(Color::LightCyan));
        looks.prompt_prefix = Styled::new("?").with_style_sheet(cyan);
        looks.answered_prompt_prefix = Styled::new("?").with_style_sheet(cyan);
        looks.highlighted_option_prefix = Styled::new(">").with_style_sheet(cyan);
        let red = style(StyleSheet::new().with_fg(Color::LightRed));
        let wrong = Styled::new("!!").with_style_sheet(red);
        looks.error_message = looks.error_message.with_prefix(wrong);
        looks.canceled_prompt_indicator = Styled::new("");
        looks.prompt = style(StyleSheet::new().with_attr(Attributes::BOLD));
        looks
    }
}

impl Asker for Terminal {
    fn is_there(&self) -> bool {
        self.there
    }

    fn select(
        &mut self,
        question: &str,
        options: &[String],
        default: usize,
    ) -> Result<usize, Ended> {
        let options = options.iter().map(|option| safe(option).into_owned());
        let question = safe(question);
        let answer = Select::new(&question, options.collect())
            .with_starting_cursor(default)
            .without_filtering()
            .with_help_message("arrows to move, Enter to choose")
            .with_render_config(self.looks())
            .raw_prompt();
        Ok(answer.map_err(ended)?.index)
    }

    fn mark(
        &mut self,
        question: &str,
        options: &[String],
        marked: &[usize],
    ) -> Result<Vec<usize>, Ended> {
        let options: Vec<_> = options.iter().map(|one| safe(one).into_owned()).collect();
        let question = safe(question);
        let told = |chosen: &[ListOption<&String>]| {
            let words: Vec<_> = chosen.iter().map(|one| one.value.as_str()).collect();
            match words.as_slice() {
                [] => "none".to_owned(),
                words => words.join(", "),
            }
        };
        let answer = MultiSelect::new(&question, options)
            .with_default(marked)
            .without_filtering()
            .with_page_size(12)
            .with_formatter(&told)
            .with_help_message("arrows to move, Space to mark, Enter to go on")
            .with_render_config(self.looks())
            .raw_prompt();
        let answer = answer.map_err(ended)?;
        Ok(answer.into_iter().map(|one| one.index).collect())
    }

    fn input(&mut self, question: &str, default: Option<&str>) -> Result<String, Ended> {
        let question = safe(question);
        let mut text = Text::new(&question).with_render_config(self.looks());
        if let Some(default) = default {
            text = text.with_default(default);
        }
        text.prompt().map_err(ended)
    }

    fn secret(&mut self, question: &str) -> Result<SecretString, Ended> {
        let answer = Password::new(question)
            .without_confirmation()
            .with_display_mode(PasswordDisplayMode::Masked)
            .with_render_config(self.looks())
            .prompt();
        // A pasted line may have brought its end along.
        let answer = SecretString::from(answer.map_err(ended)?);
        Ok(super::answers::trimmed(&answer))
    }

    fn confirm(&mut self, question: &str, default: bool) -> Result<bool, Ended> {
        let question = safe(question);
        let confirm = Confirm::new(&question)
            .with_default(default)
            .with_error_message("Type y for yes or n for no")
            .with_render_config(self.looks());
        confirm.prompt().map_err(ended)
    }

    fn say(&mut self, says: Says, text: &str) {
        let matters = matches!(says, Says::Warning | Says::Problem);
        if !self.there && !matters {
            return;
        }
        let (sign, style) = match says {
            Says::Part => ("", Style::new().bold()),
            Says::Good => ("ok", AnsiColor::Green.on_default()),
            Says::Note => ("  ", Style::new().dimmed()),
            Says::Warning => ("! ", AnsiColor::Yellow.on_default()),
            Says::Problem => ("!!", AnsiColor::Red.on_default()),
        };
        let style = if self.colours { style } else { Style::new() };
        let mut err = io::stderr().lock();
        for (row, line) in folded(text, self.width()).iter().enumerate() {
            let _ = match says {
                Says::Part => writeln!(err, "\n{style}{line}{style:#}"),
                Says::Note => writeln!(err, "   {style}{line}{style:#}"),
                _ if row == 0 => writeln!(err, "{style}{sign}{style:#} {line}"),
                _ => writeln!(err, "   {line}"),
            };
        }
    }
}

/// Columns in front of what is told.
const INDENT: usize = 3;

/// The lines of a text, folded between words to so many columns; without control characters.
fn folded(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for line in text.lines() {
        let mut folded = String::new();
        for word in line.split(|c: char| c.is_whitespace() || c.is_control()) {
            let word = safe(word);
            let columns = folded.chars().count() + 1 + word.chars().count();
            if !folded.is_empty() && columns > width {
                lines.push(std::mem::take(&mut folded));
            }
            if !folded.is_empty() {
                folded.push(' ');
            }
            folded.push_str(&word);
        }
        lines.push(folded);
    }
    lines
}

fn ended(error: InquireError) -> Ended {
    match error {
        InquireError::OperationCanceled | InquireError::OperationInterrupted => Ended::Stopped,
        InquireError::IO(error) => Ended::Terminal(error),
        other => Ended::Terminal(io::Error::other(other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_folded_between_words() {
        assert_eq!(
            folded("one two three\nfour\u{7}five sixseveneight", 9),
            ["one two", "three", "four five", "sixseveneight"]
        );
    }
}
