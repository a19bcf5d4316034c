//! What programs read: JSON lines, exit codes, errors.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::DateTime;
use serde_json::{Value, json};

use crate::sandbox::model::Rights;
use crate::sandbox::{Fault, Faults, Matcher, Service};
use crate::support::{Bench, KEY, Settings, keys, names, price};

const START: [&str; 9] = [
    "type",
    "schema",
    "run_id",
    "connection",
    "dry_run",
    "started_at",
    "companies",
    "incomes",
    "full",
];
const CHANGE: [&str; 12] = [
    "type",
    "connection",
    "kind",
    "action",
    "source_id",
    "caflou_id",
    "label",
    "fields",
    "kept",
    "ignored",
    "warnings",
    "reason",
];
const SUMMARY: [&str; 11] = [
    "type",
    "connection",
    "run_id",
    "dry_run",
    "finished_at",
    "status",
    "companies",
    "incomes",
    "totals",
    "requests",
    "error",
];

fn is_rfc3339(value: &Value) -> bool {
    value
        .as_str()
        .is_some_and(|text| DateTime::parse_from_rfc3339(text).is_ok())
}

#[test]
fn json_lines_have_the_shape_of_the_contract() {
    let bench = Bench::with(|options| {
        options.orders = 60;
        options.customers = 20;
    });
    for args in [&["--dry-run"][..], &[][..], &["--full"][..]] {
        let ran = bench.run(args).exits(0);
        let objects = ran.objects();
        let (first, last) = (&objects[0], &objects[objects.len() - 1]);
        assert_eq!(keys(first), names(START));
        assert_eq!(keys(last), names(SUMMARY));
        assert_eq!(
            (&first["type"], &first["schema"]),
            (&json!("start"), &json!(1))
        );
        assert!(is_rfc3339(&first["started_at"]) && is_rfc3339(&last["finished_at"]));
        assert_eq!(first["run_id"], last["run_id"]);
        let modes = (&first["companies"], &first["incomes"]);
        assert_eq!(modes, (&json!("new-only"), &json!("new-and-update")));
        assert_eq!(
            (&last["status"], &last["error"]),
            (&json!("ok"), &Value::Null)
        );
        assert_eq!(
            keys(&last["requests"]),
            names(["shoptet", "caflou", "retries"])
        );

        let mut counted: BTreeMap<(String, String), u64> = BTreeMap::new();
        for change in ran.changes() {
            assert_eq!(keys(&change), names(CHANGE));
            for field in change["fields"].as_object().unwrap().values() {
                assert_eq!(keys(field), names(["before", "after"]));
            }
            let text = |name: &str| change[name].as_str().unwrap().to_owned();
            let id = !change["caflou_id"].is_null();
            let created = text("action") == "create";
            assert!(!created || id != args.contains(&"--dry-run"), "{change}");
            assert_ne!(text("source_id"), "");
            assert_ne!(text("label"), "");
            *counted.entry((text("kind"), text("action"))).or_default() += 1;
        }
        for (kind, agenda) in [("company", "companies"), ("income", "incomes")] {
            ran.counts(agenda);
            for (action, count) in [
                ("create", "created"),
                ("adopt", "adopted"),
                ("update", "updated"),
                ("skip", "skipped"),
                ("fail", "failed"),
            ] {
                let changes = counted.get(&(kind.into(), action.into())).copied();
                assert_eq!(last[agenda][count], changes.unwrap_or(0), "{kind} {action}");
            }
        }
        assert_eq!(ran.stderr, "");
    }
}

#[test]
fn every_request_is_counted() {
    let bench = Bench::with(|options| {
        options.orders = 60;
        options.customers = 20;
        options.single_file = false;
    });
    let ran = bench.run(&[]).exits(0);
    let requests = &ran.summary()["requests"];
    let sent = |service| bench.requests(service).len() as u64;
    assert_eq!(requests["shoptet"], sent(Service::Shoptet));
    assert_eq!(requests["caflou"], sent(Service::Caflou));
    assert_eq!(requests["retries"], 0);
}

#[test]
fn totals_are_exact_sums_by_currency_of_what_was_created() {
    let bench = Bench::new();
    for value in ["0.10", "0.20", "1234.50"] {
        bench.order(|order| order.price = price(value));
    }
    bench.order(|order| {
        order.price = price("10.00");
        order.price.currency = "EUR".into();
    });
    let ran = bench.run(&[]).exits(0);
    let totals = json!([
        { "currency": "CZK", "created": "1234.80" },
        { "currency": "EUR", "created": "10.00" },
    ]);
    assert_eq!(ran.summary()["totals"], totals);
    let again = bench.run(&["--full"]).exits(0);
    assert_eq!(again.summary()["totals"], json!([]));
}

