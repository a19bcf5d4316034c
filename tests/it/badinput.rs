//! Answers that no service should give: the program ends in order, names the record and the
//! reason, and each good record beside it goes in exactly once.

use std::time::Duration;

use serde_json::{Value, json};

use crate::sandbox::{Fault, Faults, Matcher, Service};
use crate::support::{Bench, Ran, Settings, mark};

/// Answers of a service to the next requests of a method to exactly this path.
fn script(bench: &Bench, answers: &[(Service, &str, &str, u16, String)]) {
    let fault = |(service, method, path, status, body): &(Service, &str, &str, u16, String)| {
        let (status, body) = (*status, body.clone());
        let matcher = Matcher::new(*service, method, path).exact();
        (matcher, Fault::Answer { status, body })
    };
    bench.sandbox.set_faults(Faults {
        script: answers.iter().map(fault).collect(),
        ..Faults::default()
    });
}

fn shop_says(bench: &Bench, path: &str, bodies: &[String]) {
    let answer = |body: &String| (Service::Shoptet, "GET", path, 200, body.clone());
    script(bench, &bodies.iter().map(answer).collect::<Vec<_>>());
}

/// A page of the list of orders.
fn page(rows: &[Value], pages: u64, total: u64) -> String {
    let paginator = json!({ "totalCount": total, "pageCount": pages });
    json!({ "data": { "orders": rows, "paginator": paginator }, "errors": null }).to_string()
}

/// The row of an order that the shop has.
fn row(bench: &Bench, code: &str) -> Value {
    let shop = bench.sandbox.shop();
    shop.order_row(shop.order(code).expect("the order"))
}

/// An order that is answered with these attributes changed.
fn odd(bench: &Bench, change: impl FnOnce(&mut Value)) -> String {
    let code = bench.order(|_| ());
    let mut raw = row(bench, &code);
    change(&mut raw);
    bench
        .sandbox
        .shop()
        .edit(&code, |order| order.raw = Some(raw));
    code
}

/// The program ended as programs end, and said nothing of a panic.
#[track_caller]
fn orderly(ran: &Ran) {
    assert!(
        matches!(ran.code, 0 | 1 | 3),
        "{}: {}",
        ran.code,
        ran.stderr
    );
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
}

/// The one record that failed without a key that could be told.
fn nameless(ran: &Ran) -> Vec<String> {
    let mut changes = ran.changes();
    changes.retain(|change| change["source_id"] == "" && change["action"] == "fail");
    let reason = |change: &Value| change["reason"].as_str().expect("a reason").to_owned();
    changes.iter().map(reason).collect()
}

#[track_caller]
fn once(bench: &Bench, codes: &[&String]) {
    for code in codes {
        assert_eq!(bench.income(code)["reference_number"], json!(code));
    }
    assert_eq!(bench.sandbox.books().transfers.len(), codes.len());
}

#[test]
fn an_order_that_comes_twice_goes_in_once_within_a_page_and_across_pages() {
    let bench = Bench::new();
    let codes: Vec<_> = (0..3).map(|_| bench.order(|_| ())).collect();
    let mut rows: Vec<_> = codes.iter().map(|code| row(&bench, code)).collect();
    let mut other = rows[0].clone();
    other["price"]["toPay"] = json!("1.00");
    rows.insert(1, other.clone());
    let pages = [
        page(&rows[..3], 2, 5),
        page(&[other, rows[3].clone()], 2, 5),
    ];
    shop_says(&bench, "/api/orders", &[pages.clone(), pages].concat());
    let ran = bench.run(&["--only", "incomes"]).exits(0);
    assert_eq!(ran.counts("incomes"), "3 read: 3 created");
    once(&bench, &codes.iter().collect::<Vec<_>>());
    assert_eq!(bench.income(&codes[0])["value"].to_string(), "1234.50");
}

