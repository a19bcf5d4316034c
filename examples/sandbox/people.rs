//! People and firms made from the seed: buyers, registered customers, registration numbers.

use chrono::{DateTime, Utc};

use super::data::Maker;
use super::model::{Account, Address, Customer, Status};
use super::names;

/// Someone who buys.
pub(super) struct Person {
    pub(super) slovak: bool,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) phone: String,
    pub(super) address: Address,
}

impl Maker {
    /// A customer registered at `time`.
    pub fn customer(&mut self, time: DateTime<Utc>) -> Customer {
        let mut person = self.person();
        if self.rng.u32(0..100) < 40 {
            self.firm(&mut person.address, person.slovak);
        }
        let guid = self.guid();
        let mut accounts = vec![self.account(&person, true)];
        if self.rng.u32(0..10) == 0 {
            let second = self.person();
            accounts.push(self.account(&second, false));
        }
        let delivery = if self.rng.u32(0..4) == 0 {
            let other = self.person();
            vec![(self.guid(), other.address)]
        } else {
            Vec::new()
        };
        Customer {
            admin_url: self.admin("klienti-detail", &guid),
            guid,
            creation_time: Some(time),
            change_time: Some(time),
            billing: person.address,
            delivery,
            accounts,
            group: Some(Status::new(1, "Výchozí skupina")),
            remark: None,
            raw: None,
        }
    }

    /// Someone nobody has seen yet.
    pub(super) fn person(&mut self) -> Person {
        self.people += 1;
        let slovak = self.rng.u32(0..1000) < 120;
        let (first, woman) = if slovak {
            self.pick(&names::SLOVAK)
        } else {
            self.pick(&names::CZECH)
        };
        let (his, hers) = if slovak {
            self.pick(&names::SLOVAK_SURNAMES)
        } else {
            self.pick(&names::CZECH_SURNAMES)
        };
        let last = if woman { hers } else { his };
        let towns: &[(&str, &str)] = if slovak {
            &names::SLOVAK_TOWNS
        } else {
            &names::CZECH_TOWNS
        };
        let (city, zip) = self.pick(towns);
        let end = if slovak { "sk" } else { "cz" };
        let name = format!("{first} {last}");
        let address = Address {
            full_name: Some(name.clone()),
            street: Some(self.pick(&names::STREETS).to_owned()),
            house_number: (self.rng.u32(0..10) > 0).then(|| self.house_number()),
            city: Some(city.into()),
            zip: Some(zip.into()),
            country_code: Some(if slovak { "SK" } else { "CZ" }.into()),
            ..Address::default()
        };
        let email = format!(
            "{}.{}{}@example.{end}",
            names::plain(first),
            names::plain(last),
            self.people
        );
        let prefix = if slovak { "+4219" } else { "+4207" };
        let phone = format!("{prefix}{:08}", self.rng.u32(0..100_000_000));
        Person {
            slovak,
            name,
            email,
            phone,
            address,
        }
    }

    fn house_number(&mut self) -> String {
        let number = self.rng.u32(1..2000);
        if self.rng.bool() {
            format!("{number}/{}", self.rng.u32(1..60))
        } else {
            number.to_string()
        }
    }

    fn account(&mut self, person: &Person, main_account: bool) -> Account {
        Account {
            guid: self.guid(),
            full_name: Some(person.name.clone()),
            email: person.email.clone(),
            phone: Some(person.phone.clone()),
            main_account,
        }
    }

    /// Makes the address one of a firm, most of them registered for tax.
    pub(super) fn firm(&mut self, address: &mut Address, slovak: bool) {
        let last = address
            .full_name
            .as_deref()
            .and_then(|name| name.split(' ').next_back());
        let (trade, form) = (self.pick(&names::TRADES), self.pick(&names::FORMS));
        address.company = Some(format!("{}, {trade} {form}", last.unwrap_or("Obchod")));
        let number = self.registration_number();
        let taxed = self.rng.u32(0..100) < 70;
        if slovak {
            let tax = self.slovak_tax_number();
            address.vat_id = taxed.then(|| format!("SK{tax}"));
            address.tax_id = Some(tax);
        } else if taxed {
            address.vat_id = Some(format!("CZ{number}"));
            address.tax_id.clone_from(&address.vat_id);
        }
        address.company_id = Some(number);
    }

    /// Eight digits of which the last one checks the others; each is given once.
    fn registration_number(&mut self) -> String {
        loop {
            let body = format!("{:07}", self.rng.u32(10_000..7_000_000));
            let sum: u32 = body
                .bytes()
                .zip((2..=8).rev())
                .map(|(b, w)| u32::from(b - b'0') * w)
                .sum();
            let number = format!("{body}{}", (11 - sum % 11) % 10);
            if self.taken.insert(number.clone()) {
                return number;
            }
        }
    }

    /// Ten digits divisible by eleven; each is given once.
    fn slovak_tax_number(&mut self) -> String {
        loop {
            let number = (self.rng.u64(2_020_000_000..2_122_000_000) / 11 * 11).to_string();
            if self.taken.insert(number.clone()) {
                return number;
            }
        }
    }
}
