//! A state that takes no more notes (a full disk, say), at each place where one is made.

use crate::sandbox::{Fault, Faults, Matcher, Service};
use crate::support::{Bench, KEY};

/// A bench where nothing is waited for long.
fn bench() -> Bench {
    let bench = Bench::new();
    let import = format!("\n[connections.{KEY}.import]");
    let text = bench
        .config()
        .replace(&import, &format!("timeout = \"300ms\"\n{import}"));
    bench.write_config(&text);
    bench
}

/// An order that is paid after it was imported, and the first run that writes this.
fn paid_later(bench: &Bench) -> String {
    let code = bench.order(|_| ());
    bench.imported();
    bench.sandbox.shop().pay(&code);
    code
}

/// From now on the state refuses this.
fn refuses(bench: &Bench, what: &str) {
    bench.in_state(&format!(
        "CREATE TRIGGER full {what} BEGIN SELECT RAISE(FAIL, 'the disk is full'); END"
    ));
}

/// The run ends, and says why; once there is room again, all comes right.
fn ends_and_goes_on(bench: &Bench, code: &str, what: &str) {
    let ran = bench.run(&[]).exits(1);
    assert!(
        ran.error().contains("the disk is full"),
        "{what}: {}",
        ran.error()
    );
    bench.in_state("DROP TRIGGER full");
    bench.sandbox.set_faults(Faults::default());
    bench.run(&[]).exits(0);
    bench.run(&["--full"]).exits(0);
    assert_eq!(bench.income(code)["done"], true, "{what}");
    bench.each_order_is_there_once();
}

#[test]
fn a_run_whose_notes_are_not_taken_ends_wherever_it_is() {
    const ANSWERED: &str =
        "BEFORE UPDATE ON records WHEN old.pending IS NOT NULL AND new.pending IS NULL";
    // What a refused, a vanished and an answered change leave to note.
    for (status, what) in [(422, "refused"), (404, "not there"), (200, "answered")] {
        let bench = bench();
        let code = paid_later(&bench);
        refuses(&bench, ANSWERED);
        if status != 200 {
            let change = Matcher::new(Service::Caflou, "PATCH", "/transfers");
            let fault = Fault::StatusBefore(status);
            bench.sandbox.set_faults(Faults::once(change, fault));
        }
        ends_and_goes_on(&bench, &code, what);
    }
    for (which, what) in [
        (
            "BEFORE UPDATE OF pending ON records",
            "a change that leaves",
        ),
        ("BEFORE INSERT ON changes", "the history"),
    ] {
        let bench = bench();
        let code = paid_later(&bench);
        refuses(&bench, which);
        ends_and_goes_on(&bench, &code, what);
    }
    // Linked with a record that others made, and paid there.
    let bench = bench();
    bench.order(|_| ());
    bench.imported();
    let code = bench.order(|_| ());
    bench.run(&[]).exits(0);
    bench.program(&["forget", "my-shop", "--yes"]).exits(0);
    bench.sandbox.shop().pay(&code);
    refuses(&bench, "BEFORE INSERT ON records WHEN new.state = 'synced'");
    ends_and_goes_on(&bench, &code, "linked");
}
