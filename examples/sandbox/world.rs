//! What both servers share.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};

use super::Options;
use super::addon::Addon;
use super::books::Books;
use super::clock::Clock;
use super::data::Maker;
use super::faults::Fault;
use super::http::{Call, Seen, Service};
use super::lies::Lie;
use super::limits::{Bucket, Gate, TokenDesk};
use super::shop::Shop;

/// Where a request stands when a watcher hears of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// It came in; nothing was done yet.
    Arrived,
    /// All was done; the answer leaves when the watcher returns.
    Answered,
}

/// Who pours into a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Holder {
    /// The private token of the first shop.
    Private,
    /// The add-on in a shop.
    Addon(u64),
}

/// Hears of every request, and may hold it up.
pub type Watch = Arc<dyn Fn(Moment, &Call) + Send + Sync>;

/// Everything there is.
pub struct World {
    /// The present time.
    pub clock: Arc<Clock>,
    shop_clock: Arc<Clock>,
    books_clock: Arc<Clock>,
    /// The shop's private token.
    pub private_token: String,
    /// The add-on's token with which the first shop begins.
    pub oauth_token: String,
    /// The token made in the accounts.
    pub caflou_token: String,
    /// The account.
    pub account_id: String,
    options: Mutex<Options>,
    shop: Mutex<Shop>,
    books: Mutex<Books>,
    seen: Mutex<Vec<Seen>>,
    injected: Mutex<BTreeMap<&'static str, u64>>,
    gate: Mutex<Gate>,
    buckets: Mutex<HashMap<Holder, Bucket>>,
    addon: Mutex<Addon>,
    logins: Mutex<TokenDesk>,
    requests: AtomicU64,
    shoptet_requests: AtomicU64,
    caflou_requests: AtomicU64,
    answers: AtomicU64,
    lies: AtomicU64,
    watch: Mutex<Option<Watch>>,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World")
            .field("account_id", &self.account_id)
            .finish_non_exhaustive()
    }
}

impl World {
    /// A world with its data made from the seed.
    pub fn new(options: Options) -> Self {
        let clock = Arc::new(Clock::new(options.clock));
        let maker = Maker::new(options.seed, options.eshop_id);
        let newest = options
            .clock
            .map_or(options.newest, |now| options.newest.min(now));
        let counts = (options.orders, options.customers);
        let shop_clock = Arc::new(Clock::following(&clock));
        let books_clock = Arc::new(Clock::following(&clock));
        let for_shop = Arc::clone(&shop_clock);
        let shop = Shop::new(options.eshop_id, for_shop, maker, newest, counts);
        let account_id = "958a30da1d8c2ccb0a3b6194".to_owned();
        let eshop_id = options.eshop_id;
        let oauth_token = "q7m2".repeat(63) + "q7m";
        Self {
            private_token: format!("{eshop_id}-p-0123456789abcdefghijklmnopqrstuv"),
            oauth_token: oauth_token.clone(),
            caflou_token: "caflou-b1f3a7c5d9e2468013579bdf".to_owned(),
            books: Mutex::new(Books::new(&account_id, Arc::clone(&books_clock))),
            account_id,
            options: Mutex::new(options),
            shop: Mutex::new(shop),
            seen: Mutex::default(),
            injected: Mutex::default(),
            gate: Mutex::default(),
            buckets: Mutex::default(),
            addon: Mutex::new(Addon::new(eshop_id, &oauth_token)),
            logins: Mutex::default(),
            requests: AtomicU64::new(0),
            shoptet_requests: AtomicU64::new(0),
            caflou_requests: AtomicU64::new(0),
            answers: AtomicU64::new(0),
            lies: AtomicU64::new(0),
            watch: Mutex::default(),
            clock,
            shop_clock,
            books_clock,
        }
    }

    /// The clock of a service.
    pub fn clock_of(&self, service: Service) -> &Clock {
        match service {
            Service::Shoptet => &self.shop_clock,
            Service::Caflou => &self.books_clock,
        }
    }

    /// The present time.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The switches.
    pub fn options(&self) -> MutexGuard<'_, Options> {
        lock(&self.options)
    }

    /// The shop.
    pub fn shop(&self) -> MutexGuard<'_, Shop> {
        lock(&self.shop)
    }

    /// The accounts.
    pub fn books(&self) -> MutexGuard<'_, Books> {
        lock(&self.books)
    }

    /// Requests under way.
    pub fn gate(&self) -> MutexGuard<'_, Gate> {
        lock(&self.gate)
    }

    /// Does something with the bucket a token pours into.
    pub fn bucket<T>(&self, holder: Holder, act: impl FnOnce(&mut Bucket) -> T) -> T {
        act(lock(&self.buckets).entry(holder).or_default())
    }

    /// The add-on.
    pub fn addon(&self) -> MutexGuard<'_, Addon> {
        lock(&self.addon)
    }

    /// Tokens from log-ins to the accounts.
    pub fn logins(&self) -> MutexGuard<'_, TokenDesk> {
        lock(&self.logins)
    }

    /// All requests noted.
    pub fn seen(&self) -> MutexGuard<'_, Vec<Seen>> {
        lock(&self.seen)
    }

    /// Faults that happened, by name.
    pub fn injected(&self) -> MutexGuard<'_, BTreeMap<&'static str, u64>> {
        lock(&self.injected)
    }

    /// Notes a request that came in; gives its number.
    pub fn note(&self, call: &Call) -> u64 {
        let number = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        if self.options().record {
            self.seen().push(Seen {
                number,
                service: call.service,
                method: call.method.clone(),
                path: call.path.clone(),
                query: call.query.clone(),
                headers: call.headers.clone(),
                body: String::from_utf8_lossy(&call.body).into_owned(),
                status: 0,
            });
        }
        number
    }

    /// Notes how a request was answered.
    pub fn note_status(&self, number: u64, status: u16) {
        if let Some(seen) = self
            .seen()
            .iter_mut()
            .rev()
            .find(|seen| seen.number == number)
        {
            seen.status = status;
        }
    }

    /// What goes wrong with a request, if anything; counted.
    pub fn draw(&self, call: &Call) -> Option<Fault> {
        let counter = match call.service {
            Service::Shoptet => &self.shoptet_requests,
            Service::Caflou => &self.caflou_requests,
        };
        let number = counter.fetch_add(1, Ordering::Relaxed);
        let fault = self.options().faults.draw(call, number)?;
        self.count(fault.name());
        Some(fault)
    }

    /// What is wrong with the answer to a request, if anything.
    pub fn lie(&self, call: &Call) -> Option<Lie> {
        let number = self.lies.fetch_add(1, Ordering::Relaxed);
        self.options().liar.draw(call, number)
    }

    /// Counts what happened, by name.
    pub fn count(&self, name: &'static str) {
        *self.injected().entry(name).or_default() += 1;
    }

    /// How many requests each service got, noted or not.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Sets or takes away the watcher.
    pub fn watch(&self, watch: Option<Watch>) {
        *lock(&self.watch) = watch;
    }

    /// Tells the watcher where a request stands, and waits for it.
    pub fn tell(&self, moment: Moment, call: &Call) {
        let watch = lock(&self.watch).clone();
        if let Some(watch) = watch {
            tokio::task::block_in_place(|| watch(moment, call));
        }
    }

    /// The number of an answer, as support staff ask for it.
    pub fn request_id(&self) -> String {
        let number = self.answers.fetch_add(1, Ordering::Relaxed);
        format!("019c8c34-64f3-7328-af43-{number:012x}")
    }
}

/// A test that panicked with a lock in hand does not stop the servers.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
