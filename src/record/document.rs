//! A document: what moves money, in or out, such as an order, an invoice or a credit note.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::{Attributes, CaflouId, Currency, Kind, Mark, SourceId, Value};

/// What the source says of the money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payment {
    /// Nothing; counts as not paid.
    Unknown,
    /// Not paid.
    Open,
    /// Paid in part; counts as not paid.
    Part {
        /// So much of it, with the document's sign, in its currency.
        paid: Decimal,
    },
    /// Paid.
    Paid {
        /// The day the money moved, in the time zone of the source.
        on: NaiveDate,
    },
}

impl Payment {
    /// Whether all of it is paid.
    #[must_use]
    pub fn is_paid(self) -> bool {
        matches!(self, Self::Paid { .. })
    }
}

/// The company of a document, as far as it is imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CompanyLink {
    /// It is in Caflou.
    Imported(CaflouId),
    /// A real run would create it; its name.
    Planned(String),
}

/// A document as Caflou takes it; whether money comes or goes, its kind says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The name shown in lists.
    pub name: String,
    /// The source says whose it is, by a firm's or a person's name.
    pub named: bool,
    /// The variable symbol that Caflou pairs bank payments by.
    pub reference_number: String,
    /// Amount to pay, in `currency`; negative where it is given back.
    pub value: Decimal,
    /// The part of it without VAT, as the source says it.
    pub value_without_vat: Option<Decimal>,
    /// The VAT, as the source says it.
    pub vat_value: Option<Decimal>,
    /// The currency of all three.
    pub currency: Currency,
    /// Paid or not.
    pub payment: Payment,
    /// The accounting or expected day, in the time zone of the source.
    pub date: NaiveDate,
    /// The day on which it counts for VAT, where the source says it.
    pub tax_date: Option<NaiveDate>,
    /// The customer or supplier at the source.
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

impl Document {
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
    pub fn attributes(&self, kind: Kind, mark: &Mark, company: Option<&CompanyLink>) -> Attributes {
        // Destructured, so that a new field cannot be forgotten here.
        let Self {
            name,
            named: _,
            reference_number,
            value,
            value_without_vat,
            vat_value,
            currency,
            payment,
            date,
            tax_date,
            company: _,
            link,
            category_id,
            project_id,
            source_id,
            tags,
        } = self;
        let mut out = Attributes::default();
        out.set("kind", Value::text(kind.as_str()));
        out.set("name", Value::text(name));
        out.set("reference_number", Value::text(reference_number));
        out.set("value", Value::Number(*value));
        out.set_some("value_without_vat", value_without_vat.map(Value::Number));
        out.set_some("vat_value", vat_value.map(Value::Number));
        out.set("currency", Value::text(currency.as_str()));
        out.set("done", Value::Bool(payment.is_paid()));
        out.set("date", Value::day(*date));
        match payment {
            Payment::Paid { on } => out.set("payment_date", Value::day(*on)),
            Payment::Part { paid } => out.set("real_value", Value::Number(*paid)),
            Payment::Open | Payment::Unknown => {}
        }
        out.set_some("tax_date", tax_date.map(Value::day));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn document(payment: Payment) -> Document {
        Document {
            name: "Faktura 5".to_owned(),
            named: true,
            reference_number: "20260005".to_owned(),
            value: Decimal::new(-12_100, 2),
            value_without_vat: Some(Decimal::new(-100, 0)),
            vat_value: Some(Decimal::new(-21, 0)),
            currency: Currency::parse("CZK").unwrap(),
            payment,
            date: NaiveDate::from_ymd_opt(2026, 11, 20).unwrap(),
            tax_date: NaiveDate::from_ymd_opt(2026, 11, 6),
            company: None,
            link: None,
            category_id: None,
            project_id: None,
            source_id: None,
            tags: Vec::new(),
        }
    }

    #[test]
    fn a_document_is_sent_as_what_it_is_with_its_sign_and_what_was_paid() {
        let mark = Mark::new("shoptet", "1", &SourceId("5".to_owned()));
        let on = NaiveDate::from_ymd_opt(2026, 11, 25).unwrap();
        let paid = Decimal::new(-500, 1);
        let fields = [
            "kind",
            "value",
            "vat_value",
            "done",
            "payment_date",
            "real_value",
            "tax_date",
        ];
        let sent = |payment: Payment| {
            let out = document(payment)
                .attributes(Kind::Expense, &mark, None)
                .to_json();
            fields.map(|field| out[field].to_string()).join(" ")
        };
        let all = [
            Payment::Open,
            Payment::Unknown,
            Payment::Part { paid },
            Payment::Paid { on },
        ];
        insta::assert_snapshot!(all.map(sent).join("\n"), @r#"
        "expense" -121.00 -21 false null null "2026-11-06"
        "expense" -121.00 -21 false null null "2026-11-06"
        "expense" -121.00 -21 false null -50.0 "2026-11-06"
        "expense" -121.00 -21 true "2026-11-25" null "2026-11-06"
        "#);
    }
}
