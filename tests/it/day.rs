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

    /// Nobody is told more than a screen holds, and a trouble always with a first step.
    fn messages_are_short_and_say_what_to_do(&self) {
        for body in self.told.bodies() {
            let text = body["text"].as_str().unwrap();
            assert!(text.lines().count() <= 20, "{text}");
            let bad = body["report"]["status"] != "ok";
            assert_eq!(bad, text.contains("caflou-sync "), "{text}");
        }
    }

    /// What `status` says of the connections that are not healthy, and its exit code.
    fn troubles(&self) -> (i32, BTreeMap<String, String>) {
        let ran = self.bench.program(&["status", "--format", "json"]);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let all = ran.objects();
        assert_eq!(all.len(), 10);
        let pairs = all
            .iter()
            .map(|one| (text(&one["connection"]), text(&one["health"])))
            .filter(|(_, health)| health != "healthy");
        (ran.code, pairs.collect())
    }

    /// How many runs of each connection ended how.
    fn history(&self) -> BTreeMap<String, BTreeMap<String, u32>> {
        let ran = self
            .bench
            .program(&["history", "--format", "json", "--limit", "1000"]);
        let mut all = BTreeMap::<String, BTreeMap<String, u32>>::new();
        for run in ran.exits(0).objects() {
            let text = |name: &str| run[name].as_str().unwrap().to_owned();
            let ended = all.entry(text("connection")).or_default();
            *ended.entry(text("status")).or_default() += 1;
        }
        all
    }
}

fn counts<const N: usize>(pairs: [(&str, u32); N]) -> BTreeMap<String, u32> {
    pairs.map(|(word, number)| (word.to_owned(), number)).into()
}

fn words<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<String, String> {
    pairs
        .map(|(key, word)| (key.to_owned(), word.to_owned()))
        .into()
}

/// What stdout says of each connection, up to the sums: the seven healthy shops have the same
/// orders.
fn changed(run: u32) -> Vec<String> {
    let shops = (0..7).map(|number| format!("shop-{number}: 1 income new"));
    let own = match run {
        1 => vec!["odd: 2 incomes new".to_owned()],
        4 => vec!["down: 3 incomes new".to_owned()],
        8 => vec!["odd: 1 income new".to_owned()],
        _ => Vec::new(),
    };
    shops.filter(|_| matches!(run, 1 | 10)).chain(own).collect()
}

/// How the lines on stderr begin.
fn complained(run: u32, broken: &str) -> Vec<String> {
    let mut all = vec!["error: dead: Shoptet refused ", "dead: the next run "];
    let failed = format!("odd: income {broken} failed: no amount");
    if run < 8 {
        all.extend([failed.as_str(), "odd: each run tries it again; "]);
    }
    if run < 4 {
        all.extend([
            "error: down: Shoptet cannot be reached",
            "down: the next run ",
        ]);
    }
    all.into_iter().map(str::to_owned).collect()
}

/// The lines begin like this, in whatever order their connections ended.
#[track_caller]
fn say(text: &str, begin: Vec<String>, run: u32) {
    let mut begin = begin;
    begin.sort_unstable();
    let mut lines: Vec<_> = text.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines.len(), begin.len(), "run {run}: {text}");
    for (line, begin) in lines.into_iter().zip(begin) {
        assert!(line.starts_with(&begin), "run {run}: {begin}: {text}");
    }
}

/// Subjects of all messages up to this run.
fn told(run: u32) -> Vec<&'static str> {
    let mut all = vec![
        "dead: the import failed",
        "down: the import failed",
        "odd: 1 record failed, 2 new incomes",
    ];
    if run >= 4 {
        all.push("down: works again after 3 failures, 3 new incomes");
    }
    if run >= 8 {
        all.push("odd: works again after 7 failures, 1 new income");
    }
    all.sort_unstable();
    all
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
        match run {
            4 => up = Some(shop(day.port)),
            8 => day.odd.shop().edit(&broken, |order| {
                order.price.with_vat = Some(order.price.without_vat.unwrap_or_default());
            }),
            10 => drop(day.bench.order(|_| ())),
            _ => {}
        }
        let ran = day.bench.program(&["run", "--scheduled"]).exits(4);
        say(&ran.stdout, changed(run), run);
        say(&ran.stderr, complained(run, &broken), run);
        assert_eq!(day.subjects(), told(run), "run {run}");
        let troubles = match run {
            1..=3 => words([
                ("dead", "failing"),
                ("down", "failing"),
                ("odd", "attention"),
            ]),
            4..=7 => words([("dead", "failing"), ("odd", "attention")]),
            _ => words([("dead", "failing")]),
        };
        assert_eq!(day.troubles(), (1, troubles), "run {run}");
    }
    drop(up);
    day.messages_are_short_and_say_what_to_do();
    let mut history = day.history();
    let mut of = |key: &str| history.remove(key);
    assert_eq!(of("dead"), Some(counts([("failed", 11)])));
    assert_eq!(of("down"), Some(counts([("failed", 3), ("ok", 8)])));
    assert_eq!(of("odd"), Some(counts([("partial", 7), ("ok", 4)])));
    assert_eq!(history.len(), 7);
    let well = counts([("ok", 11)]);
    assert!(history.values().all(|ended| *ended == well), "{history:?}");
}
