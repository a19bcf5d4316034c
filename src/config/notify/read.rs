//! From the tables of the file to who is told what.

use lettre::message::Mailbox;
use url::Host;

use super::{Channel, Email, Heartbeat, MailServer, Notify, On, Security, Shape, Webhook, address};
use crate::config::Values;
use crate::config::reader::{Entry, Findings, Section};
use crate::config::schema::{Field, Table, Value, Way, keys};

/// `[notify]` and `[connections.NAME.notify]`.
pub(in crate::config) static NOTIFY: Table = Table::of(&[
    Field::new("on", Value::Choice(On::WORDS)),
    // more failures in a row nobody wants to wait for
    Field::new("after", Value::Whole(1, 100)),
    Field::new("email", Value::Table(&EMAIL)),
    Field::new("webhook", Value::Table(&WEBHOOK)),
    Field::new("command", Value::Own),
    Field::new("heartbeat", Value::Table(&HEARTBEAT)),
]);
/// `email` in it: a mail server, and the recipients.
static EMAIL: Table = Table::of(&[
    SERVER,
    PORT,
    SECURITY,
    USER,
    PASSWORD,
    CA_FILE,
    FROM,
    Field::new("to", Value::Own).must(),
]);
/// A mail server.
pub static MAIL_SERVER: Table = Table {
    ways: &[Way {
        label: "",
        again: "",
        anew: "",
        ends: false,
        keys: &["user", "password"],
        with: &[],
    }],
    no_way: true,
    ..Table::of(&[SERVER, PORT, SECURITY, USER, PASSWORD, CA_FILE, FROM])
};
const SERVER: Field = Field::new("server", Value::Own).must();
const PORT: Field = Field::new("port", Value::Whole(1, 65_535));
const SECURITY: Field = Field::new("security", Value::Choice(Security::WORDS)).usually("starttls");
const USER: Field = Field::new("user", Value::Text).must();
const PASSWORD: Field = Field::new("password", Value::Secret).must();
const CA_FILE: Field = Field::new("ca_file", Value::Path);
const FROM: Field = Field::new("from", Value::Own).must();
/// `webhook` in it.
static WEBHOOK: Table = Table::of(&[
    Field::new("url", Value::Secret).must().checked(an_address),
    Field::new("shape", Value::Choice(Shape::WORDS)).usually("json"),
    Field::new("token", Value::Secret),
]);
/// `heartbeat` in it.
static HEARTBEAT: Table = Table::of(&[
    Field::new("url", Value::Secret).must().checked(an_address),
    Field::new("start_url", Value::Secret).checked(an_address),
    Field::new("fail_url", Value::Secret).checked(an_address),
]);

fn an_address(text: &str) -> Result<(), String> {
    address(text).map(drop).map_err(str::to_owned)
}

/// Reads one of the two tables.
pub(in crate::config) fn read(entry: &Entry<'_>, found: &mut Findings) -> Option<Notify> {
    let section = entry.section(found, &keys(NOTIFY.fields))?;
    let email = channel(&section, found, "email", read_email);
    let webhook = channel(&section, found, "webhook", read_webhook);
    let command = channel(&section, found, "command", read_command);
    let heartbeat = channel(&section, found, "heartbeat", read_heartbeat);
    let values = Values::read(&section, found, &NOTIFY);
    Some(Notify {
        on: values.get("on"),
        after: values.count("after"),
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
    let section = entry.section(found, &keys(EMAIL.fields))?;
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
    let values = Values::read(section, found, &MAIL_SERVER);
    let security: Security = values.get("security").unwrap_or_default();
    let host = section.entry(found, "server");
    let host = host.and_then(|entry| read_server(&entry, found, security));
    let from = section.entry(found, "from");
    let from = from.and_then(|entry| {
        let text = entry.text(found)?;
        mailbox(&entry, found, text)
    });
    Some(MailServer {
        host: host?,
        port: values.count("port").unwrap_or(security.port()),
        security,
        login: values.get("user").zip(values.get("password")),
        ca_file: values.get("ca_file"),
        from: from?,
    })
}

fn read_server(entry: &Entry<'_>, found: &mut Findings, security: Security) -> Option<String> {
    let text = entry.text(found)?.trim();
    let Ok(host) = Host::parse(text) else {
        return entry.wrong(
            found,
            "not the name of a mail server such as \"smtp.example.com\"",
        );
    };
    if security == Security::None && !crate::http::is_local(&host) {
        let message = "security = \"none\" is for a mail server on this machine (\"localhost\")";
        return entry.wrong(found, message);
    }
    Some(text.to_owned())
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
    let section = entry.section(found, &keys(WEBHOOK.fields))?;
    let values = Values::read(&section, found, &WEBHOOK);
    Some(Webhook {
        url: values.get("url")?,
        shape: values.get("shape").unwrap_or_default(),
        token: values.get("token"),
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
    let section = entry.section(found, &keys(HEARTBEAT.fields))?;
    let values = Values::read(&section, found, &HEARTBEAT);
    Some(Heartbeat {
        url: values.get("url")?,
        start_url: values.get("start_url"),
        fail_url: values.get("fail_url"),
    })
}
