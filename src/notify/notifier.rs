//! The channels of a connection, side by side.

use chrono::Local;

use super::memory::Memory;
use super::message::{Message, message};
use super::notice::Notice;
use super::rule::{News, told};
use super::{ChannelError, Heart, LIMIT, command, email, webhook};
use crate::config::{Connection, Notify};
use crate::state::Before;
use crate::sync::RunReport;
use crate::sync::report::Status;

/// A channel, and how it went with it.
pub type Outcome = (&'static str, Result<String, ChannelError>);

/// Tells how a run of a connection ended.
#[derive(Debug)]
pub struct Notifier<'a> {
    key: &'a str,
    name: &'a str,
    settings: &'a Notify,
    heart: Option<Heart>,
}

impl<'a> Notifier<'a> {
    /// For one run of a connection; `None` where there is nobody to tell.
    #[must_use]
    pub fn of(connection: &'a Connection) -> Option<Self> {
        let settings = &connection.notify;
        let heart = settings.heartbeat();
        let heart = heart.map(|heartbeat| Heart::new(&connection.key, heartbeat));
        let any = heart.is_some()
            || settings.email().is_some()
            || settings.webhook().is_some()
            || settings.command().is_some();
        any.then_some(Self {
            key: &connection.key,
            name: &connection.name,
            settings,
            heart,
        })
    }

    /// The signs of life.
    #[must_use]
    pub fn heart(&self) -> Option<&Heart> {
        self.heart.as_ref()
    }

    /// Tells how the run ended, where the rule says so. Where nobody knows what went `before`, nobody
    /// knows either what was told already, and it is told.
    pub async fn end(&self, memory: &Memory, before: Option<Before>) -> Vec<Outcome> {
        let Some(run) = &memory.run else {
            return Vec::new();
        };
        let on = self.settings.on();
        let told = match before {
            Some(before) => told(on, self.settings.after(), run, before),
            None => told(on, 1, run, Before::default()),
        };
        let notice = told.map(|told| {
            let finished = run.finished_at.with_timezone(&Local).fixed_offset();
            let message = message(self.name, run, memory, told, finished);
            Notice::new(self.name, message, run, told, false)
        });
        let ended = matches!(run.status, Status::Ok | Status::Partial);
        let beat = self.heart.as_ref().map(|heart| heart.end(ended));
        self.send(notice.as_ref(), beat).await
    }

    /// Tries each channel with a sample; `run` is what the sample says of a run.
    pub async fn test(&self, run: &RunReport) -> Vec<Outcome> {
        let told = News {
            failures: 0,
            recovered: 0,
        };
        let message = Message::sample(self.name, self.key);
        let notice = Notice::new(self.name, message, run, told, true);
        let beat = self.heart.as_ref().map(Heart::test);
        self.send(Some(&notice), beat).await
    }

    async fn send(
        &self,
        notice: Option<&Notice>,
        beat: Option<impl Future<Output = Result<String, ChannelError>>>,
    ) -> Vec<Outcome> {
        let email = self.settings.email().zip(notice);
        let webhook = self.settings.webhook().zip(notice);
        let command = self.settings.command().zip(notice);
        let (email, webhook, command, heartbeat) = tokio::join!(
            within("e-mail", email.map(|(to, notice)| email::send(to, notice))),
            within(
                "webhook",
                webhook.map(|(to, notice)| webhook::send(to, notice))
            ),
            within(
                "command",
                command.map(|(to, notice)| command::send(to, notice))
            ),
            within("heartbeat", beat),
        );
        let all = [email, webhook, command, heartbeat];
        all.into_iter().flatten().collect()
    }
}

/// A channel's work, for as long as it may take.
async fn within(
    channel: &'static str,
    work: Option<impl Future<Output = Result<String, ChannelError>>>,
) -> Option<Outcome> {
    let outcome = tokio::time::timeout(LIMIT, work?).await;
    Some((channel, outcome.unwrap_or(Err(ChannelError::TooSlow))))
}
