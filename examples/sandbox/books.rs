//! The accounts: companies and transfers, and what may be written into them.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use super::attributes::{COMPANY, Kind, TRANSFER, Table};
use super::clock::Clock;

/// A record, attribute by attribute.
pub type Record = Map<String, Value>;

/// What is wrong with which attribute.
pub type Problems = BTreeMap<String, Vec<String>>;

/// Somewhere money is filed: a category, a type, a status.
#[derive(Debug, Clone)]
pub struct Element {
    /// Its number.
    pub id: i64,
    /// What it is, as `CompanyType`.
    pub kind: String,
    /// Its name.
    pub name: String,
}

/// The accounts of one customer of Caflou.
#[derive(Debug)]
pub struct Books {
    /// Companies by number.
    pub companies: BTreeMap<i64, Record>,
    /// Incomes and expenses by number.
    pub transfers: BTreeMap<i64, Record>,
    /// Categories, types and statuses.
    pub elements: Vec<Element>,
    /// The accounts a token may use: number and name.
    pub accounts: Vec<(String, String)>,
    /// In which account a record was made; all show those that nobody made by the service.
    pub made_in: BTreeMap<i64, String>,
    /// Who may log in.
    pub email: String,
    /// With which password.
    pub password: String,
    /// The one-time password a login needs, where two factors are on.
    pub otp: Option<String>,
    /// That one was used: each is good for one log-in.
    pub otp_used: bool,
    /// The token made in the application was revoked.
    pub token_revoked: bool,
    /// The user may read only: writes get 403.
    pub read_only: bool,
    clock: Arc<Clock>,
    next_id: i64,
}

impl Books {
    /// Whether an account shows a record.
    pub fn shows(&self, account: &str, id: i64) -> bool {
        self.made_in.get(&id).is_none_or(|made| made == account)
    }

    /// Empty books.
    pub fn new(account_id: &str, clock: Arc<Clock>) -> Self {
        let element = |id, kind: &str, name: &str| Element {
            id,
            kind: kind.into(),
            name: name.into(),
        };
        Self {
            companies: BTreeMap::new(),
            transfers: BTreeMap::new(),
            made_in: BTreeMap::new(),
            elements: vec![
                element(11, "CompanyType", "Zákazník"),
                element(12, "CompanyType", "Dodavatel"),
                element(21, "CompanyStatus", "Aktivní"),
                element(31, "Source", "Bankovní účet"),
                element(32, "Source", "Pokladna"),
                element(41, "TransferCategory", "E-shop"),
                element(42, "TransferCategory", "Služby"),
            ],
            accounts: vec![(account_id.into(), "Příklad s.r.o.".into())],
            email: "owner@example.com".into(),
            password: "correct horse".into(),
            otp: None,
            otp_used: false,
            token_revoked: false,
            read_only: false,
            clock,
            next_id: 1001,
        }
    }

    /// A new company; attributes that are no good are named.
    pub fn create_company(&mut self, sent: &Record) -> Result<i64, Problems> {
        check(&COMPANY, sent, true)?;
        Ok(self.add_company(Value::Object(sent.clone())))
    }

    /// A new income or expense; attributes that are no good are named.
    pub fn create_transfer(&mut self, sent: &Record) -> Result<i64, Problems> {
        check(&TRANSFER, sent, true)?;
        self.check_links(sent)?;
        Ok(self.add_transfer(Value::Object(sent.clone())))
    }

    /// Changes a company.
    pub fn patch_company(&mut self, id: i64, sent: &Record) -> Result<(), Problems> {
        check(&COMPANY, sent, false)?;
        let now = self.stamp();
        if let Some(record) = self.companies.get_mut(&id) {
            write(&COMPANY, record, sent, &now);
        }
        Ok(())
    }

    /// Changes a transfer, all but the attributes to be ignored.
    pub fn patch_transfer(
        &mut self,
        id: i64,
        sent: &Record,
        ignored: &[String],
    ) -> Result<(), Problems> {
        check(&TRANSFER, sent, false)?;
        self.check_links(sent)?;
        let now = self.stamp();
        let taken = sent.iter().filter(|(name, _)| !ignored.contains(name));
        let taken: Record = taken
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        if let Some(record) = self.transfers.get_mut(&id) {
            write(&TRANSFER, record, &taken, &now);
        }
        Ok(())
    }

    /// Adds a company as it is given, unchecked; attributes nobody knows are dropped.
    pub fn add_company(&mut self, given: Value) -> i64 {
        let (id, record) = self.record(&COMPANY, given);
        self.companies.insert(id, record);
        id
    }

    /// Adds a transfer as it is given, unchecked; attributes nobody knows are dropped.
    pub fn add_transfer(&mut self, given: Value) -> i64 {
        let (id, record) = self.record(&TRANSFER, given);
        self.transfers.insert(id, record);
        id
    }

    /// Someone changes an attribute of a company in the application.
    pub fn edit_company(&mut self, id: i64, attribute: &str, value: Value) {
        let now = self.stamp();
        set(
            &mut self.companies,
            id,
            [(attribute, value), ("updated_at", json!(now))],
        );
    }

    /// Someone changes an attribute of a transfer in the application.
    pub fn edit_transfer(&mut self, id: i64, attribute: &str, value: Value) {
        let now = self.stamp();
        set(
            &mut self.transfers,
            id,
            [(attribute, value), ("updated_at", json!(now))],
        );
    }

