//! Secrets that a password manager prints.

use std::io::Read;
#[cfg(unix)]
use std::io::{self, IsTerminal};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use secrecy::{ExposeSecret, SecretString};

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
    let alone = in_a_group(&mut command);
    let mut child = without_secrets(&mut command)
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
        if let Some(error) = out_of_time() {
            end(&mut child, alone);
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
            end(&mut child, alone);
            return Err(error);
        }
    };
    Ok(text.expose_secret().trim().into())
}

/// Whether the command gets a process group of its own. Where somebody may type a password, it must
/// not: the terminal stops who asks there from another group.
#[cfg(unix)]
fn in_a_group(command: &mut Command) -> bool {
    use std::os::unix::process::CommandExt;
    let alone = !io::stdin().is_terminal();
    if alone {
        command.process_group(0);
    }
    alone
}

#[cfg(not(unix))]
fn in_a_group(_: &mut Command) -> bool {
    false
}

/// Ends a command, and its group where that is its own. What has ended by itself is not there to be
/// ended.
fn end(child: &mut Child, alone: bool) {
    #[cfg(unix)]
    if alone {
        use rustix::process::{Pid, Signal, kill_process_group};
        let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let _ = group.map(|group| kill_process_group(group, Signal::KILL));
    }
    #[cfg(not(unix))]
    let _ = alone;
    let _ = child.kill();
    let _ = child.wait();
}
