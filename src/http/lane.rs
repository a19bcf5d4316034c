//! How many requests a service sees at once, and how fast they come. A lane is shared by all that use
//! the same token, also across connections of one process.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use tokio::sync::oneshot;

use super::pace::Departures;
use super::{Answer, Pace};

/// What a lane starts with.
#[derive(Debug, Clone, Default)]
pub struct LaneOptions {
    /// How fast the service may be asked.
    pub pace: Pace,
    /// Paths that the service is known to serve one request at a time.
    pub single_file: Vec<String>,
}

/// The way in for requests to one service under one token.
#[derive(Debug)]
pub struct Lane {
    pace: Pace,
    state: Mutex<LaneState>,
}

#[derive(Debug)]
struct LaneState {
    limit: usize,
    /// Whether paths need not show that they take several requests at once.
    open: bool,
    departures: Departures,
    /// The service wants no request before.
    not_before: Option<Instant>,
    collections: HashMap<String, Collection>,
    /// Good answers since the limit last changed.
    calm: u32,
    single_file: HashSet<String>,
    /// How often paths answered well while another request to them was under way.
    side_by_side: HashMap<String, u32>,
    /// Requests under way by path.
    under_way: HashMap<String, usize>,
    /// The next number of a place.
    next: u64,
}

#[derive(Debug, Default)]
struct Collection {
    /// Requests under way.
    open: usize,
    /// Those that wait for a place, in the order in which they came.
    queue: VecDeque<Waiter>,
}

#[derive(Debug)]
struct Waiter {
    number: u64,
    path: String,
    turn: oneshot::Sender<()>,
}

impl LaneState {
    /// Whether a path may be sent one more request. One that is not known yet is tried with two at
    /// once: at most one of them collides.
    fn allows(&self, path: &str) -> bool {
        let most = if self.single_file.contains(path) {
            1
        } else if self.open || self.side_by_side.get(path) >= Some(&EVIDENCE) {
            usize::MAX
        } else {
            2
        };
        self.under_way.get(path).is_none_or(|now| *now < most)
    }

    /// Gives a place, or else lets it be waited for. Who waits already cannot have this place: each
    /// place that becomes free is given to who may have it.
    fn enter(&mut self, path: &str, collection: &str) -> (u64, Option<oneshot::Receiver<()>>) {
        self.next += 1;
        let (number, limit, allowed) = (self.next, self.limit, self.allows(path));
        if !self.collections.contains_key(collection) {
            let new = Collection::default();
            self.collections.insert(collection.to_owned(), new);
        }
        let Some(collection) = self.collections.get_mut(collection) else {
            return (number, None);
        };
        if collection.open < limit && allowed {
            collection.open += 1;
            *self.under_way.entry(path.to_owned()).or_default() += 1;
            return (number, None);
        }
        let (turn, comes) = oneshot::channel();
        collection.queue.push_back(Waiter {
            number,
            path: path.to_owned(),
            turn,
        });
        (number, Some(comes))
    }

    /// Gives a place back, or what was waited for up.
    fn leave(&mut self, number: u64, path: &str, name: &str) {
        let Some(collection) = self.collections.get_mut(name) else {
            return;
        };
        let waits = collection
            .queue
            .binary_search_by_key(&number, |waiter| waiter.number);
        if let Ok(at) = waits {
            collection.queue.remove(at);
            return;
        }
        collection.open -= 1;
        if let Some(now) = self.under_way.get_mut(path) {
            *now -= 1;
            if *now == 0 {
                self.under_way.remove(path);
            }
        }
        self.serve(name);
    }

    /// Gives the free places of a collection to those who wait, first come first served, as far as
    /// their paths allow it.
    fn serve(&mut self, name: &str) {
        let Some(mut collection) = self.collections.remove(name) else {
            return;
        };
        let (mut at, mut refused) = (0, None::<String>);
        while collection.open < self.limit
            && let Some(waiter) = collection.queue.get(at)
        {
            if refused.as_deref() == Some(&waiter.path) {
                at += 1;
            } else if !self.allows(&waiter.path) {
                refused = Some(waiter.path.clone());
                at += 1;
            } else if let Some(Waiter { path, turn, .. }) = collection.queue.remove(at) {
                collection.open += 1;
                *self.under_way.entry(path).or_default() += 1;
                // Who gave up gives the place back.
                let _ = turn.send(());
            }
        }
        self.collections.insert(name.to_owned(), collection);
    }

