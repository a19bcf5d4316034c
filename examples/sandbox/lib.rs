//! Stand-ins of both services, Shoptet and Caflou, in one process: two servers on loopback
//! addresses that behave as the services' descriptions and their production say, no kinder, with
//! data made from a seed and faults on demand.
//!
//! ```text
//! let sandbox = Sandbox::start(Options::default());
//! let config = sandbox.connection_toml("my-shop", "");
//! // … run the program with it …
//! sandbox.shop().pay("2026000001");
//! assert!(sandbox.books().transfer_by_mark("shoptet:222651:2026000001").is_some());
//! ```
//!
//! Rooms: `model`, `data` (with `people` and `names`), `shop`, `rows`, `eshop`, `query`, `lists`,
//! `jobs`, `webhooks`,
//! `shoptet` are the e-shop; `addon` and `calls` its side of an add-on; `books`, `attributes`, `filters`, `caflou` the accounts; `server`,
//! `http`, `limits`, `faults`, `lies`, `clock`, `world` serve both.
#![allow(
    dead_code,
    unused_imports,
    reason = "each of its users needs another part of it"
)]
#![allow(
    clippy::expect_used,
    clippy::cast_possible_truncation,
    reason = "a stand-in may panic"
)]
#![allow(
    clippy::cast_possible_wrap,
    clippy::too_many_lines,
    reason = "small numbers, long tables"
)]

pub mod addon;
pub mod attributes;
pub mod books;
pub mod caflou;
pub mod calls;
pub mod clock;
pub mod data;
pub mod eshop;
pub mod faults;
pub mod filters;
pub mod http;
pub mod jobs;
pub mod lies;
pub mod limits;
pub mod lists;
pub mod model;
pub mod names;
pub mod people;
pub mod query;
pub mod rows;
pub mod server;
pub mod shop;
pub mod shoptet;
pub mod webhooks;
pub mod world;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use tokio::sync::oneshot;

use addon::Addon;
pub use books::Books;
pub use calls::{Heard, Notification};
pub use faults::{Fault, Faults, Matcher, Rates};
pub use http::{Call, Seen, Service};
pub use jobs::Fate;
pub use lies::{LIES, Liar, Lie};
pub use shop::Shop;
use world::World;
pub use world::{Moment, Watch};

/// How the sandbox behaves. All but the data and the ports can be changed while it runs.
#[derive(Debug, Clone)]
pub struct Options {
    /// What the data is made from.
    pub seed: u64,
    /// The shop's number.
    pub eshop_id: u64,
    /// How many orders there are.
    pub orders: usize,
    /// How many registered customers there are.
    pub customers: usize,
    /// Shoptet's leaky bucket.
    pub bucket: bool,
    /// Shoptet's simultaneous requests: 3 of a token, 50 of an address.
    pub connections_limit: bool,
    /// Caflou takes one request at a time on each path.
    pub single_file: bool,
    /// `filter[search]` works on transfers.
    pub transfer_search: bool,
    /// `filter[search]` works on companies.
    pub company_search: bool,
    /// Descriptions come back as HTML.
    pub html_descriptions: bool,
    /// Attributes of transfers that a change ignores in silence.
    pub ignored_on_patch: Vec<String>,
    /// How long each request to Shoptet takes.
    pub shoptet_latency: Duration,
    /// How long each request to Caflou takes.
    pub caflou_latency: Duration,
    /// How long an add-on's token is good.
    pub token_life: Duration,
    /// When the newest order was made; not later than a fixed clock.
    pub newest: DateTime<Utc>,
    /// A clock that stands still (but for [`Sandbox::advance`]); without it the system's.
    pub clock: Option<DateTime<Utc>>,
    /// What goes wrong.
    pub faults: Faults,
    /// Who lies.
    pub liar: Liar,
    /// Port of Shoptet; 0 for any.
    pub shoptet_port: u16,
    /// Port of Caflou; 0 for any.
    pub caflou_port: u16,
    /// Keep every request for [`Sandbox::seen`].
    pub record: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            eshop_id: 222_651,
            orders: 120,
            customers: 30,
            bucket: true,
            connections_limit: true,
            single_file: true,
            transfer_search: true,
            company_search: true,
            html_descriptions: false,
            ignored_on_patch: Vec::new(),
            shoptet_latency: Duration::ZERO,
            caflou_latency: Duration::ZERO,
            token_life: Duration::from_mins(30),
            newest: Utc::now().trunc_subsecs(0) - TimeDelta::minutes(10),
            clock: None,
            faults: Faults::default(),
            liar: Liar::default(),
            shoptet_port: 0,
            caflou_port: 0,
            record: true,
        }
    }
}

