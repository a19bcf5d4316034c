//! Secrets that a password manager prints.

use std::io::Read;
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use secrecy::{ExposeSecret, SecretString};

use super::running::RunningCommand;
use super::{SecretError, program, without_secrets};

/// How often it is asked whether the command has ended.
const GLANCE: Duration = Duration::from_millis(10);
/// No secret is longer; a command that prints more is stopped from filling the memory.
const LONGEST: u64 = 64 * 1024;

/// What a command prints, without white space around it. Its input is empty and its errors are not
/// shown: they might tell more than is good for a log. Too slow, or once `stopped`, it is ended with
/// all that it started.
pub(super) fn output(
    words: &[String],
    limit: Duration,
    stopped: &dyn Fn() -> bool,
) -> Result<SecretString, SecretError> {
    let program = program(words).to_owned();
    let deadline = Instant::now() + limit;
    let not_run = |source| SecretError::NotRun {
        program: program.clone(),
        source,
    };
    let out_of_time = || {
        if stopped() {
            return Some(SecretError::Stopped);
        }
        (Instant::now() >= deadline).then(|| SecretError::TooSlow {
            program: program.clone(),
            limit,
        })
    };
    let mut command = Command::new(&program);
    without_secrets(&mut command).args(words.iter().skip(1));
    let mut running = RunningCommand::start(&mut command).map_err(not_run)?;
    // read beside the waiting: a full pipe would keep the command from ever ending
    let (sender, printed) = mpsc::channel();
    let pipe = running.child.stdout.take();
    thread::spawn(move || {
        let mut text = String::new();
        let read = pipe.map_or(Ok(0), |pipe| pipe.take(LONGEST).read_to_string(&mut text));
        // nobody listens any more where the command was too slow
        let _ = sender.send(read.map(|_| SecretString::from(text)));
    });
    let status = loop {
        if let Some(status) = running.ended().map_err(not_run)? {
            break status;
        }
        if let Some(error) = out_of_time() {
            running.end();
            return Err(error);
        }
        thread::sleep(GLANCE);
    };
    if !status.success() {
        return Err(SecretError::Failed { program, status });
    }
    // the pipe may outlive the command in a process that it left behind
    let text = loop {
        if let Ok(text) = printed.recv_timeout(GLANCE) {
            break text.map_err(not_run)?;
        }
        if let Some(error) = out_of_time() {
            running.end();
            return Err(error);
        }
    };
    Ok(text.expose_secret().trim().into())
}
