//! The program is killed at each step of a write; the next run puts it right.

use std::fs;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::Duration;

use rusqlite::Connection;
use rust_decimal::Decimal;
use serde_json::json;

use super::oracle::judge;
use super::trap::Trap;
use crate::sandbox::{Call, Fault, Faults, Matcher, Moment, Service};
use crate::support::{Bench, KEY, Settings};

/// How long an unanswered write may still be carried out.
const TIMEOUT: Duration = Duration::from_secs(1);
/// Longer than an intent takes its create to wait for.
const LATE: Duration = Duration::from_millis(200);

/// A shop with five orders and two customers; one request to Caflou at a time.
fn bench() -> Bench {
    let bench = Bench::new();
    for _ in 0..2 {
        bench.customer(|_| ());
    }
    for _ in 0..5 {
        bench.order(|_| ());
    }
    let text = bench.connection(KEY, &Settings::default()).replace(
        &format!("\n[connections.{KEY}.import]"),
        &format!(
            "timeout = \"{}ms\"\nmax_concurrency = 1\n\n[connections.{KEY}.import]",
            TIMEOUT.as_millis()
        ),
    );
    bench.write_config(&text);
    bench
}

/// Starts a run and catches it at a moment.
fn caught(
    bench: &Bench,
    when: impl Fn(Moment, &Call) -> bool + Send + Sync + 'static,
) -> (Trap, Child) {
    let trap = Trap::set(&bench.sandbox, when);
    let mut command = bench.command(&["run", KEY]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    trap.wait(&mut child);
    (trap, child)
}

fn is_create(call: &Call) -> bool {
    call.method == "POST" && call.path.ends_with("/transfers")
}

fn is_update(call: &Call) -> bool {
    call.method == "PATCH"
}

/// Records in a state, by the state file.
fn in_state(bench: &Bench, state: &str) -> i64 {
    let sqlite = Connection::open(bench.path("state.db")).unwrap();
    let count = "SELECT count(*) FROM records WHERE kind = 'income' AND state = ?1";
    sqlite.query_row(count, [state], |row| row.get(0)).unwrap()
}

/// The next run brings everything in, each record once and with its values, and the run after it
/// has nothing to do.
#[track_caller]
fn put_right(bench: &Bench) {
    bench.sandbox.unwatch();
    bench.run(&[]).exits(0);
    let verdict = judge(&bench.sandbox.shop(), &bench.sandbox.books());
    assert!(verdict.is_good(), "{verdict:#?}");
    assert_eq!(bench.sandbox.books().transfers.len(), 5);
    bench.sandbox.forget_seen();
    bench.run(&[]).exits(0);
    assert_eq!(bench.writes(), Vec::<String>::new());
}

#[test]
fn killed_after_the_intents_and_before_any_send_each_order_comes_once() {
    let bench = bench();
    let fault = Fault::CutBefore;
    let first = Matcher::new(Service::Caflou, "POST", "/transfers");
    bench.sandbox.set_faults(Faults::once(first, fault));
    let (trap, mut child) = caught(&bench, |moment, call| {
        moment == Moment::Arrived && is_create(call)
    });
    trap.kill(&mut child);
    assert_eq!(in_state(&bench, "sending"), 5);
    assert_eq!(bench.sandbox.books().transfers.len(), 0);
    put_right(&bench);
}

#[test]
fn killed_after_a_send_that_was_carried_out_each_order_comes_once() {
    let bench = bench();
    let (trap, mut child) = caught(&bench, |moment, call| {
        moment == Moment::Answered && is_create(call)
    });
    trap.kill(&mut child);
    assert_eq!(in_state(&bench, "sending"), 5);
    assert_eq!(bench.sandbox.books().transfers.len(), 1);
    put_right(&bench);
}

#[test]
fn killed_after_a_send_that_is_carried_out_later_each_order_comes_once() {
    let bench = bench();
    let first = Matcher::new(Service::Caflou, "POST", "/transfers");
    let later = Fault::LateWrite(TIMEOUT / 2);
    bench.sandbox.set_faults(Faults::once(first, later));
    let (trap, mut child) = caught(&bench, |moment, call| {
        moment == Moment::Answered && is_create(call)
    });
    trap.kill(&mut child);
    assert_eq!(bench.sandbox.books().transfers.len(), 0);
    put_right(&bench);
}

#[test]
fn killed_after_the_answer_and_before_its_commit_each_order_comes_once() {
    let bench = bench();
    let (trap, mut child) = caught(&bench, |moment, call| {
        moment == Moment::Answered && is_create(call)
    });
    let mut sqlite = Connection::open(bench.path("state.db")).unwrap();
    let nobody_writes = sqlite
        .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
        .unwrap();
    sleep(LATE); // the others would leave later than their intents say, and that cannot be noted
    trap.release();
    sleep(Duration::from_millis(200)); // for the answer to arrive: it cannot be noted
    child.kill().unwrap();
    child.wait().unwrap();
    nobody_writes.commit().unwrap();
    assert_eq!(in_state(&bench, "synced"), 0);
    assert_eq!(bench.sandbox.books().transfers.len(), 1);
    put_right(&bench);
}

#[test]
fn killed_after_a_commit_each_order_comes_once() {
    let bench = bench();
    let first = Matcher::new(Service::Caflou, "POST", "/transfers").skipping(1);
    bench
        .sandbox
        .set_faults(Faults::once(first, Fault::CutBefore));
    let known = Mutex::new(String::new());
    let (trap, mut child) = caught(&bench, move |moment, call| {
        let body = String::from_utf8_lossy(&call.body).into_owned();
        let mut known = known.lock().unwrap();
        if moment == Moment::Arrived && is_create(call) && known.is_empty() {
            *known = body;
            return false;
        }
        moment == Moment::Arrived && is_create(call) && *known != body
    });
    for _ in 0..5000 {
        if in_state(&bench, "synced") == 1 {
            break;
        }
        sleep(Duration::from_millis(1));
    }
    trap.kill(&mut child);
    assert_eq!(in_state(&bench, "synced"), 1);
    assert_eq!(bench.sandbox.books().transfers.len(), 1);
    put_right(&bench);
}

#[test]
fn a_create_is_noted_to_leave_no_earlier_than_it_does_however_long_it_waited_for_its_turn() {
    let bench = bench();
    let latency = Duration::from_millis(150);
    bench
        .sandbox
        .set(|options| options.caflou_latency = latency);
    let (path, noted) = (bench.path("state.db"), Arc::new(Mutex::new(Vec::new())));
    let seen = Arc::clone(&noted);
    bench.sandbox.watch(move |moment, call| {
        if moment == Moment::Arrived && is_create(call) {
            let body: serde_json::Value = serde_json::from_slice(&call.body).unwrap();
            let sqlite = Connection::open(&path).unwrap();
            let sent = "SELECT sent_at FROM records WHERE kind = 'income' AND source_id = ?1";
            let code = body["reference_number"].as_str();
            let sent: i64 = sqlite.query_row(sent, [code], |row| row.get(0)).unwrap();
            let arrived = chrono::Utc::now().timestamp_millis();
            seen.lock().unwrap().push((arrived, sent));
        }
    });
    bench.run(&[]).exits(0);
    let noted = noted.lock().unwrap();
    assert_eq!(noted.len(), 5);
    for (before, this) in noted.iter().zip(&noted[1..]) {
        // One at a time: this one left after the one before had arrived.
        assert!(this.1 >= before.0, "{noted:?}");
    }
}

/// Imports five unpaid orders, makes one of them dearer, and kills the run that writes this.
fn killed_in_an_update(when: fn(Moment, &Call) -> bool) -> (Bench, String) {
    let bench = bench();
    bench.imported();
    let code = bench.sandbox.shop().orders[2].code.clone();
    set_price(&bench, &code, 2000);
    let (trap, mut child) = caught(&bench, when);
    trap.kill(&mut child);
    (bench, code)
}

fn set_price(bench: &Bench, code: &str, amount: i64) {
    let amount = Some(Decimal::from(amount));
    bench.sandbox.shop().edit(code, |order| {
        order.price.to_pay = amount;
        order.price.with_vat = amount;
    });
}

fn update_is_done(moment: Moment, call: &Call) -> bool {
    moment == Moment::Answered && is_update(call)
}

#[test]
fn killed_after_an_update_was_carried_out_a_later_value_is_still_written() {
    let (bench, code) = killed_in_an_update(update_is_done);
    set_price(&bench, &code, 3000);
    put_right(&bench);
}

#[test]
fn killed_in_an_update_of_which_the_state_lost_the_note_what_differs_is_told() {
    let (bench, code) = killed_in_an_update(update_is_done);
    bench.sandbox.shop().edit(&code, |order| {
        order.price = crate::support::price("1234.50");
    });
    // SQLite takes the last commit of a damaged log for one that was not written to its end.
    let log = bench.path("state.db-wal");
    let mut bytes = fs::read(&log).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&log, bytes).unwrap();
    bench.sandbox.unwatch();
    let ran = bench.run(&[]).exits(0);
    let warnings = ran.warnings();
    let lost = |told: &String| told.contains("the state file lost what the run");
    assert!(warnings.iter().any(lost), "{warnings:?}");
    assert_eq!(ran.change(&code)["kept"], json!(["value"]));
}

