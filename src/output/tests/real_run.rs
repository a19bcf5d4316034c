//! Real runs for people.

use super::*;

#[test]
fn a_real_run_tells_little() {
    let mut warned = income("2026000124", "1234.50", "CZK", None, "Jan Novák");
    warned.warnings = vec!["value taken from withVat: toPay is empty".to_owned()];
    let summary = summarised(|run| {
        run.counts[Kind::Company] = Counts {
            read: 310,
            unchanged: 310,
            ..Counts::default()
        };
        run.counts[Kind::Income] = Counts {
            read: 1200,
            created: 2,
            unchanged: 1198,
            ..Counts::default()
        };
        run.totals = totals(&[("CZK", "1234.50"), ("EUR", "20")]);
    });
    let events = [
        Event::Start(start(false)),
        Event::Change(warned),
        Event::Change(income("2026000125", "20", "EUR", None, "")),
        summary,
    ];
    insta::assert_snapshot!(run(&events), @r"
    Můj e-shop (Shoptet 222651) → Příklad s.r.o. (Caflou 12345)
    companies: new only   incomes: new and update, from 2021-01-01

      + income   2026000124               1 234.50 CZK · unpaid · 2026-11-23 · Jan Novák
                 warning: value taken from withVat: toPay is empty

    Můj e-shop → Příklad s.r.o.: done in 12 s
    companies  310 unchanged
    incomes    2 new (1 234.50 CZK + 20.00 EUR) · 1 198 unchanged
    requests   412 to Shoptet · 1 022 to Caflou · 3 repeated
    ");
    let nothing = [
        Event::Start(start(false)),
        summarised(|run| run.requests.retries = 0),
    ];
    insta::assert_snapshot!(run(&nothing), @r"
    Můj e-shop → Příklad s.r.o.: done in 12 s
    companies  nothing to look at
    incomes    nothing to look at
    requests   412 to Shoptet · 1 022 to Caflou
    ");
}

fn failing(count: u64, options: HumanOptions) -> String {
    let mut events = vec![Event::Start(start(false))];
    for number in 0..count {
        events.push(Event::Change(failed(
            &format!("{}", 2_026_000_125 + number),
            "no amount",
        )));
    }
    events.push(summarised(|run| {
        run.status = Status::Partial;
        run.counts[Kind::Income] = Counts {
            read: count,
            failed: count,
            ..Counts::default()
        };
    }));
    shown(options, &events)
}

#[test]
fn a_few_failures_stay_in_sight() {
    insta::assert_snapshot!(failing(1, HumanOptions::default()), @r"
    Můj e-shop (Shoptet 222651) → Příklad s.r.o. (Caflou 12345)
    companies: new only   incomes: new and update, from 2021-01-01

      ! income   2026000125               no amount

    Můj e-shop → Příklad s.r.o.: partly done in 12 s
    companies  nothing to look at
    incomes    1 failed
    requests   412 to Shoptet · 1 022 to Caflou · 3 repeated
    Failed records are tried again in each run.
    ");
}

#[test]
fn of_many_failures_the_summary_names_some() {
    insta::assert_snapshot!(failing(12, HumanOptions::default()), @r"
    Můj e-shop (Shoptet 222651) → Příklad s.r.o. (Caflou 12345)
    companies: new only   incomes: new and update, from 2021-01-01

      ! income   2026000125               no amount
      ! income   2026000126               no amount
      ! income   2026000127               no amount
      ! income   2026000128               no amount
      ! income   2026000129               no amount
      ! income   2026000130               no amount
      ! income   2026000131               no amount
      ! income   2026000132               no amount
      ! income   2026000133               no amount
      ! income   2026000134               no amount
      ! income   2026000135               no amount
      ! income   2026000136               no amount

    Můj e-shop → Příklad s.r.o.: partly done in 12 s
    companies  nothing to look at
    incomes    12 failed
    requests   412 to Shoptet · 1 022 to Caflou · 3 repeated
    ! income 2026000125  no amount
    ! income 2026000126  no amount
    ! income 2026000127  no amount
    … and 9 more: caflou-sync run my-shop --format json shows all
    Failed records are tried again in each run.
    ");
}

#[test]
fn a_quiet_run_tells_problems_only() {
    let quiet = || HumanOptions {
        verbosity: -1,
        ..HumanOptions::default()
    };
    insta::assert_snapshot!(failing(2, quiet()), @r"
    Můj e-shop → Příklad s.r.o.: partly done in 12 s
    ! income 2026000125  no amount
    ! income 2026000126  no amount
    Failed records are tried again in each run.
    ");
    let warning = Event::Warning {
        connection: "my-shop".to_owned(),
        message: "look".to_owned(),
    };
    assert_eq!(
        shown(
            quiet(),
            &[Event::Start(start(false)), warning, summarised(|_| ())]
        ),
        ""
    );
}

#[test]
fn a_run_that_could_not_go_on_says_why_in_at_most_ten_lines() {
    for (status, took) in [
        (Status::Failed, "failed after"),
        (Status::Stopped, "stopped after"),
    ] {
        let mut events = vec![Event::Start(start(false))];
        events.extend((0..20).map(|n| Event::Change(failed(&n.to_string(), "no amount"))));
        events.push(summarised(|run| {
            run.status = status;
            run.finished_at = at(125);
            run.error = Some(Trouble::new(Class::Down, "Caflou did not answer: timeout"));
            run.counts[Kind::Income] = Counts {
                read: 20,
                failed: 20,
                ..Counts::default()
            };
        }));
        let text = run(&events);
        let summary = text.rsplit("\n\n").next().unwrap();
        assert!(summary.starts_with(&format!("Můj e-shop → Příklad s.r.o.: {took} 2 min 5 s\n")));
        assert!(summary.contains(": Caflou did not answer: timeout\n"));
        assert_eq!(summary.lines().count(), 10, "{summary}");
    }
}

#[test]
fn a_reader_that_went_away_is_remembered() {
    let mut human = Human::new(Closed, HumanOptions::default());
    tell(&mut human, &example());
    assert_eq!(
        human.failed().map(io::Error::kind),
        Some(io::ErrorKind::BrokenPipe)
    );
}
