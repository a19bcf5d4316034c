//! Which numbers are the same, which are not, and which tell nobody apart.

use proptest::prelude::*;

use super::*;
use crate::record::Value;

fn company(fields: &[(&'static str, &str)]) -> Identity {
    let mut attributes = Attributes::default();
    for (field, value) in fields {
        attributes.set(field, Value::text(value));
    }
    Identity::of(&attributes)
}

/// A number with the right check digit.
fn valid(first_seven: u32) -> String {
    let number = |check| format!("{first_seven:07}{check}");
    let right = (0..10).map(number).find(|n| eight_digits(n).is_some());
    right.unwrap_or_default()
}

#[test]
fn czech_and_slovak_numbers_are_padded_to_eight_digits() {
    for (number, country, key) in [
        (" 123 455 ", Some("cz"), "00123455"),
        ("123455", Some("SK"), "00123455"),
        ("123455", None, "00123455"),
        ("00123455", None, "00123455"),
        ("27082440", Some("CZ"), "27082440"),
        ("270-824-40", Some("CZ"), "27082440"),
        (
            "\u{feff}27\u{200b}0824\u{ad}40\u{200e}",
            Some("CZ"),
            "27082440",
        ),
        ("27\u{a0}08\u{2009}24\u{202f}40", Some("CZ"), "27082440"),
        ("00006947", Some("CZ"), "00006947"), // a ministry's
        ("25596641", Some("CZ"), "25596641"), // the check digit is 11 modulo 10
        ("123456", Some("DE"), "123456"),
        ("hrb 12", Some("DE"), "HRB12"),
        ("CZ 27082440", Some("CZ"), "27082440"),
        ("sk-123455", Some("SK"), "00123455"),
        ("PL 526-10-40-828", Some("PL"), "5261040828"),
    ] {
        let found = registration_key(number, country);
        assert_eq!(found.as_deref(), Some(key), "{number:?} {country:?}");
    }
}

#[test]
fn what_tells_nobody_apart_is_no_number() {
    for none in [
        "-",
        "0",
        "1",
        "123",
        "0000 0000",
        "00000001",
        "nemám",
        "27082441",
        "72082440",
        "11111111",
        "12345678",
        "123456789",
        "270824400",
        "2708244O",
        "PL27082440",
        "CZ7001011234",
        "",
    ] {
        for country in [None, Some("CZ"), Some("SK")] {
            assert_eq!(registration_key(none, country), None, "{none} {country:?}");
        }
    }
    for none in ["-", "0", "1", "123", "nemám", "00000", "11111", "CZ", "DE1"] {
        assert_eq!(registration_key(none, Some("DE")), None, "{none}");
    }
}

#[test]
fn vat_numbers_are_the_same_however_they_are_written() {
    for (number, country, key) in [
        ("BE 0477.472.701", None, "BE0477472701"),
        ("be0477-472-701", Some("BE"), "BE0477472701"),
        ("0477 472 701", Some("BE"), "BE0477472701"),
        ("cz 00123455", None, "CZ00123455"),
        ("CZ\u{200b}27082440", Some("CZ"), "CZ27082440"),
        ("094259216", Some("GR"), "EL094259216"),
        ("GR 094259216", Some("GR"), "EL094259216"),
        ("gr094259216", None, "EL094259216"),
        ("U12345678", Some("AT"), "ATU12345678"),
        ("ATU 12345678", Some("AT"), "ATU12345678"),
        ("B-12345678", Some("ES"), "ESB12345678"),
        ("526-10-40-828", Some("PL"), "PL5261040828"),
        ("DE 123 456 789", Some("PL"), "DE123456789"),
        ("2020123456", Some("SK"), "SK2020123456"),
        ("2020123456", None, "2020123456"),
        ("CZ6990", Some("SK"), "CZ6990"),
    ] {
        let found = vat_key(number, country);
        let wanted = (!key.starts_with("CZ699")).then_some(key);
        assert_eq!(found.as_deref(), wanted, "{number:?}");
    }
    for none in [
        "-",
        "0",
        "CZ",
        "CZ0",
        "CZ 123",
        "nemám",
        "11111111",
        "DIČ: CZ27082440",
        "CZ699000001",
        "cz 699 00 0001",
    ] {
        assert_eq!(vat_key(none, None), None, "{none}");
    }
    assert_eq!(
        vat_key("699000001", Some("CZ")),
        None,
        "a group without its country"
    );
    assert!(vat_key("SK6990000011", None).is_some(), "no Czech group");
    assert!(vat_key("CZ698000001", None).is_some());
}

#[test]
fn the_country_is_said_or_known_by_the_vat_number() {
    let by_vat = company(&[("id_num", "27082440"), ("tax_num", "CZ27082440")]);
    assert_eq!(by_vat.country.as_deref(), Some("CZ"));
    let said = company(&[("country", "sk"), ("tax_num", "CZ27082440")]);
    assert_eq!(said.country.as_deref(), Some("SK"));
    let greek = company(&[("tax_num", "EL094259216")]);
    assert_eq!(greek.country.as_deref(), Some("GR"));
    assert_eq!(company(&[("tax_num", "27082440")]).country, None);
    assert_eq!(company(&[("country", "Czechia")]).country, None);
    assert!(company(&[("id_num", "123"), ("country", "CZ")]).is_empty());
    assert!(!company(&[("tax_num", "27082440")]).is_empty());
    assert!(!company(&[("id_num", "27082440")]).is_empty());
}

#[test]
fn numbers_keep_apart_only_where_both_have_one() {
    let czech = company(&[("id_num", "27082440"), ("country", "CZ")]);
    let other = company(&[("id_num", "25596641"), ("country", "CZ")]);
    let slovak = company(&[("id_num", "27082440"), ("country", "SK")]);
    let somewhere = company(&[("id_num", "27082440")]);
    let unknown = company(&[("id_num", "123"), ("country", "CZ")]);
    assert!(czech.differs_by_registration(&other));
    assert!(czech.differs_by_registration(&slovak));
    assert!(!czech.differs_by_registration(&czech.clone()));
    assert!(!czech.differs_by_registration(&somewhere));
    assert!(other.differs_by_registration(&somewhere));
    assert!(!czech.differs_by_registration(&unknown) && !unknown.differs_by_registration(&czech));
    let vat = |number| company(&[("tax_num", number)]);
    assert!(vat("CZ27082440").differs_by_vat(&vat("CZ25596641")));
    assert!(!vat("CZ27082440").differs_by_vat(&vat("cz 27082440")));
    assert!(!vat("CZ27082440").differs_by_vat(&vat("27082440")));
    assert!(!vat("27082440").differs_by_vat(&vat("CZ27082440")));
    assert!(vat("25596641").differs_by_vat(&vat("CZ27082440")));
    assert!(!vat("U12345678").differs_by_vat(&vat("ATU12345678")));
    assert!(!vat("CZ27082440").differs_by_vat(&vat("CZ699000001")));
    assert!(!vat("CZ699000001").differs_by_vat(&vat("CZ27082440")));
    let both = company(&[
        ("id_tax_num", "SK2020123456"),
        ("tax_num", "2020123456"),
        ("country", "SK"),
    ]);
    assert_eq!(both.vat, ["SK2020123456"]);
}

proptest! {
    #[test]
    fn any_way_to_write_a_number_gives_its_key(
        first in 1000_u32..10_000_000,
        gaps in prop::collection::vec("[ \u{a0}\u{200b}\u{ad}.-]{0,2}", 8),
    ) {
        let number = valid(first);
        prop_assume!(!number.is_empty());
        let typed = number.chars().map(String::from).zip(gaps).map(|(c, gap)| c + &gap);
        let typed: String = typed.collect();
        prop_assert_eq!(registration_key(&typed, Some("CZ")), Some(number.clone()));
        prop_assert_eq!(registration_key(number.trim_start_matches('0'), Some("SK")), Some(number.clone()));
        // One digit that is wrong is always noticed.
        for at in 0..8 {
            let mut wrong = number.clone().into_bytes();
            wrong[at] = b'0' + (wrong[at] - b'0' + 1) % 10;
            let wrong = String::from_utf8(wrong).unwrap();
            if at < 7 && valid(wrong[..7].parse().unwrap()) == wrong {
                continue; // remainders 0 and 10 share their check digit
            }
            prop_assert_eq!(registration_key(&wrong, None), None, "{}", wrong);
        }
    }

    #[test]
    fn a_key_is_its_own_key(number in "\\PC{0,20}", country in prop::option::of("(CZ|SK|DE|GR|AT|PL)")) {
        let country = country.as_deref();
        if let Some(key) = registration_key(&number, country) {
            prop_assert_eq!(registration_key(&key, country), Some(key));
        }
        if let Some(key) = vat_key(&number, country) {
            prop_assert_eq!(vat_key(&key, country), Some(key));
        }
    }
}