#[test]
fn a_list_with_fewer_orders_than_it_says_is_read_again_by_the_next_run() {
    let bench = Bench::new();
    let codes: Vec<_> = (0..3).map(|_| bench.order(|_| ())).collect();
    let pages = [
        page(&[row(&bench, &codes[0])], 3, 3),
        page(&[], 3, 3),
        page(&[], 3, 3),
    ];
    shop_says(&bench, "/api/orders", &vec![pages; 4].concat());
    let ran = bench.run(&["--only", "incomes"]).exits(0);
    assert_eq!(ran.counts("incomes"), "1 read: 1 created");
    let warned = ran.warnings();
    assert!(
        warned.iter().any(|text| text.contains("reads it again")),
        "{warned:?}"
    );
    bench.sandbox.set_faults(Faults::default());
    bench.sandbox.advance(Duration::from_hours(5));
    bench.run(&["--only", "incomes"]).exits(0);
    once(&bench, &codes.iter().collect::<Vec<_>>());
}

#[test]
fn a_list_that_repeats_a_page_for_ever_comes_to_an_end() {
    let bench = Bench::new();
    let code = bench.order(|_| ());
    let same = page(&[row(&bench, &code)], 1_000_000, 1_000_000);
    shop_says(&bench, "/api/orders", &vec![same; 50]);
    let ran = bench.run(&["--only", "incomes"]);
    orderly(&ran);
    assert!(
        ran.warnings()
            .iter()
            .any(|text| text.contains("kept changing"))
    );
    assert!(bench.sandbox.pending_faults() > 40);
    once(&bench, &[&code]);
}

#[test]
fn orders_without_a_usable_code_fail_and_say_so() {
    let bench = Bench::new();
    let good = [bench.order(|_| ()), bench.order(|_| ())];
    let bad = [
        json!(""),
        json!(" "),
        json!(null),
        json!({}),
        json!("a\u{0}b"),
    ];
    for code in &bad {
        odd(&bench, |raw| raw["code"] = code.clone());
    }
    let ran = bench.run(&["--only", "incomes"]).exits(3);
    let reasons = nameless(&ran);
    assert_eq!(reasons.len(), bad.len(), "{reasons:?}");
    assert!(reasons.iter().all(|reason| reason.contains("`code` is")));
    once(&bench, &[&good[0], &good[1]]);
}

/// The moment up to which orders were read, as the state knows it.
fn read_to(bench: &Bench) -> Option<i64> {
    let sql = "SELECT max(at) FROM cursors WHERE stream = 'orders'";
    let read = bench.database().query_row(sql, [], |row| row.get(0));
    read.expect("the cursors")
}

/// What happened in the shop so far was a day ago: lists of changes do not hold it any more.
fn a_day_later(bench: &Bench) {
    let day = chrono::TimeDelta::days(1);
    let shop = &mut *bench.sandbox.shop();
    let orders = shop.orders.iter_mut();
    let orders = orders.filter_map(|order| order.change_time.as_mut());
    let logged = shop.changes.iter_mut().map(|change| &mut change.time);
    orders.chain(logged).for_each(|time| *time -= day);
    shop.touch();
}

/// A run reads on from where it was: nothing holds it back.
#[track_caller]
fn moves_on(bench: &Bench, args: &[&str]) -> Ran {
    bench.cursors_go_back(60);
    let before = read_to(bench);
    let ran = bench.run(args).exits(3);
    assert!(read_to(bench) > before, "{before:?}");
    ran
}

/// One record failed without a number, and `status` calls it by this name.
#[track_caller]
fn fails_as(bench: &Bench, ran: &Ran, name: &str) {
    assert_eq!(ran.summary()["incomes"]["failed"], 1, "{}", ran.stdout);
    assert_eq!(nameless(ran).len(), 1, "{}", ran.stdout);
    let mut changes = ran.changes();
    changes.retain(|change| change["action"] == "fail");
    assert_eq!(changes[0]["label"], name);
    let status = bench.program(&["status"]).exits(3);
    let line = format!("! income   {name} ");
    assert!(status.stdout.contains(&line), "{}", status.stdout);
    assert!(
        status.stdout.contains("1 record failed"),
        "{}",
        status.stdout
    );
}

