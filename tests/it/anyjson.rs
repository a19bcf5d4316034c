//! Any JSON as an answer of either service: nothing panics, and what would leave for Caflou is
//! sound. The checks are those of the fuzz targets (`fuzz/`), the seeds their corpus.

use std::fs;
use std::path::Path;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use crate::checks;

/// Hands every file of a corpus to the checks of its target.
fn replay(target: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let mut files: Vec<_> = fs::read_dir(folder.join(target))
        .expect("a corpus")
        .map(|file| file.expect("a file").path())
        .collect();
    files.sort();
    assert!(files.len() >= 20, "{} files", files.len());
    for file in files {
        let body = fs::read(&file).expect("a file of the corpus");
        let passed = std::panic::catch_unwind(|| check(&body));
        assert!(passed.is_ok(), "{}", file.display());
    }
}

#[test]
fn the_corpus_of_the_shops_answers_passes() {
    replay("shoptet", checks::shoptet);
}

#[test]
fn the_corpus_of_caflous_answers_passes() {
    replay("caflou", checks::caflou);
}

/// Attributes that one of the two services has.
const NAMES: [&str; 45] = [
    "data",
    "orders",
    "customer",
    "changes",
    "paginator",
    "totalCount",
    "pageCount",
    "code",
    "guid",
    "creationTime",
    "changeTime",
    "fullName",
    "company",
    "customerGuid",
    "adminUrl",
    "status",
    "id",
    "price",
    "toPay",
    "withVat",
    "withoutVat",
    "vat",
    "currencyCode",
    "paid",
    "billingAddress",
    "companyId",
    "vatId",
    "countryCode",
    "accounts",
    "email",
    "results",
    "total_pages",
    "total_results",
    "name",
    "value",
    "currency",
    "date",
    "done",
    "description",
    "another_identifier",
    "reference_number",
    "id_num",
    "tags",
    "access_token",
    "expires_at",
];

/// Values that do not belong where they stand, as JSON text.
const NASTY: &[&str] = &[
    "null",
    "true",
    "0",
    "-0",
    "-4",
    "1e400",
    "1E-400",
    "1e5",
    "1.5e2",
    "0.1e-3",
    "9223372036854775808",
    "[]",
    "{}",
    "[null]",
    "\"\"",
    "\" \"",
    "\"\\u0000\"",
    "\"a\\u0000b\"",
    "\"\\ud800\"",
    "\"\\ud83d\\ude00\"",
    "\"\\u2028\"",
    "\"\\u202e\"",
    "\"-0\"",
    "\"1e5\"",
    "\"1e400\"",
    "\"1 234,50\"",
    "\"1_000\"",
    "\"+1.5E+3\"",
    "\"NaN\"",
    "\"1.00000000000000000000000000000001e0\"",
    "\"0000-00-00\"",
    "\"0000-00-00T00:00:00+0000\"",
    "\"9999-12-31T23:59:59+14:00\"",
    "\"2100-12-31T23:59:59-1200\"",
    "\"2026-06-30T23:59:60+0200\"",
    "\"XYZ\"",
    "\"..\"",
    "\"<b>1</b>\"",
    "\"1&amp;2\"",
    "\"shoptet:222651:1\"",
    "\"https://a.cz/shoptet:222651:1\"",
    "{\"$serde_json::private::Number\":\"1\"}",
    "{\"$serde_json::private::RawValue\":\"[\"}",
];

/// What does not belong where it stands, as JSON text.
fn nasty() -> impl Strategy<Value = String> {
    let long = |unit: &'static str| move |times: usize| format!("\"{}\"", unit.repeat(times));
    prop_oneof![
        12 => select(NASTY).prop_map(str::to_owned),
        2 => any::<String>().prop_map(|text| Value::from(text).to_string()),
        1 => any::<i64>().prop_map(|number| number.to_string()),
        1 => any::<f64>().prop_map(|number| Value::from(number).to_string()),
        1 => (1..500_usize).prop_map(|digits| "7".repeat(digits)),
        1 => (100..300_usize).prop_map(|depth| "[".repeat(depth) + &"]".repeat(depth)),
        1 => (1..20_000_usize).prop_map(long("<a")),
        1 => (1..20_000_usize).prop_map(long("shoptet:")),
    ]
}

/// JSON text of any shape, its attributes often named as the services name theirs.
fn tree() -> impl Strategy<Value = String> {
    let name = prop_oneof![9 => select(&NAMES[..]).prop_map(str::to_owned), 1 => any::<String>()];
    nasty().prop_recursive(5, 96, 10, move |inner| {
        prop_oneof![
            1 => vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(","))),
            3 => btree_map(name.clone(), inner, 0..10).prop_map(|object| {
                let entry = |(name, value): (String, String)| format!("{}:{value}", json!(name));
                format!("{{{}}}", object.into_iter().map(entry).collect::<Vec<_>>().join(","))
            }),
        ]
    })
}

