//! What is true already stays true.

use proptest::prelude::*;

use super::*;

fn with(draft: &Draft, change: impl FnOnce(&mut Document)) -> Draft {
    let mut draft = draft.clone();
    if let Record::Document(income) = &mut draft.record {
        change(income);
    }
    draft
}

/// As the order is on another day: what is paid has a payment date of its own.
fn on(day: &str, payment: Payment) -> Draft {
    with(&income(payment), |income| {
        if payment.is_paid() {
            let on = day.parse().unwrap();
            income.payment = Payment::Paid { on };
        }
    })
}

fn updated(draft: &Draft, known: &Known, current: &Attributes) -> Revision {
    let want = wanted(draft, Some(known));
    match update(draft, known, &want, ID, Some(current)) {
        Plan::Update { revision, .. } => revision,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_payment_date_stays_while_the_record_stays_paid() {
    let before = synced(&income(PAID));
    let later = on("2024-06-01", PAID);
    assert_eq!(needed(&later, Some(&before), UPDATING), UNCHANGED);
    let dearer = with(&later, |income| income.value = "99.00".parse().unwrap());
    let revision = updated(&dearer, &before, &before.written);
    assert_eq!(sent(&revision), ["value"]);
    assert_eq!(revision.warnings, [PAID_VALUE]);

    let unpaid = synced(&income(Payment::Open));
    let revision = updated(&later, &unpaid, &unpaid.written);
    let date = &revision.fields.0["payment_date"].after;
    assert_eq!(*date, Value::text("2024-06-01"), "it goes with the payment");
    assert!(revision.warnings.is_empty());
}

#[test]
fn a_payment_that_was_sent_without_an_answer_keeps_its_date() {
    let mut before = synced(&income(Payment::Open));
    before.pending = attributes([
        ("done", Value::Bool(true)),
        ("payment_date", Value::text("2024-05-09")),
    ]);
    let later = on("2024-06-01", PAID);
    let arrived = {
        let mut arrived = before.written.clone();
        for field in before.pending.fields() {
            arrived.set_some(field, before.pending.get(field).cloned());
        }
        arrived
    };
    let none = Vec::<&str>::new();
    assert_eq!(sent(&updated(&later, &before, &arrived)), none);
    let again = updated(&later, &before, &before.written);
    let date = &again.fields.0["payment_date"].after;
    assert_eq!(*date, Value::text("2024-05-09"));
}

#[test]
fn unknown_takes_no_payment_back_and_unpaid_does_with_a_warning() {
    let before = synced(&income(PAID));
    let expected = |paid| {
        with(&income(paid), |income| {
            income.date = "2024-05-20".parse().unwrap();
        })
    };
    let unknown = expected(Payment::Unknown);
    assert_eq!(needed(&unknown, Some(&before), UPDATING), UNCHANGED);

    let revision = updated(&expected(Payment::Open), &before, &before.written);
    assert_eq!(sent(&revision), ["date", "done", "payment_date"]);
    assert_eq!(revision.warnings, [TAKEN_BACK]);

    let unpaid = synced(&income(Payment::Open));
    let unknown = income(Payment::Unknown);
    assert_eq!(needed(&unknown, Some(&unpaid), UPDATING), UNCHANGED);
}

#[test]
fn a_payment_that_somebody_dated_in_caflou_stays_whole() {
    let entered = |day: Option<&str>, done: bool, known: &Known| {
        let mut current = known.written.clone();
        current.set("done", Value::Bool(done));
        current.set("payment_date", day.map_or(Value::Null, Value::text));
        current
    };
    let taken_back = with(&income(Payment::Open), |income| {
        income.date = "2024-05-20".parse().unwrap();
    });
    let before = synced(&income(PAID));
    let bank = entered(Some("2024-05-31"), true, &before);
    let revision = updated(&taken_back, &before, &bank);
    assert_eq!(sent(&revision), Vec::<&str>::new());
    assert_eq!(revision.kept, ["date", "done", "payment_date"]);
    assert_eq!(revision.warnings, [TAKEN_BACK]);
    // Nobody else's day: it goes with the payment.
    for day in [Some("2024-05-09"), None] {
        let current = entered(day, true, &before);
        let revision = updated(&taken_back, &before, &current);
        assert!(sent(&revision).contains(&"done"), "{day:?}");
        assert_eq!(revision.kept, [""; 0]);
    }

    // Linked as paid, and then somebody said that it is not.
    let mut linked = synced(&income(Payment::Open));
    linked.written.set("done", Value::Bool(true));
    linked
        .written
        .set("payment_date", Value::text("2024-05-31"));
    let bounced = entered(Some("2024-05-31"), false, &linked);
    let revision = updated(&income(PAID), &linked, &bounced);
    assert_eq!(sent(&revision), Vec::<&str>::new());
    assert_eq!(revision.kept, ["done", "payment_date"]);
    assert!(revision.warnings.is_empty());
    // A day that was only planned keeps nothing unpaid.
    let unpaid = synced(&income(Payment::Open));
    let planned = entered(Some("2024-06-15"), false, &unpaid);
    let revision = updated(&income(PAID), &unpaid, &planned);
    assert_eq!(
        (sent(&revision), &*revision.kept),
        (vec!["done"], &["payment_date"][..])
    );
}

#[test]
fn what_was_paid_changes_its_currency_with_a_warning_too() {
    let euro = |paid| {
        with(&income(paid), |income| {
            income.currency = Currency::parse("EUR").unwrap();
        })
    };
    for (paid, warnings) in [(PAID, &[PAID_VALUE][..]), (Payment::Open, &[])] {
        let before = synced(&income(paid));
        let revision = updated(&euro(paid), &before, &before.written);
        assert_eq!(sent(&revision), ["currency"]);
        assert_eq!(revision.warnings, warnings);
    }
}

#[test]
fn a_text_that_was_in_caflou_before_the_record_was_linked_is_not_written_over() {
    let link = |text: &str| {
        with(&income(Payment::Open), |income| {
            income.link = Some(text.to_owned());
            income.name = format!("Objednávka {text}");
        })
    };
    let (old, new) = (link("https://old.cz/7"), link("https://new.cz/7"));
    for (there, goes_along) in [
        ("Domluveno telefonicky", false),
        ("<p>shoptet:1:77</p>", false),
        ("<p>https://old.cz/7<br>shoptet:1:7</p>", true),
        (" ", true),
    ] {
        let mut before = synced(&old);
        before.written.set("description", Value::text(there));
        let revision = updated(&new, &before, &before.written);
        let sends = sent(&revision).contains(&"description");
        assert_eq!((sends, &*revision.kept), (goes_along, &[][..]), "{there}");
    }
}

#[test]
fn adopting_keeps_what_the_bank_and_people_said() {
    let none = Vec::<&str>::new();
    let bank = attributes([
        ("done", Value::Bool(true)),
        ("payment_date", Value::text("2024-05-31")),
        ("inactive", Value::Bool(true)),
    ]);
    for paid in [PAID, Payment::Open, Payment::Unknown] {
        let revision = adopted(&income(paid), None, &bank, UPDATING);
        assert_eq!(sent(&revision), none, "{paid:?}");
    }
    let mut announced = bank.clone();
    announced.set("done", Value::Bool(false));
    let revision = adopted(&income(PAID), None, &announced, UPDATING);
    assert_eq!(sent(&revision), ["done"], "it has a payment date");

    let lost = known(RecordState::Uncertain, &income(Payment::Open));
    for paid in [Payment::Open, Payment::Unknown, PAID] {
        let mut there = lost.source.clone();
        for field in bank.fields() {
            there.set_some(field, bank.get(field).cloned());
        }
        let revision = adopted(&income(paid), Some(&lost), &there, UPDATING);
        assert_eq!(sent(&revision), none, "{paid:?}");
    }
}

#[test]
fn a_customer_that_is_gone_leaves_the_company_of_what_is_booked() {
    let order = income(Payment::Open);
    let link = |id| Some(CompanyLink::Imported(CaflouId(id)));
    let with_company = desired(&order, None, link(5).as_ref());
    let mut before = synced(&order);
    (before.source, before.written) = (with_company.clone(), with_company.clone());
    assert_eq!(needed(&order, Some(&before), UPDATING), UNCHANGED);
    let moved = desired(&order, Some(&before), link(6).as_ref());
    assert_eq!(moved.get("company_id"), Some(&Value::id(6)));

    before.state = RecordState::Uncertain;
    let found = adopted(&order, Some(&before), &with_company, UPDATING);
    assert_eq!(sent(&found), Vec::<&str>::new());
    before.state = RecordState::Failed;
    let anew = wanted(&order, Some(&before));
    assert_eq!(anew.get("company_id"), None, "it may be gone");
}

#[test]
fn a_record_of_which_only_the_link_changed_is_unchanged() {
    let link = |text: Option<&str>| {
        with(&income(Payment::Open), |income| {
            income.link = text.map(str::to_owned);
        })
    };
    let before = synced(&link(Some("https://old.cz/admin?id=1&b=2")));
    for now in [link(Some("https://new.cz/admin?id=1&b=2")), link(None)] {
        assert_eq!(needed(&now, Some(&before), UPDATING), UNCHANGED);
        let both = with(&now, |income| income.name = "Objednávka 8".to_owned());
        let revision = updated(&both, &before, &before.written);
        assert_eq!(sent(&revision), ["description", "name"], "it goes along");
    }
    let mut noted = before.clone();
    let text = Value::text("https://old.cz/\nPO 5\nshoptet:1:7");
    noted.source.set("description", text);
    let need = needed(&link(None), Some(&noted), UPDATING);
    assert_eq!(need, Need::Current(ID), "another line is no link");
}

/// The order `7` is this one.
fn of(origin: &str, mut draft: Draft) -> Draft {
    draft.origin = Some(origin.to_owned());
    draft
}

#[test]
fn a_number_that_is_given_again_fails_with_both_named() {
    let before = of("guid-1", income(Payment::Open));
    let now = of("guid-2", income(PAID));
    for state in [
        RecordState::Sending,
        RecordState::Uncertain,
        RecordState::Synced,
        RecordState::Gone,
    ] {
        for rules in [UPDATING, NEW_ONLY, UNMATCHED] {
            let need = needed(&now, Some(&known(state, &before)), rules);
            let Need::Nothing(Plan::Fail { reason }) = need else {
                panic!("{state:?} {need:?}");
            };
            assert!(reason.contains("guid-1") && reason.contains("guid-2"));
        }
    }
    let cancelled = of("guid-2", cancelled());
    let need = needed(&cancelled, Some(&synced(&before)), UPDATING);
    assert!(matches!(need, Need::Nothing(Plan::Fail { .. })), "{need:?}");
}

#[test]
fn the_same_document_or_one_that_says_nothing_is_no_other() {
    let (before, same) = (of("a", income(Payment::Open)), of("a", income(PAID)));
    let of_before = synced(&before);
    for now in [same.clone(), income(PAID), void(Void::Deleted, false)] {
        let need = needed(&now, Some(&of_before), UPDATING);
        assert_eq!(need, Need::Current(ID), "{now:?}");
    }
    let dated = |day: u32| of(&format!("created 2024-05-{day:02}T10:00:00Z"), income(PAID));
    assert_eq!(
        needed(&dated(6), Some(&of_before), UPDATING),
        Need::Current(ID)
    );
    let of_sixth = synced(&dated(6));
    let need = needed(&same, Some(&of_sixth), UPDATING);
    assert_eq!(need, Need::Nothing(Plan::Unchanged));
    let need = needed(&dated(7), Some(&of_sixth), UPDATING);
    assert!(matches!(need, Need::Nothing(Plan::Fail { .. })), "{need:?}");
    let older = synced(&income(Payment::Open));
    assert!(older.learns(&same) && !of_before.learns(&same));
    assert_eq!(needed(&same, Some(&older), UPDATING), Need::Current(ID));
    let failed = known(RecordState::Failed, &before);
    let other = of("b", income(Payment::Open));
    let need = needed(&other, Some(&failed), UPDATING);
    assert_eq!(need, candidates(false), "nothing was imported");
}

#[test]
fn what_was_known_of_another_record_of_the_number_says_nothing_of_this_one() {
    let before = with(&of("guid-1", income(PAID)), |income| {
        income.name = "Objednávka 7 – Jan".to_owned();
    });
    let failed = known(RecordState::Failed, &before);
    for paid in [PAID, Payment::Unknown] {
        let other = of("guid-2", on("2024-06-01", paid));
        assert_eq!(wanted(&other, Some(&failed)), wanted(&other, None));
        let same = wanted(&of("guid-1", on("2024-06-01", paid)), Some(&failed));
        assert_eq!(same.text("payment_date"), Some("2024-05-09"));
    }
}

#[test]
fn what_carries_our_mark_is_not_linked_with_another_document_than_was_sent() {
    let before = of("guid-1", income(Payment::Open));
    let there = wanted(&before, None);
    for state in [
        RecordState::Failed,
        RecordState::Sending,
        RecordState::Uncertain,
    ] {
        let sent = known(state, &before);
        for rules in [UPDATING, NEW_ONLY] {
            for (now, linked) in [
                (of("guid-2", income(PAID)), false),
                (of("guid-2", cancelled()), false),
                (of("guid-1", income(PAID)), true),
                (income(PAID), true),
            ] {
                let want = wanted(&now, Some(&sent));
                let found = (ID, MatchedBy::Mark);
                match adopt(&now, Some(&sent), &want, found, &there, rules) {
                    Plan::Adopt { .. } => assert!(linked, "{state:?} {now:?}"),
                    Plan::Fail { reason } => {
                        assert!(!linked, "{state:?} {now:?}");
                        assert!(reason.contains("guid-1") && reason.contains("guid-2"));
                    }
                    other => panic!("{other:?}"),
                }
            }
        }
    }
}

#[test]
fn a_name_that_was_erased_stays_and_other_names_change() {
    let named = |name: &str, named: bool| {
        let mut draft = with(&income(Payment::Open), |income| {
            (income.name, income.named) = (name.to_owned(), named);
        });
        draft.label = if named { "Jan" } else { name }.to_owned();
        draft
    };
    let before = synced(&named("Objednávka 7 – Jan", true));
    let erased = named("Objednávka 7", false);
    assert_eq!(needed(&erased, Some(&before), UPDATING), UNCHANGED);
    // The name alone was the person's.
    let only = synced(&named("Jan", true));
    assert_eq!(needed(&named("7", false), Some(&only), UPDATING), UNCHANGED);

    let renamed = named("Objednávka 7 – Karel", true);
    assert_eq!(needed(&renamed, Some(&before), UPDATING), Need::Current(ID));
    let nameless = synced(&erased);
    let anew = named("Zakázka 7", false);
    let need = needed(&anew, Some(&nameless), UPDATING);
    assert_eq!(need, Need::Current(ID), "it never had a person's name");
}

#[test]
fn what_is_erased_is_skipped_or_stays_as_it_is() {
    let erased = void(Void::Erased, false);
    let reason = "erased in the shop, not imported";
    assert_eq!(needed(&erased, None, UPDATING), skipped(reason));
    for paid in [PAID, Payment::Open] {
        let before = synced(&income(paid));
        assert_eq!(needed(&erased, Some(&before), UPDATING), UNCHANGED);
        let lost = known(RecordState::Uncertain, &income(paid));
        let revision = adopted(&erased, Some(&lost), &lost.source, UPDATING);
        assert_eq!(sent(&revision), Vec::<&str>::new());
    }
}

fn any_paid() -> impl Strategy<Value = Payment> {
    prop_oneof![Just(PAID), Just(Payment::Open), Just(Payment::Unknown)]
}

proptest! {
    #[test]
    fn adopting_a_foreign_record_only_raises(current in any_attributes(), paid in any_paid()) {
        let revision = adopted(&income(paid), None, &current, UPDATING);
        let after = applied(&current, &revision);
        prop_assert!(!current.is_true("done") || after.is_true("done"));
        prop_assert!(same("inactive", after.get("inactive"), current.get("inactive")));
        if current.text("payment_date").is_some() {
            prop_assert_eq!(after.get("payment_date"), current.get("payment_date"));
        }
        if paid == PAID {
            prop_assert!(after.is_true("done"));
        }
    }

    #[test]
    fn the_payment_date_of_a_record_that_stays_paid_never_changes(
        days in proptest::collection::vec((1..29_u8, any_paid()), 1..8),
        edited in proptest::option::of(1..29_u8),
    ) {
        let day = |day: u8| format!("2024-06-{day:02}");
        let mut known = synced(&income(PAID));
        let mut caflou = known.written.clone();
        if let Some(edited) = edited {
            caflou.set("payment_date", Value::text(&day(edited)));
        }
        let date = caflou.get("payment_date").cloned();
        for (n, paid) in days.into_iter().filter(|(_, paid)| *paid != Payment::Open) {
            let draft = with(&on(&day(n), paid), |income| income.value = n.into());
            let revision = updated(&draft, &known, &caflou);
            caflou = applied(&caflou, &revision);
            prop_assert!(caflou.is_true("done"));
            prop_assert_eq!(caflou.get("payment_date"), date.as_ref());
            (known.source, known.written) = (revision.source, caflou.clone());
            prop_assert_eq!(needed(&draft, Some(&known), UPDATING), UNCHANGED);
        }
    }

    #[test]
    fn planning_again_what_was_applied_is_unchanged(
        first in any_paid(), second in any_paid(), third in any_paid(),
    ) {
        let mut known = synced(&on("2024-06-01", first));
        let mut caflou = known.written.clone();
        let (then, later) = (on("2024-06-02", second), on("2024-06-03", third));
        for (draft, link) in [(then, Some(5)), (later, None)] {
            let link = link.map(|id| CompanyLink::Imported(CaflouId(id)));
            let want = desired(&draft, Some(&known), link.as_ref());
            let plan = update(&draft, &known, &want, ID, Some(&caflou));
            let Plan::Update { revision, .. } = plan else { panic!("{plan:?}") };
            caflou = applied(&caflou, &revision);
            (known.source, known.written) = (revision.source, caflou.clone());
            let want = desired(&draft, Some(&known), link.as_ref());
            prop_assert_eq!(need(&draft, Some(&known), &want, UPDATING), UNCHANGED);
            prop_assert!(caflou.get("company_id").is_some());
        }
    }
}
