//! One run of the program, watched, and perhaps killed.

use std::fs::File;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use fastrand::Rng;
use serde_json::Value;

use super::events::happen;
use super::ledger::Ledger;
use super::life::Figures;
use super::shim::Clock;
use super::trap::Trap;
use crate::sandbox::{Call, Moment, Seen};
use crate::support::Bench;

/// No run takes longer than this.
const LONGEST: Duration = Duration::from_mins(3);

/// When a run is killed, and whether the request under way is answered first.
pub struct Kill {
    trap: Trap,
    answer_first: bool,
    then: Duration,
    jump: Arc<Mutex<Option<(Clock, TimeDelta)>>>,
    moved: Arc<Mutex<Vec<String>>>,
}

impl Kill {
    /// At a moment of some request of the run. Until it happens, the shop may change once more.
    pub fn plan(bench: &Arc<Bench>, ledger: &Arc<Mutex<Ledger>>, rng: &mut Rng) -> Self {
        let (target, change_at) = (rng.usize(1..90), rng.usize(1..140));
        let count = AtomicUsize::new(0);
        let (later, shop) = (Mutex::new(rng.fork()), Arc::clone(bench));
        let ledger = Arc::clone(ledger);
        let jump: Arc<Mutex<Option<(Clock, TimeDelta)>>> = Arc::default();
        let moved: Arc<Mutex<Vec<String>>> = Arc::default();
        let (take_jump, tell) = (Arc::clone(&jump), Arc::clone(&moved));
        let trap = Trap::set(&bench.sandbox, move |moment, call| {
            if let Some(what) = moves_payment(&shop, moment, call) {
                tell.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(what);
            }
            let now = count.fetch_add(1, Ordering::SeqCst) + 1;
            if now == change_at {
                let mut rng = later.lock().expect("a lock");
                // The ledger first, as everywhere: else each of two would wait for the other.
                let mut ledger = ledger.lock().unwrap_or_else(PoisonError::into_inner);
                let mut shop = shop.sandbox.shop();
                happen(&mut shop, &mut rng);
                ledger.note(&shop);
            }
            if now == target / 2
                && let Some((clock, by)) = take_jump.lock().expect("a lock").take()
            {
                clock.wall(by);
            }
            now == target
        });
        Self {
            trap,
            answer_first: rng.bool(),
            then: Duration::from_micros(rng.u64(0..4000)),
            jump,
            moved,
        }
    }

    /// Has our clock jump in the middle.
    pub fn jump(&self, clock: Clock, by: TimeDelta) {
        *self.jump.lock().expect("a lock") = Some((clock, by));
    }

    fn strike(&self, child: &mut Child) {
        if self.answer_first {
            self.trap.release();
            sleep(self.then);
        }
        self.trap.kill(child);
    }
}

/// A change that moves the day of payment of an income that stays paid. One that an earlier change
/// was to make unpaid does not stay so: that it was not carried out is the service's doing.
fn moves_payment(bench: &Bench, moment: Moment, call: &Call) -> Option<String> {
    if moment != Moment::Arrived || call.method != "PATCH" {
        return None;
    }
    let id: i64 = call.segments().last()?.parse().ok()?;
    let sent: Value = serde_json::from_slice(&call.body).ok()?;
    let books = bench.sandbox.books();
    let record = books.transfers.get(&id)?;
    let (is, becomes) = (&record["payment_date"], sent.get("payment_date")?);
    let stays = record["done"] == true && sent.get("done").is_none_or(|done| done == true);
    let unpaid = |one: &Seen| one.path == call.path && one.body.contains("\"done\":false");
    let moves =
        stays && !is.is_null() && is != becomes && !bench.sandbox.writes().iter().any(unpaid);
    moves.then(|| format!("the payment of income {id} moves from {is} to {becomes}"))
}

/// A run under way.
pub struct Run {
    bench: Arc<Bench>,
    output: String,
}

impl Run {
    /// Starts it; what it says goes to a file in the bench's folder.
    pub fn start(bench: &Arc<Bench>, mut command: Command, output: &str) -> (Child, Self) {
        let file = File::create(bench.path(output)).expect("a file");
        command
            .stdout(file.try_clone().expect("a file"))
            .stderr(Stdio::from(file));
        let child = command.spawn().expect("the program");
        let bench = Arc::clone(bench);
        let output = output.to_owned();
        (child, Self { bench, output })
    }

    /// Waits for its end, killing it where that is planned; gives its exit code unless it was killed.
    pub fn end(self, child: &mut Child, kill: Option<Kill>, figures: &mut Figures) -> Option<i32> {
        figures.runs += 1;
        let (mut killed, since) = (false, Instant::now());
        let status = loop {
            if let Some(status) = child.try_wait().expect("a process") {
                break status;
            }
            if let Some(kill) = &kill
                && !killed
                && kill.trap.has_caught()
            {
                kill.strike(child);
                killed = true;
                figures.kills += 1;
            }
            if since.elapsed() > LONGEST {
                child.kill().expect("a process to kill");
                figures.strange.push("a run did not end".to_owned());
            }
            sleep(Duration::from_millis(2));
        };
        figures
            .history
            .add(&self.bench, &self.output, status.code());
        if let Some(kill) = kill {
            self.bench.sandbox.unwatch();
            let mut moved = kill.moved.lock().unwrap_or_else(PoisonError::into_inner);
            figures.strange.append(&mut moved);
        }
        status.code()
    }
}
