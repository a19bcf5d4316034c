//! A request and an answer as both services see them.

use std::collections::BTreeMap;

use hyper::body::Bytes;
use serde_json::Value;

/// Which of the two services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Service {
    /// The e-shop.
    Shoptet,
    /// The accounts.
    Caflou,
}

/// A request a service got, and the status it answered with.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Its number, from 1, over both services.
    pub number: u64,
    /// Who was asked.
    pub service: Service,
    /// `GET`, `POST`, …
    pub method: String,
    /// The path as it came, still percent-encoded.
    pub path: String,
    /// The query as it came, without the question mark.
    pub query: String,
    /// Headers with names in lower case, in the order they came.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
    /// Status of the answer; 0 while there is none, and for good when the connection was cut.
    pub status: u16,
}

impl Seen {
    /// The value of a header, its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    /// The body as JSON, null where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    /// The query's parameters, decoded.
    pub fn params(&self) -> BTreeMap<String, String> {
        decode_query(&self.query).into_iter().collect()
    }
}

/// A request under way.
#[derive(Debug, Clone)]
pub struct Call {
    /// Who is asked.
    pub service: Service,
    /// `GET`, `POST`, …
    pub method: String,
    /// The path, still percent-encoded.
    pub path: String,
    /// The query, still encoded.
    pub query: String,
    /// Headers with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

impl Call {
    /// The value of a header, its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    /// The query's parameters, decoded as forms are: a bare plus is a space.
    pub fn params(&self) -> Vec<(String, String)> {
        decode_query(&self.query)
    }

    /// The parts of the path, decoded.
    pub fn segments(&self) -> Vec<String> {
        self.path.split('/').skip(1).map(percent_decode).collect()
    }

    /// Does it say that its body is JSON?
    pub fn says_json(&self) -> bool {
        self.header("content-type")
            .is_some_and(|value| value.to_ascii_lowercase().starts_with("application/json"))
    }

    /// Would carrying it out change something?
    pub fn is_write(&self) -> bool {
        !matches!(self.method.as_str(), "GET" | "HEAD")
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Headers besides the type and the length.
    pub headers: Vec<(&'static str, String)>,
    /// Type of the body.
    pub content_type: &'static str,
    /// The body.
    pub body: Bytes,
}

impl Reply {
    /// An answer in JSON.
    pub fn json(status: u16, value: &Value) -> Self {
        Self {
            status,
            headers: Vec::new(),
            content_type: "application/json; charset=utf-8",
            body: Bytes::from(value.to_string()),
        }
    }

    /// An answer without a body.
    pub fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            content_type: "",
            body: Bytes::new(),
        }
    }

    /// A page for people where a program expected JSON.
    pub fn html(status: u16) -> Self {
        let page = "<!DOCTYPE html>\n<html><head><title>We are back soon</title></head>\
                    <body><h1>We are back soon</h1></body></html>\n";
        Self {
            status,
            headers: Vec::new(),
            content_type: "text/html; charset=utf-8",
            body: Bytes::from_static(page.as_bytes()),
        }
    }

    /// The same answer with one header more.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

fn find<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers
        .iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.as_str())
}

fn decode_query(query: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect()
}

/// Undoes percent-encoding; a plus stays a plus.
fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = text
            .get(at + 1..at + 3)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (bytes[at], hex) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Base64 of some text, for HTTP Basic.
pub fn base64(text: &str) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let group = chunk
            .iter()
            .fold(0_u32, |sum, byte| (sum << 8) | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        for place in 0..4 {
            if place <= chunk.len() {
                let index = (group >> (18 - 6 * place)) & 63;
                out.push(char::from(LETTERS[index as usize]));
            } else {
                out.push('=');
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{base64, percent_decode};

    #[test]
    fn decodes_and_encodes() {
        assert_eq!(percent_decode("2026000001%2FA+%c3%a1"), "2026000001/A+á");
        assert_eq!(base64("a@b.cz:heslo"), "YUBiLmN6Omhlc2xv");
        assert_eq!(base64("ab"), "YWI=");
        assert_eq!(base64("a"), "YQ==");
    }
}
