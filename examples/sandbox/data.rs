//! Orders and customers made from a seed: the same seed and counts give the same data.

use std::collections::HashSet;

use chrono::{DateTime, Datelike, SubsecRound, TimeDelta, Utc};
use fastrand::Rng;
use rust_decimal::{Decimal, RoundingStrategy};

use super::model::{Address, CANCELLED, Customer, Method, Order, Price, Status, Transaction};
use super::names;
use super::people::Person;

/// Ways of payment.
pub const PAYMENTS: [(&str, &str); 5] = [
    ("6f2c8e36-3faf-11e2-a723-705ab6a2ba75", "Kartou online"),
    ("6f2c8f58-3faf-11e2-a723-705ab6a2ba75", "Převodem"),
    ("6f2c9070-3faf-11e2-a723-705ab6a2ba75", "Dobírkou"),
    ("6f2c9188-3faf-11e2-a723-705ab6a2ba75", "Hotově"),
    ("6f2c92a0-3faf-11e2-a723-705ab6a2ba75", "Bitcoin"),
];

/// Ways of shipping.
pub const SHIPPINGS: [(&str, &str); 4] = [
    ("8fdb2c89-3fae-11e2-a723-705ab6a2ba75", "Osobní odběr"),
    (
        "8fdb2d9e-3fae-11e2-a723-705ab6a2ba75",
        "Česká pošta - Balík Do ruky",
    ),
    ("8fdb2eac-3fae-11e2-a723-705ab6a2ba75", "Zásilkovna"),
    ("8fdb2fba-3fae-11e2-a723-705ab6a2ba75", "PPL"),
];

/// Statuses: number, name, of the system, marks as paid.
pub const STATUSES: [(i64, &str, bool, bool); 6] = [
    (-1, "Nevyřízená", true, false),
    (-2, "Vyřizuje se", true, false),
    (-3, "Vyřízena", true, true),
    (CANCELLED, "Stornována", true, false),
    (1, "Čeká na zboží", false, false),
    (2, "Zaplaceno převodem", false, true),
];

/// Makes the shop's data.
#[derive(Debug)]
pub struct Maker {
    pub(super) rng: Rng,
    pub(super) people: u64,
    pub(super) taken: HashSet<String>,
    eshop_id: u64,
    number: u64,
}

impl Maker {
    /// A maker for one seed and shop.
    pub fn new(seed: u64, eshop_id: u64) -> Self {
        let taken = HashSet::new();
        Self {
            rng: Rng::with_seed(seed),
            eshop_id,
            people: 0,
            number: 0,
            taken,
        }
    }

    /// So many orders, the newest made at `newest` and the others before it, and so many customers
    /// who were registered before they ordered.
    pub fn stock(
        &mut self,
        orders: usize,
        customers: usize,
        newest: DateTime<Utc>,
    ) -> (Vec<Order>, Vec<Customer>) {
        let mut times = vec![newest.trunc_subsecs(0)];
        while times.len() < orders.max(1) {
            let gap = TimeDelta::seconds(self.rng.i64(300..18_000));
            times.push(times[times.len() - 1] - gap);
        }
        times.reverse();
        let registered = |place: usize| {
            let order = place * times.len() / customers.max(1);
            times[order] - TimeDelta::seconds(90 + 60 * place as i64)
        };
        let people: Vec<Customer> = (0..customers)
            .map(|place| self.customer(registered(place)))
            .collect();
        let mut made = Vec::with_capacity(orders);
        for (place, time) in times.iter().copied().enumerate().take(orders) {
            let known = (place * customers / orders + 1).min(customers);
            let buyer = (known > 0 && self.rng.u32(0..1000) < 310)
                .then(|| &people[self.rng.usize(0..known)]);
            let mut order = self.order(time, buyer);
            self.age(&mut order, newest);
            made.push(order);
        }
        (made, people)
    }

