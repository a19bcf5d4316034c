//! Files that earlier releases left: each goes on, and nothing is written twice.
//!
//! `schemas/N.sql` is the schema as release after release left it; a file that is in use now is laid
//! out as each of them.

use std::fs;

use rusqlite::{Connection, params};

use crate::support::{Bench, KEY};

/// The schemas, the oldest first. A new one is added with the step that leaves it behind.
pub const SCHEMAS: [&str; 10] = [
    include_str!("schemas/1.sql"),
    include_str!("schemas/2.sql"),
    include_str!("schemas/3.sql"),
    include_str!("schemas/4.sql"),
    include_str!("schemas/5.sql"),
    include_str!("schemas/13.sql"),
    include_str!("schemas/14.sql"),
    include_str!("schemas/15.sql"),
    include_str!("schemas/16.sql"),
    include_str!("schemas/17.sql"),
];

fn columns(database: &Connection, schema: &str, table: &str) -> Vec<String> {
    let sql = "SELECT name FROM pragma_table_info(?1, ?2)";
    let mut statement = database.prepare(sql).unwrap();
    let names = statement.query_map(params![table, schema], |row| row.get(0));
    names.unwrap().map(Result::unwrap).collect()
}

/// Lays the state out as an earlier schema: what that one had no place for is lost.
pub fn lay_out(bench: &Bench, schema: &str) {
    let (now, before) = (bench.path("state.db"), bench.path("before.db"));
    let _ = fs::remove_file(&before);
    let database = Connection::open(&before).unwrap();
    database.execute_batch(schema).unwrap();
    let attach = "ATTACH ?1 AS now";
    database.execute(attach, [now.to_str().unwrap()]).unwrap();
    let by_kind = columns(&database, "main", "cursors").contains(&"kind".to_owned());
    let cursors = "INSERT INTO main.cursors (connection, kind, at, listed_at, settings)
         SELECT connection, CASE stream WHEN 'customers' THEN 'company' ELSE 'income' END,
         at, listed_at, settings FROM now.cursors";
    if by_kind {
        database.execute_batch(cursors).unwrap();
    }
    let tables = ["records", "runs", "changes", "pairs", "cursors"];
    for table in &tables[..if by_kind { 4 } else { 5 }] {
        let there = columns(&database, "now", table);
        let mut common = columns(&database, "main", table);
        common.retain(|name| there.contains(name));
        let list = common.join(", ");
        if list.is_empty() {
            continue;
        }
        let sql = format!("INSERT INTO main.{table} ({list}) SELECT {list} FROM now.{table}");
        database.execute(&sql, []).unwrap();
    }
    database.execute("DETACH now", []).unwrap();
    drop(database);
    for left in ["state.db-wal", "state.db-shm"] {
        let _ = fs::remove_file(bench.path(left));
    }
    fs::rename(before, now).unwrap();
}

#[test]
fn a_state_file_of_every_schema_goes_on_and_then_plans_nothing() {
    for schema in SCHEMAS {
        let number = schema.rsplit_once(" = ").unwrap().1.trim();
        let bench = Bench::new();
        let guid = bench.customer(|_| ());
        for _ in 0..3 {
            bench.order(|order| order.customer_guid = Some(guid.clone()));
        }
        let cancelled = bench.order(|_| ());
        bench.imported();
        bench.sandbox.shop().cancel(&cancelled);
        bench.run(&[]).exits(0);
        lay_out(&bench, schema);
        for (args, read) in [(&[][..], None), (&["--full"], Some("4 read: 4 unchanged"))] {
            bench.sandbox.forget_seen();
            let dry = bench.run(&[args, &["--dry-run"]].concat()).exits(0);
            assert_eq!(dry.changes().len(), 0, "schema {number}: {}", dry.stdout);
            let ran = bench.run(args).exits(0);
            assert_eq!(bench.writes(), Vec::<String>::new(), "schema {number}");
            assert_eq!(ran.changes().len(), 0, "schema {number}: {}", ran.stdout);
            if let Some(read) = read {
                assert_eq!(ran.counts("incomes"), read, "schema {number}");
            }
        }
        bench.program(&["status"]).exits(0);
        let paid = bench.order(|_| ());
        bench.run(&[]).exits(0);
        bench.sandbox.shop().pay(&paid);
        bench.run(&[]).exits(0);
        assert_eq!(bench.income(&paid)["done"], true, "schema {number}");
        bench.each_order_is_there_once();
        let history = bench.program(&["history", KEY]).exits(0);
        assert!(history.stdout.lines().count() > 4, "schema {number}");
    }
}

#[test]
fn what_an_earlier_release_advised_is_not_said_twice() {
    let bench = Bench::new();
    bench.imported();
    lay_out(&bench, SCHEMAS[7]);
    let run = "INSERT INTO runs (run_id, connection, started_at, finished_at, status, summary)
         VALUES (?1, ?2, 9999999999, 9999999999, 'failed', ?3)";
    let told = "{\"error\": \"refused; `caflou-sync test my-shop` checks both sides\"}";
    let database = Connection::open(bench.path("state.db")).unwrap();
    database.execute(run, params!["z", KEY, told]).unwrap();
    drop(database);
    let status = bench.program(&["status"]).exits(1);
    assert_eq!(status.stdout.matches("checks both sides").count(), 1);
    bench.program(&["history"]).exits(0);
}

/// A configuration with all that the first release knew.
const FIRST_RELEASE: &str = r#"
[connections.my-shop]
name = "Můj e-shop"
program = "shoptet"
eshop_id = 222651

[connections.my-shop.shoptet]
private_token = { env = "SHOPTET_TOKEN" }
api_url = "https://api.myshoptet.com"

[connections.my-shop.caflou]
account_id = "12345"
email = "me@example.cz"
password = { env = "CAFLOU_PASSWORD" }
api_url = "https://app.caflou.com"
max_concurrency = 4
timeout = "30s"

[connections.my-shop.import]
companies = "new-and-update"
incomes = "new-and-update"
from = 2021-01-01
to = 2021-12-31
auto_repeat = true

[connections.my-shop.mapping]
category_id = 1
project_id = 2
source_id = 3
tags = ["e-shop"]
income_name = "Objednávka {code}{dash}{customer}"
payment_date = "change-time"
expected_days = { default = 0, "Dobírkou" = 7 }
match_existing = true
"#;

#[test]
fn a_configuration_of_the_first_release_is_read_as_it_is() {
    let bench = Bench::new();
    bench.write_config(FIRST_RELEASE);
    let list = bench.program(&["list"]).exits(0);
    assert!(list.stdout.contains("Můj e-shop"), "{}", list.stdout);
    assert_eq!(list.stderr, "");
    let edited = bench.program(&["edit", KEY, "--set", "import.to=2022-12-31"]);
    edited.exits(0);
    let changed = FIRST_RELEASE.replace("to = 2021-12-31", "to = 2022-12-31");
    assert_eq!(bench.config().trim(), changed.trim());
}
