//! What the shop's statuses and payment methods mean, as the settings say it.

use serde_json::json;

use crate::sandbox::Service;
use crate::sandbox::model::{Method, Status};
use crate::support::{Bench, Settings};

/// A status of the shop's own (the sandbox names it so in `/api/orders/statuses`).
fn waiting() -> Status {
    Status::new(1, "Čeká na zboží")
}

fn done() -> Status {
    Status::new(-3, "Vyřízena")
}

fn into(bench: &Bench, code: &str, status: Status) {
    let mut shop = bench.sandbox.shop();
    shop.edit(code, |order| order.status = Some(status));
}

fn with(import: &'static str, mapping: &'static str) -> Bench {
    Bench::set(&Settings {
        import,
        mapping,
        ..Settings::default()
    })
}

fn asked_for_statuses(bench: &Bench) -> usize {
    let requests = bench.requests(Service::Shoptet);
    let of_statuses = requests.iter();
    of_statuses
        .filter(|one| one.contains("/api/orders/statuses"))
        .count()
}

#[test]
fn own_statuses_count_as_cancelled_by_name_or_number() {
    for status in ["\"čeká na zboží\"", "1"] {
        let mapping = format!("cancelled_statuses = [{status}]").leak();
        let bench = with("", mapping);
        let (kept, switched, new) = (
            bench.order(|_| ()),
            bench.order(|_| ()),
            bench.order(|order| order.status = Some(waiting())),
        );
        let ran = bench.imported();
        assert_eq!(ran.counts("incomes"), "3 read: 2 created, 1 skipped");
        assert_eq!(
            ran.change(&new)["reason"],
            "cancelled in the shop, not imported"
        );
        into(&bench, &switched, waiting());
        let ran = bench.run(&[]).exits(0);
        assert_eq!(ran.change(&switched)["action"], "update");
        assert_eq!(bench.income(&switched)["inactive"], true);
        assert_eq!(bench.income(&kept)["inactive"], json!(false));
        // Its price counts again once it is back.
        into(&bench, &switched, done());
        bench.run(&[]).exits(0);
        assert_eq!(bench.income(&switched)["inactive"], false);
        // A number needs no list of names.
        let asked = asked_for_statuses(&bench);
        assert_eq!(asked > 0, status != "1", "{status}");
    }
}

#[test]
fn a_paid_order_that_counts_as_cancelled_is_left_alone() {
    let bench = with("", "cancelled_statuses = [1]");
    let code = bench.order(|order| order.paid = Some(true));
    bench.imported();
    into(&bench, &code, waiting());
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.change(&code)["action"], "skip");
    assert_eq!(bench.writes(), Vec::<String>::new());
}

#[test]
fn a_status_that_the_shop_does_not_have_is_a_wrong_setting() {
    for (import, mapping) in [
        ("order_statuses = [\"Čeká na zbozi\"]", ""),
        ("", "cancelled_statuses = [\"Čeká na zbozi\"]"),
    ] {
        let bench = with(import, mapping);
        bench.order(|_| ());
        let ran = bench.run(&[]).exits(2);
        let error = ran.error();
        assert!(error.contains("the shop has no status \"Čeká na zbozi\""));
        assert!(error.contains("did you mean \"Čeká na zboží\"?"), "{error}");
        assert!(error.contains("Nevyřízená"), "{error}");
        assert_eq!(bench.writes(), Vec::<String>::new());
    }
}

#[test]
fn orders_wait_until_they_get_to_a_status() {
    let bench = with("order_statuses = [\"Vyřízena\", 2]", "");
    let (early, ready) = (
        bench.order(|_| ()),
        bench.order(|order| order.status = Some(done())),
    );
    let cancelled = bench.order(|_| ());
    bench.sandbox.shop().cancel(&cancelled);
    let ran = bench.imported();
    assert_eq!(ran.counts("incomes"), "3 read: 1 created, 2 skipped");
    let reason = ran.change(&early)["reason"].clone();
    assert_eq!(
        reason,
        "waits for a status of import.order_statuses: Nevyřízená"
    );
    // Nothing is open about it.
    bench.program(&["status"]).exits(0);

    into(&bench, &early, done());
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.change(&early)["action"], "create");
    // What is there is followed, whatever its status.
    into(&bench, &ready, waiting());
    bench.sandbox.shop().pay(&ready);
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.change(&ready)["action"], "update");
    assert_eq!(bench.income(&ready)["done"], true);
    let full = bench.run(&["--full"]).exits(0);
    assert_eq!(full.counts("incomes"), "3 read: 2 unchanged, 1 skipped");
}

#[test]
fn an_order_that_failed_and_waits_now_is_open_no_more() {
    let bench = with("", "");
    let code = bench.order(|order| order.price.currency = "??".into());
    bench.run(&[]).exits(3);
    bench.configure(&Settings {
        import: "order_statuses = [-3]",
        ..Settings::default()
    });
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.change(&code)["action"], "skip");
    let status = bench.program(&["status"]).exits(0);
    assert!(!status.stdout.contains(&code), "{}", status.stdout);
}

#[test]
fn other_statuses_in_the_settings_compare_everything() {
    let bench = with("order_statuses = [-3]", "");
    let code = bench.order(|_| ());
    bench.imported();
    bench.configure(&Settings {
        import: "order_statuses = [-3, -1]",
        ..Settings::default()
    });
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.change(&code)["action"], "create");
}

