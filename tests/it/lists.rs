//! Lists of Caflou that are not what they say: what they hide is not created a second time.

use serde_json::{Value, json};

use crate::sandbox::{Fault, Faults, Matcher, Service};
use crate::support::{Bench, mark};

/// Rows of a page, as the sandbox gives them.
const ROWS: usize = 100;
/// How often the program reads a list that does not come whole.
const READINGS: usize = 4;

/// A shop with three orders that are in Caflou, among 240 incomes of others; the program does not
/// know of them any more.
fn forgotten() -> Bench {
    let bench = Bench::new();
    bench.caflou_setting("timeout = \"1s\"");
    for _ in 0..3 {
        bench.order(|_| ());
    }
    for number in 0..240 {
        bench.sandbox.books().add_transfer(json!({
            "kind": "income", "name": format!("By hand {number}"), "value": 1, "currency": "CZK",
            "date": "2024-01-01", "reference_number": format!("9{number:07}"),
        }));
    }
    bench.run(&["--only", "incomes"]).exits(0);
    std::fs::remove_file(bench.path("state.db")).unwrap();
    bench.sandbox.forget_seen();
    bench
}

/// All rows of the list, the oldest first.
fn rows(bench: &Bench) -> Vec<Value> {
    let books = bench.sandbox.books();
    books
        .transfers
        .values()
        .cloned()
        .map(Value::Object)
        .collect()
}

fn answer(rows: &[Value], pages: &Value, total: &Value) -> String {
    json!({ "results": rows, "total_pages": pages, "total_results": total }).to_string()
}

/// The pages of a list with what they say.
fn pages(rows: &[Value]) -> Vec<String> {
    let (total, pages) = (json!(rows.len()), json!(rows.len().div_ceil(ROWS)));
    let of = |rows: &[Value]| answer(rows, &pages, &total);
    rows.chunks(ROWS).map(of).collect()
}

/// Caflou answers requests for its list with these pages, so often.
fn says(bench: &Bench, pages: &[String], times: usize) {
    let fault = |body: &String| {
        let body = body.clone();
        let matcher = Matcher::new(Service::Caflou, "GET", "/transfers").exact();
        (matcher, Fault::Answer { status: 200, body })
    };
    let script = (0..times).flat_map(|_| pages.iter().map(fault));
    bench.sandbox.set_faults(Faults {
        script: script.collect(),
        ..Faults::default()
    });
}

/// The pages of a list, each as `change` makes it.
fn each(rows: &[Value], change: impl Fn(&mut Value)) -> Vec<String> {
    let changed = |body: String| {
        let mut page: Value = serde_json::from_str(&body).unwrap();
        change(&mut page);
        page.to_string()
    };
    pages(rows).into_iter().map(changed).collect()
}

/// Pages that begin with the last rows of the page before.
fn overlapping(rows: &[Value]) -> Vec<String> {
    let total = json!(rows.len());
    let page = |number: usize| {
        let from = number * (ROWS - 10);
        answer(
            &rows[from..from + ROWS.min(rows.len() - from)],
            &json!(3),
            &total,
        )
    };
    (0..3).map(page).collect()
}

/// The list sorted by last change: what is changed between two pages goes to the end.
fn moving(rows: &[Value]) -> Vec<String> {
    let mut moved = rows.to_vec();
    let first = moved.remove(0);
    moved.push(first);
    let (before, after) = (pages(rows), pages(&moved));
    [&before[..1], &after[1..]].concat()
}

#[track_caller]
fn nothing_came_twice(bench: &Bench, orders: usize) {
    let books = bench.sandbox.books();
    for number in 1..=orders {
        let found = books.transfers_by_mark(&mark(&format!("2024{number:06}")));
        assert_eq!(found.len(), 1, "order {number}");
    }
}

