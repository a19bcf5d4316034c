//! Caflou's HTTP side: log-in, accounts, lists with their filters, records.

use chrono::{TimeDelta, Utc};
use serde_json::{Map, Value, json};

use super::attributes::{COMPANY, TRANSFER, Table};
use super::books::{Books, Problems, Record};
use super::filters::{Filters, contains, is_among};
use super::http::{Call, Reply, Service, base64};
use super::lies::{Lie, bend_list, bend_text};
use super::limits::Standing;
use super::world::World;

const LOGIN_DAYS: i64 = 7;

/// What of the options matters here.
struct Rules {
    company_search: bool,
    transfer_search: bool,
    html: bool,
    ignored: Vec<String>,
    lie: Option<Lie>,
    shift: usize,
}

/// Answers a request.
pub fn answer(world: &World, call: &Call, lie: Option<Lie>) -> Reply {
    let parts = call.segments();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let ["api", "v1", inner @ ..] = parts.as_slice() else {
        return failure(404, "not found");
    };
    if inner == ["login"] {
        return if call.method == "POST" {
            login(world, call)
        } else {
            failure(404, "not found")
        };
    }
    if !may_call(world, call) {
        return failure(401, "invalid token");
    }
    let rules = {
        let options = world.options();
        Rules {
            company_search: options.company_search,
            transfer_search: options.transfer_search,
            html: options.html_descriptions,
            ignored: options.ignored_on_patch.clone(),
            lie,
            shift: usize::try_from(world.requests()).unwrap_or_default(),
        }
    };
    let books = &mut *world.books();
    if inner == ["accounts"] {
        let row = |(id, name): &(String, String)| json!({ "id": id, "name": name });
        return Reply::json(200, &books.accounts.iter().map(row).collect());
    }
    let [account, inner @ ..] = inner else {
        return failure(404, "not found");
    };
    if !books.accounts.iter().any(|(id, _)| id == account) {
        return failure(404, "account not found");
    }
    if call.is_write() && books.read_only {
        return failure(403, "not permitted");
    }
    match (call.method.as_str(), inner) {
        ("GET", []) => Reply::json(200, &json!({ "version": "1.0" })),
        ("GET", ["elements"]) => elements(books, call),
        (_, ["companies", rest @ ..]) => companies(books, call, (account, rest), &rules),
        (_, ["transfers", rest @ ..]) => transfers(books, call, (account, rest), &rules),
        _ => failure(404, "not found"),
    }
}

/// An error as the service writes it.
pub fn failure(status: u16, message: &str) -> Reply {
    Reply::json(status, &json!({ "error": message }))
}

fn may_call(world: &World, call: &Call) -> bool {
    let bearer = call
        .header("authorization")
        .and_then(|value| value.strip_prefix("Bearer "));
    let Some(token) = bearer else { return false };
    if token == world.caflou_token {
        return !world.books().token_revoked;
    }
    world
        .logins()
        .standing(token, world.clock_of(Service::Caflou).now())
        == Standing::Valid
}

fn login(world: &World, call: &Call) -> Reply {
    let good = {
        let books = &mut *world.books();
        let basic = format!(
            "Basic {}",
            base64(&format!("{}:{}", books.email, books.password))
        );
        let params = call.params();
        let otp = params
            .iter()
            .find(|(name, _)| name == "otp")
            .map(|(_, value)| value);
        let code = match &books.otp {
            None => true,
            Some(wanted) => otp == Some(wanted) && !books.otp_used,
        };
        let good = code && call.header("authorization") == Some(basic.as_str());
        books.otp_used |= good;
        good
    };
    if !good {
        return failure(401, "wrong e-mail, password or one-time password");
    }
    let life = TimeDelta::days(LOGIN_DAYS);
    let now = world.clock_of(Service::Caflou).now();
    let token = world.logins().mint("caflou-login-", now, life);
    let expires_at = (now + life).with_timezone(&Utc).timestamp();
    Reply::json(
        200,
        &json!({ "access_token": token, "expires_at": expires_at }),
    )
}

