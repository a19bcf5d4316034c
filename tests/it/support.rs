//! A shop, accounts and the program between them, in a folder of their own.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::sandbox::books::Record;
use crate::sandbox::model::{Account, Address, Customer, Method, Order, Price, Status};
use crate::sandbox::{Options, Sandbox, Seen, Service};

/// The key of the connection.
pub const KEY: &str = "my-shop";
/// When orders of these tests were made, unless they say otherwise.
pub const MADE: &str = "2024-05-06T10:00:00Z";

/// A moment.
pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an RFC 3339 time")
}

/// What the configuration says beside the addresses and secrets.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Mode of the companies.
    pub companies: &'static str,
    /// Mode of the incomes.
    pub incomes: &'static str,
    /// More lines of the `import` table.
    pub import: &'static str,
    /// Lines of the `mapping` table.
    pub mapping: &'static str,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            companies: "new-only",
            incomes: "new-and-update",
            import: "",
            mapping: "",
        }
    }
}

/// Both services, and a folder with the program's configuration, state and cache.
pub struct Bench {
    pub sandbox: Sandbox,
    folder: TempDir,
}

impl Bench {
    /// A shop without orders and customers, empty books, the default settings.
    pub fn new() -> Self {
        Self::with(|_| ())
    }

    /// As [`Bench::new`], with other switches.
    pub fn with(change: impl FnOnce(&mut Options)) -> Self {
        let mut options = Options {
            orders: 0,
            customers: 0,
            bucket: false,
            ..Options::default()
        };
        change(&mut options);
        let folder = tempfile::tempdir().expect("a folder");
        let sandbox = Sandbox::start(options);
        let bench = Self { sandbox, folder };
        bench.configure(&Settings::default());
        bench
    }

    /// As [`Bench::new`], with these settings.
    pub fn set(settings: &Settings) -> Self {
        let bench = Self::new();
        bench.configure(settings);
        bench
    }

    /// Writes the configuration anew.
    pub fn configure(&self, settings: &Settings) {
        self.write_config(&self.connection(KEY, settings));
    }

    /// The tables of one connection.
    pub fn connection(&self, key: &str, settings: &Settings) -> String {
        let Settings {
            companies,
            incomes,
            import,
            mapping,
        } = settings;
        let extra = format!("\n{import}\n\n[connections.{key}.mapping]\n{mapping}\n");
        let modes =
            |companies, incomes| format!("companies = \"{companies}\"\nincomes = \"{incomes}\"");
        let text = self.sandbox.connection_toml(key, &extra);
        let usual = modes("new-only", "new-and-update");
        assert!(text.contains(&usual), "the sandbox names other modes");
        text.replace(&usual, &modes(companies, incomes))
    }

    /// Writes a configuration, readable by its owner only.
    pub fn write_config(&self, text: &str) {
        let path = self.path("connections.toml");
        fs::write(&path, format!("state = \"state.db\"\n\n{text}")).expect("a configuration");
        private(&path);
    }

    /// The configuration as it is.
    pub fn config(&self) -> String {
        let text = fs::read_to_string(self.path("connections.toml")).expect("a configuration");
        text.trim_start_matches("state = \"state.db\"\n\n")
            .to_owned()
    }

