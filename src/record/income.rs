//! An income, from an order.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::{Attributes, CaflouId, Currency, Mark, SourceId, Value};

/// Whether the source says that the money has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paid {
    /// Paid.
    Yes,
    /// Not paid.
    No,
    /// The source does not say; counts as not paid.
    Unknown,
}

/// The company of an income, as far as it is imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CompanyLink {
    /// It is in Caflou.
    Imported(CaflouId),
    /// A real run would create it; its name.
    Planned(String),
}

/// An income as Caflou takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Income {
    /// The name shown in lists.
    pub name: String,
    /// The source says whose it is, by a firm's or a person's name.
    pub named: bool,
    /// The variable symbol that Caflou pairs bank payments by.
    pub reference_number: String,
    /// Amount to pay, in `currency`.
    pub value: Decimal,
    /// The part of it without VAT, as the source says it.
    pub value_without_vat: Option<Decimal>,
    /// The VAT, as the source says it.
    pub vat_value: Option<Decimal>,
    /// The currency of all three.
    pub currency: Currency,
    /// Paid or not.
    pub paid: Paid,
    /// The accounting or expected day, in the time zone of the source.
    pub date: NaiveDate,
    /// The day the money came, only where paid.
    pub payment_date: Option<NaiveDate>,
    /// The customer at the source.
    pub company: Option<SourceId>,
    /// A web address of the record at its source.
    pub link: Option<String>,
    /// Caflou's ids from the settings.
    pub category_id: Option<i64>,
    /// Caflou's ids from the settings.
    pub project_id: Option<i64>,
    /// Caflou's ids from the settings.
    pub source_id: Option<i64>,
    /// Tags from the settings.
    pub tags: Vec<String>,
}

impl Income {
    /// The value less net and VAT together, where that is more than any rounding: something else
    /// was reckoned in, as a voucher or a deposit.
    #[must_use]
    pub fn unexplained(&self) -> Option<Decimal> {
        let sum = self.value_without_vat?.checked_add(self.vat_value?)?;
        let rest = self.value.checked_sub(sum)?;
        (rest.abs() > Decimal::ONE).then_some(rest)
    }

    /// The attributes of `POST /transfers`, empty ones left out; the last line of `description`
    /// is our mark.
    #[must_use]
    pub fn attributes(&self, mark: &Mark, company: Option<&CompanyLink>) -> Attributes {
        // Destructured, so that a new field cannot be forgotten here.
        let Self {
            name,
            named: _,
            reference_number,
            value,
            value_without_vat,
            vat_value,
            currency,
            paid,
            date,
            payment_date,
            company: _,
            link,
            category_id,
            project_id,
            source_id,
            tags,
        } = self;
        let mut out = Attributes::default();
        out.set("kind", Value::text("income"));
        out.set("name", Value::text(name));
        out.set("reference_number", Value::text(reference_number));
        out.set("value", Value::Number(*value));
        out.set_some("value_without_vat", value_without_vat.map(Value::Number));
        out.set_some("vat_value", vat_value.map(Value::Number));
        out.set("currency", Value::text(currency.as_str()));
        out.set("done", Value::Bool(*paid == Paid::Yes));
        out.set("date", Value::day(*date));
        out.set_some("payment_date", payment_date.map(Value::day));
        out.set_some(
            "company_id",
            company.map(|link| match link {
                CompanyLink::Imported(id) => Value::id(id.0),
                CompanyLink::Planned(name) => Value::text(&format!("new company {name}")),
            }),
        );
        let description = match link {
            Some(link) => format!("{link}\n{mark}"),
            None => mark.to_string(),
        };
        out.set("description", Value::text(&description));
        out.set_some("category_id", category_id.map(Value::id));
        out.set_some("project_id", project_id.map(Value::id));
        out.set_some("source_id", source_id.map(Value::id));
        if !tags.is_empty() {
            out.set("tags", Value::List(tags.clone()));
        }
        out
    }
}