/// What stands for the value that is put into a proper answer.
const HOLE: &str = "put something here";

/// The places of all values, as JSON pointers.
fn places(json: &Value, at: &str) -> Vec<String> {
    let inner: Vec<_> = match json {
        Value::Object(object) => object.iter().map(|(k, v)| (k.clone(), v)).collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(i, v)| (i.to_string(), v))
            .collect(),
        _ => Vec::new(),
    };
    let below = inner
        .into_iter()
        .flat_map(|(name, value)| places(value, &format!("{at}/{name}")));
    std::iter::once(at.to_owned()).chain(below).collect()
}

/// A proper answer with something nasty in one or two of its places.
fn nearly(name: &str) -> impl Strategy<Value = String> + use<> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(name);
    let text = fs::read_to_string(path).expect("an answer");
    let proper: Value = serde_json::from_str(&text).expect("JSON");
    let change = (select(places(&proper, "")), nasty());
    vec(change, 1..3).prop_map(move |changes| {
        let mut text = proper.to_string();
        for (place, value) in changes {
            let Ok(mut answer) = serde_json::from_str::<Value>(&text) else {
                break;
            };
            if let Some(at) = answer.pointer_mut(&place) {
                *at = Value::from(HOLE);
            }
            text = answer
                .to_string()
                .replace(&Value::from(HOLE).to_string(), &value);
        }
        text
    })
}

proptest! {
    #[test]
    fn no_tree_of_json_makes_either_side_panic(text in tree()) {
        checks::shoptet(text.as_bytes());
        checks::caflou(text.as_bytes());
        checks::shoptet(format!(r#"{{"data":{{"orders":[{text}]}}}}"#).as_bytes());
        checks::shoptet(format!(r#"{{"data":{{"customer":{text}}}}}"#).as_bytes());
        checks::caflou(format!(r#"{{"total_pages":1,"results":[{text}]}}"#).as_bytes());
    }

    #[test]
    fn an_order_with_one_thing_wrong_is_mapped_soundly_or_not_at_all(
        text in nearly("shoptet/order.json")
    ) {
        checks::shoptet(text.as_bytes());
    }

    #[test]
    fn a_customer_with_one_thing_wrong_is_mapped_soundly_or_not_at_all(
        text in nearly("shoptet/customer.json")
    ) {
        checks::shoptet(text.as_bytes());
    }

    #[test]
    fn an_income_in_caflou_with_one_thing_wrong_is_planned_with_soundly(
        text in nearly("caflou/income.json")
    ) {
        checks::caflou(text.as_bytes());
    }

    #[test]
    fn a_list_of_caflou_with_one_thing_wrong_is_matched_soundly(
        text in nearly("caflou/list.json")
    ) {
        checks::caflou(text.as_bytes());
    }

    #[test]
    fn no_bytes_make_either_side_panic(bytes in any::<Vec<u8>>()) {
        checks::shoptet(&bytes);
        checks::caflou(&bytes);
    }
}

#[test]
fn texts_of_many_megabytes_are_dealt_with_in_time() {
    let began = std::time::Instant::now();
    let long = |unit: &str, bytes: usize| Value::from(unit.repeat(bytes / unit.len()));
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    for (name, check) in [
        ("shoptet/order.json", checks::shoptet as fn(&[u8])),
        ("shoptet/customer.json", checks::shoptet),
        ("caflou/income.json", checks::caflou),
        ("caflou/company.json", checks::caflou),
    ] {
        let text = fs::read_to_string(corpus.join(name)).expect("an answer");
        let proper: Value = serde_json::from_str(&text).expect("JSON");
        let texts = places(&proper, "").into_iter();
        let texts = texts.filter(|at| proper.pointer(at).is_some_and(Value::is_string));
        for (number, place) in texts.enumerate() {
            let unit = ["9", "<", "shoptet:", "ž ", "<a"][number % 5];
            let mut answer = proper.clone();
            *answer.pointer_mut(&place).expect("the place") = long(unit, 500_000);
            check(answer.to_string().as_bytes());
        }
    }
    // Whatever takes time by the square of the length would take hours here.
    let order =
        json!({ "data": { "orders": [{ "code": "1", "fullName": long("ž", 10_000_000) }] } });
    checks::shoptet(order.to_string().as_bytes());
    let income = json!({ "id": 5, "description": long("shoptet:<", 10_000_000) });
    checks::caflou(income.to_string().as_bytes());
    assert!(began.elapsed().as_secs() < 300, "{:?}", began.elapsed());
}
