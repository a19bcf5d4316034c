//! What a record says stays right, whatever happens to it later.

use serde_json::{Value, json};

use crate::sandbox::Service;
use crate::sandbox::model::Order;
use crate::support::{Bench, Settings, at, keys, names, price};

const TAKEN_BACK: &str = "no longer paid at the source: check whether the money went back";
const PAID_VALUE: &str = "the value of a paid income changes: check what was paid";

/// Something happens to an order on this day.
fn happens(bench: &Bench, code: &str, day: &str, change: impl FnOnce(&mut Order)) {
    bench.sandbox.shop().edit(code, |order| {
        change(order);
        order.change_time = Some(at(&format!("{day}T12:00:00Z")));
    });
}

#[test]
fn a_paid_order_that_is_packed_or_noted_later_keeps_its_payment_date() {
    for (mapping, first) in [
        ("", "2026-10-30"),
        ("payment_date = \"first-paid\"", "2026-10-30"),
        ("payment_date = \"change-time\"", "2026-10-30"),
        ("payment_date = \"transactions\"", "2026-10-30"),
        ("payment_date = \"order-time\"", "2024-05-06"),
    ] {
        let bench = Bench::set(&Settings {
            mapping,
            ..Settings::default()
        });
        let code = bench.order(|_| ());
        bench.imported();
        happens(&bench, &code, "2026-10-30", |order| order.paid = Some(true));
        bench.run(&["--full"]).exits(0);
        assert_eq!(bench.income(&code)["payment_date"], first);
        happens(&bench, &code, "2026-11-12", |order| {
            order.remark = Some("zabaleno".into());
        });
        let ran = bench.run(&["--full"]).exits(0);
        assert_eq!(ran.counts("incomes"), "1 read: 1 unchanged", "{mapping}");

        happens(&bench, &code, "2026-11-13", |order| {
            order.price = price("1300.00");
        });
        let ran = bench.run(&["--full"]).exits(0);
        assert_eq!(ran.change(&code)["warnings"], json!([PAID_VALUE]));
        assert_eq!(bench.income(&code)["payment_date"], first);

        happens(&bench, &code, "2026-11-14", |order| {
            order.paid = Some(false);
        });
        bench.run(&["--full"]).exits(0);
        assert_eq!(bench.income(&code)["payment_date"], Value::Null);
        happens(&bench, &code, "2026-11-20", |order| order.paid = Some(true));
        bench.run(&["--full"]).exits(0);
        let anew = bench.income(&code)["payment_date"].clone();
        let moves = first == "2026-10-30";
        assert_eq!(anew, if moves { "2026-11-20" } else { first });
    }
}

#[test]
fn a_shop_that_no_longer_knows_whether_it_is_paid_takes_nothing_back() {
    let bench = Bench::set(&Settings {
        mapping: "expected_days = 7",
        ..Settings::default()
    });
    let code = bench.order(|order| order.paid = Some(true));
    bench.imported();
    let edit = |change: &dyn Fn(&mut Order)| bench.sandbox.shop().edit(&code, change);
    edit(&|order| order.paid = None);
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.counts("incomes"), "1 read: 1 unchanged");
    assert_eq!(bench.writes(), Vec::<String>::new());

    edit(&|order| order.full_name = Some("Jan Nový".into()));
    bench.run(&[]).exits(0);
    assert_eq!(keys(&bench.patches()[0]), names(["name"]));

    bench.sandbox.shop().unpay(&code);
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.change(&code)["action"], "update");
    assert_eq!(ran.change(&code)["warnings"], json!([TAKEN_BACK]));
    let income = bench.income(&code);
    assert_eq!(income["done"], false);
    assert_eq!(income["payment_date"], Value::Null);
    assert_eq!(income["date"], "2024-05-13");
}