    /// A file in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The program with these arguments.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_caflou-sync"));
        command.args(args);
        self.at_home(command)
    }

    /// A command in the folder, with nothing of this process's environment.
    pub fn at_home(&self, mut command: Command) -> Command {
        let home = self.folder.path();
        command
            .current_dir(home)
            .env_clear()
            .env("HOME", home)
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_DATA_HOME", home.join("data"))
            .env("XDG_CACHE_HOME", home.join("cache"))
            .stdin(Stdio::null());
        command
    }

    /// As [`Bench::spawn`], by way of a shell that does this before.
    #[cfg(unix)]
    pub fn spawn_after(&self, script: &str) -> Running {
        let run = self.command(&Self::run_args(&[]));
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("{script}; exec \"$@\""), "sh"]);
        shell.arg(run.get_program()).args(run.get_args());
        Running::of(&mut self.at_home(shell))
    }

    /// Runs the program to its end.
    pub fn program(&self, args: &[&str]) -> Ran {
        let output = self.command(args).output().expect("the program");
        Ran::of(output)
    }

    /// `run my-shop --format json` with more arguments.
    pub fn run(&self, args: &[&str]) -> Ran {
        self.program(&Self::run_args(args))
    }

    /// As [`Bench::run`], not waiting for the end.
    pub fn spawn(&self, args: &[&str]) -> Running {
        let mut command = self.command(&Self::run_args(args));
        Running::of(&mut command)
    }

    /// A first run that has to go well; requests before and in it are forgotten.
    pub fn imported(&self) -> Ran {
        let ran = self.run(&[]).exits(0);
        self.sandbox.forget_seen();
        ran
    }

    /// The arguments of [`Bench::run`].
    pub fn run_args<'a>(args: &[&'a str]) -> Vec<&'a str> {
        [&["run", KEY, "--format", "json"], args].concat()
    }

    /// An order of 1234.50 CZK by a guest, made at [`MADE`], not paid, with changes.
    pub fn order(&self, change: impl FnOnce(&mut Order)) -> String {
        let mut shop = self.sandbox.shop();
        let mut order = shop.draft_order();
        order.code = format!("2024{:06}", shop.orders.len() + shop.deleted.len() + 1);
        order.creation_time = Some(at(MADE));
        order.full_name = Some("Jan Novák".into());
        order.company = None;
        order.status = Some(Status::new(-1, "Nevyřízená"));
        order.payment_method = Some(Method {
            guid: Some("6f2c8f58-3faf-11e2-a723-705ab6a2ba75".into()),
            name: "Převodem".into(),
        });
        order.price = price("1234.50");
        change(&mut order);
        let page = "https://222651.myshoptet.com/admin/objednavky-detail";
        order.admin_url = format!("{page}/?code={}", order.code);
        shop.add_order(order)
    }

    /// A person who is registered, with changes. The e-mail address is made of the guid.
    pub fn customer(&self, change: impl FnOnce(&mut Customer)) -> String {
        let mut shop = self.sandbox.shop();
        let mut customer = shop.draft_customer();
        customer.guid = format!("c0000000-0000-4000-8000-{:012}", shop.customers.len() + 1);
        customer.billing = Address {
            full_name: Some("Jana Nová".into()),
            street: Some("Dlouhá".into()),
            house_number: Some("1".into()),
            city: Some("Brno".into()),
            zip: Some("60200".into()),
            country_code: Some("CZ".into()),
            ..Address::default()
        };
        customer.accounts = vec![Account {
            guid: "a0000000-0000-4000-8000-000000000001".into(),
            full_name: Some("Jana Nová".into()),
            email: format!("{}@example.cz", customer.guid),
            phone: None,
            main_account: true,
        }];
        change(&mut customer);
        shop.add_customer(customer)
    }

    /// The income in Caflou with our mark; there has to be exactly one.
    pub fn income(&self, code: &str) -> Record {
        let books = self.sandbox.books();
        let found = books.transfers_by_mark(&mark(code));
        assert_eq!(found.len(), 1, "incomes of order {code}");
        found[0].clone()
    }

    /// The number of the income in Caflou with our mark.
    pub fn income_id(&self, code: &str) -> i64 {
        self.income(code)["id"].as_i64().expect("a number")
    }

    /// The company in Caflou with our mark.
    pub fn company(&self, guid: &str) -> Record {
        let books = self.sandbox.books();
        let found = books.company_by_identifier(&mark(guid));
        found.expect("a company with our mark").clone()
    }

    /// The day of the order's last change, where the shop is.
    pub fn day_of_change(&self, code: &str) -> String {
        let shop = self.sandbox.shop();
        let time = shop.order(code).and_then(|order| order.change_time);
        let time = time.expect("an order with a time of change");
        let day = time.with_timezone(&shop.timezone).date_naive();
        day.to_string()
    }

    /// Writes to Caflou so far, as `POST /transfers`.
    pub fn writes(&self) -> Vec<String> {
        let writes = self.sandbox.writes();
        writes
            .iter()
            .map(|seen| line(&self.sandbox, seen))
            .collect()
    }

    /// Bodies of the PATCH requests so far.
    pub fn patches(&self) -> Vec<Value> {
        let writes = self.sandbox.writes();
        let patches = writes.iter().filter(|seen| seen.method == "PATCH");
        patches.map(Seen::json).collect()
    }

    /// Requests to one service so far, as `GET /api/eshop`.
    pub fn requests(&self, service: Service) -> Vec<String> {
        let seen = self.sandbox.seen();
        let of_service = seen.iter().filter(|seen| seen.service == service);
        of_service.map(|seen| line(&self.sandbox, seen)).collect()
    }

    /// The configuration with one more line for Caflou.
    pub fn caflou_setting(&self, line: &str) {
        let table = format!("[connections.{KEY}.caflou]\n");
        let text = self.config();
        assert!(text.contains(&table));
        self.write_config(&text.replace(&table, &format!("{table}{line}\n")));
    }

    /// The state file, opened.
    pub fn database(&self) -> rusqlite::Connection {
        let database = rusqlite::Connection::open(self.path("state.db")).expect("a state file");
        let patience = database.busy_timeout(Duration::from_secs(20));
        patience.expect("a state file that can wait");
        database
    }

    /// Source ids of the incomes in this state.
    pub fn ids_in_state(&self, state: &str) -> BTreeSet<String> {
        let database = self.database();
        let sql = "SELECT source_id FROM records WHERE kind = 'income' AND state = ?1";
        let mut statement = database.prepare(sql).expect("the records");
        let ids = statement.query_map([state], |row| row.get(0));
        let ids = ids.expect("the records").collect::<Result<_, _>>();
        ids.expect("source ids")
    }

    /// Every order of the shop is in Caflou, each once.
    #[track_caller]
    pub fn each_order_is_there_once(&self) {
        let shop = self.sandbox.shop();
        let books = self.sandbox.books();
        for order in &shop.orders {
            let found = books.transfers_by_mark(&mark(&order.code)).len();
            assert_eq!(found, 1, "incomes of order {}", order.code);
        }
        assert_eq!(books.transfers.len(), shop.orders.len());
    }

    /// The source's changes of the last seconds are to be read again.
    pub fn cursors_go_back(&self, seconds: i64) {
        self.in_state(&format!(
            "UPDATE cursors SET at = at - {seconds}, \
             cursor = strftime('%Y-%m-%dT%H:%M:%SZ', at - {seconds}, 'unixepoch'), \
             settings = substr(settings, 1, instr(settings || '#', '#') - 1)"
        ));
    }

    /// Changes the state file behind the program's back, as time does.
    pub fn in_state(&self, sql: &str) -> usize {
        let sqlite = rusqlite::Connection::open(self.path("state.db")).expect("a state file");
        sqlite.execute(sql, []).expect(sql)
    }

    /// All bytes of the state file and its log, as text.
    pub fn state_text(&self) -> String {
        let files = ["state.db", "state.db-wal"].map(|name| fs::read(self.path(name)));
        let bytes: Vec<u8> = files.into_iter().flatten().flatten().collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// A hash of the state file and all that lies beside it.
    pub fn state_hash(&self) -> BTreeMap<String, String> {
        let files = fs::read_dir(self.folder.path()).expect("the folder");
        let names = files.map(|file| file.expect("a file").file_name());
        let names = names.map(|name| name.to_string_lossy().into_owned());
        let state = names.filter(|name| name.starts_with("state.db"));
        let hash = |name: &String| {
            let bytes = fs::read(self.path(name)).expect("a file of the state");
            format!("{:?}", Sha256::digest(bytes))
        };
        state.map(|name| (name.clone(), hash(&name))).collect()
    }
}