#[test]
fn order_runs_only_the_named_orders_and_no_companies() {
    let bench = Bench::new();
    bench.customer(|_| ());
    let codes = [0, 1, 2].map(|_| bench.order(|_| ()));
    let ran = bench
        .run(&["--order", &codes[0], "--order", &codes[2]])
        .exits(0);
    assert_eq!(ran.counts("companies"), "0 read");
    assert_eq!(ran.counts("incomes"), "2 read: 2 created");
    let all = bench.run(&[]).exits(0);
    assert_eq!(all.start()["full"], true, "that was no whole import");
    assert_eq!(all.counts("incomes"), "3 read: 1 created, 2 unchanged");
    assert_eq!(all.change(&codes[1])["action"], "create");
}

#[test]
fn record_runs_only_the_named_records_of_any_stream() {
    let bench = Bench::new();
    let [guid, other] = [(); 2].map(|()| bench.customer(|_| ()));
    let code = bench.order(|order| order.customer_guid = Some(guid.clone()));
    let rest = bench.order(|order| order.customer_guid = Some(other.clone()));
    let (customer, order) = (format!("customers/{guid}"), format!("orders/{code}"));
    let ran = bench.run(&["--record", &customer]).exits(0);
    assert_eq!(ran.counts("companies"), "1 read: 1 created");
    assert_eq!(ran.counts("incomes"), "0 read");
    // One named twice is read once.
    let both = ["--record", &order, "--order", &code, "--record", &customer];
    let ran = bench.run(&both).exits(0);
    assert_eq!(ran.counts("companies"), "1 read: 1 unchanged");
    assert_eq!(ran.counts("incomes"), "1 read: 1 created");
    assert_eq!(
        bench.income(&code)["company_id"],
        bench.company(&guid)["id"]
    );
    // Nor was that a whole import.
    let all = bench.run(&[]).exits(0);
    assert_eq!(all.start()["full"], true);
    assert_eq!(all.counts("companies"), "2 read: 1 created, 1 unchanged");
    assert_eq!(all.change(&rest)["action"], "create");
}

#[test]
fn a_customer_that_is_not_there_fails_and_is_not_tried_again() {
    let bench = Bench::new();
    let ran = bench.run(&["--record", "customers/nikdo"]).exits(3);
    let change = ran.change("nikdo");
    assert_eq!(
        (&change["action"], &change["reason"]),
        (
            &json!("fail"),
            &json!("the shop has no customer with this guid")
        )
    );
    assert_eq!(bench.run(&[]).exits(0).counts("companies"), "0 read");
    bench.program(&["status"]).exits(0);
}

#[test]
fn a_record_of_what_is_not_imported_is_wrong_usage() {
    let bench = Bench::set(&Settings {
        companies: "no",
        ..Settings::default()
    });
    for (record, said) in [
        (
            "customers/a",
            "error: customers/a: `my-shop` imports no companies (import.companies = \"no\")\n",
        ),
        (
            "orders",
            "error: invalid value 'orders' for '--record <STREAM/ID>': a record is written \
             STREAM/ID; the streams are customers, orders\n\nFor more information, try '--help'.\n",
        ),
    ] {
        let ran = bench.program(&["run", KEY, "--record", record]).exits(2);
        assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", said));
    }
    assert!(bench.requests(Service::Shoptet).is_empty());
}

#[test]
fn an_order_that_is_not_there_fails_and_is_not_tried_again() {
    let bench = Bench::new();
    let code = bench.order(|_| ());
    let ran = bench.run(&["--order", "nic", "--order", &code]).exits(3);
    assert_eq!(ran.change("nic")["action"], "fail");
    assert_eq!(ran.change(&code)["action"], "create");
    let again = bench.run(&[]).exits(0);
    assert!(!again.actions().contains_key("nic"));
}

#[test]
fn a_named_order_outside_the_interval_is_skipped_with_the_reason() {
    let bench = Bench::set(&Settings {
        import: "from = 2024-06-01",
        ..Settings::default()
    });
    let code = bench.order(|_| ());
    let ran = bench.run(&["--order", &code]).exits(0);
    let change = ran.change(&code);
    assert_eq!(change["action"], "skip");
    assert_eq!(
        change["reason"],
        "created on 2024-05-06, outside the interval"
    );
    assert_eq!(bench.writes(), Vec::<String>::new());
}

#[test]
fn only_runs_one_agenda_or_one_stream() {
    for [first, second] in [["companies", "incomes"], ["customers", "orders"]] {
        let bench = Bench::new();
        let (guid, code) = (bench.customer(|_| ()), bench.order(|_| ()));
        let ran = bench.run(&["--only", first]).exits(0);
        assert_eq!(ran.actions().into_keys().collect::<Vec<_>>(), [guid]);
        let ran = bench.run(&["--only", second]).exits(0);
        assert_eq!(ran.actions().into_keys().collect::<Vec<_>>(), [code]);
        assert_eq!(ran.counts("companies"), "0 read");
    }
}