#[test]
fn what_a_wrong_list_hides_is_not_created_a_second_time() {
    type Bent = fn(&[Value]) -> Vec<String>;
    let wrong: [(&str, Bent); 8] = [
        ("rows are null", |rows| {
            each(rows, |page| {
                page["results"] = json!(vec![Value::Null; ROWS]);
            })
        }),
        ("rows are in an envelope", |rows| {
            each(rows, |page| {
                for row in page["results"].as_array_mut().unwrap() {
                    *row = json!({ "transfer": row.take() });
                }
            })
        }),
        ("pages overlap", overlapping),
        ("rows move and their number stays", moving),
        ("half of it, of another number", |rows| {
            let half = &rows[..rows.len() / 2];
            each(half, |page| page["total_results"] = json!(half.len() + 3))
        }),
        ("more than it says", |rows| {
            each(rows, |page| page["total_results"] = json!(200))
        }),
        ("no numbers", |rows| {
            each(rows, |page| {
                let page = page.as_object_mut().unwrap();
                page.retain(|name, _| name == "results");
            })
        }),
        ("no total, and it moves", |rows| {
            let strip = |body: String| body.replace("\"total_results\"", "\"sum\"");
            moving(rows).into_iter().map(strip).collect()
        }),
    ];
    for (what, bent) in wrong {
        let bench = forgotten();
        let rows = rows(&bench);
        says(&bench, &bent(&rows), READINGS);
        let ran = bench.run(&["--only", "incomes"]);
        assert_eq!(bench.writes(), Vec::<String>::new(), "{what}");
        if ran.code != 0 {
            assert_eq!(ran.code, 1, "{what}: {}", ran.stdout);
            let said = ran.error();
            assert!(
                said.contains("list") || said.contains("no total"),
                "{what}: {said}"
            );
        }
        bench.sandbox.set_faults(Faults::default());
        bench.run(&["--only", "incomes"]).exits(0);
        nothing_came_twice(&bench, 3);
    }
}

#[test]
fn a_list_that_is_wrong_for_a_moment_is_read_again() {
    let bench = forgotten();
    let rows = rows(&bench);
    says(&bench, &moving(&rows), 1);
    let ran = bench.run(&["--only", "incomes"]).exits(0);
    assert_eq!(ran.counts("incomes"), "3 read: 3 adopted");
    nothing_came_twice(&bench, 3);
}

#[test]
fn pages_that_are_not_told_of_are_read_all_the_same() {
    for said in [0, 1] {
        let bench = forgotten();
        let rows = rows(&bench);
        says(
            &bench,
            &each(&rows, |page| page["total_pages"] = json!(said)),
            1,
        );
        let ran = bench.run(&["--only", "incomes"]).exits(0);
        assert_eq!(ran.counts("incomes"), "3 read: 3 adopted");
        nothing_came_twice(&bench, 3);
    }
}

#[test]
fn a_list_without_a_total_is_read_to_its_end_and_believed_once_it_was_the_same_twice() {
    for said in [3, 1, 0] {
        let bench = forgotten();
        let rows = rows(&bench);
        let mut bare = each(&rows, |page| {
            page["total_results"] = Value::Null;
            page["total_pages"] = json!(said);
        });
        bare.push(answer(&[], &json!(said), &Value::Null));
        says(&bench, &bare, 2);
        let ran = bench.run(&["--only", "incomes"]).exits(0);
        assert_eq!(ran.counts("incomes"), "3 read: 3 adopted", "{said} pages");
        assert_eq!(bench.requests(Service::Caflou).len(), 2 * 4 + 3);
    }
}

#[test]
fn a_total_that_leaves_the_trash_out_is_understood() {
    let bench = forgotten();
    let of_others = bench.sandbox.books().transfers.keys().next().copied();
    bench.sandbox.books().trash_transfer(of_others.unwrap());
    let rows = rows(&bench);
    let total = rows.len() - 1;
    says(
        &bench,
        &each(&rows, |page| page["total_results"] = json!(total)),
        2,
    );
    let ran = bench.run(&["--only", "incomes"]).exits(0);
    assert_eq!(ran.counts("incomes"), "3 read: 3 adopted");
}

