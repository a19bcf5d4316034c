//! What is said about a record.

use super::*;

#[test]
fn every_detail_has_its_words() {
    let mut kept = change(Kind::Income, Action::Skip, "1", "x");
    kept.reason = Some("changed in Caflou meanwhile: kept as it is there".to_owned());
    kept.kept = vec!["name", "value_without_vat"];
    let mut ignored = change(Kind::Income, Action::Update, "2", "x");
    ignored.fields = changed(&[
        (
            "value",
            Value::Number("20".parse().unwrap()),
            Value::Number("12345.5".parse().unwrap()),
        ),
        ("category_id", Value::id(12345), Value::Null),
        (
            "tags",
            Value::List(Vec::new()),
            Value::List(vec!["a".to_owned(), "b".to_owned()]),
        ),
        (
            "description",
            Value::text("<p>old</p><p>shoptet:1:2</p>"),
            Value::text("new\nshoptet:1:2"),
        ),
    ]);
    ignored.ignored = vec!["date"];
    let mut adopted = change(Kind::Company, Action::Adopt, "guid", "Twin");
    adopted.matched_by = Some(MatchedBy::Email);
    let mut differing = change(Kind::Income, Action::Adopt, "3", "x");
    differing.caflou_id = Some(CaflouId(7));
    differing.matched_by = Some(MatchedBy::Mark);
    differing.fields = changed(&[("done", Value::Bool(false), Value::Bool(true))]);
    let mut created = income("4", "20", "EUR", Some("2026-11-22"), "");
    created.caflou_id = Some(CaflouId(1001));
    created.warnings = vec!["value taken from withVat: toPay is empty".to_owned()];
    let long = company(
        "A name that is longer than its column",
        None,
        "a@b.cz",
        None,
    );
    let unreadable = Change {
        source_id: String::new(),
        ..failed("", "not valid JSON")
    };
    let unreadable = Change {
        label: "an order".to_owned(),
        ..unreadable
    };
    let changes = [kept, ignored, adopted, differing, created, long, unreadable];
    let mut events = vec![Event::Start(start(true))];
    events.extend(changes.into_iter().map(Event::Change));
    insta::assert_snapshot!(preview(&events), @r"
    Můj e-shop (Shoptet 222651) → Příklad s.r.o. (Caflou 12345)               dry run: nothing is written
    companies: new only   incomes: new and update, from 2021-01-01

      - income   1                        changed in Caflou meanwhile: kept as it is there · kept in Caflou: name, value without VAT
      ~ income   2                        category id: 12345 → – · description: old / shoptet:1:2 → new / shoptet:1:2 · tags: – → a, b · value: 20.00 → 12 345.50 · not taken by Caflou: date
      = company  Twin                     adopts the company that this run creates (same e-mail)
      = income   3                        adopts Caflou income 7 (our mark) · done: no → yes
      + income   4                        20.00 EUR · paid 2026-11-22 · Caflou 1001
                 warning: value taken from withVat: toPay is empty
      + company  A name that is longer than its column  a@b.cz
      ! income   an order                 not valid JSON
    ");
    let options = HumanOptions {
        width: Some(100),
        every_record: true,
        ..HumanOptions::default()
    };
    insta::assert_snapshot!(shown(options, &events), @r"
    Můj e-shop (Shoptet 222651) → Příklad s.r.o. (Caflou 12345)              dry run: nothing is written
    companies: new only   incomes: new and update, from 2021-01-01

      - income   1                        changed in Caflou meanwhile: kept as it is there ·
                                          kept in Caflou: name, value without VAT
      ~ income   2                        category id: 12345 → – ·
                                          description: old / shoptet:1:2 → new / shoptet:1:2 ·
                                          tags: – → a, b · value: 20.00 → 12 345.50 ·
                                          not taken by Caflou: date
      = company  Twin                     adopts the company that this run creates (same e-mail)
      = income   3                        adopts Caflou income 7 (our mark) · done: no → yes
      + income   4                        20.00 EUR · paid 2026-11-22 · Caflou 1001
                 warning: value taken from withVat: toPay is empty
      + company  A name that is longer…   a@b.cz
      ! income   an order                 not valid JSON
    ");
}

#[test]
fn a_verbose_report_shows_all_of_a_new_record() {
    let options = HumanOptions {
        verbosity: 1,
        every_record: true,
        ..HumanOptions::default()
    };
    let created = income("4", "20", "EUR", None, "Jan");
    let events = [Event::Start(start(true)), Event::Change(created)];
    insta::assert_snapshot!(shown(options, &events), @r"
    Můj e-shop (Shoptet 222651) → Příklad s.r.o. (Caflou 12345)               dry run: nothing is written
    companies: new only   incomes: new and update, from 2021-01-01

      + income   4                        20.00 EUR · unpaid · 2026-11-23 · Jan
                 currency: EUR
                 date: 2026-11-23
                 done: no
                 name: Objednávka 4 – Jan
                 value: 20.00
    ");
}

#[test]
fn text_from_outside_cannot_command_the_terminal() {
    let evil = "\u{1b}]0;owned\u{7}\u{1b}[2J\r\n\u{9b}31m\u{202e}x";
    let mut change = failed(evil, evil);
    change.warnings = vec![evil.to_owned()];
    let mut created = company(evil, Some(evil), evil, Some(evil));
    created.fields.0.insert(
        "name",
        record::FieldChange {
            before: Value::Null,
            after: Value::text(evil),
        },
    );
    let mut started = start(true);
    started.heading.source = evil.to_owned();
    started.heading.route = evil.to_owned();
    let warning = Event::Warning {
        connection: evil.to_owned(),
        message: evil.to_owned(),
    };
    let summary = summarised(|run| {
        run.connection = evil.to_owned();
        run.error = Some(Trouble::new(Class::Odd, evil));
        run.counts[Kind::Income] = Counts {
            read: 1,
            failed: 1,
            ..Counts::default()
        };
        run.totals = totals(&[(evil, "1")]);
    });
    let events = [
        Event::Start(started),
        Event::Change(change),
        Event::Change(created),
        warning,
        summary,
    ];
    for width in [None, Some(60), Some(100)] {
        let options = HumanOptions {
            width,
            every_record: true,
            verbosity: 1,
            ..HumanOptions::default()
        };
        let text = shown(options, &events);
        assert!(
            text.chars()
                .all(|c| c == '\n' || (!c.is_control() && c != '\u{202e}')),
            "{text:?}"
        );
        assert!(text.contains("�]0;owned��[2J"));
    }
}
