//! Sending e-mail by a mail server: what all parts of the program that write to people share.

use std::error::Error;
use std::fs;
use std::time::Duration;

use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::{self, authentication::Credentials};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

use crate::config::{MailServer, Security};
use crate::http::innermost;

/// A message, as text and HTML in one.
#[derive(Debug)]
pub struct Letter<'a> {
    /// The recipients; never empty.
    pub to: &'a [Mailbox],
    /// In one line.
    pub subject: &'a str,
    /// As plain text.
    pub text: String,
    /// As an HTML page.
    pub html: String,
}

/// User name and password at a mail server.
pub type Login = (String, SecretString);

/// Why a message was not sent. Never holds the password, should a mail server repeat it.
#[derive(Debug, Error)]
pub enum MailError {
    /// The certificates of the mail server cannot be used.
    #[error("its certificates cannot be used: {0}")]
    Certificates(String),
    /// The mail server did not take the message.
    #[error("{server} did not take it: {reason}")]
    NotTaken {
        /// The mail server.
        server: String,
        /// What it said.
        reason: String,
        /// Its reply code (RFC 5321, 4.2).
        code: u16,
    },
    /// There is no way to the mail server, or none that is safe.
    #[error("{server} cannot be reached on port {port}: {reason}")]
    NoWay {
        /// The mail server.
        server: String,
        /// Its port.
        port: u16,
        /// What the way to it said.
        reason: String,
    },
    /// The message cannot be put together.
    #[error("there is no such e-mail: {0}")]
    NoMail(String),
}

impl MailError {
    /// The same without a text that is nobody's business, should the mail server have repeated it.
    #[must_use]
    pub fn without(mut self, text: &str) -> Self {
        let (Self::Certificates(reason)
        | Self::NoMail(reason)
        | Self::NotTaken { reason, .. }
        | Self::NoWay { reason, .. }) = &mut self;
        *reason = reason.replace(text, "…");
        self
    }
}

/// Sends a message to all its recipients. `limit` is how long each step of it may take.
///
/// # Errors
/// See [`MailError`].
pub async fn send(
    server: &MailServer,
    login: Option<&Login>,
    letter: Letter<'_>,
    limit: Duration,
) -> Result<(), MailError> {
    let message = message(server, letter);
    let message = message.map_err(|error| MailError::NoMail(reason(&error)))?;
    let transport = transport(server, login, limit)?;
    let sent = transport.send(message).await;
    sent.map(drop).map_err(|error| {
        let error = not_sent(server, &error);
        match login {
            Some((_, password)) => error.without(password.expose_secret()),
            None => error,
        }
    })
}

fn not_sent(server: &MailServer, error: &smtp::Error) -> MailError {
    let host = server.host.clone();
    match error.status() {
        Some(code) => MailError::NotTaken {
            server: host,
            reason: reason(error),
            code: code.into(),
        },
        None => MailError::NoWay {
            server: host,
            port: server.port,
            reason: innermost(error),
        },
    }
}

fn message(server: &MailServer, letter: Letter<'_>) -> Result<Message, lettre::error::Error> {
    let mut message = Message::builder()
        .from(server.from.clone())
        .subject(letter.subject)
        .date_now()
        .message_id(None);
    for to in letter.to {
        message = message.to(to.clone());
    }
    let parts = MultiPart::alternative_plain_html(letter.text, letter.html);
    let mut message = message.multipart(parts)?;
    // RFC 3834: no out-of-office note answers it.
    let name = HeaderName::new_from_ascii_str("Auto-Submitted");
    let value = HeaderValue::new(name, "auto-generated".to_owned());
    message.headers_mut().insert_raw(value);
    Ok(message)
}

fn transport(
    server: &MailServer,
    login: Option<&Login>,
    limit: Duration,
) -> Result<AsyncSmtpTransport<Tokio1Executor>, MailError> {
    let tls = match server.security {
        Security::None => Tls::None,
        Security::Starttls => Tls::Required(parameters(server)?),
        Security::Tls => Tls::Wrapper(parameters(server)?),
    };
    let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server.host)
        .port(server.port)
        .tls(tls)
        .timeout(Some(limit));
    if let Some((user, password)) = login {
        let password = password.expose_secret().to_owned();
        transport = transport.credentials(Credentials::new(user.clone(), password));
    }
    Ok(transport.build())
}

fn parameters(server: &MailServer) -> Result<TlsParameters, MailError> {
    let mut parameters = TlsParameters::builder(server.host.clone());
    if let Some(path) = &server.ca_file {
        let unusable =
            |reason: String| MailError::Certificates(format!("{}: {reason}", path.display()));
        let pem = fs::read(path).map_err(|error| unusable(error.to_string()))?;
        let certificate = Certificate::from_pem(&pem);
        let certificate = certificate.map_err(|error| unusable(reason(&error)))?;
        parameters = parameters.add_root_certificate(certificate);
    }
    let built = parameters.build_rustls();
    built.map_err(|error| MailError::Certificates(reason(&error)))
}

/// The error with the cause at its bottom, each once.
fn reason(error: &dyn Error) -> String {
    let (outer, inner) = (error.to_string(), innermost(error));
    if outer.contains(&inner) {
        outer
    } else {
        format!("{outer}: {inner}")
    }
}

/// Text that stays text in HTML, whatever a customer is called.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
