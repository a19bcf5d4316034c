//! How an income is named: text with placeholders.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::near;

/// Stands between the code and the customer.
const DASH: &str = " – ";
const PLACEHOLDERS: [(&str, Piece); 3] = [
    ("{code}", Piece::Code),
    ("{dash}", Piece::Dash),
    ("{customer}", Piece::Customer),
];

/// A name with the placeholders `{code}`, `{customer}` and `{dash}`; `{{` and `}}` are braces.
///
/// The default is `Objednávka {code}{dash}{customer}`. Displayed as it would be written in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameTemplate(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Code,
    Dash,
    Customer,
}

/// Why a text is no [`NameTemplate`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TemplateError {
    /// Nothing would be written.
    #[error("empty; a name is needed, such as \"Objednávka {{code}}\"")]
    Empty,
    /// A placeholder is not closed.
    #[error("a \"{{\" without its \"}}\"; write \"{{{{\" for the brace itself")]
    Unclosed,
    /// A line break or another control character is in the text.
    #[error("a control character, such as a line break, cannot be in a name")]
    Control,
    /// There is no such placeholder.
    #[error("unknown placeholder {name:?} (there are {{code}}, {{dash}}, {{customer}})")]
    Unknown {
        /// What was written, with its braces.
        name: String,
        /// The placeholder that was probably meant, with its braces.
        nearest: Option<&'static str>,
    },
}

impl NameTemplate {
    /// The name of the income with this `code`; the dash is there where there is a customer.
    #[must_use]
    pub fn render(&self, code: &str, customer: Option<&str>) -> String {
        let customer = customer.map(str::trim).unwrap_or_default();
        let dash = if customer.is_empty() { "" } else { DASH };
        let text = |piece| match piece {
            &Piece::Code => code,
            &Piece::Dash => dash,
            &Piece::Customer => customer,
            Piece::Text(text) => text,
        };
        self.0.iter().map(text).collect()
    }
}

impl Default for NameTemplate {
    fn default() -> Self {
        let word = Piece::Text("Objednávka ".to_owned());
        Self(vec![word, Piece::Code, Piece::Dash, Piece::Customer])
    }
}

impl FromStr for NameTemplate {
    type Err = TemplateError;

    fn from_str(text: &str) -> Result<Self, TemplateError> {
        if text.trim().is_empty() {
            return Err(TemplateError::Empty);
        }
        if text.contains(char::is_control) {
            return Err(TemplateError::Control);
        }
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            if rest.starts_with("{{") || rest.starts_with("}}") {
                literal.push(next);
                rest = &rest[2..];
            } else if next == '{' {
                let end = rest.find('}').ok_or(TemplateError::Unclosed)?;
                let (name, after) = rest.split_at(end + 1);
                if !literal.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut literal)));
                }
                pieces.push(placeholder(name)?);
                rest = after;
            } else {
                literal.push(next);
                rest = &rest[next.len_utf8()..];
            }
        }
        if !literal.is_empty() {
            pieces.push(Piece::Text(literal));
        }
        Ok(Self(pieces))
    }
}

impl fmt::Display for NameTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => {
                    f.write_str(&text.replace('{', "{{").replace('}', "}}"))?;
                }
                Piece::Code => f.write_str("{code}")?,
                Piece::Dash => f.write_str("{dash}")?,
                Piece::Customer => f.write_str("{customer}")?,
            }
        }
        Ok(())
    }
}

fn placeholder(name: &str) -> Result<Piece, TemplateError> {
    let known = PLACEHOLDERS.into_iter().find(|(known, _)| *known == name);
    known
        .map(|(_, piece)| piece)
        .ok_or_else(|| TemplateError::Unknown {
            name: name.to_owned(),
            nearest: near::nearest(name, PLACEHOLDERS.map(|(known, _)| known)),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(text: &str) -> Result<NameTemplate, TemplateError> {
        text.parse()
    }

    #[test]
    fn the_dash_is_there_only_with_a_customer() {
        let name = NameTemplate::default();
        assert_eq!(
            name.render("2026000124", Some("Jan Novák")),
            "Objednávka 2026000124 – Jan Novák"
        );
        assert_eq!(name.render("2026000124", None), "Objednávka 2026000124");
        assert_eq!(
            name.render("2026000124", Some(" ")),
            "Objednávka 2026000124"
        );
    }

    #[test]
    fn the_default_is_the_documented_text() {
        let text = "Objednávka {code}{dash}{customer}";
        assert_eq!(template(text).unwrap(), NameTemplate::default());
        assert_eq!(NameTemplate::default().to_string(), text);
    }

    #[test]
    fn doubled_braces_are_braces() {
        let name = template("{{code}} {code}} {{{code}").unwrap();
        assert_eq!(name.render("7", None), "{code} 7} {7");
        assert_eq!(template(&name.to_string()).unwrap(), name);
    }

    #[test]
    fn what_is_put_in_is_not_read_again() {
        assert_eq!(
            NameTemplate::default().render("{customer}", None),
            "Objednávka {customer}"
        );
    }

    #[test]
    fn mistakes_are_named() {
        let unknown = |name: &str, nearest| {
            Err(TemplateError::Unknown {
                name: name.to_owned(),
                nearest,
            })
        };
        assert_eq!(
            template("{custmer}"),
            unknown("{custmer}", Some("{customer}"))
        );
        assert_eq!(template("{Code}"), unknown("{Code}", Some("{code}")));
        assert_eq!(template("{invoice}"), unknown("{invoice}", None));
        assert_eq!(template("Order {code"), Err(TemplateError::Unclosed));
        assert_eq!(template(" "), Err(TemplateError::Empty));
        assert_eq!(template("a\nb"), Err(TemplateError::Control));
    }
}