#[test]
fn adopting_an_income_only_raises_it() {
    let bank = json!({ "done": true, "payment_date": "2026-10-31" });
    for (theirs, paid, sent) in [
        (bank.clone(), Some(false), names([])),
        (bank.clone(), None, names([])),
        (bank, Some(true), names([])),
        (json!({ "inactive": true }), Some(false), names([])),
        (
            json!({ "inactive": true }),
            Some(true),
            names(["done", "payment_date"]),
        ),
        (
            json!({ "payment_date": "2026-10-31" }),
            Some(true),
            names(["done"]),
        ),
        (json!({}), Some(true), names(["done", "payment_date"])),
    ] {
        let bench = Bench::new();
        let code = bench.order(|order| order.paid = paid);
        let mut record = json!({
            "kind": "income", "name": "Ručně zadaná", "date": "2024-05-20", "currency": "CZK",
            "reference_number": code, "value": 1234.5, "done": false, "inactive": false,
        });
        let theirs = theirs.as_object().unwrap();
        for (name, value) in theirs {
            record[name] = value.clone();
        }
        let id = bench.sandbox.books().add_transfer(record);
        let ran = bench.run(&[]).exits(0);
        let change = ran.change(&code);
        assert_eq!(change["action"], "adopt");
        assert_eq!(keys(&change["fields"]), sent, "{theirs:?} {paid:?}");
        let income = bench.sandbox.books().transfers[&id].clone();
        for (name, value) in theirs {
            assert_eq!(income[name], *value);
        }
        let again = bench.run(&["--full"]).exits(0);
        assert_eq!(again.counts("incomes"), "1 read: 1 unchanged");
    }
}

#[test]
fn a_lost_create_that_the_bank_paired_meanwhile_stays_paid() {
    let bench = Bench::new();
    let code = bench.order(|order| order.paid = None);
    bench.imported();
    let lost =
        "UPDATE records SET state = 'uncertain', caflou_id = NULL, sent_at = 0, checksum = NULL";
    bench.in_state(&format!("{lost} WHERE kind = 'income'"));
    let id = bench.income_id(&code);
    {
        let mut books = bench.sandbox.books();
        books.edit_transfer(id, "done", json!(true));
        books.edit_transfer(id, "payment_date", json!("2026-10-31"));
    }
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.change(&code)["action"], "adopt");
    let income = bench.income(&code);
    assert_eq!(income["done"], true);
    assert_eq!(income["payment_date"], "2026-10-31");
}

#[test]
fn a_customer_that_is_deleted_or_unlinked_leaves_the_company_of_its_incomes() {
    let bench = Bench::new();
    let guid = bench.customer(|_| ());
    let code = bench.order(|order| order.customer_guid = Some(guid.clone()));
    bench.imported();
    let company = bench.income(&code)["company_id"].clone();
    assert!(company.is_i64());
    bench.sandbox.shop().delete_customer(&guid);
    let unlink = |order: &mut Order| order.customer_guid = None;
    bench.sandbox.shop().edit(&code, unlink);
    for args in [&[][..], &["--full"][..]] {
        let ran = bench.run(args).exits(0);
        assert_eq!(ran.counts("incomes"), "1 read: 1 unchanged");
    }
    bench.sandbox.shop().pay(&code);
    bench.run(&[]).exits(0);
    assert_eq!(keys(&bench.patches()[0]), names(["done", "payment_date"]));
    assert_eq!(bench.income(&code)["company_id"], company);

    let other = bench.customer(|_| ());
    let link = |order: &mut Order| order.customer_guid = Some(other.clone());
    bench.sandbox.shop().edit(&code, link);
    bench.run(&[]).exits(0);
    let company = bench.company(&other)["id"].clone();
    assert_eq!(bench.income(&code)["company_id"], company);
}

