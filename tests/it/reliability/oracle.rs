//! What Caflou has to hold in the end, told from the shop alone and not by the program's own
//! mapping.

use std::collections::{BTreeMap, HashMap};

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::ledger::{Ledger, Past, day};
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
    /// Records with other values, of which a run said so, and which nobody could have put right.
    pub told: Vec<String>,
}

/// The values that each attribute may have.
type Wanted = BTreeMap<&'static str, Vec<Value>>;

impl Verdict {
    /// Nothing is wrong.
    pub fn is_good(&self) -> bool {
        self.lost.is_empty() && self.doubled.is_empty() && self.wrong.is_empty()
    }
}

/// Compares the books with the shop, where nothing but the shop decides.
pub fn judge(shop: &Shop, books: &Books) -> Verdict {
    let mut ledger = Ledger::default();
    ledger.note(shop);
    judge_by(shop, books, &ledger)
}

/// Compares the books with the shop and with what happened before.
pub fn judge_by(shop: &Shop, books: &Books, ledger: &Ledger) -> Verdict {
    let mut judge = Judge {
        shop,
        books,
        ledger,
        incomes: books.transfers_by_last_line(),
        companies: HashMap::new(),
        verdict: Verdict::default(),
    };
    for record in books.companies.values() {
        let mark = record["another_identifier"].as_str().unwrap_or_default();
        judge.companies.entry(mark).or_default().push(record);
    }
    for customer in &shop.customers {
        judge.customer(customer);
    }
    for order in &shop.orders {
        judge.order(order);
    }
    let again = |order: &&Order| shop.order(&order.code).is_none();
    for order in shop.deleted.iter().filter(again) {
        judge.deleted(order);
    }
    judge.verdict
}

struct Judge<'a> {
    shop: &'a Shop,
    books: &'a Books,
    ledger: &'a Ledger,
    incomes: BTreeMap<&'a str, Vec<i64>>,
    companies: HashMap<&'a str, Vec<&'a Record>>,
    verdict: Verdict,
}

impl<'a> Judge<'a> {
    fn customer(&mut self, customer: &Customer) {
        let found = self.companies.get(mark(&customer.guid).as_str());
        let mut found = found.map_or(Vec::new(), Clone::clone);
        let loose = self.ledger.loose.contains(&customer.guid);
        // What somebody put into the trash counts for nothing.
        found.retain(|record| !loose || record["trash"] != true);
        let twin = || {
            let others = self.shop.customers.iter();
            let mut others = others.filter(|other| other.guid != customer.guid);
            others.any(|other| are_alike(customer, other))
        };
        match found.as_slice() {
            [] if loose || twin() => return,
            [_] if loose => {}
            [one] => self.differs(&customer.guid, one, &company(customer)),
            several => self.verdict.count(&customer.guid, several.len()),
        }
        self.verdict.checked += 1;
    }

    fn order(&mut self, order: &Order) {
        let past = self.ledger.past(&order.code);
        let void = order.status.as_ref().is_some_and(|s| s.id == CANCELLED);
        match self.incomes_of(&order.code).as_slice() {
            [one]
                if past.before.as_deref().is_some_and(|old| is_of(old, one))
                    && self.ledger.told.contains(&order.code) => {}
            [one] if void => self.is_out(order, one),
            [one] => {
                let wanted = self.wanted(order, &past);
                self.differs(&order.code, one, &wanted);
            }
            [] if void || past.erased => {}
            // The order before may be under way under this number: that is told in each run.
            [] if past.before.is_some() && self.ledger.told.contains(&order.code) => {
                self.verdict.told.push(order.code.clone());
            }
            several => self.verdict.count(&order.code, several.len()),
        }
        self.verdict.checked += 1;
    }

    fn deleted(&mut self, order: &Order) {
        match self.incomes_of(&order.code).as_slice() {
            [] => {}
            [_] if self.ledger.unknown.contains(&order.code) => {}
            [one] => self.is_out(order, one),
            several => self.verdict.count(&order.code, several.len()),
        }
        self.verdict.checked += 1;
    }

