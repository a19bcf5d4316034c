//! What each mode reads and writes, twice in a row.

use serde_json::json;

use crate::sandbox::Service;
use crate::support::{Bench, Settings, keys, names};

const NEVER_UPDATED: &str = "companies are never updated";

fn modes(companies: &'static str, incomes: &'static str) -> Settings {
    Settings {
        companies,
        incomes,
        ..Settings::default()
    }
}

#[test]
fn no_reads_nothing_of_that_agenda() {
    for (companies, incomes) in [("no", "no"), ("no", "new-only"), ("new-only", "no")] {
        let bench = Bench::set(&modes(companies, incomes));
        bench.customer(|_| ());
        bench.order(|_| ());
        for _ in 0..2 {
            bench.sandbox.forget_seen();
            let ran = bench.run(&[]).exits(0);
            let asked = bench.requests(Service::Shoptet);
            for (mode, agenda) in [(companies, "customers"), (incomes, "orders")] {
                let path = format!("/api/{agenda}");
                let read = asked.iter().any(|one| one.contains(&path));
                assert_eq!(read, mode != "no", "{companies}, {incomes}: {asked:?}");
            }
            for (mode, agenda) in [(companies, "companies"), (incomes, "incomes")] {
                assert_eq!(ran.start()[agenda], mode);
                let nothing = ran.counts(agenda) == "0 read";
                assert_eq!(nothing, mode == "no", "{companies}, {incomes}: {agenda}");
            }
            if (companies, incomes) == ("no", "no") {
                assert_eq!(bench.requests(Service::Caflou), Vec::<String>::new());
            }
        }
        let books = bench.sandbox.books();
        assert_eq!(books.companies.len(), usize::from(companies != "no"));
        assert_eq!(books.transfers.len(), usize::from(incomes != "no"));
    }
}

#[test]
fn incomes_new_only_creates_new_orders_and_ignores_later_changes() {
    let bench = Bench::set(&modes("no", "new-only"));
    let paid = bench.order(|_| ());
    let cancelled = bench.order(|_| ());
    let deleted = bench.order(|_| ());
    let first = bench.imported();
    assert_eq!(first.counts("incomes"), "3 read: 3 created");

    bench.sandbox.shop().pay(&paid);
    bench.sandbox.shop().cancel(&cancelled);
    bench.sandbox.shop().delete(&deleted);
    let new = bench.order(|_| ());
    for expected in ["4 read: 1 created, 3 unchanged", "4 read: 4 unchanged"] {
        let ran = bench.run(&[]).exits(0);
        assert_eq!(ran.counts("incomes"), expected);
    }
    assert_eq!(bench.writes(), ["POST /transfers"]);
    assert_eq!(bench.income(&paid)["done"], false);
    assert_eq!(bench.income(&cancelled)["inactive"], false);
    assert_eq!(bench.income(&deleted)["inactive"], false);
    assert_eq!(bench.income(&new)["reference_number"], new);
}

#[test]
fn incomes_new_and_update_also_writes_later_changes() {
    let bench = Bench::set(&modes("no", "new-and-update"));
    let paid = bench.order(|_| ());
    bench.order(|_| ());
    bench.imported();

    bench.sandbox.shop().pay(&paid);
    let new = bench.order(|_| ());
    let ran = bench.run(&[]).exits(0);
    assert_eq!(
        ran.counts("incomes"),
        "3 read: 1 created, 1 updated, 1 unchanged"
    );
    assert_eq!(ran.change(&paid)["action"], "update");
    assert_eq!(ran.change(&new)["action"], "create");
    assert_eq!(bench.income(&paid)["done"], true);

    bench.sandbox.forget_seen();
    let again = bench.run(&[]).exits(0);
    assert_eq!(again.counts("incomes"), "3 read: 3 unchanged");
    assert_eq!(bench.requests(Service::Caflou), Vec::<String>::new());
}

#[test]
fn a_change_ignored_under_new_only_is_written_once_updates_are_on() {
    let bench = Bench::set(&modes("no", "new-only"));
    let code = bench.order(|_| ());
    bench.imported();
    bench.sandbox.shop().pay(&code);
    bench.imported();

    bench.configure(&modes("no", "new-and-update"));
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.start()["full"], true);
    assert_eq!(
        keys(&ran.change(&code)["fields"]),
        names(["done", "payment_date"])
    );
    assert_eq!(bench.income(&code)["done"], true);
}

#[test]
fn companies_are_never_updated_and_only_new_and_update_says_so_once() {
    for mode in ["new-only", "new-and-update"] {
        let bench = Bench::set(&modes(mode, "no"));
        let guid = bench.customer(|_| ());
        let first = bench.run(&[]).exits(0);
        assert_eq!(first.counts("companies"), "1 read: 1 created");

        bench.sandbox.shop().edit_customer(&guid, |customer| {
            customer.billing.full_name = Some("Jana Veselá".into());
            customer.accounts[0].email = "vesela@example.cz".into();
        });
        let new = bench.customer(|_| ());
        bench.sandbox.forget_seen();
        let second = bench.run(&[]).exits(0);
        assert_eq!(second.counts("companies"), "2 read: 1 created, 1 unchanged");
        assert_eq!(second.actions().keys().collect::<Vec<_>>(), [&new]);
        assert_eq!(bench.writes(), ["POST /companies"]);
        let third = bench.run(&["--full"]).exits(0);
        assert_eq!(third.counts("companies"), "2 read: 2 unchanged");
        assert_eq!(bench.company(&guid)["name"], "Jana Nová");

        for ran in [&first, &second, &third] {
            let warnings = ran.warnings();
            let said = warnings.iter().filter(|one| one.contains(NEVER_UPDATED));
            assert_eq!(
                said.count(),
                usize::from(mode == "new-and-update"),
                "{mode}"
            );
        }
    }
}

#[test]
fn a_customer_deleted_in_the_shop_leaves_its_company_alone() {
    let bench = Bench::set(&modes("new-and-update", "no"));
    let guid = bench.customer(|_| ());
    bench.imported();
    bench.sandbox.shop().delete_customer(&guid);
    for args in [&[][..], &["--full"][..]] {
        bench.run(args).exits(0);
    }
    assert_eq!(bench.writes(), Vec::<String>::new());
    assert_eq!(bench.company(&guid)["trash"], false);
}

#[test]
fn an_income_is_linked_with_the_company_of_its_customer_also_when_that_comes_later() {
    let bench = Bench::set(&modes("no", "new-and-update"));
    let guid = bench.customer(|_| ());
    let code = bench.order(|order| order.customer_guid = Some(guid.clone()));
    bench.imported();
    assert!(bench.income(&code)["company_id"].is_null());

    bench.configure(&modes("new-only", "new-and-update"));
    bench.run(&[]).exits(0);
    let company = bench.company(&guid);
    assert_eq!(bench.patches(), [json!({ "company_id": company["id"] })]);
    let other = bench.order(|order| order.customer_guid = Some(guid.clone()));
    bench.run(&[]).exits(0);
    assert_eq!(bench.income(&other)["company_id"], company["id"]);
}
