//! A source is a folder and a line: one for tests is registered, connected and imported.

mod server;
pub mod source;

use std::env;
use std::ffi::OsString;
use std::fs;
use std::process::{Command, exit};

use caflou_sync::{cli, source::registry};
use serde_json::{Value, json};

use crate::support::{Bench, Ran};
pub use server::{ACCOUNT, SECRET, Server};

const KEY: &str = "my-books";
/// Arguments of the program, as JSON: this process is to be it.
const ARGS: &str = "SCRATCH_ARGS";

/// The program, with one line more in its registry. There is no other process that could be it: a
/// program that users have must not know this source.
#[allow(clippy::disallowed_methods, reason = "it is not for the program")]
fn be_the_program() {
    let Ok(args) = env::var(ARGS) else {
        return;
    };
    registry::extend(&[&source::DEFINITION]);
    let args: Vec<OsString> = serde_json::from_str::<Vec<String>>(&args)
        .unwrap()
        .into_iter()
        .map(OsString::from)
        .collect();
    exit(cli::run_with(args) as i32);
}

/// The program, the books that it reads, and Caflou.
pub struct Stage {
    pub bench: Bench,
    pub server: Server,
}

impl Stage {
    pub fn new() -> Self {
        let (bench, server) = (Bench::new(), Server::start());
        fs::remove_file(bench.path("connections.toml")).unwrap();
        Self { bench, server }
    }

    pub fn program(&self, args: &[&str]) -> Ran {
        let mut command = Command::new(env::current_exe().unwrap());
        let test = "scratch::a_source_is_a_folder_and_a_line";
        command.args(["--exact", test, "--nocapture", "--quiet"]);
        let args: Vec<_> = ["caflou-sync"].iter().chain(args).collect();
        let mut command = self.bench.at_home(command);
        command
            .env(ARGS, serde_json::to_string(&args).unwrap())
            .env("SCRATCH_SECRET", SECRET)
            .env("CAFLOU_TOKEN", self.bench.sandbox.caflou_token());
        let mut ran = Ran::of(command.output().unwrap());
        // What the harness says first.
        if let Some((_, own)) = ran.stdout.split_once("running 1 test\n") {
            ran.stdout = own.to_owned();
        }
        ran
    }

    fn connected(&self) -> Ran {
        let sandbox = &self.bench.sandbox;
        let api_url = format!("api_url={}", self.server.url);
        let account = format!("account={ACCOUNT}");
        self.program(&[
            "connect",
            KEY,
            "--program",
            "scratch",
            "--set",
            &account,
            "--set",
            "client_id=c-1",
            "--set",
            &api_url,
            "--secret",
            "client_secret=env:SCRATCH_SECRET",
            "--caflou-token-env",
            "CAFLOU_TOKEN",
            "--caflou-api-url",
            &sandbox.caflou_url(),
            "--companies",
            "new-and-update",
            "--incomes",
            "new-and-update",
            "--expenses",
            "new-and-update",
            "--auto-repeat",
            "yes",
        ])
    }

    fn run(&self, args: &[&str]) -> Ran {
        self.program(&[&["run", KEY, "--format", "json"], args].concat())
    }

    fn transfers(&self, field: &str) -> Vec<String> {
        let books = self.bench.sandbox.books();
        let lines = books.transfers.values().map(|one| {
            let text = |field: &str| one[field].to_string().replace('"', "");
            let description = text("description");
            let mark = description.rsplit(':').next().unwrap();
            format!("{mark}: {} {} {}", text("kind"), text("value"), text(field))
        });
        let mut lines: Vec<_> = lines.collect();
        lines.sort();
        lines
    }
}

