//! The program at a terminal of its own, with somebody who reads and types.

use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::os::fd::AsFd;
use std::path::Path;
use std::process::Child;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use pty_process::Size;
use pty_process::blocking::Command;

use crate::support::Bench;

/// Rows of the terminal: so many that nothing scrolls away.
const ROWS: u16 = 200;
const COLUMNS: u16 = 100;

/// What stands from the last question on.
fn open(screen: &str) -> &str {
    let at = screen.rfind("\n? ").map_or(0, |at| at + 1);
    screen[at..].trim_start_matches("? ")
}

fn parser() -> vt100::Parser {
    let size = |number| NonZeroU16::new(number).expect("a size");
    vt100::Parser::new(size(ROWS), size(COLUMNS), 0)
}

/// Reads what stands on the terminal, and types.
pub struct Typist {
    child: Child,
    keys: File,
    screen: Arc<Mutex<vt100::Parser>>,
    reader: JoinHandle<()>,
    /// All that came from the program.
    written: Arc<Mutex<Vec<u8>>>,
}

impl Typist {
    /// Starts the program with these arguments.
    pub fn start(bench: &Bench, args: &[&str]) -> Self {
        Self::start_in(&bench.path(""), args)
    }

    /// Starts the program in a folder, which is its home, too.
    pub fn start_in(home: &Path, args: &[&str]) -> Self {
        let (pty, pts) = pty_process::blocking::open().expect("a terminal");
        pty.resize(Size::new(ROWS, COLUMNS)).expect("its size");
        let command = Command::new(env!("CARGO_BIN_EXE_caflou-sync"))
            .args(args)
            .current_dir(home)
            .env_clear()
            .env("TERM", "xterm-256color")
            .env("HOME", home)
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_DATA_HOME", home.join("data"))
            .env("XDG_CACHE_HOME", home.join("cache"));
        let child = command.spawn(pts).expect("the program");
        let keys = File::from(pty.as_fd().try_clone_to_owned().expect("a second handle"));
        let screen = Arc::new(Mutex::new(parser()));
        let written = Arc::new(Mutex::new(Vec::new()));
        let (shown, kept) = (Arc::clone(&screen), Arc::clone(&written));
        let reader = std::thread::spawn(move || {
            let (mut pty, mut bytes) = (pty, [0; 4096]);
            // It ends with an error where the program has ended.
            while let Ok(count @ 1..) = pty.read(&mut bytes) {
                shown.lock().unwrap().process(&bytes[..count]);
                kept.lock().unwrap().extend_from_slice(&bytes[..count]);
            }
        });
        Self {
            child,
            keys,
            screen,
            reader,
            written,
        }
    }

    /// What stands on the terminal, without spaces at the ends of lines.
    pub fn screen(&self) -> String {
        let screen = self.screen.lock().unwrap();
        let text = screen.screen().contents();
        let lines = text.lines().map(str::trim_end);
        lines.collect::<Vec<_>>().join("\n").trim_end().to_owned()
    }

    /// Waits until this question is open.
    #[track_caller]
    pub fn sees(&self, question: &str) {
        self.waits(question, |screen| open(screen).starts_with(question));
    }

    #[track_caller]
    fn waits(&self, what: &str, come: impl Fn(&str) -> bool) {
        let since = Instant::now();
        while !come(&self.screen()) {
            let late = since.elapsed() > Duration::from_mins(1);
            assert!(!late, "no {what:?} on\n{}", self.screen());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Answers a question with a line.
    #[track_caller]
    pub fn types(&mut self, question: &str, answer: &str) {
        self.answers(question, &format!("{answer}\r"));
    }

    /// Answers a question of any kind with keys.
    #[track_caller]
    pub fn answers(&mut self, question: &str, keys: &str) {
        self.sees(question);
        self.enters(keys);
    }

    /// Answers a question with one of the answers that it shows.
    #[track_caller]
    pub fn picks(&mut self, question: &str, answer: &str) {
        let rows = |screen: &str| -> Option<Vec<String>> {
            let (_, list) = screen.rsplit_once(&format!("? {question}"))?;
            let mut rows: Vec<_> = list.lines().skip(1).map(str::to_owned).collect();
            rows.pop()?.starts_with('[').then_some(rows)
        };
        self.waits(question, |screen| rows(screen).is_some());
        let rows = rows(&self.screen()).unwrap();
        let at = |wanted: &dyn Fn(&str) -> bool| rows.iter().position(|row| wanted(row));
        let from = at(&|row| row.starts_with('>')).unwrap();
        let to = at(&|row| row[1..].trim_start().starts_with(answer));
        let to = to.unwrap_or_else(|| panic!("no {answer:?} in {rows:?}"));
        let down = (to + rows.len() - from) % rows.len();
        self.enters(&format!("{}\r", "\x1b[B".repeat(down)));
    }

    /// Presses keys, and waits for the next question or the end: what is typed too early may meet
    /// the terminal between two questions.
    #[track_caller]
    fn enters(&mut self, keys: &str) {
        let questions = |screen: &str| screen.matches("\n? ").count();
        let before = questions(&self.screen());
        self.press(keys);
        let since = Instant::now();
        while questions(&self.screen()) <= before
            && self.child.try_wait().expect("the program").is_none()
        {
            let late = since.elapsed() > Duration::from_mins(1);
            assert!(!late, "no answer to {keys:?} on\n{}", self.screen());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Presses keys.
    pub fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("a terminal");
    }

    /// Ends the program from outside.
    pub fn terminates(&self) {
        let id = self.child.id().to_string();
        let kill = std::process::Command::new("kill")
            .args(["-TERM", &id])
            .status();
        assert!(kill.expect("kill").success());
    }

    /// Waits for the end: the exit code, the terminal, and all that was written to it.
    #[track_caller]
    pub fn ends(mut self) -> (i32, String, String) {
        let since = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("the program") {
                break status;
            }
            if since.elapsed() > Duration::from_mins(1) {
                self.child.kill().ok();
                panic!("it does not end:\n{}", self.screen());
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        drop(self.keys);
        self.reader.join().expect("the reader");
        let screen = self.screen.lock().unwrap();
        let lines = screen.screen().contents();
        let lines = lines.lines().map(str::trim_end).collect::<Vec<_>>();
        let written = String::from_utf8_lossy(&self.written.lock().unwrap()).into_owned();
        let code = status.code().expect("an exit code");
        (code, lines.join("\n").trim().to_owned(), written)
    }
}