#[test]
fn an_order_of_which_only_the_link_changed_costs_no_request() {
    let bench = Bench::new();
    let codes: Vec<_> = (0..3).map(|_| bench.order(|_| ())).collect();
    bench.imported();
    for code in &codes {
        bench.sandbox.shop().edit(code, |order| {
            let moved = order.admin_url.replace("222651.myshoptet.com", "novy.cz");
            assert_ne!(moved, order.admin_url);
            order.admin_url = moved;
        });
    }
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.counts("incomes"), "3 read: 3 unchanged");
    assert_eq!(bench.requests(Service::Caflou), Vec::<String>::new());

    bench.sandbox.shop().pay(&codes[0]);
    bench.run(&[]).exits(0);
    let sent = names(["description", "done", "payment_date"]);
    assert_eq!(keys(&bench.patches()[0]), sent, "the link goes along");
}

#[test]
fn a_number_that_is_given_to_another_order_overwrites_nothing() {
    let bench = Bench::new();
    let code = bench.order(|order| order.guid = "11111111-0000-4000-8000-000000000001".into());
    bench.imported();
    let before = bench.income(&code);
    let again = |guid: &str| {
        bench.sandbox.shop().delete(&code);
        bench.order(|order| {
            order.code.clone_from(&code);
            order.guid = guid.into();
            order.price = price("99.00");
            order.paid = Some(true);
        });
    };
    again("22222222-0000-4000-8000-000000000002");
    for args in [&[][..], &[], &["--full"]] {
        let ran = bench.run(args).exits(3);
        let reason = ran.change(&code)["reason"].to_string();
        let both = ["11111111-", "22222222-"];
        assert!(both.iter().all(|guid| reason.contains(guid)), "{reason}");
        assert_eq!(bench.income(&code), before);
    }
    assert_eq!(bench.writes(), Vec::<String>::new());
    // The order itself may change as it likes.
    again("11111111-0000-4000-8000-000000000001");
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.change(&code)["action"], "update");
    assert_eq!(bench.income(&code)["value"].to_string(), "99.00");
}

#[test]
fn which_order_it_is_is_learnt_by_adoption_and_of_what_older_versions_imported() {
    for adopts in [true, false] {
        let bench = Bench::new();
        let code = bench.order(|_| ());
        if adopts {
            bench.sandbox.books().add_transfer(json!({
                "kind": "income", "name": "Ručně", "date": "2024-05-20", "currency": "CZK",
                "reference_number": code, "value": 1234.5,
            }));
        }
        bench.imported();
        if !adopts {
            bench.in_state("UPDATE records SET origin = NULL, checksum = NULL");
            let ran = bench.run(&["--full"]).exits(0);
            assert_eq!(ran.counts("incomes"), "1 read: 1 unchanged");
        }
        bench.sandbox.shop().edit(&code, |order| {
            order.guid = "22222222-0000-4000-8000-000000000002".into();
        });
        let ran = bench.run(&[]).exits(3);
        assert_eq!(ran.change(&code)["action"], "fail");
    }
}

#[test]
fn an_order_that_never_came_in_leaves_its_number_to_another() {
    let bench = Bench::new();
    let code = bench.order(|order| order.price.currency = "???".into());
    bench.run(&[]).exits(3);
    bench.sandbox.shop().edit(&code, |order| {
        order.guid = "22222222-0000-4000-8000-000000000002".into();
        order.price = price("99.00");
    });
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.change(&code)["action"], "create");
}

