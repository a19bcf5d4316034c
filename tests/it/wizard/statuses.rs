//! The question about the statuses of orders.

use caflou_sync::config::OrderStatus;

use super::*;

/// The questions of a changed connection up to that about statuses.
fn up_to() -> impl Iterator<Item = Answer> {
    (0..11).map(|_| Enter)
}

fn asked_for_the_list(bench: &Bench) -> usize {
    let requests = bench.requests(Service::Shoptet);
    let lists = requests.iter();
    lists
        .filter(|line| line.ends_with("/api/orders/statuses"))
        .count()
}

/// A connection with statuses in its settings: one by name, one by number.
fn with_statuses() -> Bench {
    let bench = bench();
    bench.configure(&crate::support::Settings {
        import: "order_statuses = [\"vyřízena\", 2]",
        mapping: "cancelled_statuses = [1]",
        ..Default::default()
    });
    bench
}

#[test]
fn they_are_chosen_from_the_shops_own_list() {
    let bench = bench();
    let choose = [
        Enter,
        Enter,
        Enter,
        Enter,
        Pick("choose"),
        Mark(&["Čeká na zboží"]),
        Mark(&["Vyřízena", "Zaplaceno převodem"]),
        Enter,
    ];
    let answers = begin()
        .into_iter()
        .chain(private(&bench))
        .chain(caflou(&bench));
    let talk = talk(&bench, given(&bench.sandbox), None, answers.chain(choose));
    snapshot("statuses", &talk);
    golden("statuses.toml", &written(&talk), &bench);
}

#[test]
fn with_enter_the_present_ones_stay_and_the_shop_is_not_asked() {
    let bench = with_statuses();
    let talk = talk(
        &bench,
        Given::default(),
        Some(KEY),
        up_to().chain([Enter, Enter]),
    );
    let now = "  > as now: vyřízena, 2; cancelled: 1\n    all\n    choose: which";
    assert!(talk.told.contains(now), "{}", talk.told);
    assert!(changes(&bench, &talk).is_empty());
    assert_eq!(asked_for_the_list(&bench), 0);
}

#[test]
fn what_is_marked_already_keeps_its_form_and_what_goes_is_taken_away() {
    let bench = with_statuses();
    let edited = |answers: Vec<Answer>| {
        let answers = up_to().chain(answers).chain([Enter]);
        let talk = talk(&bench, Given::default(), Some(KEY), answers);
        (changes(&bench, &talk), talk.told)
    };
    let (same, told) = edited(vec![Pick("choose"), Enter, Enter]);
    assert!(same.is_empty(), "{same:?} {told}");
    let more = vec![
        Pick("choose"),
        Mark(&["Čeká na zboží", "Zaplaceno převodem"]),
        Mark(&["Vyřízena", "Nevyřízená"]),
    ];
    assert_eq!(
        edited(more).0,
        [
            "import.order_statuses = [\"vyřízena\", \"Nevyřízená\"]",
            "mapping.cancelled_statuses = [1, \"Zaplaceno převodem\"]",
        ]
    );
    let none = [
        "import.order_statuses goes",
        "mapping.cancelled_statuses goes",
    ];
    assert_eq!(edited(vec![Pick("all")]).0, none);
    // All of those that are left are no choice: a status that comes later is one of them, too.
    let all = Mark(&[
        "Nevyřízená",
        "Vyřizuje se",
        "Vyřízena",
        "Zaplaceno převodem",
    ]);
    let (changes, _) = edited(vec![Pick("choose"), Enter, all]);
    assert_eq!(changes, none[..1]);
}

#[test]
fn a_shop_that_does_not_give_its_list_is_connected_all_the_same() {
    let bench = with_statuses();
    let down = (
        Matcher::new(Service::Shoptet, "GET", "/api/orders/statuses"),
        Fault::StatusBefore(502),
    );
    bench.sandbox.set_faults(Faults {
        script: vec![down; 6],
        ..Faults::default()
    });
    let talked = talk(
        &bench,
        Given::default(),
        Some(KEY),
        up_to().chain([Pick("choose"), Enter]),
    );
    let said = "!  The shop's list of statuses could not be read: Shoptet refused GET \
                /api/orders/statuses: 502 server-error";
    assert!(talked.told.contains(said), "{}", talked.told);
    assert!(changes(&bench, &talked).is_empty());
    // Nor does it keep out what the command line names.
    let named = Given {
        order_statuses: Some(vec![OrderStatus::Name("Nebo jiná".into())]),
        ..Given::default()
    };
    let talked = talk(&bench, named, Some(KEY), up_to().chain([Enter]));
    assert!(talked.told.contains(said), "{}", talked.told);
    assert_eq!(
        changes(&bench, &talked),
        ["import.order_statuses = [\"Nebo jiná\"]"]
    );
}

#[test]
fn a_named_status_that_the_shop_does_not_have_is_told_and_asked_for() {
    let bench = bench();
    bench.configure(&crate::support::Settings::default());
    let named = |status: OrderStatus| Given {
        cancelled_statuses: Some(vec![status]),
        ..Given::default()
    };
    let wrong = named(OrderStatus::Name("Nevyrizena".into()));
    let choose = up_to().chain([Pick("choose"), Mark(&["Nevyřízená"]), Enter, Enter]);
    let talked = talk(&bench, wrong, Some(KEY), choose);
    let said = "!! mapping.cancelled_statuses: the shop has no status \"Nevyrizena\"; did you mean \
                \"Nevyřízená\"?; there are: ";
    assert!(talked.told.contains(said), "{}", talked.told);
    assert_eq!(
        changes(&bench, &talked),
        ["mapping.cancelled_statuses = [\"Nevyřízená\"]"]
    );
    // A number is the user's word, but what no order ever has is worth a look.
    let talked = talk(
        &bench,
        named(OrderStatus::Id(77)),
        Some(KEY),
        up_to().chain([Enter]),
    );
    assert!(
        talked.told.contains("!  The shop has no status 77."),
        "{}",
        talked.told
    );
    assert_eq!(
        changes(&bench, &talked),
        ["mapping.cancelled_statuses = [77]"]
    );
}
