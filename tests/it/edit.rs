//! `edit`: settings change, and nothing else of the file does.

use std::fs;
use std::time::Duration;

use serde_json::json;

use crate::support::{Bench, KEY, Ran, Settings, private};

/// A connection as a user wrote it, whose services nobody asks.
pub const TEXT: &str = r#"# our two shops
state = "state.db"

[connections.my-shop] # the first
name = "Můj e-shop"
program = "shoptet"
eshop_id = 222651

# the way in
[connections.my-shop.shoptet]
private_token = "222651-p-hunter2"

[connections.my-shop.caflou]
account_id = "12345"
token = { file = "secrets/my-shop.caflou.token" }

[connections.my-shop.import]
incomes = "new-and-update"   # ask the accountant
auto_repeat = true

# ---- the other ----
[connections."káva a čaj"]
program = "shoptet"
eshop_id = 7
shoptet = { private_token = { env = "SHOPTET_TOKEN" } }
caflou = { account_id = "777", token = { env = "CAFLOU_TOKEN" } }
"#;

/// What no output may hold.
pub const SECRETS: [&str; 2] = ["222651-p-hunter2", "caflou-hunter2"];

/// A folder with this configuration and the secret's file.
pub fn desk() -> Bench {
    let bench = Bench::new();
    let config = bench.path("connections.toml");
    fs::write(&config, TEXT).unwrap();
    private(&config);
    fs::create_dir(bench.path("secrets")).unwrap();
    fs::write(
        bench.path("secrets/my-shop.caflou.token"),
        "caflou-hunter2\n",
    )
    .unwrap();
    bench
}

/// The whole file.
pub fn text(bench: &Bench) -> String {
    fs::read_to_string(bench.path("connections.toml")).unwrap()
}

fn edit(bench: &Bench, args: &[&str]) -> Ran {
    bench.program(&[&["edit", KEY], args].concat())
}

