//! One life of a connection, made from a seed: a shop that goes on, services that fail, and a
//! program that is killed and started again.

use std::collections::BTreeMap;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::{Duration, Instant};

use fastrand::Rng;
use rust_decimal::Decimal;

use super::oracle::{Verdict, judge};
use super::trap::Trap;
use crate::sandbox::Faults;
use crate::sandbox::Shop;
use crate::sandbox::model::CANCELLED;
use crate::support::{Bench, KEY, Settings};

/// Runs with the shop going on and the program being killed.
const WILD: usize = 5;
/// Runs after that, until one ends well.
const CALM: usize = 25;
/// Minutes between two of the first; all together less than the day by which clocks may differ.
const LONGEST_PAUSE: u64 = 4 * 60;
/// No run takes longer than this.
const LONGEST: Duration = Duration::from_mins(3);

/// What happened in a life.
#[derive(Debug, Default)]
pub struct Figures {
    /// Times the program was started.
    pub runs: usize,
    /// Times it was killed.
    pub kills: usize,
    /// Things that happened in the shop.
    pub events: usize,
    /// Requests of the program.
    pub requests: u64,
    /// Faults by name.
    pub injected: BTreeMap<&'static str, u64>,
    /// Writes of a further run after all was done.
    pub late_writes: usize,
    /// What Caflou holds.
    pub verdict: Verdict,
    /// A run that ended as none may.
    pub strange: Option<String>,
}

impl Figures {
    /// Nothing went wrong.
    pub fn is_good(&self) -> bool {
        self.verdict.is_good() && self.late_writes == 0 && self.strange.is_none()
    }
}

/// Lives the life of a seed to its end.
pub fn live(seed: u64) -> Figures {
    let mut rng = Rng::with_seed(seed);
    let bench = Arc::new(bench(seed, &mut rng));
    let mut figures = Figures::default();
    let sandbox = &bench.sandbox;
    let per_mille = rng.u32(2..30);
    sandbox.set_faults(Faults {
        delay: Duration::from_millis(400),
        retry_after: 0,
        ..Faults::storm(seed, per_mille)
    });
    for _ in 0..WILD {
        // Longer than runs read back: what one of them misses no later one stumbles over.
        sandbox.advance(Duration::from_mins(rng.u64(0..LONGEST_PAUSE)));
        figures.events += happen(&mut sandbox.shop(), &mut rng);
        figures.run(&bench, Some(&mut rng));
    }
    sandbox.advance(Duration::from_mins(LONGEST_PAUSE));
    let mut good = false;
    for _ in 0..CALM {
        good = figures.run(&bench, None) == Some(0);
        if good || figures.strange.is_some() {
            break;
        }
    }
    if !good && figures.strange.is_none() {
        figures.strange = Some("no run ended well".to_owned());
    }
    figures.injected = sandbox.injected();
    sandbox.set_faults(Faults::default());
    figures.run(&bench, None);
    sandbox.forget_seen();
    figures.run(&bench, None);
    figures.late_writes = sandbox.writes().len();
    figures.requests = sandbox.requests();
    figures.verdict = judge(&sandbox.shop(), &sandbox.books());
    figures
}

fn bench(seed: u64, rng: &mut Rng) -> Bench {
    let bench = Bench::with(|options| {
        options.seed = seed;
        options.orders = rng.usize(10..130);
        options.customers = rng.usize(3..14);
        options.single_file = rng.bool();
        options.transfer_search = rng.bool();
        options.company_search = rng.bool();
        options.html_descriptions = rng.bool();
    });
    let matching = if rng.bool() {
        "match_existing = false"
    } else {
        ""
    };
    let settings = Settings {
        mapping: matching,
        ..Settings::default()
    };
    let places = rng.u8(1..7);
    let text = bench.connection(KEY, &settings).replace(
        &format!("\n[connections.{KEY}.import]"),
        &format!("timeout = \"1s\"\nmax_concurrency = {places}\n\n[connections.{KEY}.import]"),
    );
    bench.write_config(&text);
    bench
}

