//! What is in Caflou already is linked, never created a second time, never guessed.

use serde_json::{Value, json};

use crate::sandbox::{Fault, Faults, Matcher, Seen, Service};
use crate::support::{Bench, Ran, Settings, keys, mark, names};

/// Adds a company to the books by hand.
fn company(bench: &Bench, values: Value) -> i64 {
    let mut record = json!({ "name": "Ručně založená" });
    merge(&mut record, values);
    bench.sandbox.books().add_company(record)
}

/// Adds an income to the books by hand: that of the order, as far as it is not said otherwise.
fn income(bench: &Bench, code: &str, values: Value) -> i64 {
    let mut record = json!({
        "kind": "income", "name": "Ručně zadaná", "date": "2024-05-20", "currency": "CZK",
        "reference_number": code, "value": 1234.5, "done": false, "inactive": false,
    });
    merge(&mut record, values);
    bench.sandbox.books().add_transfer(record)
}

fn merge(record: &mut Value, values: Value) {
    let Value::Object(values) = values else {
        panic!("an object")
    };
    for (name, value) in values {
        record[name] = value;
    }
}

#[track_caller]
fn adopted(ran: &Ran, source_id: &str, id: i64, reason: &str) {
    let change = ran.change(source_id);
    let got = (&change["action"], &change["caflou_id"], &change["reason"]);
    assert_eq!(got, (&json!("adopt"), &json!(id), &json!(reason)));
}

#[test]
fn a_company_is_adopted_by_our_mark() {
    let bench = Bench::new();
    let guid = bench.customer(|_| ());
    company(&bench, json!({ "email": format!("{guid}@example.cz") }));
    let id = company(&bench, json!({ "another_identifier": mark(&guid) }));
    let ran = bench.run(&[]).exits(0);
    adopted(&ran, &guid, id, "our mark");
    assert_eq!(bench.writes(), Vec::<String>::new());
}

#[test]
fn a_company_is_adopted_by_its_registration_number_however_it_is_written() {
    for (ours, theirs, country) in [
        ("00123455", "00 123 455", "CZ"),
        ("123455", "00123455", "CZ"),
        (" 27 08 24 40", "27082440", "CZ"),
        ("123455", "00123455", "SK"),
        ("2708\u{200b}2440", "\u{feff}27082440", "CZ"),
        ("27082440", "27-08\u{a0}24\u{ad}40", "CZ"),
    ] {
        let bench = Bench::new();
        let guid = bench.customer(|customer| {
            customer.billing.company_id = Some(ours.into());
            customer.billing.country_code = Some(country.into());
        });
        company(&bench, json!({ "id_num": "99999999", "country": country }));
        let id = company(&bench, json!({ "id_num": theirs, "country": country }));
        let ran = bench.run(&[]).exits(0);
        adopted(&ran, &guid, id, "same registration number");
        assert_eq!(bench.writes(), Vec::<String>::new());
        assert_eq!(
            bench.sandbox.books().companies[&id]["name"],
            "Ručně založená"
        );
    }
}

#[test]
fn a_company_is_adopted_by_its_vat_number_then_by_its_email() {
    let bench = Bench::new();
    let taxed = bench.customer(|customer| {
        customer.billing.company = Some("Manák s.r.o.".into());
        customer.billing.vat_id = Some("CZ12345678".into());
    });
    let by_mail = bench.customer(|customer| customer.accounts[0].email = "Jana@Example.cz".into());
    let taxed_id = company(&bench, json!({ "tax_num": "CZ 12345678" }));
    let mail_id = company(&bench, json!({ "email": "jana@example.CZ" }));
    let ran = bench.run(&[]).exits(0);
    adopted(&ran, &taxed, taxed_id, "same VAT number");
    adopted(&ran, &by_mail, mail_id, "same e-mail");
    assert_eq!(bench.writes(), Vec::<String>::new());
}