#[test]
fn killed_after_an_update_was_carried_out_it_is_taken_back_where_the_shop_took_it_back() {
    let bench = bench();
    bench.imported();
    let code = bench.sandbox.shop().orders[2].code.clone();
    bench.sandbox.shop().pay(&code);
    let (trap, mut child) = caught(&bench, update_is_done);
    trap.kill(&mut child);
    bench.sandbox.shop().unpay(&code);
    put_right(&bench);
}

#[test]
fn killed_after_a_payment_was_written_the_order_counts_as_paid_when_it_is_cancelled() {
    let bench = bench();
    bench.imported();
    let code = bench.sandbox.shop().orders[2].code.clone();
    bench.sandbox.shop().pay(&code);
    let (trap, mut child) = caught(&bench, update_is_done);
    trap.kill(&mut child);
    bench.sandbox.shop().unpay(&code);
    bench.sandbox.shop().cancel(&code);
    put_right(&bench);
    assert_eq!(bench.income(&code)["done"], true);
    assert_ne!(bench.income(&code)["inactive"], true);
}

#[test]
fn killed_after_a_payment_was_taken_back_a_cancelled_order_leaves_the_cash_flow() {
    let bench = bench();
    let code = bench.sandbox.shop().orders[2].code.clone();
    bench.sandbox.shop().pay(&code);
    bench.imported();
    bench.sandbox.shop().unpay(&code);
    let (trap, mut child) = caught(&bench, update_is_done);
    trap.kill(&mut child);
    bench.sandbox.shop().cancel(&code);
    put_right(&bench);
    assert_eq!(bench.income(&code)["inactive"], true);
}

