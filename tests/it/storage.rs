//! A state file that cannot be used: said before anything is written, and nothing is lost by it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::json;

use crate::earlier::{SCHEMAS, lay_out};
use crate::support::{Bench, Ran, mark, wait_for};

/// Twelve orders and a company are imported; one is paid since, and one is new.
fn bench() -> Bench {
    let bench = Bench::new();
    bench.customer(|_| ());
    let codes: Vec<_> = (0..12).map(|_| bench.order(|_| ())).collect();
    bench.imported();
    bench.sandbox.shop().pay(&codes[3]);
    bench.order(|_| ());
    bench
}

/// All is as after a run without trouble.
#[track_caller]
fn goes_on(bench: &Bench) {
    bench.run(&[]).exits(0);
    bench.each_order_is_there_once();
    let books = bench.sandbox.books();
    let paid = books.transfers.values().filter(|one| one["done"] == true);
    assert_eq!((paid.count(), books.companies.len()), (1, 1));
}

/// The run failed for the state file, and wrote nothing.
#[track_caller]
fn refused(bench: &Bench, ran: &Ran, said: &[&str]) {
    assert_eq!(ran.code, 1, "{said:?}: {}", ran.stdout);
    assert_eq!(ran.summary()["status"], "failed");
    assert_eq!(bench.writes(), Vec::<String>::new(), "{said:?}");
    for word in said {
        assert!(ran.error().contains(word), "{word}: {}", ran.error());
    }
}

#[test]
fn a_cursor_that_was_damaged_hides_no_change() {
    let bench = bench();
    bench.in_state("UPDATE cursors SET cursor = '2036' || substr(cursor, 5)");
    goes_on(&bench);
}

/// Overwrites the pages in which a text is found, but the first.
fn damage(path: &Path, text: &str) {
    let mut bytes = fs::read(path).unwrap();
    let mut found = 0;
    for page in bytes.chunks_mut(4096).skip(1) {
        if page.windows(text.len()).any(|part| part == text.as_bytes()) {
            page.fill(0xff);
            found += 1;
        }
    }
    assert!(found > 0, "no page with {text}");
    fs::write(path, bytes).unwrap();
}

fn change(path: &Path, sql: &str) {
    let database = rusqlite::Connection::open(path).unwrap();
    database.execute_batch(sql).unwrap();
}

type Harm = fn(&Path);

