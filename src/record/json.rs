//! JSON from outside, taken as it is written.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Under this name the JSON library hands over the digits of a number.
const DIGITS: &str = "$serde_json::private::Number";

/// Any JSON value. Unlike [`Value`]'s own reading, no name in it has a meaning of its own: there, an
/// object with a certain name is replaced by what its text holds as JSON, again and again, however
/// deep that goes, until the stack is used up.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Json(pub Value);

impl Json {
    /// Reads a text; nested deeper than 127 levels it is an error.
    ///
    /// # Errors
    /// When it is no JSON.
    pub fn parse(text: &str) -> Result<Value, serde_json::Error> {
        serde_json::from_str(text).map(|Self(value)| value)
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor).map(Self)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, yes: bool) -> Result<Value, E> {
        Ok(Value::Bool(yes))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::from(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::from(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Json(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            if object.is_empty() && name == DIGITS {
                let digits: String = entries.next_value()?;
                let number: Result<Number, _> = digits.parse();
                return number.map(Value::Number).map_err(A::Error::custom);
            }
            let Json(value) = entries.next_value()?;
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_that_poses_as_json_within_json_stays_text() {
        let name = "$serde_json::private::RawValue";
        let mut text = "[]".to_owned();
        // Escaped so that it does not double with each level.
        for _ in 0..200 {
            let inner = text.replace('\\', "\\u005c").replace('"', "\\u0022");
            let (open, close) = ("[".repeat(120), "]".repeat(120));
            text = format!(r#"{{"{name}":"{open}{inner}{close}"}}"#);
        }
        let json = Json::parse(&text).unwrap();
        assert!(json[name].is_string());
        for bad in [
            r#"{"$serde_json::private::Number": "abc"}"#,
            r#"{"$serde_json::private::Number": 5}"#,
            r#"{"$serde_json::private::Number": "5", "a": 1}"#,
        ] {
            assert!(Json::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_nested_beyond_reason_is_an_error() {
        let nested = |depth| "[".repeat(depth) + &"]".repeat(depth);
        assert!(Json::parse(&nested(100)).is_ok());
        assert!(Json::parse(&nested(10_000)).is_err());
    }

    #[test]
    fn numbers_keep_their_digits() {
        let digits = "7".repeat(400);
        for text in ["-0", "1234.50", "1E-400", "18446744073709551616", &digits] {
            let json = Json::parse(&format!("[{text}]")).unwrap();
            assert_eq!(json[0].to_string().to_uppercase(), text.to_uppercase());
        }
    }

    proptest! {
        #[test]
        fn it_reads_what_the_library_reads(text in r#"[\[\]{}",:a0-9eE.+\\ -]{0,24}"#) {
            let theirs = serde_json::from_str::<Value>(&text);
            prop_assert_eq!(Json::parse(&text).ok(), theirs.ok());
        }
    }
}
