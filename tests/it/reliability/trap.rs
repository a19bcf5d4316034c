//! Catches the program at a chosen moment of a request, which is held up meanwhile.

use std::process::Child;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::sandbox::{Call, Moment, Sandbox};

/// The longest that a caught request is held up.
const HELD: Duration = Duration::from_secs(20);

/// A trap for one request.
pub struct Trap {
    caught: Receiver<()>,
    release: SyncSender<()>,
}

impl Trap {
    /// Sets a trap for the first moment that `when` picks.
    pub fn set(
        sandbox: &Sandbox,
        when: impl Fn(Moment, &Call) -> bool + Send + Sync + 'static,
    ) -> Self {
        let (tell, caught) = sync_channel(1);
        let (release, wait) = sync_channel(1);
        let (wait, sprung) = (Mutex::new(wait), AtomicBool::new(false));
        sandbox.watch(move |moment, call| {
            if when(moment, call) && !sprung.swap(true, Ordering::SeqCst) {
                let _ = tell.try_send(());
                let wait = wait.lock().unwrap_or_else(PoisonError::into_inner);
                let _ = wait.recv_timeout(HELD);
            }
        });
        Self { caught, release }
    }

    /// Whether it caught one since it was last asked.
    pub fn has_caught(&self) -> bool {
        self.caught.try_recv().is_ok()
    }

    /// Lets the caught request go on.
    pub fn release(&self) {
        let _ = self.release.try_send(());
    }

    /// Waits until it catches one; the program must not end before.
    #[track_caller]
    pub fn wait(&self, child: &mut Child) {
        let since = Instant::now();
        while !self.has_caught() {
            let ended = child.try_wait().expect("a process");
            assert!(ended.is_none(), "the program ended before: {ended:?}");
            assert!(since.elapsed() < HELD, "nothing was caught");
            sleep(Duration::from_millis(1));
        }
    }

    /// Kills the program (SIGKILL), then lets the caught request go on.
    pub fn kill(&self, child: &mut Child) {
        child.kill().expect("a process to kill");
        child.wait().expect("a process");
        self.release();
    }
}
