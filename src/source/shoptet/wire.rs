//! Orders, customers and changes as Shoptet sends them: only what is used.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::PROGRAM;
use super::row::{Row, RowError};
use super::time::parse_time;
use crate::record::comparable;

/// An order, from a row of `GET /api/orders` or from `GET /api/orders/{code}`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Order {
    /// `code`: the identifier; may hold letters and dashes.
    pub code: String,
    /// `guid`: unlike the code, never given again.
    pub guid: Option<String>,
    /// `creationTime`, as it came.
    pub creation_time: Option<String>,
    /// `changeTime`, as it came.
    pub change_time: Option<String>,
    /// `fullName`.
    pub full_name: Option<String>,
    /// `company`.
    pub company: Option<String>,
    /// `customerGuid`; `None` for a guest.
    pub customer_guid: Option<String>,
    /// `adminUrl`.
    pub admin_url: Option<String>,
    /// `status.id`; negative ids are the system's, −4 is cancelled.
    pub status_id: Option<i64>,
    /// `status.name`, as the shop calls it.
    pub status_name: Option<String>,
    /// `paymentMethod.name`.
    pub payment_method: Option<String>,
    /// `paymentMethod.guid`.
    pub payment_method_guid: Option<String>,
    /// `price`.
    pub price: Price,
    /// `paid`; `None`: unknown.
    pub paid: Option<bool>,
}

/// The amounts of an order as decimal text, in its own currency.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Price {
    /// `toPay`: what is paid, after rounding.
    pub to_pay: Option<String>,
    /// `withVat`.
    pub with_vat: Option<String>,
    /// `withoutVat`.
    pub without_vat: Option<String>,
    /// `vat`.
    pub vat: Option<String>,
    /// `currencyCode`.
    pub currency_code: Option<String>,
}

/// A customer, from `GET /api/customers/{guid}`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Customer {
    /// `guid`: the identifier.
    pub guid: String,
    /// `changeTime`, as it came.
    pub change_time: Option<String>,
    /// `billingAddress.company`.
    pub company: Option<String>,
    /// `billingAddress.fullName`.
    pub full_name: Option<String>,
    /// `billingAddress.street`.
    pub street: Option<String>,
    /// `billingAddress.houseNumber`.
    pub house_number: Option<String>,
    /// `billingAddress.additional`.
    pub second_line: Option<String>,
    /// `billingAddress.city`.
    pub city: Option<String>,
    /// `billingAddress.zip`.
    pub zip: Option<String>,
    /// `billingAddress.countryCode`.
    pub country_code: Option<String>,
    /// `billingAddress.companyId` (IČO).
    pub company_id: Option<String>,
    /// `billingAddress.vatId` (DIČ, in Slovakia IČ DPH).
    pub vat_id: Option<String>,
    /// `billingAddress.taxId` (in Slovakia DIČ).
    pub tax_id: Option<String>,
    /// The account with `mainAccount`, else the first.
    pub account: Account,
}

/// A login of a customer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Account {
    /// `fullName`.
    pub full_name: Option<String>,
    /// `email`.
    pub email: Option<String>,
    /// `phone`.
    pub phone: Option<String>,
}

/// A line of `GET /api/orders/changes` or `/api/customers/changes`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ChangeEntry {
    pub(super) id: String,
    pub(super) change_time: Option<DateTime<Utc>>,
    pub(super) deleted: bool,
}

/// A row that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BadRow {
    /// Its key, where it can be asked for by it.
    pub(super) id: Option<String>,
    /// What its key reads like, short and with all that cannot be seen escaped; empty where it has none.
    pub(super) name: String,
    /// `creationTime`, as far as that can be read.
    pub(super) created: Option<DateTime<Utc>>,
    pub(super) error: RowError,
}

impl BadRow {
    pub(super) fn of(row: Row<'_>, field: &'static str, error: RowError) -> Self {
        let text = row.text(field).ok().flatten().unwrap_or_default();
        let created = row.text("creationTime").ok().flatten();
        let key = text.trim();
        Self {
            id: can_be_asked_for(key).then(|| key.to_owned()),
            name: name_of(key),
            created: created.as_deref().and_then(parse_time),
            error,
        }
    }
}

