//! The e-shop's HTTP side: who may call, its endpoints, its envelope.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::addon;
use super::clock::http_date;
use super::eshop;
use super::http::{Call, Reply, Service};
use super::jobs;
use super::lies::{Lie, bend_shop};
use super::limits::{BUCKET, Bucket, Standing};
use super::lists::{self, Given};
use super::query::{Query, Refusal};
use super::shop::Shop;
use super::webhooks;
use super::world::{Holder, World};

/// Answers a request.
pub fn answer(world: &World, call: &Call, lie: Option<Lie>) -> Reply {
    let parts = call.segments();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    if parts.first() == Some(&"action") {
        return finish(world, oauth(world, call, &parts), 0);
    }
    if parts.first() == Some(&"api-results") {
        return world.shop().jobs.result(&parts);
    }
    let holder = match holder(world, call) {
        Ok(holder) => holder,
        Err(refusal) => return finish(world, refuse(world, &refusal), 0),
    };
    let limited = world.options().bucket;
    let full_for = limited
        .then(|| world.bucket(holder, Bucket::full_for))
        .flatten();
    if let Some(seconds) = full_for {
        let again =
            world.clock_of(Service::Shoptet).now() + TimeDelta::seconds(seconds.cast_signed());
        let refusal = Refusal::new(
            429,
            "too-many-requests",
            "The request limit is reached.",
            "",
        );
        let filling = world.bucket(holder, Bucket::filling);
        let reply = refuse(world, &refusal).with("retry-after", http_date(again));
        return finish(world, reply, filling);
    }
    let given = dispatch(world, call, holder, &parts);
    let rows = given.as_ref().map_or(0, |(_, rows)| *rows) as u64;
    if limited {
        world.bucket(holder, |bucket| bucket.pour(1 + rows / 25));
    }
    let filling = world.bucket(holder, Bucket::filling);
    let reply = match given {
        Ok((mut data, _)) => {
            if let Some(lie) = lie {
                let number = world.shop().eshop_id;
                let books = world.books();
                let mark = |code: &str| format!("shoptet:{number}:{code}");
                bend_shop(lie, &mut data, |code| {
                    books.transfer_by_mark(&mark(code)).is_some()
                });
            }
            let status = match () {
                () if data["jobId"].is_string() => 202,
                () if data["signatureKey"].is_string() => 200,
                () if call.method == "POST" => 201,
                () => 200,
            };
            envelope(world, status, &data, &Value::Null)
        }
        Err(refusal) => refuse(world, &refusal),
    };
    finish(world, reply, filling)
}

/// An error as the service writes it, for what goes wrong outside its endpoints.
pub fn failure(world: &World, status: u16, message: &str) -> Reply {
    let code = match status {
        423 => "locked",
        429 => "too-many-requests",
        503 => "maintenance",
        _ => "server-error",
    };
    finish(
        world,
        refuse(world, &Refusal::new(status, code, message, "")),
        0,
    )
}

/// The token a request carries, whatever it is worth.
pub fn token(call: &Call) -> &str {
    let token = call
        .header("shoptet-private-api-token")
        .or_else(|| call.header("shoptet-access-token"))
        .or_else(|| call.header("authorization"));
    token.unwrap_or_default()
}

/// Whose bucket the request's token pours into; refuses tokens that are no good.
fn holder(world: &World, call: &Call) -> Result<Holder, Refusal> {
    let invalid = || Refusal::new(401, "invalid-token", "The token is not valid.", "token");
    if let Some(token) = call.header("shoptet-private-api-token") {
        let good = token == world.private_token && !world.shop().private_token_revoked;
        return good.then_some(Holder::Private).ok_or_else(invalid);
    }
    let token = call.header("shoptet-access-token").ok_or_else(invalid)?;
    let now = world.clock_of(Service::Shoptet).now();
    let (eshop_id, standing) = world.addon().standing(token, now);
    match standing {
        Standing::Valid => Ok(Holder::Addon(eshop_id)),
        Standing::Expired => Err(Refusal::new(
            401,
            "expired-token",
            "The token has expired.",
            "token",
        )),
        Standing::Unknown => Err(invalid()),
    }
}

/// The OAuth server: codes of installations, and tokens that are good for half an hour.
fn oauth(world: &World, call: &Call, parts: &[&str]) -> Reply {
    let now = world.clock_of(Service::Shoptet).now();
    let given = match (call.method.as_str(), parts) {
        ("POST", ["action", "ApiOAuthServer", "token"]) => world.addon().exchange(call, now),
        ("GET", ["action", "ApiOAuthServer", "getAccessToken"]) => {
            let life = world.options().token_life;
            let lasts = TimeDelta::from_std(life).unwrap_or(TimeDelta::MAX);
            let token = world.addon().access_token(call, now, lasts);
            token.map(|token| json!({ "access_token": token, "expires_in": life.as_secs() }))
        }
        _ => Err((404, "not_found", "There is no such page.")),
    };
    match given {
        Ok(body) => Reply::json(200, &body),
        Err(problem) => addon::refusal(problem),
    }
}

