//! Why a channel told nothing.

use std::process::ExitStatus;
use std::time::Duration;

use reqwest::StatusCode;
use secrecy::SecretString;
use thiserror::Error;

use crate::config::{Secret, SecretError};
use crate::http::innermost;
use crate::mail::MailError;

/// How long all channels together may take.
pub const LIMIT: Duration = Duration::from_secs(10);

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
    /// An e-mail was not sent.
    #[error("{0}{advice}", advice = advice(.0))]
    Mail(#[from] MailError),
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

/// What to do about an e-mail that was not sent.
fn advice(error: &MailError) -> &'static str {
    match error {
        MailError::Certificates(_) | MailError::NoMail(_) => "",
        MailError::NoWay { reason, .. } if reason.contains("certificate") => {
            "; for a mail server of your own, `ca_file` in notify.email names its certificate"
        }
        MailError::NoWay { .. } => "; check server, port and security in notify.email",
        // RFC 4954, 6: the codes of a login
        MailError::NotTaken { code, .. } => match code {
            530 | 534 | 535 | 538 => "; check user and password in notify.email",
            500.. => "; check from and to in notify.email",
            _ => "; this passes by itself as a rule",
        },
    }
}

fn with_cause(error: &SecretError) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {}", innermost(source)),
        None => error.to_string(),
    }
}
