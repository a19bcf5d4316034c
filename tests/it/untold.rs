//! What a run that was cut off noted and nobody heard of.

use serde_json::json;

use crate::support::{Bench, Ran};

fn left(ran: &Ran) -> Vec<String> {
    let mut warnings = ran.warnings();
    warnings.retain(|warning| warning.contains("was cut off and left to look at"));
    warnings
}

/// The last run, as if it had been killed after its last note.
fn cut_off(bench: &Bench) {
    bench.in_state(
        "UPDATE runs SET finished_at = NULL, status = NULL, summary = NULL \
         WHERE started_at = (SELECT max(started_at) FROM runs)",
    );
}

#[test]
fn what_a_run_that_was_cut_off_left_as_it_is_in_caflou_is_told_by_the_next_one_and_once() {
    let bench = Bench::new();
    let [edited, other] = [0; 2].map(|_| bench.order(|_| ()));
    bench.imported();
    let id = bench.income_id(&edited);
    bench.sandbox.books().edit_transfer(id, "value", json!(7));
    for code in [&edited, &other] {
        bench.sandbox.shop().edit(code, |order| {
            order.price = crate::support::price("2000");
        });
    }
    let ran = bench.run(&[]).exits(0);
    assert!(ran.change(&edited)["kept"].to_string().contains("value"));
    assert_eq!(left(&ran), Vec::<String>::new());
    cut_off(&bench);

    let dry = bench.run(&["--dry-run"]);
    assert_eq!(left(&dry), Vec::<String>::new(), "it settles nothing");
    let ran = bench.run(&[]).exits(0);
    let told = left(&ran);
    assert_eq!(told.len(), 1, "{told:?}");
    let what = format!("income {edited}: kept as it is in Caflou: value");
    assert!(told[0].contains(&what), "{told:?}");
    assert!(ran.actions().is_empty(), "{:?}", ran.actions());
    let ran = bench.run(&[]).exits(0);
    assert_eq!(left(&ran), Vec::<String>::new());
}
