//! The signal that ends a run in order.

use std::time::Duration;

use tokio::sync::watch;

/// Asks everything that listens to a [`Stop`] to come to an end.
#[derive(Debug)]
pub struct Stopper(watch::Sender<Option<&'static str>>);

/// Tells whether the run is to end; cheap to clone.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<Option<&'static str>>);

impl Default for Stopper {
    fn default() -> Self {
        Self(watch::Sender::new(None))
    }
}

impl Stopper {
    /// A listener.
    #[must_use]
    pub fn listener(&self) -> Stop {
        Stop(self.0.subscribe())
    }

    /// Asks for the end; the first reason stays.
    pub fn stop(&self, reason: &'static str) {
        self.0
            .send_if_modified(|now| now.is_none() && now.replace(reason).is_none());
    }
}

impl Stop {
    /// Why the run is to end, once it is.
    #[must_use]
    pub fn reason(&self) -> Option<&'static str> {
        *self.0.borrow()
    }

    /// Sleeps, but no longer than until the run is to end; `false` where that came first.
    pub async fn sleep(&self, time: Duration) -> bool {
        let mut watch = self.0.clone();
        tokio::select! {
            () = tokio::time::sleep(time) => true,
            Ok(_) = watch.wait_for(Option::is_some) => false,
        }
    }

    /// Waits until the run is to end.
    pub async fn wait(&self) {
        let mut watch = self.0.clone();
        if watch.wait_for(Option::is_some).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