    /// An unpaid order made at `time`, of a registered customer or a guest.
    pub fn order(&mut self, time: DateTime<Utc>, buyer: Option<&Customer>) -> Order {
        let code = self.code(time);
        let guest = self.person();
        let (mut billing, mut email, mut phone) = contact(buyer, &guest);
        // a cash desk is one of fourteen guests: one order of twenty
        let at_desk = buyer.is_none() && self.rng.u32(0..1000) < 72;
        if at_desk {
            (email, phone) = (None, None);
            billing = Address {
                full_name: billing.full_name,
                ..Address::default()
            };
        } else if buyer.is_none() && self.rng.u32(0..100) < 15 {
            self.firm(&mut billing, guest.slovak);
        }
        let foreign = buyer.map_or(guest.slovak, |one| is_slovak(&one.billing)) && !at_desk;
        let source = if at_desk {
            (-10, "Pokladna")
        } else {
            (-1, "E-shop")
        };
        let delivery = (!at_desk && self.rng.u32(0..10) == 0).then(|| self.person().address);
        Order {
            guid: self.guid(),
            external_code: None,
            creation_time: Some(time),
            change_time: Some(time),
            full_name: billing.full_name.clone(),
            company: billing.company.clone(),
            email,
            phone,
            remark: (self.rng.u32(0..10) == 0).then(|| self.pick(&names::REMARKS).to_owned()),
            customer_guid: buyer.map(|customer| customer.guid.clone()),
            cash_desk_order: Some(at_desk),
            admin_url: self.admin("objednavky-detail", &code),
            status: Some(Status::new(-1, "Nevyřízená")),
            source: Some(Status::new(source.0, source.1)),
            shipping: if at_desk {
                None
            } else {
                Some(self.method(&SHIPPINGS))
            },
            payment_method: self.payment(at_desk),
            price: self.price(foreign),
            paid: Some(false),
            vat_payer: Some(billing.vat_id.is_some()),
            billing,
            delivery,
            transactions: Vec::new(),
            hidden_from_change_list: false,
            raw: None,
            before_cancel: None,
            code,
        }
    }

    /// Lets an order live on until `newest`: most get paid, some get cancelled.
    fn age(&mut self, order: &mut Order, newest: DateTime<Utc>) {
        let created = order.creation_time.unwrap_or(newest);
        let room = (newest - created).num_seconds().max(0);
        let later = created + TimeDelta::seconds(self.rng.i64(0..=room.min(345_600)));
        let roll = self.rng.u32(0..1000);
        order.paid = match roll {
            0..700 => Some(true),
            700..920 => Some(false),
            _ => None,
        };
        if order.paid == Some(true) {
            order.change_time = Some(later);
            order.status = Some(Status::new(-3, "Vyřízena"));
            if order
                .payment_method
                .as_ref()
                .is_some_and(|way| way.name == PAYMENTS[0].1)
            {
                order.transactions.push(Transaction {
                    id: format!("T{:08}", self.rng.u32(0..100_000_000)),
                    price: order.price.to_pay.unwrap_or_default(),
                    status: "OK".into(),
                    creation_time: Some(created),
                    change_time: Some(created + (later - created) / 2),
                });
            }
        }
        if self.rng.u32(0..1000) < 40 {
            let price = order.price.zeroed();
            let status = Some(Status::new(CANCELLED, STATUSES[3].1));
            let before = (
                order.status.take(),
                std::mem::replace(&mut order.price, price),
            );
            order.before_cancel = Some(before);
            order.status = status;
            order.change_time = Some(later);
        }
    }

    fn code(&mut self, time: DateTime<Utc>) -> String {
        self.number += 1;
        let tail = match self.rng.u32(0..1000) {
            0..12 => "-A",
            12..20 => "B",
            _ => "",
        };
        format!("{}{:06}{tail}", time.year(), self.number)
    }

