//! Guards: what stops a run before it writes what is hardly meant.

use std::sync::{Arc, Mutex, PoisonError};

use super::session::{Scopes, Services, Session};
use super::streams::Running;
use crate::record::{Kind, Stream};
use crate::source::{Account, Scope};
use crate::state::{Journal, View};
use crate::sync::{Event, Preview, Report, RunReport, Sink, may_vanish};
use crate::trouble::{Class, Trouble};

/// So many imported documents do not vanish at once.
const MANY: u64 = 10;

impl Session<'_> {
    /// Makes sure that what is remembered is about the two sides that are configured: another shop
    /// gives the same codes to other orders, and another account does not have the records.
    pub(super) fn is_its_own(&self, view: &View) -> Result<(), Trouble> {
        let (key, pair) = (&self.connection.key, self.pair());
        let known = view.pair()?;
        match known.filter(|known| *known != pair) {
            None => Ok(()),
            Some(known) => {
                let what = format!(
                    "`{key}` has imported from {known} so far, and the configuration now says \
                     {pair}; nothing was written"
                );
                Err(Trouble::new(Class::Guard, what).advise(format!(
                    "Give the new pair a connection of its own, or begin anew: `caflou-sync forget \
                     {key}{}`",
                    self.files
                )))
            }
        }
    }

    /// Plans the whole run without writing, and stops it where it would change too much.
    pub(super) async fn within(
        &self,
        most: u64,
        services: &Services,
        journal: &Arc<Mutex<Journal>>,
        scopes: &Scopes,
        summary: &RunReport,
    ) -> Result<(), Trouble> {
        let locked = || journal.lock().unwrap_or_else(PoisonError::into_inner);
        let view = || Ok(locked().view()?);
        let (key, files) = (self.connection.key.as_str(), self.files);
        let running = Running {
            session: self,
            services,
            sink: Preview::new(key),
            view: &view,
            scopes: scopes.clone(),
        };
        let mut planned = summary.clone();
        running
            .run(&mut Silent, &mut planned, |_, _| Ok(()))
            .await?;
        let changes = planned.changes();
        if changes <= most {
            return Ok(());
        }
        let what = format!(
            "{changes} records would change, more than the {most} that are allowed; nothing was \
             written"
        );
        Err(Trouble::new(Class::Guard, what).advise(format!(
            "Look with `caflou-sync run {key}{files} --dry-run`, go on with `caflou-sync run \
             {key}{files} --max-changes {changes}`"
        )))
    }
}

impl<S: Sink> Running<'_, S> {
    /// A source that shows no document at all, though many were imported, is more likely broken than
    /// empty; a full compare would take all of them out of the cash flow.
    pub(super) async fn not_suddenly_empty(&self, account: &Account) -> Result<(), Trouble> {
        let session = self.session;
        for (stream, scope) in &self.scopes {
            let whole = *scope == Scope::Full && stream.kind != Kind::Company;
            if session.wanted.allow_empty || !whole {
                continue;
            }
            let imported = (self.view)()?.count_imported(stream)?;
            if imported < MANY {
                continue;
            }
            let total = tokio::select! {
                total = self.services.source.count(stream) => total?,
                () = session.stop.wait() => return Err(session.stop.into()),
            };
            if total == Some(0) {
                let (key, files) = (&session.connection.key, session.files);
                let what = format!(
                    "{} shows no {} at all, though {imported} were imported; nothing was written",
                    account.name, stream.many
                );
                return Err(Trouble::new(Class::Guard, what).advise(format!(
                    "If it really is empty: `caflou-sync run {key}{files} --full --allow-empty`"
                )));
            }
        }
        Ok(())
    }

    /// The most records that may become inactive; `None`: any number. Those that the user named
    /// are meant.
    pub(super) fn may_vanish(
        &self,
        stream: &Stream,
        scope: &Scope,
    ) -> Result<Option<u64>, Trouble> {
        let any = self.session.wanted.allow_deletions || matches!(scope, Scope::Only(_));
        if any {
            return Ok(None);
        }
        let imported = (self.view)()?.count_imported(stream)?;
        Ok(Some(may_vanish(imported)))
    }

    /// Too much would have become inactive: what to do about it.
    pub(super) fn deletions(&self) -> String {
        let Session {
            connection,
            wanted,
            files,
            ..
        } = self.session;
        let (key, full) = (&connection.key, if wanted.full { " --full" } else { "" });
        format!(
            "Look with `caflou-sync run {key}{files}{full} --dry-run`, and if it is right go on \
             with `caflou-sync run {key}{files}{full} --allow deletions`"
        )
    }
}

/// Tells nothing: for a plan that is only counted.
struct Silent;

impl Report for Silent {
    fn event(&mut self, _event: &Event) {}
}
