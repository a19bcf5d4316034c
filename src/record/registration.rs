//! Registration and VAT numbers in the form in which they are compared.

/// The comparable form of a registration number (IČO): without spaces, in Czechia and Slovakia
/// padded with zeros to eight digits. What cannot tell anybody apart (`-`, `0`) gives `None`.
#[must_use]
pub fn registration_key(number: &str, country: Option<&str>) -> Option<String> {
    let compact: String = number.chars().filter(|c| !c.is_whitespace()).collect();
    if !tells_apart(&compact) {
        return None;
    }
    let padded = matches!(
        country.map(str::to_ascii_uppercase).as_deref(),
        Some("CZ" | "SK") | None
    ) && compact.len() < 8
        && compact.bytes().all(|b| b.is_ascii_digit());
    Some(if padded {
        format!("{compact:0>8}")
    } else {
        compact.to_uppercase()
    })
}

/// The comparable form of a VAT number: without spaces, in capitals. What cannot tell anybody apart
/// gives `None`.
#[must_use]
pub fn vat_key(number: &str) -> Option<String> {
    let compact: String = number.chars().filter(|c| !c.is_whitespace()).collect();
    tells_apart(&compact).then(|| compact.to_uppercase())
}

/// Many people write `-`, `0` or `none` where a form asks for a number.
fn tells_apart(number: &str) -> bool {
    number.bytes().any(|b| matches!(b, b'1'..=b'9'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn czech_and_slovak_numbers_are_padded_to_eight_digits() {
        let key = |number, country| registration_key(number, country);
        assert_eq!(key(" 123 456 ", Some("cz")).as_deref(), Some("00123456"));
        assert_eq!(key("123456", Some("SK")).as_deref(), Some("00123456"));
        assert_eq!(key("123456", None).as_deref(), Some("00123456"));
        assert_eq!(key("123456", Some("DE")).as_deref(), Some("123456"));
        assert_eq!(key("hrb 12", Some("DE")).as_deref(), Some("HRB12"));
        assert_eq!(key("  ", Some("CZ")), None);
        assert_eq!(vat_key("cz 00123456").as_deref(), Some("CZ00123456"));
        for none in ["-", "0", "0000 0000", "nemám"] {
            assert_eq!(key(none, None), None, "{none}");
            assert_eq!(vat_key(none), None, "{none}");
        }
    }
}
