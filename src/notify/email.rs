//! E-mail, as text and HTML in one message.

use std::error::Error;
use std::fs;

use lettre::message::MultiPart;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::{self, authentication::Credentials};
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
    let mail = mail(email, notice).map_err(|error| ChannelError::NoMail(reason(&error)))?;
    let transport = transport(email, login.as_ref())?;
    let sent = transport.send(mail).await;
    sent.map_err(|error| not_sent(email, login.as_ref(), &error))?;
    let to: Vec<_> = email.to.iter().map(|to| to.email.to_string()).collect();
    Ok(format!("{} took it for {}", email.server, to.join(", ")))
}

/// What became of a message, with what to do about it.
fn not_sent(
    email: &Email,
    login: Option<&(String, SecretString)>,
    error: &smtp::Error,
) -> ChannelError {
    let hidden = |said: String| match login {
        Some((_, password)) => without(&said, password),
        None => said,
    };
    let server = email.server.clone();
    let Some(code) = error.status() else {
        let reason = hidden(innermost(error));
        let advice = if reason.contains("certificate") {
            "for a mail server of your own, `ca_file` in notify.email names its certificate"
        } else {
            "check server, port and security in notify.email"
        };
        let port = email.port;
        return ChannelError::NoWay {
            server,
            port,
            reason,
            advice,
        };
    };
    let reason = hidden(reason(error));
    // RFC 4954, 6: the codes of a login
    let advice = match u16::from(code) {
        530 | 534 | 535 | 538 => "check user and password in notify.email",
        500.. => "check from and to in notify.email",
        _ => "this passes by itself as a rule",
    };
    ChannelError::Mail {
        server,
        reason,
        advice,
    }
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
