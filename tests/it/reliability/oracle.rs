//! What Caflou has to hold in the end, told from the shop alone and not by the program's own
//! mapping.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::sandbox::Shop;
use crate::sandbox::books::{Books, Record};
use crate::sandbox::model::{CANCELLED, Customer, Order};
use crate::support::mark;

/// What is wrong in Caflou.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Records that were compared.
    pub checked: usize,
    /// Records of the shop that are not there.
    pub lost: Vec<String>,
    /// Records that are there more than once.
    pub doubled: Vec<String>,
    /// Records with other values.
    pub wrong: Vec<String>,
}

impl Verdict {
    /// Nothing is wrong.
    pub fn is_good(&self) -> bool {
        self.lost.is_empty() && self.doubled.is_empty() && self.wrong.is_empty()
    }
}

/// Compares the books with the shop.
pub fn judge(shop: &Shop, books: &Books) -> Verdict {
    let mut verdict = Verdict::default();
    let mut companies: HashMap<&str, Vec<&Record>> = HashMap::new();
    for record in books.companies.values() {
        let mark = record["another_identifier"].as_str().unwrap_or_default();
        companies.entry(mark).or_default().push(record);
    }
    let incomes = books.transfers_by_last_line();
    for customer in &shop.customers {
        let found = companies.get(mark(&customer.guid).as_str());
        let found = found.map_or(&[][..], Vec::as_slice);
        let twin = || {
            let mut others = shop.customers.iter().filter(|c| c.guid != customer.guid);
            others.any(|other| are_alike(customer, other))
        };
        match found {
            [] if twin() => continue,
            [one] => differs(&mut verdict, &customer.guid, one, &company(customer)),
            _ => verdict.count(&customer.guid, found.len()),
        }
        verdict.checked += 1;
    }
    let id_of = |guid: &str| {
        let found = companies.get(mark(guid).as_str())?;
        found.first().map(|record| record["id"].clone())
    };
    let income = |code: &str| -> Vec<&Record> {
        let ids = incomes.get(mark(code).as_str());
        let ids = ids.map_or(&[][..], Vec::as_slice);
        ids.iter().map(|id| &books.transfers[id]).collect()
    };
    for order in &shop.orders {
        let found = income(&order.code);
        let void = order.status.as_ref().is_some_and(|s| s.id == CANCELLED);
        match found.as_slice() {
            [one] if void => is_out(&mut verdict, order, one),
            [one] => {
                let buyer = order.customer_guid.as_deref().and_then(id_of);
                let wanted = wanted(shop, order, buyer);
                differs(&mut verdict, &order.code, one, &wanted);
            }
            [] if void => {}
            _ => verdict.count(&order.code, found.len()),
        }
        verdict.checked += 1;
    }
    for order in &shop.deleted {
        match income(&order.code).as_slice() {
            [] => {}
            [one] => is_out(&mut verdict, order, one),
            several => verdict.count(&order.code, several.len()),
        }
        verdict.checked += 1;
    }
    verdict
}

impl Verdict {
    fn count(&mut self, id: &str, times: usize) {
        if times == 0 {
            self.lost.push(id.to_owned());
        } else {
            self.doubled.push(format!("{id} ({times} times)"));
        }
    }
}

/// Two customers that `match_existing` takes for one company.
fn are_alike(one: &Customer, other: &Customer) -> bool {
    let email = |c: &Customer| c.accounts.first().map(|a| a.email.to_lowercase());
    let same = |a: &Option<String>, b: &Option<String>| a.is_some() && a == b;
    same(&email(one), &email(other))
        || same(&one.billing.company_id, &other.billing.company_id)
        || same(&one.billing.vat_id, &other.billing.vat_id)
}

/// Cancelled or deleted: out of the cash flow, unless there is money in it.
fn is_out(verdict: &mut Verdict, order: &Order, record: &Record) {
    let paid = order.paid == Some(true) || record["done"] == true;
    if !paid && record["inactive"] != true {
        let code = &order.code;
        verdict
            .wrong
            .push(format!("{code}: gone from the shop, but active"));
    }
}

/// Notes where a record has other values than it should. A number is the same with other digits
/// after the point, and null the same as false.
fn differs(
    verdict: &mut Verdict,
    id: &str,
    record: &Record,
    wanted: &BTreeMap<&'static str, Value>,
) {
    let plain = |value: Option<&Value>| match value {
        None | Some(Value::Null | Value::Bool(false)) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => {
            let text = number.to_string();
            text.parse::<Decimal>()
                .map_or(text, |n| n.normalize().to_string())
        }
        Some(other) => other.to_string(),
    };
    for (name, value) in wanted {
        let (is, should) = (plain(record.get(*name)), plain(Some(value)));
        if is != should {
            verdict
                .wrong
                .push(format!("{id}: {name} is {is:?}, should be {should:?}"));
        }
    }
}

fn company(customer: &Customer) -> BTreeMap<&'static str, Value> {
    let (billing, account) = (&customer.billing, &customer.accounts[0]);
    let filled = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    let name = filled(&billing.company)
        .or(filled(&billing.full_name))
        .or(filled(&account.full_name))
        .unwrap_or_else(|| account.email.clone());
    BTreeMap::from([
        ("name", json!(name)),
        ("email", json!(account.email)),
        ("city", json!(filled(&billing.city))),
        ("id_num", json!(filled(&billing.company_id))),
        ("another_identifier", json!(mark(&customer.guid))),
    ])
}

fn wanted(shop: &Shop, order: &Order, company: Option<Value>) -> BTreeMap<&'static str, Value> {
    let day = |time: Option<DateTime<Utc>>| {
        time.map(|time| time.with_timezone(&shop.timezone).date_naive().to_string())
    };
    let filled = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    let buyer = filled(&order.company).or(filled(&order.full_name));
    let dash = buyer.map(|name| format!(" – {name}")).unwrap_or_default();
    let number = |amount: Option<Decimal>| {
        let text = amount.map_or("null".to_owned(), |amount| amount.to_string());
        serde_json::from_str::<Value>(&text).expect("a number")
    };
    let paid = order.paid == Some(true);
    let (code, url) = (&order.code, &order.admin_url);
    BTreeMap::from([
        ("kind", json!("income")),
        ("name", json!(format!("Objednávka {code}{dash}"))),
        ("reference_number", json!(code)),
        ("value", number(order.price.to_pay)),
        ("value_without_vat", number(order.price.without_vat)),
        ("vat_value", number(order.price.vat)),
        ("currency", json!(order.price.currency)),
        ("done", json!(paid)),
        ("date", json!(day(order.creation_time))),
        (
            "payment_date",
            json!(day(order.change_time).filter(|_| paid)),
        ),
        ("company_id", company.unwrap_or_default()),
        ("description", json!(format!("{url}\n{}", mark(code)))),
        ("inactive", json!(false)),
    ])
}