#[test]
fn an_erased_order_keeps_its_name_and_an_erased_customer_is_skipped() {
    let bench = Bench::new();
    let guid = bench.customer(|_| ());
    let code = bench.order(|order| order.customer_guid = Some(guid.clone()));
    bench.imported();
    let before = bench.income(&code);
    assert_eq!(before["name"], format!("Objednávka {code} – Jan Novák"));
    for name in [None, Some("anonymized"), Some("***")] {
        bench.sandbox.shop().edit(&code, |order| {
            (order.full_name, order.company) = (name.map(str::to_owned), None);
            (order.email, order.phone) = (None, None);
            order.customer_guid = None;
        });
        let ran = bench.run(&[]).exits(0);
        assert_eq!(ran.counts("incomes"), "1 read: 1 unchanged", "{name:?}");
    }
    assert_eq!(bench.income(&code), before);
    bench.sandbox.shop().pay(&code);
    bench.run(&[]).exits(0);
    assert_eq!(keys(&bench.patches()[0]), names(["done", "payment_date"]));

    let erased = bench.customer(|customer| {
        customer.billing = crate::sandbox::model::Address::default();
        customer.accounts.clear();
    });
    for _ in 0..2 {
        let ran = bench.run(&["--full"]).exits(0);
        let change = ran.change(&erased);
        assert_eq!(change["action"], "skip");
        assert_eq!(change["reason"], "erased in the shop, not imported");
    }
    assert_eq!(bench.sandbox.books().companies.len(), 1);
}

#[test]
fn a_value_that_is_not_net_plus_vat_is_told_and_counted() {
    let bench = Bench::new();
    // A voucher of 200; rounding; nothing to compare.
    let voucher = bench.order(|order| order.price.to_pay = "1034.50".parse().ok());
    let rounded = bench.order(|order| order.price.to_pay = "1235.00".parse().ok());
    bench.order(|order| order.price.vat = None);
    let ran = bench.run(&[]).exits(0);
    let warning = "the value is not net plus VAT, by -200.00 CZK: a voucher or a deposit?";
    assert_eq!(ran.change(&voucher)["warnings"], json!([warning]));
    assert_eq!(ran.change(&rounded)["warnings"], json!([]));
    assert_eq!(ran.summary()["value_differs"], 1);
    let shown = bench.program(&["run", "my-shop", "--full"]).exits(0).stdout;
    let line = "1 income: the value is not net plus VAT (a voucher, a deposit?)";
    assert!(shown.contains(line), "{shown}");
}

#[test]
fn unusual_numbers_are_imported_asked_for_and_updated_like_others() {
    let bench = Bench::new();
    let codes = ["A&B", "2024/7", "50%25", "a?b=c", "a#b", "č 1"];
    for code in codes {
        bench.order(|order| order.code = code.to_owned());
    }
    bench.run(&[]).exits(0);
    for code in codes {
        let ran = bench.run(&["--order", code]).exits(0);
        assert_eq!(ran.counts("incomes"), "1 read: 1 unchanged", "{code}");
        bench
            .sandbox
            .shop()
            .edit(code, |order| order.paid = Some(true));
    }
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.counts("incomes"), "6 read: 6 updated");
    for code in codes {
        assert_eq!(bench.income(code)["done"], true, "{code}");
    }
}

#[test]
fn a_number_that_cannot_be_marked_fails_by_itself_and_is_told_until_it_is_mended() {
    let bench = Bench::new();
    let good = bench.order(|_| ());
    bench.order(|order| order.code = "1&amp;2".to_owned());
    let ran = bench.run(&[]).exits(3);
    assert_eq!(ran.counts("incomes"), "2 read: 1 created, 1 failed");
    let ran = bench.run(&[]).exits(3);
    assert_eq!(ran.change("1&amp;2")["action"], "fail");
    assert!(
        !ran.changes()
            .iter()
            .any(|change| change["source_id"] == good)
    );
    let status = bench.program(&["status", "my-shop"]);
    assert!(status.stdout.contains("1&amp;2"), "{}", status.stdout);
    bench
        .sandbox
        .shop()
        .edit("1&amp;2", |order| order.code = "12".to_owned());
    bench.run(&[]).exits(0);
}

#[test]
fn a_company_has_the_second_line_of_its_address() {
    let bench = Bench::new();
    let customer = bench.customer(|customer| {
        customer.billing.additional = Some("2. patro".into());
    });
    bench.run(&[]).exits(0);
    assert_eq!(bench.company(&customer)["street"], "Dlouhá 1, 2. patro");
}