    /// The company goes to the trash.
    pub fn trash_company(&mut self, id: i64) {
        let now = self.stamp();
        set(
            &mut self.companies,
            id,
            [("trash", json!(true)), ("trashed_at", json!(now))],
        );
    }

    /// The transfer goes to the trash.
    pub fn trash_transfer(&mut self, id: i64) {
        let now = self.stamp();
        set(
            &mut self.transfers,
            id,
            [("trash", json!(true)), ("trashed_at", json!(now))],
        );
    }

    /// The company is gone for good.
    pub fn remove_company(&mut self, id: i64) {
        self.companies.remove(&id);
    }

    /// The transfer is gone for good.
    pub fn remove_transfer(&mut self, id: i64) {
        self.transfers.remove(&id);
    }

    /// The transfer whose description has a line that ends with `mark`.
    pub fn transfer_by_mark(&self, mark: &str) -> Option<&Record> {
        self.transfers_by_mark(mark).into_iter().next()
    }

    /// All transfers whose description has a line that ends with `mark`.
    pub fn transfers_by_mark(&self, mark: &str) -> Vec<&Record> {
        let has = |record: &&Record| {
            let text = record["description"].as_str().unwrap_or_default();
            let lines = text.split('\n').flat_map(|line| line.split('<'));
            lines.into_iter().any(|line| line.trim().ends_with(mark))
        };
        self.transfers.values().filter(has).collect()
    }

    /// Numbers of the transfers by the last line of their description, where it has several lines.
    pub fn transfers_by_last_line(&self) -> BTreeMap<&str, Vec<i64>> {
        let mut found: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
        for (id, record) in &self.transfers {
            let text = record["description"].as_str().unwrap_or_default();
            if let Some((_, last)) = text.rsplit_once('\n') {
                found.entry(last).or_default().push(*id);
            }
        }
        found
    }

    /// The company with this `another_identifier`.
    pub fn company_by_identifier(&self, identifier: &str) -> Option<&Record> {
        self.companies
            .values()
            .find(|record| record["another_identifier"] == identifier)
    }

    /// The present time as records write it.
    pub fn stamp(&self) -> String {
        stamp(self.clock.now())
    }

    fn record(&mut self, table: &Table, given: Value) -> (i64, Record) {
        let now = self.stamp();
        let mut record = table.blank();
        if let Value::Object(given) = given {
            write(table, &mut record, &given, &now);
            for name in ["trash", "template"] {
                if let (Some(value), true) = (given.get(name), record.contains_key(name)) {
                    record.insert(name.into(), value.clone());
                }
            }
        }
        let id = self.next_id;
        self.next_id += 1;
        record.insert("id".into(), json!(id));
        record.insert("created_at".into(), json!(now));
        (id, record)
    }

    fn check_links(&self, sent: &Record) -> Result<(), Problems> {
        match sent.get("company_id").and_then(Value::as_i64) {
            Some(id) if !self.companies.contains_key(&id) => {
                Err([("company_id".to_owned(), vec!["does not exist".to_owned()])].into())
            }
            _ => Ok(()),
        }
    }
}

/// Names attributes that are missing (where `whole`) or of the wrong kind.
fn check(table: &Table, sent: &Record, whole: bool) -> Result<(), Problems> {
    let mut problems = Problems::new();
    let mut complain = |name: &str, what: &str| {
        problems
            .entry(name.to_owned())
            .or_default()
            .push(what.to_owned());
    };
    for name in table.required {
        let blank = match sent.get(*name) {
            None => whole,
            Some(value) => value.is_null() || value == "",
        };
        if blank {
            complain(name, "can't be blank");
        }
    }
    for (name, kind) in table.written {
        let Some(value) = sent.get(*name).filter(|value| !value.is_null()) else {
            continue;
        };
        let good = match kind {
            Kind::Text => value.is_string(),
            Kind::Date => value.as_str().is_some_and(is_date),
            Kind::Number => value.is_number(),
            Kind::Whole => value.is_i64(),
            Kind::Truth => value.is_boolean(),
            Kind::List => value.is_array(),
            Kind::OneOf(names) => value.as_str().is_some_and(|text| names.contains(&text)),
            Kind::Currency => value.as_str().is_some_and(|text| text.len() == 3),
        };
        if !good && value != "" {
            complain(name, "is invalid");
        }
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems)
    }
}

/// Takes over what may be written; nobody says what was dropped.
fn write(table: &Table, record: &mut Record, sent: &Record, now: &str) {
    for (name, _) in table.written {
        if let Some(value) = sent.get(*name) {
            record.insert((*name).to_owned(), value.clone());
        }
    }
    record.insert("updated_at".into(), json!(now));
}

fn set<const N: usize>(
    records: &mut BTreeMap<i64, Record>,
    id: i64,
    attributes: [(&str, Value); N],
) {
    let record = records
        .get_mut(&id)
        .unwrap_or_else(|| panic!("there is no record {id}"));
    for (name, value) in attributes {
        record.insert(name.to_owned(), value);
    }
}

fn is_date(text: &str) -> bool {
    text.len() == 10 && NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok()
}

fn stamp(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}
