//! The e-shop's lists: their filters, pages and rows.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::http::Call;
use super::model::{Account, Change, ChangeKind, Order};
use super::query::{Query, Refusal};
use super::shop::Shop;

/// What an endpoint gives: its data and how many rows that took.
pub type Given = Result<(Value, usize), Refusal>;

const MOST_CODES: usize = 50;
const ORDER_FILTERS: [&str; 18] = [
    "statusId",
    "shippingGuid",
    "shippingCompanyCode",
    "paymentMethodGuid",
    "creationTimeFrom",
    "creationTimeTo",
    "codeFrom",
    "codeTo",
    "customerGuid",
    "email",
    "phone",
    "productCode",
    "changeTimeFrom",
    "changeTimeTo",
    "sourceId",
    "orderCodes",
    "itemsPerPage",
    "page",
];

/// A page of the orders that pass the filters, in no order a client could use.
pub fn orders(shop: &mut Shop, call: &Call) -> Given {
    let query = &Query::read(call, &ORDER_FILTERS)?;
    let page = query.page(50, 50)?;
    let codes = query.list("orderCodes");
    let places = if query.text("orderCodes").is_some() {
        if codes.is_empty() || codes.len() > MOST_CODES {
            let message = format!("\"orderCodes\" takes 1 to {MOST_CODES} codes.");
            return Err(Refusal::new(
                400,
                "invalid-parameter",
                message,
                "orderCodes",
            ));
        }
        let mut places: Vec<usize> = codes
            .iter()
            .filter_map(|code| shop.position(code))
            .collect();
        places.sort_unstable();
        places.dedup();
        places.into()
    } else {
        let filter = order_filter(query)?;
        shop.select(&query.filters(), filter)
    };
    let shown = page.of(&places);
    let rows: Vec<Value> = shown
        .iter()
        .map(|place| shop.order_row(&shop.orders[*place]))
        .collect();
    let count = rows.len();
    Ok((
        json!({ "orders": rows, "paginator": page.paginator(places.len(), count) }),
        count,
    ))
}

fn order_filter(query: &Query) -> Result<impl Fn(&Order) -> bool + use<'_>, Refusal> {
    let status = query.number("statusId")?;
    let source = query.number("sourceId")?;
    let created = (
        query.time("creationTimeFrom")?,
        query.time("creationTimeTo")?,
    );
    let changed = (query.time("changeTimeFrom")?, query.time("changeTimeTo")?);
    let by_change = changed.0.is_some() || changed.1.is_some();
    // nothing here has a product or a carrier of a known code
    let nothing =
        query.text("productCode").is_some() || query.text("shippingCompanyCode").is_some();
    let same = |name: &str, value: Option<&str>| {
        query.text(name).is_none_or(|wanted| value == Some(wanted))
    };
    Ok(move |order: &Order| {
        let hidden = nothing || (by_change && order.hidden_from_change_list);
        !hidden
            && within(order.creation_time, created)
            && within(order.change_time, changed)
            && status.is_none_or(|id| order.status.as_ref().is_some_and(|one| one.id == id))
            && source.is_none_or(|id| order.source.as_ref().is_some_and(|one| one.id == id))
            && query
                .text("codeFrom")
                .is_none_or(|code| order.code.as_str() >= code)
            && query
                .text("codeTo")
                .is_none_or(|code| order.code.as_str() <= code)
            && same("customerGuid", order.customer_guid.as_deref())
            && same("phone", order.phone.as_deref())
            && same(
                "shippingGuid",
                order.shipping.as_ref().and_then(|one| one.guid.as_deref()),
            )
            && same(
                "paymentMethodGuid",
                order
                    .payment_method
                    .as_ref()
                    .and_then(|one| one.guid.as_deref()),
            )
            && query
                .text("email")
                .is_none_or(|wanted| is_email(wanted, order.email.as_deref()))
    })
}

/// Is the time in the bounds, to the second, both included?
fn within(
    time: Option<DateTime<Utc>>,
    (from, to): (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
) -> bool {
    let seconds = time.map(|time| time.timestamp());
    from.is_none_or(|from| seconds.is_some_and(|at| at >= from.timestamp()))
        && to.is_none_or(|to| seconds.is_some_and(|at| at <= to.timestamp()))
}

fn is_email(wanted: &str, email: Option<&str>) -> bool {
    email.is_some_and(|email| email.to_lowercase() == wanted.to_lowercase())
}

/// A page of the registered customers.
pub fn customers(shop: &Shop, call: &Call) -> Given {
    let query = Query::read(call, &["email", "phone", "itemsPerPage", "page"])?;
    let page = query.page(20, 1000)?;
    let chosen: Vec<_> = shop
        .customers
        .iter()
        .filter(|customer| {
            let has = |name: &str, test: &dyn Fn(&str, &Account) -> bool| {
                query.text(name).is_none_or(|wanted| {
                    customer
                        .accounts
                        .iter()
                        .any(|account| test(wanted, account))
                })
            };
            has("email", &|wanted, account| {
                is_email(wanted, Some(&account.email))
            }) && has("phone", &|wanted, account| {
                account.phone.as_deref() == Some(wanted)
            })
        })
        .collect();
    let shown = page.of(&chosen);
    let rows: Vec<Value> = shown
        .iter()
        .map(|customer| shop.customer_row(customer))
        .collect();
    let count = rows.len();
    Ok((
        json!({ "customers": rows, "paginator": page.paginator(chosen.len(), count) }),
        count,
    ))
}

/// A page of a change log; `key` is what its records are called by.
pub fn changes(shop: &Shop, log: &[Change], call: &Call, key: &str, most: usize) -> Given {
    let query = Query::read(call, &["from", "changeType", "itemsPerPage", "page"])?;
    let page = query.page(20, most)?;
    let from = query.time("from")?.ok_or_else(|| {
        Refusal::new(
            400,
            "missing-parameter",
            "Parameter \"from\" is missing.",
            "from",
        )
    })?;
    let wanted = query.text("changeType");
    if wanted.is_some_and(|kind| !matches!(kind, "edit" | "delete")) {
        let message = "\"changeType\" is edit or delete.";
        return Err(Refusal::new(
            400,
            "invalid-parameter",
            message,
            "changeType",
        ));
    }
    let mut last = shop.last_changes(log, from);
    last.retain(|change| {
        let deleted = change.kind == ChangeKind::Delete;
        wanted.is_none_or(|kind| deleted == (kind == "delete"))
    });
    let shown = page.of(&last);
    let rows: Vec<Value> = shown
        .iter()
        .map(|change| shop.change_row(key, change))
        .collect();
    let count = rows.len();
    Ok((
        json!({ "changes": rows, "paginator": page.paginator(last.len(), count) }),
        count,
    ))
}
