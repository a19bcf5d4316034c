//! Many lives side by side.

use std::collections::BTreeMap;
use std::env;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use super::figures::tell;
use super::life::{Figures, live};

/// Lives at once: they mostly wait.
const SIDE_BY_SIDE: usize = 24;
/// Lives unless more are asked for.
const SEEDS: u64 = 100;

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
    let seeds = match number("RELIABILITY_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("RELIABILITY_SEEDS").unwrap_or(SEEDS),
    };
    let (next, all) = (AtomicU64::new(seeds.start), Mutex::new(BTreeMap::new()));
    thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        break;
                    }
                    let figures = live(seed);
                    all.lock().expect("a lock").insert(seed, figures);
                }
            });
        }
    });
    let all = all.into_inner().expect("a lock");
    tell(
        "killed and started again between failing services",
        &figures(&all),
    );
    let bad: BTreeMap<_, _> = all.iter().filter(|(_, one)| !one.is_good()).collect();
    assert!(
        bad.is_empty(),
        "again with RELIABILITY_SEED=<one of these>: {bad:#?}"
    );
}

fn figures(all: &BTreeMap<u64, Figures>) -> Vec<(String, u64)> {
    let sum = |of: fn(&Figures) -> usize| all.values().map(|one| of(one) as u64).sum::<u64>();
    let mut injected: BTreeMap<&str, u64> = BTreeMap::new();
    for (name, count) in all.values().flat_map(|one| &one.injected) {
        *injected.entry(name).or_default() += count;
    }
    let faults = injected.values().sum::<u64>();
    let row = |name: &str, number: u64| (name.to_owned(), number);
    let mut rows = vec![
        row("seeds", all.len() as u64),
        row("runs", sum(|one| one.runs)),
        row("  killed", sum(|one| one.kills)),
        row("things done in the shop", sum(|one| one.events)),
        row("requests", all.values().map(|one| one.requests).sum()),
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
        row("writes of a further run", sum(|one| one.late_writes)),
    ]);
    rows
}
