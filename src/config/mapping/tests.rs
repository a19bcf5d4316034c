use super::*;

#[test]
fn a_listed_method_has_its_own_days() {
    let by_method = BTreeMap::from([("Dobírkou".to_owned(), 7)]);
    let expected = ExpectedDays {
        default: 1,
        by_method,
    };
    assert_eq!(expected.days(Some("Dobírkou ")), 7);
    assert_eq!(expected.days(Some("Dob&iacute;rkou")), 7);
    assert_eq!(expected.days(Some("Kartou")), 1);
    assert_eq!(expected.days(None), 1);
}

#[test]
fn a_method_that_two_names_read_alike_gets_what_is_set_for_it_as_it_is_typed() {
    let days = |expected_days| ByMethod {
        expected_days: Some(expected_days),
        ..ByMethod::default()
    };
    let by = [("KARTOU", 1), ("Kartou", 2), ("a-guid", 3)];
    let by = by.map(|(key, set)| (key.to_owned(), days(set)));
    let mapping = Mapping {
        by: BTreeMap::from(by),
        ..Mapping::default()
    };
    let of = |guid, name| {
        mapping
            .of_method(guid, name)
            .and_then(|own| own.expected_days)
    };
    assert_eq!(of(None, Some("Kartou ")), Some(2));
    assert_eq!(of(None, Some("kartou")), Some(1));
    assert_eq!(of(Some("A-GUID"), Some("Kartou")), Some(3));
    assert_eq!(of(Some("b-guid"), Some("Kartou")), Some(2));
    assert_eq!(of(Some("b-guid"), None), None);
}

#[test]
fn the_fingerprint_of_the_default_never_changes() {
    // a change here makes every shop compare all its orders again: not by accident
    insta::assert_snapshot!(Mapping::default().fingerprint_text(), @r"
    name=34:Objednávka {code}{dash}{customer}
    payment date=11:change-time
    days=1:0
    ");
}

#[test]
fn the_fingerprint_tells_apart_what_maps_differently() {
    let base = Mapping::default;
    let days = |name: &str| ExpectedDays {
        default: 0,
        by_method: BTreeMap::from([(name.to_owned(), 7)]),
    };
    let mappings = [
        base(),
        Mapping {
            category_id: Some(1),
            ..base()
        },
        Mapping {
            project_id: Some(1),
            ..base()
        },
        Mapping {
            source_id: Some(1),
            ..base()
        },
        Mapping {
            tags: vec!["a".into(), "b".into()],
            ..base()
        },
        Mapping {
            tags: vec!["a\ntag=1:b".into()],
            ..base()
        },
        Mapping {
            income_name: "{code}".parse().unwrap(),
            ..base()
        },
        Mapping {
            payment_date: PaymentDate::OrderTime,
            ..base()
        },
        Mapping {
            by: BTreeMap::from([("Dobírkou".to_owned(), ByMethod::default())]),
            tags: vec!["c".into()],
            ..base()
        },
        Mapping {
            by: BTreeMap::from([(
                "Dobírkou".to_owned(),
                ByMethod {
                    expected_days: Some(7),
                    ..ByMethod::default()
                },
            )]),
            ..base()
        },
        Mapping {
            cancelled_statuses: vec![OrderStatus::Id(12)],
            ..base()
        },
        Mapping {
            cancelled_statuses: vec![OrderStatus::Name("12".into())],
            ..base()
        },
        Mapping {
            expected_days: days("Dobírkou"),
            ..base()
        },
        Mapping {
            expected_days: ExpectedDays {
                default: 7,
                ..Default::default()
            },
            ..base()
        },
    ];
    let texts: std::collections::BTreeSet<_> =
        mappings.iter().map(Mapping::fingerprint_text).collect();
    assert_eq!(texts.len(), mappings.len());
}

#[test]
fn matching_is_not_part_of_the_fingerprint() {
    let without = Mapping {
        match_existing: false,
        ..Mapping::default()
    };
    assert_eq!(
        without.fingerprint_text(),
        Mapping::default().fingerprint_text()
    );
}