/// What the books of these tests begin with.
pub fn fill(server: &Server) {
    let mut held = server.held();
    let contact = |id: u64, name: &str, ico: Value| {
        json!({"id": id, "name": name, "ico": ico, "email": format!("{id}@example.cz"),
               "city": "Brno", "updated_at": "2026-11-01T08:00:00Z"})
    };
    held.rows.insert(
        "contacts",
        vec![
            contact(1, "Dodavatel s.r.o.", json!("27074358")),
            contact(2, "Jana Nová", Value::Null),
            contact(3, "Petr Malý", Value::Null),
        ],
    );
    let document = |id: u64, contact: u64, status: &str, more: Value| {
        let mut row = json!({
            "id": id, "number": format!("2026{id:04}"), "contact_id": contact, "contact": "Jana Nová",
            "total": "121.00", "net": "100.00", "vat": "21.00", "currency": "CZK",
            "issued_on": "2026-11-02", "due_on": "2026-11-16", "status": status,
            "updated_at": "2026-11-02T08:00:00Z",
        });
        let more = more.as_object().unwrap().clone();
        row.as_object_mut().unwrap().extend(more);
        row
    };
    held.rows.insert(
        "invoices",
        vec![
            document(5, 2, "open", json!({})),
            document(6, 3, "paid", json!({"paid_on": "2026-11-10"})),
            document(7, 2, "open", json!({"type": "proforma"})),
            document(8, 2, "paid", json!({"paid_on": "2026-11-10", "pays": 6})),
            document(9, 2, "cancelled", json!({})),
        ],
    );
    held.rows
        .insert("credit-notes", vec![document(5, 2, "open", json!({}))]);
    let monthly = json!({"symbol": "77001", "total": "605.00", "net": "500.00", "vat": "105.00"});
    let mut next = monthly.clone();
    next["due_on"] = json!("2026-12-16");
    held.rows.insert(
        "bills",
        vec![
            document(5, 1, "open", monthly),
            document(6, 1, "open", next),
        ],
    );
}

