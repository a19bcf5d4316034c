//! The program that the source reads: rows by stream, a token that may run out, faults.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use serde_json::{Value, json};

use crate::sandbox::http::base64;

/// The words of the account, and what lets in.
pub const ACCOUNT: &str = "my-firm_1.cz";
pub const SECRET: &str = "scratch-secret-9f2";

/// Rows a page.
const A_PAGE: usize = 2;

/// What the program holds.
#[derive(Default)]
pub struct Held {
    /// Rows by stream.
    pub rows: BTreeMap<&'static str, Vec<Value>>,
    /// Requests so far, as `GET /invoices?page=1`.
    pub seen: Vec<String>,
    /// Pages from this one on are refused.
    pub cut_at: Option<usize>,
    /// The token that is valid; an older one is refused.
    pub token: u32,
}

impl Held {
    /// Changes a row.
    pub fn change(&mut self, stream: &str, id: u64, field: &str, value: Value) {
        let rows = self.rows.get_mut(stream).unwrap();
        let row = rows.iter_mut().find(|row| row["id"] == id).unwrap();
        row[field] = value;
        row["updated_at"] = json!(chrono::Utc::now().to_rfc3339());
    }
}

#[derive(Clone)]
pub struct Server {
    pub url: String,
    held: Arc<Mutex<Held>>,
}

impl Server {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            held: Arc::default(),
        };
        let held = Arc::clone(&server.held);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let held = Arc::clone(&held);
                thread::spawn(move || serve(stream, &held));
            }
        });
        server
    }

    pub fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap()
    }
}

/// One request of one connection.
fn serve(mut stream: TcpStream, held: &Mutex<Held>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let (mut first, mut length, mut auth) = (String::new(), 0, String::new());
    reader.read_line(&mut first).ok()?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(": ") else {
            break;
        };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().ok()?,
            "authorization" => value.clone_into(&mut auth),
            _ => {}
        }
    }
    reader.read_exact(&mut vec![0; length]).ok()?;
    let mut words = first.split(' ');
    let (method, target) = (words.next()?, words.next()?);
    let (status, body) = answer(&mut held.lock().unwrap(), method, target, &auth);
    let date = chrono::Utc::now().format("%a, %d %b %Y %H:%M:%S GMT");
    let body = body.to_string();
    let top = format!(
        "HTTP/1.1 {status} -\r\ndate: {date}\r\ncontent-length: {}",
        body.len()
    );
    write!(stream, "{top}\r\nconnection: close\r\n\r\n{body}").ok()
}

fn answer(held: &mut Held, method: &str, target: &str, auth: &str) -> (u16, Value) {
    held.seen.push(format!("{method} {target}"));
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    if path == "/token" {
        let basic = format!("Basic {}", base64(&format!("c-1:{SECRET}")));
        if method != "POST" || auth != basic {
            return (401, json!({}));
        }
        held.token += 1;
        return (
            200,
            json!({"access_token": format!("t-{}", held.token), "expires_in": 3600}),
        );
    }
    if auth != format!("Bearer t-{}", held.token) {
        return (401, json!({}));
    }
    let parts: Vec<_> = path.trim_matches('/').split('/').collect();
    let params: BTreeMap<_, _> = url::form_urlencoded::parse(query.as_bytes()).collect();
    match parts.as_slice() {
        ["account"] => (200, json!({"id": ACCOUNT, "name": "Firma s.r.o."})),
        [stream] => {
            let page: usize = params["page"].parse().unwrap();
            if held.cut_at.is_some_and(|at| page >= at) {
                return (400, json!({}));
            }
            let since = params.get("updated_since").map(|text| time(text));
            let rows = held.rows.get(stream).into_iter().flatten();
            let rows = rows.filter(|row| {
                since.is_none_or(|since| time(row["updated_at"].as_str().unwrap()) >= since)
            });
            (
                200,
                rows.skip((page - 1) * A_PAGE)
                    .take(A_PAGE)
                    .cloned()
                    .collect(),
            )
        }
        [stream, id] => {
            let mut rows = held.rows.get(stream).into_iter().flatten();
            let found = rows.find(|row| row["id"].as_u64() == id.parse().ok());
            found.map_or((404, json!({})), |row| (200, row.clone()))
        }
        _ => (404, json!({})),
    }
}

fn time(text: &str) -> chrono::DateTime<chrono::Utc> {
    text.parse().unwrap()
}
