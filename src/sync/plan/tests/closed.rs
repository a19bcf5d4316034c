//! The closed period, and what is not paid in time.

use super::*;

fn day(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2024, 6, day).unwrap()
}

fn locked(until: u32) -> Rules {
    Rules {
        locked_until: Some(day(until)),
        ..UPDATING
    }
}

/// Dated and, where paid, paid on these days.
fn dated(date: u32, paid_on: Option<u32>) -> Draft {
    let payment = paid_on.map_or(Payment::Open, |on| Payment::Paid { on: day(on) });
    let mut draft = income(payment);
    if let Record::Document(income) = &mut draft.record {
        income.date = day(date);
    }
    draft
}

fn created(draft: &Draft, rules: Rules) -> Plan {
    let plan = absent(draft, &wanted(draft, None));
    hold_closed(plan, (None, None), rules)
}

fn changed(known: &Known, draft: &Draft, current: &Attributes, rules: Rules) -> Plan {
    let mut want = wanted(draft, Some(known));
    expire(&mut want, draft, rules);
    let plan = update(draft, known, &want, ID, Some(current));
    hold_closed(plan, (Some(known), Some(current)), rules)
}

fn reason(plan: &Plan) -> &str {
    match plan {
        Plan::Skip { reason, .. } => reason,
        _ => "",
    }
}

#[test]
fn nothing_is_created_in_a_closed_period_and_the_day_after_it_is() {
    let reason_is = "in the closed period up to 2024-06-10: not created";
    for draft in [dated(10, None), dated(1, None), dated(11, Some(10))] {
        assert_eq!(reason(&created(&draft, locked(10))), reason_is);
    }
    for draft in [dated(11, None), dated(11, Some(11))] {
        let plan = created(&draft, locked(10));
        assert!(matches!(plan, Plan::Create { .. }), "{plan:?}");
    }
    let plan = created(&dated(10, None), UPDATING);
    assert!(matches!(plan, Plan::Create { .. }), "{plan:?}");
}

#[test]
fn what_lies_in_it_before_or_by_the_change_is_not_changed_and_stays_undecided() {
    let before = synced(&dated(10, None));
    let paid = dated(10, Some(20));
    let plan = changed(&before, &paid, &before.written, locked(10));
    assert_eq!(
        reason(&plan),
        "in the closed period up to 2024-06-10: not changed"
    );
    assert!(matches!(plan, Plan::Skip { settled: None, .. }), "{plan:?}");
    let plan = changed(&before, &cancelled(), &before.written, locked(10));
    assert_eq!(
        reason(&plan),
        "in the closed period up to 2024-06-10: not switched off"
    );

    let after = synced(&dated(11, None));
    let into = changed(&after, &dated(11, Some(9)), &after.written, locked(10));
    assert!(reason(&into).ends_with("not changed"), "{into:?}");
    let mut moved = after.written.clone();
    moved.set("date", Value::text("2024-06-03"));
    let plan = changed(&after, &dated(11, Some(20)), &moved, locked(10));
    assert!(reason(&plan).ends_with("not changed"), "by hand: {plan:?}");
    let plan = changed(&after, &dated(11, Some(20)), &after.written, locked(10));
    assert!(matches!(plan, Plan::Update { .. }), "{plan:?}");
}

#[test]
fn an_open_update_of_a_closed_period_is_settled() {
    let mut before = synced(&dated(10, None));
    before.pending = attributes([("name", Value::text("Nový název"))]);
    let mut arrived = before.written.clone();
    arrived.overlay(&before.pending);
    let plan = changed(&before, &dated(10, Some(20)), &arrived, locked(10));
    let Plan::Skip { settled, .. } = plan else {
        panic!("{plan:?}");
    };
    let (id, revision) = *settled.expect("it is there");
    assert_eq!((id, revision.fields.is_empty()), (ID, true));
    assert_eq!(revision.written, arrived);
    assert!(!revision.source.is_true("done"), "undecided");
}

#[test]
fn a_record_of_a_closed_period_is_linked_and_not_raised() {
    let paid = dated(10, Some(10));
    let foreign = attributes([
        ("date", Value::text("2024-06-10T00:00:00+02:00")),
        ("done", Value::Bool(false)),
    ]);
    let want = wanted(&paid, None);
    let plan = adopt(
        &paid,
        None,
        &want,
        (ID, MatchedBy::Reference),
        &foreign,
        locked(10),
    );
    let plan = hold_closed(plan, (None, Some(&foreign)), locked(10));
    let Plan::Adopt { revision, .. } = plan else {
        panic!("{plan:?}");
    };
    assert!(revision.fields.is_empty());
    assert!(!revision.source.is_true("done"), "undecided");
    assert_eq!(revision.warnings.len(), 1);
}

