//! E-mail, as text and HTML in one message.

use std::error::Error;
use std::fs;

use lettre::message::MultiPart;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use secrecy::{ExposeSecret, SecretString};

use super::error::{resolve, without};
use super::notice::Notice;
use super::{ChannelError, LIMIT};
use crate::config::{Email, Security};
use crate::http::innermost;

/// Sends a message to all recipients.
pub(super) async fn send(email: &Email, notice: &Notice) -> Result<String, ChannelError> {
    let login = match &email.login {
        Some((user, password)) => Some((user.clone(), resolve(password).await?)),
        None => None,
    };
    let not_taken = |error: &dyn Error| {
        let mut reason = reason(error);
        if let Some((_, password)) = &login {
            reason = without(&reason, password);
        }
        let server = email.server.clone();
        ChannelError::Mail { server, reason }
    };
    let mail = mail(email, notice).map_err(|error| not_taken(&error))?;
    let transport = transport(email, login.as_ref())?;
    let sent = transport.send(mail).await;
    sent.map_err(|error| not_taken(&error))?;
    let to: Vec<_> = email.to.iter().map(|to| to.email.to_string()).collect();
    Ok(format!("{} took it for {}", email.server, to.join(", ")))
}

fn mail(email: &Email, notice: &Notice) -> Result<Message, lettre::error::Error> {
    let message = &notice.message;
    let mut mail = Message::builder()
        .from(email.from.clone())
        .subject(&message.subject)
        .date_now()
        .message_id(None);
    for to in &email.to {
        mail = mail.to(to.clone());
    }
    let parts = MultiPart::alternative_plain_html(message.text(), message.html());
    let mut mail = mail.multipart(parts)?;
    // RFC 3834: no out-of-office note answers it.
    let name = HeaderName::new_from_ascii_str("Auto-Submitted");
    let value = HeaderValue::new(name, "auto-generated".to_owned());
    mail.headers_mut().insert_raw(value);
    Ok(mail)
}

fn transport(
    email: &Email,
    login: Option<&(String, SecretString)>,
) -> Result<AsyncSmtpTransport<Tokio1Executor>, ChannelError> {
    let tls = match email.security {
        Security::None => Tls::None,
        Security::Starttls => Tls::Required(parameters(email)?),
        Security::Tls => Tls::Wrapper(parameters(email)?),
    };
    let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&email.server)
        .port(email.port)
        .tls(tls)
        .timeout(Some(LIMIT));
    if let Some((user, password)) = login {
        let password = password.expose_secret().to_owned();
        transport = transport.credentials(Credentials::new(user.clone(), password));
    }
    Ok(transport.build())
}

fn parameters(email: &Email) -> Result<TlsParameters, ChannelError> {
    let mut parameters = TlsParameters::builder(email.server.clone());
    if let Some(path) = &email.ca_file {
        let unusable =
            |reason: String| ChannelError::Certificates(format!("{}: {reason}", path.display()));
        let pem = fs::read(path).map_err(|error| unusable(error.to_string()))?;
        let certificate = Certificate::from_pem(&pem);
        let certificate = certificate.map_err(|error| unusable(reason(&error)))?;
        parameters = parameters.add_root_certificate(certificate);
    }
    let built = parameters.build_rustls();
    built.map_err(|error| ChannelError::Certificates(reason(&error)))
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
