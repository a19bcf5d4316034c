//! Any bytes as an answer of the shop: read, mapped, planned; what would be sent is looked at.

use caflou_sync::caflou::{Candidates, Index, Keys, MatchedBy, Stored};
use caflou_sync::config::{ExpectedDays, Mapping, Mode, PaymentDate};
use caflou_sync::record::{
    Attributes, CaflouId, CompanyLink, Currency, Draft, FieldChanges, Kind, Record, Value,
    comparable,
};
use caflou_sync::source::shoptet::oauth::{read_installation, read_token};
use caflou_sync::source::shoptet::{
    self, MapSettings, Order, Statuses, parse_time, read_changes, read_customer, read_orders,
};
use caflou_sync::state::{Known, RecordState};
use caflou_sync::sync::plan::{self, Need, Plan, Rules};
use chrono::{DateTime, Datelike, NaiveDate};
use secrecy::ExposeSecret;
use serde_json::{Value as Json, json};

/// No text is longer, in characters; a description is a link and a mark.
const LONGEST: usize = 255;
const LONGEST_DESCRIPTION: usize = 1000 + 200;

/// Reads bytes as everything that the shop may answer. Panics where something that no record
/// should hold would leave for Caflou.
pub fn shoptet(body: &[u8]) {
    if let Some(token) = read_token(body, DateTime::UNIX_EPOCH) {
        assert!(!token.token.expose_secret().is_empty());
    }
    if let Ok(installation) = read_installation(body) {
        assert!(!installation.oauth_token.expose_secret().is_empty());
        assert!(!installation.eshop_url.contains(char::is_control));
    }
    let settings = settings();
    for order in read_orders(body).unwrap_or_default().iter().flatten() {
        let paid_at = order.change_time.as_deref().and_then(parse_time);
        if let Ok(draft) = shoptet::order(order, &settings, paid_at) {
            check(&draft);
            check_amounts(order, &draft);
        }
    }
    if let Ok(customer) = read_customer(body) {
        check(&shoptet::customer(&customer, &settings));
    }
    for (id, _) in read_changes(body).unwrap_or_default() {
        check_id(&id);
    }
}

/// Settings under which everything is looked at.
fn settings() -> MapSettings {
    MapSettings {
        eshop_id: 222_651,
        zone: chrono_tz::Europe::Prague,
        mapping: Mapping {
            payment_date: PaymentDate::Transactions,
            expected_days: ExpectedDays {
                default: 3650,
                ..ExpectedDays::default()
            },
            ..Mapping::default()
        },
        statuses: Statuses::default(),
    }
}

/// Plans a record against what may be known of it, and looks at all that would be sent.
fn check(draft: &Draft) {
    check_id(draft.source_id.as_str());
    check_mark(draft.mark.as_str());
    check_text("label", draft.label.as_str());
    draft.warnings.iter().for_each(|text| check_line(text));
    let rules = Rules::new(Mode::NewAndUpdate, true);
    let company = CompanyLink::Imported(CaflouId(7));
    let desired = plan::desired(draft, None, Some(&company));
    match plan::absent(draft, &desired) {
        Plan::Create { attributes } => {
            check_sent(draft.kind, &attributes);
            check_found_again(draft, &attributes);
        }
        Plan::Skip { .. } => {}
        other => panic!("{other:?} of a record that nothing is known of"),
    }
    for state in [
        RecordState::Synced,
        RecordState::Gone,
        RecordState::Uncertain,
    ] {
        let known = known(draft.kind, state);
        let desired = plan::desired(draft, Some(&known), Some(&company));
        if let Need::Current(id) = plan::need(draft, Some(&known), &desired, rules) {
            let plan = plan::update(draft, &known, &desired, id, Some(&known.written));
            check_update(draft.kind, &plan);
        }
        let found = (CaflouId(9), MatchedBy::Mark);
        let plan = plan::adopt(draft, Some(&known), &desired, found, &known.written, rules);
        check_update(draft.kind, &plan);
    }
}

/// What an earlier run left of the record: its values were others.
fn known(kind: Kind, state: RecordState) -> Known {
    let values = match kind {
        Kind::Company => json!({ "name": "Dřívější", "vat_payer": true }),
        Kind::Income | Kind::Expense => json!({
            "name": "Dřívější", "value": 5, "currency": "CZK", "date": "2024-01-01",
            "done": false, "inactive": true, "payment_date": "2024-01-02",
        }),
    };
    let values = Attributes::from_json(values.as_object().unwrap_or(&serde_json::Map::new()));
    Known {
        state,
        caflou_id: Some(CaflouId(9)),
        label: "Dřívější".to_owned(),
        origin: None,
        source: values.clone(),
        written: values,
        changed_at: None,
        pending: Attributes::default(),
        sent_at: None,
        failure: None,
    }
}

fn check_update(kind: Kind, plan: &Plan) {
    if let Plan::Update { revision, .. } | Plan::Adopt { revision, .. } = plan {
        let FieldChanges(changes) = &revision.fields;
        for (field, change) in changes {
            check_value(kind, field, &change.after);
        }
    }
}

