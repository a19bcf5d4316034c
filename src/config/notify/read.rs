//! From the tables of the file to who is told what.

use lettre::message::Mailbox;
use secrecy::ExposeSecret;
use url::Host;

use super::{Channel, Email, Heartbeat, MailServer, Notify, On, Security, Shape, Webhook, address};
use crate::config::credentials::secret;
use crate::config::reader::{Entry, Findings, Section};
use crate::config::{Secret, value};

/// The keys of `[notify]` and `[connections.NAME.notify]`.
pub(in crate::config) const NOTIFY: [&str; 6] =
    ["on", "after", "email", "webhook", "command", "heartbeat"];
/// The keys of a mail server.
pub const MAIL_SERVER: [&str; 7] = [
    "server", "port", "security", "user", "password", "ca_file", "from",
];
/// The keys of `email` in it: those of a mail server, and the recipients.
pub(in crate::config) const EMAIL: [&str; 8] = [
    "server", "port", "security", "user", "password", "ca_file", "from", "to",
];
/// The keys of `webhook` in it.
pub(in crate::config) const WEBHOOK: [&str; 3] = ["url", "shape", "token"];
/// The keys of `heartbeat` in it.
pub(in crate::config) const HEARTBEAT: [&str; 3] = ["url", "start_url", "fail_url"];

/// More failures in a row nobody wants to wait for.
const MOST_FAILURES: i64 = 100;

/// Reads one of the two tables.
pub(in crate::config) fn read(entry: &Entry<'_>, found: &mut Findings) -> Option<Notify> {
    let section = entry.section(found, &NOTIFY)?;
    let words = On::ALL.map(|on| (on.as_str(), on));
    let on = section.or(found, "on", None, |entry, found| {
        value::choice(entry, found, &words).map(Some)
    });
    let after = section.or(found, "after", None, |entry, found| {
        let number = entry.integer(found, 1..=MOST_FAILURES)?;
        Some(u32::try_from(number).ok())
    });
    let email = channel(&section, found, "email", read_email);
    let webhook = channel(&section, found, "webhook", read_webhook);
    let command = channel(&section, found, "command", read_command);
    let heartbeat = channel(&section, found, "heartbeat", read_heartbeat);
    Some(Notify {
        on: on?,
        after: after?,
        email: email?,
        webhook: webhook?,
        command: command?,
        heartbeat: heartbeat?,
    })
}

