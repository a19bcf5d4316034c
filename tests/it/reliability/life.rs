//! One life of a connection, made from a seed: a shop that goes on, services that fail and lie,
//! clocks and disks that are wrong, and a program that is killed and started again.

use std::fs;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use fastrand::Rng;
use serde_json::Value;

use super::disk::{Disk, has_failed};
use super::events::{Kinds, happen, seldom};
use super::fate::{Fate, failure, wrong};
use super::history::History;
use super::ledger::Ledger;
use super::oracle::{Verdict, judge_by};
use super::run::{Kill, Run};
use super::shim::Machine;
use crate::sandbox::{Faults, Liar, Service};
use crate::support::{Bench, KEY, Settings};

/// Runs with the shop going on and the program being killed.
const WILD: usize = 5;
/// Runs after that, until one ends well.
const CALM: usize = 25;
/// Minutes between two of the first; all together less than the day by which clocks may differ.
const LONGEST_PAUSE: u64 = 4 * 60;
/// The second client's state.
pub(super) const SECOND: &str = "state-2.db";

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
    /// Faults, lies and other trouble by name.
    pub injected: Kinds,
    /// Writes of a further run after all was done.
    pub late_writes: Vec<String>,
    /// What Caflou holds.
    pub verdict: Verdict,
    /// A run that ended as none may, or did what none may.
    pub strange: Vec<String>,
    /// What it had to bear.
    pub fate: String,
    /// What its runs did.
    pub history: History,
}

impl Figures {
    /// All that went wrong.
    pub fn problems(&self) -> Vec<String> {
        let Verdict {
            lost,
            doubled,
            wrong,
            ..
        } = &self.verdict;
        let lists = [
            ("lost", lost),
            ("doubled", doubled),
            ("wrong", wrong),
            ("written late", &self.late_writes),
            ("strange", &self.strange),
        ];
        let lines = lists.into_iter().flat_map(|(name, list)| {
            let line = move |one: &String| format!("{name}: {one}");
            list.iter().map(line)
        });
        lines.collect()
    }
}

/// What a life is lived with.
pub(super) struct Life {
    pub(super) bench: Arc<Bench>,
    pub(super) rng: Rng,
    pub(super) fate: Fate,
    pub(super) machine: Machine,
    pub(super) ledger: Arc<Mutex<Ledger>>,
    /// States of before, each of them whole.
    pub(super) kept: Vec<Disk>,
    pub(super) figures: Figures,
    /// There is a second client.
    pub(super) second: bool,
    /// The state was an older one or none, and no run came to its end since.
    pub(super) learns: bool,
}

