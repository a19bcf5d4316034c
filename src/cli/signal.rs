//! What ends a run early: Ctrl-C, SIGTERM, a time limit.

use std::sync::Arc;
use std::time::Duration;

use crate::http::Stopper;

const INTERRUPTED: &str = "interrupted: what is not done yet stays for the next run";

/// Ends the run in order on the first Ctrl-C or SIGTERM, at once on the second. Both are safe: an
/// intent that is open then is looked for by the next run.
pub async fn end_on_signal(stopper: Arc<Stopper>) {
    let Ok(mut signals) = Signals::new() else {
        return; // they end the process as they always do
    };
    signals.next().await;
    stopper.stop(INTERRUPTED);
    signals.next().await;
    std::process::exit(1);
}

/// Does something once, on the first Ctrl-C or SIGTERM.
pub(super) async fn once_stopped(then: impl FnOnce()) {
    let Ok(mut signals) = Signals::new() else {
        return; // they end the process as they always do
    };
    signals.next().await;
    then();
}

/// Ends the run in order when its time is over.
pub(super) async fn end_after(limit: Duration, stopper: Arc<Stopper>) {
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
    fn new() -> std::io::Result<Self> {
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
    fn new() -> std::io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    async fn next(&mut self) {
        let _ = self.0.recv().await;
    }
}
