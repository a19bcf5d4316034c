//! What is remembered of a connection is about one shop and one account, and about no others.

use serde_json::json;

use crate::support::{Bench, KEY, Settings};

/// The configuration with this shop; the shop is that one.
fn other_shop(bench: &Bench, eshop_id: u64) {
    bench.sandbox.shop().eshop_id = eshop_id;
    bench.configure(&Settings::default());
}

/// The configuration with this account.
fn other_account(bench: &Bench, account: &str) {
    let mut books = bench.sandbox.books();
    books
        .accounts
        .push((account.to_owned(), "Jiný s.r.o.".to_owned()));
    drop(books);
    let ours = format!("account_id = \"{}\"", bench.sandbox.account_id());
    let text = bench.config();
    assert!(text.contains(&ours));
    bench.write_config(&text.replace(&ours, &format!("account_id = \"{account}\"")));
}

#[test]
fn a_connection_that_is_turned_to_another_shop_or_account_is_refused_before_anything_is_written() {
    type Turn = fn(&Bench);
    let turns: [(Turn, &str); 2] = [
        (|bench| other_shop(bench, 333), "shoptet:333"),
        (|bench| other_account(bench, "777"), "caflou:777"),
    ];
    for (turn, named) in turns {
        let bench = Bench::new();
        let code = bench.order(|_| ());
        bench.imported();
        // The other shop counts its orders by the same numbers.
        turn(&bench);
        bench.sandbox.shop().pay(&code);
        bench.order(|_| ());
        for args in [&[][..], &["--dry-run"]] {
            let ran = bench.run(args).exits(7);
            let said = ran.error();
            for word in [named, "shoptet:222651", &format!("forget {KEY}")] {
                assert!(said.contains(word), "{word}: {said}");
            }
        }
        assert_eq!(bench.writes(), Vec::<String>::new());
        let said = bench.program(&["status"]).exits(1).stdout;
        assert!(said.contains("forget"), "{said}");
        // Forgotten, it begins anew.
        bench.program(&["forget", KEY, "--yes"]).exits(0);
        bench.run(&[]).exits(0);
    }
}

#[test]
fn a_mistyped_shop_or_account_may_be_put_right_as_long_as_nothing_was_imported() {
    let bench = Bench::new();
    let code = bench.order(|_| ());
    let right = bench.config();
    bench.write_config(&right.replace("eshop_id = 222651", "eshop_id = 222652"));
    bench.run(&[]).exits(4);
    bench.write_config(&right);
    bench.run(&[]).exits(0);
    bench.income(&code);
}

#[test]
fn an_income_entered_by_hand_is_adopted_for_one_order_of_one_shop_only() {
    let bench = Bench::new();
    let code = bench.order(|_| ());
    let by_hand = bench.sandbox.books().add_transfer(json!({
        "kind": "income", "name": "Ručně zadaná", "date": "2024-05-20", "currency": "CZK",
        "reference_number": code, "value": 1234.5, "done": false, "inactive": false,
    }));
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.change(&code)["caflou_id"], by_hand);
    // The second shop of the same owner counts its orders by the same numbers.
    bench.sandbox.shop().eshop_id = 333;
    bench.write_config(&bench.connection("second", &Settings::default()));
    let run = ["run", "second", "--format", "json"];
    let shown = bench.program(&[&run[..], &["--dry-run"]].concat()).exits(0);
    assert_eq!(shown.change(&code)["action"], "create");
    let ran = bench.program(&run).exits(0);
    assert_eq!(ran.change(&code)["action"], "create");
    assert_eq!(bench.sandbox.books().transfers.len(), 2);
    // The same shop under another name means the same orders.
    bench.sandbox.shop().eshop_id = 222_651;
    bench.write_config(&bench.connection("renamed", &Settings::default()));
    let ran = bench.program(&["run", "renamed", "--format", "json"]);
    assert_eq!(ran.exits(0).change(&code)["caflou_id"], by_hand);
}
