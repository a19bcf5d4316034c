//! Reading one connection: each table of it in one function.

use std::collections::BTreeMap;
use std::time::Duration;

use url::Url;

use super::reader::{Entry, Findings, Section};
use super::template::TemplateError;
use super::{
    Bulk, ByMethod, Caflou, Connection, ExpectedDays, Import, Mapping, Mode, NameTemplate, Notify,
    OrderStatus, PaymentDate, Program, Shoptet, credentials, notify, value,
};

/// The keys of `[connections.NAME]`.
pub(super) const CONNECTION: [&str; 8] = [
    "name", "program", "eshop_id", "shoptet", "caflou", "import", "mapping", "notify",
];
/// The keys of `[connections.NAME.shoptet]`.
pub(super) const SHOPTET: [&str; 8] = [
    "private_token",
    "pairing",
    "addon_url",
    "oauth_token",
    "token_url",
    "api_url",
    "bulk",
    "webhook_url",
];
/// The keys of `[connections.NAME.caflou]`.
pub(super) const CAFLOU: [&str; 7] = [
    "account_id",
    "token",
    "email",
    "password",
    "api_url",
    "max_concurrency",
    "timeout",
];
/// The keys of `[connections.NAME.import]`.
pub(super) const IMPORT: [&str; 10] = [
    "companies",
    "incomes",
    "from",
    "to",
    "order_statuses",
    "companies_with_orders",
    "auto_repeat",
    "max_changes",
    "locked_until",
    "unpaid_expires",
];
/// The keys of `[connections.NAME.mapping]`.
pub(super) const MAPPING: [&str; 10] = [
    "category_id",
    "project_id",
    "source_id",
    "tags",
    "income_name",
    "payment_date",
    "expected_days",
    "by",
    "cancelled_statuses",
    "match_existing",
];
/// The keys of a payment method's table in it.
pub(super) const BY_METHOD: [&str; 5] = [
    "category_id",
    "project_id",
    "source_id",
    "expected_days",
    "tags",
];

/// The longest key of a connection, in characters.
pub const LONGEST_KEY: usize = 64;
/// The usual address of the shop's API.
pub const SHOPTET_API: &str = "https://api.myshoptet.com";
/// The usual address of Caflou.
pub const CAFLOU_API: &str = "https://app.caflou.com";
const CONCURRENCY: usize = 4;
const MOST_CONCURRENCY: i64 = 16;
const TIMEOUT: Duration = Duration::from_secs(30);
const MOST_DAYS: i64 = 3650;

/// The connection of a table under `connections`; nothing where a problem was noted.
pub(super) fn read(entry: &Entry<'_>, found: &mut Findings) -> Option<Connection> {
    let key = check_key(entry, found);
    let section = entry.section(found, &CONNECTION)?;
    let name = section.or(found, "name", entry.key, Entry::text);
    let program = section.required(found, "program");
    let programs = Program::ALL.map(|program| (program.as_str(), program));
    let program = program.and_then(|entry| value::choice(&entry, found, &programs));
    let eshop_id = section.required(found, "eshop_id");
    let eshop_id = eshop_id.and_then(|entry| entry.integer(found, 1..=i64::MAX));
    let eshop_id = eshop_id.and_then(|id| u64::try_from(id).ok());
    let shoptet = section.required(found, "shoptet");
    let shoptet = shoptet.and_then(|entry| read_shoptet(&entry, found));
    let caflou = section.required(found, "caflou");
    let caflou = caflou.and_then(|entry| read_caflou(&entry, found));
    let import = section.or(found, "import", Import::default(), read_import);
    let mapping = section.or(found, "mapping", Mapping::default(), read_mapping);
    let notify = section.or(found, "notify", Notify::default(), notify::read);
    Some(Connection {
        key: key?.to_owned(),
        name: name?.trim().to_owned(),
        program: program?,
        eshop_id: eshop_id?,
        shoptet: shoptet?,
        caflou: caflou?,
        import: import?,
        mapping: mapping?,
        notify: notify?,
    })
}

fn check_key<'d>(entry: &Entry<'d>, found: &mut Findings) -> Option<&'d str> {
    let key = entry.key;
    if key.trim().is_empty() {
        entry.wrong(found, "the name of a connection cannot be empty")
    } else if key.contains(char::is_control) {
        entry.wrong(
            found,
            "the name of a connection cannot have control characters",
        )
    } else if key.chars().count() > LONGEST_KEY {
        entry.wrong(
            found,
            format!("the name of a connection has at most {LONGEST_KEY} characters"),
        )
    } else {
        Some(key)
    }
}

