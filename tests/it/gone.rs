//! Records that are said not to be there, that lie in the trash, or of which there are two.

use serde_json::{Value, json};

use crate::sandbox::{Fault, Faults, Matcher, Service};
use crate::support::{Bench, Ran, Settings, mark};

/// A shop with orders that are in Caflou.
fn imported(orders: usize) -> (Bench, Vec<String>) {
    let bench = Bench::new();
    let codes = (0..orders).map(|_| bench.order(|_| ())).collect();
    bench.imported();
    (bench, codes)
}

/// Caflou answers requests of a method for single incomes with this status, so often.
fn answers(bench: &Bench, method: &str, status: u16, times: usize) {
    let matcher = Matcher::new(Service::Caflou, method, "/transfers/");
    bench.sandbox.set_faults(Faults {
        script: vec![(matcher, Fault::StatusBefore(status)); times],
        ..Faults::default()
    });
}

fn status(bench: &Bench) -> (i32, Value) {
    let ran = bench.program(&["status", "--format", "json"]);
    (ran.code, serde_json::from_str(&ran.stdout).unwrap())
}

#[track_caller]
fn reason(ran: &Ran, code: &str) -> String {
    let change = ran.change(code);
    change["reason"].as_str().expect("a reason").to_owned()
}

#[test]
fn records_that_are_said_to_be_missing_one_after_another_are_an_outage() {
    let (bench, codes) = imported(8);
    for code in &codes {
        bench.sandbox.shop().pay(code);
    }
    answers(&bench, "GET", 404, 100);
    let ran = bench.run(&[]).exits(1);
    assert!(
        ran.error().contains("its list shows them"),
        "{}",
        ran.error()
    );
    assert_eq!(bench.writes(), Vec::<String>::new());
    assert_eq!(status(&bench).1["gone"], Value::Null);
    bench.sandbox.set_faults(Faults::default());
    bench.run(&[]).exits(0);
    for code in &codes {
        assert_eq!(bench.income(code)["done"], true);
    }
}

#[test]
fn one_record_that_is_said_to_be_missing_and_is_in_the_list_fails_until_it_is_there() {
    for method in ["GET", "PATCH"] {
        let (bench, codes) = imported(3);
        bench.sandbox.shop().pay(&codes[1]);
        answers(&bench, method, 404, 1);
        let ran = bench.run(&[]).exits(3);
        assert!(reason(&ran, &codes[1]).contains("its list shows it"));
        assert_eq!(
            (status(&bench).0, status(&bench).1["gone"].clone()),
            (3, Value::Null)
        );
        bench.run(&[]).exits(0);
        assert_eq!(bench.income(&codes[1])["done"], true);
    }
}

#[test]
fn many_records_that_were_really_deleted_are_told_and_the_rest_goes_on() {
    let (bench, codes) = imported(20);
    for code in &codes[..7] {
        let id = bench.income_id(code);
        bench.sandbox.books().remove_transfer(id);
    }
    for code in &codes {
        bench.sandbox.shop().pay(code);
    }
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.counts("incomes"), "20 read: 13 updated, 7 skipped");
    let (code, told) = status(&bench);
    assert_eq!((code, &told["gone"]), (0, &json!(7)));
    let shown = bench.program(&["status"]).exits(0).stdout;
    assert!(
        shown.contains("7 records in Caflou, not created again"),
        "{shown}"
    );
}

/// Takes an income out of the trash.
fn restore(bench: &Bench, id: i64) {
    let mut books = bench.sandbox.books();
    let record = books.transfers.get_mut(&id).unwrap();
    record["trash"] = json!(false);
    record["trashed_at"] = Value::Null;
}

