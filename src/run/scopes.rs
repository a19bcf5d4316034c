//! What a run reads of each stream: what changed since the last run, or everything, and why.

use chrono::{DateTime, Utc};

use super::session::{Scopes, Session};
use crate::record::Kind;
use crate::source::{Interval, Scope};
use crate::state::{self, View};
use crate::sync::scope;
use crate::trouble::Trouble;

impl Session<'_> {
    /// The streams of this run with what to read of each, and why everything where the user did
    /// not ask for it.
    pub(super) fn scopes(
        &self,
        view: &View,
        now: DateTime<Utc>,
    ) -> Result<(Scopes, Vec<String>), Trouble> {
        let settings = self.settings();
        let mut reasons: Vec<_> = self.older_copy(view)?.into_iter().collect();
        let (mut scopes, copied) = (Vec::new(), !reasons.is_empty());
        for stream in self.connection.import.wanted(self.streams()) {
            let kind = stream.kind;
            if !self.wanted.covers(stream) {
                continue;
            }
            let named = self.wanted.named(stream);
            if !named.is_empty() {
                scopes.push((stream, Scope::Only(named)));
                continue;
            }
            let full = self.wanted.full || (kind != Kind::Company && self.wanted.own_interval());
            let cursor = view.cursor(stream)?;
            let full = full || copied;
            let (scope, reason) = scope::scope(stream, cursor.as_ref(), &settings, full, now);
            scopes.push((stream, scope));
            reasons.extend(reason.filter(|reason| !reasons.contains(reason)));
        }
        Ok((scopes, reasons))
    }

    /// Whether the state may not know what was written last.
    pub(crate) fn is_doubtful(&self, view: &View) -> Result<bool, Trouble> {
        Ok(self.wanted.rebuild || self.older_copy(view)?.is_some())
    }

    /// Why the state file is not as the last run left it, where that is so.
    pub(super) fn older_copy(&self, view: &View) -> Result<Option<String>, Trouble> {
        let Some(last) = self.cache.last_run(&self.pair_at()) else {
            return Ok(None);
        };
        if self.wanted.rebuild || view.knows_run(&last)? {
            return Ok(None);
        }
        let what = match view.last_run()? {
            Some(_) => "is an older copy",
            None => "is new or was lost",
        };
        Ok(Some(format!(
            "the state file {what}: it does not know the run {last}. Everything is compared with \
             Caflou; what agrees with neither side stays as it is there, and is told"
        )))
    }

    /// The two sides with the address of Caflou: what a run is remembered by beside the state.
    pub(super) fn pair_at(&self) -> String {
        let api_url = self.connection.caflou_url();
        format!("{} at {api_url}", self.pair())
    }

    /// Sets the state file aside, where it is damaged and that is wanted. Says what was done.
    pub(super) fn set_aside(&self, now: DateTime<Utc>) -> Result<Option<String>, Trouble> {
        if !self.wanted.rebuild {
            return Ok(None);
        }
        let aside = state::set_aside(self.state, &self.connection.key, now)?;
        Ok(Some(match aside {
            Some(aside) => format!(
                "the damaged state file lies in {} now; what is in Caflou is linked by its marks. \
                 What was deleted there or forgotten here is not known any more: look at what is \
                 created",
                aside.display()
            ),
            None => "the state file is in order and stays; everything is compared".to_owned(),
        }))
    }

    pub(crate) fn interval(&self) -> Interval {
        let import = &self.connection.import;
        Interval {
            from: self.wanted.from.or(import.from),
            to: self.wanted.to.or(import.to),
        }
    }

    pub(crate) fn settings(&self) -> String {
        scope::fingerprint(&self.connection.import, &self.connection.mapping)
    }
}
