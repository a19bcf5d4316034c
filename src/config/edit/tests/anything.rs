//! Any value under any key, in files of every style.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;

const EXAMPLE: &str = include_str!("../../../../connections.example.toml");

const DOTTED: &str = "connections.b.eshop_id = 1 # one\nconnections.b.import.to = 2021-01-01\n\
                      connections.a.program = \"shoptet\"\n\n# end\n";

const INLINE: &str =
    "connections = { a = { program = \"shoptet\" }, b = { eshop_id = 1 } } # all\n";

fn text() -> impl Strategy<Value = String> {
    const TEXTS: [&str; 7] = [
        HABITS,
        EXAMPLE,
        DOTTED,
        INLINE,
        "",
        "[connections]",
        "# nothing\n\n",
    ];
    let windows = |(text, windows): (&str, bool)| {
        if windows {
            text.replace('\n', "\r\n")
        } else {
            text.to_owned()
        }
    };
    (select(&TEXTS[..]), any::<bool>()).prop_map(windows)
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        prop::collection::vec(any::<String>(), 0..3).prop_map(|texts| texts.into_iter().collect()),
        Just("{ env = \"X\" }".parse().unwrap()),
    ]
}

fn path() -> impl Strategy<Value = Vec<String>> {
    let connection = prop_oneof![
        select(vec![
            "b".to_owned(),
            "můj obchod".to_owned(),
            "my-shop".to_owned()
        ]),
        any::<String>(),
    ];
    let table = select(vec!["import", "mapping", "caflou", "shoptet"]);
    let key = prop_oneof![
        select(vec![
            "tags".to_owned(),
            "to".to_owned(),
            "account_id".to_owned()
        ]),
        any::<String>(),
    ];
    let deep = (connection, table, key).prop_map(|(connection, table, key)| {
        vec!["connections".to_owned(), connection, table.to_owned(), key]
    });
    prop_oneof![deep, any::<String>().prop_map(|key| vec![key])]
}

/// Everything in a text but what stands under a path: dotted keys with their values.
fn rest(text: &str, path: &[&str]) -> Vec<String> {
    fn walk(table: &dyn toml_edit::TableLike, at: &[String], all: &mut Vec<(Vec<String>, String)>) {
        for (key, item) in table.iter() {
            let at = [at, &[key.to_owned()]].concat();
            match item.as_table_like() {
                Some(table) => walk(table, &at, all),
                None => all.push((at, item.to_string().trim().to_owned())),
            }
        }
    }
    let document = Document::parse(text).unwrap();
    let mut all = Vec::new();
    walk(document.as_table(), &[], &mut all);
    all.retain(|(at, _)| {
        !at.iter()
            .map(String::as_str)
            .take(path.len())
            .eq(path.iter().copied())
    });
    let mut lines: Vec<_> = all
        .into_iter()
        .map(|(at, value)| format!("{at:?} {value}"))
        .collect();
    lines.sort();
    lines
}

fn comments(text: &str) -> Vec<&str> {
    let comments = text
        .lines()
        .filter(|line| line.trim_start().starts_with('#'));
    comments.collect()
}

proptest! {
    #[test]
    fn what_was_set_is_there_and_all_else_is_as_it_was(
        text in text(), path in path(), value in value(),
    ) {
        let path: Vec<_> = path.iter().map(String::as_str).collect();
        let mut editor = editor(&text);
        if editor.set(&path, value.clone()).is_err() {
            // only a text in the file where a table would have to be
            prop_assert!(path[0] == "state" || path[0] == "connections");
            prop_assert_eq!(editor.text(), &text);
            return Ok(());
        }
        let found = editor.get(&path).unwrap();
        prop_assert_eq!(found.to_string(), value.to_string());
        prop_assert_eq!(rest(editor.text(), &path), rest(&text, &path));
        let kept = comments(editor.text());
        prop_assert!(comments(&text).iter().all(|comment| kept.contains(comment)));
        // a second time nothing changes, and taking it away leaves what was there before
        let once = editor.text().to_owned();
        editor.set(&path, value).unwrap();
        prop_assert_eq!(editor.text(), &once);
        prop_assert!(editor.unset(&path));
        prop_assert_eq!(editor.get(&path).map(|value| value.to_string()), None);
        prop_assert_eq!(rest(editor.text(), &path), rest(&text, &path));
    }

    #[test]
    fn a_value_in_its_place_changes_no_other_byte(value in value()) {
        let path = ["connections", "b", "eshop_id"];
        let mut editor = editor(HABITS);
        editor.set(&path, value.clone()).unwrap();
        let expected = HABITS.replace("eshop_id = 2\n", &format!("eshop_id = {value}\n"));
        prop_assert_eq!(editor.text(), expected);
    }

    #[test]
    fn an_added_connection_can_be_taken_away_without_a_trace(key in any::<String>()) {
        let settings: [(&[&str], Value); 2] =
            [(&["name"], "x".into()), (&["import", "incomes"], "no".into())];
        for text in [HABITS, EXAMPLE] {
            let mut editor = editor(text);
            prop_assume!(!editor.connections().contains(&key));
            editor.add_connection(&key, &settings).unwrap();
            prop_assert!(editor.text().starts_with(text));
            prop_assert!(editor.remove_connection(&key));
            prop_assert_eq!(editor.text(), text);
        }
    }
}