/// Both services, until it is dropped.
#[derive(Debug)]
pub struct Sandbox {
    world: Arc<World>,
    shoptet: u16,
    caflou: u16,
    runtime: tokio::runtime::Handle,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Sandbox {
    /// Starts both servers; they listen when this returns. Panics where they cannot.
    pub fn start(options: Options) -> Self {
        let (shoptet, shoptet_port) = bind(options.shoptet_port);
        let (caflou, caflou_port) = bind(options.caflou_port);
        let world = Arc::new(World::new(options));
        world.shop().jobs.address = format!("http://127.0.0.1:{shoptet_port}");
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("sandbox")
            .enable_all()
            .build()
            .expect("a runtime for the sandbox");
        let handle = runtime.handle().clone();
        let shared = Arc::clone(&world);
        let thread = std::thread::spawn(move || {
            runtime.spawn(server::listen(
                Arc::clone(&shared),
                Service::Shoptet,
                shoptet,
            ));
            runtime.spawn(server::listen(shared, Service::Caflou, caflou));
            runtime.block_on(stopped).ok();
            runtime.shutdown_background();
        });
        let (stop, thread) = (Some(stop), Some(thread));
        Self {
            world,
            shoptet: shoptet_port,
            caflou: caflou_port,
            runtime: handle,
            stop,
            thread,
        }
    }

    /// Base address of Shoptet.
    pub fn shoptet_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.shoptet)
    }

    /// Base address of Caflou.
    pub fn caflou_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.caflou)
    }

    /// Where an add-on gets its tokens.
    pub fn token_url(&self) -> String {
        format!(
            "{}/action/ApiOAuthServer/getAccessToken",
            self.shoptet_url()
        )
    }

    /// The shop, to look at and to change. Requests wait meanwhile.
    pub fn shop(&self) -> MutexGuard<'_, Shop> {
        let mut shop = self.world.shop();
        shop.touch();
        shop
    }

    /// The accounts, to look at and to change. Requests wait meanwhile.
    pub fn books(&self) -> MutexGuard<'_, Books> {
        self.world.books()
    }

    /// Every request so far, in the order they came.
    pub fn seen(&self) -> Vec<Seen> {
        self.world.seen().clone()
    }

    /// The requests so far that would change something in the accounts.
    pub fn writes(&self) -> Vec<Seen> {
        let mut seen = self.seen();
        seen.retain(|one| {
            one.service == Service::Caflou && one.method != "GET" && !one.path.ends_with("/login")
        });
        seen
    }

    /// Forgets the requests so far.
    pub fn forget_seen(&self) {
        self.world.seen().clear();
    }

    /// How many requests came so far, noted or not.
    pub fn requests(&self) -> u64 {
        self.world.requests()
    }

    /// Lets other things go wrong from now on.
    pub fn set_faults(&self, faults: Faults) {
        self.world.options().faults = faults;
    }

    /// Lets others lie from now on, or nobody.
    pub fn set_liar(&self, liar: Liar) {
        self.world.options().liar = liar;
    }

    /// What is lied about now is told truly again.
    pub fn hush(&self) {
        self.world.options().liar.hush();
    }

    /// Has a watcher hear of every request from now on; it may hold a request up.
    pub fn watch(&self, watch: impl Fn(Moment, &Call) + Send + Sync + 'static) {
        self.world.watch(Some(Arc::new(watch)));
    }

    /// Takes the watcher away.
    pub fn unwatch(&self) {
        self.world.watch(None);
    }

    /// Changes switches.
    pub fn set(&self, change: impl FnOnce(&mut Options)) {
        let mut options = self.world.options();
        change(&mut options);
        self.world.clock.fix(options.clock);
    }

    /// Moves the clock of both services forward.
    pub fn advance(&self, by: Duration) {
        self.world.clock.advance(by);
    }

    /// Lets one service's clock go wrong by so much.
    pub fn skew(&self, service: Service, by: TimeDelta) {
        self.world.clock_of(service).skew(by);
    }

    /// The present time of both services.
    pub fn now(&self) -> DateTime<Utc> {
        self.world.now()
    }

    /// How many faults of each kind happened.
    pub fn injected(&self) -> BTreeMap<&'static str, u64> {
        self.world.injected().clone()
    }

    /// Scripted faults that no request has met yet.
    pub fn pending_faults(&self) -> usize {
        self.world.options().faults.script.len()
    }

    /// How many tokens the add-on was given so far.
    pub fn addon_tokens_made(&self) -> u64 {
        let eshop_id = self.world.options().eshop_id;
        let addon = self.world.addon();
        addon.tenant(eshop_id).map_or(0, |shop| shop.desk.made())
    }

    /// The shop's private token.
    pub fn private_token(&self) -> &str {
        &self.world.private_token
    }

    /// The add-on, and the shops that have it, to look at and to change. Requests wait meanwhile.
    pub fn addon(&self) -> MutexGuard<'_, Addon> {
        self.world.addon()
    }

    /// A shop more that may install the add-on.
    pub fn add_shop(&self, eshop_id: u64) {
        self.world.addon().add_shop(eshop_id);
    }

    /// A code for an installation in a shop: good once, and for a minute.
    pub fn install_code(&self, eshop_id: u64) -> String {
        let now = self.now();
        self.world.addon().install_code(eshop_id, now)
    }

    /// The add-on's token that never expires, until the shop installs the add-on anew.
    pub fn oauth_token(&self) -> &str {
        &self.world.oauth_token
    }

    /// The token made in the accounts.
    pub fn caflou_token(&self) -> &str {
        &self.world.caflou_token
    }

    /// The account in Caflou.
    pub fn account_id(&self) -> &str {
        &self.world.account_id
    }

    /// A connection for the program's configuration, with plain tokens: companies new-only, incomes
    /// new-and-update. It ends in the `import` table; `extra` is appended as it is. (Not to be called
    /// with the shop in hand, as it looks at it, too.)
    pub fn connection_toml(&self, key: &str, extra: &str) -> String {
        let mut text = String::new();
        let mut line = |part: &str| writeln!(text, "{part}").unwrap_or_default();
        line(&format!("[connections.{key}]"));
        line(&format!("name = \"{}\"", self.world.shop().name));
        line("program = \"shoptet\"");
        line(&format!("eshop_id = {}\n", self.world.shop().eshop_id));
        line(&format!("[connections.{key}.shoptet]"));
        line(&format!("private_token = \"{}\"", self.private_token()));
        line(&format!("api_url = \"{}\"\n", self.shoptet_url()));
        line(&format!("[connections.{key}.caflou]"));
        line(&format!("account_id = \"{}\"", self.account_id()));
        line(&format!("token = \"{}\"", self.caflou_token()));
        line(&format!("api_url = \"{}\"\n", self.caflou_url()));
        line(&format!("[connections.{key}.import]"));
        line("companies = \"new-only\"\nincomes = \"new-and-update\"\nauto_repeat = true");
        text.push_str(extra);
        text
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop.send(()).ok();
        }
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

fn bind(port: u16) -> (TcpListener, u16) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).expect("a free port");
    listener
        .set_nonblocking(true)
        .expect("a socket that does not block");
    let port = listener
        .local_addr()
        .expect("the socket's own address")
        .port();
    (listener, port)
}