#[test]
fn a_company_that_several_match_fails_with_the_candidates() {
    let bench = Bench::new();
    let guid = bench.customer(|customer| customer.billing.company_id = Some("27082440".into()));
    let ids = [
        company(&bench, json!({ "id_num": "27082440" })),
        company(&bench, json!({ "id_num": "27082440" })),
    ];
    let ran = bench.run(&[]).exits(3);
    let change = ran.change(&guid);
    assert_eq!(change["action"], "fail");
    let reason = change["reason"].as_str().unwrap();
    for id in ids {
        assert!(reason.contains(&id.to_string()), "{reason}");
    }
    assert_eq!(bench.writes(), Vec::<String>::new());

    bench.sandbox.books().trash_company(ids[0]);
    let ran = bench.run(&[]).exits(0);
    adopted(&ran, &guid, ids[1], "same registration number");
}

#[test]
fn an_income_is_adopted_by_our_mark_also_inside_html() {
    let bench = Bench::new();
    let codes = [bench.order(|_| ()), bench.order(|_| ())];
    let texts = [
        format!("https://example.cz/?a=1\n{}", mark(&codes[0])),
        format!(
            "<p>https://example.cz/?a=1&amp;b=2<br>{}</p>",
            mark(&codes[1])
        ),
    ];
    let other = json!({ "value": 1, "reference_number": "přepsáno" });
    let ids: Vec<_> = codes
        .iter()
        .zip(texts)
        .map(|(code, text)| {
            let mut values = other.clone();
            values["description"] = json!(text);
            income(&bench, code, values)
        })
        .collect();
    let ran = bench.run(&[]).exits(0);
    for (code, id) in codes.iter().zip(ids) {
        adopted(&ran, code, id, "our mark");
    }
    assert_eq!(bench.writes(), Vec::<String>::new());
}

#[test]
fn an_income_is_adopted_by_reference_value_and_currency_together() {
    let reason = "same reference number, value and currency";
    let bench = Bench::new();
    let code = bench.order(|_| ());
    income(&bench, &code, json!({ "value": 1234 }));
    income(&bench, &code, json!({ "currency": "EUR" }));
    income(&bench, "jiné", json!({}));
    income(&bench, &code, json!({ "kind": "expense" }));
    income(&bench, &code, json!({ "trash": true }));
    income(&bench, &code, json!({ "template": true }));
    let id = income(&bench, &code, json!({}));
    let ran = bench.run(&[]).exits(0);
    adopted(&ran, &code, id, reason);
    assert_eq!(bench.writes(), Vec::<String>::new());
    let again = bench.run(&["--full"]).exits(0);
    assert_eq!(again.counts("incomes"), "1 read: 1 unchanged");
}

#[test]
fn an_income_that_several_match_fails_with_the_candidates() {
    let bench = Bench::new();
    let code = bench.order(|_| ());
    let fine = bench.order(|_| ());
    let ids = [
        income(&bench, &code, json!({})),
        income(&bench, &code, json!({})),
    ];
    let ran = bench.run(&[]).exits(3);
    let reason = ran.change(&code)["reason"].as_str().unwrap().to_owned();
    for id in ids {
        assert!(reason.contains(&id.to_string()), "{reason}");
    }
    assert_eq!(ran.change(&fine)["action"], "create");
    assert_eq!(bench.writes(), ["POST /transfers"]);
    assert_eq!(ran.counts("incomes"), "2 read: 1 created, 1 failed");
}

#[test]
fn a_record_with_another_shops_mark_is_never_adopted() {
    let bench = Bench::new();
    let code = bench.order(|_| ());
    let theirs = format!("https://example.cz\nshoptet:999:{code}");
    let id = income(&bench, &code, json!({ "description": theirs }));
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.change(&code)["action"], "create");
    assert_ne!(bench.income_id(&code), id);
}

#[test]
fn a_mark_of_an_order_whose_code_only_begins_alike_is_another_orders() {
    let bench = Bench::new();
    let code = bench.order(|order| order.code = "20240001".into());
    let longer = mark("202400011");
    income(&bench, "jiné", json!({ "description": longer }));
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.change(&code)["action"], "create");
}

#[test]
fn an_order_whose_code_goes_on_after_a_space_is_another_order() {
    for codes in [["2024 A", "2024"], ["2024", "2024 A"]] {
        let bench = Bench::new();
        for code in codes {
            bench.order(|order| order.code = code.into());
            bench.run(&["--full"]).exits(0);
        }
        bench.in_state("DELETE FROM records");
        let ran = bench.run(&["--full"]).exits(0);
        assert_eq!(ran.counts("incomes"), "2 read: 2 adopted");
        for code in codes {
            assert_eq!(bench.income(code)["reference_number"], code);
        }
    }
}

