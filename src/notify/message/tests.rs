//! Whole messages, as they are read.

use chrono::FixedOffset;
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;
use crate::notify::testing::report;
use crate::record::{Attributes, ByKind, FieldChanges, Value};
use crate::sync::report::{Change, Heading, SCHEMA, Start};
use crate::sync::{Action, Event};
use crate::trouble::Class;

const WELL: News = News {
    failures: 0,
    recovered: 0,
};

fn start() -> Event {
    Event::Start(Start {
        schema: SCHEMA,
        run_id: report().run_id,
        connection: "my-shop".into(),
        dry_run: false,
        started_at: report().started_at,
        modes: ByKind::of(&[Kind::Company, Kind::Income], |kind| match kind {
            Kind::Company => crate::config::Mode::NewOnly,
            _ => crate::config::Mode::NewAndUpdate,
        }),
        full: false,
        heading: Heading {
            source: "Můj e-shop (Shoptet 222651)".into(),
            target: "Caflou 12345".into(),
            route: "Můj e-shop → Caflou 12345".into(),
            interval: String::new(),
        },
    })
}

fn change(kind: Kind, action: Action, id: &str) -> Change {
    Change {
        connection: "my-shop".into(),
        kind,
        action,
        source_id: id.into(),
        caflou_id: None,
        label: "Jana Nová".into(),
        fields: FieldChanges::default(),
        kept: Vec::new(),
        ignored: Vec::new(),
        warnings: Vec::new(),
        reason: None,
        matched_by: None,
        not_there: false,
    }
}

fn paid(action: Action, id: &str) -> Event {
    let mut attributes = Attributes::default();
    attributes.set("done", Value::Bool(true));
    let mut change = change(Kind::Income, action, id);
    change.fields = FieldChanges::creation(&attributes);
    Event::Change(change)
}

fn failed(kind: Kind, id: &str, reason: &str) -> Event {
    let mut change = change(kind, Action::Fail, id);
    change.reason = Some(reason.into());
    Event::Change(change)
}

/// The message about a run in which this was told.
fn of(events: &[Event], run: &RunReport, told: News) -> Message {
    let mut memory = Memory::default();
    for event in events {
        memory.event(event);
    }
    let prague = FixedOffset::east_opt(3600).unwrap();
    let finished = run.finished_at.with_timezone(&prague);
    message("Můj e-shop", run, &memory, told, finished)
}

/// Subject and text.
fn shown(events: &[Event], run: &RunReport, told: News) -> String {
    let message = of(events, run, told);
    format!("Subject: {}\n\n{}", message.subject, message.text())
}