#[test]
fn a_list_that_has_fewer_rows_than_before_is_believed_once_it_was_the_same_twice() {
    let bench = forgotten();
    bench.run(&["--only", "incomes"]).exits(0);
    // Somebody entered the next order by hand.
    let next = bench.order(|_| ());
    let rows = {
        let mut books = bench.sandbox.books();
        books.add_transfer(json!({
            "kind": "income", "name": "By hand", "value": 1234.5, "currency": "CZK",
            "date": "2024-01-01", "reference_number": next,
        }));
        drop(books);
        rows(&bench)
    };
    bench.run(&["--only", "incomes", "--dry-run"]).exits(0);
    // For a moment the list has only older ones of others and all of ours.
    let ours = |row: &Value| row["description"].to_string().contains("shoptet:");
    let short: Vec<_> = rows
        .iter()
        .enumerate()
        .filter(|(at, row)| *at < 120 || ours(row))
        .map(|(_, row)| row.clone())
        .collect();
    bench.sandbox.forget_seen();
    says(&bench, &pages(&short), 1);
    let ran = bench.run(&["--only", "incomes"]).exits(0);
    assert_eq!(ran.change(&next)["action"], "adopt");
    // Fewer rows for good are no trouble, and are the measure from then on.
    bench
        .sandbox
        .books()
        .transfers
        .retain(|_, row| ours(&json!(row)));
    for readings in [2, 1] {
        let new = bench.order(|_| ());
        bench.sandbox.forget_seen();
        let ran = bench.run(&["--only", "incomes"]).exits(0);
        assert_eq!(ran.change(&new)["action"], "create");
        let lists = bench.requests(Service::Caflou);
        let lists = lists.iter().filter(|one| *one == "GET /transfers").count();
        assert_eq!(lists, readings);
    }
}

/// An import of three orders, of which the answer to the last create counts as lost.
fn with_a_lost_create() -> Bench {
    let bench = Bench::new();
    bench.caflou_setting("timeout = \"1s\"");
    for _ in 0..3 {
        bench.order(|_| ());
    }
    bench.imported();
    let lost = "UPDATE records SET state = 'uncertain', caflou_id = NULL, reason = 'lost', \
                sent_at = sent_at - 60000, checksum = NULL WHERE source_id = '2024000003'";
    bench.database().execute(lost, []).unwrap();
    bench
}

#[test]
fn an_empty_or_half_list_proves_nothing_where_records_are_known_to_be_there() {
    for shown in [0, 1, 2] {
        let bench = with_a_lost_create();
        let rows = rows(&bench);
        let list = answer(&rows[..shown], &json!(1), &json!(shown));
        // For one moment, in which an empty list is no list of three; and for good.
        says(&bench, std::slice::from_ref(&list), 1);
        bench.run(&["--only", "incomes"]).exits(0);
        nothing_came_twice(&bench, 3);

        let bench = with_a_lost_create();
        says(&bench, &[list], READINGS);
        let ran = bench.run(&["--only", "incomes"]);
        nothing_came_twice(&bench, 3);
        assert_eq!(bench.writes(), Vec::<String>::new());
        assert!(shown == 2 || ran.code == 1, "{}", ran.stdout);
    }
}

#[test]
fn a_lost_create_is_not_sent_again_while_the_list_changes_from_reading_to_reading() {
    let bench = with_a_lost_create();
    let mut rows = rows(&bench);
    rows.retain(|row| row["reference_number"] != "2024000003");
    // Each reading is whole by itself, and each shows what the one before did not.
    let other = |id: usize| json!({ "id": 900_000 + id, "kind": "income", "name": "x" });
    let list = |number: usize| {
        let rows = [rows.as_slice(), &[other(number)]].concat();
        answer(&rows, &json!(1), &json!(3))
    };
    let lists: Vec<_> = (0..READINGS).map(list).collect();
    says(&bench, &lists, 1);
    let ran = bench.run(&["--only", "incomes"]).exits(3);
    let reason = ran.change("2024000003")["reason"].to_string();
    assert!(reason.contains("outcome unknown"), "{reason}");
    assert_eq!(bench.writes(), Vec::<String>::new());
    let status = bench.program(&["status", "--format", "json"]).exits(3);
    assert!(
        status.stdout.contains("\"uncertain\":1"),
        "{}",
        status.stdout
    );
    bench.run(&["--only", "incomes"]).exits(0);
    nothing_came_twice(&bench, 3);
}

#[test]
fn a_lost_create_that_two_equal_lists_do_not_show_is_sent_again() {
    let bench = with_a_lost_create();
    let id = bench.income_id("2024000003");
    bench.sandbox.books().remove_transfer(id);
    bench.run(&["--only", "incomes"]).exits(0);
    nothing_came_twice(&bench, 3);
    let lists = bench.requests(Service::Caflou);
    let lists = lists.iter().filter(|one| *one == "GET /transfers").count();
    assert_eq!(lists, 2);
}
