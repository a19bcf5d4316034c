//! Creates whose outcome is unknown, at the end of an agenda: they are looked for once absence
//! proves something, and only then sent again.

use std::time::Duration;

use super::{Engine, ROUNDS};
use crate::record::{Draft, FieldChanges};
use crate::state::Uptime;
use crate::sync::outcome::Done;
use crate::sync::report::{Action, Change};
use crate::sync::sink::Sink;
use crate::trouble::Trouble;

impl<S: Sink> Engine<'_, S> {
    /// Settles what is put off: waits until a lost create can no longer be under way, reads the
    /// list in Caflou anew, and plans again.
    pub(super) async fn settle_lost(&mut self) -> Result<(), Trouble> {
        for _ in 0..ROUNDS {
            let lost = std::mem::take(&mut self.later);
            let Some(until) = lost.iter().map(|(_, until)| *until).max() else {
                return Ok(());
            };
            if !self.wait(until).await {
                self.later = lost;
                return Err((&self.options.stop).into());
            }
            self.lookup = None;
            let lost = lost.into_iter();
            let lost = lost.map(|(draft, _)| (self.number(), draft)).collect();
            self.plan(lost).await?;
            self.settle_changes().await?;
            self.drain().await?;
            if self.fatal.is_some() {
                break;
            }
        }
        Ok(())
    }

    async fn wait(&self, until: Uptime) -> bool {
        let time = self.options.clock.now().until(until);
        if time > Duration::from_secs(1) {
            tracing::warn!(
                "waiting {} s until creates without an answer can no longer be under way",
                time.as_secs()
            );
        }
        self.options.stop.sleep(time).await
    }

    /// What is still unknown counts as failed; the next run looks for it first.
    pub(super) fn give_up(&mut self) {
        for (draft, _) in std::mem::take(&mut self.later) {
            let number = self.number();
            let change = unknown(&self.options.connection, *draft);
            self.tell(number, Some(Done::told(Some(change))));
        }
    }
}

fn unknown(connection: &str, draft: Draft) -> Change {
    Change {
        connection: connection.to_owned(),
        kind: draft.kind,
        action: Action::Fail,
        source_id: draft.source_id.0,
        caflou_id: None,
        label: draft.label,
        fields: FieldChanges::default(),
        kept: Vec::new(),
        ignored: Vec::new(),
        warnings: draft.warnings,
        reason: Some("outcome unknown: the next run looks for it in Caflou".to_owned()),
        matched_by: None,
        not_there: false,
    }
}