fn check_sent(kind: Kind, attributes: &Attributes) {
    let must = match kind {
        Kind::Company => &["name", "kind", "another_identifier"][..],
        Kind::Income | Kind::Expense => &["name", "kind", "date", "currency", "description"][..],
    };
    for field in must {
        assert!(attributes.text(field).is_some(), "no {field}");
    }
    let value = attributes.get("value");
    assert!(kind == Kind::Company || matches!(value, Some(Value::Number(_))));
    for field in attributes.fields() {
        let value = attributes.get(field).unwrap_or(&Value::Null);
        check_value(kind, field, value);
    }
    let text = attributes.to_json().to_string();
    assert!(!text.contains("\\u0000"), "{text}");
    let back: Json = serde_json::from_str(&text).expect("what leaves is JSON");
    assert_eq!(back, attributes.to_json());
}

fn check_value(kind: Kind, field: &str, value: &Value) {
    match value {
        Value::Number(number) => {
            let text = value.to_json().to_string();
            assert_eq!(text, number.to_string());
            let plain = |c: char| c.is_ascii_digit() || c == '.' || c == '-';
            assert!(text.len() <= 40 && text.chars().all(plain), "{text}");
        }
        Value::Text(text) => match field {
            "date" | "payment_date" => check_day(text),
            "currency" => {
                let code = Currency::parse(text).expect("a currency of ISO 4217");
                assert_eq!(code.as_str(), text);
            }
            "kind" => {
                let known = match kind {
                    Kind::Company => &["legal_entity", "individual"][..],
                    Kind::Income => &["income"][..],
                    Kind::Expense => &["expense"][..],
                };
                assert!(known.contains(&text.as_str()), "{text}");
            }
            "country" => assert!(text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase())),
            "description" => {
                assert!(text.chars().count() <= LONGEST_DESCRIPTION);
                text.split('\n').for_each(check_line);
            }
            "another_identifier" => check_mark(text),
            _ => check_text(field, text),
        },
        Value::Null => assert!(["payment_date"].contains(&field), "{field} is taken away"),
        Value::Bool(_) | Value::List(_) => {}
    }
}

fn check_id(id: &str) {
    assert!(!id.is_empty() && id == id.trim() && id.chars().count() <= 128);
    check_line(id);
}

fn check_mark(mark: &str) {
    assert!(mark.len() > "shoptet:222651:".len() && mark.starts_with("shoptet:222651:"));
    check_line(mark);
}

fn check_text(field: &str, text: &str) {
    assert!(!text.trim().is_empty(), "{field} is empty");
    assert!(text.chars().count() <= LONGEST, "{field} is too long");
    check_line(text);
}

fn check_line(text: &str) {
    assert!(!text.contains(char::is_control), "{text:?}");
}

fn check_day(text: &str) {
    let day: NaiveDate = text.parse().expect("a day");
    assert_eq!(day.format("%Y-%m-%d").to_string(), text);
    assert!((1989..=2111).contains(&day.year()), "{text}");
}

/// What was created is found by its mark, as text and as HTML, as itself and as nothing else.
fn check_found_again(draft: &Draft, attributes: &Attributes) {
    let mut answer = attributes.to_json();
    answer["id"] = json!(5);
    let mut rich = answer.clone();
    if let Some(text) = answer["description"].as_str() {
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        rich["description"] = json!(format!("<p>{}</p>", text.replace('\n', "<br>")));
    }
    let mark = comparable(draft.mark.as_str());
    for answer in [answer, rich] {
        let stored = Stored::from_json(&answer).expect("a record");
        assert!(stored.may_be(draft.kind, attributes), "{answer}");
        let mut index = Index::empty(draft.kind);
        index.add(&stored);
        let keys = Keys::mark(&draft.mark);
        let found = index.find(&keys);
        let itself = Candidates::One(CaflouId(5), MatchedBy::Mark);
        assert_eq!(found, itself, "{answer}");
        assert!(
            index
                .marks_of(&stored)
                .iter()
                .all(|found| mark.starts_with(found))
        );
    }
}

/// Amounts leave as the decimals that came, whatever the way they were written.
fn check_amounts(order: &Order, draft: &Draft) {
    let Record::Document(income) = &draft.record else {
        return;
    };
    let price = &order.price;
    let value = decimal(&income.value.to_string());
    let candidates = [&price.to_pay, &price.with_vat];
    let mut candidates = candidates.into_iter().flatten();
    assert!(candidates.any(|text| decimal(text) == value), "{order:?}");
    for (sent, came) in [
        (income.value_without_vat, &price.without_vat),
        (income.vat_value, &price.vat),
    ] {
        let sent = sent.map(|number| decimal(&number.to_string()));
        assert_eq!(sent, came.as_deref().map(decimal), "{order:?}");
    }
}

/// A decimal number as sign, digits without outer zeros, and the power of ten of the last one:
/// read by other means than the program's own.
fn decimal(text: &str) -> (bool, String, i64) {
    let text = text.trim();
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let exponent: i64 = exponent.parse().expect("an exponent");
    let negative = mantissa.starts_with('-');
    let unsigned = mantissa.trim_start_matches(['-', '+']);
    let decimals = unsigned.split_once('.').map_or(0, |(_, part)| part.len());
    let digits: String = unsigned.chars().filter(|c| *c != '.').collect();
    assert!(digits.bytes().all(|b| b.is_ascii_digit()), "{text}");
    let digits = digits.trim_start_matches('0');
    let short = digits.trim_end_matches('0');
    if short.is_empty() {
        return (false, String::new(), 0);
    }
    let count = |number: usize| i64::try_from(number).expect("a count");
    let shift = exponent - count(decimals) + count(digits.len() - short.len());
    (negative, short.to_owned(), shift)
}
