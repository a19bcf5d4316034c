//! A customer as a company.

use super::{MapSettings, change_time, personal, void};
use crate::record::{Company, CompanyKind, Draft, Kind, Record, SourceId, Void, clean, tidy};
use crate::source::shoptet::wire::Customer;

/// A customer as a company.
#[must_use]
pub fn customer(customer: &Customer, settings: &MapSettings) -> Draft {
    let source_id = SourceId(customer.guid.clone());
    let text = |field: &Option<String>| personal(field.as_deref());
    let (firm, full_name) = (text(&customer.company), text(&customer.full_name));
    let (account_name, email) = (
        text(&customer.account.full_name),
        text(&customer.account.email),
    );
    let name = [&firm, &full_name, &account_name, &email]
        .into_iter()
        .flatten()
        .next();
    let Some(name) = name.cloned() else {
        // Nobody registers without an e-mail address: what has none was erased.
        return void(Kind::Company, &customer.guid, settings, Void::Erased);
    };
    let id_num = text(&customer.company_id);
    let kind = if firm.is_some() || id_num.is_some() {
        CompanyKind::LegalEntity
    } else {
        CompanyKind::Individual
    };
    let mut warnings = Vec::new();
    let country = country(customer.country_code.as_deref(), &mut warnings);
    let (vat_id, tax_id) = (text(&customer.vat_id), text(&customer.tax_id));
    let vat_payer = vat_id.is_some();
    let (tax_num, id_tax_num) = if country.as_deref() == Some("SK") {
        (tax_id, vat_id)
    } else {
        (vat_id.or(tax_id), None)
    };
    let street = street(customer);
    let company = Company {
        name: name.clone(),
        kind,
        email,
        phone: text(&customer.account.phone),
        street,
        city: text(&customer.city),
        zip: text(&customer.zip),
        country,
        id_num,
        tax_num,
        id_tax_num,
        vat_payer,
        person: full_name
            .or(account_name)
            .filter(|_| kind == CompanyKind::LegalEntity),
    };
    Draft {
        kind: Kind::Company,
        mark: settings.mark(&source_id),
        source_id,
        label: name,
        origin: None, // its guid is its key
        changed_at: change_time(customer.change_time.as_deref()),
        record: Record::Company(company),
        warnings,
    }
}

/// Street and number, and a second line where there is one.
fn street(customer: &Customer) -> Option<String> {
    let text = |field: &Option<String>| personal(field.as_deref());
    let address = [text(&customer.street), text(&customer.house_number)];
    let first = address.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let lines = [tidy(&first), text(&customer.second_line)];
    tidy(&lines.into_iter().flatten().collect::<Vec<_>>().join(", "))
}

/// ISO 3166-1 alpha-2 in capitals; anything else is left out, with a warning.
fn country(code: Option<&str>, warnings: &mut Vec<String>) -> Option<String> {
    let code = clean(code?)?.to_uppercase();
    if code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase()) {
        return Some(code);
    }
    warnings.push(format!("country `{code}` is no ISO code: left out"));
    None
}