fn read_shoptet(entry: &Entry<'_>, found: &mut Findings) -> Option<Shoptet> {
    let section = entry.section(found, &SHOPTET)?;
    let access = credentials::shoptet(&section, found);
    let api_url = read_api_url(&section, found, SHOPTET_API);
    let words = Bulk::ALL.map(|bulk| (bulk.as_str(), bulk));
    let bulk = section.or(found, "bulk", Bulk::default(), |entry, found| {
        value::choice(entry, found, &words)
    });
    let webhook_url = section.or(found, "webhook_url", None, |entry, found| {
        value::webhook(entry, found).map(Some)
    });
    Some(Shoptet {
        access: access?,
        api_url: api_url?,
        bulk: bulk?,
        webhook_url: webhook_url?,
    })
}

fn read_caflou(entry: &Entry<'_>, found: &mut Findings) -> Option<Caflou> {
    let section = entry.section(found, &CAFLOU)?;
    let account_id = section.required(found, "account_id");
    let account_id = account_id.and_then(|entry| read_account(&entry, found));
    let access = credentials::caflou(&section, found);
    let api_url = read_api_url(&section, found, CAFLOU_API);
    let max_concurrency = section.or(found, "max_concurrency", CONCURRENCY, |entry, found| {
        entry
            .integer(found, 1..=MOST_CONCURRENCY)
            .and_then(|number| usize::try_from(number).ok())
    });
    let timeout = section.or(found, "timeout", TIMEOUT, value::duration);
    Some(Caflou {
        account_id: account_id?,
        access: access?,
        api_url: api_url?,
        max_concurrency: max_concurrency?,
        timeout: timeout?,
    })
}

fn read_api_url(section: &Section<'_>, found: &mut Findings, default: &str) -> Option<Url> {
    match section.entry(found, "api_url") {
        Some(entry) => value::url(&entry, found),
        None => Url::parse(default).ok(),
    }
}

/// An account's ID is opaque text, but people take numbers for numbers.
fn read_account(entry: &Entry<'_>, found: &mut Findings) -> Option<String> {
    if let Some(number) = entry.item.as_integer() {
        return Some(number.to_string());
    }
    let text = entry.text(found)?.trim();
    // it becomes a part of addresses
    if !text
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    {
        return entry.wrong(
            found,
            "an account's ID has only letters, digits, \"-\" and \"_\"",
        );
    }
    Some(text.to_owned())
}

fn read_import(entry: &Entry<'_>, found: &mut Findings) -> Option<Import> {
    let section = entry.section(found, &IMPORT)?;
    let default = Import::default();
    let modes = Mode::ALL.map(|mode| (mode.as_str(), mode));
    let mode = |entry: &Entry<'_>, found: &mut Findings| value::choice(entry, found, &modes);
    let day = |entry: &Entry<'_>, found: &mut Findings| value::date(entry, found).map(Some);
    let companies = section.or(found, "companies", default.companies, mode);
    let incomes = section.or(found, "incomes", default.incomes, mode);
    let from = section.or(found, "from", None, day);
    let to = section.or(found, "to", None, day);
    let order_statuses = section.or(found, "order_statuses", Vec::new(), read_statuses);
    let with_orders = section.or(found, "companies_with_orders", false, Entry::boolean);
    let auto_repeat = section.or(found, "auto_repeat", default.auto_repeat, Entry::boolean);
    let count = |entry: &Entry<'_>, found: &mut Findings| {
        let number = entry.integer(found, 1..=i64::MAX)?;
        Some(u64::try_from(number).ok())
    };
    let max_changes = section.or(found, "max_changes", None, count);
    let locked_until = section.or(found, "locked_until", None, day);
    let days = |entry: &Entry<'_>, found: &mut Findings| {
        let days = entry.integer(found, 1..=MOST_DAYS)?;
        Some(u16::try_from(days).ok())
    };
    let unpaid_expires = section.or(found, "unpaid_expires", None, days);
    if let (Some(Some(from)), Some(Some(to))) = (from, to)
        && from > to
    {
        let entry = section.entry(found, "from")?;
        return entry.wrong(found, format!("{from} is after the last day, to = {to}"));
    }
    Some(Import {
        companies: companies?,
        incomes: incomes?,
        from: from?,
        to: to?,
        order_statuses: order_statuses?,
        companies_with_orders: with_orders?,
        auto_repeat: auto_repeat?,
        max_changes: max_changes?,
        locked_until: locked_until?,
        unpaid_expires: unpaid_expires?,
    })
}

