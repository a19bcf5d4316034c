//! A Caflou account to oneself: nobody else writes to it, nor is anything of theirs under way.

use std::time::Duration;

use chrono::Utc;

use super::session::{Scopes, Session};
use crate::source::Scope;
use crate::state::{AccountLock, Clock, Journal, Left, LockError, StateError, View};
use crate::trouble::Trouble;

/// How often a Caflou account that is in use is tried again.
const ACCOUNT_AGAIN: Duration = Duration::from_millis(200);

impl Session<'_> {
    /// Waits until no other connection writes to the Caflou account: two that look for the same
    /// company at once would both create it.
    pub(super) async fn alone_in_account(&self) -> Result<AccountLock, Trouble> {
        let account = (self.connection.caflou_url(), self.connection.account_id());
        let mut told = false;
        loop {
            match AccountLock::take(self.state, self.cache.folder(), account, Utc::now()) {
                Err(LockError::Held { holder, .. }) => {
                    if !told {
                        let holder = holder.unwrap_or_default();
                        tracing::warn!(
                            "waiting for another run that writes to this Caflou account: {holder}"
                        );
                        told = true;
                    }
                    if !self.stop.sleep(ACCOUNT_AGAIN).await {
                        return Err(self.stop.into());
                    }
                }
                taken => return Ok(taken?),
            }
        }
    }

    /// Waits until what a run before may have left under way is carried out, or never will be: a
    /// list that does not show it yet proves nothing. What this state file knows of is looked for
    /// by itself.
    pub(super) async fn after_others(
        &self,
        alone: &AccountLock,
        view: &View,
        timeout: Duration,
    ) -> Result<(), Trouble> {
        let clock = Clock::system();
        let begun = clock.now();
        for left in alone.left(timeout) {
            if self.knows(view, &left)? {
                continue;
            }
            let until = clock.until(&left.sent, Duration::ZERO, begun);
            let mut wait = clock.now().until(until);
            if wait.is_zero() {
                continue;
            }
            let Left {
                run,
                connection,
                state,
                ..
            } = left;
            tracing::warn!(
                "waiting {} s: the run {run} of `{connection}` (state file {state}) was cut off or \
                 left writes without an answer; Caflou may still carry them out",
                wait.as_secs() + 1
            );
            // The machine may sleep meanwhile.
            while !wait.is_zero() {
                if !self.stop.sleep(wait).await {
                    return Err(self.stop.into());
                }
                wait = clock.now().until(until);
            }
        }
        Ok(())
    }

    /// Looks once more, now that nobody else writes, whether this state file lacks what was written:
    /// another one imported, as it may have while this run waited, or it lost what it noted. Then
    /// everything is compared. From now on this run is the last one.
    pub(super) fn after_another(
        &self,
        alone: &AccountLock,
        journal: &Journal,
        mut scopes: Scopes,
    ) -> Result<(Scopes, Option<String>), Trouble> {
        let (view, pair) = (journal.view()?, self.pair_at());
        let last = self.cache.last_run(&pair);
        let why = match last {
            Some(last) if !view.knows_run(&last)? => Some(format!(
                "another state file imported meanwhile (run {last})"
            )),
            _ => self
                .lost_notes(alone, &view)?
                .map(|run| format!("the state file lost what the run {run} noted last")),
        };
        let mut met = None;
        if let Some(why) = why
            && !self.is_doubted(&view)?
        {
            journal.doubt(self.streams())?;
            for (_, scope) in &mut scopes {
                if let Scope::Since { .. } = scope {
                    *scope = Scope::Full;
                }
            }
            met = Some(format!(
                "{why}: everything is compared with Caflou; what agrees with neither side stays as \
                 it is there, and is told"
            ));
        }
        if let Err(error) = self.cache.keep_last_run(&pair, journal.run_id()) {
            tracing::warn!("an older copy of the state file would not be noticed: {error}");
        }
        Ok((scopes, met))
    }

    /// Whether this run compares everything already.
    fn is_doubted(&self, view: &View) -> Result<bool, StateError> {
        for stream in self.streams() {
            let cursor = view.cursor(stream)?;
            if cursor.is_some_and(|cursor| cursor.is_doubted()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn knows(&self, view: &View, left: &Left) -> Result<bool, StateError> {
        Ok(left.connection == self.connection.key && view.sends_of(&left.run)?.is_some())
    }

    /// The run of which this file lost what it noted before writes left: somebody put back a copy of
    /// the moment before, or the end of SQLite's log is damaged, which SQLite takes for one that was
    /// not written to the end.
    fn lost_notes(&self, alone: &AccountLock, view: &View) -> Result<Option<String>, StateError> {
        for left in alone.left(Duration::ZERO) {
            if left.connection == self.connection.key
                && view
                    .sends_of(&left.run)?
                    .is_some_and(|noted| noted < left.sends)
            {
                return Ok(Some(left.run));
            }
        }
        Ok(None)
    }
}
