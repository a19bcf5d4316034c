//! What people do meanwhile, in the shop and in Caflou.

use std::collections::BTreeMap;

use fastrand::Rng;
use rust_decimal::Decimal;
use serde_json::json;

use super::ledger::{Ledger, day};
use crate::sandbox::books::Books;
use crate::sandbox::model::{CANCELLED, Order};
use crate::sandbox::{Sandbox, Shop};

/// How often what happened.
pub type Kinds = BTreeMap<&'static str, u64>;

/// A few things happen in the shop.
pub fn happen(shop: &mut Shop, rng: &mut Rng) -> usize {
    let events = rng.usize(0..12);
    for _ in 0..events {
        let codes: Vec<_> = shop.orders.iter().map(|order| order.code.clone()).collect();
        // Some orders are changed again and again.
        let hot = if rng.bool() { 5 } else { codes.len() };
        let Some(code) = rng.choice(codes.iter().take(hot)).cloned() else {
            shop.new_order();
            continue;
        };
        let void = is_void(shop, &code);
        match rng.u8(0..18) {
            0..2 => {
                shop.new_order();
            }
            2..5 => shop.pay(&code),
            5..7 => shop.unpay(&code),
            7..9 if !void => shop.cancel(&code),
            7..9 => shop.reopen(&code),
            9 => shop.delete(&code),
            10..12 if !void => shop.edit(&code, |order| {
                for amount in [&mut order.price.to_pay, &mut order.price.with_vat] {
                    *amount = amount.map(|amount| amount + Decimal::ONE);
                }
            }),
            12 => shop.edit(&code, |order| {
                order.full_name = Some(format!("Jan Novák {}", rng.u8(..)));
            }),
            13 => {
                let customer = shop.draft_customer();
                let guid = shop.add_customer(customer);
                let mut order = shop.draft_order();
                order.customer_guid = Some(guid);
                shop.add_order(order);
            }
            14 => shop.edit_unlogged(&code, |order| order.paid = Some(true)),
            _ => shop.edit(&code, |_| ()),
        }
    }
    events
}

fn is_void(shop: &Shop, code: &str) -> bool {
    let status = shop.order(code).and_then(|order| order.status.as_ref());
    status.is_some_and(|status| status.id == CANCELLED)
}

/// A few things that seldom happen; each of which changes what Caflou should hold.
pub fn seldom(sandbox: &Sandbox, ledger: &mut Ledger, rng: &mut Rng, kinds: &mut Kinds) {
    for _ in 0..rng.usize(0..4) {
        let (mut shop, mut books) = (sandbox.shop(), sandbox.books());
        let shop = &mut *shop;
        let codes: Vec<_> = shop.orders.iter().map(|order| order.code.clone()).collect();
        let code = rng.choice(codes).unwrap_or_else(|| shop.new_order());
        let guids: Vec<_> = shop.customers.iter().map(|one| one.guid.clone()).collect();
        let guid = rng.choice(guids);
        ledger.note(shop);
        let name = match (rng.u8(0..9), guid) {
            (0, Some(guid)) => Some(erase_customer(shop, ledger, &guid)),
            (1, _) => Some(erase_order(shop, ledger, &code)),
            (2, Some(guid)) => merge(&mut books, ledger, &guid, rng),
            (3, Some(guid)) => delete_company(&mut books, ledger, &guid),
            (4, _) => reuse(shop, ledger, &code, rng),
            (5, _) => {
                shop.edit(&code, |order| order.paid = None);
                Some("paid becomes unknown")
            }
            (6, _) => pair(shop, &mut books, ledger, &code),
            (7, _) => Some(share(shop)),
            _ => Some(accented(shop)),
        };
        if let Some(name) = name {
            *kinds.entry(name).or_default() += 1;
        }
        ledger.note(shop);
    }
}

/// A customer wants to be forgotten: the account goes, and the orders lose who bought.
fn erase_customer(shop: &mut Shop, ledger: &mut Ledger, guid: &str) -> &'static str {
    ledger.loose.insert(guid.to_owned());
    let orders = shop.orders.iter();
    let orders = orders.filter(|order| order.customer_guid.as_deref() == Some(guid));
    let codes: Vec<_> = orders.map(|order| order.code.clone()).collect();
    for code in codes {
        erase_order(shop, ledger, &code);
    }
    shop.delete_customer(guid);
    "customer erased"
}

