//! Asynchronous requests: jobs, the limit of looking at them, their results.

use std::io::Write;

use chrono::{DateTime, TimeDelta, Utc};
use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::body::Bytes;
use serde_json::{Value, json};

use super::http::{Call, Reply};
use super::lists::Given;
use super::query::{Query, Refusal};
use super::shop::Shop;
use super::webhooks::Webhook;

/// An unfinished job may be looked at so often.
const LOOKS: usize = 10;

/// What becomes of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fate {
    /// It completes, and its result is there.
    #[default]
    Completes,
    /// It completes, and its result is not packed.
    Plain,
    /// It fails.
    Fails,
    /// It expires.
    Expires,
    /// It is killed.
    Killed,
    /// It completes, but its result is gone: 404.
    Gone,
    /// It completes, but half of its result is missing.
    Half,
    /// It completes; every tenth line of its result is no JSON.
    Unreadable,
    /// It completes; every tenth customer is not in its result.
    Short,
    /// It was made a day ago.
    Old,
}

/// A job.
#[derive(Debug, Clone)]
pub struct Job {
    /// Its number.
    pub id: String,
    /// What was asked for.
    pub endpoint: &'static str,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// Looks, at it or at the list, until it is finished.
    pub left: usize,
    /// Looks at it so far.
    pub looks: usize,
    /// What becomes of it.
    pub fate: Fate,
    file: Bytes,
}

/// All of them.
#[derive(Debug, Default)]
pub struct Jobs {
    /// What is registered.
    pub webhooks: Vec<Webhook>,
    /// What was asked for.
    pub all: Vec<Job>,
    /// What becomes of the next ones.
    pub fate: Fate,
    /// So many looks find the next ones unfinished.
    pub left: usize,
    /// Where results are.
    pub address: String,
}

impl Job {
    fn status(&self) -> &'static str {
        match self.fate {
            _ if self.left > 0 => "running",
            Fate::Fails => "failed",
            Fate::Expires => "expired",
            Fate::Killed => "killed",
            _ => "completed",
        }
    }

    fn created(&self) -> DateTime<Utc> {
        let old = self.fate == Fate::Old;
        self.created - TimeDelta::days(i64::from(old))
    }
}

impl Jobs {
    /// A result; whoever knows the address gets it.
    pub fn result(&self, parts: &[&str]) -> Reply {
        let name = parts.get(1).copied().unwrap_or_default();
        let id = name.split('-').next().unwrap_or_default();
        let job = self.all.iter().find(|job| job.id == id);
        match job.filter(|job| job.status() == "completed" && job.fate != Fate::Gone) {
            Some(job) => Reply {
                status: 200,
                headers: Vec::new(),
                content_type: "application/json",
                body: job.file.clone(),
            },
            None => Reply::html(404),
        }
    }

    fn look(&mut self, id: Option<&str>) {
        for job in &mut self.all {
            if id.is_none_or(|id| job.id == id) {
                job.left = job.left.saturating_sub(1);
            }
        }
    }
}

