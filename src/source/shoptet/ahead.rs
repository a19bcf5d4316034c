//! Reading ahead: a few requests under way at once, their answers in the order of asking.

use std::collections::VecDeque;

use tokio::task::JoinHandle;

use crate::source::SourceError;

/// Requests under way at once: as many as a token may have open.
const AT_ONCE: usize = 3;

/// Answers to come, each with what it was asked for.
pub(super) struct Ahead<K, T>(VecDeque<(K, JoinHandle<Result<T, SourceError>>)>);

impl<K, T: Send + 'static> Ahead<K, T> {
    pub(super) fn new() -> Self {
        Self(VecDeque::new())
    }

    /// No more should be asked before an answer is taken.
    pub(super) fn is_full(&self) -> bool {
        self.0.len() >= AT_ONCE
    }

    /// Nothing is asked.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Asks.
    pub(super) fn ask(
        &mut self,
        key: K,
        answer: impl Future<Output = Result<T, SourceError>> + Send + 'static,
    ) {
        self.0.push_back((key, tokio::spawn(answer)));
    }

    /// The oldest answer; `None` where nothing was asked.
    pub(super) async fn next(&mut self) -> Option<(K, Result<T, SourceError>)> {
        let (key, answer) = self.0.pop_front()?;
        let answer = answer.await.unwrap_or(Err(SourceError::BrokenOff));
        Some((key, answer))
    }

    /// Nobody wants the answers any more.
    pub(super) fn forget(&mut self) {
        for (_, answer) in self.0.drain(..) {
            answer.abort();
        }
    }
}

impl<K, T> Drop for Ahead<K, T> {
    fn drop(&mut self) {
        for (_, answer) in &self.0 {
            answer.abort();
        }
    }
}