/// Characters of a key in a name.
const SHOWN: usize = 40;

fn name_of(key: &str) -> String {
    let mut name = String::new();
    for c in key.chars().take(SHOWN) {
        if c.is_control() || (c.is_whitespace() && c != ' ') {
            name.extend(c.escape_default());
        } else {
            name.push(c);
        }
    }
    if key.chars().nth(SHOWN).is_some() {
        name.push('…');
    }
    name
}

/// Decodes a row with the reader of its kind.
pub(super) fn decode<T>(
    row: Result<Value, BadRow>,
    field: &'static str,
    read: fn(Row<'_>) -> Result<T, RowError>,
) -> Result<T, BadRow> {
    let value = row?;
    let nothing = serde_json::Map::new();
    let row = Row::of(&value).map_err(|error| BadRow::of(Row(&nothing), field, error))?;
    read(row).map_err(|error| BadRow::of(row, field, error))
}

/// The longest identifier, in characters.
const LONGEST_KEY: usize = 128;

/// The identifier of a record. Our mark is made of it and has to be found again in a text that may
/// have become HTML: it holds nothing that could end a line, a tag or the mark.
pub(super) fn key(row: Row<'_>, field: &'static str) -> Result<String, RowError> {
    let text = row.text(field)?.unwrap_or_default();
    usable_key(&text).ok_or_else(|| RowError::BadKey {
        field,
        text: text.trim().chars().take(40).collect(),
    })
}

fn usable_key(text: &str) -> Option<String> {
    let key = text.trim();
    // Marks are compared as people see them.
    let seen = comparable(key);
    let usable = can_be_asked_for(key)
        && !key.contains(['<', '>'])
        && !has_reference(key)
        && !seen.is_empty()
        && seen == seen.trim()
        && !seen.contains(&format!("{PROGRAM}:"));
    usable.then(|| key.to_owned())
}

/// Whether a text reads as another one once it was HTML: it holds a character reference.
fn has_reference(text: &str) -> bool {
    text.split('&').skip(1).any(|behind| {
        let end = behind.find(|c: char| !c.is_ascii_alphanumeric() && c != '#');
        end.is_some_and(|end| end > 0 && behind[end..].starts_with(';'))
    })
}

/// Whether a text may stand in an address and in a list of identifiers.
fn can_be_asked_for(key: &str) -> bool {
    let unfit = |c: char| c.is_control() || (c.is_whitespace() && c != ' ');
    !key.is_empty()
        && key.chars().take(LONGEST_KEY + 1).count() <= LONGEST_KEY
        && !key.contains(unfit)
        && key != "."
        && key != ".."
}

impl Order {
    pub(super) fn read(row: Row<'_>) -> Result<Self, RowError> {
        // The detail has the buyer's name in the billing address, a row of the list has it on top.
        let billing = row.object("billingAddress")?;
        let status = row.object("status")?;
        let method = row.object("paymentMethod")?;
        let from_billing = |field| billing.map_or(Ok(None), |billing| billing.text(field));
        Ok(Self {
            code: key(row, "code")?,
            guid: row.text("guid")?.as_deref().and_then(usable_key),
            creation_time: row.text("creationTime")?,
            change_time: row.text("changeTime")?,
            full_name: row.text("fullName")?.or(from_billing("fullName")?),
            company: row.text("company")?.or(from_billing("company")?),
            customer_guid: row.text("customerGuid")?.as_deref().and_then(usable_key),
            admin_url: row.text("adminUrl")?,
            status_id: status.map_or(Ok(None), |status| status.whole("id"))?,
            status_name: status.map_or(Ok(None), |status| status.text("name"))?,
            payment_method: method.map_or(Ok(None), |method| method.text("name"))?,
            payment_method_guid: method.map_or(Ok(None), |method| method.text("guid"))?,
            price: row
                .object("price")?
                .map(Price::read)
                .transpose()?
                .unwrap_or_default(),
            paid: row.flag("paid")?,
        })
    }
}

impl Price {
    fn read(row: Row<'_>) -> Result<Self, RowError> {
        Ok(Self {
            to_pay: row.text("toPay")?,
            with_vat: row.text("withVat")?,
            without_vat: row.text("withoutVat")?,
            vat: row.text("vat")?,
            currency_code: row.text("currencyCode")?,
        })
    }
}

impl Customer {
    pub(super) fn read(row: Row<'_>) -> Result<Self, RowError> {
        let billing = row.object("billingAddress")?;
        let text = |field| billing.map_or(Ok(None), |billing| billing.text(field));
        let accounts = row.objects("accounts")?;
        let mut main = accounts.first();
        for account in &accounts {
            if account.flag("mainAccount")? == Some(true) {
                main = Some(account);
                break;
            }
        }
        Ok(Self {
            guid: key(row, "guid")?,
            change_time: row.text("changeTime")?,
            company: text("company")?,
            full_name: text("fullName")?,
            street: text("street")?,
            house_number: text("houseNumber")?,
            second_line: text("additional")?,
            city: text("city")?,
            zip: text("zip")?,
            country_code: text("countryCode")?,
            company_id: text("companyId")?,
            vat_id: text("vatId")?,
            tax_id: text("taxId")?,
            account: match main {
                Some(account) => Account {
                    full_name: account.text("fullName")?,
                    email: account.text("email")?,
                    phone: account.text("phone")?,
                },
                None => Account::default(),
            },
        })
    }
}

impl ChangeEntry {
    pub(super) fn of_order(row: Row<'_>) -> Result<Self, RowError> {
        Self::read(row, "code")
    }

    pub(super) fn of_customer(row: Row<'_>) -> Result<Self, RowError> {
        Self::read(row, "guid")
    }

    fn read(row: Row<'_>, field: &'static str) -> Result<Self, RowError> {
        Ok(Self {
            id: key(row, field)?,
            change_time: row.text("changeTime")?.as_deref().and_then(parse_time),
            deleted: row.text("changeType")?.as_deref() == Some("delete"),
        })
    }
}

/// The guid of a row of `GET /api/customers`.
pub(super) fn customer_guid(row: Row<'_>) -> Result<String, RowError> {
    key(row, "guid")
}

/// The moment of the last successful online payment (`paymentTransactions` of an order's detail).
pub(super) fn last_payment(row: Row<'_>) -> Result<Option<DateTime<Utc>>, RowError> {
    let mut last = None;
    for transaction in row.objects("paymentTransactions")? {
        if transaction.text("status")?.as_deref() == Some("OK") {
            let time = transaction
                .text("changeTime")?
                .or(transaction.text("creationTime")?);
            last = last.max(time.as_deref().and_then(parse_time));
        }
    }
    Ok(last)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::record::rich_text_lines;

    proptest! {
        #[test]
        fn a_usable_key_is_read_back_whether_or_not_it_became_html(text in "[A-Za-z0-9&;#/?% ,žp:\u{202e}\u{ad}\u{301}]{1,12}") {
            if let Some(key) = usable_key(&text) {
                let mark = format!("shoptet:1:{key}");
                let seen = comparable(&mark);
                prop_assert!(seen.strip_prefix("shoptet:1:").is_some_and(|id| !id.trim().is_empty()));
                prop_assert_eq!(rich_text_lines(&mark), [seen.as_str()]);
                let html = format!("<p>{}</p>", mark.replace('&', "&amp;"));
                prop_assert_eq!(rich_text_lines(&html), [seen.as_str()]);
            }
        }
    }

    #[test]
    fn what_shops_put_into_codes_is_usable() {
        for key in [
            "A&B", "A & B", "2024/7", "50%", "a?b", "a#b", "ř-1", "&", "A&B;",
        ] {
            let usable = usable_key(key).is_some();
            assert_eq!(usable, key != "A&B;", "{key}");
        }
        for key in [
            "1&amp;2",
            "1&#38;2",
            "<b>",
            "shoptet:1:2",
            ".",
            "..",
            "",
            "a\u{0}b",
            "\u{202e}",
            "\u{200b} 1",
            "shop\u{ad}tet:1:2",
        ] {
            assert_eq!(usable_key(key), None, "{key}");
        }
    }
}
