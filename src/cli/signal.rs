//! What ends a run early: Ctrl-C, SIGTERM, a time limit.

use std::sync::Arc;
use std::time::Duration;

use crate::http::Stopper;

/// Ends the run in order on the first Ctrl-C or SIGTERM, at once on the second. Both are safe: an
/// intent that is open then is looked for by the next run.
pub(super) async fn end_on_signal(stopper: Arc<Stopper>) {
    for reason in [
        "interrupted: what is not done yet stays for the next run",
        "",
    ] {
        signal().await;
        if reason.is_empty() {
            std::process::exit(1);
        }
        stopper.stop(reason);
    }
}

/// Ends the run in order when its time is over.
pub(super) async fn end_after(limit: Duration, stopper: Arc<Stopper>) {
    tokio::time::sleep(limit).await;
    stopper.stop("the time limit (--timeout) is over: what is not done yet stays for the next run");
}

#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}

#[cfg(not(unix))]
async fn signal() {
    let _ = tokio::signal::ctrl_c().await;
}
