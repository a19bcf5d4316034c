//! What ends a run early: Ctrl-C, SIGTERM, a time limit.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use super::{Exit, Trouble};
use crate::config::end_commands;
use crate::http::Stopper;

const INTERRUPTED: &str = "interrupted: what is not done yet stays for the next run";

/// Ends the run in order on the first Ctrl-C or SIGTERM, at once on the second. Both are safe: an
/// intent that is open then is looked for by the next run. Signals are heard from the call on, which
/// has to be made in a runtime.
pub fn end_on_signal(stopper: Arc<Stopper>) -> impl Future<Output = ()> {
    let signals = Signals::new();
    async move {
        let Ok(mut signals) = signals else {
            return; // they end the process as they always do
        };
        signals.next().await;
        stopper.stop(INTERRUPTED);
        signals.next().await;
        leave();
    }
}

/// Ends the program at once; commands that give it secrets end with it.
pub(super) fn leave() -> ! {
    end_commands();
    std::process::exit(Exit::Failed as i32);
}

/// A runtime in which a signal is heard, also while the thread that asks it is held up. It ends the
/// program at once.
pub(super) fn ending_runtime() -> Result<Runtime, Trouble> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    once_stopped(&runtime, || {
        let _ = writeln!(io::stderr(), "error: stopped");
        leave();
    });
    Ok(runtime)
}

/// Does something once, on the first Ctrl-C or SIGTERM.
pub(super) fn once_stopped(runtime: &Runtime, then: impl FnOnce() + Send + 'static) {
    let _inside = runtime.enter();
    let Ok(mut signals) = Signals::new() else {
        return; // they end the process as they always do
    };
    runtime.spawn(async move {
        signals.next().await;
        then();
    });
}

/// Ends a run in order: when its time is over, where it is limited, and on a signal.
pub(super) fn ends_in_order(runtime: &Runtime, limit: Option<Duration>, stopper: Arc<Stopper>) {
    let _inside = runtime.enter();
    if let Some(limit) = limit {
        runtime.spawn(end_after(limit, Arc::clone(&stopper)));
    }
    runtime.spawn(end_on_signal(stopper));
}

/// Ends the run in order when its time is over.
async fn end_after(limit: Duration, stopper: Arc<Stopper>) {
    tokio::time::sleep(limit).await;
    stopper.stop("the time limit (--timeout) is over: what is not done yet stays for the next run");
}

/// Both signals, listened to from the start: one that comes while another is dealt with is not
/// lost.
#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(windows)]
struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    fn new() -> io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    async fn next(&mut self) {
        let _ = self.0.recv().await;
    }
}
