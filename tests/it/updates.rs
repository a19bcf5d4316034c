//! What an update sends, what it leaves alone, and what Caflou does not take.

use serde_json::{Value, json};

use crate::sandbox::Service;
use crate::support::{Bench, MADE, Settings, keys, names, price};

#[test]
fn a_payment_sends_done_and_payment_date_and_nothing_else() {
    let bench = Bench::new();
    let code = bench.order(|_| ());
    let other = bench.order(|_| ());
    bench.imported();
    let before = bench.income(&code);

    bench.sandbox.shop().pay(&code);
    let ran = bench.run(&[]).exits(0);
    let day = bench.day_of_change(&code);
    let id = bench.income_id(&code);
    assert_eq!(bench.writes(), [format!("PATCH /transfers/{id}")]);
    assert_eq!(
        bench.patches(),
        [json!({ "done": true, "payment_date": day })]
    );
    let change = ran.change(&code);
    assert_eq!(change["caflou_id"], id);
    assert_eq!(
        change["fields"],
        json!({
            "done": { "before": false, "after": true },
            "payment_date": { "before": null, "after": day },
        })
    );
    let mut after = bench.income(&code);
    for name in ["done", "payment_date", "updated_at"] {
        after.insert(name.to_owned(), before[name].clone());
    }
    assert_eq!(after, before);
    assert_eq!(bench.income(&other)["done"], false);
}

#[test]
fn a_payment_moves_the_expected_day_back_to_the_day_of_the_order() {
    let bench = Bench::set(&Settings {
        mapping: "expected_days = { default = 3, \"Převodem\" = 7 }",
        ..Settings::default()
    });
    let code = bench.order(|_| ());
    bench.imported();
    assert_eq!(MADE, "2024-05-06T10:00:00Z");
    assert_eq!(bench.income(&code)["date"], "2024-05-13");

    bench.sandbox.shop().pay(&code);
    bench.run(&[]).exits(0);
    let day = bench.day_of_change(&code);
    let sent = json!({ "date": "2024-05-06", "done": true, "payment_date": day });
    assert_eq!(bench.patches(), [sent]);
}

#[test]
fn a_payment_taken_back_unsets_both() {
    let bench = Bench::new();
    let code = bench.order(|order| order.paid = Some(true));
    bench.imported();
    bench.sandbox.shop().unpay(&code);
    bench.run(&[]).exits(0);
    assert_eq!(
        bench.patches(),
        [json!({ "done": false, "payment_date": null })]
    );
}

#[test]
fn amounts_leave_with_the_digits_they_came_with() {
    let bench = Bench::new();
    let code = bench.order(|order| order.price = price("12345678.90"));
    bench.run(&[]).exits(0);
    bench
        .sandbox
        .shop()
        .edit(&code, |order| order.price = price("0.10"));
    bench.run(&[]).exits(0);
    let writes = bench.sandbox.writes();
    let bodies: Vec<_> = writes.iter().map(|seen| seen.body.as_str()).collect();
    assert_eq!(bodies.len(), 2);
    for (body, number) in bodies.iter().zip(["12345678.90", "0.10"]) {
        assert!(body.contains(&format!("\"value\":{number}")), "{body}");
    }
}

#[test]
fn a_field_changed_in_caflou_meanwhile_is_kept_and_reported() {
    let bench = Bench::new();
    let code = bench.order(|_| ());
    bench.imported();
    let id = bench.income_id(&code);
    bench.sandbox.books().edit_transfer(id, "value", json!(999));
    bench.sandbox.shop().edit(&code, |order| {
        order.price = price("2000.00");
        order.paid = Some(true);
    });
    let ran = bench.run(&[]).exits(0);
    let change = ran.change(&code);
    assert_eq!(change["action"], "update");
    assert_eq!(change["kept"], json!(["value"]));
    let sent = names(["done", "payment_date", "value_without_vat", "vat_value"]);
    assert_eq!(keys(&change["fields"]), sent);
    assert_eq!(keys(&bench.patches()[0]), sent);
    assert_eq!(bench.income(&code)["value"], 999);

    for args in [&[][..], &["--full"][..]] {
        let again = bench.run(args).exits(0);
        assert_eq!(again.counts("incomes"), "1 read: 1 unchanged");
    }
    assert_eq!(bench.writes().len(), 1);
}

#[test]
fn where_all_is_kept_nothing_is_sent() {
    let bench = Bench::new();
    let code = bench.order(|_| ());
    bench.imported();
    let id = bench.income_id(&code);
    bench
        .sandbox
        .books()
        .edit_transfer(id, "name", json!("Zálohová platba"));
    bench
        .sandbox
        .shop()
        .edit(&code, |order| order.full_name = Some("Jan Starý".into()));
    let ran = bench.run(&[]).exits(0);
    let change = ran.change(&code);
    assert_eq!(change["action"], "skip");
    assert_eq!(change["kept"], json!(["name"]));
    assert_eq!(bench.writes(), Vec::<String>::new());
    assert_eq!(bench.income(&code)["name"], "Zálohová platba");
}

