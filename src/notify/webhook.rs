//! A POST request: everything for programs, or what a chat understands.

use reqwest::header::HeaderMap;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use url::Url;

use super::error::resolve;
use super::notice::Notice;
use super::{ChannelError, LIMIT};
use crate::config::{Shape, Webhook, address};
use crate::http::{Clients, innermost};

/// The key of the address in the configuration.
const KEY: &str = "notify.webhook.url";
/// Characters that Discord takes.
const DISCORD: usize = 2000;
/// Bytes that ntfy shows as a message; a longer one becomes an attachment.
const NTFY: usize = 4096;

/// Sends a message.
pub(super) async fn send(webhook: &Webhook, notice: &Notice) -> Result<String, ChannelError> {
    let wrong = |message| ChannelError::Address { key: KEY, message };
    let url = resolve(&webhook.url).await?;
    let url = address(url.expose_secret()).map_err(wrong)?;
    let (url, body) = match webhook.shape {
        Shape::Json => (url, notice.json().clone()),
        Shape::Slack => (url, slack(notice)),
        Shape::Discord => (url, discord(notice)),
        Shape::Ntfy => ntfy(url, notice).map_err(wrong)?,
    };
    let unreachable = |error: reqwest::Error| ChannelError::Unreachable {
        reason: innermost(&error),
        key: KEY,
    };
    let clients = Clients::new(LIMIT, &HeaderMap::new()).map_err(unreachable)?;
    let mut request = clients
        .to(&url)
        .post(url)
        .header("content-type", "application/json");
    if let Some(token) = &webhook.token {
        request = request.bearer_auth(resolve(token).await?.expose_secret());
    }
    let answer = request.body(body.to_string()).send().await;
    let status = answer.map_err(unreachable)?.status();
    if !status.is_success() {
        return Err(ChannelError::Refused { status, key: KEY });
    }
    Ok(format!("{} took it ({status})", webhook.shape.as_str()))
}

/// Three characters are escaped: <https://docs.slack.dev/messaging/formatting-message-text>.
fn slack(notice: &Notice) -> Value {
    let text = format!("*{}*\n{}", notice.message.subject, notice.message.body());
    let text = text.replace('&', "&amp;");
    let text = text.replace('<', "&lt;").replace('>', "&gt;");
    json!({ "text": text })
}

/// Nobody is mentioned: <https://docs.discord.com/developers/resources/webhook>.
fn discord(notice: &Notice) -> Value {
    let text = format!("**{}**\n{}", notice.message.subject, notice.message.body());
    let content: String = text.chars().take(DISCORD).collect();
    json!({ "content": content, "allowed_mentions": { "parse": [] } })
}

/// The topic, which is the end of the address, goes into the body: headers could not hold every
/// letter. <https://docs.ntfy.sh/publish/#publish-as-json>
fn ntfy(mut url: Url, notice: &Notice) -> Result<(Url, Value), &'static str> {
    let missing = "the topic is missing at its end, as in \"https://ntfy.sh/my-topic\"";
    let path = url.path().trim_end_matches('/').to_owned();
    let (before, topic) = path.rsplit_once('/').ok_or(missing)?;
    if topic.is_empty() {
        return Err(missing);
    }
    url.set_path(&format!("{before}/"));
    let (priority, tag) = if notice.message.alarming {
        (4, "warning")
    } else {
        (3, "white_check_mark")
    };
    let mut text = notice.message.body();
    text.truncate(text.floor_char_boundary(NTFY));
    let body = json!({
        "topic": topic,
        "title": notice.message.subject,
        "message": text,
        "priority": priority,
        "tags": [tag],
    });
    Ok((url, body))
}

#[cfg(test)]
mod tests;
