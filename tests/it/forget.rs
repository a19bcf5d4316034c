//! `forget`: personal data leaves the state file, and nothing comes twice because of it.

use serde_json::json;

use crate::sandbox::model::Customer;
use crate::support::{Bench, KEY, Ran, Settings};

/// Texts that only the customer of these tests has.
const PERSONAL: [&str; 4] = ["Zdislava", "Nezapomenutá", "zdislava@", "Tajná"];

fn zdislava(customer: &mut Customer) {
    customer.billing.full_name = Some("Zdislava Nezapomenutá".into());
    customer.billing.street = Some("Tajná".into());
    customer.accounts[0].email = "zdislava@example.cz".into();
}

/// A customer with two imported orders and a cancelled one, and somebody else's order.
struct Shop {
    bench: Bench,
    guid: String,
    orders: Vec<String>,
    cancelled: String,
}

impl Shop {
    /// Forgets the customer, and the order that nothing but the name links.
    fn forget(&self) -> Ran {
        let customer = ["forget", KEY, "--customer", &self.guid];
        let order = ["--order", &self.cancelled, "--yes"];
        self.bench
            .program(&[&customer[..], &order].concat())
            .exits(0)
    }
}

fn shop(settings: &Settings) -> Shop {
    let bench = Bench::set(settings);
    let guid = bench.customer(zdislava);
    let mine = |change: fn(&mut crate::sandbox::model::Order)| {
        bench.order(|order| {
            order.customer_guid = Some(guid.clone());
            order.full_name = Some("Zdislava Nezapomenutá".into());
            change(order);
        })
    };
    let orders = vec![mine(|_| ()), mine(|_| ())];
    let cancelled = mine(|_| ());
    bench.sandbox.shop().cancel(&cancelled);
    bench.order(|_| ());
    bench.imported();
    // Older values leave traces in free places of the file.
    let mut shop = bench.sandbox.shop();
    shop.edit(&orders[0], |order| {
        order.full_name = Some("Zdislava Nezapomenutá provdaná Dlouhojmenná".into());
    });
    drop(shop);
    bench.imported();
    Shop {
        bench,
        guid,
        orders,
        cancelled,
    }
}

#[track_caller]
fn holds_nothing(bench: &Bench) {
    let text = bench.state_text();
    for personal in PERSONAL {
        assert!(!text.contains(personal), "{personal} is still there");
    }
}

/// Whatever the next runs look at, they write nothing about the forgotten.
#[track_caller]
fn stays_forgotten(shop: &Shop) {
    let bench = &shop.bench;
    bench.sandbox.forget_seen();
    let count = || {
        let books = bench.sandbox.books();
        (books.companies.len(), books.transfers.len())
    };
    let before = count();
    bench.run(&[]).exits(0);
    let mut shown = bench.sandbox.shop();
    shown.edit(&shop.orders[0], |order| order.paid = Some(true));
    shown.cancel(&shop.orders[1]);
    drop(shown);
    bench.run(&[]).exits(0);
    bench.run(&["--full"]).exits(0);
    bench.run(&["--order", &shop.orders[0]]).exits(0);
    bench.run(&["--full", "--dry-run"]).exits(0);
    assert_eq!(bench.writes(), Vec::<String>::new());
    assert_eq!(count(), before);
    holds_nothing(bench);
}

#[test]
fn a_forgotten_customer_leaves_no_personal_data_and_is_never_imported_again() {
    for mapping in ["", "match_existing = false"] {
        for incomes in ["new-only", "new-and-update"] {
            let shop = shop(&Settings {
                incomes,
                mapping,
                ..Settings::default()
            });
            let bench = &shop.bench;
            let text = bench.state_text();
            assert!(PERSONAL.iter().all(|personal| text.contains(personal)));
            let mut incomes: Vec<_> = shop
                .orders
                .iter()
                .map(|code| bench.income_id(code))
                .collect();
            incomes.sort_unstable();
            let expected = format!(
                "forgotten: 1 customer and 3 orders of `my-shop`\n\
                 in Caflou there still are: companies {}; incomes {}, {}\n",
                bench.company(&shop.guid)["id"],
                incomes[0],
                incomes[1]
            );
            assert_eq!(shop.forget().stdout, expected);
            holds_nothing(bench);
            stays_forgotten(&shop);
            let order = ["history", "--order", &shop.orders[0]];
            let ran = bench.program(&order).exits(0);
            assert!(
                ran.stdout.contains("forgotten at your request"),
                "{}",
                ran.stdout
            );
            let created = format!(
                "\n  + income   {}               forgotten at your request · Caflou {}",
                shop.orders[0],
                bench.income_id(&shop.orders[0])
            );
            assert!(ran.stdout.contains(&created), "{}", ran.stdout);
        }
    }
}

