//! A company, from a registered customer.

use super::{Attributes, Mark, Value};

/// Whether a company is a firm or a person (Caflou: `kind`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompanyKind {
    /// A firm, or anybody with a registration number.
    LegalEntity,
    /// A person.
    Individual,
}

impl CompanyKind {
    /// The word Caflou has for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LegalEntity => "legal_entity",
            Self::Individual => "individual",
        }
    }
}

/// A company as Caflou takes it. `None` and empty are the same: the attribute is left out. Each
/// attribute stands in `FIELDS` of `value.rs`, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Company {
    /// The name shown in lists.
    pub name: String,
    /// Firm or person.
    pub kind: CompanyKind,
    /// E-mail of the main account.
    pub email: Option<String>,
    /// Telephone of the main account.
    pub phone: Option<String>,
    /// Street and house number.
    pub street: Option<String>,
    /// Town.
    pub city: Option<String>,
    /// Postal code, as it was typed.
    pub zip: Option<String>,
    /// ISO 3166-1 alpha-2, capitals.
    pub country: Option<String>,
    /// Registration number (IČO).
    pub id_num: Option<String>,
    /// Tax number (DIČ).
    pub tax_num: Option<String>,
    /// Slovak VAT number (IČ DPH).
    pub id_tax_num: Option<String>,
    /// Pays VAT.
    pub vat_payer: bool,
    /// The person behind a firm.
    pub person: Option<String>,
}

impl Company {
    /// The attributes of `POST /companies`, empty ones left out, our mark in `another_identifier`.
    #[must_use]
    pub fn attributes(&self, mark: &Mark) -> Attributes {
        // Destructured, so that a new field cannot be forgotten here.
        let Self {
            name,
            kind,
            email,
            phone,
            street,
            city,
            zip,
            country,
            id_num,
            tax_num,
            id_tax_num,
            vat_payer,
            person,
        } = self;
        let mut out = Attributes::default();
        out.set("name", Value::text(name));
        out.set("kind", Value::text(kind.as_str()));
        for (field, value) in [
            ("email", email),
            ("phone", phone),
            ("street", street),
            ("city", city),
            ("zip", zip),
            ("country", country),
            ("id_num", id_num),
            ("tax_num", tax_num),
            ("id_tax_num", id_tax_num),
            ("person", person),
        ] {
            if let Some(value) = value {
                out.set(field, Value::text(value));
            }
        }
        out.set("vat_payer", Value::Bool(*vat_payer));
        out.set("another_identifier", Value::text(mark.as_str()));
        out
    }
}
