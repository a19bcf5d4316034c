//! Many customers come in one file, where that is worth it; what it lacks is read one by one.

mod trouble;

use std::collections::BTreeSet;

use serde_json::json;

use crate::sandbox::Service;
use crate::support::{Bench, KEY, Ran};

/// The file of the first job.
const FILE: &str = "GET /api-results/3ax1844-lrmsrf0.json";
/// A run that reads customers in bulk, in a shop with a webhook and without orders.
const BULK: [&str; 7] = [
    FILE,
    "GET /api/customers",
    "GET /api/customers/snapshot",
    "GET /api/eshop",
    "GET /api/eshop",
    "GET /api/orders",
    "GET /api/system/jobs/3ax1844",
];
const HOOK: &str = "webhook_url = \"https://example.com/done\"";

/// A shop with customers, nothing else; these lines are in its table.
fn shop(customers: usize, lines: &str) -> Bench {
    let bench = Bench::with(|options| {
        options.customers = customers;
        options.single_file = false;
    });
    set(&bench, lines);
    bench
}

/// As [`shop`], where somebody listens for finished jobs.
fn heard(customers: usize, lines: &str) -> Bench {
    let bench = shop(customers, lines);
    let now = bench.sandbox.now();
    bench.sandbox.shop().jobs.listen(now);
    bench
}

fn set(bench: &Bench, lines: &str) {
    let table = format!("[connections.{KEY}.shoptet]\n");
    let text = bench.config();
    assert!(text.contains(&table));
    bench.write_config(&text.replace(&table, &format!("{table}{lines}\n")));
}

/// Requests to the shop, sorted.
fn asked(bench: &Bench) -> Vec<String> {
    let mut asked = bench.requests(Service::Shoptet);
    asked.sort();
    asked
}

/// How many customers were read one by one.
fn details(bench: &Bench) -> usize {
    let guids: BTreeSet<_> = bench
        .sandbox
        .shop()
        .customers
        .iter()
        .map(|one| one.guid.clone())
        .collect();
    let asked = bench.requests(Service::Shoptet);
    let guid = |line: &String| line.strip_prefix("GET /api/customers/").map(str::to_owned);
    let read = asked.iter().filter_map(guid);
    read.filter(|guid| guids.contains(guid)).count()
}

/// Requests for customers beside the list and the log.
fn read_in_bulk_or_one_by_one(bench: &Bench) -> usize {
    let asked = bench.requests(Service::Shoptet);
    let bulk = |line: &&String| line.contains("snapshot") || line.contains("/api-results/");
    details(bench) + asked.iter().filter(bulk).count()
}

/// Every customer is in Caflou, each once.
#[track_caller]
fn each_is_there_once(bench: &Bench) {
    let guids: Vec<_> = bench
        .sandbox
        .shop()
        .customers
        .iter()
        .map(|one| one.guid.clone())
        .collect();
    for guid in &guids {
        bench.company(guid);
    }
    assert_eq!(bench.sandbox.books().companies.len(), guids.len());
}

#[track_caller]
fn sent(ran: &Ran, shoptet: u64) {
    assert_eq!(ran.summary()["requests"]["shoptet"], shoptet);
}

#[test]
fn a_first_run_of_a_big_shop_sends_seven_requests_instead_of_three_hundred() {
    let bench = heard(300, "");
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.counts("companies"), "300 read: 300 created");
    assert_eq!(ran.warnings(), Vec::<String>::new());
    assert_eq!(asked(&bench), BULK);
    sent(&ran, 7);
    each_is_there_once(&bench);

    bench.sandbox.forget_seen();
    bench.run(&[]).exits(0);
    assert_eq!(read_in_bulk_or_one_by_one(&bench), 0);
    let ran = bench.run(&["--full"]).exits(0);
    assert_eq!(ran.counts("companies"), "300 read: 300 unchanged");
    sent(&ran, 4);
}

#[test]
fn the_file_is_got_without_a_token_and_the_job_with_it() {
    let bench = heard(3, "bulk = \"always\"");
    bench.run(&[]).exits(0);
    for seen in bench.sandbox.seen() {
        if seen.service != Service::Shoptet {
            continue;
        }
        let token = bench.sandbox.private_token();
        let told = seen.headers.iter().any(|(_, value)| value.contains(token));
        let file = seen.path.starts_with("/api-results/");
        assert_eq!(told, !file, "{}", seen.path);
        if file {
            let names: Vec<_> = seen.headers.iter().map(|(name, _)| name.as_str()).collect();
            assert!(!names.contains(&"authorization") && !names.contains(&"cookie"));
        }
    }
}

#[test]
fn auto_reads_in_bulk_from_253_customers_on() {
    for (customers, bulk) in [(252, false), (253, true)] {
        let bench = heard(customers, "");
        let ran = bench.run(&[]).exits(0);
        assert_eq!(
            asked(&bench).contains(&FILE.to_owned()),
            bulk,
            "{customers}"
        );
        assert_eq!(details(&bench), if bulk { 0 } else { customers });
        sent(&ran, if bulk { 7 } else { 4 + customers as u64 });
        each_is_there_once(&bench);
    }
}

