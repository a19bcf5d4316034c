//! A state file that is an older copy, new, or damaged: what Caflou holds is looked at again.

use std::fs;
use std::sync::Arc;

use serde_json::json;

use crate::sandbox::{Liar, Lie, Moment};
use crate::support::{Bench, Ran, price};

fn told(ran: &Ran, word: &str) -> bool {
    ran.warnings().iter().any(|warning| warning.contains(word))
}

/// Files of the state that were set aside, without their logs.
fn aside(bench: &Bench) -> Vec<String> {
    let names = fs::read_dir(bench.path("")).unwrap();
    let names = names.map(|file| file.unwrap().file_name().to_string_lossy().into_owned());
    let aside = names.filter(|name| name.starts_with("state.db.damaged-"));
    aside
        .filter(|name| !name.contains("-wal") && !name.contains("-shm"))
        .collect()
}

#[test]
fn a_list_that_is_short_for_a_moment_is_not_believed_by_a_state_that_knows_nothing() {
    for lie in [Lie::EmptyList, Lie::HalfList] {
        let bench = Bench::new();
        for _ in 0..4 {
            bench.order(|_| ());
        }
        bench.imported();
        bench.sandbox.set_liar(Liar::new(1, 1000, vec![lie]));
        bench.run(&["--state", "other.db"]).exits(0);
        assert!(bench.sandbox.injected().contains_key(lie.name()), "{lie:?}");
        bench.each_order_is_there_once();
    }
}

#[test]
fn where_descriptions_come_cut_short_a_state_that_knows_nothing_creates_nothing_and_says_so() {
    for setting in ["", "match_existing = false"] {
        let bench = Bench::new();
        bench.configure(&crate::support::Settings {
            mapping: setting,
            ..crate::support::Settings::default()
        });
        let codes = [0; 4].map(|_| bench.order(|_| ()));
        bench.imported();
        let dearer = price("2000");
        bench
            .sandbox
            .shop()
            .edit(&codes[0], |order| order.price = dearer);
        // The mark is not even begun.
        bench
            .sandbox
            .set_liar(Liar::new(1, 1000, vec![Lie::CutShort]));
        let other = ["--state", "other.db"];
        let ran = bench.run(&other).exits(3);
        assert_eq!(ran.counts("incomes"), "4 read: 4 failed", "{setting}");
        let reason = ran.change(&codes[0])["reason"].to_string();
        assert!(reason.contains("ends before our mark"), "{reason}");
        bench.sandbox.set_liar(Liar::default());
        bench.run(&other).exits(0);
        bench.each_order_is_there_once();
    }
}

#[test]
fn after_a_restore_all_is_compared_and_what_agrees_with_neither_side_is_told() {
    let bench = Bench::new();
    let [paid, back, changed, edited, still] = [0; 5].map(|_| bench.order(|_| ()));
    bench.imported();
    let copy = fs::read(bench.path("state.db")).unwrap();
    bench.sandbox.shop().pay(&paid);
    let dearer = |code: &str, value: &str| {
        let price = price(value);
        bench.sandbox.shop().edit(code, |order| order.price = price);
    };
    dearer(&back, "2000");
    let new = bench.order(|_| ());
    bench.run(&[]).exits(0);
    fs::write(bench.path("state.db"), &copy).unwrap();

    // The shop went back to the value of the copy: Caflou has the one in between.
    dearer(&back, "1234.50");
    dearer(&changed, "3000");
    let id = bench.income_id(&edited);
    let mut books = bench.sandbox.books();
    let income = books.transfers.get_mut(&id).unwrap();
    income.insert("value".to_owned(), json!(7));
    drop(books);
    bench.sandbox.forget_seen();
    for args in [&["--dry-run"][..], &[]] {
        let ran = bench.run(args).exits(0);
        assert!(told(&ran, "is an older copy"), "{:?}", ran.warnings());
        assert_eq!(ran.start()["full"], true);
        for code in [&back, &edited] {
            let kept = ran.change(code)["kept"].to_string();
            assert!(kept.contains("\"value\""), "{args:?}: {kept}");
            assert_eq!(ran.change(code)["action"], "skip");
        }
        assert_eq!(ran.change(&changed)["action"], "update");
        assert_eq!(ran.change(&new)["action"], "adopt");
        let actions = ran.actions();
        for code in [&paid, &still] {
            assert!(!actions.contains_key(code), "{actions:?}");
        }
    }
    let patches = bench.patches();
    assert_eq!(patches.len(), 1, "{patches:?}");
    assert_eq!(patches[0]["value"].to_string(), "3000.00");
    assert_eq!(bench.income(&back)["value"].to_string(), "2000.00");
    bench.each_order_is_there_once();
    // Once is enough.
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.warnings(), Vec::<String>::new());
    assert!(ran.actions().is_empty());
}