#[test]
fn what_only_begins_like_a_mark_is_none() {
    for text in [
        "z e-shopu shoptet: viz e-mail",
        "shoptet:",
        "shoptet:222651",
    ] {
        let bench = Bench::new();
        let code = bench.order(|_| ());
        let id = income(&bench, &code, json!({ "description": text }));
        let ran = bench.run(&[]).exits(0);
        let reason = "same reference number, value and currency";
        adopted(&ran, &code, id, reason);
    }
}

#[test]
fn without_match_existing_everything_is_created() {
    let bench = Bench::set(&Settings {
        mapping: "match_existing = false",
        ..Settings::default()
    });
    let guid = bench.customer(|_| ());
    let code = bench.order(|_| ());
    company(&bench, json!({ "email": format!("{guid}@example.cz") }));
    income(&bench, &code, json!({}));
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.change(&guid)["action"], "create");
    assert_eq!(ran.change(&code)["action"], "create");
    let again = bench.run(&["--full"]).exits(0);
    assert_eq!(again.counts("incomes"), "1 read: 1 unchanged");
    let mut writes = bench.writes();
    writes.sort_unstable(); // side by side
    assert_eq!(writes, ["POST /companies", "POST /transfers"]);
}

#[test]
fn an_adoption_writes_a_payment_only() {
    let bench = Bench::new();
    let paid = bench.order(|order| order.paid = Some(true));
    let active = bench.order(|_| ());
    let same = bench.order(|_| ());
    let other = json!({ "date": "2024-01-01", "name": "Jinak", "category_id": 42 });
    let id = income(&bench, &paid, other);
    let inactive = income(&bench, &active, json!({ "inactive": true }));
    income(&bench, &same, json!({}));
    let ran = bench.run(&[]).exits(0);
    let day = bench.day_of_change(&paid);
    let change = ran.change(&paid);
    assert_eq!(change["action"], "adopt");
    assert_eq!(keys(&change["fields"]), names(["done", "payment_date"]));
    let mut writes = bench.sandbox.writes();
    writes.sort_by(|a, b| a.path.cmp(&b.path));
    let bodies: Vec<_> = writes.iter().map(Seen::json).collect();
    let payment = json!({ "done": true, "payment_date": day });
    assert_eq!(bodies, [payment]);
    let books = bench.sandbox.books();
    assert_eq!(books.transfers[&id]["name"], "Jinak");
    assert_eq!(books.transfers[&inactive]["inactive"], true);
}

#[test]
fn an_adoption_whose_write_is_refused_is_linked_and_written_by_the_next_run() {
    let bench = Bench::new();
    let code = bench.order(|order| order.paid = Some(true));
    let id = income(&bench, &code, json!({}));
    let body = json!({ "errors": { "done": ["is locked"] } }).to_string();
    let path = format!("/transfers/{id}");
    let matcher = Matcher::new(Service::Caflou, "PATCH", &path);
    let refusal = Fault::Answer { status: 422, body };
    bench.sandbox.set_faults(Faults::once(matcher, refusal));
    let ran = bench.run(&[]).exits(3);
    assert_eq!(ran.change(&code)["action"], "fail");
    bench.sandbox.forget_seen();
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.change(&code)["caflou_id"], id);
    assert_eq!(bench.writes(), [format!("PATCH {path}")]);
    assert_eq!(bench.sandbox.books().transfers[&id]["done"], true);
}

#[test]
fn under_new_only_an_adoption_writes_nothing() {
    let bench = Bench::set(&Settings {
        incomes: "new-only",
        ..Settings::default()
    });
    let code = bench.order(|order| order.paid = Some(true));
    income(&bench, &code, json!({}));
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.change(&code)["action"], "adopt");
    assert_eq!(bench.writes(), Vec::<String>::new());
}

