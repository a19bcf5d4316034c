//! Amounts of money: decimal text in, decimal text out.

use rust_decimal::Decimal;
use thiserror::Error;

/// The largest amount taken: beyond it a value is a mistake of the source, not a sale.
const LARGEST: Decimal = Decimal::from_parts(0xD4A5_1000, 0xE8, 0, false, 0); // 10^12
/// The longest text that is taken for an amount, in bytes.
const LONGEST: usize = 40;
/// Decimal places that an amount may have; currencies have at most 3, unit prices 4.
const MOST_DECIMALS: u32 = 4;

/// Why a text is no amount.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AmountError {
    /// Not a decimal number.
    #[error("`{0}` is not an amount")]
    NotANumber(String),
    /// A number that no order can have.
    #[error("amount `{0}` is out of range")]
    OutOfRange(String),
}

/// Reads an amount from decimal text (`"1234.50"`, `"-3"`, `"1e3"`), keeping its digits.
///
/// # Errors
/// When the text is no decimal number, is 10^12 or more, or has more than four decimal places.
pub fn amount(text: &str) -> Result<Decimal, AmountError> {
    let trimmed = text.trim();
    let shown = || trimmed.chars().take(40).collect::<String>();
    if trimmed.len() > LONGEST {
        return Err(AmountError::OutOfRange(shown()));
    }
    let plain = plain(trimmed).ok_or_else(|| AmountError::NotANumber(shown()))?;
    let value = Decimal::from_str_exact(&plain).map_err(|_| AmountError::OutOfRange(shown()))?;
    if value.abs() >= LARGEST || value.normalize().scale() > MOST_DECIMALS {
        return Err(AmountError::OutOfRange(shown()));
    }
    Ok(value)
}

/// Any decimal number, with exactly its value; `None` where the text is none, or has more digits
/// than can be held.
pub(super) fn exact(text: &str) -> Option<Decimal> {
    Decimal::from_str_exact(&plain(text)?).ok()
}

/// A decimal number without its exponent. The library's own reading of exponents rounds, and its
/// reading of digits lets underscores pass.
fn plain(text: &str) -> Option<String> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (sign, unsigned) = match mantissa.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, part) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let mut digits = format!("{whole}{part}");
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let exponent: i32 = exponent.parse().ok()?;
    let point = i64::try_from(whole.len()).ok()? + i64::from(exponent);
    if digits.bytes().all(|b| b == b'0') && exponent != 0 {
        return Some("0".to_owned());
    }
    if !(-64..=64).contains(&exponent) {
        return None;
    }
    let missing = usize::try_from(-point).unwrap_or(0);
    digits.insert_str(0, &"0".repeat(missing));
    let point = usize::try_from(point).unwrap_or(0);
    digits.extend(std::iter::repeat_n('0', point.saturating_sub(digits.len())));
    let (whole, part) = digits.split_at(point);
    let whole = if whole.is_empty() { "0" } else { whole };
    Some(if part.is_empty() {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{part}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_amount_with_two_decimals_keeps_its_digits(crowns in -999_999_999_999_i64..999_999_999_999, hellers in 0..100_u8) {
            let text = format!("{crowns}.{hellers:02}");
            prop_assert_eq!(amount(&text).unwrap().to_string(), text.replace("-0.00", "0.00"));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".*") {
            let _ = amount(&text);
        }
    }

    #[test]
    fn what_no_order_can_cost_is_refused() {
        assert_eq!(LARGEST.to_string(), "1000000000000");
        for text in ["1e400", "1000000000000", "0.00001", "9".repeat(50).as_str()] {
            assert!(amount(text).is_err(), "{text}");
        }
        for text in [
            "", "abc", "1,5", "NaN", "--1", "1.2.3", "1_000", "1 234,50", "e5", "1e", "1e5.0", "٣",
        ] {
            assert!(
                matches!(amount(text), Err(AmountError::NotANumber(_))),
                "{text}"
            );
        }
        assert_eq!(amount("1e3").unwrap().to_string(), "1000");
        assert_eq!(amount("10.0000000").unwrap(), Decimal::from(10));
    }

    #[test]
    fn an_exponent_moves_the_point_and_never_rounds() {
        for (text, value) in [
            ("1.2345e2", "123.45"),
            ("12345E-2", "123.45"),
            ("-5e-3", "-0.005"),
            ("+1.5E+3", "1500"),
            ("0e99", "0"),
            ("1e-4", "0.0001"),
        ] {
            assert_eq!(amount(text).unwrap().to_string(), value, "{text}");
        }
        let nearly_one = "1.00000000000000000000000000000001e0";
        assert!(amount(nearly_one).is_err(), "taken as 1 by rounding");
        assert_eq!(exact("1e-40"), None);
    }
}
