//! A run for programs: JSON lines.

use std::io::{self, Write};

use crate::sync::{Event, Report};
use crate::text::escaped;

/// Writes each event as a line of JSON, at once.
#[derive(Debug)]
pub struct JsonLines<W> {
    out: W,
    failed: Option<io::Error>,
}

impl<W: Write> JsonLines<W> {
    /// To a writer.
    pub fn new(out: W) -> Self {
        Self { out, failed: None }
    }

    /// Why lines were lost: the reader may be gone (`| head`), and the run goes on without it.
    pub fn failed(&self) -> Option<&io::Error> {
        self.failed.as_ref()
    }

    fn write(&mut self, event: &Event) -> io::Result<()> {
        // Whole lines only: what reads them must never see half an object.
        let line = serde_json::to_string(event)? + "\n";
        self.out.write_all(escaped(&line).as_bytes())?;
        self.out.flush()
    }
}

impl<W: Write> Report for JsonLines<W> {
    fn event(&mut self, event: &Event) {
        // These are for people; they have no JSON.
        if let Event::Agenda(_) | Event::Expected(_) | Event::Unchanged = event {
            return;
        }
        if self.failed.is_none() {
            self.failed = self.write(event).err();
        }
    }
}
