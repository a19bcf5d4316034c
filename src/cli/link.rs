//! `link` and `unlink`: what the program will not guess is settled by hand.

use std::io::{self, Write};
use std::path::PathBuf;

use chrono::Utc;
use clap::Args;
use serde_json::json;

use super::confirm::confirm;
use super::forget::open;
use super::shared::find;
use super::{Exit, Global, Trouble, part};
use crate::caflou::{Candidates, Index, Keys, Reader, Stored};
use crate::config::{Config, Connection, cache_dir};
use crate::http::Stopper;
use crate::record::{CaflouId, Kind, Mark, SourceId};
use crate::run::{self, Lanes, run_id};
use crate::shell::word;
use crate::state::{Cache, Journal, Known, RecordState, RunStart, StateError, View};
use crate::sync::report::{Action, Change};
use crate::text::{escaped, safe};

/// What `link` is asked for.
#[derive(Debug, Args)]
pub(super) struct LinkArgs {
    #[command(flatten)]
    which: Which,
    /// The company or income in Caflou that it is
    #[arg(long, value_name = "CAFLOU_ID", value_parser = clap::value_parser!(i64).range(1..))]
    to: i64,
}

/// What `unlink` is asked for.
#[derive(Debug, Args)]
pub(super) struct UnlinkArgs {
    #[command(flatten)]
    which: Which,
}

#[derive(Debug, Args)]
struct Which {
    /// The connection
    #[arg(value_name = "NAME")]
    name: String,
    /// Its key at the source, or its stream and key, as in customers/GUID, where several have it
    #[arg(value_name = "RECORD")]
    record: String,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

/// Links a record with one in Caflou, after asking.
pub(super) fn link(global: &Global, args: &LinkArgs) -> Result<Exit, Trouble> {
    let (config, state) = global.load()?;
    let task = LinkTask::new(global, &config, state, &args.which)?;
    let (id, what) = (CaflouId(args.to), task.what());
    if task.known.as_ref().is_some_and(Known::is_forgotten) {
        return Err(Trouble::usage(format!(
            "{what} was forgotten at your request: it is never imported again"
        )));
    }
    let stored = task.stored(id)?.filter(|stored| !stored.template);
    let place = task.place(id);
    let Some(stored) = stored else {
        return Err(Trouble::usage(format!(
            "{place} is not there, or lies in the trash: nothing was changed"
        )));
    };
    if task.kind.is_not(&stored.attributes) {
        return Err(Trouble::usage(format!(
            "{place} is an expense: nothing was changed"
        )));
    }
    if let Some(mark) = task.foreign_mark(&stored) {
        return Err(Trouble::usage(format!(
            "{place} has the mark {}: it stands for that record. Nothing was changed",
            safe(&mark)
        )));
    }
    task.nobody_elses(&task.view()?, id)?;
    let name = stored.attributes.text("name").unwrap_or_default();
    let now = match task.known.as_ref().and_then(|known| known.caflou_id) {
        Some(now) if now == id => {
            format!(". It is linked with {place} already: a run compares it anew")
        }
        Some(now) => format!(". So far it is linked with {}", task.place(now)),
        None => String::new(),
    };
    let question = format!(
        "This links {what} with {place} ({}){now}. What {place} holds stays; later changes in the shop \
         are written there",
        safe(name)
    );
    if !confirm(&question, args.which.yes)? {
        return Ok(Exit::Done);
    }
    let label = task.label(name);
    task.note(
        Action::Adopt,
        Some(id),
        "linked by hand",
        &label,
        |journal, key| journal.link(key, id, &label),
    )?;
    task.tell("linked", Some(id), &format!("linked: {what} with {place}"));
    Ok(Exit::Done)
}

/// Forgets with what a record is linked, after asking.
pub(super) fn unlink(global: &Global, args: &UnlinkArgs) -> Result<Exit, Trouble> {
    let (config, state) = global.load()?;
    let task = LinkTask::new(global, &config, state, &args.which)?;
    let what = task.what();
    let linked = |known: &&Known| matches!(known.state, RecordState::Synced | RecordState::Gone);
    let known = task.known.as_ref().filter(linked);
    let known = known.filter(|known| !known.is_forgotten());
    let Some(id) = known.and_then(|known| known.caflou_id) else {
        return Err(Trouble::usage(format!(
            "{what} is linked with nothing in Caflou: nothing was changed"
        )));
    };
    let place = task.place(id);
    if let Some(stored) = task.stored(id)?
        && task.has_own_mark(&stored)
    {
        return Err(Trouble::usage(format!(
            "{place} has the mark of {what}, by which every run would find it again: delete it in \
             Caflou first, or link another: caflou-sync link {} {} --to ID",
            task.key(),
            word(&args.which.record)
        )));
    }
    let question = format!(
        "This forgets that {what} is {place}. The next run looks for it anew, does not take {place} \
         again, and creates it where it finds nothing. {place} is not touched"
    );
    if !confirm(&question, args.which.yes)? {
        return Ok(Exit::Done);
    }
    let label = task.label("");
    task.note(
        Action::Skip,
        Some(id),
        "unlinked by hand",
        &label,
        |journal, key| journal.unlink(key, id, Utc::now()),
    )?;
    task.tell(
        "unlinked",
        Some(id),
        &format!("unlinked: {what} from {place}"),
    );
    Ok(Exit::Done)
}

/// A record of a connection, and both sides of it.
struct LinkTask<'a> {
    global: &'a Global,
    connection: &'a Connection,
    state: PathBuf,
    kind: Kind,
    source_id: SourceId,
    known: Option<Known>,
}