#[test]
fn a_code_that_cannot_be_asked_for_fails_under_what_it_reads_like_and_holds_no_reading_back() {
    let long = "L".repeat(129);
    let cut = format!("{}…", "L".repeat(40));
    let codes = [
        ("2026\u{1}01", "2026\\u{1}01"),
        ("2026\n01", "2026\\n01"),
        (long.as_str(), cut.as_str()),
        (".", "."),
        ("..", ".."),
    ];
    for (code, name) in codes {
        let bench = Bench::new();
        let good = bench.order(|_| ());
        bench.imported();
        bench.order(|order| order.code = code.to_owned());
        for args in [&[][..], &[], &["--full"], &[]] {
            fails_as(&bench, &moves_on(&bench, args), name);
            a_day_later(&bench);
        }
        // Mended in the shop, it goes in by the next run, whichever that is.
        let mended =
            |order: &mut crate::sandbox::model::Order| order.code = "2026000077".to_owned();
        bench.sandbox.shop().edit(code, mended);
        a_day_later(&bench);
        bench.run(&[]).exits(0);
        once(&bench, &[&good, &"2026000077".to_owned()]);
        bench.program(&["status"]).exits(0);
    }
}

#[test]
fn a_code_that_cannot_be_marked_fails_under_its_number_and_holds_no_reading_back() {
    let bench = Bench::new();
    bench.imported();
    let code = bench.order(|order| order.code = "A&amp;B<1>".to_owned());
    for later in [false, true] {
        let ran = moves_on(&bench, &[]);
        assert_eq!(ran.change(&code)["action"], "fail");
        assert_eq!(ran.counts("incomes"), "1 read: 1 failed");
        if later {
            a_day_later(&bench);
        }
    }
}

#[test]
fn where_orders_without_a_usable_code_are_too_many_the_next_run_reads_all_of_them_again() {
    for (number, apart, moves) in [(30, 0, true), (20, 60, true), (21, 60, false)] {
        let bench = Bench::new();
        let good = bench.order(|_| ());
        for nth in 0..number {
            bench.order(|order| {
                order.code = format!("bad\u{1}{nth}");
                let made = order.creation_time.expect("a time");
                order.creation_time = Some(made + chrono::TimeDelta::seconds(apart * nth));
            });
        }
        for _ in 0..2 {
            let ran = bench.run(&["--only", "incomes"]).exits(3);
            assert_eq!(ran.summary()["incomes"]["failed"], number, "{apart}");
            assert_eq!(read_to(&bench).is_some(), moves, "{number}");
            a_day_later(&bench);
        }
        once(&bench, &[&good]);
    }
}

#[test]
fn an_odd_value_fails_its_own_record_only() {
    let huge = "7".repeat(400);
    let number = |text: &str| serde_json::from_str::<Value>(text).expect("a number");
    for (place, value, reason) in [
        ("/price/toPay", number(&huge), "`toPay`: amount"),
        (
            "/price/toPay",
            json!("1 234,50"),
            "`toPay`: `1 234,50` is not an amount",
        ),
        (
            "/price/toPay",
            json!("1_000"),
            "`toPay`: `1_000` is not an amount",
        ),
        ("/price/toPay", number("1e400"), "`toPay`: "),
        ("/price/vat", json!([]), "`vat` is a list"),
        (
            "/price/currencyCode",
            json!("XYZ"),
            "unknown currency `XYZ`",
        ),
        ("/price", json!(null), "no amount"),
        (
            "/creationTime",
            json!("0000-00-00T00:00:00+0000"),
            "`creationTime` is not",
        ),
        ("/paid", json!("yes"), "`paid` is text"),
        ("/status", json!("-4"), "`status` is text"),
    ] {
        let bench = Bench::new();
        let good = bench.order(|_| ());
        let bad = odd(&bench, |raw| *raw.pointer_mut(place).expect(place) = value);
        let ran = bench.run(&["--only", "incomes"]).exits(3);
        let change = ran.change(&bad);
        assert_eq!(change["action"], "fail", "{place}");
        let said = change["reason"].as_str().expect("a reason");
        assert!(said.starts_with(reason) && said.len() < 200, "{said}");
        once(&bench, &[&good]);
    }
}