#[test]
fn programs_are_told_what_was_forgotten_and_what_is_left_in_caflou() {
    let shop = shop(&Settings::default());
    let bench = &shop.bench;
    let mut incomes: Vec<_> = shop
        .orders
        .iter()
        .map(|code| bench.income_id(code))
        .collect();
    incomes.sort_unstable();
    let company = bench.company(&shop.guid)["id"].clone();
    let forget = |flags: &[&str]| {
        let args = [&["forget", KEY, "--yes", "--format", "json"], flags].concat();
        bench.program(&args).exits(0).objects()
    };
    let told = forget(&["--customer", &shop.guid]);
    let expected = json!({
        "type": "forgotten", "connection": KEY, "all": false, "customers": [shop.guid],
        "orders": shop.orders, "same_name": [shop.cancelled],
        "caflou": {"companies": [company], "incomes": incomes},
    });
    assert_eq!(told, [expected]);
    let told = forget(&[]);
    assert_eq!(
        told,
        [json!({"type": "forgotten", "connection": KEY, "all": true})]
    );
}

#[test]
fn after_a_second_time_it_is_still_forgotten() {
    let shop = shop(&Settings::default());
    shop.forget();
    shop.forget();
    stays_forgotten(&shop);
}

#[test]
fn orders_that_wait_for_the_company_belong_to_the_customer() {
    let bench = Bench::new();
    let guid = "c0000000-0000-4000-8000-000000000001".to_owned();
    let order = bench.order(|order| {
        order.customer_guid = Some(guid.clone());
        order.full_name = Some("Zdislava Nezapomenutá".into());
    });
    bench.imported();
    let ran = bench
        .program(&["forget", KEY, "--customer", &guid, "--yes"])
        .exits(0);
    assert!(
        ran.stdout
            .starts_with("forgotten: 1 customer and 1 order of"),
        "{}",
        ran.stdout
    );
    bench.customer(zdislava);
    stays_forgotten(&Shop {
        bench,
        guid,
        orders: vec![order.clone(), order.clone()],
        cancelled: order,
    });
}

#[test]
fn a_guest_is_forgotten_by_their_orders_and_orders_of_the_same_name_are_pointed_out() {
    let shop = shop(&Settings::default());
    let bench = &shop.bench;
    let guest = bench.order(|order| order.full_name = Some("Zdislava Nezapomenutá".into()));
    bench.imported();
    let customer = ["forget", KEY, "--customer", &shop.guid, "--yes"];
    let ran = bench.program(&customer).exits(0);
    let hint = format!(
        "linked by nothing but the name: {}, {guest}; a run may read them again. If they are the \
         same person's: caflou-sync forget my-shop --record orders/ID\n",
        shop.cancelled
    );
    assert!(ran.stdout.ends_with(&hint), "{}", ran.stdout);
    let record = format!("orders/{guest}");
    let json = ["--yes", "--format", "json"];
    let guest = [&["forget", KEY, "--record", &record][..], &json].concat();
    let told = bench.program(&guest).exits(0).objects().remove(0);
    // What there is none of is there as well, empty.
    let none = [&told["customers"], &told["caflou"]["companies"]];
    assert_eq!(none, [&json!([]), &json!([])]);
    holds_nothing(bench);
    shop.forget();
    stays_forgotten(&shop);
}