#[test]
fn what_was_deleted_and_is_there_again_is_followed_again() {
    for full in [true, false] {
        let (bench, codes) = imported(3);
        let id = bench.income_id(&codes[0]);
        bench.sandbox.books().trash_transfer(id);
        bench.sandbox.shop().pay(&codes[0]);
        let ran = bench.run(&[]).exits(0);
        assert!(reason(&ran, &codes[0]).contains("deleted in Caflou"));
        restore(&bench, id);
        if full {
            let ran = bench.run(&["--full"]).exits(0);
            assert_eq!(ran.change(&codes[0])["action"], "adopt");
        } else {
            // The list is read for a new order, and shows it.
            bench.order(|_| ());
            let ran = bench.run(&[]).exits(0);
            assert!(
                ran.warnings()[0].contains("is there again"),
                "{:?}",
                ran.warnings()
            );
            bench.run(&[]).exits(0);
        }
        assert_eq!(bench.income(&codes[0])["done"], true, "full: {full}");
        assert_eq!(status(&bench).1["gone"], Value::Null);
    }
}

#[test]
fn what_lies_in_the_trash_is_not_created_again_by_a_lost_state() {
    let bench = Bench::new();
    let (guid, codes) = (
        bench.customer(|_| ()),
        [(); 2].map(|()| bench.order(|_| ())),
    );
    bench.imported();
    let id = bench.income_id(&codes[0]);
    bench.sandbox.books().trash_transfer(id);
    let company = bench.company(&guid)["id"].as_i64().unwrap();
    bench.sandbox.books().trash_company(company);
    std::fs::remove_file(bench.path("state.db")).unwrap();
    let ran = bench.run(&[]).exits(0);
    assert_eq!(bench.writes(), Vec::<String>::new());
    for source in [&codes[0], &guid] {
        assert!(reason(&ran, source).contains("deleted in Caflou"));
    }
    assert_eq!(ran.change(&codes[1])["action"], "adopt");
    assert_eq!(status(&bench).1["gone"], 2);
    let again = bench.run(&["--full"]).exits(0);
    assert_eq!(again.counts("incomes"), "2 read: 2 unchanged");
}

#[test]
fn our_marks_are_looked_for_without_match_existing_too() {
    let bench = Bench::set(&Settings {
        mapping: "match_existing = false",
        ..Settings::default()
    });
    let (guid, code) = (bench.customer(|_| ()), bench.order(|_| ()));
    bench.imported();
    std::fs::remove_file(bench.path("state.db")).unwrap();
    bench.sandbox.shop().pay(&code);
    let price = crate::support::price("99.00");
    bench
        .sandbox
        .shop()
        .edit(&code, |order| order.price = price);
    let ran = bench.run(&[]).exits(0);
    let posts = bench.writes();
    assert!(
        posts.iter().all(|one| one.starts_with("PATCH")),
        "{posts:?}"
    );
    assert_eq!(ran.change(&guid)["action"], "adopt");
    let change = ran.change(&code);
    assert_eq!(change["action"], "adopt");
    // What else changed meanwhile is not dropped without a word.
    assert!(change["kept"].to_string().contains("\"value\""), "{change}");
    let said = ran.warnings().join("\n");
    assert!(
        said.contains("1 income in Caflou with this connection's mark"),
        "{said}"
    );
}

#[test]
fn two_records_with_one_mark_are_told_in_each_run_and_in_status_until_one_is_deleted() {
    for known in [true, false] {
        let (bench, codes) = imported(2);
        let mut copy = Value::Object(bench.income(&codes[0]));
        copy.as_object_mut().unwrap().remove("id");
        let other = bench.sandbox.books().add_transfer(copy);
        let two = bench
            .sandbox
            .books()
            .transfers_by_mark(&mark(&codes[0]))
            .len();
        assert_eq!(two, 2);
        if known {
            bench.order(|_| ());
        } else {
            std::fs::remove_file(bench.path("state.db")).unwrap();
        }
        for _ in 0..3 {
            let ran = bench.run(&[]).exits(3);
            let said = reason(&ran, &codes[0]);
            assert!(said.contains(&other.to_string()), "{said}");
            let (code, told) = status(&bench);
            assert_eq!(code, 3);
            assert!(
                told["open"].to_string().contains(&other.to_string()),
                "{told}"
            );
        }
        bench.sandbox.books().trash_transfer(other);
        bench.run(&[]).exits(0);
        assert_eq!(status(&bench).0, 0);
        assert_eq!(bench.patches().len(), 0);
    }
}

