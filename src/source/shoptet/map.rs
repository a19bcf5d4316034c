//! From Shoptet's records to ours. Pure: the same record and settings give the same draft.

mod customer;
mod text;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use thiserror::Error;

pub use customer::customer;

use self::text::{link, personal};
use super::PROGRAM;
use super::statuses::Statuses;
use super::time::parse_time;
use super::wire::{Order, Price};
use crate::config::{ByMethod, Mapping, PaymentDate};
use crate::record::{
    AmountError, Currency, CurrencyError, Document, Draft, Kind, Mark, Payment, Record, SourceId,
    Void, amount, tidy,
};

/// What mapping needs to know beside the record.
#[derive(Debug, Clone)]
pub struct MapSettings {
    /// The e-shop's id, for our mark.
    pub eshop_id: u64,
    /// `settings.timezone` of `GET /api/eshop`.
    pub zone: Tz,
    /// The user's settings.
    pub mapping: Mapping,
    /// What they mean for the shop's statuses.
    pub statuses: Statuses,
}

/// Why a record cannot be imported as it is.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MapError {
    /// Without it there is no day.
    #[error("no creation time")]
    NoCreationTime,
    /// A date-time that is none.
    #[error("`{field}` is not a usable date-time: `{text}`")]
    BadTime {
        /// The attribute.
        field: &'static str,
        /// What it holds, shortened.
        text: String,
    },
    /// Nothing says what is to be paid.
    #[error("no amount: toPay and withVat are both empty")]
    NoAmount,
    /// An amount that is none.
    #[error("`{field}`: {source}")]
    BadAmount {
        /// The attribute.
        field: &'static str,
        /// What is wrong with it.
        source: AmountError,
    },
    /// No currency is named.
    #[error("no currency")]
    NoCurrency,
    /// The currency is none.
    #[error(transparent)]
    BadCurrency(#[from] CurrencyError),
}

impl MapSettings {
    fn mark(&self, id: &SourceId) -> Mark {
        Mark::new(PROGRAM, &self.eshop_id.to_string(), id)
    }

    /// The day of a moment in the e-shop's time zone.
    #[must_use]
    pub fn day(&self, time: DateTime<Utc>) -> NaiveDate {
        time.with_timezone(&self.zone).date_naive()
    }
}

/// The day on which an order was created, in the e-shop's time zone.
///
/// # Errors
/// When the order does not say when it was created.
pub fn creation_day(order: &Order, settings: &MapSettings) -> Result<NaiveDate, MapError> {
    let created = time("creationTime", order.creation_time.as_deref())?;
    created
        .map(|time| settings.day(time))
        .ok_or(MapError::NoCreationTime)
}

/// What tells an order without a guid from another one with its number.
fn created(order: &Order) -> Option<String> {
    let at = time("creationTime", order.creation_time.as_deref()).ok()??;
    Some(format!("created {}", at.format("%Y-%m-%dT%H:%M:%SZ")))
}

/// An order that the shop no longer has.
#[must_use]
pub fn deleted_order(code: &str, settings: &MapSettings) -> Draft {
    void(Kind::Income, code, settings, Void::Deleted)
}

/// A customer that the shop no longer has.
#[must_use]
pub fn deleted_customer(guid: &str, settings: &MapSettings) -> Draft {
    void(Kind::Company, guid, settings, Void::Deleted)
}

fn void(kind: Kind, id: &str, settings: &MapSettings, why: Void) -> Draft {
    let source_id = SourceId(id.to_owned());
    Draft {
        kind,
        mark: settings.mark(&source_id),
        source_id,
        label: id.to_owned(),
        origin: None,
        changed_at: None,
        record: Record::Void { why, paid: false },
        warnings: Vec::new(),
    }
}

/// An order as an income. `paid_at` is the moment of its last successful online payment, where
/// the settings ask for it.
///
/// # Errors
/// When it has no usable amount, currency or creation time.
pub fn order(
    order: &Order,
    settings: &MapSettings,
    paid_at: Option<DateTime<Utc>>,
) -> Result<Draft, MapError> {
    let source_id = SourceId(order.code.clone());
    let customer = [&order.company, &order.full_name]
        .into_iter()
        .find_map(|name| personal(name.as_deref()));
    let name = settings
        .mapping
        .income_name
        .render(&order.code, customer.as_deref());
    let name = tidy(&name).unwrap_or_else(|| order.code.clone());
    let changed_at = change_time(order.change_time.as_deref());
    let mut warnings = Vec::new();
    let record = if settings.statuses.is_cancelled(order.status_id) {
        Record::Void {
            why: Void::Cancelled,
            paid: order.paid == Some(true),
        }
    } else {
        let income = income(
            order,
            settings,
            (name.clone(), customer.is_some()),
            (changed_at, paid_at),
            &mut warnings,
        )?;
        Record::Document(income)
    };
    Ok(Draft {
        kind: Kind::Income,
        mark: settings.mark(&source_id),
        source_id,
        label: customer.unwrap_or(name),
        origin: order.guid.clone().or_else(|| created(order)),
        changed_at,
        record,
        warnings,
    })
}

