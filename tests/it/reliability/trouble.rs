//! What befalls the computer of a life: its clocks, its disk, its state file.

use std::fs;

use chrono::TimeDelta;

use super::disk::Disk;
use super::fate::wrong;
use super::history::records;
use super::life::{Life, SECOND};
use super::run::Run;
use crate::sandbox::Service;

/// The records that a state knows; `None`: it cannot be read.
fn memory(disk: &Disk) -> Option<Vec<String>> {
    let folder = tempfile::tempdir().expect("a folder");
    disk.restore(folder.path());
    records(&folder.path().join("state.db")).ok()
}

impl Life {
    /// The power goes in mid-run.
    pub(super) fn power_cut(&mut self, mut disk: Disk, log: &[u8]) {
        disk.replay(log);
        disk.lose(&mut self.rng);
        disk.restore(&self.bench.path(""));
        self.count("power cut");
    }

    /// Clocks are set, forward and back, and right again.
    pub(super) fn wrong_clocks(&mut self) {
        if !self.fate.clocks {
            return;
        }
        if self.rng.bool() {
            let by = if self.rng.u8(0..3) == 0 {
                TimeDelta::zero()
            } else {
                wrong(&mut self.rng)
            };
            self.machine.wall(by);
            self.count("our clock");
        }
        for (service, name) in [
            (Service::Shoptet, "the shop's clock"),
            (Service::Caflou, "Caflou's clock"),
        ] {
            if self.rng.u8(0..3) == 0 {
                let by = TimeDelta::minutes(self.rng.i64(-200..200));
                self.bench.sandbox.skew(service, by);
                self.count(name);
            }
        }
    }

    /// The state is an older one, or lost, or was copied to another place.
    pub(super) fn other_state(&mut self) {
        let folder = self.bench.path("");
        if self.fate.restores && self.rng.u8(0..3) == 0 {
            if self.rng.bool()
                && let Some(old) = self.rng.choice(&self.kept).cloned()
            {
                self.put_back(&old);
                self.count("state restored");
            } else {
                Disk::default().restore(&folder);
                self.forget(|_| false);
                self.count("state lost");
            }
        }
        if self.fate.two && self.rng.u8(0..4) == 0 {
            let from = self.bench.path("state.db");
            if from.exists() {
                for end in ["", "-wal"] {
                    let to = self.bench.path(&format!("{SECOND}{end}"));
                    let from = self.bench.path(&format!("state.db{end}"));
                    let _ = fs::remove_file(&to);
                    let _ = fs::copy(from, to);
                }
                let _ = fs::remove_file(self.bench.path(&format!("{SECOND}-shm")));
                self.forget(|_| false); // what only the second one knew
                self.count("state copied");
            }
        }
    }

    /// What the state does not know, nobody knows any more, not even what is gone from the shop, nor
    /// what goes until a run has looked at everything.
    fn forget(&mut self, knows: impl Fn(&str) -> bool) {
        self.learns = true;
        self.gone(knows);
    }

    /// A run ended: what is gone by now was gone before the state knew it again.
    pub(super) fn learnt(&mut self, code: Option<i32>) {
        if self.learns {
            self.gone(|_| false);
            self.learns = !matches!(code, Some(0 | 3));
        }
    }

    fn gone(&self, knows: impl Fn(&str) -> bool) {
        let shop = self.bench.sandbox.shop();
        let gone = shop.deleted.iter().map(|order| order.code.clone());
        let gone: Vec<_> = gone.filter(|code| !knows(code)).collect();
        drop(shop);
        let mut ledger = self.ledger();
        ledger.forgot = true;
        ledger.unknown.extend(gone);
    }

    /// An older state is put back.
    fn put_back(&mut self, old: &Disk) {
        old.restore(&self.bench.path(""));
        self.forget(|code| old.knows(code));
    }

    /// A run said that the state is damaged: its owner does what it said, puts a backup back or has
    /// it built anew from the marks.
    pub(super) fn mend(&mut self, output: &str) {
        let said = fs::read_to_string(self.bench.path(output)).unwrap_or_default();
        if !self.fate.disk || !said.contains("--rebuild") {
            return;
        }
        if self.rng.bool()
            && let Some(old) = self.rng.choice(&self.kept).cloned()
        {
            self.put_back(&old);
            self.count("backup put back");
            return;
        }
        self.forget(|_| false);
        self.count("rebuilt");
        let mut command = self.command(false);
        command.arg("--rebuild");
        self.machine.has(&mut command, None);
        let (mut child, run) = Run::start(&self.bench, command, "output.txt");
        let code = run.end(&mut child, None, &mut self.figures);
        self.judge_end(code, "a run that rebuilds", &self.bench.path("output.txt"));
    }

    /// A bit of the state turns over while nobody looks.
    pub(super) fn damage(&mut self) {
        if !self.fate.disk || self.rng.u8(0..5) > 0 {
            return;
        }
        let folder = self.bench.path("");
        let whole = Disk::of(&folder);
        let mut broken = whole.clone();
        if !broken.flip(&mut self.rng) {
            return;
        }
        // One in the log of SQLite counts for it as the end of what was written: the state is an
        // older one, and nobody but the program can have noticed.
        let left = memory(&broken);
        if let Some(left) = left.filter(|left| memory(&whole).is_some_and(|all| all != *left)) {
            self.forget(|code| left.iter().any(|record| record.contains(code)));
        }
        broken.restore(&folder);
        self.count("bit flipped");
        let mut command = self.command(false);
        self.machine.has(&mut command, None);
        let (mut child, run) = Run::start(&self.bench, command, "output.txt");
        let code = run.end(&mut child, None, &mut self.figures);
        self.judge_end(
            code,
            "a run with a flipped bit",
            &self.bench.path("output.txt"),
        );
        if code != Some(0) {
            // Told: its owner puts the backup back.
            self.put_back(&whole);
        }
    }
}