    fn price(&mut self, foreign: bool) -> Price {
        let whole = RoundingStrategy::MidpointAwayFromZero;
        let cents = if foreign {
            350..40_000
        } else {
            4_900..1_200_000
        };
        let without_vat = Decimal::new(self.rng.i64(cents), 2);
        let rate = if self.rng.u32(0..10) < 8 { 21 } else { 12 };
        let vat = (without_vat * Decimal::new(rate, 2)).round_dp_with_strategy(2, whole);
        let with_vat = without_vat + vat;
        let rounded = !foreign && self.rng.u32(0..100) < 60;
        let to_pay = if rounded {
            with_vat.round_dp_with_strategy(0, whole)
        } else {
            with_vat
        };
        let exchange_rate = if foreign {
            Decimal::new(self.rng.i64(3_950_000..4_080_000), 8)
        } else {
            Decimal::ONE
        };
        Price {
            vat: Some(vat),
            to_pay: Some(to_pay),
            without_vat: Some(without_vat),
            with_vat: Some(with_vat),
            currency: if foreign { "EUR" } else { "CZK" }.into(),
            exchange_rate,
        }
    }

    fn payment(&mut self, at_desk: bool) -> Option<Method> {
        let place = match self.rng.u32(0..100) {
            _ if at_desk => 3,
            0..45 => 0,
            45..72 => 1,
            72..90 => 2,
            90..94 => 3,
            94..96 => 4,
            _ => return None,
        };
        let (guid, name) = PAYMENTS[place];
        Some(Method {
            guid: Some(guid.into()),
            name: name.into(),
        })
    }

    fn method(&mut self, ways: &[(&str, &str)]) -> Method {
        let (guid, name) = self.pick(ways);
        Method {
            guid: Some(guid.into()),
            name: name.into(),
        }
    }

    /// A page of the administration.
    pub(super) fn admin(&self, page: &str, key: &str) -> String {
        format!(
            "https://{}.myshoptet.com/admin/{page}/?code={key}",
            self.eshop_id
        )
    }

    /// A new identifier.
    pub(super) fn guid(&mut self) -> String {
        let (high, low) = (self.rng.u64(..), self.rng.u64(..));
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            0x8000 | (low >> 48) & 0x3fff,
            low & 0xffff_ffff_ffff
        )
    }

    /// One of several.
    pub(super) fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.rng.usize(0..list.len())]
    }
}

/// Address, e-mail and telephone an order gets.
fn contact(buyer: Option<&Customer>, guest: &Person) -> (Address, Option<String>, Option<String>) {
    match buyer {
        Some(customer) => {
            let main = customer.accounts.first();
            let email = main.map(|account| account.email.clone());
            (
                customer.billing.clone(),
                email,
                main.and_then(|account| account.phone.clone()),
            )
        }
        None => (
            guest.address.clone(),
            Some(guest.email.clone()),
            Some(guest.phone.clone()),
        ),
    }
}

fn is_slovak(address: &Address) -> bool {
    address.country_code.as_deref() == Some("SK")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use chrono::{DateTime, Utc};

    use super::Maker;

    #[test]
    fn same_seed_makes_same_shop() {
        let newest: DateTime<Utc> = "2026-09-21T10:00:00Z".parse().unwrap();
        let make = |seed| Maker::new(seed, 222_651).stock(300, 80, newest);
        let (orders, customers) = make(7);
        assert_eq!(
            format!("{orders:?}{customers:?}"),
            format!("{:?}{:?}", make(7).0, make(7).1)
        );
        assert_ne!(format!("{orders:?}"), format!("{:?}", make(8).0));
        assert!(orders.is_sorted_by_key(|order| (order.creation_time, order.code.clone())));
        assert_eq!(orders.last().unwrap().creation_time, Some(newest));
        let codes: HashSet<_> = orders.iter().map(|order| &order.code).collect();
        let emails: HashSet<_> = customers.iter().map(|one| &one.accounts[0].email).collect();
        assert_eq!((codes.len(), emails.len()), (300, 80));
        for order in orders.iter().filter(|order| order.customer_guid.is_some()) {
            let buyer = customers
                .iter()
                .find(|one| Some(&one.guid) == order.customer_guid.as_ref());
            assert!(buyer.unwrap().creation_time < order.creation_time);
        }
    }
}
