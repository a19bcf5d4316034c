//! A run that is told of.

use super::Exit;
use super::session::Session;
use crate::notify::{Listener, Notifier};
use crate::state::View;
use crate::sync::Report;

/// Runs, and then tells whom it may concern. A channel that does not work is reported on stderr,
/// and changes nothing about the run.
pub(crate) async fn run_and_tell(session: Session<'_>, report: &mut dyn Report) -> Exit {
    let notifier = Notifier::of(session.connection).filter(|_| !session.wanted.dry_run);
    let Some(notifier) = notifier else {
        return session.run(report).await;
    };
    let (key, state) = (session.connection.key.as_str(), session.state);
    let mut listener = Listener::new(report);
    let session = Session {
        heart: notifier.heart(),
        ..session
    };
    let exit = session.run(&mut listener).await;
    if exit == Exit::Locked {
        return exit; // the run that holds the lock will tell
    }
    let memory = listener.memory;
    let before = memory.run.as_ref().and_then(|run| {
        let view = View::open(state, key).ok()?;
        view.before(&run.run_id).ok()?
    });
    for (channel, outcome) in notifier.end(&memory, before).await {
        if let Err(error) = outcome {
            // An error, so that a run with --quiet says too that somebody was not told.
            tracing::error!("{key}: {channel} told nobody: {error}");
        }
    }
    exit
}
