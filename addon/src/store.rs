//! The thread that owns the state file. What waits together is committed together, so that a thousand
//! programs that ask at once do not wait for a thousand writes to the disk.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

use thiserror::Error;
use tokio::sync::oneshot;
use tracing::error;

use super::database::Database;

/// Jobs of one commit, at most.
const TOGETHER: usize = 256;

/// The state file could not be used; the thread has logged why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the state file cannot be used")]
pub struct StoreError;

/// A job: does its part of the transaction, and gives what is to be told once all is committed.
type Job = Box<dyn FnOnce(&Database) -> Settle + Send>;
/// Tells how the transaction ended.
type Settle = Box<dyn FnOnce(bool) + Send>;

/// The way to the tables.
#[derive(Debug)]
pub struct Store {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Store {
    /// Hands the tables over to a thread.
    pub fn new(database: Database) -> Self {
        let (jobs, waiting) = channel();
        let thread = thread::spawn(move || work(database, &waiting));
        Self {
            jobs: Some(jobs),
            thread: Some(thread),
        }
    }

    /// Does something with the tables: all of it, or nothing. It is durable when this returns.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Database) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (tell, told) = oneshot::channel();
        let job: Job = Box::new(move |database| {
            let done = database.part(work);
            Box::new(move |committed| {
                let done = match done {
                    Ok(value) if committed => Ok(value),
                    Ok(_) => Err(StoreError),
                    Err(reason) => {
                        error!(%reason, "the state file refused a statement");
                        Err(StoreError)
                    }
                };
                // Whoever asked may have gone.
                let _ = tell.send(done);
            })
        });
        let sent = self.jobs.as_ref().map(|jobs| jobs.send(job).is_ok());
        if sent != Some(true) {
            return Err(StoreError);
        }
        told.await.unwrap_or(Err(StoreError))
    }
}

impl Drop for Store {
    /// Waits for what is under way; the file is closed then.
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // It ended already where it panicked.
            let _ = thread.join();
        }
    }
}

fn work(mut database: Database, waiting: &Receiver<Job>) {
    while let Ok(first) = waiting.recv() {
        let mut jobs = vec![first];
        jobs.extend(waiting.try_iter().take(TOGETHER - 1));
        let mut settle = Vec::with_capacity(jobs.len());
        let done = database.transaction(|database| {
            settle.extend(jobs.into_iter().map(|job| job(database)));
            Ok(())
        });
        if let Err(reason) = &done {
            error!(%reason, "the state file cannot be written");
        }
        for settle in settle {
            settle(done.is_ok());
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::super::database::NewShop;
    use super::super::vault::Vault;
    use std::sync::Arc;

    use super::*;

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault::new(&"a1".repeat(32).into()).unwrap();
        let database = Database::open(&folder.path().join("addon.db"), &vault).unwrap();
        (folder, Store::new(database))
    }

    fn shop(eshop_id: u64) -> NewShop {
        NewShop {
            eshop_id,
            url: "https://shop.example.cz".to_owned(),
            contact: vec![1],
            oauth_token: vec![2],
        }
    }

    #[tokio::test]
    async fn a_job_that_fails_leaves_nothing_and_does_not_hurt_those_beside_it() {
        let (_folder, store) = store();
        let now = DateTime::<Utc>::UNIX_EPOCH;
        let bad = store.run(move |database| {
            database.install(&shop(1), now)?;
            database.pair(9, &[0], "no such shop", now)
        });
        let good = store.run(move |database| database.install(&shop(2), now));
        let (bad, good) = tokio::join!(bad, good);
        assert_eq!((bad, good), (Err(StoreError), Ok(())));
        let shops = store
            .run(move |database| database.shops(now))
            .await
            .unwrap();
        let ids: Vec<_> = shops.iter().map(|shop| shop.eshop_id).collect();
        assert_eq!(ids, [2]);
    }

    #[tokio::test]
    async fn many_that_wait_at_once_all_get_their_own_answer() {
        let (_folder, store) = store();
        let now = DateTime::<Utc>::UNIX_EPOCH;
        let store = Arc::new(store);
        let jobs: Vec<_> = (1..=1000)
            .map(|id| {
                let store = Arc::clone(&store);
                tokio::spawn(async move {
                    let installed = store.run(move |database| {
                        database.install(&shop(id), now)?;
                        database.shop(id)
                    });
                    installed.await.unwrap().is_some()
                })
            })
            .collect();
        for job in jobs {
            assert!(job.await.unwrap());
        }
        let counts = store.run(Database::counts).await;
        assert_eq!(counts, Ok((1000, 0)));
    }
}