/// A channel, or `false` where there is to be none.
fn channel<T>(
    section: &Section<'_>,
    found: &mut Findings,
    key: &str,
    read: impl FnOnce(&Entry<'_>, &mut Findings) -> Option<T>,
) -> Option<Channel<T>> {
    section.or(found, key, Channel::Unsaid, |entry, found| {
        if entry.item.as_bool() == Some(false) {
            return Some(Channel::Off);
        }
        read(entry, found).map(Channel::On)
    })
}

fn read_email(entry: &Entry<'_>, found: &mut Findings) -> Option<Email> {
    let section = entry.section(found, &EMAIL)?;
    let server = mail_server(&section, found);
    let to = section.required(found, "to");
    let to = to.and_then(|entry| read_recipients(&entry, found));
    Some(Email {
        server: server?,
        to: to?,
    })
}

/// The mail server of a table that may hold more.
pub fn mail_server(section: &Section<'_>, found: &mut Findings) -> Option<MailServer> {
    let ways = Security::ALL.map(|way| (way.as_str(), way));
    let security = section.or(found, "security", Security::Starttls, |entry, found| {
        value::choice(entry, found, &ways)
    });
    let server = section.required(found, "server");
    let host = server.and_then(|entry| read_server(&entry, found, security));
    let port = section.or(found, "port", None, |entry, found| {
        let port = entry.integer(found, 1..=i64::from(u16::MAX))?;
        Some(u16::try_from(port).ok())
    });
    let login = read_login(section, found);
    let ca_file = section.or(found, "ca_file", None, |entry, found| {
        entry.text(found).map(|file| Some(found.folder.join(file)))
    });
    let from = section.required(found, "from");
    let from = from.and_then(|entry| {
        let text = entry.text(found)?;
        mailbox(&entry, found, text)
    });
    let security = security?;
    Some(MailServer {
        host: host?,
        port: port?.unwrap_or(security.port()),
        security,
        login: login.ok()?,
        ca_file: ca_file?,
        from: from?,
    })
}

fn read_server(
    entry: &Entry<'_>,
    found: &mut Findings,
    security: Option<Security>,
) -> Option<String> {
    let text = entry.text(found)?.trim();
    let Ok(host) = Host::parse(text) else {
        return entry.wrong(
            found,
            "not the name of a mail server such as \"smtp.example.com\"",
        );
    };
    if security == Some(Security::None) && !crate::http::is_local(&host) {
        let message = "security = \"none\" is for a mail server on this machine (\"localhost\")";
        return entry.wrong(found, message);
    }
    Some(text.to_owned())
}

/// Both of user name and password, or neither; an error where a problem was noted.
fn read_login(section: &Section<'_>, found: &mut Findings) -> Result<Option<(String, Secret)>, ()> {
    let user = section.entry(found, "user");
    let password = section.entry(found, "password");
    let name = user.as_ref().map(|entry| entry.text(found));
    let secret = password.as_ref().map(|entry| secret(entry, found));
    match (name, secret) {
        (None, None) => Ok(None),
        (Some(name), Some(secret)) => {
            let login = name.map(str::to_owned).zip(secret);
            login.map(Some).ok_or(())
        }
        (Some(_), None) => {
            let message = "\"password\" is missing; \"user\" needs it";
            section.missing(found, &["password"], message);
            Err(())
        }
        (None, Some(_)) => {
            let message = "\"user\" is missing; \"password\" needs it";
            section.missing(found, &["user"], message);
            Err(())
        }
    }
}

/// One address, or a list of them.
fn read_recipients(entry: &Entry<'_>, found: &mut Findings) -> Option<Vec<Mailbox>> {
    if entry.item.is_str() {
        let text = entry.text(found)?;
        return mailbox(entry, found, text).map(|to| vec![to]);
    }
    let texts = entry.texts(found)?;
    if texts.is_empty() {
        return entry.wrong(found, "it is empty");
    }
    let read: Vec<_> = texts
        .iter()
        .map(|text| mailbox(entry, found, text))
        .collect();
    read.into_iter().collect()
}

fn mailbox(entry: &Entry<'_>, found: &mut Findings, text: &str) -> Option<Mailbox> {
    let message = "not an e-mail address such as \"me@example.com\" or \"Shop <shop@example.com>\"";
    let mailbox = text.trim().parse().ok();
    mailbox.or_else(|| entry.wrong(found, message))
}

fn read_webhook(entry: &Entry<'_>, found: &mut Findings) -> Option<Webhook> {
    let section = entry.section(found, &WEBHOOK)?;
    let shapes = Shape::ALL.map(|shape| (shape.as_str(), shape));
    let url = section.required(found, "url");
    let url = url.and_then(|entry| secret_address(&entry, found));
    let shape = section.or(found, "shape", Shape::default(), |entry, found| {
        value::choice(entry, found, &shapes)
    });
    let token = section.or(found, "token", None, |entry, found| {
        secret(entry, found).map(Some)
    });
    Some(Webhook {
        url: url?,
        shape: shape?,
        token: token?,
    })
}

fn read_command(entry: &Entry<'_>, found: &mut Findings) -> Option<Vec<String>> {
    let expected = "a program and its arguments, such as [\"/usr/local/bin/tell\", \"--loud\"]";
    let Some(words) = entry.item.as_array() else {
        return entry.expected(found, expected);
    };
    let words: Option<Vec<_>> = words
        .iter()
        .map(|word| word.as_str().map(str::to_owned))
        .collect();
    let words = words.filter(|words| words.first().is_some_and(|word| !word.is_empty()));
    words.or_else(|| entry.wrong(found, format!("expected {expected}")))
}

fn read_heartbeat(entry: &Entry<'_>, found: &mut Findings) -> Option<Heartbeat> {
    let section = entry.section(found, &HEARTBEAT)?;
    let url = section.required(found, "url");
    let url = url.and_then(|entry| secret_address(&entry, found));
    let mut other = |key| {
        section.or(found, key, None, |entry, found| {
            secret_address(entry, found).map(Some)
        })
    };
    let (start_url, fail_url) = (other("start_url"), other("fail_url"));
    Some(Heartbeat {
        url: url?,
        start_url: start_url?,
        fail_url: fail_url?,
    })
}

/// An address that is a secret; where it stands in the file itself, it is checked at once.
fn secret_address(entry: &Entry<'_>, found: &mut Findings) -> Option<Secret> {
    let secret = secret(entry, found)?;
    if let Secret::Plain(text) = &secret
        && let Err(message) = address(text.expose_secret())
    {
        return entry.wrong(found, message);
    }
    Some(secret)
}
