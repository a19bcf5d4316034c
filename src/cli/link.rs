//! `link` and `unlink`: what the program will not guess is settled by hand.

mod task;

use chrono::Utc;
use clap::Args;

use self::task::LinkTask;
use super::confirm::confirm;
use super::{Exit, Global, Trouble};
use crate::record::CaflouId;
use crate::shell::word;
use crate::state::{Known, RecordState};
use crate::sync::report::Action;
use crate::text::safe;

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
