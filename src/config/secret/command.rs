//! Secrets that a password manager prints.

use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use secrecy::{ExposeSecret, SecretString};

use super::{SecretError, program};

/// How often it is asked whether the command has ended.
const GLANCE: Duration = Duration::from_millis(10);
/// No secret is longer; a command that prints more is stopped from filling the memory.
const LONGEST: u64 = 64 * 1024;

/// What a command prints, without white space around it. Its input is empty and its errors are not
/// shown: they might tell more than is good for a log.
pub(super) fn output(words: &[String], limit: Duration) -> Result<SecretString, SecretError> {
    let program = program(words).to_owned();
    let deadline = Instant::now() + limit;
    let not_run = |source| SecretError::NotRun {
        program: program.clone(),
        source,
    };
    let too_slow = || SecretError::TooSlow {
        program: program.clone(),
        limit,
    };
    let mut child = Command::new(&program)
        .args(words.iter().skip(1))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(not_run)?;
    // read beside the waiting: a full pipe would keep the command from ever ending
    let (sender, printed) = mpsc::channel();
    let pipe = child.stdout.take();
    thread::spawn(move || {
        let mut text = String::new();
        let read = pipe.map_or(Ok(0), |pipe| pipe.take(LONGEST).read_to_string(&mut text));
        // nobody listens any more where the command was too slow
        let _ = sender.send(read.map(|_| SecretString::from(text)));
    });
    let status = loop {
        if let Some(status) = child.try_wait().map_err(not_run)? {
            break status;
        }
        if Instant::now() >= deadline {
            // it may have ended by itself in this moment: nothing to stop then
            let _ = child.kill();
            let _ = child.wait();
            return Err(too_slow());
        }
        thread::sleep(GLANCE);
    };
    if !status.success() {
        return Err(SecretError::Failed { program, status });
    }
    // the pipe may outlive the command in a process that it left behind
    let left = deadline.saturating_duration_since(Instant::now());
    let text = printed
        .recv_timeout(left)
        .map_err(|_| too_slow())?
        .map_err(not_run)?;
    Ok(text.expose_secret().trim().into())
}
