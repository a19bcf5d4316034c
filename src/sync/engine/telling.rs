//! What became of records, told in the order in which they were read.

use tokio::task::JoinError;

use super::under_way::Finished;
use super::{DOWN, Engine, OUTAGES};
use crate::record::{Kind, SourceId};
use crate::sync::outcome::Done;
use crate::sync::report::{Action, Change, Event};
use crate::sync::sink::Sink;
use crate::trouble::{Class, Trouble};

impl<S: Sink> Engine<'_, S> {
    pub(super) fn number(&mut self) -> u64 {
        self.next += 1;
        self.next - 1
    }

    pub(super) fn warn(&mut self, message: String) {
        let connection = self.options.connection.clone();
        self.report.event(&Event::Warning {
            connection,
            message,
        });
    }

    pub(super) fn finish(&mut self, finished: Result<Finished, JoinError>) {
        let Finished { number, mut done } = match finished {
            Ok(finished) => finished,
            Err(error) if error.is_cancelled() => return,
            Err(error) => {
                self.fatal
                    .get_or_insert(Trouble::new(Class::Odd, format!("internal error: {error}")));
                return;
            }
        };
        if let Some(fatal) = done.fatal.take() {
            self.fatal.get_or_insert(fatal);
        }
        if let (Kind::Company, Some(change)) = (self.options.kind, &done.change)
            && done.uncertain.is_none()
        {
            let customer = SourceId(change.source_id.clone());
            let without = matches!(change.action, Action::Fail | Action::Skip);
            self.options.awaiting.settled(&customer, without);
        }
        match done.outage.take() {
            Some(outage) => {
                self.outages += 1;
                self.failed_in_a_row += 1;
                let alone =
                    matches!(outage.class, Class::Down | Class::Odd) && self.failed_in_a_row < DOWN;
                if self.outages >= OUTAGES && alone {
                    self.doubt = Some(outage);
                } else if self.outages >= OUTAGES {
                    self.fatal.get_or_insert(outage);
                }
            }
            None if done.change.is_some() => (self.outages, self.failed_in_a_row) = (0, 0),
            None => {}
        }
        if let Some(missing) = done.missing.take() {
            self.missing.push(*missing);
            self.tell(number, None);
            return;
        }
        match done.uncertain.take() {
            _ if done.unsent => self.tell(number, None),
            Some(lost) if self.fatal.is_none() => {
                self.later.push(lost);
                self.tell(number, None);
            }
            _ => self.tell(number, Some(done)),
        }
    }

    /// Tells what became of records in the order in which they were read. `None`: it is told at
    /// the end.
    pub(super) fn tell(&mut self, number: u64, done: Option<Done>) {
        self.waiting.insert(number, done);
        while let Some(done) = self.waiting.remove(&self.told) {
            self.told += 1;
            if let Some(done) = done {
                self.tell_one(done);
            }
        }
    }

    pub(super) fn tell_all(&mut self) {
        for (_, done) in std::mem::take(&mut self.waiting) {
            if let Some(done) = done {
                self.tell_one(done);
            }
        }
    }

    pub(super) fn tell_one(&mut self, done: Done) {
        let action = done.change.as_ref().map(|change| change.action);
        self.counts.count(action);
        if let Some(values) = &done.values {
            self.totals.add(values);
        }
        match done.change {
            Some(change) => {
                self.forecast += forecast(&change);
                self.report.event(&Event::Change(change));
            }
            None => self.report.event(&Event::Unchanged),
        }
    }
}

/// Writes that a real run would send for a change.
fn forecast(change: &Change) -> u64 {
    match change.action {
        Action::Create => 1,
        Action::Adopt | Action::Update => u64::from(!change.fields.is_empty()),
        Action::Skip | Action::Fail => 0,
    }
}
