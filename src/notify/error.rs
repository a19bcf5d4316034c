//! Why a channel told nothing.

use std::process::ExitStatus;

use reqwest::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

use super::notifier::LIMIT;
use crate::config::{Secret, SecretError};
use crate::http::innermost;

/// Why a channel told nothing. Never holds an address, a password or what a receiver of requests
/// answered: some repeat the address.
#[derive(Debug, Error)]
pub enum ChannelError {
    /// A secret of the channel cannot be had.
    #[error("{}", with_cause(.0))]
    Secret(#[from] SecretError),
    /// The secret is no address to send to.
    #[error("{key}: {message}")]
    Address {
        /// Its key in the configuration.
        key: &'static str,
        /// Why.
        message: &'static str,
    },
    /// A request got no answer.
    #[error("cannot be reached: {reason}; check {key} in the configuration")]
    Unreachable {
        /// What the way to it said.
        reason: String,
        /// The key of the address in the configuration.
        key: &'static str,
    },
    /// A request was refused.
    #[error("refused with {status}; check {key} in the configuration")]
    Refused {
        /// The answer.
        status: StatusCode,
        /// The key of the address in the configuration.
        key: &'static str,
    },
    /// The certificates of the mail server cannot be used.
    #[error("its certificates cannot be used: {0}")]
    Certificates(String),
    /// The mail server did not take the message.
    #[error("{server} did not take it: {reason}; {advice}")]
    Mail {
        /// The mail server.
        server: String,
        /// What it said.
        reason: String,
        /// What to do.
        advice: &'static str,
    },
    /// There is no way to the mail server, or none that is safe.
    #[error("{server} cannot be reached on port {port}: {reason}; {advice}")]
    NoWay {
        /// The mail server.
        server: String,
        /// Its port.
        port: u16,
        /// What the way to it said.
        reason: String,
        /// What to do.
        advice: &'static str,
    },
    /// The message cannot be put together.
    #[error("there is no such e-mail: {0}")]
    NoMail(String),
    /// The command cannot be run.
    #[error("{program:?} cannot be run: {reason}")]
    NotRun {
        /// The program.
        program: String,
        /// What the system said.
        reason: String,
    },
    /// The command ended with an error.
    #[error("{program:?} failed ({status})")]
    Failed {
        /// The program.
        program: String,
        /// How it ended.
        status: ExitStatus,
    },
    /// It took too long.
    #[error("not done within {} s: given up", LIMIT.as_secs())]
    TooSlow,
    /// The channel's work came to no end at all.
    #[error("broke off: {0}")]
    BrokenOff(String),
}

/// Reads a secret beside the other work: one may come from a command.
pub(super) async fn resolve(secret: &Secret) -> Result<SecretString, ChannelError> {
    let secret = secret.clone();
    let read = tokio::task::spawn_blocking(move || secret.resolve());
    let read = read
        .await
        .map_err(|error| ChannelError::BrokenOff(error.to_string()))?;
    Ok(read?)
}

/// A text without a secret, should a service have repeated it.
pub(super) fn without(text: &str, secret: &SecretString) -> String {
    text.replace(secret.expose_secret(), "…")
}

fn with_cause(error: &SecretError) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {}", innermost(source)),
        None => error.to_string(),
    }
}
