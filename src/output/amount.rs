//! Numbers for people: thousands grouped by a space, every digit true.

use rust_decimal::Decimal;

/// Decimal places that an amount of money is shown with at least.
const DECIMALS: u32 = 2;

/// A count: `1 198`.
#[must_use]
pub fn grouped(number: u64) -> String {
    group(&number.to_string())
}

/// An amount of money: `1 234.50`. It is padded to two decimal places, and never rounded.
#[must_use]
pub fn money(amount: Decimal) -> String {
    let mut amount = amount.normalize();
    if amount.scale() < DECIMALS {
        // Zeros at the end only: the value stays.
        amount.rescale(DECIMALS);
    }
    let sign = if amount.is_sign_negative() && !amount.is_zero() {
        "-"
    } else {
        ""
    };
    let digits = amount.abs().to_string();
    match digits.split_once('.') {
        Some((whole, part)) => format!("{sign}{}.{part}", group(whole)),
        None => format!("{sign}{}", group(&digits)),
    }
}

fn group(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn thousands_are_grouped() {
        let shown: Vec<_> = [0, 7, 999, 1_000, 12_345, 1_234_567].map(grouped).into();
        assert_eq!(shown, ["0", "7", "999", "1 000", "12 345", "1 234 567"]);
    }

    #[test]
    fn amounts_keep_their_digits() {
        for (text, shown) in [
            ("0", "0.00"),
            ("-0.00", "0.00"),
            ("20", "20.00"),
            ("1234.5", "1 234.50"),
            ("1234.5678", "1 234.5678"),
            ("1.5000", "1.50"),
            ("-1234567.89", "-1 234 567.89"),
        ] {
            assert_eq!(money(text.parse().unwrap()), shown, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_the_amount(units in any::<i64>(), scale in 0..5_u32) {
            let amount = Decimal::new(units, scale);
            let back: Decimal = money(amount).replace(' ', "").parse().unwrap();
            prop_assert_eq!(back, amount);
        }
    }
}