#[test]
fn texts_go_in_short_and_on_one_line_whatever_they_were() {
    let bench = Bench::new();
    let long = odd(&bench, |raw| raw["fullName"] = json!("ž".repeat(5_000_000)));
    let nul = odd(&bench, |raw| {
        raw["fullName"] = json!("Jan\u{0}\u{1b}[2J\nNovák");
    });
    let link = odd(&bench, |raw| {
        raw["adminUrl"] = json!(format!("https://a.cz/{}", mark("2024000001")));
    });
    bench.run(&["--only", "incomes"]).exits(0);
    once(&bench, &[&long, &nul, &link]);
    let name = |code: &String| {
        bench.income(code)["name"]
            .as_str()
            .expect("text")
            .to_owned()
    };
    assert_eq!(name(&long).chars().count(), 255);
    assert!(name(&nul).ends_with("Jan [2J Novák"), "{}", name(&nul));
    assert_eq!(bench.income(&link)["description"], json!(mark(&link)));
}

#[test]
fn a_row_nested_beyond_reason_fails_by_its_code() {
    let bench = Bench::new();
    let codes = [bench.order(|_| ()), bench.order(|_| ())];
    let rows = codes.each_ref().map(|code| row(&bench, code));
    let deep = "[".repeat(10_000) + &"]".repeat(10_000);
    let name = rows[0]["fullName"].to_string();
    let list = page(&rows, 1, 2).replacen(&name, &deep, 1);
    shop_says(&bench, "/api/orders", &[list]);
    let ran = bench.run(&["--only", "incomes"]).exits(3);
    let change = ran.change(&codes[0]);
    assert!(
        change["reason"]
            .as_str()
            .unwrap()
            .contains("recursion limit")
    );
    once(&bench, &[&codes[1]]);

    bench.run(&["--only", "incomes"]).exits(0);
    once(&bench, &[&codes[0], &codes[1]]);
}