#[test]
fn a_field_changed_in_caflou_alone_stays_without_a_word() {
    let bench = Bench::new();
    let code = bench.order(|_| ());
    bench.imported();
    let id = bench.income_id(&code);
    for (name, value) in [
        ("name", json!("Jiný název")),
        ("category_id", json!(41)),
        ("date", json!("2024-06-01")),
    ] {
        bench.sandbox.books().edit_transfer(id, name, value);
    }
    bench.sandbox.shop().pay(&code);
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.change(&code)["kept"], json!([]));
    assert_eq!(keys(&bench.patches()[0]), names(["done", "payment_date"]));
    assert_eq!(bench.income(&code)["name"], "Jiný název");
}

#[test]
fn what_caflou_holds_already_is_not_sent() {
    let bench = Bench::new();
    let code = bench.order(|_| ());
    bench.imported();
    let id = bench.income_id(&code);
    bench.sandbox.shop().pay(&code);
    let day = bench.day_of_change(&code);
    bench.sandbox.books().edit_transfer(id, "done", json!(true));
    bench
        .sandbox
        .books()
        .edit_transfer(id, "payment_date", json!(day));
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.counts("incomes"), "1 read: 1 unchanged");
    assert_eq!(bench.writes(), Vec::<String>::new());
    // It is ours from now on: taken back in the shop, it is taken back in Caflou.
    bench.sandbox.shop().unpay(&code);
    bench.run(&[]).exits(0);
    assert_eq!(bench.income(&code)["done"], false);
}

#[test]
fn an_attribute_that_caflou_ignores_is_reported_and_sent_again_only_when_it_changes_again() {
    let bench = Bench::with(|options| options.ignored_on_patch = vec!["value".into()]);
    let code = bench.order(|_| ());
    bench.imported();
    let reprice = |value: &str| {
        let price = price(value);
        bench
            .sandbox
            .shop()
            .edit(&code, |order| order.price = price);
    };
    reprice("2000.00");
    let ran = bench.run(&[]).exits(0);
    let change = ran.change(&code);
    assert_eq!(change["action"], "update");
    assert_eq!(change["ignored"], json!(["value"]));
    assert_eq!(bench.patches().len(), 1);

    for args in [&[][..], &["--full"][..], &[][..]] {
        let again = bench.run(args).exits(0);
        assert_eq!(again.counts("incomes"), "1 read: 1 unchanged");
    }
    assert_eq!(bench.patches().len(), 1, "not sent again");

    bench.sandbox.forget_seen();
    bench.sandbox.shop().pay(&code);
    bench.run(&[]).exits(0);
    assert_eq!(keys(&bench.patches()[0]), names(["done", "payment_date"]));

    bench.sandbox.forget_seen();
    reprice("3000.00");
    let ran = bench.run(&[]).exits(0);
    assert_eq!(bench.patches()[0]["value"].to_string(), "3000.00");
    assert_eq!(ran.change(&code)["ignored"], json!(["value"]));
    assert_eq!(ran.change(&code)["kept"], json!([]));
}

#[test]
fn a_payment_that_caflou_ignores_is_not_sent_again() {
    let bench = Bench::with(|options| options.ignored_on_patch = vec!["done".into()]);
    let code = bench.order(|_| ());
    bench.imported();
    bench.sandbox.shop().pay(&code);
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.change(&code)["ignored"], json!(["done"]));
    for args in [&[][..], &["--full"][..]] {
        bench.run(args).exits(0);
    }
    assert_eq!(bench.patches().len(), 1);
}

#[test]
fn descriptions_that_come_back_as_html_are_no_changes() {
    let bench = Bench::with(|options| options.html_descriptions = true);
    let code = bench.order(|_| ());
    bench.imported();
    let full = bench.run(&["--full"]).exits(0);
    assert_eq!(full.counts("incomes"), "1 read: 1 unchanged");
    bench.sandbox.shop().pay(&code);
    let ran = bench.run(&[]).exits(0);
    let change = ran.change(&code);
    assert_eq!(
        (&change["kept"], &change["ignored"]),
        (&json!([]), &json!([]))
    );
    assert_eq!(keys(&bench.patches()[0]), names(["done", "payment_date"]));
}

#[test]
fn an_answer_to_a_create_as_html_ignores_nothing() {
    let bench = Bench::with(|options| options.html_descriptions = true);
    let code = bench.order(|_| ());
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.change(&code)["ignored"], json!([]));
}