#[test]
fn wrong_usage_ends_with_2_and_says_what_is_wrong() {
    let bench = Bench::new();
    let path = bench.path("connections.toml");
    // the program names the file as it was told: by its own search, beside it
    let missing = |name: &str| format!("error: no connection `{name}` in {}", "connections.toml");
    for (args, said) in [
        (
            &["run", "my-shpo"][..],
            format!("{}; did you mean `my-shop`?\n", missing("my-shpo")),
        ),
        (
            &["run", "zcela-jiny"],
            format!("{}; there is `my-shop`\n", missing("zcela-jiny")),
        ),
        (
            &["forget", "zcela-jiny"],
            format!(
                "{}; there is `my-shop`\n",
                missing("zcela-jiny").replace(" in ", ", neither in ") + " nor in state.db"
            ),
        ),
        (
            &["run", KEY, "--from", "2024-02-01", "--to", "2024-01-31"],
            "error: --from 2024-02-01 is after --to 2024-01-31\n".into(),
        ),
        (
            &["run", KEY, "--order", "1", "--only", "companies"],
            "error: orders/1 is about incomes: leave --only out\n".into(),
        ),
        (
            &["run", KEY, "--record", "customers/a", "--only", "orders"],
            "error: customers/a is about companies: leave --only out\n".into(),
        ),
        (
            &["run", KEY, "--order", "1", "--order", " "],
            "error: --order needs the code of an order\n".into(),
        ),
    ] {
        let ran = bench.program(args).exits(2);
        let stderr = ran
            .stderr
            .replace(&*path.to_string_lossy(), "connections.toml");
        assert_eq!(stderr.replace("./", ""), said);
        assert_eq!(ran.stdout, "");
    }
    for args in [
        &["run", KEY, "--order", "1", "--full"][..],
        &["run", KEY, "--detailed-exitcode"],
        &["run", KEY, "--from", "1. 2."],
        &["run", KEY, "--only", "customer"],
        &["run", KEY, "--record", "orders/1", "--full"],
        &["run", KEY, "--record", "orders/1", "--from", "2024-01-01"],
        &["run", KEY, "--record", "orders/1", "--rebuild"],
        &["run", KEY, "--all"],
        &["run", KEY, "--unknown"],
        &["imports"],
    ] {
        let ran = bench.program(args).exits(2);
        assert!(ran.stderr.starts_with("error: "), "{}", ran.stderr);
        assert_eq!(ran.stdout, "");
    }
    assert_eq!(bench.sandbox.requests(), 0);
}

#[test]
fn several_connections_have_to_be_named() {
    let bench = Bench::new();
    let code = bench.order(|_| ());
    let both = ["jeden", "druhy"].map(|key| bench.connection(key, &Settings::default()));
    bench.write_config(&both.concat());
    let ran = bench.program(&["run"]).exits(2);
    for said in ["jeden", "druhy", "--all"] {
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
    }
    assert_eq!(bench.sandbox.requests(), 0);
    let ran = bench
        .program(&["run", "--all", "--format", "json"])
        .exits(0);
    let summaries = ran.of_type("summary");
    let keys: Vec<_> = summaries.iter().map(|one| &one["connection"]).collect();
    assert_eq!(keys, ["jeden", "druhy"]);
    // both write into the same account: the second finds what the first created
    assert_eq!(summaries[1]["incomes"]["adopted"], 1);
    assert_eq!(bench.income(&code)["reference_number"], code);
}

#[test]
fn the_only_connection_need_not_be_named() {
    let bench = Bench::new();
    bench.order(|_| ());
    let ran = bench.program(&["run", "--format", "json"]).exits(0);
    assert_eq!(ran.start()["connection"], KEY);
    assert_eq!(ran.counts("incomes"), "1 read: 1 created");
}

#[test]
fn another_shops_token_ends_with_4_before_any_list_is_read() {
    let bench = Bench::new();
    bench.order(|_| ());
    bench.sandbox.shop().eshop_id = 222_652;
    for args in [&["--dry-run"][..], &[][..]] {
        bench.sandbox.forget_seen();
        let ran = bench.run(args).exits(4);
        let summary = ran.summary();
        assert_eq!(summary["status"], "failed");
        let error = summary["error"].as_str().unwrap();
        for said in ["222651", "222652", "eshop_id"] {
            assert!(error.contains(said), "{error}");
        }
        assert_eq!(bench.requests(Service::Shoptet), ["GET /api/eshop"]);
        assert_eq!(bench.writes(), Vec::<String>::new());
    }
}