#[test]
fn what_was_switched_off_after_the_copy_was_made_is_told_where_the_shop_has_it_again() {
    // Also where the copy is from the moment in which its create was under way.
    let lost = "UPDATE records SET state = 'sending', caflou_id = NULL, checksum = NULL";
    for copied in ["", lost] {
        let bench = Bench::new();
        let code = bench.order(|_| ());
        bench.imported();
        let copy = fs::read(bench.path("state.db")).unwrap();
        bench.sandbox.shop().cancel(&code);
        bench.run(&[]).exits(0);
        assert_eq!(bench.income(&code)["inactive"], true);
        fs::write(bench.path("state.db"), &copy).unwrap();
        if !copied.is_empty() {
            bench.in_state(copied);
        }
        bench.sandbox.shop().reopen(&code);
        let ran = bench.run(&[]).exits(0);
        let kept = ran.change(&code)["kept"].to_string();
        assert!(kept.contains("inactive"), "{copied}: {kept}");
        bench.each_order_is_there_once();
    }
}

#[test]
fn another_record_under_a_known_number_is_not_written_by_a_state_that_may_be_too_old() {
    let bench = Bench::new();
    let code = bench.order(|_| ());
    bench.imported();
    // The two states do not know of each other's runs.
    bench.run(&["--state", "other.db"]).exits(0);
    let income = bench.income(&code);
    bench.sandbox.shop().edit(&code, |order| {
        order.guid = "99999999-0000-4000-8000-000000000009".into();
        order.full_name = Some("Někdo Jiný".to_owned());
        order.price = price("99999");
    });
    for _ in 0..2 {
        let ran = bench.run(&[]).exits(3);
        assert!(
            told(&ran, "it does not know the run"),
            "{:?}",
            ran.warnings()
        );
        assert_eq!(bench.income(&code), income);
        bench.run(&["--state", "other.db"]).exits(3);
        assert_eq!(bench.income(&code), income);
    }
}

#[test]
fn what_was_learnt_of_a_source_that_turned_out_to_be_another_one_is_not_believed() {
    let bench = Arc::new(Bench::new());
    let codes = [0; 3].map(|_| bench.order(|_| ()));
    bench.imported();
    let incomes = codes.clone().map(|code| bench.income(&code));
    let begun = Arc::clone(&bench);
    bench.sandbox.watch(move |moment, call| {
        if moment == Moment::Answered && call.path.ends_with("/eshop") {
            let liar = Liar::new(1, 1000, vec![Lie::OtherShop]);
            begun.sandbox.set_liar(liar);
        }
    });
    let other = ["--state", "other.db"];
    let ran = bench.run(&other).exits(4);
    assert!(ran.error().contains("999999"), "{}", ran.error());
    assert_eq!(ran.change(&codes[0])["action"], "adopt");
    bench.sandbox.unwatch();
    bench.sandbox.set_liar(Liar::default());
    bench.run(&other).exits(0);
    bench.run(&other).exits(0);
    assert_eq!(codes.map(|code| bench.income(&code)), incomes);
}

