//! A day in the life: ten connections, eleven scheduled runs, and nobody who looks.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::receiver::{Manner, Receiver};
use crate::sandbox::{Options, Sandbox};
use crate::support::{Bench, Settings};

/// A shop of its own, on any port or on one that is known.
fn shop(port: u16) -> Sandbox {
    Sandbox::start(Options {
        orders: 3,
        customers: 0,
        bucket: false,
        shoptet_port: port,
        ..Options::default()
    })
}

/// Ten connections of three shops. `dead`: its token was revoked; `down`: its shop cannot be
/// reached; `odd`: one of its orders has no amount.
struct Day {
    bench: Bench,
    odd: Sandbox,
    /// Of the shop that is down: its address in Caflou is up.
    accounts: Sandbox,
    port: u16,
    told: Receiver,
}

impl Day {
    fn begin() -> Self {
        let bench = Bench::with(|options| options.single_file = false);
        bench.order(|_| ());
        let (odd, accounts) = (shop(0), shop(0));
        let port = {
            let down = shop(0);
            let url = down.shoptet_url();
            url.rsplit(':').next().unwrap().parse().unwrap()
        };
        let told = Receiver::start(Manner::Answers(200));
        let day = Self {
            bench,
            odd,
            accounts,
            port,
            told,
        };
        day.configure();
        day
    }

    fn configure(&self) {
        let mut text = format!(
            "[notify]\non = \"failure\"\n[notify.webhook]\nurl = \"{}/hook\"\n",
            self.told.url
        );
        let account = self.bench.sandbox.account_id();
        let settings = Settings {
            mapping: "match_existing = false",
            ..Settings::default()
        };
        for number in 0..7 {
            let key = format!("shop-{number}");
            text += &self
                .own(&key, &settings)
                .replace(account, &format!("{account}{number}"));
        }
        text += &self
            .own("dead", &settings)
            .replace(account, &format!("{account}7"))
            .replace(self.bench.sandbox.private_token(), "222651-p-revoked");
        let name = |sandbox: &Sandbox| sandbox.shop().name.clone();
        let odd = self.odd.connection_toml("odd", "\n");
        text += &odd.replace(&name(&self.odd), "odd");
        let down = self.accounts.connection_toml("down", "\n");
        text += &down.replace(&name(&self.accounts), "down").replace(
            &self.accounts.shoptet_url(),
            &format!("http://127.0.0.1:{}", self.port),
        );
        for number in 0..8 {
            let id = format!("{account}{number}");
            let mut books = self.bench.sandbox.books();
            books.accounts.push((id, "Firma".into()));
        }
        self.bench.write_config(&text);
    }

    /// A connection of the bench's shop.
    fn own(&self, key: &str, settings: &Settings) -> String {
        let name = self.bench.sandbox.shop().name.clone();
        self.bench.connection(key, settings).replace(&name, key)
    }

    /// Subjects of what was told so far.
    fn subjects(&self) -> Vec<String> {
        let bodies = self.told.bodies();
        let mut all: Vec<_> = bodies
            .iter()
            .map(|body| body["subject"].as_str().unwrap().to_owned())
            .collect();
        all.sort_unstable();
        all
    }

    /// What `status` says of each connection, and its exit code.
    fn health(&self) -> (i32, BTreeMap<String, String>) {
        let ran = self.bench.program(&["status", "--format", "json"]);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let pairs = ran
            .objects()
            .iter()
            .map(|one| (text(&one["connection"]), text(&one["health"])))
            .collect();
        (ran.code, pairs)
    }
}

#[test]
fn ten_connections_and_eleven_runs_tell_once_of_each_trouble_and_of_its_end() {
    let day = Day::begin();
    let broken = {
        let mut shop = day.odd.shop();
        let code = shop.orders[1].code.clone();
        shop.edit(&code, |order| {
            (order.price.to_pay, order.price.with_vat) = (None, None);
        });
        code
    };
    let mut up = None;
    for run in 1..=11 {
        if run == 4 {
            up = Some(shop(day.port));
        }
        if run == 8 {
            day.odd.shop().edit(&broken, |order| {
                order.price.with_vat = Some(order.price.without_vat.unwrap_or_default());
            });
        }
        if run == 10 {
            day.bench.order(|_| ());
        }
        let ran = day.bench.program(&["run", "--scheduled"]).exits(4);
        let lines = ran.stdout.lines().filter(|line| !line.starts_with("odd"));
        let expected = match run {
            1 | 10 => 7,
            4 => 1,
            _ => 0,
        };
        assert_eq!(lines.count(), expected, "run {run}: {}", ran.stdout);
        assert!(ran.stderr.contains("dead"), "run {run}: {}", ran.stderr);
        let down = ran.stderr.contains("error: down");
        assert_eq!(down, run < 4, "run {run}: {}", ran.stderr);
        let subjects = day.subjects();
        let more: &[&str] = match run {
            1..=3 => &[],
            4..=7 => &["down: works again after 3 failures, 3 new incomes"],
            _ => &[
                "down: works again after 3 failures, 3 new incomes",
                "odd: works again after 7 failures, 1 new income",
            ],
        };
        let mut told = vec![
            "dead: the import failed",
            "down: the import failed",
            "odd: 1 record failed, 2 new incomes",
        ];
        told.extend(more);
        told.sort_unstable();
        assert_eq!(subjects, told, "run {run}");
    }
    drop(up);
    let (code, health) = day.health();
    assert_eq!(health.len(), 10);
    for (connection, health) in &health {
        let expected = if connection == "dead" {
            "failing"
        } else {
            "healthy"
        };
        assert_eq!(health, expected, "{connection}");
    }
    assert_ne!(code, 0);
    let runs = day
        .bench
        .program(&["history", "--format", "json", "--limit", "1000"]);
    let runs = runs.exits(0).objects();
    let ended = |connection: &str, status: &str| {
        let is = |run: &&Value| run["connection"] == connection && run["status"] == status;
        runs.iter().filter(is).count()
    };
    assert_eq!(runs.len(), 110);
    assert_eq!((ended("dead", "failed"), ended("shop-0", "ok")), (11, 11));
    assert_eq!((ended("down", "failed"), ended("down", "ok")), (3, 8));
    assert_eq!((ended("odd", "partial"), ended("odd", "ok")), (7, 4));
}