impl<'a> LinkTask<'a> {
    fn new(
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

    fn key(&self) -> &str {
        &self.connection.key
    }

    fn view(&self) -> Result<View, Trouble> {
        Ok(View::open(&self.state, self.key())?)
    }

    fn what(&self) -> String {
        let noun = self.connection.program.noun(self.kind);
        format!("{noun} {}", safe(&self.source_id.0))
    }

    fn place(&self, id: CaflouId) -> String {
        format!("Caflou {} {id}", self.kind)
    }

    fn label(&self, name: &str) -> String {
        let known = self.known.as_ref().map(|known| known.label.as_str());
        known
            .filter(|label| !label.is_empty())
            .unwrap_or(name)
            .to_owned()
    }

    fn mark(&self) -> Mark {
        Mark::new(
            self.connection.program.word,
            &self.connection.identity(),
            &self.source_id,
        )
    }

    /// The record as it is in Caflou; `None` where it was deleted.
    fn stored(&self, id: CaflouId) -> Result<Option<Stored>, Trouble> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (stopper, cache) = (Stopper::default(), Cache::new(cache_dir()));
        let lanes = Lanes::default();
        let client = run::caflou(self.connection, &cache, &lanes, &stopper.listener())?;
        let stored = runtime.block_on(Reader::new(client).get(self.kind, id));
        Ok(stored?)
    }

    fn has_own_mark(&self, stored: &Stored) -> bool {
        let mut index = Index::empty(self.kind);
        index.add(stored);
        index.find(&Keys::mark(&self.mark())) != Candidates::None
    }

    /// The mark of another record, or of another connection's.
    fn foreign_mark(&self, stored: &Stored) -> Option<String> {
        let marks = Index::empty(self.kind).marks_of(stored);
        marks
            .into_iter()
            .next()
            .filter(|_| !self.has_own_mark(stored))
    }

    /// Fails where another record of the connection is linked with it.
    fn nobody_elses(&self, view: &View, id: CaflouId) -> Result<(), Trouble> {
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
    fn note(
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

    fn tell(&self, done: &str, id: Option<CaflouId>, line: &str) {
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