/// Lives the life of a seed to its end.
pub fn live(seed: u64) -> Figures {
    let mut rng = Rng::with_seed(seed);
    let bench = Arc::new(bench(seed, &mut rng));
    let fate = Fate::draw(&mut rng);
    let per_mille = rng.u32(2..30);
    bench.sandbox.set_faults(Faults {
        delay: Duration::from_millis(400),
        retry_after: 0,
        ..Faults::storm(seed, per_mille)
    });
    let mut life = Life {
        machine: Machine::new(&bench.path("")),
        second: fate.two,
        learns: false,
        bench,
        rng,
        fate,
        ledger: Arc::default(),
        kept: Vec::new(),
        figures: Figures::default(),
    };
    for _ in 0..WILD {
        life.wild();
    }
    life.calm();
    life.figures.fate = format!("{:?}", life.fate);
    let problems = life.figures.problems();
    if !problems.is_empty() {
        let told = life.figures.history.tell(&life.bench, seed, &problems);
        life.figures.strange.extend(told);
    }
    life.figures
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

impl Life {
    pub(super) fn count(&mut self, name: &'static str) {
        *self.figures.injected.entry(name).or_default() += 1;
        self.figures.history.befell(&self.bench, name);
    }

    pub(super) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Time passes, things happen, and the program runs until it is killed or done.
    fn wild(&mut self) {
        let bench = Arc::clone(&self.bench);
        let sandbox = &bench.sandbox;
        // Longer than runs read back: what one of them misses no later one stumbles over.
        sandbox.advance(Duration::from_mins(self.rng.u64(0..LONGEST_PAUSE)));
        self.figures.events += happen(&mut sandbox.shop(), &mut self.rng);
        if self.fate.meaning {
            let mut ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
            let kinds = &mut self.figures.injected;
            seldom(sandbox, &mut ledger, &mut self.rng, kinds);
        }
        self.ledger().note(&sandbox.shop());
        self.wrong_clocks();
        self.other_state();
        let liar = Liar::new(
            self.rng.u64(..),
            self.rng.u32(5..80),
            self.fate.lies.clone(),
        );
        sandbox.set_liar(liar);
        let second = (self.second && self.rng.bool()).then(|| self.start_second());
        let full = self.rng.u8(0..6) == 0;
        self.wild_run(full);
        if let Some((mut child, run)) = second {
            let code = run.end(&mut child, None, &mut self.figures);
            self.judge_end(code, "the second client", &self.bench.path("output-2.txt"));
        }
        self.ledger().note(&sandbox.shop());
        sandbox.set_liar(Liar::default());
        if self.fate.restores || self.fate.disk {
            self.kept.push(Disk::of(&self.bench.path("")));
        }
    }

    fn wild_run(&mut self, full: bool) {
        let kill = Kill::plan(&self.bench, &self.ledger, &mut self.rng);
        if self.fate.clocks && self.rng.u8(0..3) == 0 {
            let by = wrong(&mut self.rng);
            kill.jump(self.machine.clock(), by);
            self.count("our clock in mid-run");
        }
        let fails = self.fate.disk && self.rng.u8(0..3) == 0;
        let fails = fails.then(|| failure(&mut self.rng));
        let disk = Disk::of(&self.bench.path(""));
        let mut command = self.command(full);
        self.machine
            .has(&mut command, fails.map(|(failure, _)| failure));
        let (mut child, run) = Run::start(&self.bench, command, "output.txt");
        let before = self.figures.kills;
        let code = run.end(&mut child, Some(kill), &mut self.figures);
        self.learnt(code);
        let log = self.machine.written();
        if let (Some((_, name)), true) = (fails, has_failed(&log)) {
            self.count(name);
        }
        if self.figures.kills > before {
            if self.fate.disk && self.rng.bool() {
                self.power_cut(disk, &log);
            }
            if self.fate.clocks && self.rng.bool() {
                self.machine.reboot();
                self.count("reboot");
            }
        } else {
            self.judge_end(code, "a run", &self.bench.path("output.txt"));
            self.mend("output.txt");
        }
        self.damage();
    }

    pub(super) fn command(&self, full: bool) -> Command {
        let mut args = vec!["run", KEY, "--format", "json"];
        if full {
            args.push("--full");
        }
        self.bench.command(&args)
    }

    fn start_second(&mut self) -> (Child, Run) {
        self.count("two clients at once");
        let mut command = self.command(false);
        command.args(["--state", SECOND]);
        Run::start(&self.bench, command, "output-2.txt")
    }

    /// Services tell the truth and soon do not fail any more; all has to come right.
    fn calm(&mut self) {
        let bench = Arc::clone(&self.bench);
        let sandbox = &bench.sandbox;
        // By a clock that was ahead things happened that are yet to come by one that is right: they
        // are read when they have come.
        for service in [Service::Shoptet, Service::Caflou] {
            sandbox.skew(service, TimeDelta::zero());
        }
        sandbox.advance(Duration::from_mins(LONGEST_PAUSE));
        if !(0..CALM).any(|_| self.calm_run(false)) {
            self.strange("no run ended well");
        }
        for (name, number) in sandbox.injected() {
            *self.figures.injected.entry(name).or_default() += number;
        }
        sandbox.set_faults(Faults::default());
        self.calm_run(false);
        self.ledger().fails.clear();
        self.calm_run(true);
        sandbox.forget_seen();
        self.calm_run(false);
        let writes = sandbox.writes();
        let line = |one: &crate::sandbox::Seen| format!("{} {} {}", one.method, one.path, one.body);
        self.figures.late_writes = writes.iter().map(line).collect();
        self.figures.requests = sandbox.requests();
        let ledger = self.ledger().clone();
        self.figures.verdict = judge_by(&sandbox.shop(), &sandbox.books(), &ledger);
    }

    /// Both clients, one after the other; whether they ended well.
    fn calm_run(&mut self, full: bool) -> bool {
        let mut good = true;
        for second in [false, true] {
            if second && !self.second {
                break;
            }
            let mut command = self.command(full);
            if second {
                command.args(["--state", SECOND]);
            } else {
                self.machine.has(&mut command, None);
            }
            let output = if second { "output-2.txt" } else { "output.txt" };
            let (mut child, run) = Run::start(&self.bench, command, output);
            let code = run.end(&mut child, None, &mut self.figures);
            let failed = self.judge_end(code, "a calm run", &self.bench.path(output));
            let ledger = self.ledger();
            let expected = |id: &String| ledger.past(id).before.is_some();
            good &= code == Some(0) || (code == Some(3) && failed.iter().all(expected));
            drop(ledger);
            if !second {
                self.mend(output);
            }
        }
        good
    }

    /// Takes down what a run said, and whether it may end so. Gives the records that failed.
    pub(super) fn judge_end(
        &mut self,
        code: Option<i32>,
        what: &str,
        output: &std::path::Path,
    ) -> Vec<String> {
        let said = fs::read_to_string(output).unwrap_or_default();
        let lies = !self.fate.lies.is_empty();
        let fine = match code {
            Some(0 | 1 | 3) => true,
            Some(5) => self.second,
            Some(7) => lies || self.fate.restores || self.fate.disk,
            Some(2 | 4) => lies,
            _ => false,
        };
        if !fine {
            self.strange(&format!("{what} ended with {code:?}: {said}"));
        }
        let mut failed = Vec::new();
        let mut ledger = self.ledger();
        for line in said.lines() {
            let Ok(object) = serde_json::from_str::<Value>(line) else {
                continue;
            };
            let some = |name: &str| object[name].as_array().is_some_and(|list| !list.is_empty());
            let action = object["action"].as_str().unwrap_or_default();
            let id = object["source_id"].as_str().unwrap_or_default().to_owned();
            if ["kept", "ignored", "warnings"].map(some).contains(&true)
                || ["fail", "skip"].contains(&action)
            {
                ledger.told.insert(id.clone());
            }
            // What a run before it left to be looked at.
            let message = object["message"].as_str().unwrap_or_default();
            if message.contains("was cut off and left to look at") {
                let words = message.split_whitespace();
                let words = words.map(|word| word.trim_end_matches(':').to_owned());
                ledger.told.extend(words);
            }
            if action == "fail" {
                ledger.fails.insert(id.clone());
                failed.push(id);
            }
        }
        failed
    }

    fn strange(&mut self, what: &str) {
        self.figures.strange.push(what.to_owned());
    }
}
