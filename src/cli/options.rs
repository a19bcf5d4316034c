//! How a program speaks: the options of each command of it.

use std::io;

use clap::{Args, ValueEnum};
use tracing_subscriber::filter::LevelFilter;

use super::logging;
use crate::trouble::Trouble;

/// What is said, where, and how.
#[derive(Debug, Args)]
pub struct OutputOptions {
    /// Say more; twice: also each request
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(super) verbose: u8,
    /// Say only what went wrong
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(super) quiet: bool,
    /// Colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(super) color: Color,
    /// Output for people, JSON lines for programs, or (`status` only) gauges for Prometheus
    #[arg(long, global = true, value_name = "FORMAT", default_value = "human")]
    pub(super) format: Format,
    /// Log lines on stderr as text or JSON
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text")]
    pub(super) log_format: LogFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal
    Auto,
    Always,
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Human,
    Json,
    Prometheus,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    Text,
    Json,
}

impl OutputOptions {
    /// Starts logging; `usual` is what log lines are about without `-v` and `-q`.
    pub fn start_log(&self, usual: LevelFilter) {
        logging::start(self, usual);
    }

    /// Whether stdout gets colours.
    #[must_use]
    pub fn colours(&self) -> bool {
        match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
            }
        }
    }

    /// Whether stdout gets JSON lines.
    #[must_use]
    pub fn json(&self) -> bool {
        self.format == Format::Json
    }

    /// For commands that have no gauges.
    ///
    /// # Errors
    /// Where they are asked for.
    pub fn no_gauges(&self) -> Result<(), Trouble> {
        if self.format == Format::Prometheus {
            let message =
                "--format prometheus is for `status` only; the others know human and json";
            return Err(Trouble::usage(message));
        }
        Ok(())
    }
}