#[test]
fn killed_in_two_updates_one_after_another_the_shops_value_prevails() {
    let (bench, code) = killed_in_an_update(update_is_done);
    set_price(&bench, &code, 3000);
    // The second update does not arrive, and then the shop takes all of it back.
    let update = Matcher::new(Service::Caflou, "PATCH", "/transfers");
    bench
        .sandbox
        .set_faults(Faults::once(update, Fault::CutBefore));
    let (trap, mut child) = caught(&bench, update_is_done);
    trap.kill(&mut child);
    bench.sandbox.shop().edit(&code, |order| {
        order.price = crate::support::price("1234.50");
    });
    put_right(&bench);
}

#[test]
fn an_update_that_is_carried_out_later_does_not_overwrite_the_next_one() {
    let bench = bench();
    bench.imported();
    let code = bench.sandbox.shop().orders[2].code.clone();
    set_price(&bench, &code, 2000);
    let update = Matcher::new(Service::Caflou, "PATCH", "/transfers");
    let later = Fault::LateWrite(TIMEOUT * 7 / 10);
    bench.sandbox.set_faults(Faults::once(update, later));
    let (trap, mut child) = caught(&bench, update_is_done);
    trap.kill(&mut child);
    set_price(&bench, &code, 3000);
    bench.sandbox.unwatch();
    bench.run(&[]).exits(0);
    sleep(TIMEOUT); // whatever was under way has happened now
    put_right(&bench);
}

#[test]
fn a_foreign_record_linked_by_a_run_that_was_killed_gets_its_payment() {
    let bench = bench();
    let code = bench.sandbox.shop().orders[2].code.clone();
    let mut record = serde_json::json!({
        "kind": "income", "name": "By hand", "reference_number": code, "value": 1234.5,
        "currency": "CZK", "date": "2024-05-06", "done": false,
    });
    record["description"] = format!("{code}\nshoptet:222651:{code}").into();
    let id = bench.sandbox.books().add_transfer(record);
    bench.sandbox.shop().pay(&code);
    let (trap, mut child) = caught(&bench, update_is_done);
    trap.kill(&mut child);
    bench.sandbox.shop().unpay(&code);
    bench.sandbox.unwatch();
    bench.run(&[]).exits(0);
    let income = bench.sandbox.books().transfers[&id].clone();
    assert_eq!(income["done"], false, "{income:?}");
    bench.sandbox.forget_seen();
    bench.run(&[]).exits(0);
    assert_eq!(bench.writes(), Vec::<String>::new());
}

#[test]
fn killed_in_an_update_that_keeps_somebodys_value_the_next_run_tells_what_was_kept() {
    let bench = bench();
    bench.imported();
    let code = bench.sandbox.shop().orders[2].code.clone();
    let id = bench.income_id(&code);
    bench
        .sandbox
        .books()
        .edit_transfer(id, "value", serde_json::json!(7));
    set_price(&bench, &code, 2000);
    bench.sandbox.shop().pay(&code);
    let (trap, mut child) = caught(&bench, update_is_done);
    trap.kill(&mut child);
    bench.sandbox.unwatch();
    let warnings = bench.run(&[]).exits(0).warnings();
    let kept = format!("income {code}: kept as it is in Caflou: value");
    let told = warnings.iter().filter(|one| one.contains(&kept)).count();
    assert_eq!(told, 1, "{warnings:?}");
    assert_eq!(bench.income(&code)["value"], 7);
    assert_eq!(bench.income(&code)["done"], true);
}