/// A few things happen in the shop.
fn happen(shop: &mut Shop, rng: &mut Rng) -> usize {
    let events = rng.usize(0..12);
    for _ in 0..events {
        let codes: Vec<_> = shop.orders.iter().map(|order| order.code.clone()).collect();
        // Some orders are changed again and again.
        let hot = if rng.bool() { 5 } else { codes.len() };
        let Some(code) = rng.choice(codes.iter().take(hot)).cloned() else {
            shop.new_order();
            continue;
        };
        let void = shop
            .order(&code)
            .and_then(|order| order.status.as_ref())
            .is_some_and(|status| status.id == CANCELLED);
        match rng.u8(0..18) {
            0..2 => {
                shop.new_order();
            }
            2..5 => shop.pay(&code),
            5..7 => shop.unpay(&code),
            7..9 if !void => shop.cancel(&code),
            7..9 => shop.reopen(&code),
            9 => shop.delete(&code),
            10..12 if !void => shop.edit(&code, |order| {
                for amount in [&mut order.price.to_pay, &mut order.price.with_vat] {
                    *amount = amount.map(|amount| amount + Decimal::ONE);
                }
            }),
            12 => shop.edit(&code, |order| {
                order.full_name = Some(format!("Jan Novák {}", rng.u8(..)));
            }),
            13 => {
                let customer = shop.draft_customer();
                let guid = shop.add_customer(customer);
                let mut order = shop.draft_order();
                order.customer_guid = Some(guid);
                shop.add_order(order);
            }
            14 => shop.edit_unlogged(&code, |order| order.paid = Some(true)),
            _ => shop.edit(&code, |_| ()),
        }
    }
    events
}

/// When a run is killed, and whether the request under way is answered first.
struct Kill {
    trap: Trap,
    answer_first: bool,
    then: Duration,
}

impl Kill {
    /// At a moment of some request of the run. Until it happens, the shop may change once more.
    fn plan(bench: &Arc<Bench>, rng: &mut Rng) -> Self {
        let (target, change_at) = (rng.usize(1..70), rng.usize(1..140));
        let count = AtomicUsize::new(0);
        let (later, shop) = (Mutex::new(rng.fork()), Arc::clone(bench));
        let trap = Trap::set(&bench.sandbox, move |_, _| {
            let now = count.fetch_add(1, Ordering::SeqCst) + 1;
            if now == change_at {
                let mut rng = later.lock().expect("a lock");
                happen(&mut shop.sandbox.shop(), &mut rng);
            }
            now == target
        });
        Self {
            trap,
            answer_first: rng.bool(),
            then: Duration::from_micros(rng.u64(0..4000)),
        }
    }

    fn strike(&self, child: &mut Child) {
        if self.answer_first {
            self.trap.release();
            sleep(self.then);
        }
        self.trap.kill(child);
    }
}

impl Figures {
    /// One run, killed where there is chance in it; gives its exit code unless it was killed.
    fn run(&mut self, bench: &Arc<Bench>, chance: Option<&mut Rng>) -> Option<i32> {
        let kill = chance.map(|rng| Kill::plan(bench, rng));
        let mut command = bench.command(&["run", KEY, "--format", "json"]);
        let output = bench.path("output.txt");
        let file = std::fs::File::create(&output).expect("a file");
        command
            .stdout(file.try_clone().expect("a file"))
            .stderr(Stdio::from(file));
        let mut child = command.spawn().expect("the program");
        self.runs += 1;
        let (mut killed, since) = (false, Instant::now());
        let status = loop {
            if let Some(status) = child.try_wait().expect("a process") {
                break status;
            }
            if let Some(kill) = &kill
                && !killed
                && kill.trap.has_caught()
            {
                kill.strike(&mut child);
                killed = true;
                self.kills += 1;
            }
            if since.elapsed() > LONGEST {
                child.kill().expect("a process to kill");
                self.strange = Some("a run did not end".to_owned());
            }
            sleep(Duration::from_millis(2));
        };
        bench.sandbox.unwatch();
        if !killed && !matches!(status.code(), Some(0 | 1 | 3)) {
            let said = std::fs::read_to_string(output).unwrap_or_default();
            self.strange = Some(format!("a run ended with {status}: {said}"));
        }
        status.code()
    }
}
