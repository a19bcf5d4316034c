//! When many customers are read at once.
//!
//! Only customers: each of them costs a request of its own, while the list of orders brings fifty
//! whole orders a request.

use std::time::Duration;

use url::Url;

use crate::source::shoptet::Bulk;

/// Details read in a second: so many, one after another, never met a 429 in production, and a
/// token is often shared. (The bucket leaks ten drops a second; what one detail costs is not said.)
const DETAILS_A_SECOND: u64 = 4;
/// How long a job is taken to need. The vendor's examples are done in 0.2 and 20 seconds, to which
/// the queue comes; the pauses of the first six looks (1, 2, 4, 8, 16, 32) cover a minute.
const USUAL_WAIT: u64 = 63;
/// With more customers to read than this, the details take longer than such a wait: 252. By the
/// number of requests alone (asked for, six looks, one file; at most two for the webhook) ten
/// would do, but nobody waits a minute to save two seconds.
const BREAK_EVEN: u64 = DETAILS_A_SECOND * USUAL_WAIT;
/// A job is awaited as long as the details would take, and at least and at most so long: the shop
/// itself gives a job up after three hours.
const PATIENCE: [u64; 2] = [5 * 60, 3 * 60 * 60];
/// How customers are read in bulk.
#[derive(Debug, Clone)]
pub struct BulkOptions {
    /// When.
    pub when: Bulk,
    /// Where a webhook may be registered, should the shop have none.
    pub webhook_url: Option<Url>,
    /// The first pause while a job is awaited.
    pub pause: Duration,
}

impl Default for BulkOptions {
    fn default() -> Self {
        Self {
            when: Bulk::Auto,
            webhook_url: None,
            pause: Duration::from_secs(1),
        }
    }
}

/// Customers that wait for the decision how they are read.
#[derive(Debug, Default)]
pub(super) struct Waitlist {
    /// In the order of the list.
    pub(super) wanted: Vec<String>,
    /// With more than this many they are read in bulk; `None`: not (any more).
    pub(super) limit: Option<u64>,
    /// Only what changed since is read.
    pub(super) since: Option<String>,
    /// Customers in all, where the list says so.
    pub(super) total: Option<u64>,
    /// Customers that the snapshot brought.
    pub(super) came: u64,
    /// The snapshot was all there is.
    pub(super) whole: bool,
}

impl Waitlist {
    /// For the whole list (`since` is `None`), or for changes: those are few, as a rule, and only
    /// many of them are ever read in bulk.
    pub(super) fn new(when: Bulk, since: Option<&str>) -> Self {
        let limit = match (when, since) {
            (Bulk::Never, _) => None,
            (Bulk::Always, None) => Some(0),
            (Bulk::Auto | Bulk::Always, _) => Some(BREAK_EVEN),
        };
        Self {
            limit,
            since: since.map(str::to_owned),
            ..Self::default()
        }
    }

    /// No decision is open.
    pub(super) fn is_decided(&self) -> bool {
        self.limit.is_none()
    }

    pub(super) fn is_long(&self) -> bool {
        self.limit
            .is_some_and(|limit| self.wanted.len() as u64 > limit)
    }

    pub(super) fn patience(&self) -> Duration {
        let customers = self.total.unwrap_or(self.wanted.len() as u64);
        let [least, most] = PATIENCE;
        Duration::from_secs((customers / DETAILS_A_SECOND).clamp(least, most))
    }
}
