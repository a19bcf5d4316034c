//! What a life has to bear, beside failing services and kills: drawn from its seed.

use std::fmt;

use chrono::TimeDelta;
use fastrand::Rng;

use super::shim::{Failure, library};
use crate::sandbox::{LIES, Lie};

/// Kinds of trouble that a life may have.
#[derive(Clone)]
pub struct Fate {
    /// Answers that are not true.
    pub lies: Vec<Lie>,
    /// A second client with a state of its own.
    pub two: bool,
    /// Clocks that are wrong.
    pub clocks: bool,
    /// Disks that lose or fail.
    pub disk: bool,
    /// States that are restored, lost or copied.
    pub restores: bool,
    /// Erasures, merges, payments by hand.
    pub meaning: bool,
}

impl fmt::Debug for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = [
            ("lies", !self.lies.is_empty()),
            ("two", self.two),
            ("clocks", self.clocks),
            ("disk", self.disk),
            ("restores", self.restores),
            ("meaning", self.meaning),
        ];
        let names = all.iter().filter(|(_, has)| *has).map(|(name, _)| *name);
        f.write_str(&names.collect::<Vec<_>>().join(", "))
    }
}

impl Fate {
    /// A life's fate.
    pub fn draw(rng: &mut Rng) -> Self {
        let forced = super::simulation::number("RELIABILITY_FATE");
        let mut place = 0;
        let mut one_of = |of: u8| {
            place += 1;
            let by_chance = rng.u8(0..of) == 0;
            forced.map_or(by_chance, |bits| bits >> (place - 1) & 1 == 1)
        };
        let (lies, two, clocks) = (one_of(2), one_of(5), one_of(3));
        let (disk, restores, meaning) = (one_of(3), one_of(4), one_of(2));
        let lies = if lies { LIES.to_vec() } else { Vec::new() };
        Self {
            lies,
            two,
            clocks: clocks && library().is_some(),
            disk: disk && library().is_some(),
            restores,
            meaning,
        }
    }
}

/// How a clock is wrong: by minutes mostly, seldom by days.
pub fn wrong(rng: &mut Rng) -> TimeDelta {
    let minutes = match rng.u8(0..10) {
        0..5 => rng.i64(-20..20),
        5..9 => rng.i64(-600..600),
        _ => rng.i64(-40_000..40_000),
    };
    TimeDelta::minutes(minutes)
}

/// Some operation of the disk fails.
pub fn failure(rng: &mut Rng) -> (Failure, &'static str) {
    const EIO: i32 = 5;
    const ENOSPC: i32 = 28;
    let (kind, error, name, most) = match rng.u8(0..4) {
        0 => ('r', EIO, "read fails", 150),
        1 => ('w', EIO, "write fails", 80),
        2 => ('w', ENOSPC, "disk full", 80),
        _ => ('s', EIO, "sync fails", 40),
    };
    let failure = Failure {
        kind,
        number: rng.u64(1..most),
        error,
        lasts: rng.bool(),
    };
    (failure, name)
}
