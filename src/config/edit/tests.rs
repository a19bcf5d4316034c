//! Changed files, whole.

use std::fs;

use super::*;
use crate::config::Mode;

mod anything;
mod saving;

/// Written by a user with habits.
const HABITS: &str = r#"# my shops
state = "state.db"   # here

# ---- first ----
[ connections . "můj obchod" ]   # the old one
program = 'shoptet'
eshop_id = 222_651
import = { companies = "no", incomes = "new-only" } # inline

shoptet.private_token = { env = "A" }

[connections."můj obchod".caflou]
token.env = "B"
account_id   =   "1"
# the end of the first

# ---- second ----

[connections.b]
program = "shoptet"
eshop_id = 2

# ways in
[connections.b.shoptet]
private_token = { env = "C" }
[connections.b.caflou]
account_id = "2"
token = { env = "D" }

[connections.b.mapping]

# Tags that each income gets.
#tags = ["e-shop"]

# The category.
#category_id = 1
"#;

fn editor(text: &str) -> Editor {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("connections.toml");
    fs::write(&path, text).unwrap();
    Editor::open(&path).unwrap()
}

/// The lines that differ, as `-` and `+`.
fn changes(before: &str, after: &str) -> String {
    let (old, new): (Vec<_>, Vec<_>) = (before.lines().collect(), after.lines().collect());
    let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let (old, new) = (&old[same..], &new[same..]);
    let pairs = old.iter().rev().zip(new.iter().rev());
    let tail = pairs.take_while(|(a, b)| a == b).count();
    let old = old[..old.len() - tail]
        .iter()
        .map(|line| format!("-{line}"));
    let new = new[..new.len() - tail]
        .iter()
        .map(|line| format!("+{line}"));
    let all: Vec<_> = old.chain(new).collect();
    format!("after line {same}\n{}", all.join("\n"))
}

fn set(text: &str, path: &[&str], value: impl Into<Value>) -> String {
    let mut editor = editor(text);
    editor.set(path, value).unwrap();
    editor.check().unwrap();
    changes(text, editor.text())
}

fn unset(text: &str, path: &[&str]) -> String {
    let mut editor = editor(text);
    assert!(editor.unset(path));
    changes(text, editor.text())
}

const FIRST: [&str; 2] = ["connections", "můj obchod"];

