//! What does not count any more, is in Caflou, and nothing is known of it.

use super::*;

fn found(draft: &Draft, known: Option<&Known>, current: &Attributes) -> Plan {
    let want = wanted(draft, known);
    adopt(
        draft,
        known,
        &want,
        (ID, MatchedBy::Mark),
        current,
        UPDATING,
    )
}

#[test]
fn it_leaves_the_cash_flow_unless_there_is_money_in_it() {
    let (unpaid, paid) = (income(Payment::Open), income(PAID));
    let there = |draft: &Draft| wanted(draft, None);
    let mut out = there(&unpaid);
    out.set("inactive", Value::Bool(true));
    let failed = known(RecordState::Failed, &unpaid);
    for known in [None, Some(&failed)] {
        for (draft, current, expected) in [
            (cancelled(), there(&unpaid), Some(&["inactive"][..])),
            (
                void(Void::Deleted, false),
                there(&unpaid),
                Some(&["inactive"]),
            ),
            (cancelled(), out.clone(), Some(&[])),
            (cancelled(), there(&paid), None),
            (void(Void::Cancelled, true), there(&unpaid), None),
        ] {
            match (found(&draft, known, &current), expected) {
                (Plan::Adopt { revision, .. }, Some(fields)) => {
                    assert_eq!(sent(&revision), fields, "{draft:?} {current:?}");
                }
                (
                    Plan::Skip {
                        warning, settled, ..
                    },
                    None,
                ) => {
                    assert_eq!((warning, settled), (Some(PAID_AND_VOID), None));
                }
                (plan, _) => panic!("{draft:?} {current:?}: {plan:?}"),
            }
        }
    }
}

proptest! {
    #[test]
    fn once_it_is_out_it_stays_out_and_what_somebody_changed_stays_when_it_counts_again(
        mut current in any_attributes(),
        paid in any::<bool>(),
    ) {
        current.set("done", Value::Bool(false));
        let Plan::Adopt { revision, .. } = found(&cancelled(), None, &current) else {
            panic!("not adopted");
        };
        let after = applied(&current, &revision);
        prop_assert!(after.is_true("inactive"));
        let mut known = synced(&cancelled());
        (known.source, known.written) = (revision.source.clone(), revision.written);
        known.written.overlay(&revision.fields.after());
        prop_assert!(!known.is_by_hand());
        prop_assert_eq!(needed(&cancelled(), Some(&known), UPDATING), UNCHANGED);

        let again = income(if paid { PAID } else { Payment::Open });
        let want = wanted(&again, Some(&known));
        let Plan::Update { revision, .. } = update(&again, &known, &want, ID, Some(&after)) else {
            panic!("not updated");
        };
        prop_assert_eq!(&revision.fields.0["inactive"].after, &Value::Bool(false));
        for field in revision.fields.0.keys().filter(|field| **field != "inactive") {
            prop_assert!(same(field, after.get(field), None), "{} is overwritten", field);
        }
        // What is otherwise there is told.
        for field in want.fields().filter(|field| !same(field, after.get(field), None)) {
            let agrees = same(field, want.get(field), after.get(field));
            let told = revision.kept.contains(&field) || revision.fields.0.contains_key(field);
            prop_assert!(agrees || told, "{} is silent", field);
        }
    }
}
