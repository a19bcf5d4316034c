//! Whose record it is: before one is changed, what was read has to say that it is the one meant.

use super::marks::{Marks, without_remains};
use super::{MatchedBy, Stored};
use crate::record::{Attributes, Draft, Kind, Mark, comparable, rich_text_lines, same};
use crate::state::Known;

/// Each by itself tells a record from others.
const COMPANY_KEYS: [&str; 5] = ["id_num", "tax_num", "id_tax_num", "email", "name"];
/// Only together do they.
const DOCUMENT_KEYS: [&str; 3] = ["name", "value", "currency"];

enum Owner {
    This,
    /// Another record, by its mark.
    Another(String),
    /// It carries no mark of ours.
    Nobody,
}

impl Stored {
    /// Makes sure that this is the record in Caflou that a draft stands for: by our mark, else,
    /// where it carries none (it was adopted, or somebody took the mark out), by the keys that we
    /// know it by. A damaged state file would send one record's values into another.
    ///
    /// # Errors
    /// Why it is not.
    pub fn stands_for(
        &self,
        draft: &Draft,
        desired: &Attributes,
        known: Option<&Known>,
        by: Option<MatchedBy>,
    ) -> Result<(), String> {
        if by == Some(MatchedBy::Hand) {
            return Ok(()); // the user said so
        }
        let what = format!("Caflou {} {}", draft.kind, self.id);
        match self.owner(draft.kind, &draft.mark) {
            Owner::This => Ok(()),
            Owner::Another(mark) => Err(format!(
                "{what} carries the mark of another record, {mark}: it was not touched"
            )),
            Owner::Nobody if self.has_keys(draft.kind, desired, known, by) => Ok(()),
            Owner::Nobody => Err(format!(
                "{what} carries neither our mark nor the reference or the values that were \
                 written last: it was not touched"
            )),
        }
    }

    /// Whether it shows all attributes by which its owner is known, set or not: a list may leave some
    /// out.
    #[must_use]
    pub fn tells_owner(&self, kind: Kind) -> bool {
        let by: &[_] = match kind {
            Kind::Company => &["another_identifier"],
            Kind::Income | Kind::Expense => &["description", "reference_number"],
        };
        by.iter().all(|field| self.attributes.get(field).is_some())
    }

    /// Whether this document is the one with a mark and with these values, where the end of its
    /// description may have been cut off: `None` where nobody knows.
    #[must_use]
    pub fn is_perhaps(&self, kind: Kind, mark: &Mark, desired: &Attributes) -> Option<bool> {
        match self.owner(kind, mark) {
            Owner::This => Some(true),
            Owner::Another(_) => Some(false),
            Owner::Nobody => {
                let lines = |attributes: &Attributes| {
                    let text = attributes.text("description").unwrap_or_default();
                    comparable(&rich_text_lines(text).join("\n"))
                };
                let (is, ours) = (lines(&self.attributes), lines(desired));
                let is = without_remains(&is);
                let cut = !is.is_empty() && ours.starts_with(is);
                (!cut).then_some(false)
            }
        }
    }

    fn owner(&self, kind: Kind, mark: &Mark) -> Owner {
        let attributes = &self.attributes;
        let text = |field| attributes.text(field).unwrap_or_default();
        let found = match kind {
            Kind::Company => Marks::read(text("another_identifier"), None),
            Kind::Income | Kind::Expense => {
                Marks::read(text("description"), attributes.text("reference_number"))
            }
        };
        let mark = comparable(mark.as_str());
        // Somebody may have written behind it.
        let is_ours = |found: &String| {
            let behind = found.strip_prefix(mark.trim());
            behind.is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
        };
        if found.whole.iter().any(is_ours) {
            return Owner::This;
        }
        // A mark that was cut short may be this one: other keys have to say so.
        if found.cut.is_some_and(|cut| mark.starts_with(cut.as_str())) {
            return Owner::Nobody;
        }
        let another = found.whole.into_iter().next();
        another.map_or(Owner::Nobody, Owner::Another)
    }

    fn has_keys(
        &self,
        kind: Kind,
        desired: &Attributes,
        known: Option<&Known>,
        by: Option<MatchedBy>,
    ) -> bool {
        // Companies are found by keys that may be written in several ways.
        if kind == Kind::Company && by.is_some() {
            return true;
        }
        // What is linked now has to be what it was found by.
        let ours = match (by, known) {
            (None, Some(known)) => vec![&known.written, &known.source, &known.pending, desired],
            _ => vec![desired],
        };
        let agrees = |ours: &Attributes, field| {
            let shown = self.attributes.get(field);
            !same(field, shown, None) && same(field, shown, ours.get(field))
        };
        ours.into_iter().any(|ours| match kind {
            Kind::Company => COMPANY_KEYS.iter().any(|key| agrees(ours, key)),
            Kind::Income | Kind::Expense => {
                agrees(ours, "reference_number")
                    || DOCUMENT_KEYS.iter().all(|key| agrees(ours, key))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::record::{SourceId, Value};

    #[test]
    fn wherever_a_description_of_ours_was_cut_off_nobody_says_that_the_record_is_not_ours() {
        let mark = Mark::new("shoptet", "1", &SourceId("Ž&7".to_owned()));
        let link = "https://1.example.com/?a=1&code=7";
        let mut desired = Attributes::default();
        desired.set(
            "description",
            Value::text(&format!("{link}\n{}", mark.as_str())),
        );
        let html = "<p>https://1.example.com/?a=1&amp;code=7<br>shoptet:1:&Zcaron;&amp;7</p>";
        for whole in [format!("{link}\n{}", mark.as_str()), html.to_owned()] {
            let is = |text: &str| {
                let row = json!({ "id": 7, "description": text, "reference_number": "Ž&7" });
                let stored = Stored::from_json(&row).unwrap();
                stored.is_perhaps(Kind::Income, &mark, &desired)
            };
            assert_eq!(is(&whole), Some(true));
            for (end, _) in whole.char_indices().skip(4) {
                for dots in ["", "…", "..."] {
                    let cut = format!("{}{dots}", &whole[..end]);
                    assert_ne!(is(&cut), Some(false), "{cut}");
                }
            }
            for other in ["", "Záloha", "https://2.example.com/", "shoptet:1:8"] {
                assert_eq!(is(other), Some(false), "{other}");
            }
        }
    }
}
