//! Whole reports, as people and programs get them.

use std::io::{self, Write};

use chrono::{DateTime, NaiveDate, Utc};

use super::*;
use crate::caflou::MatchedBy;
use crate::config::Mode;
use crate::record::{self, Attributes, ByKind, CaflouId, FieldChanges, Kind, Value};
use crate::sync::RequestCounts;
use crate::sync::report::{Change, Heading, SCHEMA, Start, Status};
use crate::sync::{Action, Counts, Event, Report, RunReport, Totals};
use crate::trouble::{Class, Trouble};

mod checks;
mod details;
mod dry_run;
mod history;
mod json;
mod list;
mod real_run;

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_000_000 + second, 0).unwrap()
}

fn start(dry_run: bool) -> Start {
    Start {
        schema: SCHEMA,
        run_id: "r1".to_owned(),
        connection: "my-shop".to_owned(),
        dry_run,
        started_at: at(0),
        modes: ByKind::of(&[Kind::Company, Kind::Income], |kind| match kind {
            Kind::Company => Mode::NewOnly,
            _ => Mode::NewAndUpdate,
        }),
        full: false,
        heading: Heading {
            source: "Můj e-shop (Shoptet 222651)".to_owned(),
            target: "Příklad s.r.o. (Caflou 12345)".to_owned(),
            route: "Můj e-shop → Příklad s.r.o.".to_owned(),
            interval: "from 2021-01-01".to_owned(),
        },
    }
}

fn end(dry_run: bool) -> RunReport {
    RunReport {
        connection: "my-shop".to_owned(),
        run_id: "r1".to_owned(),
        dry_run,
        started_at: at(0),
        finished_at: at(12),
        status: Status::Ok,
        counts: ByKind::of(&[Kind::Company, Kind::Income], |_| Counts::default()),
        totals: Totals::default(),
        spent: Totals::default(),
        unexplained: 0,
        requests: RequestCounts {
            program: "shoptet",
            source: 412,
            caflou: 1022,
            retries: 3,
        },
        error: None,
        forecast: 0,
    }
}

fn change(kind: Kind, action: Action, source_id: &str, label: &str) -> Change {
    Change {
        connection: "my-shop".to_owned(),
        kind,
        action,
        source_id: source_id.to_owned(),
        caflou_id: None,
        label: label.to_owned(),
        fields: FieldChanges::default(),
        kept: Vec::new(),
        ignored: Vec::new(),
        warnings: Vec::new(),
        reason: None,
        matched_by: None,
        not_there: false,
    }
}

fn failed(code: &str, reason: &str) -> Change {
    let reason = Some(reason.to_owned());
    Change {
        reason,
        ..change(Kind::Income, Action::Fail, code, code)
    }
}

fn changed(fields: &[(&'static str, Value, Value)]) -> FieldChanges {
    let fields = fields.iter().cloned();
    FieldChanges(
        fields
            .map(|(field, before, after)| (field, record::FieldChange { before, after }))
            .collect(),
    )
}

fn company(name: &str, id_num: Option<&str>, email: &str, city: Option<&str>) -> Change {
    let mut attributes = Attributes::default();
    attributes.set("name", Value::text(name));
    attributes.set("email", Value::text(email));
    attributes.set_some("id_num", id_num.map(Value::text));
    attributes.set_some("city", city.map(Value::text));
    let fields = FieldChanges::creation(&attributes);
    Change {
        fields,
        ..change(Kind::Company, Action::Create, "b5a7-guid", name)
    }
}

fn income(code: &str, value: &str, currency: &str, paid: Option<&str>, customer: &str) -> Change {
    let mut attributes = Attributes::default();
    let day = |day: &str| Value::day(day.parse::<NaiveDate>().unwrap());
    let name = if customer.is_empty() {
        format!("Objednávka {code}")
    } else {
        format!("Objednávka {code} – {customer}")
    };
    attributes.set("name", Value::text(&name));
    attributes.set("value", Value::Number(value.parse().unwrap()));
    attributes.set("currency", Value::text(currency));
    attributes.set("done", Value::Bool(paid.is_some()));
    attributes.set("date", day("2026-11-23"));
    attributes.set_some("payment_date", paid.map(day));
    let label = if customer.is_empty() { &name } else { customer };
    let fields = FieldChanges::creation(&attributes);
    Change {
        fields,
        ..change(Kind::Income, Action::Create, code, label)
    }
}

fn totals(sums: &[(&str, &str)]) -> Totals {
    let sums = sums.iter();
    Totals(
        sums.map(|(currency, sum)| ((*currency).to_owned(), sum.parse().unwrap()))
            .collect(),
    )
}

/// The dry run of the public contract.
fn example() -> Vec<Event> {
    let mut adopted = change(Kind::Company, Action::Adopt, "c1-guid", "Jana Nová");
    adopted.caflou_id = Some(CaflouId(1017));
    adopted.matched_by = Some(MatchedBy::Email);
    let mut paid = change(Kind::Income, Action::Update, "2026000117", "Jana Nová");
    paid.fields = changed(&[
        ("done", Value::Bool(false), Value::Bool(true)),
        ("payment_date", Value::Null, Value::text("2026-11-22")),
    ]);
    let mut cancelled = change(Kind::Income, Action::Update, "2026000099", "Petr Malý");
    cancelled.fields = changed(&[("inactive", Value::Null, Value::Bool(true))]);
    cancelled.reason = Some("cancelled in the shop".to_owned());
    let mut summary = end(true);
    summary.status = Status::Partial;
    summary.counts[Kind::Company] = Counts {
        read: 312,
        created: 1,
        adopted: 1,
        unchanged: 310,
        ..Counts::default()
    };
    summary.counts[Kind::Income] = Counts {
        read: 1202,
        created: 1,
        updated: 2,
        unchanged: 1198,
        failed: 1,
        ..Counts::default()
    };
    summary.totals = totals(&[("CZK", "1234.50")]);
    summary.forecast = 6;
    vec![
        Event::Start(start(true)),
        Event::Agenda(Kind::Company),
        Event::Expected(312),
        Event::Change(company(
            "Manák, lahůdky s.r.o.",
            Some("00123456"),
            "m@m.cz",
            Some("Brno"),
        )),
        Event::Change(adopted),
        Event::Unchanged,
        Event::Agenda(Kind::Income),
        Event::Change(income("2026000124", "1234.50", "CZK", None, "Jan Novák")),
        Event::Change(paid),
        Event::Change(cancelled),
        Event::Change(failed(
            "2026000125",
            "no amount: toPay and withVat are both empty",
        )),
        Event::Summary(Box::new(summary)),
    ]
}

/// The end of a real run, with something particular.
fn summarised(edit: impl FnOnce(&mut RunReport)) -> Event {
    let mut run = end(false);
    edit(&mut run);
    Event::Summary(Box::new(run))
}

/// Tells all events.
fn tell(report: &mut impl Report, events: &[Event]) {
    for event in events {
        report.event(event);
    }
}

/// What people see of a run.
fn shown(options: HumanOptions, events: &[Event]) -> String {
    let mut out = Vec::new();
    let mut human = Human::new(&mut out, options);
    tell(&mut human, events);
    assert!(human.failed().is_none());
    String::from_utf8(out).unwrap()
}

fn preview(events: &[Event]) -> String {
    shown(
        HumanOptions {
            every_record: true,
            ..HumanOptions::default()
        },
        events,
    )
}

fn run(events: &[Event]) -> String {
    shown(HumanOptions::default(), events)
}

/// A reader that went away.
struct Closed;

impl Write for Closed {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