fn companies(
    books: &mut Books,
    call: &Call,
    (account, rest): (&str, &[&str]),
    rules: &Rules,
) -> Reply {
    let id = rest.first().and_then(|id| id.parse::<i64>().ok());
    match (call.method.as_str(), rest) {
        ("GET", []) => {
            let filters = Filters::read(call);
            let search = filters.get("search").filter(|_| rules.company_search);
            let types = filters.ids("company_type_ids");
            let statuses = filters.ids("company_status_ids");
            let rows = books.companies.iter();
            let rows = rows.filter(|(id, _)| books.shows(account, **id));
            let rows = rows.map(|(_, record)| record).filter(|record| {
                let searched = ["name", "email", "id_num", "tax_num", "another_identifier"];
                search.is_none_or(|text| contains(record, &searched, text))
                    && is_among(types.as_deref(), &record["company_type_id"])
                    && is_among(statuses.as_deref(), &record["company_status_id"])
            });
            list(&filters, rows, &COMPANY, rules)
        }
        ("POST", []) => match body(call).map(|sent| books.create_company(&sent)) {
            Ok(Ok(id)) => {
                books.made_in.insert(id, account.to_owned());
                one(201, books.companies.get(&id), &COMPANY, rules)
            }
            Ok(Err(problems)) => refused(&problems),
            Err(reply) => reply,
        },
        ("GET", [_]) if matches!(rules.lie, Some(Lie::Gone | Lie::AllGone)) => {
            failure(404, "company not found")
        }
        (method, [_]) => {
            match id.filter(|id| books.companies.contains_key(id) && books.shows(account, *id)) {
                None => failure(404, "company not found"),
                Some(id) => match method {
                    "GET" => one(200, books.companies.get(&id), &COMPANY, rules),
                    "PATCH" => match body(call).map(|sent| books.patch_company(id, &sent)) {
                        Ok(Ok(())) => one(200, books.companies.get(&id), &COMPANY, rules),
                        Ok(Err(problems)) => refused(&problems),
                        Err(reply) => reply,
                    },
                    "DELETE" => {
                        books.trash_company(id);
                        Reply::empty(204)
                    }
                    _ => failure(404, "not found"),
                },
            }
        }
        _ => failure(404, "not found"),
    }
}

fn transfers(
    books: &mut Books,
    call: &Call,
    (account, rest): (&str, &[&str]),
    rules: &Rules,
) -> Reply {
    let id = rest.first().and_then(|id| id.parse::<i64>().ok());
    match (call.method.as_str(), rest) {
        ("GET", []) => transfer_list(books, account, &Filters::read(call), rules),
        ("POST", []) => match body(call).map(|sent| books.create_transfer(&sent)) {
            Ok(Ok(id)) => {
                books.made_in.insert(id, account.to_owned());
                one(201, books.transfers.get(&id), &TRANSFER, rules)
            }
            Ok(Err(problems)) => refused(&problems),
            Err(reply) => reply,
        },
        ("GET", [_]) if matches!(rules.lie, Some(Lie::Gone | Lie::AllGone)) => {
            failure(404, "transfer not found")
        }
        (method, [_]) => match id
            .filter(|id| books.transfers.contains_key(id) && books.shows(account, *id))
        {
            None => failure(404, "transfer not found"),
            Some(id) => match method {
                "GET" => one(200, books.transfers.get(&id), &TRANSFER, rules),
                "PATCH" => {
                    match body(call).map(|sent| books.patch_transfer(id, &sent, &rules.ignored)) {
                        Ok(Ok(())) => one(200, books.transfers.get(&id), &TRANSFER, rules),
                        Ok(Err(problems)) => refused(&problems),
                        Err(reply) => reply,
                    }
                }
                "DELETE" => {
                    books.trash_transfer(id);
                    Reply::empty(204)
                }
                _ => failure(404, "not found"),
            },
        },
        _ => failure(404, "not found"),
    }
}

fn transfer_list(books: &Books, account: &str, filters: &Filters, rules: &Rules) -> Reply {
    let search = filters.get("search").filter(|_| rules.transfer_search);
    let from = filters.get("payment_date_from");
    let to = filters.get("payment_date_to");
    let currency = filters.get("currency");
    let (companies, categories) = (filters.ids("company_ids"), filters.ids("category_ids"));
    let company = filters
        .plain("scope_id")
        .filter(|_| filters.plain("scope_type") == Some("company"))
        .and_then(|id| id.parse::<i64>().ok());
    let rows = books.transfers.iter();
    let rows = rows.filter(|(id, _)| books.shows(account, **id));
    let rows = rows.map(|(_, record)| record).filter(|record| {
        let paid_on = record["payment_date"].as_str();
        search
            .is_none_or(|text| contains(record, &["name", "reference_number", "description"], text))
            && from.is_none_or(|from| paid_on.is_some_and(|day| day >= from))
            && to.is_none_or(|to| paid_on.is_some_and(|day| day <= to))
            && currency.is_none_or(|code| record["currency"] == code)
            && company.is_none_or(|id| record["company_id"].as_i64() == Some(id))
            && is_among(companies.as_deref(), &record["company_id"])
            && is_among(categories.as_deref(), &record["category_id"])
    });
    list(filters, rows, &TRANSFER, rules)
}