#[test]
fn a_value_is_replaced_in_its_place() {
    let path = [&FIRST[..], &["caflou", "account_id"]].concat();
    insta::assert_snapshot!(set(HABITS, &path, "7"), @r#"
    after line 13
    -account_id   =   "1"
    +account_id   =   "7"
    "#);
    let path = [&FIRST[..], &["eshop_id"]].concat();
    insta::assert_snapshot!(set(HABITS, &path, 5), @r"
    after line 6
    -eshop_id = 222_651
    +eshop_id = 5
    ");
}

#[test]
fn inline_tables_and_dotted_keys_go_on() {
    let path = [&FIRST[..], &["import", "incomes"]].concat();
    insta::assert_snapshot!(set(HABITS, &path, "no"), @r#"
    after line 7
    -import = { companies = "no", incomes = "new-only" } # inline
    +import = { companies = "no", incomes = "no" } # inline
    "#);
    let path = [&FIRST[..], &["import", "auto_repeat"]].concat();
    insta::assert_snapshot!(set(HABITS, &path, true), @r#"
    after line 7
    -import = { companies = "no", incomes = "new-only" } # inline
    +import = { companies = "no", incomes = "new-only", auto_repeat = true } # inline
    "#);
    let path = [&FIRST[..], &["shoptet", "bulk"]].concat();
    insta::assert_snapshot!(set(HABITS, &path, "never"), @r#"
    after line 10
    +shoptet.bulk = "never"
    "#);
    let path = [&FIRST[..], &["caflou", "token"]].concat();
    let token: Value = "{ env = 'X' }".parse().unwrap();
    insta::assert_snapshot!(set(HABITS, &path, token), @r#"
    after line 12
    -token.env = "B"
    -account_id   =   "1"
    +account_id   =   "1"
    +token = { env = 'X' }
    "#);
}

#[test]
fn a_new_key_comes_below_its_example_else_at_the_end_of_its_table() {
    let path = ["connections", "b", "mapping", "tags"];
    let tags: Value = r#"["a", "b"]"#.parse().unwrap();
    insta::assert_snapshot!(set(HABITS, &path, tags), @r#"
    after line 33
    +tags = ["a", "b"]
    "#);
    let path = ["connections", "b", "mapping", "match_existing"];
    insta::assert_snapshot!(set(HABITS, &path, false), @r"
    after line 30
    +match_existing = false
    ");
    let path = ["connections", "b", "name"];
    insta::assert_snapshot!(set(HABITS, &path, "Béčko"), @r#"
    after line 21
    +name = "Béčko"
    "#);
    insta::assert_snapshot!(set(HABITS, &["keep_runs"], 30), @r"
    after line 2
    +keep_runs = 30
    ");
}

#[test]
fn a_new_table_comes_at_the_end_of_its_connection() {
    let path = [&FIRST[..], &["mapping", "source_id"]].concat();
    insta::assert_snapshot!(set(HABITS, &path, 1), @r#"
    after line 16
    +[connections."můj obchod".mapping]
    +source_id = 1
    +
    "#);
    let path = ["connections", "b", "import", "companies"];
    insta::assert_snapshot!(set(HABITS, &path, "no"), @r#"
    after line 36
    +
    +[connections.b.import]
    +companies = "no"
    "#);
}

#[test]
fn a_key_is_taken_away_and_its_explanation_stays() {
    let path = [&FIRST[..], &["caflou", "account_id"]].concat();
    insta::assert_snapshot!(unset(HABITS, &path), @r#"
    after line 13
    -account_id   =   "1"
    "#);
    let path = [&FIRST[..], &["import", "companies"]].concat();
    insta::assert_snapshot!(unset(HABITS, &path), @r#"
    after line 7
    -import = { companies = "no", incomes = "new-only" } # inline
    +import = { incomes = "new-only" } # inline
    "#);
    let path = [&FIRST[..], &["caflou", "token"]].concat();
    insta::assert_snapshot!(unset(HABITS, &path), @r#"
    after line 12
    -token.env = "B"
    "#);
    insta::assert_snapshot!(unset(HABITS, &["connections", "b", "mapping"]), @r#"
    after line 28
    -
    -[connections.b.mapping]
    -
    -# Tags that each income gets.
    -#tags = ["e-shop"]
    -
    -# The category.
    -#category_id = 1
    "#);
    assert!(!editor(HABITS).unset(&["connections", "b", "name"]));
}

#[test]
fn a_removed_connection_takes_its_own_comments_only() {
    insta::assert_snapshot!(unset(HABITS, &FIRST), @r#"
    after line 3
    -# ---- first ----
    -[ connections . "můj obchod" ]   # the old one
    -program = 'shoptet'
    -eshop_id = 222_651
    -import = { companies = "no", incomes = "new-only" } # inline
    -
    -shoptet.private_token = { env = "A" }
    -
    -[connections."můj obchod".caflou]
    -token.env = "B"
    -account_id   =   "1"
    -# the end of the first
    -
    "#);
    insta::assert_snapshot!(unset(HABITS, &["connections", "b"]), @r#"
    after line 17
    -
    -[connections.b]
    -program = "shoptet"
    -eshop_id = 2
    -
    -# ways in
    -[connections.b.shoptet]
    -private_token = { env = "C" }
    -[connections.b.caflou]
    -account_id = "2"
    -token = { env = "D" }
    -
    -[connections.b.mapping]
    -
    -# Tags that each income gets.
    -#tags = ["e-shop"]
    -
    -# The category.
    -#category_id = 1
    "#);
}

#[test]
fn a_connection_of_one_line_is_removed() {
    let text = "[connections]\n# one\na = { program = \"shoptet\" }\nb.program = \"shoptet\"\n";
    insta::assert_snapshot!(unset(text, &["connections", "a"]), @r#"
    after line 2
    -a = { program = "shoptet" }
    "#);
    insta::assert_snapshot!(unset(text, &["connections", "b"]), @r#"
    after line 3
    -b.program = "shoptet"
    "#);
}

#[test]
fn line_ends_stay_as_they_are() {
    let text = HABITS.replace('\n', "\r\n");
    let mut editor = editor(&text);
    let date: Value = "2021-01-01".parse().unwrap();
    editor
        .set(&["connections", "b", "import", "from"], date)
        .unwrap();
    editor.set(&["connections", "b", "name"], "B").unwrap();
    assert!(editor.unset(&FIRST));
    let text = editor.text();
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
    assert_eq!(text.matches('\r').count(), text.matches("\r\n").count());
    insta::assert_snapshot!(text.replace("\r\n", "\n"), @r#"
    # my shops
    state = "state.db"   # here

    # ---- second ----

    [connections.b]
    program = "shoptet"
    eshop_id = 2
    name = "B"

    # ways in
    [connections.b.shoptet]
    private_token = { env = "C" }
    [connections.b.caflou]
    account_id = "2"
    token = { env = "D" }

    [connections.b.mapping]

    # Tags that each income gets.
    #tags = ["e-shop"]

    # The category.
    #category_id = 1

    [connections.b.import]
    from = 2021-01-01
    "#);
}

#[test]
fn a_byte_order_mark_and_a_missing_last_line_end_do_no_harm() {
    let mut editor = editor("\u{feff}[connections.a]\nname = \"x\"");
    editor.set(&["connections", "a", "name"], "y").unwrap();
    editor.set(&["connections", "a", "eshop_id"], 1).unwrap();
    editor.set(&["state"], "s.db").unwrap();
    assert_eq!(
        editor.text(),
        "\u{feff}state = \"s.db\"\n[connections.a]\nname = \"y\"\neshop_id = 1\n"
    );
}

#[test]
fn a_new_file_has_a_heading_and_looks_like_the_example() {
    let folder = tempfile::tempdir().unwrap();
    let mut editor = Editor::open(&folder.path().join("connections.toml")).unwrap();
    let token = |name: &str| -> Value { format!("{{ env = '{name}' }}").parse().unwrap() };
    let settings: [(&[&str], Value); 8] = [
        (&["name"], "Můj obchod".into()),
        (&["program"], "shoptet".into()),
        (&["eshop_id"], 222_651.into()),
        (&["shoptet", "private_token"], token("S")),
        (&["caflou", "account_id"], "1".into()),
        (&["caflou", "token"], token("C")),
        (&["import", "companies"], "no".into()),
        (&["import", "from"], "2021-01-01".parse().unwrap()),
    ];
    editor.add_connection("můj obchod", &settings).unwrap();
    editor.add_connection("b", &settings[1..6]).unwrap();
    insta::assert_snapshot!(editor.text(), @r#"
    # Connections of caflou-sync: which Shoptet e-shop goes into which Caflou account, and how.
    # Every setting is explained in connections.example.toml, which comes with the program.

    [connections."můj obchod"]
    name = "Můj obchod"
    program = "shoptet"
    eshop_id = 222651

    [connections."můj obchod".shoptet]
    private_token = { env = 'S' }

    [connections."můj obchod".caflou]
    account_id = "1"
    token = { env = 'C' }

    [connections."můj obchod".import]
    companies = "no"
    from = 2021-01-01

    [connections.b]
    program = "shoptet"
    eshop_id = 222651

    [connections.b.shoptet]
    private_token = { env = 'S' }

    [connections.b.caflou]
    account_id = "1"
    token = { env = 'C' }
    "#);
    let config = editor.check().unwrap();
    assert_eq!(config.connections[0].import.companies, Mode::No);
    let error = editor.add_connection("b", &settings).unwrap_err();
    assert!(matches!(error, EditError::Exists { .. }));
}

#[test]
fn what_is_no_table_takes_no_keys() {
    let path = [&FIRST[..], &["program", "name"]].concat();
    let error = editor(HABITS).set(&path, "x").unwrap_err().to_string();
    let expected = "connections.\"můj obchod\".program is not a table: nothing can be put into it";
    assert_eq!(error, expected);
}

#[test]
fn what_stands_somewhere_can_be_asked() {
    let editor = editor(HABITS);
    let get = |path: &[&str]| editor.get(path).map(|value| value.to_string());
    assert_eq!(get(&["connections", "b", "eshop_id"]).unwrap(), "2");
    assert_eq!(get(&["connections", "b", "nothing"]), None);
    assert_eq!(editor.connections(), ["můj obchod", "b"]);
    assert_eq!(editor.nearest("muj-obchod").unwrap(), "můj obchod");
}
