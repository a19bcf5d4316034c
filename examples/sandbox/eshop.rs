//! What the shop tells about itself: identity, currencies, statuses, ways of payment, endpoints.

use serde_json::{Value, json};

use super::data::{PAYMENTS, SHIPPINGS, STATUSES};
use super::shop::Shop;

/// Status of a new order.
const DEFAULT_STATUS: i64 = -1;

/// Who the shop is, with the parts asked for.
pub fn identity(shop: &Shop, include: &[&str]) -> Value {
    let mut data = json!({
        "contactInformation": contact(shop),
        "billingInformation": billing(shop),
        "settings": settings(shop),
        "currencies": [currency("CZK", "1.00000000", true), currency("EUR", "0.03980000", false)],
        "taxClasses": [{
            "title": "Základní",
            "rates": [{ "zone": "CZ", "vatRate": "21.00" }],
            "isDefault": true,
        }],
        "activeModules": [],
        "urls": [{ "ident": "admin-orders-list", "url": format!("{}/admin/objednavky/", url(shop)) }],
        "socialNetworks": {
            "facebookUrl": null,
            "facebookText": null,
            "twitterAccount": null,
            "instagramAccount": null,
        },
        "trial": false,
    });
    if include.contains(&"orderStatuses") {
        data["orderStatuses"] = json!({
            "statuses": rows(&STATUSES, |order, (id, name, _, paid)| json!({
                "id": id, "order": order, "name": name, "markAsPaid": paid,
            })),
            "defaultStatus": DEFAULT_STATUS,
        });
    }
    for (part, default, ways) in [
        ("paymentMethods", "defaultPayment", &PAYMENTS[..]),
        ("shippingMethods", "defaultShipping", &SHIPPINGS[..]),
    ] {
        if include.contains(&part) {
            let methods = rows(
                ways,
                |order, (guid, name)| json!({ "guid": guid, "order": order, "name": name, "visible": true }),
            );
            data[part] = json!({
                "retail": { "methods": methods, default: null },
                "wholesale": { "methods": [], default: null },
                "wholesaleActive": false,
            });
        }
    }
    data
}

/// The statuses orders can have.
pub fn statuses() -> Value {
    json!({
        "defaultStatus": DEFAULT_STATUS,
        "statuses": rows(&STATUSES, |order, (id, name, system, paid)| json!({
            "id": id,
            "name": name,
            "system": system,
            "order": order,
            "markAsPaid": paid,
            "color": null,
            "backgroundColor": null,
            "changeOrderItems": id != super::model::CANCELLED,
            "stockClaimResolved": false,
            "documents": {
                "generateProformaInvoice": false,
                "generateInvoice": false,
                "generateDeliveryNote": false,
                "generateProofPayment": null,
            },
        })),
    })
}

/// What a token may call.
pub fn endpoints(shop: &Shop) -> Value {
    let groups = [
        (1, "Eshop", shop.rights.eshop, &["/api/eshop"][..]),
        (
            2,
            "Orders",
            shop.rights.orders,
            &[
                "/api/orders",
                "/api/orders/{code}",
                "/api/orders/changes",
                "/api/orders/snapshot",
                "/api/orders/statuses",
                "/api/orders/sources",
            ][..],
        ),
        (
            3,
            "Customers",
            shop.rights.customers,
            &[
                "/api/customers",
                "/api/customers/{guid}",
                "/api/customers/changes",
                "/api/customers/snapshot",
            ][..],
        ),
        (
            4,
            "System",
            true,
            &[
                "/api/system/endpoints",
                "/api/system/jobs",
                "/api/system/jobs/{jobId}",
            ][..],
        ),
        (5, "Webhooks", shop.rights.webhooks, &["/api/webhooks"][..]),
    ];
    let allowed = groups.iter().filter(|(_, _, allowed, _)| *allowed);
    let list: Vec<Value> = allowed
        .flat_map(|(id, group, _, paths)| {
            paths.iter().map(move |path| {
                json!({
                    "endpoint": path,
                    "description": format!("{group}: {path}"),
                    "group": { "id": id, "description": group },
                    "access": "read",
                    "action": null,
                })
            })
        })
        .collect();
    json!({ "endpoints": list })
}

fn rows<T: Copy>(list: &[T], row: impl Fn(usize, T) -> Value) -> Vec<Value> {
    list.iter()
        .enumerate()
        .map(|(place, one)| row(place + 1, *one))
        .collect()
}

fn url(shop: &Shop) -> String {
    format!("https://{}.myshoptet.com", shop.eshop_id)
}

fn contact(shop: &Shop) -> Value {
    let number = if shop.numbers_as_numbers {
        json!(shop.eshop_id.to_string())
    } else {
        json!(shop.eshop_id)
    };
    json!({
        "eshopId": number,
        "eshopName": shop.name,
        "eshopCategory": "Ostatní",
        "url": url(shop),
        "eshopTitle": shop.name,
        "eshopSubtitle": null,
        "contactPerson": "Jana Nová",
        "email": "obchod@example.cz",
        "phone": "+420700000001",
        "mobilePhone": null,
        "skypeAccount": null,
        "contactPhotoUrl": null,
    })
}

fn billing(shop: &Shop) -> Value {
    json!({
        "billingName": shop.name,
        "company": { "companyId": "00123456", "vatId": "CZ00123456", "taxId": null },
        "address": { "streetAddress": "Dlouhá 1", "city": "Praha 1", "zip": "11000" },
        "country": { "countryCode": "CZ", "countryName": "Česká republika" },
        "registration": null,
        "evNumber": null,
        "phone": null,
        "email": "ucetni@example.cz",
        "billingEmail": null,
    })
}

fn settings(shop: &Shop) -> Value {
    json!({
        "vatPayer": true,
        "cashDeskOnly": false,
        "trackStockClaims": true,
        "maxProductAmount": 1000,
        "maxEmailAmount": 1000,
        "defaultPricelist": { "id": 1, "name": "Výchozí ceník" },
        "eshopLanguage": "cs",
        "timezone": shop.timezone.name(),
        "dateFormat": "d.m.Y",
        "timeFormat": "H:i",
        "internals": "",
        "exchangeRateFlip": false,
        "negativeStockAmount": "allowed",
        "oss": false,
        "stockControlDisabled": false,
        "wholesaleSplitActive": false,
    })
}

fn currency(code: &str, rate: &str, default: bool) -> Value {
    json!({
        "code": code,
        "title": code,
        "isDefault": default,
        "isDefaultAdmin": default,
        "isDefaultDocuments": default,
        "isVisible": true,
        "exchangeRate": rate,
        "priority": 1,
        "display": {
            "text": code,
            "location": "right",
            "decimalsSeparator": ",",
            "thousandsSeparator": " ",
        },
        "priceDecimalPlaces": 2,
        "documentPriceDecimalPlaces": 2,
        "rounding": if default { "math" } else { "none" },
        "minimalOrderValue": null,
        "bankAccount": { "accountNumber": null, "iban": null, "bic": null, "ownerName": null },
    })
}