#[test]
fn refused_tokens_and_missing_rights_end_with_4_and_say_whose() {
    type Break = fn(&Bench);
    let cases: [(Break, &str); 6] = [
        (
            |bench| bench.sandbox.shop().private_token_revoked = true,
            "Shoptet",
        ),
        (|bench| bench.sandbox.shop().rights.eshop = false, "Shoptet"),
        (
            |bench| bench.sandbox.shop().rights.orders = false,
            "Shoptet",
        ),
        (
            |bench| bench.sandbox.shop().rights.customers = false,
            "Shoptet",
        ),
        (|bench| bench.sandbox.books().token_revoked = true, "Caflou"),
        (|bench| bench.sandbox.books().read_only = true, "Caflou"),
    ];
    for (place, (refuse, whose)) in cases.into_iter().enumerate() {
        let bench = Bench::new();
        bench.customer(|_| ());
        let code = bench.order(|_| ());
        refuse(&bench);
        let ran = bench.run(&[]).exits(4);
        let summary = ran.summary();
        assert_eq!(summary["status"], "failed", "case {place}");
        let error = summary["error"].as_str().unwrap();
        assert!(error.contains(whose), "{error}");
        assert!(error.contains("caflou-sync test my-shop"), "{error}");
        if whose == "Shoptet" {
            assert!(error.contains("(request 019c8c34-"), "{error}");
        }
        // put right, nothing is missing and nothing comes twice
        {
            let mut shop = bench.sandbox.shop();
            shop.private_token_revoked = false;
            shop.rights = Rights::default();
            let mut books = bench.sandbox.books();
            books.token_revoked = false;
            books.read_only = false;
        }
        bench.run(&[]).exits(0);
        assert_eq!(bench.income(&code)["reference_number"], code);
        let books = bench.sandbox.books();
        assert_eq!((books.companies.len(), books.transfers.len()), (1, 1));
    }
}

#[test]
fn a_secret_that_is_not_there_ends_with_4_and_names_its_place() {
    let bench = Bench::new();
    let token = bench.sandbox.caflou_token().to_owned();
    let place = "{ env = \"NO_SUCH_VARIABLE\" }";
    bench.write_config(&bench.config().replace(&format!("\"{token}\""), place));
    let ran = bench.run(&[]).exits(4);
    let error = ran.summary()["error"].as_str().unwrap().to_owned();
    assert!(error.contains("caflou.token"), "{error}");
    assert!(error.contains("NO_SUCH_VARIABLE"), "{error}");
    assert_eq!(bench.sandbox.requests(), 0);
}

#[test]
fn a_second_run_at_once_ends_with_5_and_names_the_process() {
    let bench = Bench::new();
    bench.order(|_| ());
    bench
        .sandbox
        .set(|options| options.shoptet_latency = Duration::from_millis(400));
    let first = bench.spawn(&[]);
    while bench.sandbox.requests() == 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    let second = bench.run(&[]).exits(5);
    let error = second.summary()["error"].as_str().unwrap().to_owned();
    assert!(
        error.contains(&format!("process {}", first.id())),
        "{error}"
    );
    assert!(error.contains(KEY), "{error}");
    first.end().exits(0);
    assert_eq!(bench.sandbox.books().transfers.len(), 1);
    bench.run(&[]).exits(0);
}

#[test]
fn a_service_that_is_not_there_fails_the_run() {
    let bench = Bench::new();
    bench.order(|_| ());
    let url = bench.sandbox.shoptet_url();
    bench.sandbox.set_faults(Faults::once(
        Matcher::new(Service::Shoptet, "GET", "/api/orders").exact(),
        Fault::Answer {
            status: 400,
            body: json!({ "data": null, "errors": [{ "errorCode": "bad", "message": "no",
                          "instance": "" }], "metadata": { "requestId": "r-1" } })
            .to_string(),
        },
    ));
    let ran = bench.run(&[]).exits(1);
    let error = ran.summary()["error"].as_str().unwrap().to_owned();
    for said in ["Shoptet", "GET /api/orders", "400", "bad", "r-1"] {
        assert!(error.contains(said), "{error}");
    }
    assert!(!error.contains(&url), "{error}");
}

#[test]
fn list_shows_the_last_run() {
    let bench = Bench::new();
    let list = || {
        bench
            .program(&["list", "--format", "json"])
            .exits(0)
            .objects()
            .remove(0)
    };
    let before = list();
    assert_eq!(
        (&before["connection"], &before["last_run"]),
        (&json!(KEY), &Value::Null)
    );
    let ran = bench.run(&[]).exits(0);
    let after = list();
    assert_eq!(after["last_run"]["status"], "ok");
    assert_eq!(after["last_run"]["started_at"], ran.start()["started_at"]);
}