fn elements(books: &Books, call: &Call) -> Reply {
    let params = call.params();
    let named = |names: &[&str]| -> Vec<String> {
        let chosen = params
            .iter()
            .filter(|(name, _)| names.contains(&name.as_str()));
        chosen
            .flat_map(|(_, value)| value.split(',').map(str::to_owned))
            .collect()
    };
    let (kinds, ids) = (named(&["type", "types[]"]), named(&["ids"]));
    let chosen = books.elements.iter().filter(|one| {
        (kinds.is_empty() || kinds.contains(&one.kind))
            && (ids.is_empty() || ids.contains(&one.id.to_string()))
    });
    let filters = Filters::read(call);
    let (page, per) = filters.page();
    let row = |one: &super::books::Element| {
        json!({
            "id": one.id,
            "name": one.name,
            "type": one.kind,
            "color": null,
            "currency": null,
            "default": false,
            "default_invoice_kinds": null,
            "expense_hour_rate": null,
            "hour_rate": null,
            "parent_ids": null,
            "parent_invoice_kinds": null,
            "parent_names": null,
            "parent_transfer_kind": null,
        })
    };
    Reply::json(
        200,
        &chosen
            .skip(per.saturating_mul(page - 1))
            .take(per)
            .map(row)
            .collect(),
    )
}

/// A list's page in its envelope, oldest first; trashed records and templates are among them.
fn list<'a>(
    filters: &Filters,
    rows: impl Iterator<Item = &'a Record>,
    table: &Table,
    rules: &Rules,
) -> Reply {
    let (page, per) = filters.page();
    let mut from = per.saturating_mul(page - 1);
    let mut rows: Vec<&Record> = rows.collect();
    let total = rows.len();
    match rules.lie {
        Some(Lie::LatestFirst) => {
            rows.sort_by(|a, b| b["updated_at"].as_str().cmp(&a["updated_at"].as_str()));
        }
        Some(Lie::Moving) => rows.rotate_left(rules.shift % total.max(1)),
        Some(Lie::Overlap) if page > 1 => from = from.saturating_sub(3),
        _ => {}
    }
    let rows = rows.into_iter().skip(from).take(per);
    let results: Vec<Value> = rows
        .map(|record| Value::Object(shown(record, table, rules)))
        .collect();
    let mut answer = json!({
        "results": results,
        "total_results": total,
        "total_pages": total.div_ceil(per),
        "page": page,
    });
    if let Some(lie) = rules.lie {
        bend_list(lie, &mut answer, page, per, "record");
    }
    Reply::json(200, &answer)
}

fn one(status: u16, record: Option<&Record>, table: &Table, rules: &Rules) -> Reply {
    let record = record.map_or_else(Map::new, |record| shown(record, table, rules));
    Reply::json(status, &Value::Object(record))
}

fn refused(problems: &Problems) -> Reply {
    Reply::json(422, &json!({ "errors": problems }))
}

fn shown(record: &Record, table: &Table, rules: &Rules) -> Record {
    let mut record = table.shown(record);
    if rules.html
        && let Some(Value::String(text)) = record.get_mut("description")
    {
        *text = rich(text);
    }
    if let (Some(lie), Some(Value::String(text))) = (rules.lie, record.get_mut("description")) {
        *text = bend_text(lie, text);
    }
    record
}

/// The body as an object; one that is not said to be JSON counts as empty.
fn body(call: &Call) -> Result<Record, Reply> {
    if !call.says_json() {
        return Ok(Map::new());
    }
    match serde_json::from_slice(&call.body) {
        Ok(Value::Object(sent)) => Ok(sent),
        _ => Err(failure(400, "the body is not a JSON object")),
    }
}

/// Text as the application's editor keeps it.
fn rich(text: &str) -> String {
    if text.is_empty() || text.starts_with("<p>") {
        return text.to_owned();
    }
    let text = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    format!("<p>{}</p>", text.replace('\n', "<br>"))
}