#[test]
fn a_compare_after_a_restore_that_does_not_end_is_done_again() {
    let bench = Bench::new();
    let code = bench.order(|_| ());
    bench.imported();
    let copy = fs::read(bench.path("state.db")).unwrap();
    bench.sandbox.shop().pay(&code);
    bench.run(&[]).exits(0);
    fs::write(bench.path("state.db"), &copy).unwrap();
    let config = bench.config();
    bench.write_config(&config.replace("eshop_id = 222651", "eshop_id = 222651 # same"));
    bench.run(&["--max-changes", "0", "--timeout", "1ms"]);
    let ran = bench.run(&[]).exits(0);
    assert!(told(&ran, "older copy"), "{:?}", ran.warnings());
    assert_eq!(ran.start()["full"], true);
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.start()["full"], false);
}

#[test]
fn a_lost_state_is_told_and_its_records_are_linked_by_their_marks() {
    for setting in ["", "match_existing = false"] {
        let bench = Bench::new();
        bench.configure(&crate::support::Settings {
            mapping: setting,
            ..crate::support::Settings::default()
        });
        let codes = [0; 3].map(|_| bench.order(|_| ()));
        bench.imported();
        fs::remove_file(bench.path("state.db")).unwrap();
        let ran = bench.run(&[]).exits(0);
        assert!(told(&ran, "new or was lost"), "{:?}", ran.warnings());
        for code in &codes {
            assert_eq!(ran.change(code)["action"], "adopt");
        }
        bench.each_order_is_there_once();
        bench.run(&[]).exits(0);
        assert_eq!(bench.writes(), Vec::<String>::new());
    }
}

#[test]
fn what_was_forgotten_was_not_restored() {
    let bench = Bench::new();
    bench.order(|_| ());
    bench.imported();
    bench.program(&["forget", "my-shop", "--yes"]).exits(0);
    let ran = bench.run(&[]).exits(0);
    let said = "1 income in Caflou with this connection's mark was not known here (a state that was \
                lost, renamed or forgotten): it is linked";
    assert_eq!(ran.warnings(), [said]);
}

#[test]
fn a_damaged_file_is_rebuilt_from_the_marks_and_kept_beside() {
    for setting in ["", "match_existing = false"] {
        let bench = Bench::new();
        bench.configure(&crate::support::Settings {
            mapping: setting,
            ..crate::support::Settings::default()
        });
        let codes = [0; 4].map(|_| bench.order(|_| ()));
        bench.imported();
        bench.in_state("UPDATE records SET caflou_id = 1 WHERE source_id = '2024000002'");
        let damaged = fs::read(bench.path("state.db")).unwrap();
        let refused = bench.run(&[]).exits(1);
        assert!(refused.error().contains("--rebuild"), "{}", refused.error());
        bench.run(&["--rebuild", "--dry-run"]).exits(0);
        assert!(aside(&bench).is_empty());

        let ran = bench.run(&["--rebuild"]).exits(0);
        assert!(told(&ran, "state.db.damaged-"), "{:?}", ran.warnings());
        assert_eq!(ran.counts("incomes"), "4 read: 4 adopted");
        let [aside] = &aside(&bench)[..] else {
            panic!("one is set aside");
        };
        assert_eq!(fs::read(bench.path(aside)).unwrap(), damaged);
        assert_eq!(bench.writes(), Vec::<String>::new());
        bench.sandbox.shop().pay(&codes[1]);
        bench.run(&[]).exits(0);
        assert_eq!(bench.income(&codes[1])["done"], true);
        bench.each_order_is_there_once();
    }
}

#[test]
fn a_file_in_order_and_one_that_is_in_use_stay() {
    let bench = Bench::new();
    bench.order(|_| ());
    bench.imported();
    let ran = bench.run(&["--rebuild"]).exits(0);
    assert!(told(&ran, "in order and stays"), "{:?}", ran.warnings());
    assert_eq!(ran.counts("incomes"), "1 read: 1 unchanged");
    bench.in_state("UPDATE records SET caflou_id = 1");
    let lock = fs::File::create(bench.path("state.db.other.lock")).unwrap();
    lock.lock().unwrap();
    let ran = bench.run(&["--rebuild"]).exits(1);
    assert!(
        ran.error().contains("another run uses it"),
        "{}",
        ran.error()
    );
    assert!(aside(&bench).is_empty());
}
