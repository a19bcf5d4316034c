//! Many lives side by side.

use std::collections::BTreeMap;
use std::env;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::figures::tell;
use super::life::{Figures, live};
use super::shim::library;
use crate::sandbox::LIES;

/// Lives at once: they mostly wait.
const SIDE_BY_SIDE: usize = 24;
/// Lives unless more are asked for.
const SEEDS: u64 = 50;

/// Lives of which each kind of trouble has its share.
const MANY: u64 = 1000;

/// Kinds of trouble beside kills, failing services and answers that are not true.
const TROUBLES: [&str; 20] = [
    "Caflou's clock",
    "accountant's e-mail",
    "backup put back",
    "bit flipped",
    "companies merged",
    "customer erased",
    "disk full",
    "our clock",
    "our clock in mid-run",
    "paired by the bank",
    "power cut",
    "read fails",
    "reboot",
    "rebuilt",
    "state copied",
    "state lost",
    "state restored",
    "sync fails",
    "the shop's clock",
    "two clients at once",
];

/// How often one life is lived again.
const AGAIN: u64 = 20;

/// A number that the caller of the tests gives.
#[allow(
    clippy::disallowed_methods,
    reason = "the only way to tell a test something"
)]
pub fn number(name: &str) -> Option<u64> {
    env::var(name).ok().and_then(|text| text.parse().ok())
}

#[test]
fn killed_at_any_moment_between_failing_services_nothing_is_lost_and_nothing_comes_twice() {
    // One life is never quite the same: the program's threads take turns as they like.
    let asked = number("RELIABILITY_SEEDS");
    let (seeds, lives) = if let Some(seed) = number("RELIABILITY_SEED") {
        (vec![seed], asked.unwrap_or(AGAIN))
    } else {
        let seeds = asked.unwrap_or(SEEDS);
        let first = number("RELIABILITY_FIRST").unwrap_or(0);
        ((first..first + seeds).collect(), 1)
    };
    let lives = usize::try_from(lives).expect("few lives");
    let lives: Vec<_> = seeds.iter().flat_map(|seed| vec![*seed; lives]).collect();
    let (next, all) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                while let Some(seed) = lives.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let figures = live(*seed);
                    all.lock().expect("a lock").push((*seed, figures));
                }
            });
        }
    });
    let all = all.into_inner().expect("a lock");
    let rows = figures(&all);
    tell("killed and started again between failing services", &rows);
    let drawn = number("RELIABILITY_FATE").is_none() && library().is_some();
    if drawn && all.len() as u64 >= MANY {
        let never = rows
            .iter()
            .find(|(name, number)| name.starts_with("  ") && *number == 0);
        assert_eq!(never, None, "a kind of trouble that no life had");
    }
    let bad = all.iter().map(|(seed, one)| (seed, one.problems(), one));
    let bad = bad.filter(|(_, problems, _)| !problems.is_empty());
    let bad = bad.map(|(seed, problems, one)| {
        format!("seed {seed}: {}\n  {}", one.fate, problems.join("\n  "))
    });
    let bad: Vec<_> = bad.collect();
    assert!(
        bad.is_empty(),
        "{} lives went wrong; again with RELIABILITY_SEED=<its seed>:\n{}",
        bad.len(),
        bad.join("\n")
    );
}

fn figures(all: &[(u64, Figures)]) -> Vec<(String, u64)> {
    let sum = |of: fn(&Figures) -> usize| all.iter().map(|(_, one)| of(one) as u64).sum::<u64>();
    // A kind that never came is shown as well.
    let lies = LIES.iter().map(|lie| lie.name());
    let kinds = lies.chain(TROUBLES).map(|name| (name, 0));
    let mut injected: BTreeMap<&str, u64> = kinds.collect();
    for (name, count) in all.iter().flat_map(|(_, one)| &one.injected) {
        *injected.entry(name).or_default() += count;
    }
    let faults = injected.values().sum::<u64>();
    let row = |name: &str, number: u64| (name.to_owned(), number);
    let mut rows = vec![
        row("lives", all.len() as u64),
        row("runs", sum(|one| one.runs)),
        row("  killed", sum(|one| one.kills)),
        row("things done in the shop", sum(|one| one.events)),
        row("requests", all.iter().map(|(_, one)| one.requests).sum()),
        row("faults", faults),
    ];
    rows.extend(
        injected
            .iter()
            .map(|(name, count)| row(&format!("  {name}"), *count)),
    );
    rows.extend([
        row("records checked", sum(|one| one.verdict.checked)),
        row("lost", sum(|one| one.verdict.lost.len())),
        row("doubled", sum(|one| one.verdict.doubled.len())),
        row("with wrong values", sum(|one| one.verdict.wrong.len())),
        row("told, not settled", sum(|one| one.verdict.told.len())),
        row("writes of a further run", sum(|one| one.late_writes.len())),
        row("runs that ended strangely", sum(|one| one.strange.len())),
    ]);
    rows
}