#[test]
fn a_source_is_a_folder_and_a_line() {
    be_the_program();
    let stage = Stage::new();
    fill(&stage.server);
    let connected = stage.connected().exits(0);
    assert!(
        connected.stdout.contains("(Scratch my-firm_1.cz)"),
        "{}",
        connected.stdout
    );
    stage.program(&["test", KEY]).exits(0);

    let first = stage.run(&[]).exits(0);
    assert_eq!(first.counts("companies"), "3 read: 3 created");
    assert_eq!(first.counts("incomes"), "4 read: 3 created, 1 skipped");
    assert_eq!(first.counts("expenses"), "2 read: 2 created");
    insta::assert_snapshot!(stage.transfers("date").join("\n"), @r"
    bills/5: expense 605.00 2026-11-16
    bills/6: expense 605.00 2026-12-16
    credit-notes/5: income -121.00 2026-11-16
    invoices/5: income 121.00 2026-11-16
    invoices/6: income 121.00 2026-11-10
    ");

    for args in [&[][..], &["--full"]] {
        let before = stage.bench.sandbox.writes().len();
        let again = stage.run(args).exits(0);
        assert!(
            again.changes().iter().all(|one| one["action"] == "skip"),
            "{}",
            again.stdout
        );
        assert_eq!(stage.bench.sandbox.writes().len(), before);
    }
    stage.program(&["status", KEY]).exits(0);
    let history = stage.program(&["history", KEY]).exits(0);
    assert!(history.stdout.contains("2 new"), "{}", history.stdout);
    let list = stage.program(&["list", "--format", "json"]).exits(0);
    assert_eq!(list.objects()[0]["expenses"], "new-and-update");
    let said = stage.program(&["run", KEY, "-vvv", "--full"]).exits(0);
    for secret in [SECRET, "t-1", "Basic "] {
        assert!(
            !format!("{}{}", said.stdout, said.stderr).contains(secret),
            "{secret}"
        );
    }
}

#[test]
fn what_changes_at_the_source_changes_in_caflou_and_what_goes_goes_out_of_the_cash_flow() {
    let stage = Stage::new();
    fill(&stage.server);
    stage.connected().exits(0);
    stage.run(&[]).exits(0);
    {
        let mut held = stage.server.held();
        held.change("contacts", 2, "city", json!("Praha"));
        held.change("credit-notes", 5, "status", json!("cancelled"));
        held.change("bills", 5, "deleted", json!(true));
        // No time of change tells of these two: a payment, and one that is gone.
        let invoices = held.rows.get_mut("invoices").unwrap();
        invoices[0]["status"] = json!("paid");
        invoices[0]["paid_on"] = json!("2026-11-20");
        held.rows.get_mut("bills").unwrap().pop();
    }
    let ran = stage.run(&[]).exits(0);
    let did = ran.actions();
    let did: Vec<_> = did
        .iter()
        .map(|(id, action)| format!("{id} {action}"))
        .collect();
    insta::assert_snapshot!(did.join("\n"), @r"
    bills/5 update
    bills/6 update
    contacts/2 update
    credit-notes/5 update
    invoices/5 update
    ");
    insta::assert_snapshot!(stage.transfers("inactive").join("\n"), @r"
    bills/5: expense 605.00 true
    bills/6: expense 605.00 true
    credit-notes/5: income -121.00 true
    invoices/5: income 121.00 false
    invoices/6: income 121.00 false
    ");
    let books = stage.bench.sandbox.books();
    let mut cities = books
        .companies
        .values()
        .map(|one| one["city"].as_str().unwrap());
    assert_eq!(cities.clone().filter(|city| *city == "Praha").count(), 1);
    assert!(cities.any(|city| city == "Brno"));
}

#[test]
fn with_the_state_lost_each_record_is_known_by_its_mark_and_no_foreign_mark_is_taken_over() {
    let stage = Stage::new();
    fill(&stage.server);
    // Another connection's, with the same number, value and currency.
    stage.bench.sandbox.books().add_transfer(json!({
        "kind": "income", "name": "Faktura", "date": "2026-11-16", "value": 121, "currency": "CZK",
        "reference_number": "20260005", "description": "fakturoid:a-b:invoices/5",
    }));
    stage.connected().exits(0);
    let first = stage.run(&[]).exits(0);
    assert_eq!(first.change("invoices/5")["action"], "create");
    for file in ["state.db", "state.db-wal", "state.db-shm"] {
        let _ = fs::remove_file(stage.bench.path("data/caflou-sync").join(file));
    }
    let before = stage.bench.sandbox.writes().len();
    let again = stage.run(&[]).exits(0);
    let actions: std::collections::BTreeSet<_> = again.actions().into_values().collect();
    assert_eq!(actions, ["adopt", "skip"].map(str::to_owned).into());
    assert_eq!(stage.bench.sandbox.writes().len(), before);
}

#[test]
fn one_stream_may_be_left_out_of_its_kind() {
    let stage = Stage::new();
    fill(&stage.server);
    stage.connected().exits(0);
    let set = ["edit", KEY, "--set", "import.streams.credit-notes=no"];
    stage.program(&set).exits(0);
    let ran = stage.run(&[]).exits(0);
    assert_eq!(ran.counts("incomes"), "3 read: 2 created, 1 skipped");
    let refused = stage
        .program(&["edit", KEY, "--set", "import.streams.credit-nots=no"])
        .exits(2);
    assert!(
        refused.stderr.contains("there are contacts, invoices"),
        "{}",
        refused.stderr
    );
}

#[test]
fn a_list_that_is_cut_takes_nothing_out_of_the_cash_flow() {
    let stage = Stage::new();
    fill(&stage.server);
    stage.connected().exits(0);
    stage.run(&[]).exits(0);
    let before = stage.bench.sandbox.writes().len();
    stage.server.held().cut_at = Some(2);
    stage.run(&["--full"]).exits(1);
    assert_eq!(stage.bench.sandbox.writes().len(), before);
}
