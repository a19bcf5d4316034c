//! What the shop keeps: orders, customers and what they are made of. A field is an `Option` where
//! the service may answer null.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::Value;

/// Status a cancelled order has.
pub const CANCELLED: i64 = -4;

/// A status or a source: a number and a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Negative for those of the system.
    pub id: i64,
    /// Its name.
    pub name: Option<String>,
}

impl Status {
    /// A status of this number and name.
    pub fn new(id: i64, name: &str) -> Self {
        Self {
            id,
            name: Some(name.into()),
        }
    }
}

/// A way of payment or shipping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Method {
    /// Its identifier.
    pub guid: Option<String>,
    /// Its name.
    pub name: String,
}

/// The header price of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Price {
    /// The tax.
    pub vat: Option<Decimal>,
    /// What is to be paid, rounded.
    pub to_pay: Option<Decimal>,
    /// Without tax.
    pub without_vat: Option<Decimal>,
    /// With tax.
    pub with_vat: Option<Decimal>,
    /// `CZK`, `EUR`, …
    pub currency: String,
    /// Units of the order's currency for one of the shop's default currency.
    pub exchange_rate: Decimal,
}

impl Price {
    /// The same currency and rate with all amounts zero, as a cancelled order shows it.
    pub fn zeroed(&self) -> Self {
        let zero = Some(Decimal::ZERO);
        Self {
            vat: zero,
            to_pay: zero,
            without_vat: zero,
            with_vat: zero,
            currency: self.currency.clone(),
            exchange_rate: self.exchange_rate,
        }
    }
}

/// A postal address, with the registration numbers where it is a billing address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as the service names them")]
pub struct Address {
    pub company: Option<String>,
    pub full_name: Option<String>,
    pub street: Option<String>,
    pub house_number: Option<String>,
    pub city: Option<String>,
    pub district: Option<String>,
    pub additional: Option<String>,
    pub zip: Option<String>,
    pub country_code: Option<String>,
    pub region_name: Option<String>,
    pub region_shortcut: Option<String>,
    pub company_id: Option<String>,
    pub vat_id: Option<String>,
    pub tax_id: Option<String>,
}

/// An online payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    /// Its identifier at the payment gate.
    pub id: String,
    /// The amount.
    pub price: Decimal,
    /// `OK`, `NEW`, `FAILED`, `PENDING` or `UNKNOWN`.
    pub status: String,
    /// When it began.
    pub creation_time: Option<DateTime<Utc>>,
    /// When its status changed last.
    pub change_time: Option<DateTime<Utc>>,
}

/// An order.
#[derive(Debug, Clone)]
#[allow(clippy::struct_field_names, reason = "named as the service names them")]
pub struct Order {
    /// The identifier; digits mostly.
    pub code: String,
    /// Another identifier.
    pub guid: String,
    /// What someone else calls it.
    pub external_code: Option<String>,
    /// When it was made.
    pub creation_time: Option<DateTime<Utc>>,
    /// When it was changed last.
    pub change_time: Option<DateTime<Utc>>,
    /// The buyer.
    pub full_name: Option<String>,
    /// The buyer's firm.
    pub company: Option<String>,
    /// The buyer's e-mail address; none at the cash desk.
    pub email: Option<String>,
    /// The buyer's telephone.
    pub phone: Option<String>,
    /// What the buyer wrote.
    pub remark: Option<String>,
    /// The registered customer; none for a guest.
    pub customer_guid: Option<String>,
    /// Sold at the cash desk?
    pub cash_desk_order: Option<bool>,
    /// Where the shop's staff find it.
    pub admin_url: String,
    /// Its status.
    pub status: Option<Status>,
    /// Where it came from.
    pub source: Option<Status>,
    /// How it is sent.
    pub shipping: Option<Method>,
    /// How it is paid.
    pub payment_method: Option<Method>,
    /// What it costs.
    pub price: Price,
    /// Paid, not paid, or not known.
    pub paid: Option<bool>,
    /// Is the buyer registered for value added tax?
    pub vat_payer: Option<bool>,
    /// Billing address (of the detail only).
    pub billing: Address,
    /// Delivery address, where it is another one (of the detail only).
    pub delivery: Option<Address>,
    /// Online payments (of the detail only, on demand).
    pub transactions: Vec<Transaction>,
    /// A hole: lists filtered by the time of change do not show it.
    pub hidden_from_change_list: bool,
    /// Answered in place of the row and the detail.
    pub raw: Option<Value>,
    /// Status and price from before the cancellation.
    pub before_cancel: Option<(Option<Status>, Price)>,
}

/// Someone who can log in for a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::struct_field_names, reason = "named as the service names them")]
pub struct Account {
    /// Its identifier.
    pub guid: String,
    /// Name of the person.
    pub full_name: Option<String>,
    /// E-mail address.
    pub email: String,
    /// Telephone.
    pub phone: Option<String>,
    /// The first of them?
    pub main_account: bool,
}

/// A registered customer.
#[derive(Debug, Clone)]
pub struct Customer {
    /// The identifier.
    pub guid: String,
    /// When it was registered.
    pub creation_time: Option<DateTime<Utc>>,
    /// When it was changed last.
    pub change_time: Option<DateTime<Utc>>,
    /// Billing address and registration numbers.
    pub billing: Address,
    /// Delivery addresses with their identifiers.
    pub delivery: Vec<(String, Address)>,
    /// Who can log in.
    pub accounts: Vec<Account>,
    /// Group of customers.
    pub group: Option<Status>,
    /// What the shop's staff wrote.
    pub remark: Option<String>,
    /// Where the shop's staff find it.
    pub admin_url: String,
    /// Answered in place of the row and the detail.
    pub raw: Option<Value>,
}

/// What happened to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// It came to be; shown as an edit.
    Add,
    /// It changed.
    Edit,
    /// It is gone.
    Delete,
}

/// A line of a change log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Code of an order, guid of a customer.
    pub key: String,
    /// When it happened.
    pub time: DateTime<Utc>,
    /// What happened.
    pub kind: ChangeKind,
}

/// The groups of endpoints a token may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rights {
    /// `/api/orders…`
    pub orders: bool,
    /// `/api/customers…`
    pub customers: bool,
    /// `/api/eshop`
    pub eshop: bool,
    /// `/api/webhooks`
    pub webhooks: bool,
}

impl Default for Rights {
    fn default() -> Self {
        Self {
            orders: true,
            customers: true,
            eshop: true,
            webhooks: true,
        }
    }
}