#[test]
fn what_is_told_once_is_told_again_where_it_changed_or_all_is_told() {
    let plan = created(&dated(1, None), locked(10));
    let Plan::Skip {
        once: Some(once), ..
    } = &plan
    else {
        panic!("{plan:?}");
    };
    let tell = |told: Option<&str>, rules| unless_told(plan.clone(), told, rules);
    assert_eq!(tell(Some(once), locked(10)), Plan::Unchanged);
    assert_eq!(tell(None, locked(10)), plan);
    assert_eq!(tell(Some("of another change"), locked(10)), plan);
    let again = Rules {
        tells_again: true,
        ..locked(10)
    };
    assert_eq!(tell(Some(once), again), plan);
}

fn expiring(days: u16, today: u32) -> Rules {
    Rules {
        unpaid_expires: Some(days),
        today: day(today),
        ..UPDATING
    }
}

#[test]
fn an_unpaid_income_expires_after_its_days_until_it_is_paid() {
    let before = synced(&dated(1, None));
    let off = |draft: &Draft, known: &Known, rules| {
        let mut want = wanted(draft, Some(known));
        expire(&mut want, draft, rules);
        want.get("inactive").cloned()
    };
    let (yes, no) = (Some(Value::Bool(true)), Some(Value::Bool(false)));
    assert_eq!(off(&dated(1, None), &before, expiring(7, 8)), None);
    assert_eq!(off(&dated(1, None), &before, expiring(7, 9)), yes);
    assert_eq!(off(&dated(1, Some(1)), &before, expiring(7, 9)), None);
    assert_eq!(off(&dated(1, None), &before, UPDATING), None);

    let mut expired = before.clone();
    expired.source.set("inactive", Value::Bool(true));
    assert_eq!(off(&dated(1, None), &expired, expiring(7, 9)), yes);
    assert_eq!(off(&dated(1, Some(9)), &expired, expiring(7, 9)), no);
    let unknown = {
        let mut draft = dated(1, None);
        if let Record::Document(income) = &mut draft.record {
            income.payment = Payment::Unknown;
        }
        draft
    };
    let paid = synced(&dated(1, Some(2)));
    assert_eq!(off(&unknown, &paid, expiring(7, 9)), None, "it stays paid");
    assert_eq!(off(&unknown, &before, expiring(7, 9)), yes);
}

#[test]
fn what_is_paid_in_caflou_does_not_expire_and_an_adopted_record_does_so_later() {
    let before = synced(&dated(1, None));
    let mut bank = before.written.clone();
    bank.set("done", Value::Bool(true));
    let plan = changed(&before, &dated(1, None), &bank, expiring(7, 9));
    let Plan::Update { revision, .. } = plan else {
        panic!("{plan:?}");
    };
    assert!(revision.fields.is_empty());
    assert_eq!(revision.kept, ["inactive"]);

    let unpaid = dated(1, None);
    let mut want = wanted(&unpaid, None);
    expire(&mut want, &unpaid, expiring(7, 9));
    let foreign = attributes([("done", Value::Bool(false))]);
    let by = (ID, MatchedBy::Reference);
    let plan = adopt(&unpaid, None, &want, by, &foreign, expiring(7, 9));
    let Plan::Adopt { revision, .. } = plan else {
        panic!("{plan:?}");
    };
    assert!(revision.fields.is_empty());
    assert_eq!(
        revision.source.get("inactive"),
        None,
        "decided by a later run"
    );
}

proptest! {
    #[test]
    fn nothing_in_a_closed_period_is_ever_written(
        (then, then_paid) in (1..29_u32, proptest::option::of(1..29_u32)),
        (now, now_paid) in (1..29_u32, proptest::option::of(1..29_u32)),
        theirs in proptest::option::of((1..29_u32, any::<bool>())),
        (until, void, lost) in (1..29_u32, any::<bool>(), any::<bool>()),
    ) {
        let rules = Rules { unpaid_expires: Some(3), today: day(20), ..locked(until) };
        let mut known = synced(&dated(then, then_paid));
        let mut current = known.written.clone();
        if let Some((day_there, done)) = theirs {
            current.set("date", Value::day(day(day_there)));
            current.set("done", Value::Bool(done));
        }
        let draft = if void { cancelled() } else { dated(now, now_paid) };
        let plan = if lost {
            known.state = RecordState::Uncertain;
            let want = wanted(&draft, Some(&known));
            let by = (ID, MatchedBy::Mark);
            let plan = adopt(&draft, Some(&known), &want, by, &current, rules);
            hold_closed(plan, (Some(&known), Some(&current)), rules)
        } else {
            changed(&known, &draft, &current, rules)
        };
        let is_open = |values: &Attributes| {
            ["date", "payment_date"].into_iter().all(|field| {
                values.day(field).is_none_or(|on| on > day(until))
            })
        };
        if let Plan::Update { revision, .. } | Plan::Adopt { revision, .. } = &plan
            && !revision.fields.is_empty()
        {
            prop_assert!(is_open(&current) && is_open(&applied(&current, revision)));
        }
        if let Plan::Create { attributes } = created(&dated(now, now_paid), rules) {
            prop_assert!(is_open(&attributes));
        }
    }
}
