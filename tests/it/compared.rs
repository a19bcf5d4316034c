//! Many changes at once: what Caflou's list shows is worth as much as the record itself, or the
//! record is asked for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::sandbox::{Fault, Faults, Matcher, Moment, Service};
use crate::support::{Bench, mark};

/// So many changes are no few.
const MANY: usize = 12;

/// A shop of which so many orders were imported and are paid since.
fn paid_since(orders: usize) -> (Arc<Bench>, Vec<String>) {
    let bench = Bench::with(|options| options.single_file = false);
    let codes: Vec<_> = (0..orders).map(|_| bench.order(|_| ())).collect();
    bench.imported();
    for code in &codes {
        bench.sandbox.shop().pay(code);
    }
    (Arc::new(bench), codes)
}

/// All rows of Caflou's list.
fn rows(bench: &Bench) -> Vec<Value> {
    let books = bench.sandbox.books();
    books
        .transfers
        .values()
        .cloned()
        .map(Value::Object)
        .collect()
}

/// Caflou answers requests for its list with these pages, each of which says that it has so many.
fn lists(bench: &Bench, answers: &[&[Value]], pages: usize, total: usize) {
    let fault = |rows: &&[Value]| {
        let body = json!({ "results": rows, "total_pages": pages, "total_results": total });
        let matcher = Matcher::new(Service::Caflou, "GET", "/transfers").exact();
        let body = body.to_string();
        (matcher, Fault::Answer { status: 200, body })
    };
    bench.sandbox.set_faults(Faults {
        script: answers.iter().map(fault).collect(),
        ..Faults::default()
    });
}

/// How many records were asked for one by one.
fn looks(bench: &Bench) -> usize {
    let mut asked = bench.requests(Service::Caflou);
    asked.retain(|request| request.starts_with("GET /transfers/"));
    asked.len()
}

#[track_caller]
fn all_paid(bench: &Bench, codes: &[String]) {
    for code in codes {
        assert_eq!(bench.income(code)["done"], true, "{code}");
    }
    assert_eq!(bench.patches().len(), codes.len());
}

#[test]
fn what_somebody_changed_in_caflou_before_is_kept_and_reported() {
    let (bench, codes) = paid_since(MANY);
    let id = bench.income_id(&codes[3]);
    let day = json!("2020-01-01");
    bench
        .sandbox
        .books()
        .edit_transfer(id, "payment_date", day.clone());
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.change(&codes[3])["kept"], json!(["payment_date"]));
    assert_eq!(bench.income(&codes[3])["payment_date"], day);
    all_paid(&bench, &codes);
    assert_eq!(looks(&bench), 1);
}

#[test]
fn what_somebody_changes_between_the_list_and_the_change_stays_where_it_is_not_sent() {
    let (bench, codes) = paid_since(MANY);
    let (id, turned) = (bench.income_id(&codes[3]), AtomicBool::new(false));
    let within = Arc::clone(&bench);
    bench.sandbox.watch(move |moment, call| {
        let list = call.method == "GET" && call.path.ends_with("/transfers");
        if list && moment == Moment::Answered && !turned.swap(true, Ordering::SeqCst) {
            let mut books = within.sandbox.books();
            books.edit_transfer(id, "name", json!("Renamed"));
            books.edit_transfer(id, "value", json!(7));
        }
    });
    bench.run(&[]).exits(0);
    bench.sandbox.unwatch();
    all_paid(&bench, &codes);
    let income = bench.income(&codes[3]);
    assert_eq!(
        (&income["name"], &income["value"]),
        (&json!("Renamed"), &json!(7))
    );
    assert_eq!(looks(&bench), 0);
}

#[test]
fn a_change_without_an_answer_is_sent_again_only_after_a_look() {
    let (bench, codes) = paid_since(MANY);
    let id = bench.income_id(&codes[3]);
    let path = format!("/transfers/{id}");
    let once = Matcher::new(Service::Caflou, "PATCH", &path);
    bench
        .sandbox
        .set_faults(Faults::once(once, Fault::CutBefore));
    let (within, turned) = (Arc::clone(&bench), AtomicBool::new(false));
    bench.sandbox.watch(move |moment, call| {
        let change = call.method == "PATCH" && call.path.ends_with(&path);
        if change && moment == Moment::Arrived && !turned.swap(true, Ordering::SeqCst) {
            let mut books = within.sandbox.books();
            books.edit_transfer(id, "payment_date", json!("2020-01-01"));
        }
    });
    let ran = bench.run(&[]).exits(3);
    bench.sandbox.unwatch();
    assert_eq!(ran.counts("incomes"), "12 read: 11 updated, 1 failed");
    assert_eq!(bench.income(&codes[3])["payment_date"], "2020-01-01");
    assert_eq!(bench.income(&codes[3])["done"], false);
    assert_eq!(looks(&bench), 1);
}

