//! How many requests a service sees at once, and how fast they come.
//!
//! A lane is shared by all that use the same token, also across connections of one process.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use tokio::sync::oneshot;

use super::Answer;

/// What a lane starts with.
#[derive(Debug, Clone, Default)]
pub struct LaneOptions {
    /// Requests under way at once, at most.
    pub open: usize,
    /// That many for each collection (`/companies`, `/transfers`), not in all.
    pub by_collection: bool,
    /// Paths that the service is known to serve one request at a time.
    pub single_file: Vec<String>,
    /// The service is known to serve requests to one path side by side; else that has to show.
    pub side_by_side: bool,
}

/// The way in for requests to one service under one token.
#[derive(Debug)]
pub struct Lane {
    most: usize,
    by_collection: bool,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    limit: usize,
    /// Whether paths need not show that they take several requests at once.
    open: bool,
    collections: HashMap<String, Collection>,
    /// Good answers since the limit last changed.
    calm: u32,
    bucket: Option<Bucket>,
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

impl State {
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

/// The service's leaky bucket as its last answer showed it
/// (`X-RateLimit-Bucket-Filling: 134/200`; ten drops leak per second).
#[derive(Debug, Clone, Copy)]
struct Bucket {
    filling: u32,
    size: u32,
    at: Instant,
}

/// Drops that leak per second.
const LEAK: u32 = 10;
/// Good answers side by side after which a path is believed to take several requests at once. One
/// proves little: the other request may not have arrived yet.
const EVIDENCE: u32 = 3;
/// Good answers after which one more request at once is tried.
const CALM: u32 = 25;

/// One place in a lane, or the waiting for it; given back when dropped.
#[derive(Debug)]
pub struct Place<'a> {
    lane: &'a Lane,
    path: String,
    number: u64,
}

impl Drop for Place<'_> {
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
        let most = options.open.max(1);
        let state = State {
            limit: most,
            open: options.side_by_side,
            collections: HashMap::new(),
            calm: 0,
            bucket: None,
            single_file: options.single_file.into_iter().collect(),
            side_by_side: HashMap::new(),
            under_way: HashMap::new(),
            next: 0,
        };
        Self {
            most,
            by_collection: options.by_collection,
            state: Mutex::new(state),
        }
    }

    /// What a path belongs to: `/transfers/7` to `/transfers`.
    fn collection<'p>(&self, path: &'p str) -> &'p str {
        if !self.by_collection {
            return "";
        }
        match path.rsplit_once('/') {
            Some((collection, id)) if id.bytes().all(|b| b.is_ascii_digit()) => collection,
            _ => path,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a place, and where the path is served in single file, for its turn.
    pub async fn enter(&self, path: &str) -> Place<'_> {
        let (number, turn) = self.state().enter(path, self.collection(path));
        let path = path.to_owned();
        let place = Place {
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

    /// How long the bucket has to leak before the next request is polite.
    pub fn pause(&self) -> Duration {
        let state = self.state();
        let Some(Bucket { filling, size, at }) = state.bucket else {
            return Duration::ZERO;
        };
        // The token is often shared with the shop's other integrations: a third stays theirs.
        let ours = size.saturating_mul(2) / 3;
        let over = u64::from(filling.saturating_sub(ours)) * 1000 / u64::from(LEAK);
        Duration::from_millis(over).saturating_sub(at.elapsed())
    }

    /// Learns from an answer: the filling of the bucket, and how much at once is welcome.
    /// `true` where the path turned out to be served in single file.
    pub fn learn(&self, path: &str, answer: &Answer) -> bool {
        let mut state = self.state();
        if let Some((filling, size)) = bucket_filling(answer) {
            state.bucket = Some(Bucket {
                filling,
                size,
                at: Instant::now(),
            });
        }
        match answer.status {
            StatusCode::TOO_MANY_REQUESTS if is_single_file(answer) => {
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
                if state.calm >= CALM && state.limit < self.most {
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

fn bucket_filling(answer: &Answer) -> Option<(u32, u32)> {
    let (filling, size) = answer
        .header("x-ratelimit-bucket-filling")?
        .split_once('/')?;
    Some((
        filling.trim().parse().ok()?,
        size.trim().parse().ok().filter(|size| *size > 0)?,
    ))
}

fn is_single_file(answer: &Answer) -> bool {
    let needle = b"same request is processing";
    answer
        .body
        .windows(needle.len())
        .take(4096)
        .any(|window| window == needle)
}

#[cfg(test)]
mod tests;
