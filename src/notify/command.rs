//! A command that gets all there is to tell as JSON on its standard input.

use std::io;
use std::process::Stdio;

use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::ChannelError;
use super::notice::Notice;
use crate::config::without_secrets;
use crate::text::escaped;

/// Runs the command to its end; given up, it is stopped. What it prints is dropped, what it says on
/// stderr is shown.
pub(super) async fn send(words: &[String], notice: &Notice) -> Result<String, ChannelError> {
    let Some((program, arguments)) = words.split_first() else {
        return Ok(String::new());
    };
    let not_run = |error: io::Error| ChannelError::NotRun {
        program: program.clone(),
        reason: error.to_string(),
    };
    let mut command = Command::new(program);
    without_secrets(command.as_std_mut());
    let mut child = command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(not_run)?;
    if let Some(mut stdin) = child.stdin.take() {
        let line = format!("{}\n", escaped(&notice.json().to_string()));
        match stdin.write_all(line.as_bytes()).await {
            // A command need not read what it does not want to know.
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(not_run(error)),
            _ => {}
        }
    }
    let status = child.wait().await.map_err(not_run)?;
    if !status.success() {
        let program = program.clone();
        return Err(ChannelError::Failed { program, status });
    }
    Ok(format!("{program:?} was run"))
}