fn read_mapping(entry: &Entry<'_>, found: &mut Findings) -> Option<Mapping> {
    let section = entry.section(found, &MAPPING)?;
    let default = Mapping::default();
    let id = |entry: &Entry<'_>, found: &mut Findings| entry.integer(found, 1..=i64::MAX).map(Some);
    let payment_dates = PaymentDate::ALL.map(|way| (way.as_str(), way));
    let category_id = section.or(found, "category_id", None, id);
    let project_id = section.or(found, "project_id", None, id);
    let source_id = section.or(found, "source_id", None, id);
    let tags = section.or(found, "tags", Vec::new(), Entry::texts);
    let income_name = section.or(found, "income_name", default.income_name, read_template);
    let payment_date = section.or(
        found,
        "payment_date",
        default.payment_date,
        |entry, found| match entry.item.as_str() {
            Some(PaymentDate::CHANGE_TIME) => Some(PaymentDate::FirstPaid),
            _ => value::choice(entry, found, &payment_dates),
        },
    );
    let expected_days = section.or(found, "expected_days", default.expected_days, read_days);
    let by = section.or(found, "by", BTreeMap::new(), read_methods);
    let cancelled = section.or(found, "cancelled_statuses", Vec::new(), read_statuses);
    let match_existing = section.or(
        found,
        "match_existing",
        default.match_existing,
        Entry::boolean,
    );
    Some(Mapping {
        category_id: category_id?,
        project_id: project_id?,
        source_id: source_id?,
        tags: tags?,
        income_name: income_name?,
        payment_date: payment_date?,
        expected_days: expected_days?,
        by: by?,
        cancelled_statuses: cancelled?,
        match_existing: match_existing?,
    })
}

fn read_template(entry: &Entry<'_>, found: &mut Findings) -> Option<NameTemplate> {
    let Some(text) = entry.item.as_str() else {
        return entry.expected(found, "text");
    };
    match text.parse() {
        Ok(template) => Some(template),
        Err(error) => {
            let nearest = match &error {
                TemplateError::Unknown { nearest, .. } => *nearest,
                _ => None,
            };
            found.suggest(entry.line, &entry.path, error.to_string(), nearest);
            None
        }
    }
}

/// Statuses of orders, by number or name.
fn read_statuses(entry: &Entry<'_>, found: &mut Findings) -> Option<Vec<OrderStatus>> {
    let expected = "a list of statuses, such as [\"Vyřízena\", -3]";
    let Some(list) = entry.item.as_array() else {
        return entry.expected(found, expected);
    };
    let status = |value: &toml_edit::Value| match (value.as_integer(), value.as_str()) {
        (Some(id), _) => Some(OrderStatus::Id(id)),
        (_, Some(name)) if !name.trim().is_empty() && !name.contains(char::is_control) => {
            Some(OrderStatus::Name(name.trim().to_owned()))
        }
        _ => None,
    };
    let statuses: Vec<_> = list.iter().filter_map(status).collect();
    if statuses.len() < list.len() {
        return entry.wrong(found, format!("expected {expected}"));
    }
    Some(statuses)
}

/// Tables by the name or guid of a payment method.
fn read_methods(entry: &Entry<'_>, found: &mut Findings) -> Option<BTreeMap<String, ByMethod>> {
    let mut methods = BTreeMap::new();
    let entries = entry.open(found)?.entries(found);
    let all = entries.len();
    for method in entries {
        if let Some(own) = read_method(&method, found) {
            methods.insert(method.key.trim().to_owned(), own);
        }
    }
    (methods.len() == all).then_some(methods)
}

fn read_method(entry: &Entry<'_>, found: &mut Findings) -> Option<ByMethod> {
    let section = entry.section(found, &BY_METHOD)?;
    let id = |entry: &Entry<'_>, found: &mut Findings| entry.integer(found, 1..=i64::MAX).map(Some);
    let category_id = section.or(found, "category_id", None, id);
    let project_id = section.or(found, "project_id", None, id);
    let source_id = section.or(found, "source_id", None, id);
    let expected_days = section.or(found, "expected_days", None, |entry, found| {
        read_number_of_days(entry, found).map(Some)
    });
    let tags = section.or(found, "tags", Vec::new(), Entry::texts);
    Some(ByMethod {
        category_id: category_id?,
        project_id: project_id?,
        source_id: source_id?,
        expected_days: expected_days?,
        tags: tags?,
    })
}

fn read_number_of_days(entry: &Entry<'_>, found: &mut Findings) -> Option<u16> {
    let days = entry.integer(found, 0..=MOST_DAYS)?;
    u16::try_from(days).ok()
}

/// A number of days for every payment method, or a table of them by the method's name.
fn read_days(entry: &Entry<'_>, found: &mut Findings) -> Option<ExpectedDays> {
    let days = read_number_of_days;
    if entry.item.is_integer() {
        return Some(ExpectedDays {
            default: days(entry, found)?,
            by_method: BTreeMap::new(),
        });
    }
    if !entry.item.is_table_like() {
        return entry.expected(
            found,
            "a number of days, or a table such as { default = 0 }",
        );
    }
    let mut expected = ExpectedDays::default();
    let mut whole = true;
    for method in entry.open(found)?.entries(found) {
        match days(&method, found) {
            None => whole = false,
            Some(days) if method.key == "default" => expected.default = days,
            Some(days) => {
                expected
                    .by_method
                    .insert(method.key.trim().to_owned(), days);
            }
        }
    }
    whole.then_some(expected)
}