/// The requests for an income, in their order.
fn for_incomes(bench: &Bench) -> Vec<String> {
    let requests = bench.requests(Service::Caflou);
    let method = |one: &String| one.split(' ').next().unwrap().to_owned();
    requests.iter().map(method).collect()
}

#[test]
fn a_change_without_an_answer_is_not_sent_again_before_the_record_is_read() {
    for (fault, sent) in [
        (Fault::CutBefore, vec!["GET", "PATCH", "GET", "PATCH"]),
        (
            Fault::StatusBefore(500),
            vec!["GET", "PATCH", "GET", "PATCH"],
        ),
        (Fault::CutAfter, vec!["GET", "PATCH", "GET"]),
        (Fault::StatusAfter(500), vec!["GET", "PATCH", "GET"]),
    ] {
        let (bench, codes) = imported(1);
        bench.sandbox.shop().pay(&codes[0]);
        let matcher = Matcher::new(Service::Caflou, "PATCH", "/transfers/");
        bench
            .sandbox
            .set_faults(Faults::once(matcher, fault.clone()));
        let ran = bench.run(&[]).exits(0);
        assert_eq!(ran.change(&codes[0])["action"], "update");
        assert_eq!(for_incomes(&bench), sent, "{fault:?}");
        assert_eq!(bench.income(&codes[0])["done"], true);
    }
}

#[test]
fn records_over_which_caflou_stumbles_fail_alone_however_many_in_a_row() {
    let (bench, codes) = imported(30);
    for code in &codes {
        bench.sandbox.shop().pay(code);
    }
    let bad = &codes[..8];
    let faults = bad.iter().flat_map(|code| {
        let path = format!("/transfers/{}", bench.income_id(code));
        let matcher = Matcher::new(Service::Caflou, "PATCH", &path);
        vec![(matcher, Fault::StatusBefore(500)); 20]
    });
    let script = faults.collect();
    bench.sandbox.set_faults(Faults {
        script,
        ..Faults::default()
    });
    let ran = bench.run(&[]).exits(3);
    assert_eq!(ran.counts("incomes"), "30 read: 22 updated, 8 failed");
}

#[test]
fn where_caflou_answers_nothing_else_either_a_row_of_failures_ends_the_run() {
    let (bench, codes) = imported(30);
    for code in &codes {
        bench.sandbox.shop().pay(code);
    }
    let patches = Matcher::new(Service::Caflou, "PATCH", "/transfers/");
    let account = format!("/api/v1/{}", bench.sandbox.account_id());
    let account = Matcher::new(Service::Caflou, "GET", &account).exact();
    let mut script = vec![(patches, Fault::StatusBefore(500)); 400];
    script.extend(vec![(account, Fault::StatusBefore(500)); 20]);
    bench.sandbox.set_faults(Faults {
        script,
        ..Faults::default()
    });
    let ran = bench.run(&[]).exits(1);
    assert!(ran.error().contains("500"), "{}", ran.error());
}

#[test]
fn customers_over_which_the_shop_stumbles_fail_alone_however_many_in_a_row() {
    let bench = Bench::new();
    let guids: Vec<_> = (0..20).map(|_| bench.customer(|_| ())).collect();
    let fault = |guid: &String| {
        let path = format!("/api/customers/{guid}");
        (
            Matcher::new(Service::Shoptet, "GET", &path),
            Fault::StatusBefore(422),
        )
    };
    let script = guids[..12].iter().map(fault).collect();
    bench.sandbox.set_faults(Faults {
        script,
        ..Faults::default()
    });
    let ran = bench.run(&["--only", "companies"]).exits(3);
    assert_eq!(ran.counts("companies"), "20 read: 8 created, 12 failed");
    bench.run(&["--only", "companies"]).exits(0);
    assert_eq!(bench.sandbox.books().companies.len(), 20);
}
