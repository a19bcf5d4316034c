//! Dry runs for people.

use super::*;

fn predicted(edit: impl FnOnce(&mut RunReport)) -> Event {
    let mut run = end(true);
    edit(&mut run);
    Event::Summary(Box::new(run))
}

#[test]
fn a_dry_run_looks_as_the_contract_shows() {
    insta::assert_snapshot!(preview(&example()), @r"
    Můj e-shop (Shoptet 222651) → Příklad s.r.o. (Caflou 12345)               dry run: nothing is written
    companies: new only   incomes: new and update, from 2021-01-01

      + company  Manák, lahůdky s.r.o.    IČO 00123456 · Brno
      = company  Jana Nová                adopts Caflou company 1017 (same e-mail)
      + income   2026000124               1 234.50 CZK · unpaid · 2026-11-23 · Jan Novák
      ~ income   2026000117               done: no → yes · payment date: – → 2026-11-22
      ~ income   2026000099               inactive: no → yes (cancelled in the shop)
      ! income   2026000125               no amount: toPay and withVat are both empty

    companies  1 new · 1 adopted · 310 unchanged
    incomes    1 new (1 234.50 CZK) · 2 changed · 1 198 unchanged · 1 failed
    A real run would send 6 requests to Caflou:  caflou-sync run my-shop
    ");
}

#[test]
fn colours_are_in_the_signs_and_the_frame() {
    let options = HumanOptions {
        color: true,
        width: Some(100),
        every_record: true,
        ..HumanOptions::default()
    };
    let text = shown(options, &example()).replace('\u{1b}', "␛");
    insta::assert_snapshot!(text, @r"
    ␛[1mMůj e-shop (Shoptet 222651) → Příklad s.r.o. (Caflou 12345)␛[0m              ␛[33mdry run: nothing is written␛[0m
    ␛[2mcompanies: ␛[0mnew only␛[2m   incomes: ␛[0mnew and update, from 2021-01-01

    ␛[32m  + ␛[0mcompany  Manák, lahůdky s.r.o.    IČO 00123456␛[2m · ␛[0mBrno
    ␛[36m  = ␛[0mcompany  Jana Nová                adopts Caflou company 1017 (same e-mail)
    ␛[32m  + ␛[0mincome   2026000124               1 234.50 CZK␛[2m · ␛[0munpaid␛[2m · ␛[0m2026-11-23␛[2m · ␛[0mJan Novák
    ␛[33m  ~ ␛[0mincome   2026000117               done: ␛[2mno␛[0m␛[2m → ␛[0myes␛[2m · ␛[0mpayment date: ␛[2m–␛[0m␛[2m → ␛[0m2026-11-22
    ␛[33m  ~ ␛[0mincome   2026000099               inactive: ␛[2mno␛[0m␛[2m → ␛[0myes␛[2m (cancelled in the shop)␛[0m
    ␛[31m  ! ␛[0mincome   2026000125               ␛[31mno amount: toPay and withVat are both empty␛[0m

    ␛[1mcompanies␛[0m  ␛[32m1 new␛[0m␛[2m · ␛[0m␛[36m1 adopted␛[0m␛[2m · ␛[0m310 unchanged
    ␛[1mincomes␛[0m    ␛[32m1 new␛[0m (1 234.50 CZK)␛[2m · ␛[0m␛[33m2 changed␛[0m␛[2m · ␛[0m1 198 unchanged␛[2m · ␛[0m␛[31m1 failed␛[0m
    A real run would send 6 requests to Caflou:  ␛[1mcaflou-sync run my-shop␛[0m
    ");
}

#[test]
fn a_narrow_terminal_loses_nothing_that_changes() {
    let options = HumanOptions {
        width: Some(60),
        every_record: true,
        ..HumanOptions::default()
    };
    let text = shown(options, &example());
    insta::assert_snapshot!(text, @r"
    Můj e-shop (Shoptet 222651) → Příklad s.r.o. (Caflou 12345)
    dry run: nothing is written
    companies: new only   incomes: new and update, from
      2021-01-01

      + company  Manák, lahůdky…  IČO 00123456 · Brno
      = company  Jana Nová        adopts Caflou company 1017
                                  (same e-mail)
      + income   2026000124       1 234.50 CZK · unpaid · 2026-…
      ~ income   2026000117       done: no → yes ·
                                  payment date: – → 2026-11-22
      ~ income   2026000099       inactive: no → yes (cancelled
                                  in the shop)
      ! income   2026000125       no amount: toPay and withVat
                                  are both empty

    companies  1 new · 1 adopted · 310 unchanged
    incomes    1 new (1 234.50 CZK) · 2 changed ·
               1 198 unchanged · 1 failed
    A real run would send 6 requests to Caflou:
      caflou-sync run my-shop
    ");
    let records = text.lines().filter(|line| line.starts_with("  "));
    assert!(records.into_iter().all(|line| line.chars().count() <= 60));
}

#[test]
fn a_dry_run_says_what_a_real_run_would_send() {
    let none = predicted(|run| {
        run.counts[Kind::Company] = Counts {
            read: 3,
            unchanged: 3,
            ..Counts::default()
        };
    });
    let links = predicted(|run| {
        run.counts[Kind::Company] = Counts {
            read: 3,
            adopted: 3,
            ..Counts::default()
        };
    });
    let one = predicted(|run| {
        run.forecast = 1;
        run.counts[Kind::Income] = Counts {
            read: 1,
            updated: 1,
            ..Counts::default()
        };
    });
    let unable = predicted(|run| {
        run.status = Status::Failed;
        run.error = Some(Trouble::new(Class::Down, "Shoptet did not answer: timeout"));
        run.forecast = 1;
    });
    let mut start = start(true);
    start.modes[Kind::Company] = Mode::No;
    let mut ends = String::new();
    for event in [none, links, one, unable] {
        let text = preview(&[Event::Start(start.clone()), event]);
        ends.push_str(text.split_once("\n\n").unwrap().1);
        ends.push('\n');
    }
    insta::assert_snapshot!(ends, @r"
    companies  3 unchanged
    incomes    nothing to look at
    Nothing would change.

    companies  3 adopted
    incomes    nothing to look at
    A real run would send nothing to Caflou, only note the links:  caflou-sync run my-shop

    companies  not imported
    incomes    1 changed
    A real run would send 1 request to Caflou:  caflou-sync run my-shop

    companies  not imported
    incomes    not done
    error: Shoptet did not answer: timeout
    ");
}
