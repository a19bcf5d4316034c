//! Who is told how runs ended: the tables `[notify]` and `[connections.NAME.notify]`.
//!
//! Nothing here has a part in what is imported, nor in the fingerprint of a connection's settings.

mod read;

use std::path::PathBuf;

use lettre::message::Mailbox;
use url::Url;

use super::words::words;
use super::{Secret, value};

pub use read::{MAIL_SERVER, mail_server};
pub(super) use read::{NOTIFY, read};

/// Who is told what. A setting that a connection leaves out is that of the whole file.
#[derive(Debug, Clone, Default)]
pub struct Notify {
    on: Option<On>,
    after: Option<u32>,
    email: Channel<Email>,
    webhook: Channel<Webhook>,
    command: Channel<Vec<String>>,
    heartbeat: Channel<Heartbeat>,
}

/// One way to tell.
#[derive(Debug, Clone, Default)]
enum Channel<T> {
    /// Not said.
    #[default]
    Unsaid,
    /// Switched off, also where the whole file has one.
    Off,
    /// This one.
    On(T),
}

impl<T> Channel<T> {
    fn get(&self) -> Option<&T> {
        match self {
            Self::On(channel) => Some(channel),
            Self::Unsaid | Self::Off => None,
        }
    }

    fn or(self, general: &Self) -> Self
    where
        T: Clone,
    {
        match self {
            Self::Unsaid => general.clone(),
            said => said,
        }
    }
}

impl Notify {
    /// These settings; those that are left out as in `general`.
    #[must_use]
    pub(super) fn or(self, general: &Self) -> Self {
        Self {
            on: self.on.or(general.on),
            after: self.after.or(general.after),
            email: self.email.or(&general.email),
            webhook: self.webhook.or(&general.webhook),
            command: self.command.or(&general.command),
            heartbeat: self.heartbeat.or(&general.heartbeat),
        }
    }

    /// Which runs are told of.
    #[must_use]
    pub fn on(&self) -> On {
        self.on.unwrap_or_default()
    }

    /// So many runs in a row have to fail before it is told; at least 1.
    #[must_use]
    pub fn after(&self) -> u64 {
        u64::from(self.after.unwrap_or(1))
    }

    /// E-mail.
    #[must_use]
    pub fn email(&self) -> Option<&Email> {
        self.email.get()
    }

    /// A POST request.
    #[must_use]
    pub fn webhook(&self) -> Option<&Webhook> {
        self.webhook.get()
    }

    /// A program and its arguments; never empty.
    #[must_use]
    pub fn command(&self) -> Option<&[String]> {
        self.command.get().map(Vec::as_slice)
    }

    /// A service that raises an alarm where no sign of life comes.
    #[must_use]
    pub fn heartbeat(&self) -> Option<&Heartbeat> {
        self.heartbeat.get()
    }
}

words! {
    /// Which runs are told of.
    On {
        /// Those that failed, and the first good one after them.
        Failure = "failure",
        /// Also those that changed something in Caflou.
        Change = "change",
        /// All.
        Always = "always",
    }
}

/// E-mail by a mail server.
#[derive(Debug, Clone)]
pub struct Email {
    /// The mail server.
    pub server: MailServer,
    /// The recipients; never empty.
    pub to: Vec<Mailbox>,
}

/// A mail server, and who sends by it.
#[derive(Debug, Clone)]
pub struct MailServer {
    /// Its host name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the way to it is made safe.
    pub security: Security,
    /// User name and password; `None`: the server takes mail without.
    pub login: Option<(String, Secret)>,
    /// Certificates (PEM) to trust beside those of the system.
    pub ca_file: Option<PathBuf>,
    /// The sender.
    pub from: Mailbox,
}

words! {
    /// How the way to a mail server is made safe.
    Security {
        /// The connection begins in the open, and nothing is sent before it is encrypted.
        Starttls = "starttls",
        /// Encrypted from its first byte.
        Tls = "tls",
        /// Not at all; only to this machine.
        None = "none",
    }
}

impl Security {
    /// The port where the file names none.
    const fn port(self) -> u16 {
        match self {
            Self::Starttls => 587,
            Self::Tls => 465,
            Self::None => 25,
        }
    }
}

/// A POST request.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// Where to; see [`address`].
    pub url: Secret,
    /// What the receiver understands.
    pub shape: Shape,
    /// Sent as `Authorization: Bearer`.
    pub token: Option<Secret>,
}

words! {
    /// What the receiver of a webhook understands.
    Shape {
        /// All there is to tell, for programs.
        Json = "json",
        /// An incoming webhook of Slack; Mattermost takes the same.
        Slack = "slack",
        /// A webhook of a Discord channel.
        Discord = "discord",
        /// A topic of ntfy.
        Ntfy = "ntfy",
    }
}

/// Signs of life. In each address, `{connection}` stands for the connection's key; see [`address`].
#[derive(Debug, Clone)]
pub struct Heartbeat {
    /// Asked for after a good run.
    pub url: Secret,
    /// Asked for when a run begins; the default is `url` with `/start` behind its path.
    pub start_url: Option<Secret>,
    /// Asked for after a run that failed; the default is `url` with `/fail` behind its path.
    pub fail_url: Option<Secret>,
}

/// Reads the address of a webhook or heartbeat: `https`, or `http` on a loopback host, without user
/// name and password.
///
/// # Errors
/// Why it is not one. The text itself, which may hold a secret, is never repeated.
pub fn address(text: &str) -> Result<Url, &'static str> {
    value::safe_url(text)
}
