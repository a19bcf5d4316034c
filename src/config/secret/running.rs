//! Commands that run now: they end with the program, whatever ends it.

use std::io;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// All of them. No command is started, and none is noticed to have ended, while they are ended: its
/// number may be another's by then.
static ALL: Mutex<All> = Mutex::new(All {
    running: Vec::new(),
    closed: false,
});

struct All {
    /// Its number, and whether its process group is its own.
    running: Vec<(u32, bool)>,
    /// The program ends: no command begins any more.
    closed: bool,
}

fn all() -> MutexGuard<'static, All> {
    ALL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends the commands that give secrets, for who ends the program: what hangs, or asks for a password
/// that nobody waits for any more, does not outlive it. From now on none begins.
pub fn end_commands() {
    let mut all = all();
    all.closed = true;
    for (id, alone) in all.running.drain(..) {
        kill(id, alone);
    }
}

/// A command that runs, with all that it started.
pub(super) struct RunningCommand {
    pub(super) child: Child,
    alone: bool,
}

impl RunningCommand {
    /// Starts a command without input, whose errors are not shown.
    pub(super) fn start(command: &mut Command) -> io::Result<Self> {
        let alone = in_a_group(command);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut all = all();
        if all.closed {
            return Err(io::Error::other("the program ends"));
        }
        let child = command.spawn()?;
        all.running.push((child.id(), alone));
        Ok(Self { child, alone })
    }

    /// How it ended, once it has. A process that it left behind may still be there in its group.
    pub(super) fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        let mut all = all();
        let status = self.child.try_wait()?;
        if status.is_some() && !self.alone {
            all.forget(self.child.id());
        }
        Ok(status)
    }

    /// Ends it, with its group where that is its own.
    pub(super) fn end(mut self) {
        kill(self.child.id(), self.alone);
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for RunningCommand {
    fn drop(&mut self) {
        all().forget(self.child.id());
    }
}

impl All {
    fn forget(&mut self, id: u32) {
        self.running.retain(|(other, _)| *other != id);
    }
}

/// Whether the command gets a process group of its own. Where somebody may type a password, it must
/// not: the terminal stops who asks there from another group.
#[cfg(unix)]
fn in_a_group(command: &mut Command) -> bool {
    use std::io::IsTerminal;
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

/// What has ended by itself is not there to be ended.
#[cfg(unix)]
fn kill(id: u32, alone: bool) {
    use rustix::process::{Pid, Signal, kill_process, kill_process_group};
    let Some(id) = i32::try_from(id).ok().and_then(Pid::from_raw) else {
        return;
    };
    let _ = if alone {
        kill_process_group(id, Signal::KILL)
    } else {
        kill_process(id, Signal::KILL)
    };
}

/// Where there are no groups, [`RunningCommand::end`] ends the command itself; the console tells all of its
/// programs of Ctrl-C.
#[cfg(not(unix))]
fn kill(_: u32, _: bool) {}
