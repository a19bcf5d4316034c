//! Incomes whose customer is imported in the same run: each waits until its company is settled.
//!
//! Companies and incomes are imported side by side; an income that came before its company would
//! have to be changed afterwards.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::record::{Draft, SourceId};

/// So many incomes may wait; then no more are read until some of them go on.
const MOST: usize = 500;

/// In boxes: most customers have one, and a list reserves room for four.
pub(super) type Incomes = Vec<Box<Draft>>;

/// The incomes that wait; shared by the two agendas of a run.
#[derive(Debug, Clone, Default)]
pub struct Awaiting(Arc<AwaitingShared>);

#[derive(Debug, Default)]
struct AwaitingShared {
    state: Mutex<AwaitingState>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct AwaitingState {
    /// Companies are being imported.
    open: bool,
    /// Customers whose companies did not come to be in this run.
    without: HashSet<SourceId>,
    waiting: HashMap<SourceId, Incomes>,
    /// How many wait.
    held: usize,
    ready: VecDeque<Box<Draft>>,
}

impl Awaiting {
    fn state(&self) -> MutexGuard<'_, AwaitingState> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on companies are imported.
    pub fn open(&self) {
        self.state().open = true;
    }

    /// No company comes any more: nothing has to wait.
    pub fn close(&self) {
        let mut state = self.state();
        state.open = false;
        let waiting = std::mem::take(&mut state.waiting);
        state.ready.extend(waiting.into_values().flatten());
        state.held = 0;
        drop(state);
        self.0.changed.notify_one();
    }

    /// Keeps an income until the company of its customer is settled; gives it back where there is
    /// nothing to wait for.
    pub(super) fn hold(&self, customer: &SourceId, income: Box<Draft>) -> Option<Box<Draft>> {
        let mut state = self.state();
        if !state.open || state.without.contains(customer) {
            return Some(income);
        }
        state.held += 1;
        let waiting = state.waiting.entry(customer.clone()).or_default();
        waiting.push(income);
        None
    }

    /// A company is settled: imported, or not (`without`).
    pub(super) fn settled(&self, customer: &SourceId, without: bool) {
        let mut state = self.state();
        if without {
            state.without.insert(customer.clone());
        }
        let Some(incomes) = state.waiting.remove(customer) else {
            return;
        };
        state.held -= incomes.len();
        state.ready.extend(incomes);
        drop(state);
        self.0.changed.notify_one();
    }

    /// Waits until some can go on.
    pub(super) async fn ready(&self) {
        while self.state().ready.is_empty() {
            self.0.changed.notified().await;
        }
    }

    /// Up to so many that can go on.
    pub(super) fn take(&self, most: usize) -> Incomes {
        let mut state = self.state();
        let most = most.min(state.ready.len());
        state.ready.drain(..most).collect()
    }

    /// Nothing waits and nothing is ready.
    pub(super) fn is_empty(&self) -> bool {
        let state = self.state();
        state.held == 0 && state.ready.is_empty()
    }

    /// No more should be read for now.
    pub(super) fn is_full(&self) -> bool {
        self.state().held >= MOST
    }
}
