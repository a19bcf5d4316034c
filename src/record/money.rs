//! Amounts of money: decimal text in, decimal text out.

use rust_decimal::Decimal;
use thiserror::Error;

/// The largest amount taken: beyond it a value is a mistake of the source, not a sale.
const LARGEST: Decimal = Decimal::from_parts(0xD4A5_1000, 0xE8, 0, false, 0); // 10^12
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
    if trimmed.len() > 40 {
        return Err(AmountError::OutOfRange(shown()));
    }
    let parsed = if trimmed.contains(['e', 'E']) {
        Decimal::from_scientific(trimmed)
    } else {
        Decimal::from_str_exact(trimmed)
    };
    let value = parsed.map_err(|_| AmountError::NotANumber(shown()))?;
    if value.abs() >= LARGEST || value.normalize().scale() > MOST_DECIMALS {
        return Err(AmountError::OutOfRange(shown()));
    }
    Ok(value)
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
        for text in ["", "abc", "1,5", "NaN", "--1", "1.2.3"] {
            assert!(
                matches!(amount(text), Err(AmountError::NotANumber(_))),
                "{text}"
            );
        }
        assert_eq!(amount("1e3").unwrap().to_string(), "1000");
        assert_eq!(amount("10.0000000").unwrap(), Decimal::from(10));
    }
}