/// Makes a job for the customers as they are now.
pub fn customers(shop: &mut Shop, call: &Call) -> Given {
    let names = [
        "creationTimeFrom",
        "creationTimeTo",
        "changeTimeFrom",
        "changeTimeTo",
    ];
    let query = Query::read(call, &names)?;
    let times = names.map(|name| query.time(name));
    let [created_from, created_to, changed_from, changed_to] = times;
    let created = (created_from?, created_to?);
    let changed = (changed_from?, changed_to?);
    let heard = |hook: &Webhook| hook.event == "job:finished";
    if !shop.jobs.webhooks.iter().any(heard) {
        let message = "A webhook for job:finished must be registered first.";
        return Err(Refusal::new(
            403,
            "required-webhook-registration",
            message,
            "job:finished",
        ));
    }
    let within = |time: Option<DateTime<Utc>>, (from, to): (Option<_>, Option<_>)| {
        from.is_none_or(|from| time >= Some(from)) && to.is_none_or(|to| time <= Some(to))
    };
    let fate = shop.jobs.fate;
    let mut text = String::new();
    for (place, customer) in shop.customers.iter().enumerate() {
        if !within(customer.creation_time, created) || !within(customer.change_time, changed) {
            continue;
        }
        let tenth = place % 10 == 9;
        match fate {
            Fate::Short if tenth => {}
            Fate::Unreadable if tenth => text.push_str("{\"guid\": \"\u{fffd}\n"),
            _ => {
                text.push_str(&shop.customer_detail(customer).to_string());
                text.push('\n');
            }
        }
    }
    let mut file = if fate == Fate::Plain {
        text.into_bytes()
    } else {
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(text.as_bytes()).ok();
        packer.finish().unwrap_or_default()
    };
    if fate == Fate::Half {
        file.truncate(file.len() / 2);
    }
    let id = format!("3ax{}", 1844 + shop.jobs.all.len());
    let job = Job {
        id: id.clone(),
        endpoint: "/api/customers/snapshot",
        created: shop.now(),
        left: shop.jobs.left,
        looks: 0,
        fate,
        file: file.into(),
    };
    shop.jobs.all.push(job);
    Ok((json!({ "jobId": id }), 0))
}

/// A page of the jobs.
pub fn list(shop: &mut Shop, call: &Call) -> Given {
    let names = [
        "status",
        "creationTimeFrom",
        "creationTimeTo",
        "completionTimeFrom",
        "completionTimeTo",
        "itemsPerPage",
        "page",
    ];
    let query = Query::read(call, &names)?;
    let page = query.page(100, 500)?;
    let from = query.time("creationTimeFrom")?;
    shop.jobs.look(None);
    let fits = |job: &&Job| {
        from.is_none_or(|from| job.created() >= from)
            && query
                .text("status")
                .is_none_or(|wanted| wanted == job.status())
    };
    let jobs: Vec<&Job> = shop.jobs.all.iter().filter(fits).collect();
    let shown = page.of(&jobs);
    let rows: Vec<Value> = shown.iter().map(|job| row(shop, job)).collect();
    let paginator = page.paginator(jobs.len(), rows.len());
    let count = rows.len();
    Ok((json!({ "jobs": rows, "paginator": paginator }), count))
}

fn row(shop: &Shop, job: &Job) -> Value {
    let over = job.left == 0;
    let then = |later| over.then(|| job.created() + later);
    json!({
        "jobId": job.id,
        "endpoint": job.endpoint,
        "creationTime": shop.stamp(Some(job.created())),
        "completionTime": shop.stamp(then(TimeDelta::seconds(2))),
        "status": job.status(),
        "validUntil": shop.stamp(then(TimeDelta::days(1))),
    })
}

/// A job; an unfinished one is shown ten times.
pub fn detail(shop: &mut Shop, call: &Call, id: &str) -> Given {
    Query::read(call, &[])?;
    let jobs = &mut shop.jobs;
    let Some(place) = jobs.all.iter().position(|job| job.id == id) else {
        let message = format!("Job with ID \"{id}\" not found.");
        return Err(Refusal::new(404, "job-not-found", message, id));
    };
    if jobs.all[place].left > 0 {
        jobs.all[place].looks += 1;
        if jobs.all[place].looks > LOOKS {
            let message =
                format!("You have exceeded the limit of job detail request for job \"{id}\".");
            let code = "job-detail-try-counter-exceeded-limit";
            return Err(Refusal::new(403, code, message, id));
        }
    }
    let address = format!("{}/api-results/{id}-lrmsrf0.json", jobs.address);
    let job = &shop.jobs.all[place];
    let mut data = row(shop, job);
    let completed = job.status() == "completed";
    let failed = job.status() == "failed";
    data["duration"] = if job.left == 0 {
        json!("2.125")
    } else {
        Value::Null
    };
    data["resultUrl"] = if completed {
        json!(address)
    } else {
        Value::Null
    };
    data["log"] = if failed {
        json!("Out of memory")
    } else {
        Value::Null
    };
    shop.jobs.look(Some(id));
    Ok((json!({ "job": data }), 1))
}