#[test]
fn what_changed_is_told_and_nothing_else_changed() {
    let bench = desk();
    let set = [
        "--set",
        "import.incomes=new-only",
        "--set",
        "import.from=2021-01-01",
    ];
    let more = [
        "--set",
        "mapping.tags=[\"e-shop\"]",
        "--unset",
        "import.auto_repeat",
    ];
    let ran = edit(&bench, &[set, more].concat()).exits(0);
    insta::assert_snapshot!(ran.stdout, @r#"
    my-shop
      ~ import.incomes      new-and-update → new-only
      ~ import.from         – → 2021-01-01
      ~ mapping.tags        – → ["e-shop"]
      ~ import.auto_repeat  true → –
    "#);
    assert_eq!(ran.stderr, "");
    let expected = TEXT
        .replace("\"new-and-update\"   # ask", "\"new-only\"   # ask")
        .replace(
            "auto_repeat = true\n",
            "from = 2021-01-01\n\n[connections.my-shop.mapping]\ntags = [\"e-shop\"]\n",
        );
    assert_eq!(text(&bench), expected);
    let again = edit(&bench, &set).exits(0);
    assert_eq!(
        again.stdout,
        "my-shop: nothing to change, it is so already\n"
    );
    assert_eq!(text(&bench), expected);
}

#[test]
fn a_program_gets_one_object() {
    let bench = desk();
    let set = ["--set", "name=Obchod", "--unset", "import.incomes"];
    let ran = edit(&bench, &[&set[..], &["--format", "json"]].concat()).exits(0);
    let expected = json!({
        "type": "edited",
        "connection": KEY,
        "changes": [
            {"key": "name", "before": "Můj e-shop", "after": "Obchod"},
            {"key": "import.incomes", "before": "new-and-update", "after": null},
        ],
        "secrets": [],
    });
    assert_eq!(ran.objects(), [expected]);
}

#[test]
fn all_mistakes_come_at_once_and_nothing_is_changed() {
    let bench = desk();
    let refused = |args: &[&str]| {
        let ran = edit(&bench, args).exits(2);
        assert_eq!(text(&bench), TEXT);
        assert_eq!(ran.stdout, "");
        ran.stderr
    };
    let flags = ["--set", "incomes=no", "--set", "import.frm=2021-01-01"];
    let more = ["--unset", "buk", "--set", "caflou.token=caflou-hunter3"];
    let said = refused(&[flags, more].concat());
    insta::assert_snapshot!(said, @r#"
    error: nothing was changed: 4 problems
      incomes: no such setting; did you mean "import.incomes"?
      import.frm: no such setting; did you mean "import.from"?
      caflou.token: a secret is not for a command line, where others can see it; say where it is, such as caflou.token='{ env = "NAME" }'
      buk: no such setting; did you mean "shoptet.bulk"?
    "#);
    let values = [
        "--set",
        "import.incomes=newonly",
        "--set",
        "import.from=tomorrow",
    ];
    let more = ["--unset", "caflou.account_id", "--set", "mapping.tags=a"];
    insta::assert_snapshot!(refused(&[values, more].concat()), @r#"
    error: nothing was changed: 4 problems
      caflou: "account_id" is missing
      import.incomes: "newonly" is not one of "no", "new-only", "new-and-update"; did you mean "new-only"?
      import.from: "tomorrow" is not a day such as 2021-01-31
      mapping.tags: expected a list of texts, such as ["one", "two"], found text
    "#);
    let twice = ["--set", "import.incomes=no", "--unset", "import.incomes"];
    insta::assert_snapshot!(refused(&twice), @"error: nothing was changed: import.incomes: named twice");
    let other = bench
        .program(&["edit", "my-shp", "--set", "name=x"])
        .exits(2);
    insta::assert_snapshot!(other.stderr, @"error: no connection `my-shp` in connections.toml; did you mean `my-shop`?");
}

#[test]
fn the_sides_of_what_was_imported_stay_the_same() {
    let bench = Bench::new();
    bench.order(|_| ());
    let other = ["--set", "caflou.account_id=777"];
    edit(&bench, &other).exits(0);
    bench.configure(&Settings::default());
    bench.imported();
    let before = text(&bench);
    let ran = edit(&bench, &other).exits(2);
    insta::assert_snapshot!(ran.stderr, @"error: nothing was changed: all that `my-shop` imported until now belongs to its present caflou.account_id (state.db). For another one make another connection: caflou-sync connect. Or delete the import state first: caflou-sync forget my-shop");
    edit(&bench, &["--set", "eshop_id=7"]).exits(2);
    assert_eq!(text(&bench), before);
    let same = format!("caflou.account_id={}", bench.sandbox.account_id());
    edit(&bench, &["--set", &same, "--set", "name=x"]).exits(0);
    bench.program(&["forget", KEY, "--yes"]).exits(0);
    edit(&bench, &other).exits(0);
}

#[test]
fn a_mistake_in_the_file_can_be_put_right() {
    let bench = desk();
    let broken = TEXT.replace("\"new-and-update\"", "\"updated\"");
    fs::write(bench.path("connections.toml"), broken).unwrap();
    bench.program(&["list"]).exits(2);
    edit(&bench, &["--set", "import.incomes=new-and-update"]).exits(0);
    assert_eq!(text(&bench), TEXT);
}

#[test]
fn a_secret_that_is_named_no_more_is_deleted_if_it_was_kept_by_the_program() {
    let bench = desk();
    fs::write(bench.path("new-token"), "caflou-hunter2").unwrap();
    private(&bench.path("new-token"));
    let set = ["--set", "caflou.token.file=new-token"];
    let ran = edit(&bench, &set).exits(0);
    insta::assert_snapshot!(ran.stdout, @r"
    my-shop
      ~ caflou.token  file secrets/my-shop.caflou.token → file new-token
    deleted, as nothing names it any more: the file secrets/my-shop.caflou.token
    ");
    assert_eq!(ran.stderr, "");
    assert!(!bench.path("secrets/my-shop.caflou.token").exists());
    // this one a person made
    fs::write(bench.path("secrets/mine"), "caflou-hunter2").unwrap();
    edit(
        &bench,
        &["--set", "caflou.token={ file = \"secrets/mine\" }"],
    )
    .exits(0);
    edit(&bench, &["--set", "caflou.token.env=CAFLOU_TOKEN"]).exits(0);
    assert!(bench.path("secrets/mine").exists());
}

#[test]
fn a_secret_is_not_deleted_where_its_new_place_gives_none() {
    let bench = desk();
    let ran = edit(&bench, &["--set", "caflou.token.env=NOPE"]).exits(0);
    insta::assert_snapshot!(ran.stdout, @r"
    my-shop
      ~ caflou.token  file secrets/my-shop.caflou.token → variable NOPE
    ");
    insta::assert_snapshot!(ran.stderr, @"warning: the environment variable NOPE is not set; the old secret stays in the file secrets/my-shop.caflou.token. Delete it yourself once `caflou-sync test my-shop` is well");
    assert!(bench.path("secrets/my-shop.caflou.token").exists());
}

#[test]
fn no_output_and_no_log_holds_a_secret() {
    let commands: [&[&str]; 8] = [
        &["list"],
        &["edit", KEY, "--set", "name=x"],
        &["edit", KEY, "--unset", "shoptet"],
        &["edit", KEY, "--unset", "shoptet.private_token"],
        &["edit", KEY, "--set", "shoptet.private_token.env=A"],
        &[
            "edit",
            KEY,
            "--unset",
            "caflou.token",
            "--set",
            "import.to=x",
        ],
        &["remove", KEY],
        &["remove", KEY, "--yes"],
    ];
    for format in ["human", "json"] {
        let bench = desk();
        for command in commands {
            let flags = ["--format", format, "-vv", "--log-format", "json"];
            let ran = bench.program(&[command, &flags].concat());
            for secret in SECRETS {
                let said = format!("{}{}", ran.stdout, ran.stderr);
                assert!(!said.contains(secret), "{command:?}: {said}");
            }
        }
    }
}

#[test]
fn changes_at_the_same_time_are_all_made_or_refused_with_a_sentence() {
    let bench = desk();
    let run = |number: usize| {
        let set = format!("mapping.expected_days.m{number}={number}");
        (number, edit(&bench, &["--set", &set]))
    };
    let all: Vec<_> = std::thread::scope(|scope| {
        let run = &run;
        let threads = (0..12).map(|number| scope.spawn(move || run(number)));
        let threads: Vec<_> = threads.collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    let text = text(&bench);
    for (number, ran) in all {
        let there = text.contains(&format!("m{number} = {number}\n"));
        assert_eq!(there, ran.code == 0, "{}{text}", ran.stderr);
        let refused = "error: connections.toml: the file was changed by someone else in the \
                       meantime; nothing was saved. Give the command again: it begins with the \
                       file as it is now\n";
        if !there {
            assert_eq!((ran.code, ran.stderr.as_str()), (1, refused));
        }
    }
}

#[cfg(unix)]
#[test]
fn a_kill_at_any_moment_leaves_the_old_file_or_the_new_one() {
    let bench = desk();
    let [old, new] = ["new-only", "new-and-update"];
    let file = |mode: &str| TEXT.replace("\"new-and-update\"", &format!("\"{mode}\""));
    let mut seen = [0, 0];
    for turn in 0..60 {
        fs::write(bench.path("connections.toml"), file(old)).unwrap();
        let set = format!("import.incomes={new}");
        let mut command = bench.command(&["edit", KEY, "--set", &set]);
        let mut child = command
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        // from at once to after its end, whatever the machine's pace
        std::thread::sleep(Duration::from_micros(fastrand::u64(0..(turn + 1) * 400)));
        child.kill().unwrap();
        child.wait().unwrap();
        let text = text(&bench);
        let which = [old, new].iter().position(|mode| text == file(mode));
        seen[which.unwrap_or_else(|| panic!("neither: {text}"))] += 1;
        assert_eq!(fs::read_dir(bench.path("secrets")).unwrap().count(), 1);
    }
    edit(&bench, &["--set", "import.incomes=no"]).exits(0);
    assert_eq!(text(&bench), file("no"), "{seen:?}");
}
