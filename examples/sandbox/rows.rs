//! How the shop writes its records down: rows of lists, details and log lines.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::model::{Account, Address, Change, ChangeKind, Customer, Method, Order, Price, Status};
use super::shop::Shop;

impl Shop {
    /// A row of the list of orders.
    pub fn order_row(&self, order: &Order) -> Value {
        if let Some(raw) = &order.raw {
            return raw.clone();
        }
        json!({
            "code": order.code,
            "guid": order.guid,
            "creationTime": self.stamp(order.creation_time),
            "changeTime": self.stamp(order.change_time),
            "fullName": order.full_name,
            "company": order.company,
            "email": order.email,
            "phone": order.phone,
            "remark": order.remark,
            "customerGuid": order.customer_guid,
            "cashDeskOrder": order.cash_desk_order,
            "adminUrl": order.admin_url,
            "status": status(order.status.as_ref()),
            "source": status(order.source.as_ref()),
            "shipping": method(order.shipping.as_ref()),
            "paymentMethod": method(order.payment_method.as_ref()),
            "price": self.price(&order.price),
            "paid": order.paid,
            "preAuthorization": { "hasPendingPreAuthorization": false, "preAuthorizationAmount": "0.00" },
            "salesChannelGuid": null,
        })
    }

    /// The detail of an order, with the parts asked for.
    pub fn order_detail(&self, order: &Order, include: &[&str]) -> Value {
        if let Some(raw) = &order.raw {
            return raw.clone();
        }
        let mut detail = json!({
            "code": order.code,
            "guid": order.guid,
            "externalCode": order.external_code,
            "creationTime": self.stamp(order.creation_time),
            "changeTime": self.stamp(order.change_time),
            "email": order.email,
            "phone": order.phone,
            "birthDate": null,
            "clientIPAddress": null,
            "customerGuid": order.customer_guid,
            "cashDeskOrder": order.cash_desk_order,
            "stockId": 1,
            "addressesEqual": order.delivery.is_none(),
            "vatPayer": order.vat_payer,
            "vatMode": "Normal",
            "billingMethod": null,
            "paymentMethod": method(order.payment_method.as_ref()),
            "shipping": method(order.shipping.as_ref()),
            "adminUrl": order.admin_url,
            "status": status(order.status.as_ref()),
            "source": status(order.source.as_ref()),
            "salesChannelGuid": null,
            "price": self.price(&order.price),
            "paid": order.paid,
            "billingAddress": address(&order.billing, true),
            "deliveryAddress": order.delivery.as_ref().map(|one| address(one, false)),
            "onlinePaymentLink": null,
            "language": "cs",
            "referer": null,
            "items": [item(order)],
        });
        if include.contains(&"notes") {
            detail["notes"] = json!({
                "customerRemark": order.remark,
                "eshopRemark": null,
                "trackingNumber": null,
                "trackingUrl": null,
                "additionalFields": [],
            });
        }
        if include.contains(&"paymentTransactions") {
            let rows = order.transactions.iter().map(|one| {
                json!({
                    "transactionId": one.id,
                    "price": amount(one.price),
                    "status": one.status,
                    "creationTime": self.stamp(one.creation_time),
                    "changeTime": self.stamp(one.change_time),
                })
            });
            detail["paymentTransactions"] = rows.collect();
        }
        detail
    }

    /// A row of the list of customers.
    pub fn customer_row(&self, customer: &Customer) -> Value {
        customer.raw.clone().unwrap_or_else(|| {
            json!({
                "guid": customer.guid,
                "creationTime": self.stamp(customer.creation_time),
                "changeTime": self.stamp(customer.change_time),
                "billCompany": customer.billing.company,
                "billFullName": customer.billing.full_name,
                "adminUrl": customer.admin_url,
            })
        })
    }

    /// The detail of a customer.
    pub fn customer_detail(&self, customer: &Customer) -> Value {
        if let Some(raw) = &customer.raw {
            return raw.clone();
        }
        let delivery = customer.delivery.iter().map(|(guid, one)| {
            let mut row = address(one, false);
            row["guid"] = json!(guid);
            row["isDefault"] = json!(true);
            row
        });
        json!({
            "guid": customer.guid,
            "billingAddress": address(&customer.billing, true),
            "deliveryAddress": delivery.collect::<Vec<_>>(),
            "creationTime": self.stamp(customer.creation_time),
            "changeTime": self.stamp(customer.change_time),
            "customerGroup": status(customer.group.as_ref()),
            "priceList": { "id": 1, "name": "Výchozí ceník" },
            "remark": customer.remark,
            "priceRatio": "1.0000",
            "birthDate": null,
            "accounts": customer.accounts.iter().map(account).collect::<Vec<_>>(),
            "disabledOrders": false,
            "remarks": [],
            "adminUrl": customer.admin_url,
        })
    }

