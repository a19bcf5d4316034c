//! Our clock is set while a run is under way.

use chrono::TimeDelta;

use super::shim::{Machine, library};
use crate::sandbox::Moment;
use crate::support::{Bench, Ran};

#[test]
fn a_clock_that_is_set_in_mid_run_is_told_and_changes_nothing_else() {
    if library().is_none() {
        return;
    }
    for (by, way) in [(120, "forward by 120 min"), (-120, "back by 120 min")] {
        let bench = Bench::new();
        bench.order(|_| ());
        let machine = Machine::new(&bench.path(""));
        let clock = machine.clock();
        bench.sandbox.watch(move |moment, call| {
            if moment == Moment::Arrived && call.method == "POST" {
                clock.wall(TimeDelta::minutes(by));
            }
        });
        let mut command = bench.command(&Bench::run_args(&[]));
        machine.has(&mut command, None);
        let ran = Ran::of(command.output().expect("the program")).exits(0);
        let told = ran.warnings();
        assert!(told.iter().any(|one| one.contains(way)), "{told:?}");
        bench.each_order_is_there_once();
    }
}