fn income(
    order: &Order,
    settings: &MapSettings,
    (name, named): (String, bool),
    (changed_at, paid_at): (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
    warnings: &mut Vec<String>,
) -> Result<Document, MapError> {
    let mapping = &settings.mapping;
    let created = creation_day(order, settings)?;
    let payment = match order.paid {
        Some(true) => Payment::Paid {
            on: payment_day(order, settings, created, (changed_at, paid_at), warnings),
        },
        Some(false) => Payment::Open,
        None => Payment::Unknown,
    };
    let method = order.payment_method.as_deref();
    let own = mapping.of_method(order.payment_method_guid.as_deref(), method);
    let expected = match own.and_then(|own| own.expected_days) {
        _ if payment.is_paid() => 0,
        Some(days) => days,
        None => mapping.expected_days.days(method),
    };
    let value = value(&order.price, warnings)?;
    let currency = order
        .price
        .currency_code
        .as_deref()
        .ok_or(MapError::NoCurrency)?;
    Ok(Document {
        name,
        named,
        reference_number: order.code.clone(),
        value,
        value_without_vat: money("withoutVat", order.price.without_vat.as_deref())?,
        vat_value: money("vat", order.price.vat.as_deref())?,
        currency: Currency::parse(currency)?,
        payment,
        date: created + TimeDelta::days(i64::from(expected)),
        tax_date: None,
        company: order.customer_guid.clone().map(SourceId),
        link: order.admin_url.as_deref().and_then(link),
        category_id: own.and_then(|own| own.category_id).or(mapping.category_id),
        project_id: own.and_then(|own| own.project_id).or(mapping.project_id),
        source_id: own.and_then(|own| own.source_id).or(mapping.source_id),
        tags: tags(mapping, own),
    })
}

/// The day on which a paid order counts as paid.
fn payment_day(
    order: &Order,
    settings: &MapSettings,
    created: NaiveDate,
    (changed_at, paid_at): (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
    warnings: &mut Vec<String>,
) -> NaiveDate {
    let moment = match settings.mapping.payment_date {
        PaymentDate::FirstPaid => changed_at,
        PaymentDate::OrderTime => return created,
        PaymentDate::Transactions => paid_at.or(changed_at),
    };
    if moment.is_none() && order.change_time.is_some() {
        let warning = "changeTime is unusable: the day of the order is taken for the payment";
        warnings.push(warning.to_owned());
    }
    moment.map_or(created, |moment| settings.day(moment))
}

/// The tags of all incomes and those of the payment method, each once.
fn tags(mapping: &Mapping, own: Option<&ByMethod>) -> Vec<String> {
    let mut tags = mapping.tags.clone();
    let more = own.into_iter().flat_map(|own| &own.tags);
    for tag in more {
        if !tags.contains(tag) {
            tags.push(tag.clone());
        }
    }
    tags
}

/// When a record last changed; `None` where that is not said, or is no time (`0000-00-00…`).
fn change_time(text: Option<&str>) -> Option<DateTime<Utc>> {
    text.and_then(parse_time)
}

/// What is paid: `toPay`, which is rounded as the shop rounds; else `withVat`, with a warning.
fn value(price: &Price, warnings: &mut Vec<String>) -> Result<Decimal, MapError> {
    let to_pay = money("toPay", price.to_pay.as_deref())?;
    let with_vat = money("withVat", price.with_vat.as_deref())?;
    match (to_pay, with_vat) {
        (Some(to_pay), None) => Ok(to_pay),
        (Some(to_pay), Some(with_vat)) if !to_pay.is_zero() || with_vat.is_zero() => Ok(to_pay),
        (Some(_), Some(with_vat)) => {
            warnings.push("toPay is zero: the price with VAT is taken".to_owned());
            Ok(with_vat)
        }
        (None, Some(with_vat)) => {
            warnings.push("toPay is empty: the price with VAT is taken".to_owned());
            Ok(with_vat)
        }
        (None, None) => Err(MapError::NoAmount),
    }
}

fn money(field: &'static str, text: Option<&str>) -> Result<Option<Decimal>, MapError> {
    text.map(amount)
        .transpose()
        .map_err(|source| MapError::BadAmount { field, source })
}

fn time(field: &'static str, text: Option<&str>) -> Result<Option<DateTime<Utc>>, MapError> {
    let Some(text) = text else { return Ok(None) };
    let bad = || MapError::BadTime {
        field,
        text: text.chars().take(40).collect(),
    };
    parse_time(text).map(Some).ok_or_else(bad)
}

#[cfg(test)]
mod tests;