/// Ways to lose a state file, and what has to be said.
fn harms() -> Vec<(Harm, [&'static str; 2])> {
    vec![
        (
            |path| {
                let mut chance = fastrand::Rng::with_seed(7);
                fs::write(path, [0; 9000].map(|_| chance.u8(..))).unwrap();
            },
            ["not a database", "restore a copy"],
        ),
        (
            |path| truncate(path, fs::metadata(path).unwrap().len() / 2),
            ["malformed", "restore a copy"],
        ),
        (|path| truncate(path, 100), ["malformed", "restore a copy"]),
        (|path| truncate(path, 0), ["empty", "restore a copy"]),
        (
            |path| damage(path, &mark("2024000007")),
            ["malformed", "restore a copy"],
        ),
        (
            |path| {
                let sql = "UPDATE records SET source = substr(source, 1, 20) \
                           WHERE source_id = '2024000009'";
                change(path, sql);
            },
            ["income 2024000009", "restore a copy"],
        ),
        // What the disk turned over, and SQLite does not see.
        (
            |path| {
                change(
                    path,
                    "UPDATE records SET caflou_id = 1 WHERE source_id = '2024000003'",
                );
            },
            ["income 2024000003", "restore a copy"],
        ),
        (
            |path| {
                let sql = "UPDATE records SET source_id = '2024000014' \
                           WHERE source_id = '2024000005'";
                change(path, sql);
            },
            ["income 2024000014", "restore a copy"],
        ),
        (
            |path| {
                change(
                    path,
                    "UPDATE records SET pending = '{}' WHERE source_id = '2024000006'",
                );
            },
            ["income 2024000006", "restore a copy"],
        ),
        (
            |path| {
                change(
                    path,
                    "UPDATE records SET state = 'gone' WHERE kind = 'company'",
                );
            },
            ["company c0000000", "restore a copy"],
        ),
        (
            |path| {
                // A record that its index does not hold.
                index_of_open(path, "reason IS NOT NULL", "label = 0");
                change(
                    path,
                    "UPDATE records SET reason = 'why' WHERE source_id = '2024000007'",
                );
                index_of_open(path, "label = 0", "reason IS NOT NULL");
            },
            ["records_open", "restore a copy"],
        ),
        (
            |path| change(path, "PRAGMA user_version = 99"),
            ["schema 99", "install that release"],
        ),
        (
            |path| {
                fs::remove_file(path).unwrap();
                change(path, "CREATE TABLE strangers (id INTEGER)");
            },
            ["another program", "--state"],
        ),
    ]
}

/// Changes the condition of an index, and not what it holds.
fn index_of_open(path: &Path, from: &str, to: &str) {
    let sql = format!(
        "PRAGMA writable_schema = ON; UPDATE sqlite_master \
         SET sql = replace(sql, '{from}', '{to}') WHERE name = 'records_open'"
    );
    change(path, &sql);
}

fn truncate(path: &Path, length: u64) {
    let file = fs::OpenOptions::new().write(true).open(path).unwrap();
    file.set_len(length).unwrap();
}

/// The state file and all beside it but the lock.
fn state(bench: &Bench) -> BTreeMap<String, String> {
    let mut files = bench.state_hash();
    files.retain(|name, _| !name.contains("lock"));
    files
}

#[test]
fn a_damaged_or_foreign_file_is_refused_and_left_as_it_is() {
    let bench = bench();
    let path = bench.path("state.db");
    let good = fs::read(&path).unwrap();
    for (harm, said) in harms() {
        harm(&path);
        let harmed = state(&bench);
        for args in [&[][..], &["--dry-run"][..]] {
            refused(
                &bench,
                &bench.run(args),
                &[&["state.db"], &said[..]].concat(),
            );
            assert_eq!(state(&bench), harmed, "{said:?}");
        }
        fs::write(&path, &good).unwrap();
    }
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    for args in [&[][..], &["--dry-run"][..]] {
        refused(&bench, &bench.run(args), &["state.db", "check the path"]);
    }
    fs::remove_dir(&path).unwrap();
    fs::write(&path, &good).unwrap();
    goes_on(&bench);
}

/// Every income says what its order says, and none is there twice.
#[track_caller]
fn nothing_wrong(bench: &Bench, why: &str) {
    let (shop, books) = (bench.sandbox.shop(), bench.sandbox.books());
    for order in &shop.orders {
        let found = books.transfers_by_mark(&mark(&order.code));
        assert!(found.len() < 2, "{why}: {} twice", order.code);
        for income in found {
            assert_eq!(income["reference_number"], order.code, "{why}");
            let paid = income["done"] == true;
            assert!(!paid || order.paid == Some(true), "{why}: {}", order.code);
        }
    }
    assert!(books.transfers.len() <= shop.orders.len(), "{why}");
}

#[test]
fn one_bit_turned_over_never_reaches_the_books() {
    let bench = bench();
    let path = bench.path("state.db");
    let good = fs::read(&path).unwrap();
    let mut chance = fastrand::Rng::with_seed(14);
    let mut told = 0;
    for _ in 0..40 {
        let mut bytes = good.clone();
        let at = loop {
            let at = chance.usize(..bytes.len());
            if bytes[at] != 0 {
                break at; // no free space
            }
        };
        bytes[at] ^= 1 << chance.u8(..8);
        fs::write(&path, bytes).unwrap();
        let ran = bench.run(&[]);
        told += i32::from(ran.code != 0);
        nothing_wrong(&bench, &format!("byte {at}"));
        for ending in ["-wal", "-shm"] {
            fs::remove_file(bench.path(&format!("state.db{ending}"))).ok();
        }
    }
    assert!(told > 0, "no bit was noticed");
    fs::write(&path, &good).unwrap();
    bench.run(&[]).exits(0);
    nothing_wrong(&bench, "restored");
}

#[test]
fn a_record_that_is_not_the_one_meant_is_not_changed() {
    let bench = bench();
    let (mine, other) = ("2024000004", "2024000008");
    let before = bench.income(other);
    // As a file of an older release, whose rows were not summed.
    let turned = format!(
        "UPDATE records SET checksum = NULL, caflou_id = (SELECT caflou_id FROM records \
         WHERE source_id = '{other}') WHERE source_id = '{mine}'"
    );
    let linked_twice = format!(
        "UPDATE records SET doubled = 1, checksum = NULL WHERE source_id = '{other}'; {turned}"
    );
    change(&bench.path("state.db"), &linked_twice);
    for _ in 0..2 {
        let ran = bench.run(&["--order", mine]).exits(3);
        let reason = ran.change(mine)["reason"].to_string();
        for word in [&mark(other), "not touched"] {
            assert!(reason.contains(word), "{reason}");
        }
    }
    assert_eq!(bench.writes(), Vec::<String>::new());
    assert_eq!(bench.income(other), before);
}

#[test]
fn what_carries_no_mark_is_told_by_its_reference_or_its_values() {
    let bench = Bench::new();
    let codes: Vec<_> = (0..3)
        .map(|number| bench.order(|order| order.full_name = Some(format!("Jan {number}"))))
        .collect();
    bench.imported();
    let ids: Vec<_> = codes.iter().map(|code| bench.income_id(code)).collect();
    let gone = [
        // the mark only; the reference, too; all by which it could be told
        json!({ "description": "poznámka" }),
        json!({ "description": null, "reference_number": "jiné" }),
        json!({ "description": null, "reference_number": "jiné", "value": 1 }),
    ];
    for ((id, code), change) in ids.iter().zip(&codes).zip(gone) {
        let mut books = bench.sandbox.books();
        let income = books.transfers.get_mut(id).unwrap();
        for (field, value) in change.as_object().unwrap() {
            income.insert(field.clone(), value.clone());
        }
        drop(books);
        bench.sandbox.shop().pay(code);
    }
    let ran = bench.run(&[]).exits(3);
    let action = |code: &String| ran.change(code)["action"].clone();
    let actions: Vec<_> = codes.iter().map(action).collect();
    assert_eq!(actions, ["update", "update", "fail"]);
    let reason = ran.change(&codes[2])["reason"].to_string();
    assert!(reason.contains("neither our mark"), "{reason}");
    assert_eq!(bench.patches().len(), 2);
}

#[test]
fn where_the_last_run_died_the_whole_file_is_looked_through() {
    let bench = bench();
    let path = bench.path("state.db");
    // Nothing but the check of the whole reads the history before the first write.
    change(
        &path,
        "INSERT INTO runs (run_id, connection, started_at, nth) \
         VALUES ('30240506T100000Z-00000001', 'my-shop', unixepoch() + 1, 9); \
         PRAGMA writable_schema = ON; UPDATE sqlite_master \
         SET sql = replace(sql, 'summary TEXT', 'summary TEXT NOT NULL') WHERE name = 'runs'",
    );
    let said = ["NULL value in runs.summary", "restore a copy"];
    refused(&bench, &bench.run(&[]), &said);
}

#[test]
fn a_file_of_an_older_release_is_read_as_it_is_and_brought_up_to_date_by_a_run() {
    let bench = bench();
    lay_out(&bench, SCHEMAS[0]);
    let before = state(&bench);
    let ran = bench.run(&["--dry-run"]).exits(0);
    assert_eq!(
        ran.counts("incomes"),
        "13 read: 1 created, 1 updated, 11 unchanged"
    );
    for command in ["status", "list", "history"] {
        bench.program(&[command]).exits(0);
    }
    assert_eq!(state(&bench), before);
    goes_on(&bench);
}

#[test]
fn damage_met_in_the_middle_stops_the_run_and_a_new_file_finds_what_was_sent() {
    let bench = Bench::new();
    // every second order is imported: each page of the shop's list has both kinds
    let orders: usize = 200;
    for number in 0..orders {
        let minutes = chrono::TimeDelta::minutes(i64::try_from(number).unwrap());
        bench.order(|order| order.creation_time = order.creation_time.map(|at| at + minutes));
    }
    let codes: Vec<_> = {
        let shop = bench.sandbox.shop();
        shop.orders.iter().map(|order| order.code.clone()).collect()
    };
    let mut args: Vec<&str> = Vec::new();
    for code in codes.iter().step_by(2) {
        args.extend(["--order", code]);
    }
    bench.run(&args).exits(0);
    bench.sandbox.forget_seen();

    // creates are slow: most pages are still to be decided upon after the first
    let latency = Duration::from_millis(30);
    bench
        .sandbox
        .set(|options| options.caflou_latency = latency);
    let run = bench.spawn(&[]);
    wait_for("create", || !bench.writes().is_empty());
    damage(&bench.path("state.db"), "shoptet:222651:");
    let ran = run.end().exits(1);
    for word in ["state.db", "malformed", "restore a copy"] {
        assert!(ran.error().contains(word), "{}", ran.error());
    }
    bench
        .sandbox
        .set(|options| options.caflou_latency = Duration::ZERO);
    let sent = bench.sandbox.books().transfers.len();
    assert!(sent < orders, "the run went on to its end");
    for ending in ["", "-wal", "-shm"] {
        fs::remove_file(bench.path(&format!("state.db{ending}"))).ok();
    }
    let ran = bench.run(&[]).exits(0);
    let counts = &ran.summary()["incomes"];
    assert_eq!(
        (&counts["adopted"], &counts["created"]),
        (&sent.into(), &(orders - sent).into())
    );
    bench.each_order_is_there_once();
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    use super::*;
    use crate::support::{KEY, Running};

    /// Who owns nothing and may write nowhere.
    const NOBODY: u32 = 65534;

    /// A run by someone whom permissions bind: root hands all to nobody.
    fn run_bound(bench: &Bench, args: &[&str]) -> Ran {
        let mut command = bench.command(&Bench::run_args(args));
        let program = bench.path("program");
        if program.exists() || fs::metadata(bench.path("")).unwrap().uid() == 0 {
            let folder = fs::read_dir(bench.path("")).unwrap();
            folder
                .for_each(|file| chown(file.unwrap().path(), Some(NOBODY), Some(NOBODY)).unwrap());
            chown(bench.path(""), Some(NOBODY), Some(NOBODY)).unwrap();
            // the program need not lie where nobody may look
            if !program.exists() {
                fs::copy(command.get_program(), &program).unwrap();
            }
            command = Command::new(program);
            command.args(Bench::run_args(args));
            command.uid(NOBODY).gid(NOBODY);
        }
        Running::of(&mut bench.at_home(command)).end()
    }

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_file_or_folder_that_cannot_be_written_is_refused_before_any_write() {
        let bench = bench();
        let (file, folder) = (bench.path("state.db"), bench.path(""));
        for (path, mode) in [(&file, 0o400), (&folder, 0o500), (&file, 0o000)] {
            let usual = fs::metadata(path).unwrap().mode();
            set_mode(path, mode);
            let ran = run_bound(&bench, &[]);
            set_mode(path, usual);
            refused(&bench, &ran, &["state.db", "writable for this user"]);
        }
        // binds root, too
        let below = format!("{}/state.db", bench.path("connections.toml").display());
        let ran = bench.run(&["--state", &below]);
        refused(&bench, &ran, &[&below, "--state"]);
        goes_on(&bench);
    }

    #[test]
    fn a_link_to_nothing_is_no_new_file() {
        let bench = bench();
        let (file, away) = (bench.path("state.db"), bench.path("away.db"));
        fs::rename(&file, &away).unwrap();
        std::os::unix::fs::symlink("disk/state.db", &file).unwrap();
        refused(&bench, &bench.run(&[]), &["state.db", "link to nothing"]);
        assert!(file.is_symlink());
        fs::remove_file(&file).unwrap();
        fs::rename(&away, &file).unwrap();
        goes_on(&bench);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_disk_that_becomes_full_stops_the_run_and_nothing_comes_twice() {
        std::thread::scope(|scope| {
            for blocks in [1, 150, 500, 900] {
                scope.spawn(move || becomes_full(blocks));
            }
        });
    }

    /// A file may not become larger than so many blocks of 512 bytes.
    #[cfg(target_os = "linux")]
    fn becomes_full(blocks: u32) {
        let bench = Bench::new();
        (0..80).for_each(|_| drop(bench.order(|_| ())));
        bench.caflou_setting("timeout = \"1s\"");
        let limit = format!("trap '' XFSZ; ulimit -f {blocks}");
        let ran = bench.spawn_after(&limit).end().exits(1);
        let error = ran.error();
        assert!(
            error.contains("state.db") && error.contains("disk"),
            "{error}"
        );
        assert_eq!(ran.summary()["status"], "failed");
        assert!(blocks > 1 || bench.writes().is_empty());
        bench.program(&["run", KEY]).exits(0);
        bench.each_order_is_there_once();
    }
}
