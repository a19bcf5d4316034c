//! Takes requests and keeps them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// An answer with this status, which repeats the path.
    Answers(u16),
    /// No answer at all.
    Hangs,
}

/// The receiver.
pub struct Receiver {
    pub url: String,
    /// `METHOD path`, and the body.
    seen: Arc<Mutex<Vec<(String, String)>>>,
}

impl Receiver {
    pub fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::<Mutex<Vec<(String, String)>>>::default();
        let keep = Arc::clone(&seen);
        thread::spawn(move || {
            let mut open = Vec::new();
            for stream in listener.incoming().flatten() {
                let Some(request) = read(&stream) else {
                    continue;
                };
                let line = request.0.clone();
                keep.lock().unwrap().push(request);
                match manner {
                    Manner::Hangs => open.push(stream),
                    Manner::Answers(status) => answer(stream, status, &line),
                }
            }
        });
        Self { url, seen }
    }

    /// `METHOD path` of each request so far.
    pub fn lines(&self) -> Vec<String> {
        let seen = self.seen.lock().unwrap();
        seen.iter().map(|(line, _)| line.clone()).collect()
    }

    /// The bodies so far, which have to be JSON.
    pub fn bodies(&self) -> Vec<Value> {
        let seen = self.seen.lock().unwrap();
        let json = |body: &String| serde_json::from_str(body).unwrap();
        seen.iter().map(|(_, body)| json(body)).collect()
    }
}

fn read(stream: &TcpStream) -> Option<(String, String)> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    let mut words = first.split(' ');
    let line = format!("{} {}", words.next()?, words.next()?);
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        if header.trim().is_empty() {
            break;
        }
        if let Some(value) = header.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((line, String::from_utf8(body).ok()?))
}

fn answer(mut stream: TcpStream, status: u16, line: &str) {
    let head = format!("HTTP/1.1 {status} -\r\nconnection: close\r\ncontent-length: ");
    let answer = format!("{head}{}\r\n\r\n{line}", line.len());
    // Whoever asked may be gone.
    stream.write_all(answer.as_bytes()).ok();
}