#[test]
fn only_customers_that_are_not_settled_count() {
    let bench = heard(260, "");
    bench.imported();
    for _ in 0..5 {
        bench.customer(|_| ());
    }
    let ran = bench.run(&["--full"]).exits(0);
    assert_eq!(
        ran.counts("companies"),
        "265 read: 5 created, 260 unchanged"
    );
    assert_eq!(
        (details(&bench), asked(&bench).contains(&FILE.to_owned())),
        (5, false)
    );

    for _ in 0..253 {
        bench.customer(|_| ());
    }
    bench.sandbox.forget_seen();
    let ran = bench.run(&["--full"]).exits(0);
    assert_eq!(
        ran.counts("companies"),
        "518 read: 253 created, 265 unchanged"
    );
    assert_eq!(details(&bench), 0);
    each_is_there_once(&bench);
}

#[test]
fn auto_without_a_webhook_reads_one_by_one_and_asks_once_for_nothing() {
    let bench = shop(260, "");
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.warnings(), Vec::<String>::new());
    assert_eq!(
        (details(&bench), bench.sandbox.shop().jobs.all.len()),
        (260, 0)
    );
    sent(&ran, 265);
    each_is_there_once(&bench);
}

#[test]
fn a_webhook_is_registered_where_the_shop_has_none_and_only_once() {
    let bench = shop(260, HOOK);
    let ran = bench.run(&[]).exits(0);
    sent(&ran, 9);
    let seen = bench.sandbox.seen();
    let posts: Vec<_> = seen
        .iter()
        .filter(|one| one.service == Service::Shoptet && one.method != "GET")
        .collect();
    assert_eq!(posts.len(), 1);
    assert_eq!(posts[0].path, "/api/webhooks");
    let body = json!({"data": [{"event": "job:finished", "url": "https://example.com/done"}]});
    assert_eq!(posts[0].json(), body);
    each_is_there_once(&bench);

    for _ in 0..260 {
        bench.customer(|_| ());
    }
    bench.sandbox.forget_seen();
    let ran = bench.run(&["--full"]).exits(0);
    sent(&ran, 7);
    assert_eq!(bench.sandbox.shop().jobs.webhooks.len(), 1);
    each_is_there_once(&bench);
}

#[test]
fn a_dry_run_registers_nothing_at_the_shop_and_reads_in_bulk_where_it_can() {
    let bench = shop(260, HOOK);
    let ran = bench.run(&["--dry-run"]).exits(0);
    assert_eq!(ran.counts("companies"), "260 read: 260 created");
    assert_eq!(bench.sandbox.shop().jobs.webhooks.len(), 0);
    assert_eq!(details(&bench), 260);

    let bench = heard(260, "");
    let ran = bench.run(&["--dry-run"]).exits(0);
    assert_eq!(ran.counts("companies"), "260 read: 260 created");
    // no cursor moves, so whose shop it is is asked once
    let mut once = BULK.to_vec();
    once.dedup();
    assert_eq!(asked(&bench), once);
}

#[test]
fn always_and_never_do_not_look_at_the_number() {
    let bench = heard(1, "bulk = \"always\"");
    bench.run(&[]).exits(0);
    assert_eq!(asked(&bench), BULK);
    each_is_there_once(&bench);
    bench.sandbox.forget_seen();
    bench.run(&["--full"]).exits(0);
    assert_eq!(asked(&bench).len(), 4, "nothing is left to read");

    let bench = heard(260, "bulk = \"never\"");
    let ran = bench.run(&[]).exits(0);
    assert_eq!(details(&bench), 260);
    sent(&ran, 264);
}

#[test]
fn always_without_a_webhook_says_why_it_read_one_by_one() {
    let bench = shop(3, "bulk = \"always\"");
    let ran = bench.run(&[]).exits(0);
    let why = "the shop has no webhook for job:finished";
    assert!(ran.warnings()[0].contains(why), "{:?}", ran.warnings());
    each_is_there_once(&bench);

    let bench = shop(3, &format!("bulk = \"always\"\n{HOOK}"));
    bench.sandbox.shop().rights.webhooks = false;
    let ran = bench.run(&[]).exits(0);
    let why = "refused POST /api/webhooks: 403 invalid-token-no-rights";
    assert!(ran.warnings()[0].contains(why), "{:?}", ran.warnings());
    each_is_there_once(&bench);
}

#[test]
fn many_new_customers_between_two_runs_come_in_a_snapshot_of_the_changes() {
    let bench = heard(10, "");
    bench.imported();
    for _ in 0..260 {
        bench.customer(|_| ());
    }
    let ran = bench.run(&[]).exits(0);
    assert_eq!(ran.start()["full"], false);
    assert_eq!(
        ran.counts("companies"),
        "270 read: 260 created, 10 unchanged"
    );
    assert_eq!((ran.warnings().len(), details(&bench)), (0, 0));
    let seen = bench.sandbox.seen();
    let asked = |path: &str| seen.iter().find(|one| one.path == path).unwrap().params();
    assert_eq!(
        asked("/api/customers/snapshot")["changeTimeFrom"],
        asked("/api/customers/changes")["from"]
    );
}