/// Readable by its owner only.
pub fn private(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("permissions");
    }
    #[cfg(not(unix))]
    let _ = path;
}

fn line(sandbox: &Sandbox, seen: &Seen) -> String {
    let account = format!("/api/v1/{}", sandbox.account_id());
    let path = seen.path.strip_prefix(&account).unwrap_or(&seen.path);
    format!("{} {path}", seen.method)
}

/// Our mark of a record.
pub fn mark(id: &str) -> String {
    format!("shoptet:222651:{id}")
}

/// A price in CZK with 21 % tax in it.
pub fn price(with_vat: &str) -> Price {
    let with_vat: Decimal = with_vat.parse().expect("an amount");
    let without_vat = (with_vat / Decimal::new(121, 2)).round_dp(2);
    Price {
        vat: Some(with_vat - without_vat),
        to_pay: Some(with_vat),
        without_vat: Some(without_vat),
        with_vat: Some(with_vat),
        currency: "CZK".into(),
        exchange_rate: Decimal::ONE,
    }
}

/// The text with the same moments and run ids at every run of a test.
pub fn stable(text: &str) -> String {
    let text = masked(
        text,
        "99999999T999999Z-hhhhhhhh",
        "20240506T100000Z-00000001",
    );
    let text = masked(&text, "9999-99-99 99:99", "2024-05-06 10:00");
    // How long a run takes depends on the machine.
    (1..9).fold(text, |text, second| {
        text.replace(&format!(" {second} s "), " 0 s ")
    })
}

/// Replaces what looks like the pattern: `9` is a digit, `h` a hexadecimal one.
fn masked(text: &str, pattern: &str, with: &str) -> String {
    let fits = |at: usize| {
        let piece = text.get(at..at + pattern.len())?;
        let alike = piece.bytes().zip(pattern.bytes()).all(|(c, p)| match p {
            b'9' => c.is_ascii_digit(),
            b'h' => c.is_ascii_hexdigit(),
            p => c == p,
        });
        alike.then_some(pattern.len())
    };
    let (mut out, mut at) = (String::new(), 0);
    while let Some(c) = text[at..].chars().next() {
        if let Some(length) = fits(at) {
            out.push_str(with);
            at += length;
        } else {
            out.push(c);
            at += c.len_utf8();
        }
    }
    out
}

