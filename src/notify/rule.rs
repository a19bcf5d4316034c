//! Whether a run is told of. Pure: what there is to know goes in, a decision comes out.
//!
//! Nobody notes what was told. A run that failed is told of when so many in a row failed as were
//! asked for, and that happens once in a row; so the next good run knows from the row behind it
//! whether there is something to take back.

use crate::config::On;
use crate::state::Before;
use crate::sync::RunReport;
use crate::sync::report::Status;

/// A run is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct News {
    /// So many runs in a row did not end well, with this one; 0: this one did.
    pub failures: u64,
    /// It works again, after so many failures that were told of; 0: nothing was to take back.
    pub recovered: u64,
}

/// Whether a run is told of, and what went before.
#[must_use]
pub fn told(on: On, after: u64, run: &RunReport, before: Before) -> Option<News> {
    let well = run.status == Status::Ok;
    let ended = matches!(run.status, Status::Ok | Status::Partial);
    let failures = if well { 0 } else { before.not_well + 1 };
    let broken_off = if ended { 0 } else { before.broken_off + 1 };
    // Where some records fail in each run, that the run as a whole works again is good news too.
    let recovered = match (well, ended) {
        // What it was not asked for may still fail.
        (true, _) if before.part => 0,
        (true, _) if before.not_well >= after => before.not_well,
        (false, true) if before.broken_off >= after => before.broken_off,
        _ => 0,
    };
    let worse = failures > after && before.newly_failed > 0;
    let now = recovered > 0 || failures == after || broken_off == after || worse;
    let changed = run.changes() > 0;
    let wanted = match on {
        On::Failure => now,
        On::Change => now || changed,
        On::Always => true,
    };
    wanted.then_some(News {
        failures,
        recovered,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::testing::report;
    use crate::record::Kind;

    /// What is told of the last of these runs: `F` failed, `P` some records failed, `N` some records
    /// failed that did not before, `C` changes, `-` nothing new, `p` a part only, and that went well,
    /// `S` stopped.
    fn last(on: On, after: u64, runs: &str) -> Option<(u64, u64)> {
        let (past, now) = runs.split_at(runs.len() - 1);
        let back = |words: &str| {
            let row = past.chars().rev().take_while(|run| words.contains(*run));
            row.count() as u64
        };
        let before = Before {
            not_well: back("FSPN"),
            broken_off: back("FS"),
            newly_failed: u64::from(now == "N"),
            part: now == "p",
        };
        let mut run = report();
        run.status = match now {
            "F" => Status::Failed,
            "S" => Status::Stopped,
            "P" | "N" => Status::Partial,
            _ => Status::Ok,
        };
        run.counts[Kind::Income].created = u64::from(now == "C");
        told(on, after, &run, before).map(|told| (told.failures, told.recovered))
    }

    #[test]
    fn failures_are_told_once_and_taken_back_once() {
        for (after, runs, expected) in [
            (1, "-", None),
            (1, "C", None),
            (1, "F", Some((1, 0))),
            (1, "-F", Some((1, 0))),
            (1, "FF", None),
            (1, "FFF", None),
            (1, "F-", Some((0, 1))),
            (1, "FFFC", Some((0, 3))),
            (1, "FFF--", None),
            (1, "P", Some((1, 0))),
            (1, "PP", None),
            (1, "P-", Some((0, 1))),
            (1, "Pp", None),
            (3, "F", None),
            (3, "FF", None),
            (3, "FF-", None),
            (3, "FFF", Some((3, 0))),
            (3, "FFFF", None),
            (3, "FFFF-", Some((0, 4))),
            (3, "F-FF", None),
        ] {
            let told = last(On::Failure, after, runs);
            assert_eq!(told, expected, "{runs} after {after}");
        }
    }

    #[test]
    fn what_gets_worse_is_told_and_what_gets_better_too() {
        for (after, runs, expected) in [
            // a record that did not fail before
            (1, "PN", Some((2, 0))),
            (1, "PPPN", Some((4, 0))),
            (3, "PN", None),
            (3, "PPPN", Some((4, 0))),
            // the whole run fails, where only records failed before
            (1, "PPF", Some((3, 0))),
            (1, "PPFF", None),
            (2, "PPF", None),
            (2, "PPFF", Some((4, 0))),
            // the run works again, but records still fail
            (1, "FFP", Some((3, 2))),
            (1, "FFPP", None),
            (1, "FFPP-", Some((0, 4))),
        ] {
            let told = last(On::Failure, after, runs);
            assert_eq!(told, expected, "{runs} after {after}");
        }
    }

    #[test]
    fn every_rule_has_an_answer_to_every_outcome() {
        // after a good run: failure, change, always; after the same outcome: the same
        let table = [
            ('-', [false, false, true], [false, false, true]),
            ('C', [false, true, true], [false, true, true]),
            ('P', [true, true, true], [false, false, true]),
            ('N', [true, true, true], [true, true, true]),
            ('F', [true, true, true], [false, false, true]),
            ('S', [true, true, true], [false, false, true]),
            ('p', [false, false, true], [false, false, true]),
        ];
        for (outcome, first, again) in table {
            for (row, expected) in [("-", first), ("?", again)] {
                let runs = format!("{}{outcome}", row.replace('?', &outcome.to_string()));
                let told = On::ALL.map(|on| last(on, 1, &runs).is_some());
                assert_eq!(told, expected, "{runs}");
            }
        }
    }

    #[test]
    fn changes_and_all_runs_are_told_where_that_is_asked_for() {
        for (on, runs, expected) in [
            (On::Change, "-", None),
            (On::Change, "C", Some((0, 0))),
            (On::Change, "CC", Some((0, 0))),
            (On::Change, "F", Some((1, 0))),
            (On::Change, "FF", None),
            (On::Change, "FFC", Some((0, 2))),
            (On::Change, "F-", Some((0, 1))),
            (On::Always, "-", Some((0, 0))),
            (On::Always, "C", Some((0, 0))),
            (On::Always, "FF", Some((2, 0))),
            (On::Always, "FF-", Some((0, 2))),
        ] {
            assert_eq!(last(on, 1, runs), expected, "{} {runs}", on.as_str());
        }
        let told = last(On::Always, 3, "F-");
        assert_eq!(told, Some((0, 0)), "there was nothing to take back");
    }
}
