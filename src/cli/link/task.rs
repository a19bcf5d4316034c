//! A record of a connection, and both sides of it: what the state and Caflou know.

use std::io::{self, Write};
use std::path::PathBuf;

use chrono::Utc;
use serde_json::json;

use super::Which;
use crate::caflou::{Candidates, Index, Keys, Reader, Stored};
use crate::cli::forget::open;
use crate::cli::shared::find;
use crate::cli::{Global, Trouble, part};
use crate::config::{Config, Connection, cache_dir};
use crate::http::Stopper;
use crate::record::{CaflouId, Kind, Mark, SourceId};
use crate::run::{self, Lanes, run_id};
use crate::shell::word;
use crate::state::{Cache, Journal, Known, RunStart, StateError, View};
use crate::sync::report::{Action, Change};
use crate::text::{escaped, safe};

/// A record of a connection, and both sides of it.
pub(super) struct LinkTask<'a> {
    global: &'a Global,
    connection: &'a Connection,
    state: PathBuf,
    pub(super) kind: Kind,
    source_id: SourceId,
    pub(super) known: Option<Known>,
}

impl<'a> LinkTask<'a> {
    pub(super) fn new(
        global: &'a Global,
        config: &'a Config,
        state: PathBuf,
        which: &Which,
    ) -> Result<Self, Trouble> {
        let connection = find(config, &which.name)?;
        let view = View::open(&state, &connection.key)?;
        let (kind, source_id) = resolve(&view, &which.record, connection)?;
        let known = view.known(kind, &source_id)?;
        Ok(Self {
            global,
            connection,
            state,
            kind,
            source_id,
            known,
        })
    }

    pub(super) fn key(&self) -> &str {
        &self.connection.key
    }

    pub(super) fn view(&self) -> Result<View, Trouble> {
        Ok(View::open(&self.state, self.key())?)
    }

    pub(super) fn what(&self) -> String {
        let noun = self.connection.program.noun(self.kind);
        format!("{noun} {}", safe(&self.source_id.0))
    }

    pub(super) fn place(&self, id: CaflouId) -> String {
        format!("Caflou {} {id}", self.kind)
    }

    pub(super) fn label(&self, name: &str) -> String {
        let known = self.known.as_ref().map(|known| known.label.as_str());
        known
            .filter(|label| !label.is_empty())
            .unwrap_or(name)
            .to_owned()
    }

    pub(super) fn mark(&self) -> Mark {
        Mark::new(
            self.connection.program.word,
            &self.connection.identity(),
            &self.source_id,
        )
    }

    /// The record as it is in Caflou; `None` where it was deleted.
    pub(super) fn stored(&self, id: CaflouId) -> Result<Option<Stored>, Trouble> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (stopper, cache) = (Stopper::default(), Cache::new(cache_dir()));
        let lanes = Lanes::default();
        let client = run::caflou(self.connection, &cache, &lanes, &stopper.listener())?;
        let stored = runtime.block_on(Reader::new(client).get(self.kind, id));
        Ok(stored?)
    }

    pub(super) fn has_own_mark(&self, stored: &Stored) -> bool {
        let mut index = Index::empty(self.kind);
        index.add(stored);
        index.find(&Keys::mark(&self.mark())) != Candidates::None
    }

    /// The mark of another record, or of another connection's.
    pub(super) fn foreign_mark(&self, stored: &Stored) -> Option<String> {
        let marks = Index::empty(self.kind).marks_of(stored);
        marks
            .into_iter()
            .next()
            .filter(|_| !self.has_own_mark(stored))
    }

    /// Fails where another record of the connection is linked with it.
    pub(super) fn nobody_elses(&self, view: &View, id: CaflouId) -> Result<(), Trouble> {
        let other = view.linked_with(self.kind, id)?;
        match other.filter(|other| *other != self.source_id) {
            None => Ok(()),
            Some(other) => Err(Trouble::usage(format!(
                "{} is linked with {}. Nothing was changed; let that one go first: caflou-sync unlink \
                 {} {}",
                self.place(id),
                safe(&other.0),
                self.key(),
                word(&other.0)
            ))),
        }
    }

    /// Writes, under the connection's lock, what the history tells as a run of its own.
    pub(super) fn note(
        &self,
        action: Action,
        id: Option<CaflouId>,
        reason: &str,
        label: &str,
        write: impl FnOnce(&Journal, (Kind, &SourceId)) -> Result<(), StateError>,
    ) -> Result<(), Trouble> {
        let (_lock, mut journal) = open(&self.state, self.key())?;
        if let (Action::Adopt, Some(id)) = (action, id) {
            // A run may have linked it while the question was open.
            self.nobody_elses(&journal.view()?, id)?;
        }
        let change = Change {
            connection: self.key().to_owned(),
            kind: self.kind,
            action,
            source_id: self.source_id.0.clone(),
            caflou_id: id,
            label: label.to_owned(),
            fields: crate::record::FieldChanges::default(),
            kept: Vec::new(),
            ignored: Vec::new(),
            warnings: Vec::new(),
            reason: Some(reason.to_owned()),
            matched_by: None,
            not_there: false,
        };
        let text = serde_json::to_string(&change).unwrap_or_default();
        let (key, started_at) = ((self.kind, &self.source_id), Utc::now());
        let run = RunStart {
            run_id: run_id(started_at),
            started_at,
            part: true,
        };
        journal.begin(&run)?;
        let written = journal.durably_together(|journal| {
            write(journal, key)?;
            journal.note_change(key, action.as_str(), &text)
        });
        let status = if written.is_ok() { "ok" } else { "failed" };
        let finished = journal.finish(Utc::now(), status, "{}", None);
        Ok(written.and(finished)?)
    }

    pub(super) fn tell(&self, done: &str, id: Option<CaflouId>, line: &str) {
        let line = if self.global.json() {
            let object = json!({
                "type": done, "connection": self.key(), "kind": self.kind,
                "source_id": self.source_id, "caflou_id": id,
            });
            escaped(&object.to_string()).into_owned()
        } else {
            line.to_owned()
        };
        let _ = writeln!(io::stdout().lock(), "{line}");
    }
}

/// Which record is meant: a code may look like anything, so what is known by the whole word wins.
fn resolve(view: &View, text: &str, connection: &Connection) -> Result<(Kind, SourceId), Trouble> {
    let (key, streams) = (&connection.key, connection.program.streams);
    let whole = SourceId(text.trim().to_owned());
    let mut known = Vec::new();
    for kind in Kind::ALL {
        if view.known(kind, &whole)?.is_some() {
            known.push(kind);
        }
    }
    let named = part::record(&whole.0).ok();
    let named = named.and_then(|named| part::key(&named, streams, key).ok());
    let ways = |kinds: &[Kind], id: &str| {
        let fitting = streams.iter().filter(|stream| kinds.contains(&stream.kind));
        let ways = fitting.map(|stream| format!("{}/{id}", stream.word));
        ways.collect::<Vec<_>>().join(" or ")
    };
    match (known.as_slice(), named) {
        ([kind], _) => Ok((*kind, whole)),
        (_, Some(named)) => Ok(named),
        ([], None) => Err(Trouble::usage(format!(
            "no run of `{key}` has seen {}: is it right? If it is, say {}",
            safe(&whole.0),
            ways(&Kind::ALL, "ID")
        ))),
        (several, None) => Err(Trouble::usage(format!(
            "{whole} is several records of `{key}`: say {}",
            ways(several, &whole.0)
        ))),
    }
}
