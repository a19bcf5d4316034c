//! The query of a request to Shoptet, read as strictly as the service reads it.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::http::Call;

/// Why a request is refused.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// The service's code of the error.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// The parameter or record it is about.
    pub instance: String,
}

impl Refusal {
    /// A refusal.
    pub fn new(
        status: u16,
        code: &'static str,
        message: impl Into<String>,
        instance: impl Into<String>,
    ) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            instance: instance.into(),
        }
    }
}

/// The parameters of a request.
#[derive(Debug)]
pub struct Query {
    params: Vec<(String, String)>,
}

impl Query {
    /// Reads the query; a parameter that is not among `known` is refused.
    pub fn read(call: &Call, known: &[&str]) -> Result<Self, Refusal> {
        let params = call.params();
        let stranger = params
            .iter()
            .find(|(name, _)| !known.contains(&name.as_str()));
        stranger.map_or(Ok(()), |(name, _)| {
            let message = "Unsupported query parameters";
            Err(Refusal::new(
                400,
                "unsupported-query-parameters",
                message,
                name,
            ))
        })?;
        Ok(Self { params })
    }

    /// A parameter's value.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.params
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// A comma-separated parameter's parts.
    pub fn list(&self, name: &str) -> Vec<&str> {
        let parts = self.text(name).unwrap_or_default().split(',');
        parts.filter(|part| !part.is_empty()).collect()
    }

    /// A whole number.
    pub fn number(&self, name: &str) -> Result<Option<i64>, Refusal> {
        self.parsed(name, |text| text.parse().ok())
    }

    /// A date and time with its offset; nothing less will do.
    pub fn time(&self, name: &str) -> Result<Option<DateTime<Utc>>, Refusal> {
        self.parsed(name, |text| {
            let time = DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%z").ok()?;
            Some(time.with_timezone(&Utc))
        })
    }

    /// The page asked for: at most `most` rows, `usual` unless told.
    pub fn page(&self, usual: usize, most: usize) -> Result<Page, Refusal> {
        let positive = |text: &str| text.parse::<usize>().ok().filter(|number| *number > 0);
        let number = self.parsed("page", positive)?.unwrap_or(1);
        let per = self
            .parsed("itemsPerPage", positive)?
            .unwrap_or(usual)
            .min(most);
        Ok(Page { number, per })
    }

    /// All but the page, to recognise the same list by.
    pub fn filters(&self) -> String {
        let mut key = String::new();
        for (name, value) in &self.params {
            if name != "page" && name != "itemsPerPage" {
                key.push_str(name);
                key.push('=');
                key.push_str(value);
                key.push('&');
            }
        }
        key
    }

    fn parsed<T>(
        &self,
        name: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, Refusal> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        parse(text).map(Some).ok_or_else(|| {
            let message = format!("Parameter \"{name}\" has an invalid value \"{text}\".");
            Refusal::new(400, "invalid-parameter", message, name)
        })
    }
}

/// A page of a list.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// From 1.
    pub number: usize,
    /// Rows on it.
    pub per: usize,
}

impl Page {
    /// The part of `rows` that is on the page.
    pub fn of<'a, T>(&self, rows: &'a [T]) -> &'a [T] {
        let from = self.per.saturating_mul(self.number - 1).min(rows.len());
        &rows[from..(from + self.per).min(rows.len())]
    }

    /// What an answer says about its pages.
    pub fn paginator(&self, total: usize, shown: usize) -> Value {
        json!({
            "totalCount": total,
            "page": self.number,
            "pageCount": total.div_ceil(self.per).max(1),
            "itemsOnPage": shown,
            "itemsPerPage": self.per,
        })
    }
}
