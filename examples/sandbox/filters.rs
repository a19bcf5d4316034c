//! What lists of the accounts are asked for.

use serde_json::Value;

use super::books::Record;
use super::http::Call;

const USUAL_ROWS: usize = 20;
const MOST_ROWS: usize = 100;

/// What a list is asked for; what nobody knows is ignored in silence.
pub struct Filters {
    params: Vec<(String, String)>,
}

impl Filters {
    /// The parameters of a request.
    pub fn read(call: &Call) -> Self {
        Self {
            params: call.params(),
        }
    }

    /// A filter, where it is set.
    pub fn get(&self, name: &str) -> Option<&str> {
        let wanted = format!("filter[{name}]");
        self.plain(&wanted).filter(|value| !value.is_empty())
    }

    /// A parameter outside `filter[…]`.
    pub fn plain(&self, name: &str) -> Option<&str> {
        self.params
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The numbers a filter in the plural names.
    pub fn ids(&self, name: &str) -> Option<Vec<i64>> {
        let ids = self.get(name)?.split(',');
        Some(ids.filter_map(|id| id.trim().parse().ok()).collect())
    }

    /// The page asked for and its rows.
    pub fn page(&self) -> (usize, usize) {
        let number = |name: &str| {
            self.plain(name)
                .and_then(|text| text.parse::<usize>().ok())
                .filter(|number| *number > 0)
        };
        (
            number("page").unwrap_or(1),
            number("per").unwrap_or(USUAL_ROWS).min(MOST_ROWS),
        )
    }
}

/// Is the text in one of the attributes, in whatever case?
pub fn contains(record: &Record, attributes: &[&str], text: &str) -> bool {
    let text = text.to_lowercase();
    attributes
        .iter()
        .filter_map(|name| record.get(*name).and_then(Value::as_str))
        .any(|value| value.to_lowercase().contains(&text))
}

/// Is the number one of those asked for, if any are?
pub fn is_among(ids: Option<&[i64]>, id: &Value) -> bool {
    ids.is_none_or(|ids| id.as_i64().is_some_and(|id| ids.contains(&id)))
}