#[test]
fn nothing_is_deleted_without_a_yes_or_for_a_mistyped_id() {
    let shop = shop(&Settings::default());
    let bench = &shop.bench;
    let before = bench.state_hash();
    let ran = bench
        .program(&["forget", KEY, "--customer", &shop.guid])
        .exits(2);
    for said in [
        "1 customer and 2 orders of `my-shop`",
        "never imported again",
        "--yes",
    ] {
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
    }
    let ran = bench
        .program(&["forget", KEY, "--customer", "c1", "--order", "1", "--yes"])
        .exits(2);
    assert!(
        ran.stderr.contains("nothing is held of c1, 1"),
        "{}",
        ran.stderr
    );
    bench.program(&["forget", "my-shpo", "--yes"]).exits(2);
    assert_eq!(bench.state_hash(), before);
}

#[test]
fn a_run_under_way_is_not_disturbed() {
    let shop = shop(&Settings::default());
    let lock = std::fs::File::create(shop.bench.path("state.db.my-shop.lock")).unwrap();
    lock.lock().unwrap();
    let ran = shop.bench.program(&["forget", KEY, "--yes"]).exits(5);
    assert!(ran.stderr.contains("under way"), "{}", ran.stderr);
}

#[test]
fn remains_that_another_program_holds_are_not_passed_over_in_silence() {
    let shop = shop(&Settings::default());
    let bench = &shop.bench;
    let reader = rusqlite::Connection::open(bench.path("state.db")).unwrap();
    reader
        .execute_batch("BEGIN; SELECT count(*) FROM records")
        .unwrap();
    let ran = bench
        .program(&["forget", KEY, "--customer", &shop.guid, "--yes"])
        .exits(1);
    assert!(
        ran.stderr.contains("run the same command again"),
        "{}",
        ran.stderr
    );
    drop(reader);
    bench
        .program(&["forget", KEY, "--customer", &shop.guid, "--yes"])
        .exits(0);
    holds_nothing(bench);
}

#[test]
fn a_whole_connection_is_forgotten_and_the_next_run_links_what_is_there() {
    let shop = shop(&Settings::default());
    let bench = &shop.bench;
    let other = bench.connection("other", &Settings::default());
    bench.write_config(&format!("{}\n{other}", bench.config()));
    bench.program(&["run", "other"]).exits(0);
    bench.program(&["forget", KEY, "--yes"]).exits(0);
    let runs = bench.program(&["history"]).exits(0).stdout;
    assert_eq!(runs.lines().count(), 2, "the other's stays: {runs}");
    bench.program(&["forget", "other", "--yes"]).exits(0);
    holds_nothing(bench);
    bench.sandbox.forget_seen();
    bench.run(&[]).exits(0);
    assert!(!bench.writes().iter().any(|write| write.starts_with("POST")));
}

#[test]
fn a_connection_that_would_import_everything_twice_afterwards_is_not_forgotten() {
    let shop = shop(&Settings {
        mapping: "match_existing = false",
        ..Settings::default()
    });
    let before = shop.bench.state_hash();
    let ran = shop.bench.program(&["forget", KEY, "--yes"]).exits(2);
    assert!(ran.stderr.contains("a second time"), "{}", ran.stderr);
    assert_eq!(shop.bench.state_hash(), before);
}

#[test]
fn old_runs_leave_the_history_at_the_end_of_a_run() {
    let bench = Bench::new();
    let code = bench.order(|_| ());
    bench.imported();
    bench.imported();
    let config = std::fs::read_to_string(bench.path("connections.toml")).unwrap();
    std::fs::write(
        bench.path("connections.toml"),
        format!("keep_runs = 30\n{config}"),
    )
    .unwrap();
    let runs = || {
        bench
            .program(&["history", "--format", "json"])
            .objects()
            .len()
    };
    bench.in_state("UPDATE runs SET started_at = started_at - 29 * 86400");
    bench.imported();
    assert_eq!(runs(), 3);
    bench.in_state("UPDATE runs SET started_at = started_at - 2 * 86400");
    bench.imported();
    assert_eq!(runs(), 2);
    let ran = bench.program(&["history", "--order", &code]).exits(0);
    assert!(
        ran.stdout.contains("now: in Caflou as income"),
        "{}",
        ran.stdout
    );
}
