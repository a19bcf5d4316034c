//! Whatever the shop sends, mapping ends with a draft or an error.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::config::ExpectedDays;
use crate::source::shoptet::row::Row;

/// Attributes that are read, so that what is generated is often looked at.
const NAMES: [&str; 33] = [
    "code",
    "creationTime",
    "changeTime",
    "fullName",
    "company",
    "customerGuid",
    "adminUrl",
    "status",
    "id",
    "paymentMethod",
    "name",
    "price",
    "toPay",
    "withVat",
    "withoutVat",
    "vat",
    "currencyCode",
    "paid",
    "guid",
    "billingAddress",
    "street",
    "houseNumber",
    "city",
    "zip",
    "countryCode",
    "companyId",
    "vatId",
    "taxId",
    "accounts",
    "mainAccount",
    "email",
    "phone",
    "paymentTransactions",
];

/// Texts and numbers that are near to what belongs there.
const TEXTS: [&str; 28] = [
    "",
    "OK",
    "CZK",
    "sk",
    "-4",
    "\u{0}",
    "0.00",
    "1234.50",
    "1e400",
    "-1e-400",
    "99999999999999999999999999999999",
    "2026-03-29T02:30:00+0100",
    "2100-12-31T23:59:59-1200",
    "9999-12-31T23:59:59+0000",
    "-262143-01-01T00:00:00+0000",
    "https://a.cz/1",
    "0000-00-00T00:00:00+0000",
    "9999-12-31T23:59:59+14:00",
    "2026-06-30T23:59:60+0200",
    "-0",
    "1e5",
    "1 234,50",
    "1_000",
    "<b>1</b>",
    "1\u{2028}2",
    "shoptet:222651:1",
    "delete",
    "\u{202e}\u{fffd}\u{10ffff}",
];
const NUMBERS: [&str; 8] = [
    "0",
    "-4",
    "-0.0",
    "1234.50",
    "1e400",
    "1E-400",
    "18446744073709551616",
    "0.1234567890123456789012345678901",
];

fn leaf() -> impl Strategy<Value = Json> {
    prop_oneof![
        2 => Just(Json::Null),
        2 => any::<bool>().prop_map(Json::Bool),
        2 => any::<i64>().prop_map(Json::from),
        1 => any::<f64>().prop_map(Json::from),
        4 => select(&NUMBERS[..]).prop_map(parsed),
        8 => select(&TEXTS[..]).prop_map(Json::from),
        2 => any::<String>().prop_map(Json::from),
    ]
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        9 => select(&NAMES[..]).prop_map(str::to_owned),
        1 => any::<String>(),
    ]
}

fn any_json() -> impl Strategy<Value = Json> {
    leaf().prop_recursive(4, 96, 12, |inner| {
        prop_oneof![
            1 => vec(inner.clone(), 0..4).prop_map(Json::Array),
            3 => btree_map(name(), inner, 0..12)
                .prop_map(|object| Json::Object(object.into_iter().collect())),
        ]
    })
}

/// A proper record with one to three of its attributes replaced.
fn nearly(record: Json) -> impl Strategy<Value = Json> {
    let places: Vec<String> = places(&record, "");
    vec((select(places), any_json()), 1..4).prop_map(move |changes| {
        let mut record = record.clone();
        for (place, value) in changes {
            if let Some(at) = record.pointer_mut(&place) {
                *at = value;
            }
        }
        record
    })
}

/// The places of all attributes, as JSON pointers.
fn places(json: &Json, at: &str) -> Vec<String> {
    let inner: Vec<_> = match json {
        Json::Object(object) => object.iter().map(|(k, v)| (k.clone(), v)).collect(),
        Json::Array(items) => items
            .iter()
            .enumerate()
            .map(|(i, v)| (i.to_string(), v))
            .collect(),
        _ => Vec::new(),
    };
    inner
        .into_iter()
        .flat_map(|(name, value)| {
            let place = format!("{at}/{name}");
            let below = places(value, &place);
            std::iter::once(place).chain(below)
        })
        .collect()
}

/// Settings under which everything is looked at.
fn demanding() -> MapSettings {
    settings(Mapping {
        payment_date: PaymentDate::Transactions,
        expected_days: ExpectedDays {
            default: 3650,
            ..ExpectedDays::default()
        },
        ..Mapping::default()
    })
}

/// Maps a value as all that it could be; what comes out can be sent.
fn map_all(json: &Json) -> Result<(), TestCaseError> {
    let settings = demanding();
    let paid_at = Row::of(json).and_then(wire::last_payment).ok().flatten();
    let order = wire::decode(Ok(json.clone()), "code", Order::read);
    let customer = wire::decode(Ok(json.clone()), "guid", wire::Customer::read);
    let _ = wire::decode(Ok(json.clone()), "code", wire::ChangeEntry::of_order);
    let income = order.map(|order| super::super::order(&order, &settings, paid_at));
    let company = customer.map(|customer| super::super::customer(&customer, &settings));
    for draft in income.into_iter().flatten().chain(company) {
        if !matches!(draft.record, Record::Void { .. }) {
            let out = attributes(&draft);
            prop_assert!(!out["name"].as_str().unwrap().is_empty());
            prop_assert_eq!(&parsed(&out.to_string()), &out);
            prop_assert!(!out.to_string().contains("\\u0000"), "{}", out);
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn no_json_makes_it_panic(json in any_json()) {
        map_all(&json)?;
    }

    #[test]
    fn no_broken_order_makes_it_panic(row in nearly(order_row())) {
        map_all(&row)?;
    }

    #[test]
    fn no_broken_customer_makes_it_panic(record in nearly(customer_record())) {
        map_all(&record)?;
    }
}