#[test]
fn after_an_adoption_only_what_changes_in_the_shop_is_written() {
    let bench = Bench::new();
    let code = bench.order(|_| ());
    let id = income(&bench, &code, json!({ "date": "2024-01-01" }));
    bench.imported();
    let full = bench.run(&["--full"]).exits(0);
    assert_eq!(full.counts("incomes"), "1 read: 1 unchanged");
    bench.sandbox.shop().pay(&code);
    bench.run(&[]).exits(0);
    assert_eq!(keys(&bench.patches()[0]), names(["done", "payment_date"]));
    bench.sandbox.shop().cancel(&code);
    bench.run(&[]).exits(0);
    let books = bench.sandbox.books();
    assert_eq!(books.transfers[&id]["inactive"], false, "it is paid");
}

/// A firm with this number and an accountant's e-mail.
fn firm(bench: &Bench, number: &str) -> String {
    bench.customer(|customer| {
        customer.billing.company = Some(format!("Firma {number}"));
        customer.billing.company_id = Some(number.into());
        customer.accounts[0].email = "ucetni@example.cz".into();
    })
}

#[test]
fn two_customers_are_two_companies_whatever_they_share() {
    for numbers in [
        ["27082440", "25596641"],
        ["27082440", "27082440"],
        ["123", "123"],
    ] {
        let bench = Bench::new();
        let guids = numbers.map(|number| firm(&bench, number));
        let codes = guids
            .clone()
            .map(|guid| bench.order(|order| order.customer_guid = Some(guid)));
        let dry = bench.run(&["--dry-run"]).exits(0);
        let ran = bench.run(&[]).exits(0);
        for ran in [&dry, &ran] {
            assert_eq!(ran.counts("companies"), "2 read: 2 created", "{numbers:?}");
        }
        let ids = guids
            .each_ref()
            .map(|guid| bench.company(guid)["id"].clone());
        assert_ne!(ids[0], ids[1]);
        for (code, id) in codes.iter().zip(&ids) {
            assert_eq!(bench.income(code)["company_id"], *id);
        }
        let again = bench.run(&["--full"]).exits(0);
        assert_eq!(again.counts("companies"), "2 read: 2 unchanged");
    }
}

#[test]
fn a_company_is_one_customers_and_the_next_one_gets_its_own() {
    for in_one_run in [true, false] {
        let bench = Bench::new();
        let id = company(&bench, json!({ "email": "ucetni@example.cz" }));
        let first = firm(&bench, "27082440");
        if !in_one_run {
            adopted(&bench.run(&[]).exits(0), &first, id, "same e-mail");
        }
        let second = bench.customer(|one| one.accounts[0].email = "ucetni@example.cz".into());
        let dry = bench.run(&["--dry-run"]).exits(0);
        let ran = bench.run(&[]).exits(0);
        for ran in [&dry, &ran] {
            if in_one_run {
                adopted(ran, &first, id, "same e-mail");
            }
            assert_eq!(ran.change(&second)["action"], "create");
        }
        assert_eq!(bench.sandbox.books().companies.len(), 2);
    }
}

#[test]
fn a_weaker_key_joins_nobody_whom_a_stronger_one_keeps_apart() {
    for (theirs, joined) in [
        (json!({ "id_num": "27082440", "country": "CZ" }), false),
        (json!({ "id_num": "25596641", "country": "SK" }), false),
        (json!({ "tax_num": "CZ27082440" }), false),
        (json!({ "tax_num": "CZ699000001" }), true),
        (json!({ "id_num": "123", "country": "CZ" }), true),
        (json!({ "id_num": "25596641", "country": "CZ" }), true),
        (json!({ "id_num": "25596641" }), true),
        (json!({}), true),
    ] {
        let bench = Bench::new();
        let guid = bench.customer(|customer| {
            customer.billing.company = Some("Druhá s.r.o.".into());
            customer.billing.company_id = Some("25596641".into());
            customer.billing.vat_id = Some("CZ25596641".into());
            customer.accounts[0].email = "ucetni@example.cz".into();
        });
        let mut values = theirs.clone();
        values["email"] = json!("ucetni@example.cz");
        company(&bench, values);
        let ran = bench.run(&[]).exits(0);
        let action = if joined { "adopt" } else { "create" };
        assert_eq!(ran.change(&guid)["action"], action, "{theirs}");
    }
}

