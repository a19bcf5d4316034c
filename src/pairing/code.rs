//! The pairing code: 95 random bits and a check character, typed by a person.
//!
//! Twenty characters of Crockford's alphabet (<https://www.crockford.com/base32.html>), which has no
//! look-alikes, in five groups of four: `07EN-W3AH-RZ6D-MV29-GQYR`. The last character is such that
//! the sum of all characters, each times a power of its own of a primitive element of GF(32), is zero.
//! As twenty powers differ from each other and from zero, one wrong character and any two swapped
//! ones are always noticed.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters of a code, the check character among them.
const LENGTH: usize = 20;
/// Characters of a group.
const GROUP: usize = 4;
/// x⁵ + x² + 1, by which GF(32) is made; x, the number 2, is primitive in it.
const MODULUS: u8 = 0b10_0101;

/// A pairing code. [`fmt::Display`] writes it in groups; [`fmt::Debug`] does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct PairingCode([u8; LENGTH]);

/// Why a text is no pairing code. The text itself is never repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PairingCodeError {
    /// Too short or too long.
    #[error("a pairing code has {LENGTH} characters, not {0}")]
    Length(usize),
    /// A character that no code has.
    #[error("there is no {0:?} in a pairing code")]
    Character(char),
    /// Mistyped: the check character does not fit.
    #[error("mistyped: compare each character with the e-mail")]
    Check,
}

impl PairingCode {
    /// How many random bytes make a code.
    pub const RANDOM: usize = LENGTH - 1;

    /// The code of these random bytes, of which five bits each are used.
    #[must_use]
    pub fn from_random(random: &[u8; Self::RANDOM]) -> Self {
        let mut digits = [0; LENGTH];
        for (digit, byte) in digits.iter_mut().zip(random) {
            *digit = byte & 31;
        }
        // The last one has the weight 1, and in this field minus is plus.
        digits[LENGTH - 1] = checksum(&digits);
        Self(digits)
    }
}

impl FromStr for PairingCode {
    type Err = PairingCodeError;

    /// Takes small letters, `O` for `0`, `I` and `L` for `1`, and any spaces and dashes.
    fn from_str(text: &str) -> Result<Self, PairingCodeError> {
        let typed = || text.chars().filter(|c| !is_between(*c));
        let mut digits = [0; LENGTH];
        let mut length = 0;
        for c in typed() {
            let digit = digit(c).ok_or(PairingCodeError::Character(c))?;
            if let Some(place) = digits.get_mut(length) {
                *place = digit;
            }
            length += 1;
        }
        if length != LENGTH {
            return Err(PairingCodeError::Length(length));
        }
        if checksum(&digits) != 0 {
            return Err(PairingCodeError::Check);
        }
        Ok(Self(digits))
    }
}

impl fmt::Display for PairingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, digit) in self.0.iter().enumerate() {
            if place > 0 && place % GROUP == 0 {
                f.write_str("-")?;
            }
            write!(f, "{}", char::from(ALPHABET[usize::from(*digit)]))?;
        }
        Ok(())
    }
}

impl fmt::Debug for PairingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PairingCode(…)")
    }
}

/// What people and mail programs put between the characters: spaces, dashes of all kinds, and what
/// has no width.
fn is_between(c: char) -> bool {
    let dash = matches!(
        c,
        '-' | '_' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}'
    );
    let no_width = matches!(
        c,
        '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}'
    );
    c.is_whitespace() || dash || no_width
}

/// The value of a character, 0 to 31.
fn digit(c: char) -> Option<u8> {
    let meant = match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    let place = ALPHABET
        .iter()
        .position(|known| char::from(*known) == meant);
    place.and_then(|place| u8::try_from(place).ok())
}

/// Σ digit · 2^(characters behind it), in GF(32); 0 where the check character fits.
fn checksum(digits: &[u8; LENGTH]) -> u8 {
    digits.iter().fold(0, |sum, digit| doubled(sum) ^ digit)
}

/// Twice a number, in GF(32).
fn doubled(number: u8) -> u8 {
    let twice = number << 1;
    if twice & 32 == 0 {
        twice
    } else {
        twice ^ MODULUS
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn code() -> impl Strategy<Value = PairingCode> {
        any::<[u8; PairingCode::RANDOM]>().prop_map(|random| PairingCode::from_random(&random))
    }

    fn typed(digits: [u8; LENGTH]) -> Result<PairingCode, PairingCodeError> {
        PairingCode(digits).to_string().parse()
    }

    proptest! {
        #[test]
        fn a_code_is_read_as_it_was_written(code in code()) {
            prop_assert_eq!(code.to_string().parse(), Ok(code));
        }

        #[test]
        fn spaces_dashes_case_and_look_alikes_do_not_matter(code in code(), between in "[ \t\u{a0}–—-]{0,3}") {
            let sloppy = |c: char| match c {
                '-' => between.clone(),
                '0' => "o".to_owned(),
                '1' => "l".to_owned(),
                c => c.to_lowercase().to_string(),
            };
            let text: String = code.to_string().chars().map(sloppy).collect();
            prop_assert_eq!(format!(" {text}\n").parse(), Ok(code.clone()));
            prop_assert_eq!(text.replace('l', "I").parse(), Ok(code));
        }

        #[test]
        fn one_wrong_character_is_noticed(code in code(), place in 0..LENGTH, by in 1_u8..32) {
            let mut digits = code.0;
            digits[place] ^= by;
            prop_assert_eq!(typed(digits), Err(PairingCodeError::Check));
        }

        #[test]
        fn two_swapped_characters_are_noticed(code in code(), one in 0..LENGTH, other in 0..LENGTH) {
            let mut digits = code.0;
            prop_assume!(digits[one] != digits[other]);
            digits.swap(one, other);
            prop_assert_eq!(typed(digits), Err(PairingCodeError::Check));
        }

        #[test]
        fn any_text_is_read_or_refused(text in any::<String>()) {
            if let Ok(code) = text.parse::<PairingCode>() {
                prop_assert_eq!(code.to_string().parse(), Ok(code));
            }
        }
    }

    #[test]
    fn a_code_of_today_is_read_tomorrow() {
        let random = std::array::from_fn(|place| u8::try_from(place * 7).unwrap());
        let code = PairingCode::from_random(&random);
        assert_eq!(code.to_string(), "07EN-W3AH-RZ6D-MV29-GQYR");
        assert_eq!(format!("{code:?}"), "PairingCode(…)");
    }

    #[test]
    fn a_text_that_is_no_code_is_refused_with_the_reason() {
        let error = |text: &str| text.parse::<PairingCode>().unwrap_err().to_string();
        assert_eq!(error(""), "a pairing code has 20 characters, not 0");
        let short = "a pairing code has 20 characters, not 19";
        assert_eq!(error("0000-0000-0000-0000-000"), short);
        let long = "a pairing code has 20 characters, not 24";
        assert_eq!(error("0000-0000-0000-0000-0000-0000"), long);
        let odd = "there is no 'U' in a pairing code";
        assert_eq!(error("0000-0000-0000-0000-000U"), odd);
        let wrong = "mistyped: compare each character with the e-mail";
        assert_eq!(error("0000-0000-0000-0000-0001"), wrong);
    }

    #[test]
    fn the_weights_of_all_places_differ() {
        let mut weights = vec![1];
        while weights.len() < LENGTH {
            weights.push(doubled(*weights.last().unwrap()));
        }
        weights.sort_unstable();
        weights.dedup();
        assert_eq!((weights.len(), weights[0]), (LENGTH, 1));
    }
}