#[test]
fn an_answer_that_is_no_page_ends_the_run_in_order() {
    let deep = "[".repeat(10_000) + &"]".repeat(10_000);
    let data = |data: &str| format!(r#"{{"data":{data},"errors":null}}"#);
    for body in [
        deep.clone(),
        data(&deep),
        data("[]"),
        data("null"),
        data("\"x\""),
        data(r#"{"orders":{}}"#),
        data(r#"{"orders":[],"paginator":{"totalCount":-1}}"#),
        data(r#"{"orders":[],"paginator":{"pageCount":[]}}"#),
        "\"\\ud800\"".to_owned(),
    ] {
        let bench = Bench::new();
        bench.order(|_| ());
        shop_says(&bench, "/api/orders", std::slice::from_ref(&body));
        let ran = bench.run(&["--only", "incomes"]).exits(1);
        orderly(&ran);
        let said = ran.summary()["error"].to_string();
        assert!(
            said.contains("something unexpected"),
            "{said} for {body:.60}"
        );
        assert_eq!(bench.writes(), Vec::<String>::new());
    }
}

#[test]
fn a_detail_that_is_none_fails_its_own_customer_only() {
    for body in [
        r#"{"data":[]}"#,
        r#"{"data":"x"}"#,
        r#"{"data":7}"#,
        r#"{"data":{}}"#,
    ] {
        let bench = Bench::new();
        let guids = [bench.customer(|_| ()), bench.customer(|_| ())];
        let path = format!("/api/customers/{}", guids[0]);
        shop_says(&bench, &path, &[body.to_owned()]);
        let ran = bench.run(&["--only", "companies"]).exits(3);
        assert_eq!(ran.change(&guids[0])["action"], "fail");
        assert_eq!(bench.company(&guids[1])["name"], "Jana Nová");
        assert_eq!(bench.sandbox.books().companies.len(), 1);
        bench.run(&["--only", "companies"]).exits(0);
        assert_eq!(bench.sandbox.books().companies.len(), 2);
    }
}

#[test]
fn a_detail_that_the_shop_refuses_fails_its_own_order_only() {
    let bench = Bench::new();
    let codes: Vec<_> = (0..3).map(|_| bench.order(|_| ())).collect();
    bench.imported();
    for code in &codes {
        bench.sandbox.shop().delete(code);
    }
    let path = format!("/api/orders/{}", codes[1]);
    let refused = (Service::Shoptet, "GET", path.as_str(), 422, "{}".to_owned());
    script(&bench, &[refused]);
    let ran = bench.run(&["--full", "--allow-empty"]).exits(3);
    assert_eq!(ran.counts("incomes"), "3 read: 2 updated, 1 failed");
    assert!(ran.change(&codes[1])["reason"].to_string().contains("422"));
    bench.run(&[]).exits(0);
    for code in &codes {
        assert_eq!(bench.income(code)["inactive"], true, "{code}");
    }
}

#[test]
fn a_payment_that_the_shop_does_not_tell_fails_its_own_order_only() {
    let bench = Bench::set(&Settings {
        mapping: "payment_date = \"transactions\"",
        ..Settings::default()
    });
    let paid = || bench.order(|order| order.paid = Some(true));
    let codes = [paid(), paid(), paid()];
    let path = format!("/api/orders/{}", codes[0]);
    let refused = (Service::Shoptet, "GET", path.as_str(), 422, "{}".to_owned());
    script(&bench, &[refused]);
    let ran = bench.run(&["--only", "incomes"]).exits(3);
    assert_eq!(ran.counts("incomes"), "3 read: 2 created, 1 failed");
    bench.run(&["--only", "incomes"]).exits(0);
    once(&bench, &codes.iter().collect::<Vec<_>>());
}

#[test]
fn details_that_a_shop_refuses_fail_alone_and_nothing_is_taken_for_deleted() {
    let bench = Bench::new();
    let codes: Vec<_> = (0..9).map(|_| bench.order(|_| ())).collect();
    bench.imported();
    for code in &codes {
        bench.sandbox.shop().delete(code);
    }
    let paths: Vec<_> = codes
        .iter()
        .map(|code| format!("/api/orders/{code}"))
        .collect();
    let refused = |path| (Service::Shoptet, "GET", path, 422, "{}".to_owned());
    let all: Vec<_> = paths.iter().map(|path| refused(path.as_str())).collect();
    script(&bench, &all);
    let ran = bench.run(&["--full", "--allow-empty"]).exits(3);
    assert_eq!(ran.counts("incomes"), "9 read: 9 failed");
    let books = bench.sandbox.books();
    assert!(books.transfers.values().all(|one| one["inactive"] == false));
}

#[test]
fn an_order_that_is_answered_with_nothing_or_with_another_is_not_taken_for_it() {
    for body in [
        r#"{"data":[]}"#.to_owned(),
        r#"{"data":{"order":[]}}"#.to_owned(),
        json!({ "data": { "order": { "code": "X-1" } } }).to_string(),
    ] {
        let bench = Bench::new();
        let code = bench.order(|_| ());
        bench.imported();
        let nothing = page(&[], 1, 0);
        let path = format!("/api/orders/{code}");
        script(
            &bench,
            &[
                (Service::Shoptet, "GET", "/api/orders", 200, nothing.clone()),
                (Service::Shoptet, "GET", "/api/orders", 200, nothing),
                (Service::Shoptet, "GET", &path, 200, body),
            ],
        );
        let ran = bench.run(&["--only", "incomes", "--full"]).exits(3);
        assert_eq!(ran.change(&code)["action"], "fail");
        assert_eq!(bench.writes(), Vec::<String>::new());
        bench.run(&["--only", "incomes"]).exits(0);
        once(&bench, &[&code]);
    }
}

#[test]
fn a_code_with_a_comma_is_one_code_among_as_many_as_may_be_asked_for_at_once() {
    let bench = Bench::new();
    let comma = bench.order(|order| order.code = "2024,7".to_owned());
    let mut codes: Vec<_> = (0..49).map(|_| bench.order(|_| ())).collect();
    codes.push(comma.clone());
    let asked: Vec<_> = codes
        .iter()
        .flat_map(|code| ["--order", code.as_str()])
        .collect();
    let ran = bench.run(&asked).exits(0);
    assert_eq!(ran.counts("incomes"), "50 read: 50 created");
    assert_eq!(bench.income(&comma)["reference_number"], json!(comma));
    let ran = bench.run(&["--order", &comma]).exits(0);
    assert_eq!(ran.counts("incomes"), "1 read: 1 unchanged");
}