    fn serve_all(&mut self) {
        let names: Vec<_> = self.collections.keys().cloned().collect();
        for name in names {
            self.serve(&name);
        }
    }
}

/// Good answers side by side after which a path is believed to take several requests at once. One
/// proves little: the other request may not have arrived yet.
const EVIDENCE: u32 = 3;
/// Good answers after which one more request at once is tried.
const CALM: u32 = 25;

/// One place in a lane, or the waiting for it; given back when dropped.
#[derive(Debug)]
pub struct LanePlace<'a> {
    lane: &'a Lane,
    path: String,
    number: u64,
}

impl Drop for LanePlace<'_> {
    fn drop(&mut self) {
        let collection = self.lane.collection(&self.path);
        let mut state = self.lane.state();
        state.leave(self.number, &self.path, collection);
    }
}

impl Lane {
    /// A lane with all its places free.
    #[must_use]
    pub fn new(options: LaneOptions) -> Self {
        let LaneOptions { pace, single_file } = options;
        let pace = Pace {
            open: pace.open.max(1),
            ..pace
        };
        let state = LaneState {
            limit: pace.open,
            open: pace.side_by_side,
            departures: Departures::new(pace.windows),
            not_before: None,
            collections: HashMap::new(),
            calm: 0,
            single_file: single_file.into_iter().collect(),
            side_by_side: HashMap::new(),
            under_way: HashMap::new(),
            next: 0,
        };
        Self {
            pace,
            state: Mutex::new(state),
        }
    }

    /// What a path belongs to: `/transfers/7` to `/transfers`.
    fn collection<'p>(&self, path: &'p str) -> &'p str {
        if !self.pace.by_collection {
            return "";
        }
        match path.rsplit_once('/') {
            Some((collection, id)) if id.bytes().all(|b| b.is_ascii_digit()) => collection,
            _ => path,
        }
    }

    fn state(&self) -> MutexGuard<'_, LaneState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a place, and where the path is served in single file, for its turn.
    pub async fn enter(&self, path: &str) -> LanePlace<'_> {
        let (number, turn) = self.state().enter(path, self.collection(path));
        let path = path.to_owned();
        let place = LanePlace {
            lane: self,
            path,
            number,
        };
        if let Some(turn) = turn {
            // It is answered: who waits is in the queue as long as its place is there.
            let _ = turn.await;
        }
        place
    }

    /// How long to wait before the next request leaves; its departure is taken.
    pub fn pause(&self) -> Duration {
        let now = Instant::now();
        let mut state = self.state();
        let earliest = state.not_before.map_or(now, |wanted| wanted.max(now));
        state
            .departures
            .next(earliest)
            .saturating_duration_since(now)
    }

    /// Learns from an answer: what it says about the pace, and how much at once is welcome.
    /// `true` where the path turned out to be served in single file.
    pub fn learn(&self, path: &str, answer: &Answer) -> bool {
        let mut state = self.state();
        let heard = (self.pace.hear)(answer);
        if let Some(wait) = heard.wait {
            state.not_before = Instant::now().checked_add(wait);
        }
        match answer.status {
            StatusCode::TOO_MANY_REQUESTS if heard.single_file => {
                state.side_by_side.remove(path);
                return state.single_file.insert(path.to_owned());
            }
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                state.limit = (state.limit / 2).max(1);
                state.calm = 0;
            }
            status if status.is_success() => {
                let mut wider = false;
                if state.under_way.get(path).is_some_and(|now| *now > 1) {
                    let good = state.side_by_side.entry(path.to_owned()).or_default();
                    *good += 1;
                    wider = *good == EVIDENCE;
                }
                state.calm += 1;
                if state.calm >= CALM && state.limit < self.pace.open {
                    state.limit += 1;
                    state.calm = 0;
                    wider = true;
                }
                if wider {
                    state.serve_all();
                }
            }
            _ => {}
        }
        false
    }

    /// The paths that turned out to be served in single file, sorted.
    #[must_use]
    pub fn single_file(&self) -> Vec<String> {
        let mut paths: Vec<_> = self.state().single_file.iter().cloned().collect();
        paths.sort_unstable();
        paths
    }
}

#[cfg(test)]
mod tests;
