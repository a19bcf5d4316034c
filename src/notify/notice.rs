//! What the channels are given.

use serde_json::{Value, json};

use super::message::Message;
use super::rule::News;
use crate::sync::{Event, RunReport};

/// The version of the JSON's shape.
const SCHEMA: u32 = 1;

/// A message, and what programs may want to know beside it.
#[derive(Debug)]
pub(super) struct Notice {
    pub(super) message: Message,
    json: Value,
}

impl Notice {
    /// About a run; `test`: about none, to try the channels.
    pub(super) fn new(
        name: &str,
        message: Message,
        run: &RunReport,
        told: News,
        test: bool,
    ) -> Self {
        let json = json!({
            "type": "notification",
            "schema": SCHEMA,
            "test": test,
            "connection": run.connection,
            "name": name,
            "subject": message.subject,
            "text": message.text(),
            "failures": told.failures,
            "recovered": told.recovered,
            "report": Event::Summary(Box::new(run.clone())),
        });
        Self { message, json }
    }

    /// All of it, for programs.
    pub(super) fn json(&self) -> &Value {
        &self.json
    }
}
