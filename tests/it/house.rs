//! The house itself: generic rooms know no source by name.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Rooms that every source uses.
const GENERIC: [&str; 12] = [
    "run", "wizard", "config", "record", "sync", "caflou", "state", "http", "output", "notify",
    "schedule", "cli",
];
/// Names of sources, and of where their records are.
const NAMES: [&str; 11] = [
    "shoptet",
    "fakturoid",
    "idoklad",
    "flexi",
    "pohoda",
    "money-s3",
    "xero",
    "quickbooks",
    "zoho",
    "e-shop",
    "eshop",
];
/// Lines with such words that are still there, by file: the list only ever gets shorter.
const STILL: &[(&str, usize)] = &[
    // The flags of the first release, which stay as other names of settings.
    ("cli/connect/flags.rs", 1),
    ("cli/connect/named.rs", 13),
    // `--order CODE` and `--customer GUID`, which stay as other names of `--record STREAM/ID`.
    ("cli/forget.rs", 4),
    ("cli/history.rs", 5),
    ("cli/part.rs", 1),
    ("cli/run.rs", 8),
    // Words of the configuration: `payment_date = "order-time"`, `companies_with_orders`.
    ("config/mapping.rs", 1),
    ("sync/scope.rs", 1),
    // The variable that examples name.
    ("config/secret/inherited.rs", 1),
    // A timer that is installed is compared by its text.
    ("schedule/units.rs", 1),
    // What earlier files called the two streams of the one source.
    ("state/migrations.rs", 1),
    // An example of a name, and the key of one that has no letter.
    ("wizard/naming.rs", 2),
];

/// Whether a line of code names a source or speaks in its words.
fn speaks_of_a_source(line: &str) -> bool {
    if line.trim_start().starts_with("//") {
        return false;
    }
    let small = line.to_lowercase().replace("in order", "");
    let mut words = small.split(|c: char| !c.is_alphanumeric() && c != '_');
    NAMES.iter().any(|name| small.contains(name))
        || (words.any(|word| matches!(word, "order" | "orders")) && !line.contains("ORDER BY"))
}

/// The code of a folder, by file, without its tests.
fn code(folder: &Path, root: &Path, found: &mut BTreeMap<String, usize>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path
            .strip_prefix(root)
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        if name.contains("/tests") || name.ends_with("testing.rs") {
            continue;
        }
        if path.is_dir() {
            code(&path, root, found);
        } else {
            let text = fs::read_to_string(&path).unwrap();
            let text = text.split("#[cfg(test)]\nmod tests").next().unwrap();
            let lines = text.lines().filter(|line| speaks_of_a_source(line)).count();
            if lines > 0 {
                found.insert(name, lines);
            }
        }
    }
}

#[test]
fn generic_rooms_know_no_source_by_name() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = BTreeMap::new();
    for room in GENERIC {
        code(&root.join(room), &root, &mut found);
    }
    let still: BTreeMap<_, _> = STILL
        .iter()
        .map(|(file, lines)| ((*file).to_owned(), *lines))
        .collect();
    assert_eq!(found, still, "more is a fault; fewer is to be written down");
}