fn dispatch(world: &World, call: &Call, holder: Holder, parts: &[&str]) -> Given {
    if !call.says_json() {
        let message = "The header Content-Type: application/json is required.";
        return Err(Refusal::new(
            422,
            "invalid-content-type",
            message,
            "Content-Type",
        ));
    }
    let shop = &mut *world.shop();
    if parts.first() != Some(&"api") {
        return Err(not_found(&call.path));
    }
    allowed(shop, parts[1..].first().copied().unwrap_or_default())?;
    let eshop_id = match holder {
        Holder::Private => shop.eshop_id,
        Holder::Addon(eshop_id) => eshop_id,
    };
    if call.method == "POST" && parts[1..] == ["webhooks", "renew-signature-key"] {
        let key = world.addon().renew_signature_key(eshop_id);
        return Ok((json!({ "signatureKey": key }), 1));
    }
    if parts[1..] == ["eshop"] {
        let query = Query::read(call, &["include"])?;
        let mut data = eshop::identity(shop, &query.list("include"));
        if let Some(tenant) = world.addon().tenant(eshop_id) {
            tenant.introduce(&mut data);
        }
        return Ok((data, 0));
    }
    if eshop_id != shop.eshop_id {
        return Err(not_found(&call.path));
    }
    if call.method == "POST" && parts[1..] == ["webhooks"] {
        return webhooks::register(shop, call);
    }
    if call.method != "GET" {
        let message = "The token may only read.";
        return Err(Refusal::new(
            403,
            "invalid-token-no-rights",
            message,
            "token",
        ));
    }
    route(shop, call, &parts[1..])
}

fn route(shop: &mut Shop, call: &Call, parts: &[&str]) -> Given {
    match *parts {
        ["orders"] => lists::orders(shop, call),
        ["orders", "statuses"] => {
            Query::read(call, &[])?;
            Ok((eshop::statuses(), 0))
        }
        ["orders", "changes"] => {
            let log = std::mem::take(&mut shop.changes);
            let given = lists::changes(shop, &log, call, "code", 1000);
            shop.changes = log;
            given
        }
        ["customers", "snapshot"] => jobs::customers(shop, call),
        ["webhooks"] => webhooks::webhooks(shop, call),
        ["system", "jobs"] => jobs::list(shop, call),
        ["system", "jobs", id] => jobs::detail(shop, call, id),
        ["orders", code] => {
            let query = Query::read(call, &["include"])?;
            let order = shop.order(code).ok_or_else(|| not_found(code))?;
            Ok((
                json!({ "order": shop.order_detail(order, &query.list("include")) }),
                1,
            ))
        }
        ["customers"] => lists::customers(shop, call),
        ["customers", "changes"] => {
            let log = std::mem::take(&mut shop.customer_changes);
            let given = lists::changes(shop, &log, call, "guid", 20);
            shop.customer_changes = log;
            given
        }
        ["customers", guid] => {
            Query::read(call, &[])?;
            let customer = shop.customer(guid).ok_or_else(|| not_found(guid))?;
            Ok((json!({ "customer": shop.customer_detail(customer) }), 1))
        }
        ["system", "endpoints"] => {
            Query::read(call, &["status"])?;
            Ok((eshop::endpoints(shop), 0))
        }
        _ => Err(not_found(&call.path)),
    }
}

fn allowed(shop: &Shop, group: &str) -> Result<(), Refusal> {
    let allowed = match group {
        "orders" => shop.rights.orders,
        "customers" => shop.rights.customers,
        "eshop" => shop.rights.eshop,
        "webhooks" => shop.rights.webhooks,
        _ => true,
    };
    let message = "The token has no right to call this endpoint.";
    allowed.then_some(()).ok_or_else(|| {
        Refusal::new(
            403,
            "invalid-token-no-rights",
            message,
            format!("/api/{group}"),
        )
    })
}

fn not_found(what: &str) -> Refusal {
    Refusal::new(404, "not-found", format!("\"{what}\" was not found."), what)
}

fn refuse(world: &World, refusal: &Refusal) -> Reply {
    let errors = json!([{
        "errorCode": refusal.code,
        "message": refusal.message,
        "instance": refusal.instance,
    }]);
    envelope(world, refusal.status, &Value::Null, &errors)
}

fn envelope(world: &World, status: u16, data: &Value, errors: &Value) -> Reply {
    let id = world.request_id();
    let body = json!({ "data": data, "errors": errors, "metadata": { "requestId": id } });
    Reply::json(status, &body).with("x-request-id", id)
}

/// What every answer carries.
fn finish(world: &World, reply: Reply, filling: u64) -> Reply {
    let sunset = world.shop().sunset;
    let reply = reply.with("x-ratelimit-bucket-filling", format!("{filling}/{BUCKET}"));
    match sunset {
        Some(end) => reply
            .with(
                "x-shoptet-deprecated",
                http_date(world.clock_of(Service::Shoptet).now()),
            )
            .with("sunset", http_date(end)),
        None => reply,
    }
}