#[test]
fn an_income_deleted_in_caflou_is_reported_and_not_created_again() {
    let trashed = |bench: &Bench, id| bench.sandbox.books().trash_transfer(id);
    let removed = |bench: &Bench, id| bench.sandbox.books().remove_transfer(id);
    for delete in [trashed as fn(&Bench, i64), removed] {
        let bench = Bench::new();
        let code = bench.order(|_| ());
        bench.imported();
        delete(&bench, bench.income_id(&code));
        bench.sandbox.shop().pay(&code);
        let ran = bench.run(&[]).exits(0);
        let change = ran.change(&code);
        assert_eq!(change["action"], "skip");
        let reason = change["reason"].as_str().unwrap();
        assert!(reason.contains("deleted in Caflou"), "{reason}");
        for args in [&[][..], &["--full"][..]] {
            let again = bench.run(args).exits(0);
            assert_eq!(again.counts("incomes"), "1 read: 1 unchanged");
        }
        bench.sandbox.shop().cancel(&code);
        bench.run(&[]).exits(0);
        assert_eq!(bench.writes(), Vec::<String>::new());
    }
}

#[test]
fn orders_that_do_not_say_whether_they_are_paid_count_as_unpaid_and_are_counted() {
    let bench = Bench::new();
    let code = bench.order(|order| order.paid = None);
    let ran = bench.run(&[]).exits(0);
    assert_eq!(bench.income(&code)["done"], false);
    let said = "1 order does not say whether it is paid: taken as unpaid";
    assert_eq!(ran.warnings(), [said]);

    bench.order(|order| order.paid = None);
    let ran = bench.run(&["--full"]).exits(0);
    let said = "2 orders do not say whether they are paid: taken as unpaid";
    assert_eq!(ran.warnings(), [said]);
}

#[test]
fn nothing_is_read_of_caflou_for_an_order_that_changed_in_nothing_that_is_imported() {
    let bench = Bench::new();
    let code = bench.order(|_| ());
    bench.imported();
    bench
        .sandbox
        .shop()
        .edit(&code, |order| order.remark = Some("zvonek vlevo".into()));
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.counts("incomes"), "1 read: 1 unchanged");
    assert_eq!(bench.requests(Service::Caflou), Vec::<String>::new());
}

#[test]
fn an_update_refused_by_caflou_fails_alone_and_is_tried_again() {
    use crate::sandbox::{Fault, Faults, Matcher};
    let bench = Bench::new();
    let (code, other) = (bench.order(|_| ()), bench.order(|_| ()));
    bench.imported();
    let body = json!({ "errors": { "payment_date": ["is invalid"] } }).to_string();
    let path = format!("/transfers/{}", bench.income_id(&code));
    let refusal = Fault::Answer { status: 422, body };
    bench.sandbox.set_faults(Faults::once(
        Matcher::new(Service::Caflou, "PATCH", &path),
        refusal,
    ));
    bench.sandbox.shop().pay(&code);
    bench.sandbox.shop().pay(&other);
    let ran = bench.run(&[]).exits(3);
    let change = ran.change(&code);
    assert_eq!(change["action"], "fail");
    let reason = change["reason"].as_str().unwrap();
    assert!(reason.contains("payment_date"), "{reason}");
    assert_eq!(ran.change(&other)["action"], "update");
    assert_eq!(ran.summary()["status"], "partial");

    let again = bench.run(&[]).exits(0);
    assert_eq!(again.change(&code)["action"], "update");
    assert_eq!(bench.income(&code)["done"], true);
    let third: Value = bench.run(&[]).exits(0).summary();
    assert_eq!(third["requests"]["caflou"], 0);
}

#[test]
fn an_income_that_may_not_be_changed_fails_alone_and_where_none_may_be_the_run_ends_with_4() {
    use crate::sandbox::{Fault, Faults, Matcher};
    let bench = Bench::new();
    let codes: Vec<_> = (0..6).map(|_| bench.order(|_| ())).collect();
    bench.imported();
    // A closed period, say.
    for method in ["GET", "PATCH"] {
        let path = format!("/transfers/{}", bench.income_id(&codes[0]));
        let body = json!({ "error": "the period is closed" }).to_string();
        bench.sandbox.set_faults(Faults::once(
            Matcher::new(Service::Caflou, method, &path),
            Fault::Answer { status: 403, body },
        ));
        for code in &codes[..2] {
            let mut shop = bench.sandbox.shop();
            shop.edit(code, |order| order.paid = Some(order.paid != Some(true)));
        }
        let ran = bench.run(&[]).exits(3);
        assert_eq!(ran.change(&codes[0])["action"], "fail");
        assert!(
            ran.change(&codes[0])["reason"]
                .to_string()
                .contains("closed")
        );
        assert_eq!(ran.change(&codes[1])["action"], "update");
        assert_eq!(
            bench.run(&[]).exits(0).change(&codes[0])["action"],
            "update"
        );
    }
    bench.sandbox.books().read_only = true;
    for code in &codes {
        bench.sandbox.shop().pay(code);
    }
    bench.run(&[]).exits(4);
}