fn by(name: &str, guid: Option<&str>) -> Method {
    Method {
        guid: guid.map(str::to_owned),
        name: name.to_owned(),
    }
}

#[test]
fn a_payment_method_has_settings_of_its_own_by_name_or_guid() {
    let mapping = "category_id = 1\nproject_id = 2\ntags = [\"e-shop\"]\n\
                   expected_days = { default = 0, \"Dobírkou\" = 3 }\n\
                   by = { \"Dobírkou\" = { category_id = 7, expected_days = 10, \
                   tags = [\"dobírka\", \"e-shop\"] }, \"a-guid\" = { source_id = 5 } }";
    let bench = with("", mapping);
    let cash = bench.order(|order| order.payment_method = Some(by("DOB&iacute;RKOU ", None)));
    let card = bench.order(|order| order.payment_method = Some(by("Kartou", Some("a-guid"))));
    let other = bench.order(|order| order.payment_method = Some(by("Převodem", None)));
    let paid = bench.order(|order| {
        order.payment_method = Some(by("Dobírkou", None));
        order.paid = Some(true);
    });
    bench.imported();
    let income = bench.income(&cash);
    assert_eq!(
        (&income["category_id"], &income["project_id"]),
        (&json!(7), &json!(2))
    );
    assert_eq!(income["tags"], json!(["e-shop", "dobírka"]));
    assert_eq!(income["date"], "2024-05-16");
    assert_eq!(
        bench.income(&paid)["date"],
        "2024-05-06",
        "nothing is expected"
    );
    let income = bench.income(&card);
    assert_eq!(
        (&income["category_id"], &income["source_id"]),
        (&json!(1), &json!(5))
    );
    assert_eq!(income["tags"], json!(["e-shop"]));
    let income = bench.income(&other);
    assert_eq!(
        (&income["category_id"], &income["source_id"]),
        (&json!(1), &json!(null))
    );
    assert_eq!(bench.run(&["--full"]).exits(0).changes().len(), 0);
}

#[test]
fn settings_of_a_method_can_be_set_by_a_command() {
    let bench = with("", "");
    let set = [
        "edit",
        "my-shop",
        "--set",
        "mapping.by.\"Dobírkou\".category_id=7",
    ];
    bench.program(&set).exits(0);
    let wrong = [
        "edit",
        "my-shop",
        "--set",
        "mapping.by.\"Dobírkou\".categori_id=7",
    ];
    let ran = bench.program(&wrong).exits(2);
    assert!(
        ran.stderr.contains("categori_id: unknown key"),
        "{}",
        ran.stderr
    );
    let code = bench.order(|order| order.payment_method = Some(by("Dobírkou", None)));
    bench.imported();
    assert_eq!(bench.income(&code)["category_id"], 7);
}

#[test]
fn only_customers_with_an_order_in_the_interval_become_companies() {
    let bench = with("companies_with_orders = true\nfrom = 2024-05-01", "");
    let [buyer, idle, early, cancelled, late] = [(); 5].map(|()| bench.customer(|_| ()));
    let of = |guid: &str| Some(guid.to_owned());
    let code = bench.order(|order| order.customer_guid = of(&buyer));
    bench.order(|order| {
        order.customer_guid = of(&early);
        order.creation_time = Some(crate::support::at("2024-04-30T10:00:00Z"));
    });
    let gone = bench.order(|order| order.customer_guid = of(&cancelled));
    bench.sandbox.shop().cancel(&gone);
    let ran = bench.imported();
    assert_eq!(ran.counts("companies"), "1 read: 1 created");
    let company = bench.company(&buyer);
    assert_eq!(bench.income(&code)["company_id"], company["id"]);

    // The order brings its customer, in the same run and with it.
    let code = bench.order(|order| order.customer_guid = of(&late));
    bench.sandbox.forget_seen();
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.counts("companies"), "2 read: 1 created, 1 unchanged");
    assert_eq!(
        bench.income(&code)["company_id"],
        bench.company(&late)["id"]
    );
    let details = bench.requests(Service::Shoptet);
    let details = details.iter().filter(|one| one.contains("/api/customers"));
    assert_eq!(details.count(), 1, "no other customer is asked for");
    let books = bench.sandbox.books();
    for guid in [&idle, &early, &cancelled] {
        let mark = crate::support::mark(guid);
        assert!(books.company_by_identifier(&mark).is_none());
    }
}

#[test]
fn without_that_setting_all_customers_come() {
    let bench = with("from = 2024-05-01", "");
    bench.customer(|_| ());
    assert_eq!(bench.imported().counts("companies"), "1 read: 1 created");
}

#[test]
fn the_second_line_of_an_address_follows_the_first() {
    let bench = Bench::new();
    let both = bench.customer(|one| one.billing.additional = Some("Vchod B".into()));
    let only = bench.customer(|one| {
        one.billing.street = None;
        one.billing.house_number = None;
        one.billing.additional = Some("P. O. Box 7".into());
    });
    bench.imported();
    assert_eq!(bench.company(&both)["street"], "Dlouhá 1, Vchod B");
    assert_eq!(bench.company(&only)["street"], "P. O. Box 7");
}
