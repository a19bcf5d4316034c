//! How many requests a service sees at once, and how fast they come.
//!
//! A lane is shared by all that use the same token, also across connections of one process.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use tokio::sync::{Notify, OwnedMutexGuard};

use super::Answer;

/// What a lane starts with.
#[derive(Debug, Clone, Default)]
pub struct LaneOptions {
    /// Requests under way at once, at most.
    pub open: usize,
    /// Paths that the service is known to serve one request at a time.
    pub single_file: Vec<String>,
}

/// The way in for requests to one service under one token.
#[derive(Debug)]
pub struct Lane {
    most: usize,
    state: Mutex<State>,
    free: Notify,
}

#[derive(Debug)]
struct State {
    limit: usize,
    open: usize,
    /// Good answers since the limit last changed.
    calm: u32,
    bucket: Option<Bucket>,
    single_file: HashSet<String>,
    turns: HashMap<String, Arc<tokio::sync::Mutex<()>>>,
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
/// Good answers after which one more request at once is tried.
const CALM: u32 = 25;

/// One place in a lane; given back when dropped.
#[derive(Debug)]
pub struct Place<'a> {
    lane: &'a Lane,
    _turn: Option<OwnedMutexGuard<()>>,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.lane.state().open -= 1;
        // All are woken: one that is about to wait is not yet known to the queue.
        self.lane.free.notify_waiters();
    }
}

impl Lane {
    /// A lane with all its places free.
    #[must_use]
    pub fn new(options: LaneOptions) -> Self {
        let most = options.open.max(1);
        let state = State {
            limit: most,
            open: 0,
            calm: 0,
            bucket: None,
            single_file: options.single_file.into_iter().collect(),
            turns: HashMap::new(),
        };
        Self {
            most,
            state: Mutex::new(state),
            free: Notify::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a place, and where the path is served in single file, for its turn.
    pub async fn enter(&self, path: &str) -> Place<'_> {
        let turn = {
            let mut state = self.state();
            let single = state.single_file.contains(path);
            single.then(|| Arc::clone(state.turns.entry(path.to_owned()).or_default()))
        };
        let turn = match turn {
            Some(turn) => Some(turn.lock_owned().await),
            None => None,
        };
        loop {
            let freed = self.free.notified();
            {
                let mut state = self.state();
                if state.open < state.limit {
                    state.open += 1;
                    return Place {
                        lane: self,
                        _turn: turn,
                    };
                }
            }
            freed.await;
        }
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
                return state.single_file.insert(path.to_owned());
            }
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                state.limit = (state.limit / 2).max(1);
                state.calm = 0;
            }
            status if status.is_success() && state.limit < self.most => {
                state.calm += 1;
                if state.calm >= CALM {
                    state.limit += 1;
                    state.calm = 0;
                    drop(state);
                    self.free.notify_waiters();
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
mod tests {
    use reqwest::header::{HeaderMap, HeaderValue};

    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        let status = StatusCode::from_u16(status).unwrap();
        Answer {
            status,
            headers: HeaderMap::new(),
            body: body.into(),
        }
    }

    #[tokio::test]
    async fn no_more_requests_are_open_than_the_lane_has_places() {
        let lane = Lane::new(LaneOptions {
            open: 2,
            ..LaneOptions::default()
        });
        let first = lane.enter("/a").await;
        let _second = lane.enter("/b").await;
        let third = lane.enter("/c");
        tokio::pin!(third);
        assert!(futures_poll(&mut third).await.is_none());
        drop(first);
        assert!(futures_poll(&mut third).await.is_some());
    }

    /// One poll, whatever it brings.
    async fn futures_poll<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
        tokio::select! { biased; out = future => Some(out), () = std::future::ready(()) => None }
    }

    #[tokio::test]
    async fn a_path_served_one_at_a_time_goes_into_single_file_and_others_do_not() {
        let lane = Lane::new(LaneOptions {
            open: 4,
            ..LaneOptions::default()
        });
        let busy = "Rate limit exceeded - same request is processing already";
        assert!(lane.learn("/transfers", &answer(429, busy)));
        assert!(
            !lane.learn("/transfers", &answer(429, busy)),
            "news only once"
        );
        let _one = lane.enter("/transfers").await;
        let two = lane.enter("/transfers");
        tokio::pin!(two);
        assert!(futures_poll(&mut two).await.is_none());
        let other = lane.enter("/companies");
        tokio::pin!(other);
        assert!(futures_poll(&mut other).await.is_some());
        assert_eq!(lane.single_file(), ["/transfers"]);
    }

    #[test]
    fn crowding_halves_the_lane_and_calm_widens_it_slowly() {
        let lane = Lane::new(LaneOptions {
            open: 4,
            ..LaneOptions::default()
        });
        lane.learn("/x", &answer(503, ""));
        assert_eq!(lane.state().limit, 2);
        for _ in 0..CALM {
            lane.learn("/x", &answer(200, ""));
        }
        assert_eq!(lane.state().limit, 3);
    }

    #[test]
    fn a_filling_bucket_asks_for_a_pause() {
        let lane = Lane::new(LaneOptions {
            open: 3,
            ..LaneOptions::default()
        });
        assert_eq!(lane.pause(), Duration::ZERO);
        let mut full = answer(200, "");
        full.headers.insert(
            "x-ratelimit-bucket-filling",
            HeaderValue::from_static("153/200"),
        );
        lane.learn("/x", &full);
        let pause = lane.pause();
        assert!(
            pause > Duration::from_millis(1500) && pause <= Duration::from_secs(2),
            "{pause:?}"
        );
    }
}
