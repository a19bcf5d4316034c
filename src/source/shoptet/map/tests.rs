//! Golden cases: what a customer or an order of the shop becomes in Caflou.

use serde_json::{Value as Json, json};

use super::*;
use crate::source::shoptet::wire;

mod amounts;
mod anything;
mod company;
mod days;
mod income;
mod link;

/// The settings of a shop in Czechia, with this mapping.
fn settings(mapping: Mapping) -> MapSettings {
    MapSettings {
        eshop_id: 222_651,
        zone: chrono_tz::Europe::Prague,
        mapping,
        statuses: Statuses::default(),
    }
}

/// JSON from its text: numbers keep their digits.
fn parsed(text: &str) -> Json {
    serde_json::from_str(text).unwrap()
}

/// A record with some of its attributes changed; objects are merged, all else is replaced.
fn changed(mut record: Json, changes: &Json) -> Json {
    merge(&mut record, changes);
    record
}

fn merge(into: &mut Json, changes: &Json) {
    match (into, changes) {
        (Json::Object(into), Json::Object(changes)) => {
            for (name, change) in changes {
                merge(into.entry(name.clone()).or_insert(Json::Null), change);
            }
        }
        (into, change) => *into = change.clone(),
    }
}

/// A row of `GET /api/orders`: a paid order of a firm.
fn order_row() -> Json {
    parsed(
        r#"{
            "code": "2026000124",
            "guid": "a6e6b6a2-0e0b-11f0-8f5d-0cc47a6c9c84",
            "creationTime": "2026-11-20T10:15:00+0100",
            "changeTime": "2026-11-22T08:00:00+0100",
            "fullName": "Jan Novák",
            "company": "Novák, lahůdky s.r.o.",
            "email": "novak@example.com",
            "phone": "+420777123456",
            "remark": "prosím zabalit",
            "customerGuid": "c-1",
            "cashDeskOrder": false,
            "adminUrl": "https://222651.myshoptet.com/admin/objednavky-detail/?id=12&x=1",
            "status": {"id": -1, "name": "Nevyřízená"},
            "source": {"id": 1, "name": "Internetový obchod"},
            "shipping": {"guid": "s-1", "name": "Osobní odběr"},
            "paymentMethod": {"guid": "p-1", "name": "Dobírkou"},
            "price": {
                "vat": "214.26",
                "toPay": "1234.50",
                "currencyCode": "CZK",
                "withoutVat": "1020.24",
                "withVat": "1234.49",
                "exchangeRate": "1.00000000"
            },
            "paid": true,
            "salesChannelGuid": null
        }"#,
    )
}

/// The `customer` of `GET /api/customers/{guid}`: a Czech firm with two accounts.
fn customer_record() -> Json {
    parsed(
        r#"{
            "guid": "0d3f8ec4-8e3f-11e9-beb1-002590dad85e",
            "creationTime": "2019-06-14T09:02:27+0200",
            "changeTime": "2026-01-02T10:00:00+0100",
            "customerGroup": {"id": 1, "name": "Výchozí"},
            "remark": "platí pozdě",
            "adminUrl": "https://222651.myshoptet.com/admin/zakaznik-detail/?id=1",
            "billingAddress": {
                "company": "Manák, lahůdky s.r.o.",
                "fullName": "Jan Manák",
                "street": "Nová",
                "houseNumber": "12a",
                "city": "Brno",
                "district": null,
                "additional": "2. patro",
                "zip": "602 00",
                "countryCode": "cz",
                "regionName": null,
                "companyId": "00123456",
                "vatId": "CZ00123456",
                "taxId": "CZ00123456"
            },
            "deliveryAddress": [],
            "accounts": [
                {"guid": "a-1", "fullName": "Sklad", "email": "sklad@example.com",
                 "phone": "111", "mainAccount": false},
                {"guid": "a-2", "fullName": "Eva Manáková", "email": "eva@example.com",
                 "phone": "+420777000111", "mainAccount": true}
            ]
        }"#,
    )
}

fn map_order(row: &Json, settings: &MapSettings) -> Result<Draft, String> {
    let order = wire::decode(Ok(row.clone()), "code", Order::read);
    let order = order.map_err(|bad| bad.error.to_string())?;
    super::order(&order, settings, None).map_err(|error| error.to_string())
}

fn map_customer(record: &Json) -> Result<Draft, String> {
    let customer = wire::decode(Ok(record.clone()), "guid", wire::Customer::read);
    let customer = customer.map_err(|bad| bad.error.to_string())?;
    Ok(super::customer(&customer, &settings(Mapping::default())))
}

/// The attributes that a draft is sent with.
fn attributes(draft: &Draft) -> Json {
    match &draft.record {
        Record::Company(company) => company.attributes(&draft.mark).to_json(),
        Record::Document(income) => income.attributes(draft.kind, &draft.mark, None).to_json(),
        Record::Void { .. } => panic!("nothing is sent of {draft:?}"),
    }
}

/// The draft of the order with these changes.
fn order_draft(changes: &Json) -> Draft {
    map_order(
        &changed(order_row(), changes),
        &settings(Mapping::default()),
    )
    .unwrap()
}

/// The draft of the customer with these changes.
fn customer_draft(changes: &Json) -> Draft {
    map_customer(&changed(customer_record(), changes)).unwrap()
}

/// What the order with these changes becomes.
fn income(changes: &Json) -> Json {
    attributes(&order_draft(changes))
}

/// What the order becomes under this mapping.
fn income_under(mapping: Mapping, changes: &Json) -> Json {
    attributes(&map_order(&changed(order_row(), changes), &settings(mapping)).unwrap())
}

/// What the customer with these changes becomes.
fn company(changes: &Json) -> Json {
    attributes(&customer_draft(changes))
}

/// What is said of the order with these changes.
fn order_error(changes: &Json) -> String {
    let row = changed(order_row(), changes);
    map_order(&row, &settings(Mapping::default())).unwrap_err()
}

/// What is said of the customer with these changes.
fn customer_error(changes: &Json) -> String {
    map_customer(&changed(customer_record(), changes)).unwrap_err()
}

fn pretty(json: &Json) -> String {
    serde_json::to_string_pretty(json).unwrap()
}

/// Some of the attributes, in this order, as they are sent; `-` for one that is left out.
fn some(json: &Json, fields: &[&str]) -> String {
    let shown = |field: &&str| {
        json.get(*field)
            .map_or_else(|| "-".to_owned(), ToString::to_string)
    };
    fields.iter().map(shown).collect::<Vec<_>>().join(" ")
}
