use super::*;
use proptest::prelude::*;

#[test]
fn a_description_that_came_back_as_html_is_the_same() {
    let sent = Value::text("https://shop.cz/admin?a=1&b=2\nshoptet:1:2026000001");
    for back in [
        "<p>https://shop.cz/admin?a=1&amp;b=2<br>shoptet:1:2026000001</p>",
        "<p>https://shop.cz/admin?a=1&amp;b=2</p>\r\n<p>shoptet:1:2026000001</p>",
        "<div><a href=\"x\">https://shop.cz/admin?a=1&amp;b=2</a><br />shoptet:1:2026000001</div>",
    ] {
        assert!(
            same("description", Some(&sent), Some(&Value::text(back))),
            "{back}"
        );
    }
    assert!(!same(
        "description",
        Some(&sent),
        Some(&Value::text("<p>shoptet:1:2</p>"))
    ));
}

#[test]
fn days_are_compared_as_days_and_what_is_no_day_as_text() {
    let same = |a: &str, b: &str| {
        let (a, b) = (Value::text(a), Value::text(b));
        let fields = ["date", "payment_date", "tax_date"];
        let all = fields.map(|field| same(field, Some(&a), Some(&b)));
        assert_eq!(all, [all[0]; 3], "{a:?} {b:?}");
        all[0]
    };
    assert!(same("2026-11-22", "2026-11-22T00:00:00+01:00"));
    for (a, b) in [
        ("2026", "1999"),
        ("2026-11-22", "2026"),
        ("0000000000", "123456789ž"),
    ] {
        assert!(!same(a, b) && !same(b, a), "{a} {b}");
    }
}

#[test]
fn unset_equals_empty_and_for_flags_false() {
    assert!(same("inactive", None, Some(&Value::Bool(false))));
    assert!(!same("inactive", None, Some(&Value::Bool(true))));
    assert!(same(
        "payment_date",
        Some(&Value::Null),
        Some(&Value::text(""))
    ));
    assert!(same(
        "value",
        Some(&Value::text("10.50")),
        Some(&Value::Number("10.5".parse().unwrap()))
    ));
    assert!(!same("name", None, Some(&Value::Bool(false))));
}

proptest! {
    #[test]
    fn a_number_leaves_and_comes_back_with_its_digits(units in any::<i64>(), scale in 0..5_u32) {
        let number = Decimal::new(units, scale);
        let json = serde_json::to_string(&Value::Number(number)).unwrap();
        prop_assert_eq!(&json, &number.to_string());
        let back: Json = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(Value::from_json(&back), Value::Number(number));
    }
}