    /// A line of a change log; `key` says what the identifier is called.
    pub fn change_row(&self, key: &str, change: &Change) -> Value {
        let kind = match change.kind {
            ChangeKind::Add | ChangeKind::Edit => "edit",
            ChangeKind::Delete => "delete",
        };
        let mut row = Map::new();
        row.insert(key.into(), json!(change.key));
        row.insert("changeTime".into(), self.stamp(Some(change.time)));
        row.insert("changeType".into(), json!(kind));
        Value::Object(row)
    }

    /// A time in the shop's time zone, its offset without a colon.
    pub fn stamp(&self, time: Option<DateTime<Utc>>) -> Value {
        time.map_or(Value::Null, |time| {
            let local = time.with_timezone(&self.timezone);
            json!(local.format("%Y-%m-%dT%H:%M:%S%z").to_string())
        })
    }

    fn price(&self, price: &Price) -> Value {
        let amount =
            |value: Option<Decimal>| value.map_or(Value::Null, |value| self.number(&amount(value)));
        json!({
            "vat": amount(price.vat),
            "toPay": amount(price.to_pay),
            "currencyCode": price.currency,
            "withoutVat": amount(price.without_vat),
            "withVat": amount(price.with_vat),
            "exchangeRate": self.number(&digits(price.exchange_rate, 8)),
            "invoicingExchangeRate": self.number(&digits(price.exchange_rate, 8)),
            "partialPaymentAmount": self.number("0.00"),
            "partialPaymentType": "absolute",
        })
    }

    /// An amount as this shop writes it: a string, or a number with the same digits.
    fn number(&self, text: &str) -> Value {
        if self.numbers_as_numbers {
            serde_json::from_str(text).unwrap_or(Value::Null)
        } else {
            json!(text)
        }
    }
}

/// An amount with two decimal places.
pub fn amount(value: Decimal) -> String {
    digits(value, 2)
}

fn digits(value: Decimal, places: u32) -> String {
    let mut value = value.round_dp(places);
    value.rescale(places);
    value.to_string()
}

fn status(status: Option<&Status>) -> Value {
    status.map_or(Value::Null, |one| json!({ "id": one.id, "name": one.name }))
}

fn method(method: Option<&Method>) -> Value {
    method.map_or(
        Value::Null,
        |one| json!({ "guid": one.guid, "name": one.name }),
    )
}

fn account(account: &Account) -> Value {
    json!({
        "guid": account.guid,
        "fullName": account.full_name,
        "email": account.email,
        "phone": account.phone,
        "mainAccount": account.main_account,
        "authorized": true,
        "emailVerified": true,
    })
}

fn address(address: &Address, billing: bool) -> Value {
    let mut row = json!({
        "company": address.company,
        "fullName": address.full_name,
        "street": address.street,
        "houseNumber": address.house_number,
        "city": address.city,
        "district": address.district,
        "additional": address.additional,
        "zip": address.zip,
        "countryCode": address.country_code,
        "regionName": address.region_name,
        "regionShortcut": address.region_shortcut,
    });
    if billing {
        row["companyId"] = json!(address.company_id);
        row["vatId"] = json!(address.vat_id);
        row["taxId"] = json!(address.tax_id);
        row["vatIdValidationStatus"] = if address.vat_id.is_some() {
            json!("unverified")
        } else {
            Value::Null
        };
    }
    row
}

/// The one thing that was bought.
fn item(order: &Order) -> Value {
    // the price of an item stays when the order is cancelled
    let price = order
        .before_cancel
        .as_ref()
        .map_or(&order.price, |(_, price)| price);
    let price = json!({
        "withVat": price.with_vat.map(amount),
        "withoutVat": price.without_vat.map(amount),
        "vat": price.vat.map(amount),
        "vatRate": "21.00",
    });
    json!({
        "productGuid": null,
        "code": "ZBOZI-1",
        "ean": null,
        "itemType": "product",
        "productType": "product",
        "name": "Zboží",
        "variantName": null,
        "brand": null,
        "remark": null,
        "weight": "0.500",
        "additionalField": null,
        "amount": "1.000",
        "amountUnit": "ks",
        "priceRatio": "1.0000",
        "status": { "id": -1, "name": "Nevyřízená" },
        "itemPrice": price,
        "unitPrice": price,
        "displayPrices": [price],
        "purchasePrice": null,
        "recyclingFee": null,
        "itemId": 1,
        "warrantyDescription": null,
        "amountCompleted": "0.000",
    })
}
