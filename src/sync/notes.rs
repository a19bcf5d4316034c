//! Notes to the journal that share commits: each waits a moment for others to come. Nothing that is
//! sent waits for it.

use std::fmt;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::state::{Journal, StateError};
use crate::trouble::{Class, Trouble};

/// Notes of one commit, at most.
const MOST: usize = 64;
/// How long the first note of a commit waits for others: a small part of what a request takes.
const GATHER: Duration = Duration::from_millis(3);

/// Takes notes; they are written by a thread of their own, until the last of these is dropped.
#[derive(Debug, Clone)]
pub(super) struct Notes(Sender<Note>);

type Write = Box<dyn FnOnce(&Journal) -> Result<(), StateError> + Send>;

struct Note {
    write: Write,
    noted: oneshot::Sender<Result<(), StateError>>,
}

impl fmt::Debug for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Note")
    }
}

impl Notes {
    /// For a journal; inside a runtime.
    pub(super) fn new(journal: &Arc<Mutex<Journal>>) -> Self {
        let (sender, notes) = mpsc::channel();
        let journal = Arc::downgrade(journal);
        tokio::task::spawn_blocking(move || take(&notes, &journal));
        Self(sender)
    }

    /// Writes, and comes back once it is committed. What is under way is committed also where nobody
    /// waits for it any more.
    ///
    /// # Errors
    /// When the file cannot be written. All notes of the commit have failed then.
    pub(super) async fn write(
        &self,
        write: impl FnOnce(&Journal) -> Result<(), StateError> + Send + 'static,
    ) -> Result<(), Trouble> {
        let (noted, answer) = oneshot::channel();
        let write = Box::new(write);
        // Where nobody takes it, there is no answer either.
        let _ = self.0.send(Note { write, noted });
        let untaken = |_| Trouble::new(Class::State, "the state file takes no notes");
        Ok(answer.await.map_err(untaken)??)
    }
}

/// The journal is held only while somebody waits for a note: its owner closes the file in order when
/// the run ends.
fn take(notes: &Receiver<Note>, journal: &Weak<Mutex<Journal>>) {
    while let Ok(first) = notes.recv() {
        std::thread::sleep(GATHER);
        let Some(shared) = journal.upgrade() else {
            return;
        };
        let journal = shared.lock().unwrap_or_else(PoisonError::into_inner);
        let more = notes.try_iter().take(MOST - 1);
        let (writes, waiting): (Vec<Write>, Vec<_>) = std::iter::once(first)
            .chain(more)
            .map(|note| (note.write, note.noted))
            .unzip();
        let written = journal.together(|journal| {
            let mut writes = writes.into_iter();
            writes.try_for_each(|write| write(journal))
        });
        drop(journal);
        drop(shared);
        for noted in waiting {
            // Who asked may be gone: the run is ending.
            let _ = noted.send(written.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Kind, SourceId};

    /// Notes a record; whether that was committed.
    fn note(notes: &Notes, id: &'static str, fails: bool) -> impl Future<Output = bool> {
        let id = SourceId(id.to_owned());
        let written = notes.write(move |journal| {
            let key = (Kind::Income, &id);
            journal.failed(key, "", None, "why", chrono::Utc::now())?;
            if fails {
                // no run has begun to which it could belong
                journal.note_change(key, "create", "{}")?;
            }
            Ok(())
        });
        async { written.await.is_ok() }
    }

    #[tokio::test]
    async fn notes_that_gather_are_committed_together_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.db");
        let journal = Journal::open(&path, "shop").unwrap();
        let journal = Arc::new(Mutex::new(journal));
        let notes = Notes::new(&journal);
        assert!(note(&notes, "0", false).await);
        let held = journal.lock().unwrap();
        let known = |id: &str| {
            let view = crate::state::View::open(&path, "shop").unwrap();
            let id = SourceId(id.to_owned());
            view.known(Kind::Income, &id).unwrap().is_some()
        };
        assert!(known("0"), "committed once it is answered");
        let gathered = async {
            let (one, bad) = (note(&notes, "1", false), note(&notes, "2", true));
            tokio::join!(one, bad, async { drop(held) })
        };
        let (one, bad, ()) = gathered.await;
        assert!(!one && !bad, "all of a commit fail together");
        assert!(!known("1"));
        assert!(note(&notes, "1", false).await, "the next is a new one");
        assert!(known("1"));
        // What SQLite keeps beside the file goes with the last who has it open.
        drop(journal);
        assert!(!folder.path().join("state.db-wal").exists());
    }
}