#[test]
fn a_vat_groups_number_joins_nobody_and_one_written_otherwise_does() {
    for (ours, theirs, joined) in [
        ("CZ699000001", "CZ699000001", false),
        ("CZ 699 000 001", "cz699000001", false),
        ("BE 0477.472.701", "BE0477472701", true),
        ("BE0477472701", "be 0477-472-701", true),
        ("CZ\u{200b}27082440", "CZ27082440", true),
        ("CZ27082440", "CZ27082441", false),
    ] {
        let bench = Bench::new();
        let guid = bench.customer(|customer| customer.billing.vat_id = Some(ours.into()));
        company(&bench, json!({ "tax_num": theirs }));
        let ran = bench.run(&[]).exits(0);
        let action = if joined { "adopt" } else { "create" };
        assert_eq!(ran.change(&guid)["action"], action, "{ours} {theirs}");
    }
}

#[test]
fn numbers_that_tell_nobody_apart_match_nobody() {
    for number in ["1", "123", "0", "-", "27082441", "00123456", "nemám"] {
        let bench = Bench::new();
        let guid = bench.customer(|customer| customer.billing.company_id = Some(number.into()));
        company(&bench, json!({ "id_num": number, "country": "CZ" }));
        let ran = bench.run(&[]).exits(0);
        assert_eq!(ran.change(&guid)["action"], "create", "{number}");
    }
}

#[test]
fn several_with_one_email_are_a_new_company_with_a_warning_that_names_the_command() {
    let bench = Bench::new();
    let guid = bench.customer(|customer| customer.accounts[0].email = "a@example.cz".into());
    let ids = [0; 2].map(|_| company(&bench, json!({ "email": "A@example.cz" })));
    let ran = bench.run(&[]).exits(0);
    let change = ran.change(&guid);
    assert_eq!(change["action"], "create");
    let warning = change["warnings"][0].as_str().unwrap();
    let command = format!("caflou-sync link my-shop {guid} --to ID");
    assert!(warning.contains(&command), "{warning}");
    for id in ids {
        assert!(warning.contains(&id.to_string()), "{warning}");
    }
    let again = bench.run(&["--full"]).exits(0);
    assert_eq!(again.counts("companies"), "1 read: 1 unchanged");
}

#[test]
fn invisible_characters_and_references_hide_no_match_and_reach_no_field() {
    let bench = Bench::new();
    let guid = bench.customer(|customer| {
        customer.billing.company = Some("\u{feff}Simon &amp; O&#39;Hara\u{200b} s.r.o.".into());
        customer.billing.street = Some("U &Scaron;vejka\u{ad}".into());
        customer.accounts[0].email = "\u{200e}a@exam\u{200b}ple.cz".into();
    });
    bench.run(&[]).exits(0);
    let there = bench.company(&guid);
    assert_eq!(there["name"], "Simon & O'Hara s.r.o.");
    assert_eq!(there["street"], "U Švejka 1");
    assert_eq!(there["email"], "a@example.cz");
    for theirs in ["a@example.cz", "\u{feff}a@example.cz", "A@example\u{ad}.cz"] {
        let bench = Bench::new();
        let guid = bench.customer(|one| one.accounts[0].email = "\u{200b}a@example.cz".into());
        let id = company(&bench, json!({ "email": theirs }));
        adopted(&bench.run(&[]).exits(0), &guid, id, "same e-mail");
    }
}

#[test]
fn a_record_with_a_mark_of_any_other_connection_is_never_adopted() {
    for theirs in [
        "shoptet:999",
        "fakturoid:my-firm",
        "flexi:firma_x",
        "xero:3f2504e0-4f89-11d3-9a0c-0305e82c3301",
        "zoho-books:10.234",
        "money-s3:27082440",
    ] {
        let bench = Bench::new();
        let guid = bench.customer(|customer| customer.billing.company_id = Some("27082440".into()));
        let code = bench.order(|_| ());
        let (mark, id) = (
            format!("{theirs}:contacts/5"),
            format!("{theirs}:invoices/7"),
        );
        company(
            &bench,
            json!({ "id_num": "27082440", "another_identifier": mark }),
        );
        income(
            &bench,
            &code,
            json!({ "description": format!("<p>x</p><p>{id}</p>") }),
        );
        let ran = bench.run(&[]).exits(0);
        assert_eq!(ran.change(&guid)["action"], "create", "{theirs}");
        assert_eq!(ran.change(&code)["action"], "create", "{theirs}");
    }
}