#[test]
fn all_well_with_changes() {
    let mut run = report();
    run.counts[Kind::Company] = Counts {
        read: 3,
        created: 2,
        adopted: 1,
        ..Counts::default()
    };
    run.counts[Kind::Income] = Counts {
        read: 1_212,
        created: 12,
        updated: 10,
        unchanged: 1_188,
        skipped: 2,
        ..Counts::default()
    };
    let totals = [("CZK", 1_234_550), ("EUR", 2_000)];
    let totals = totals.map(|(currency, cents)| (currency.to_owned(), Decimal::new(cents, 2)));
    run.totals = Totals(totals.into());
    let mut events = vec![start(), paid(Action::Create, "2026000130")];
    events.extend((100..110).map(|id| paid(Action::Update, &format!("2026000{id}"))));
    insta::assert_snapshot!(shown(&events, &run, WELL), @r#"
    Subject: Můj e-shop: 12 new incomes, 2 new companies, 10 paid incomes

    12 new incomes, 2 new companies, 10 paid incomes.
    Můj e-shop (Shoptet 222651) → Caflou 12345

    Companies   2 new · 1 found in Caflou
    Incomes     12 new (12 345.50 CZK + 20.00 EUR, 1 paid) · 10 changed · 1 188 unchanged · 2 skipped
    Paid now    2026000100, 2026000101, 2026000102, 2026000103, 2026000104, 2026000105, 2026000106, 2026000107 and 2 more

    Run 20261124T060000Z-5e0fda7a, ended 2026-11-24 07:00 (UTC+01:00)
    "#);
}

#[test]
fn nothing_new() {
    let mut run = report();
    run.counts[Kind::Income] = Counts {
        read: 3,
        unchanged: 3,
        ..Counts::default()
    };
    insta::assert_snapshot!(shown(&[start()], &run, WELL), @r#"
    Subject: Můj e-shop: nothing new

    Nothing new.
    Můj e-shop (Shoptet 222651) → Caflou 12345

    Companies   nothing to look at
    Incomes     3 unchanged

    Run 20261124T060000Z-5e0fda7a, ended 2026-11-24 07:00 (UTC+01:00)
    "#);
}

#[test]
fn some_failed() {
    let mut run = report();
    run.status = Status::Partial;
    run.counts[Kind::Company] = Counts {
        read: 1,
        failed: 1,
        ..Counts::default()
    };
    run.counts[Kind::Income] = Counts {
        read: 8,
        created: 2,
        updated: 1,
        failed: 5,
        ..Counts::default()
    };
    run.totals = Totals([("CZK".to_owned(), Decimal::new(123_450, 2))].into());
    let mut events = vec![start()];
    let several = "several companies have this e-mail: 17, 23; link one of them by hand";
    events.push(failed(Kind::Company, "5d9e-…", several));
    let no_amount = "no amount: toPay and withVat are both empty";
    events.extend((0..5).map(|id| failed(Kind::Income, &format!("202600013{id}"), no_amount)));
    let mut kept = change(Kind::Income, Action::Update, "2026000140");
    kept.kept = vec!["name"];
    events.push(Event::Change(kept));
    events.push(Event::Warning {
        connection: "my-shop".into(),
        message: "1 order does not say whether it is paid: taken as unpaid".into(),
    });
    let told = News {
        failures: 2,
        recovered: 0,
    };
    insta::assert_snapshot!(shown(&events, &run, told), @r#"
    Subject: Můj e-shop: 6 records failed (2 bad runs in a row), 2 new incomes

    6 records failed (2 bad runs in a row), 2 new incomes.
    Můj e-shop (Shoptet 222651) → Caflou 12345

    Companies   1 failed
    Incomes     2 new (1 234.50 CZK) · 1 changed · 5 failed
    Failed      6 of 9 records
      - company Jana Nová: several companies have this e-mail: 17, 23; link one of them by hand
      - income 2026000130: no amount: toPay and withVat are both empty
      - income 2026000131: no amount: toPay and withVat are both empty
      - and 3 more
    Look at     1 record with a warning
      - income 2026000140: kept as it was changed in Caflou: name
    Warning     1 order does not say whether it is paid: taken as unpaid
    What to do  put right what is said above; each run tries again. Look at all of them: caflou-sync run my-shop --dry-run

    Run 20261124T060000Z-5e0fda7a, ended 2026-11-24 07:00 (UTC+01:00)
    "#);
}

#[test]
fn the_run_failed_because_access_was_refused() {
    let mut run = report();
    run.status = Status::Failed;
    let refused = "Shoptet refused GET /api/eshop: 401 invalid-token, Token is invalid";
    let refused = Trouble::new(Class::Access, refused);
    run.error = Some(refused.advise("`caflou-sync test my-shop` checks both sides"));
    let told = News {
        failures: 1,
        recovered: 0,
    };
    insta::assert_snapshot!(shown(&[start()], &run, told), @r#"
    Subject: Můj e-shop: the import failed

    The import failed.
    Můj e-shop (Shoptet 222651) → Caflou 12345

    Why         Shoptet refused GET /api/eshop: 401 invalid-token, Token is invalid; `caflou-sync test my-shop` checks both sides

    Run 20261124T060000Z-5e0fda7a, ended 2026-11-24 07:00 (UTC+01:00)
    "#);
}

#[test]
fn the_run_failed_again_and_the_error_gives_no_advice() {
    let mut run = report();
    run.status = Status::Failed;
    let down = "Caflou cannot be reached: connection refused";
    run.error = Some(Trouble::new(Class::Down, down));
    let told = News {
        failures: 3,
        recovered: 0,
    };
    insta::assert_snapshot!(shown(&[start()], &run, told), @r#"
    Subject: Můj e-shop: the import failed (3 bad runs in a row)

    The import failed (3 bad runs in a row).
    Můj e-shop (Shoptet 222651) → Caflou 12345

    Why         Caflou cannot be reached: connection refused
    What to do  check both sides with caflou-sync test my-shop; the next run takes up what is not done

    Run 20261124T060000Z-5e0fda7a, ended 2026-11-24 07:00 (UTC+01:00)
    "#);
}

#[test]
fn it_works_again() {
    let mut run = report();
    run.counts[Kind::Income] = Counts {
        read: 1,
        created: 1,
        ..Counts::default()
    };
    run.totals = Totals([("CZK".to_owned(), Decimal::new(123_450, 2))].into());
    let told = News {
        failures: 0,
        recovered: 3,
    };
    insta::assert_snapshot!(shown(&[start()], &run, told), @r#"
    Subject: Můj e-shop: works again after 3 failures, 1 new income

    Works again after 3 failures, 1 new income.
    Můj e-shop (Shoptet 222651) → Caflou 12345

    Companies   nothing to look at
    Incomes     1 new (1 234.50 CZK)

    Run 20261124T060000Z-5e0fda7a, ended 2026-11-24 07:00 (UTC+01:00)
    "#);
}

#[test]
fn a_page_holds_the_same_and_names_from_outside_stay_text() {
    let mut run = report();
    run.status = Status::Partial;
    run.counts[Kind::Company].read = 1;
    run.counts[Kind::Company].failed = 1;
    let mut event = change(Kind::Company, Action::Fail, "5d9e");
    event.label = "<b onclick=\"x\">Jana</b> & syn".into();
    event.reason = Some("'why'".into());
    let events = [start(), Event::Change(event)];
    let message = of(&events, &run, WELL);
    let page = crate::notify::html::page(&message);
    for line in message.text().lines().flat_map(|line| line.split("  ")) {
        let part = line.trim_start_matches(['-', ' ']);
        let escaped = crate::mail::escaped(part);
        assert!(page.contains(&escaped), "{part} in {page}");
    }
    assert!(!page.contains("<b onclick"), "{page}");
    insta::assert_snapshot!(page, @r#"
    <!DOCTYPE html>
    <html lang="en"><head><meta charset="utf-8"><title>Můj e-shop: 1 record failed</title></head>
    <body style="margin:0;padding:16px;font:15px/1.5 sans-serif;color:#1d1d1d">
    <table style="border-collapse:collapse;max-width:720px">
    <tr><td colspan="2" style="font-size:19px;font-weight:bold;color:#b3261e">1 record failed.</td></tr>
    <tr><td colspan="2" style="padding:0">Můj e-shop (Shoptet 222651) → Caflou 12345</td></tr>
    <tr><td colspan="2" style="height:12px"></td></tr>
    <tr><td style="padding:2px 16px 2px 0;vertical-align:top;white-space:nowrap;color:#6b6b6b">Companies</td><td style="padding:2px 0">1 failed</td></tr>
    <tr><td style="padding:2px 16px 2px 0;vertical-align:top;white-space:nowrap;color:#6b6b6b">Incomes</td><td style="padding:2px 0">nothing to look at</td></tr>
    <tr><td style="padding:2px 16px 2px 0;vertical-align:top;white-space:nowrap;color:#6b6b6b">Failed</td><td style="padding:2px 0">1 of 1 record</td></tr>
    <tr><td></td><td style="padding:2px 0 2px 12px">– company &lt;b onclick=&quot;x&quot;&gt;Jana&lt;/b&gt; &amp; syn: &#39;why&#39;</td></tr>
    <tr><td style="padding:2px 16px 2px 0;vertical-align:top;white-space:nowrap;color:#6b6b6b">What to do</td><td style="padding:2px 0">put right what is said above; each run tries again. Look at all of them: caflou-sync run my-shop --dry-run</td></tr>
    <tr><td colspan="2" style="height:12px"></td></tr>
    <tr><td colspan="2" style="font-size:13px;color:#6b6b6b">Run 20261124T060000Z-5e0fda7a, ended 2026-11-24 07:00 (UTC+01:00)</td></tr>
    </table>
    </body></html>
    "#);
}

proptest! {
    #[test]
    fn a_message_has_at_most_twenty_lines_and_never_an_odd_character(
        events in prop::collection::vec((0..5_u8, any::<String>()), 0..60),
        (status, failures, recovered) in (0..4_u8, 0..4_u64, 0..4_u64),
        error in prop::option::of(any::<String>()),
    ) {
        let mut run = report();
        run.status = match status {
            0 => Status::Ok,
            1 => Status::Partial,
            2 => Status::Failed,
            _ => Status::Stopped,
        };
        run.error = error.map(|text| Trouble::new(Class::Down, text.as_str()).advise(text));
        run.counts[Kind::Income] = Counts { read: 99, created: 1, adopted: 1, updated: 1, unchanged: 1, skipped: 1, failed: 1 };
        let mut heard = vec![start()];
        heard.extend(events.into_iter().map(|(what, text)| match what {
            0 => failed(Kind::Company, "", &text),
            1 => failed(Kind::Income, &text, &text),
            2 => paid(Action::Update, &text),
            3 => Event::Warning { connection: String::new(), message: text },
            _ => {
                let mut change = change(Kind::Income, Action::Create, &text);
                change.warnings = vec![text];
                Event::Change(change)
            }
        }));
        let told = News { failures, recovered };
        let message = of(&heard, &run, told);
        let text = message.text();
        prop_assert!(text.lines().count() <= MOST_LINES, "{}", text);
        prop_assert!(message.body().lines().count() < MOST_LINES, "a chat puts the subject above");
        prop_assert!(!text.replace('\n', "").chars().any(char::is_control), "{}", text);
        prop_assert!(!message.subject.chars().any(char::is_control));
    }
}