fn erase_order(shop: &mut Shop, ledger: &mut Ledger, code: &str) -> &'static str {
    ledger.of(code).erased = true;
    if let Some(guid) = shop
        .order(code)
        .and_then(|order| order.customer_guid.clone())
    {
        ledger.loose.insert(guid);
    }
    shop.edit(code, |order| {
        order.customer_guid = None;
        order.billing = crate::sandbox::model::Address::default();
        order.delivery = None;
        for text in [
            &mut order.full_name,
            &mut order.company,
            &mut order.email,
            &mut order.phone,
        ] {
            *text = None;
        }
    });
    "order erased"
}

/// Somebody merges two companies in Caflou: one of them goes, the other gets its incomes.
fn merge(
    books: &mut Books,
    ledger: &mut Ledger,
    guid: &str,
    rng: &mut Rng,
) -> Option<&'static str> {
    let id = company_of(books, guid)?;
    let others: Vec<i64> = books
        .companies
        .keys()
        .copied()
        .filter(|one| *one != id)
        .collect();
    let other = rng.choice(others)?;
    let its = books.transfers.iter();
    let its = its.filter(|(_, record)| record["company_id"] == id);
    let its: Vec<i64> = its.map(|(id, _)| *id).collect();
    for income in its {
        books.edit_transfer(income, "company_id", json!(other));
    }
    books.remove_company(id);
    ledger.loose.insert(guid.to_owned());
    Some("companies merged")
}

fn delete_company(books: &mut Books, ledger: &mut Ledger, guid: &str) -> Option<&'static str> {
    let id = company_of(books, guid)?;
    books.trash_company(id);
    ledger.loose.insert(guid.to_owned());
    Some("company deleted")
}

fn company_of(books: &Books, guid: &str) -> Option<i64> {
    let found = books.company_by_identifier(&crate::support::mark(guid))?;
    found["id"].as_i64()
}

/// An order is deleted, and its number is given to another one.
fn reuse(shop: &mut Shop, ledger: &mut Ledger, code: &str, rng: &mut Rng) -> Option<&'static str> {
    let old = shop.order(code).cloned()?;
    if ledger.of(code).before.is_some() {
        return None;
    }
    shop.delete(code);
    let mut new: Order = shop.draft_order();
    code.clone_into(&mut new.code);
    new.admin_url.clone_from(&old.admin_url);
    let more = Decimal::from(rng.u32(1000..9000));
    for amount in [&mut new.price.to_pay, &mut new.price.with_vat] {
        *amount = amount.map(|amount| amount + more);
    }
    new.full_name = Some("Petr Nový".to_owned());
    shop.add_order(new);
    let past = ledger.of(code);
    past.before = Some(Box::new(old));
    past.erased = false;
    Some("number used again")
}

/// The bank's payment is paired in Caflou.
fn pair(shop: &Shop, books: &mut Books, ledger: &mut Ledger, code: &str) -> Option<&'static str> {
    let ids: Vec<i64> = {
        let found = books.transfers_by_mark(&crate::support::mark(code));
        found
            .iter()
            .filter(|one| one["done"] != true)
            .filter_map(|one| one["id"].as_i64())
            .collect()
    };
    let id = *ids.first()?;
    let today = day(shop, Some(shop.now()))?;
    books.edit_transfer(id, "done", json!(true));
    books.edit_transfer(id, "payment_date", json!(today));
    ledger.of(code).paired = Some(today);
    Some("paired by the bank")
}

/// Two firms with numbers of their own give the e-mail address of one accountant.
fn share(shop: &mut Shop) -> &'static str {
    let mut customers = Vec::new();
    while customers.len() < 2 {
        let customer = shop.draft_customer();
        let is_firm = customer.billing.company_id.is_some();
        if is_firm && customer.billing.country_code.as_deref() == Some("CZ") {
            customers.push(customer);
        }
    }
    let email = customers[0].accounts[0].email.clone();
    customers[1].accounts[0].email = email;
    for customer in customers {
        let guid = shop.add_customer(customer);
        let mut order = shop.draft_order();
        order.customer_guid = Some(guid);
        shop.add_order(order);
    }
    "accountant's e-mail"
}

/// An order whose number has letters that are written in two ways.
fn accented(shop: &mut Shop) -> &'static str {
    let mut order = shop.draft_order();
    order.code = format!("Ž{}č", order.code);
    shop.add_order(order);
    "number with accents"
}