/// The names in a JSON object.
pub fn keys(object: &Value) -> BTreeSet<&str> {
    let object = object.as_object().expect("an object");
    object.keys().map(String::as_str).collect()
}

/// A set of names.
pub fn names<const N: usize>(names: [&str; N]) -> BTreeSet<&str> {
    BTreeSet::from(names)
}

/// Waits until something has come about; panics where it does not.
#[track_caller]
pub fn wait_for(what: &str, mut come: impl FnMut() -> bool) {
    let since = Instant::now();
    while !come() {
        assert!(since.elapsed() < Duration::from_secs(20), "no {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The program while it runs.
pub struct Running(Child);

impl Running {
    /// Starts a command.
    pub fn of(command: &mut Command) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        Self(command.spawn().expect("the program"))
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// It has not ended yet.
    pub fn runs(&mut self) -> bool {
        self.0.try_wait().expect("the program").is_none()
    }

    /// Kills it.
    pub fn kill(mut self) {
        self.0.kill().expect("a process to kill");
        self.0.wait().expect("the program");
    }

    /// Sends it a signal, as `TERM`.
    #[cfg(unix)]
    pub fn signal(&self, name: &str) {
        let mut kill = Command::new("kill");
        let kill = kill.args([&format!("-{name}"), &self.id().to_string()]);
        // It may have ended already.
        kill.stderr(Stdio::null()).status().expect("kill");
    }

    /// Waits for its end.
    pub fn end(self) -> Ran {
        Ran::of(self.0.wait_with_output().expect("the program"))
    }
}

/// How the program ended and what it said.
#[derive(Debug, Clone)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// What is known once it ended.
    pub fn of(output: std::process::Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Self {
            code: output.status.code().expect("an exit code"),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// Its exit code is this one.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}\n{}", self.stdout, self.stderr);
        self
    }

    /// The objects on stdout.
    pub fn objects(&self) -> Vec<Value> {
        let object = |line: &str| {
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
        };
        self.stdout.lines().map(object).collect()
    }

    /// The objects of one type.
    pub fn of_type(&self, name: &str) -> Vec<Value> {
        let mut objects = self.objects();
        objects.retain(|object| object["type"] == name);
        objects
    }

    /// The first object.
    pub fn start(&self) -> Value {
        self.of_type("start").remove(0)
    }

    /// The last object.
    pub fn summary(&self) -> Value {
        let last = self.objects().pop().expect("some output");
        assert_eq!(last["type"], "summary", "{}", self.stdout);
        last
    }

    /// Why the run did not come to its end.
    #[track_caller]
    pub fn error(&self) -> String {
        let error = &self.summary()["error"];
        error.as_str().expect("an error").to_owned()
    }

    /// All changes, in the order in which they came.
    pub fn changes(&self) -> Vec<Value> {
        self.of_type("change")
    }

    /// The one change of a record.
    #[track_caller]
    pub fn change(&self, source_id: &str) -> Value {
        let mut changes = self.changes();
        changes.retain(|change| change["source_id"] == source_id);
        assert_eq!(changes.len(), 1, "{source_id} in {}", self.stdout);
        changes.remove(0)
    }

    /// What was done with each record that is not unchanged.
    pub fn actions(&self) -> BTreeMap<String, String> {
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let changes = self.changes();
        let pairs = changes
            .iter()
            .map(|one| (text(&one["source_id"]), text(&one["action"])));
        pairs.collect()
    }

    /// The messages of all warnings.
    pub fn warnings(&self) -> Vec<String> {
        let warnings = self.of_type("warning");
        let text = |one: &Value| one["message"].as_str().expect("text").to_owned();
        warnings.iter().map(text).collect()
    }

    /// The counts of an agenda as `3 read: 1 created, 2 unchanged`; they have to add up.
    #[track_caller]
    pub fn counts(&self, agenda: &str) -> String {
        let counts = &self.summary()[agenda];
        let number = |name: &str| counts[name].as_u64().expect("a count");
        let words = [
            "created",
            "adopted",
            "updated",
            "unchanged",
            "skipped",
            "failed",
        ];
        let sum: u64 = words.iter().map(|word| number(word)).sum();
        assert_eq!(sum, number("read"), "{counts}");
        let some = words.iter().filter(|word| number(word) > 0);
        let parts: Vec<_> = some
            .map(|word| format!("{} {word}", number(word)))
            .collect();
        if parts.is_empty() {
            return "0 read".to_owned();
        }
        format!("{sum} read: {}", parts.join(", "))
    }
}
