//! A server for tests of the clients: it gives the answers that it was told, in order, and keeps
//! what it was asked.

use std::collections::VecDeque;
use std::fmt::Display;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct HeardRequest {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    /// Names in small letters.
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl HeardRequest {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(n, _)| n == name);
        let (one, more) = (found.next(), found.next());
        assert!(more.is_none(), "{name} came twice");
        one.map(|(_, value)| value.as_str())
    }

    /// Whether a text is anywhere in the request.
    pub(crate) fn mentions(&self, text: &str) -> bool {
        let headers = self.headers.iter().map(|(_, value)| value.as_str());
        headers
            .chain([self.target.as_str(), self.body.as_str()])
            .any(|part| part.contains(text))
    }
}

/// What becomes of a request.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// An answer: status, more headers, body.
    Answer(u16, Vec<(&'static str, String)>, String),
    /// The connection is closed without an answer.
    Cut,
    /// No answer within any patience.
    Silence,
    /// For the request whose target ends so, whenever it comes.
    At(&'static str, Box<Reply>),
}

impl Reply {
    /// An answer of JSON, or of what is not.
    pub(crate) fn new(status: u16, body: impl Display) -> Self {
        Self::Answer(status, Vec::new(), body.to_string())
    }

    /// The answer to a request whose target ends so, whenever it comes.
    pub(crate) fn at(self, target: &'static str) -> Self {
        Self::At(target, Box::new(self))
    }

    pub(crate) fn with(self, header: &'static str, value: impl Display) -> Self {
        match self {
            Self::Answer(status, mut headers, body) => {
                headers.push((header, value.to_string()));
                Self::Answer(status, headers, body)
            }
            other => other,
        }
    }
}

/// A server with its answers; what goes beyond them is refused (and recorded).
#[derive(Debug)]
pub(crate) struct Script {
    pub(crate) url: Url,
    asked: Arc<Mutex<Vec<HeardRequest>>>,
    replies: Arc<Mutex<VecDeque<Reply>>>,
}

impl Script {
    pub(crate) async fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let script = Self {
            url: url.parse().unwrap(),
            asked: Arc::default(),
            replies: Arc::new(Mutex::new(replies.into_iter().collect())),
        };
        let (asked, replies) = (Arc::clone(&script.asked), Arc::clone(&script.replies));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&asked), Arc::clone(&replies)));
            }
        });
        script
    }

    /// What was asked so far.
    pub(crate) fn asked(&self) -> Vec<HeardRequest> {
        self.asked.lock().unwrap().clone()
    }

    /// `METHOD path` of what was asked so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        let line = |asked: &HeardRequest| format!("{} {}", asked.method, asked.target);
        self.asked.lock().unwrap().iter().map(line).collect()
    }
}

/// The answer that is meant for a request, else the next of those for any.
fn next(replies: &mut VecDeque<Reply>, target: &str) -> Option<Reply> {
    let meant = |reply: &Reply| matches!(reply, Reply::At(end, _) if target.ends_with(end));
    if let Some(place) = replies.iter().position(meant)
        && let Some(Reply::At(_, reply)) = replies.remove(place)
    {
        return Some(*reply);
    }
    let any = |reply: &Reply| !matches!(reply, Reply::At(..));
    let place = replies.iter().position(any)?;
    replies.remove(place)
}

/// One request of one connection.
async fn serve(
    mut stream: TcpStream,
    asked: Arc<Mutex<Vec<HeardRequest>>>,
    replies: Arc<Mutex<VecDeque<Reply>>>,
) {
    let Some(request) = read(&mut stream).await else {
        return;
    };
    let target = request.target.clone();
    asked.lock().unwrap().push(request);
    let reply = next(&mut replies.lock().unwrap(), &target);
    let nothing_left = || Reply::new(400, r#"{"message": "more requests than answers"}"#);
    match reply.unwrap_or_else(nothing_left) {
        Reply::Answer(status, headers, body) => {
            let mut head = vec![format!("HTTP/1.1 {status} -")];
            head.push(format!("content-length: {}", body.len()));
            head.push("connection: close".to_owned());
            let more = headers.iter();
            head.extend(more.map(|(name, value)| format!("{name}: {value}")));
            let answer = format!("{}\r\n\r\n{body}", head.join("\r\n"));
            stream.write_all(answer.as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
        }
        Reply::Cut | Reply::At(..) => {}
        Reply::Silence => tokio::time::sleep(Duration::from_mins(10)).await,
    }
}

/// Reads a request; `None` where the connection was opened and not used.
async fn read(stream: &mut TcpStream) -> Option<HeardRequest> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ').map(str::to_owned);
    let (method, target) = (first.next()?, first.next()?);
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let mut asked = HeardRequest {
        method,
        target,
        headers,
        body: String::new(),
    };
    let length: usize = asked
        .header("content-length")
        .map_or(0, |length| length.parse().unwrap());
    let mut body = bytes.split_off(end + 4);
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    asked.body = String::from_utf8(body).unwrap();
    Some(asked)
}
