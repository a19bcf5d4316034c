//! Settings that depend on an order's payment method, and on its status.

use std::fmt;

/// What incomes of one payment method get instead of, or beside, what all incomes get.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ByMethod {
    /// Caflou category, instead of the general one; positive.
    pub category_id: Option<i64>,
    /// Caflou project, instead of the general one; positive.
    pub project_id: Option<i64>,
    /// Caflou source, instead of the general one; positive.
    pub source_id: Option<i64>,
    /// Days from an unpaid order to its expected payment, instead of `expected_days`: 0 to 3650.
    pub expected_days: Option<u16>,
    /// Tags beside the general ones, none of them empty.
    pub tags: Vec<String>,
}

impl ByMethod {
    /// Each setting that is there, by its key in the file, as text that is the same in every release.
    pub(super) fn settings(&self) -> Vec<(&'static str, String)> {
        // taken apart so that a new setting does not compile until it has its place here
        let Self {
            category_id,
            project_id,
            source_id,
            expected_days,
            tags,
        } = self;
        let ids = [
            ("category_id", category_id),
            ("project_id", project_id),
            ("source_id", source_id),
        ];
        let ids = ids.into_iter();
        let ids = ids.filter_map(|(key, id)| Some((key, id.as_ref()?.to_string())));
        let days = expected_days.map(|days| ("expected_days", days.to_string()));
        let tags = tags.iter().map(|tag| ("tags", tag.clone()));
        ids.chain(days).chain(tags).collect()
    }
}

/// An order's status in the settings: its number at the source, or its name there. Displayed as
/// people write it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum OrderStatus {
    /// Its number; negative ones are the system's own.
    Id(i64),
    /// Its name, without white space around it.
    Name(String),
}

impl fmt::Display for OrderStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Name(name) => f.write_str(name),
        }
    }
}