#[test]
fn a_lost_create_is_found_by_its_mark_in_other_clothes() {
    let number = |text: &str| {
        let numbers = text.chars().map(|c| format!("&#{};", u32::from(c)));
        numbers.collect::<String>()
    };
    for (code, mapping) in [
        ("2024000001", ""),
        ("2024000001", "match_existing = false"),
        ("ŽÁBA 1", "match_existing = false"),
    ] {
        let decomposed = mark(code).replace('Ž', "Z\u{30c}").replace('Á', "A\u{301}");
        let cut = mark(code).chars().take(17).collect::<String>();
        let texts = [
            format!(
                "<p>https://example.cz/?a=1&amp;b=2</p><p>{}</p>",
                number(&mark(code))
            ),
            format!("x\n{}", mark(code).replace(':', "&#58;")),
            format!("x<br>{decomposed} zaplaceno"),
            format!("x\n{}", mark(code).replace("tet", "t\u{ad}et")),
            format!("https://example.cz\n{cut}"),
            format!("<p>https://example.cz<br>{cut}…</p>"),
        ];
        for text in texts {
            let bench = Bench::set(&Settings {
                mapping,
                ..Settings::default()
            });
            let code = bench.order(|order| order.code = code.into());
            let matcher = Matcher::new(Service::Caflou, "POST", "/transfers");
            bench.caflou_setting("timeout = \"1s\"");
            bench
                .sandbox
                .set_faults(Faults::once(matcher, Fault::CutAfter));
            let mut run = bench.spawn(&[]);
            crate::support::wait_for("income", || !bench.sandbox.books().transfers.is_empty());
            for record in bench.sandbox.books().transfers.values_mut() {
                record["description"] = json!(text);
            }
            assert!(run.runs(), "it waits");
            let ran = run.end().exits(0);
            assert_eq!(ran.change(&code)["action"], "adopt", "{text}");
            assert_eq!(bench.sandbox.books().transfers.len(), 1, "{text}");
        }
    }
}

#[test]
fn a_lost_create_without_its_mark_stays_uncertain_and_is_not_sent_again() {
    let bench = Bench::set(&Settings {
        mapping: "match_existing = false",
        ..Settings::default()
    });
    let code = bench.order(|_| ());
    bench.caflou_setting("timeout = \"1s\"");
    let matcher = Matcher::new(Service::Caflou, "POST", "/transfers");
    bench
        .sandbox
        .set_faults(Faults::once(matcher, Fault::CutAfter));
    let run = bench.spawn(&[]);
    crate::support::wait_for("income", || !bench.sandbox.books().transfers.is_empty());
    for record in bench.sandbox.books().transfers.values_mut() {
        record["description"] = Value::Null;
    }
    let first = run.end().exits(3);
    for ran in [first, bench.run(&[]).exits(3)] {
        let reason = ran.change(&code)["reason"].as_str().unwrap().to_owned();
        let command = format!("caflou-sync link my-shop {code} --to ID");
        assert!(reason.contains(&command), "{reason}");
    }
    assert_eq!(bench.writes(), ["POST /transfers"]);
    // What is there and fits no better is no reason to doubt.
    for record in bench.sandbox.books().transfers.values_mut() {
        record["value"] = json!(1);
    }
    assert_eq!(bench.run(&[]).exits(0).change(&code)["action"], "create");
}

#[test]
fn search_that_does_nothing_changes_nothing() {
    let bench = Bench::with(|options| {
        options.transfer_search = false;
        options.company_search = false;
    });
    let (guid, code) = (bench.customer(|_| ()), bench.order(|_| ()));
    let mail = company(&bench, json!({ "email": format!("{guid}@example.cz") }));
    let id = income(&bench, &code, json!({}));
    for number in 0..150 {
        let (name, reference) = (format!("Firma {number}"), format!("jiná {number}"));
        company(&bench, json!({ "name": name }));
        income(&bench, &reference, json!({}));
    }
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.change(&guid)["caflou_id"], mail);
    assert_eq!(ran.change(&code)["caflou_id"], id);
    assert_eq!(bench.writes(), Vec::<String>::new());
}