#[test]
fn what_the_list_lacks_or_does_not_show_whole_is_asked_for() {
    let (bench, codes) = paid_since(MANY);
    let mut shown = rows(&bench);
    // Nothing, no record, no mark to see, not whether it is paid, in the trash, and a template.
    shown.remove(0);
    shown[0] = Value::Null;
    shown[1].as_object_mut().unwrap().remove("description");
    shown[2].as_object_mut().unwrap().remove("done");
    shown[3]["trash"] = json!(true);
    shown[4]["template"] = json!(true);
    lists(&bench, &[&shown], 1, MANY);
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.counts("incomes"), "12 read: 12 updated");
    all_paid(&bench, &codes);
    assert_eq!(looks(&bench), 6);
}

#[test]
fn of_a_list_that_does_not_come_whole_the_rest_is_asked_for() {
    let half = MANY / 2;
    for (answers, pages) in [
        // The same page again; an empty one that is not the last; more pages than there are rows.
        ([true, true], 2),
        ([true, false], 3),
        ([true, false], 2),
    ] {
        let (bench, codes) = paid_since(MANY);
        let shown = rows(&bench);
        let answers = answers.map(|full| if full { &shown[..half] } else { &[] });
        lists(&bench, &answers, pages, MANY);
        let ran = bench.run(&[]).exits(0);
        assert_eq!(ran.counts("incomes"), "12 read: 12 updated");
        all_paid(&bench, &codes);
        assert_eq!(looks(&bench), MANY - half);
    }
}

#[test]
fn a_list_that_cannot_be_read_costs_no_record_its_change() {
    let (bench, codes) = paid_since(MANY);
    lists(&bench, &[], 1, MANY);
    let list = Matcher::new(Service::Caflou, "GET", "/transfers").exact();
    let body = "{}".to_owned();
    bench
        .sandbox
        .set_faults(Faults::once(list, Fault::Answer { status: 422, body }));
    bench.run(&[]).exits(0);
    all_paid(&bench, &codes);
    assert_eq!(looks(&bench), MANY);
}

#[test]
fn a_record_of_another_is_not_touched_whatever_the_list_shows() {
    let (bench, codes) = paid_since(MANY);
    let id = bench.income_id(&codes[3]);
    let shown = rows(&bench);
    bench
        .sandbox
        .books()
        .edit_transfer(id, "description", json!(mark("OTHER")));
    let ran = bench.run(&[]).exits(3);
    let reason = ran.change(&codes[3])["reason"].to_string();
    assert!(
        reason.contains("carries the mark of another record"),
        "{reason}"
    );
    assert_eq!(bench.patches().len(), MANY - 1);

    // The other way round: the list is wrong, and the record is right.
    bench
        .sandbox
        .books()
        .edit_transfer(id, "description", json!(mark(&codes[3])));
    for code in &codes {
        bench.sandbox.shop().unpay(code);
    }
    let mut wrong = shown;
    for row in &mut wrong {
        row["description"] = json!(mark("OTHER"));
    }
    lists(&bench, &[&wrong], 1, MANY);
    bench.sandbox.forget_seen();
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.counts("incomes"), "12 read: 11 updated, 1 unchanged");
    assert_eq!(looks(&bench), MANY - 1);
}

#[test]
fn a_record_that_was_deleted_in_caflou_is_reported_among_many() {
    let (bench, codes) = paid_since(MANY);
    let (trashed, removed) = (bench.income_id(&codes[3]), bench.income_id(&codes[4]));
    bench.sandbox.books().trash_transfer(trashed);
    bench.sandbox.books().remove_transfer(removed);
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.counts("incomes"), "12 read: 10 updated, 2 skipped");
    for code in &codes[3..5] {
        let reason = ran.change(code)["reason"].to_string();
        assert!(reason.contains("deleted in Caflou"), "{reason}");
    }
    let again = bench.run(&["--full"]).exits(0);
    assert_eq!(again.counts("incomes"), "12 read: 12 unchanged");
}

#[test]
fn a_dry_run_of_many_changes_shows_what_the_run_does() {
    let (bench, codes) = paid_since(MANY);
    let shown = bench.run(&["--dry-run"]).exits(0);
    let done = bench.run(&[]).exits(0);
    assert_eq!(shown.actions(), done.actions());
    assert_eq!(shown.changes().len(), codes.len());
    let fields = |ran: &crate::support::Ran| {
        let all = ran.changes().into_iter();
        all.map(|change| change["fields"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(fields(&shown), fields(&done));
}
