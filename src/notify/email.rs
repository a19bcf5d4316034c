//! E-mail, as text and HTML in one message.

use super::error::resolve;
use super::notice::Notice;
use super::{ChannelError, LIMIT, html};
use crate::config::Email;
use crate::mail::{self, Letter};

/// Sends a message to all recipients.
pub(super) async fn send(email: &Email, notice: &Notice) -> Result<String, ChannelError> {
    let server = &email.server;
    let login = match &server.login {
        Some((user, password)) => Some((user.clone(), resolve(password).await?)),
        None => None,
    };
    let message = &notice.message;
    let letter = Letter {
        to: &email.to,
        subject: &message.subject,
        text: message.text(),
        html: html::page(message),
    };
    mail::send(server, login.as_ref(), letter, LIMIT).await?;
    let to: Vec<_> = email.to.iter().map(|to| to.email.to_string()).collect();
    Ok(format!("{} took it for {}", server.host, to.join(", ")))
}