    fn incomes_of(&self, code: &str) -> Vec<&'a Record> {
        let ids = self.incomes.get(mark(code).as_str());
        let ids = ids.map_or(&[][..], Vec::as_slice);
        ids.iter().map(|id| &self.books.transfers[id]).collect()
    }

    /// Cancelled or deleted: out of the cash flow, unless there is money in it.
    fn is_out(&mut self, order: &Order, record: &Record) {
        let paid = order.paid == Some(true) || record["done"] == true;
        if !paid && record["inactive"] != true {
            let code = &order.code;
            let what = format!("{code}: gone from the shop, but active");
            self.differ(code, vec![what]);
        }
    }

    /// Notes where a record has other values than it should. A number is the same with other
    /// digits after the point, and null the same as false.
    fn differs(&mut self, id: &str, record: &Record, wanted: &Wanted) {
        let mut differences = Vec::new();
        for (name, values) in wanted {
            let is = plain(record.get(*name));
            let should: Vec<_> = values.iter().map(|value| plain(Some(value))).collect();
            if !should.contains(&is) {
                differences.push(format!("{id}: {name} is {is:?}, should be {should:?}"));
            }
        }
        self.differ(id, differences);
    }

    fn differ(&mut self, id: &str, differences: Vec<String>) {
        // Who changed it in Caflou, and who forgot what was written, cannot be told apart.
        let open = self.ledger.forgot || self.ledger.past(id).paired.is_some();
        let open = open && self.ledger.told.contains(id);
        // The order before keeps its income, as it was when it was imported: each run says so.
        let before = self.ledger.past(id).before.is_some() && self.ledger.fails.contains(id);
        if open || before {
            self.verdict.told.extend(differences);
        } else {
            self.verdict.wrong.extend(differences);
        }
    }

    fn wanted(&self, order: &Order, past: &Past) -> Wanted {
        let number = |amount: Option<Decimal>| {
            let text = amount.map_or("null".to_owned(), |amount| amount.to_string());
            serde_json::from_str::<Value>(&text).expect("a number")
        };
        let (code, url) = (&order.code, &order.admin_url);
        let before = past.names.iter().filter(|_| past.erased);
        let names = before.map(|name| json!(name)).chain([json!(name(order))]);
        let done = self.done(order, past);
        let days = past.paid_on.iter().chain(&past.paired);
        let mut days: Vec<Value> = days.map(|day| json!(day)).collect();
        if done.contains(&json!(false)) {
            days.push(Value::Null);
        }
        BTreeMap::from([
            ("kind", vec![json!("income")]),
            ("name", names.collect()),
            ("reference_number", vec![json!(code)]),
            ("value", vec![number(order.price.to_pay)]),
            ("value_without_vat", vec![number(order.price.without_vat)]),
            ("vat_value", vec![number(order.price.vat)]),
            ("currency", vec![json!(order.price.currency)]),
            ("done", done),
            ("date", vec![json!(day(self.shop, order.creation_time))]),
            ("payment_date", days),
            ("company_id", self.buyers(order, past)),
            ("description", vec![json!(format!("{url}\n{}", mark(code)))]),
            ("inactive", vec![json!(false)]),
        ])
    }

    /// Paid is taken back only where the shop says so, and by nobody who does not remember.
    fn done(&self, order: &Order, past: &Past) -> Vec<Value> {
        let was_paid = !past.paid_on.is_empty();
        let stays = match order.paid {
            Some(true) => return vec![json!(true)],
            Some(false) => past.paired.is_some() || (self.ledger.forgot && was_paid),
            None => past.paired.is_some() || was_paid,
        };
        let both = [json!(false), json!(true)];
        both.into_iter().take(1 + usize::from(stays)).collect()
    }

    /// Its customer's company; another one or none only where customers or companies are gone.
    fn buyers(&self, order: &Order, past: &Past) -> Vec<Value> {
        let id_of = |guid: &String| {
            let found = self.companies.get(mark(guid).as_str())?;
            found.first().map(|record| record["id"].clone())
        };
        let buyer = order.customer_guid.as_ref();
        let mut ids = vec![buyer.and_then(id_of).unwrap_or_default()];
        if past
            .buyers
            .iter()
            .any(|guid| self.ledger.loose.contains(guid))
        {
            ids.push(Value::Null);
            ids.extend(past.buyers.iter().filter_map(id_of));
            ids.extend(self.books.companies.keys().map(|id| json!(id)));
        }
        ids
    }
}

fn plain(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null | Value::Bool(false)) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => {
            let text = number.to_string();
            text.parse::<Decimal>()
                .map_or(text, |n| n.normalize().to_string())
        }
        Some(other) => other.to_string(),
    }
}

/// Whether the record is that of an order and of no other with its number.
fn is_of(order: &Order, record: &Record) -> bool {
    let value = order
        .price
        .to_pay
        .map(|value| value.normalize().to_string());
    record["name"] == name(order).as_str() && Some(plain(record.get("value"))) == value
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
    let (a, b) = (&one.billing, &other.billing);
    if a.country_code == b.country_code && a.company_id.is_some() && b.company_id.is_some() {
        return a.company_id == b.company_id;
    }
    if a.vat_id.is_some() && b.vat_id.is_some() {
        return a.vat_id == b.vat_id;
    }
    email(one) == email(other)
}

fn company(customer: &Customer) -> Wanted {
    let (billing, account) = (&customer.billing, &customer.accounts[0]);
    let name = filled(billing.company.as_ref())
        .or(filled(billing.full_name.as_ref()))
        .or(filled(account.full_name.as_ref()))
        .unwrap_or_else(|| account.email.clone());
    BTreeMap::from([
        ("name", vec![json!(name)]),
        ("email", vec![json!(account.email)]),
        ("city", vec![json!(filled(billing.city.as_ref()))]),
        ("id_num", vec![json!(filled(billing.company_id.as_ref()))]),
        ("another_identifier", vec![json!(mark(&customer.guid))]),
    ])
}

fn filled(text: Option<&String>) -> Option<String> {
    text.cloned().filter(|text| !text.trim().is_empty())
}

/// What the income of an order is called.
pub(super) fn name(order: &Order) -> String {
    let buyer = filled(order.company.as_ref()).or(filled(order.full_name.as_ref()));
    let dash = buyer.map(|name| format!(" – {name}")).unwrap_or_default();
    format!("Objednávka {}{dash}", order.code)
}
