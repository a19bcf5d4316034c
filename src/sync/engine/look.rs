//! Whether a record is in Caflou already: what is found there, and what of it may be the record.

use super::Engine;
use super::decide::Look;
use super::prepare::Job;
use crate::caflou::{Candidates, Keys, Lookup, MatchedBy};
use crate::http::{HttpError, Stop};
use crate::output::Count;
use crate::record::{Attributes, CaflouId, Draft, Kind};
use crate::state::{Known, StateError};
use crate::sync::plan::{self, Plan};
use crate::sync::sink::Sink;
use crate::trouble::{Class, Trouble};

impl<S: Sink> Engine<'_, S> {
    /// Looks for a record in Caflou and decides what that means. `lost`: a create of it may have been
    /// carried out.
    pub(super) async fn look_up(
        &mut self,
        draft: &mut Draft,
        known: Option<Known>,
        desired: &Attributes,
        (lost, by_mark_only): (bool, bool),
    ) -> Result<Job, Trouble> {
        let all = Keys::of(draft.kind, &draft.mark, desired);
        let keys = if by_mark_only {
            Keys::own(draft.kind, &draft.mark, desired)
        } else {
            all.clone()
        };
        self.cover(draft.kind, all.search_term(), lost).await?;
        let mut found = self.find(&keys, draft)?;
        // Of what this state does not know, or of what it does not know enough, ours may be there.
        if draft.kind.is_document() && (self.options.doubt || known.is_some()) {
            match self.among_unmarked(draft, desired, found).await? {
                Ok(better) => found = better,
                Err(id) => return Ok(Job::Settle(self.perhaps(draft, id))),
            }
        }
        // What lost its mark on the way may be ours: that it is not there is not known.
        if lost && by_mark_only && draft.kind.is_document() && found == Candidates::None {
            let (Candidates::One(..) | Candidates::Several(..)) = self.find(&all, draft)? else {
                return Ok(Job::Settle(self.absent(draft, desired)));
            };
            let reason = format!(
                "it is not known whether it was created: Caflou has an income with the same number, \
                 value and currency, but without our mark. If it is the one: {}",
                self.link_command(draft)
            );
            return Ok(Job::Settle(Plan::Fail { reason }));
        }
        self.judge(draft, known, desired, (found, lost))
    }

    /// What follows from what was found.
    fn judge(
        &mut self,
        draft: &mut Draft,
        known: Option<Known>,
        desired: &Attributes,
        (found, lost): (Candidates, bool),
    ) -> Result<Job, Trouble> {
        Ok(match found {
            Candidates::None if lost && !self.is_proven() => {
                let reason = "outcome unknown: Caflou's list keeps changing, so nothing proves \
                              that it is not there; the next run looks again";
                let reason = reason.to_owned();
                Job::Settle(Plan::Fail { reason })
            }
            Candidates::None => Job::Settle(self.absent(draft, desired)),
            Candidates::One(id, by) => match self.whose(draft.kind, id)? {
                Some(other) if other != draft.source_id.0 => Job::Settle(Plan::Fail {
                    reason: format!(
                        "Caflou {} {id} has its mark, but is linked with {other}: to settle that, \
                         {}",
                        word(draft.kind, 1),
                        self.command("unlink", &other, None)
                    ),
                }),
                _ => {
                    self.claimed.insert(id);
                    Job::Compare(Look {
                        id,
                        by: Some(by),
                        known: known.map(Box::new),
                        shown: None,
                    })
                }
            },
            Candidates::Several(ids, MatchedBy::Email) => {
                draft.warnings.push(format!(
                    "{} have its e-mail ({}): it gets a company of its own. If it is one of them: {}",
                    Count(ids.len() as u64, "Caflou company"),
                    list(&ids),
                    self.link_command(draft)
                ));
                Job::Settle(self.absent(draft, desired))
            }
            Candidates::Several(ids, by) => {
                let reason = format!(
                    "several Caflou {} match ({}): {}. Say which it is: {}",
                    word(draft.kind, ids.len()),
                    by.as_str(),
                    list(&ids),
                    self.link_command(draft)
                );
                Job::Settle(Plan::Fail { reason })
            }
        })
    }

    /// It is not known whether a record in Caflou is the one.
    fn perhaps(&self, draft: &Draft, id: CaflouId) -> Plan {
        Plan::Fail {
            reason: format!(
                "it is not known whether it is in Caflou: {} {id} has the same number, and its \
                 description ends before our mark would. The next run looks again; if it is the \
                 one: {}",
                word(draft.kind, 1),
                self.link_command(draft)
            ),
        }
    }

    /// Plans a record that is not there: what lies in the trash is not created again.
    fn absent(&self, draft: &Draft, desired: &Attributes) -> Plan {
        let trash = self.lookup.as_ref();
        let trash = trash.and_then(|(lookup, _)| lookup.in_trash(&draft.mark));
        let plan = match plan::absent(draft, desired) {
            Plan::Create { attributes } if trash.is_some() => Plan::Gone {
                id: trash,
                source: attributes,
            },
            plan => plan,
        };
        plan::hold_closed(plan, (None, None), self.options.rules)
    }

    /// What may be the record: nothing that is another record's of this connection, or that another
    /// shop's record with the same number stands for (one that was entered by hand is one sale, and no
    /// more), or that the user said it is not.
    fn find(&self, keys: &Keys, draft: &Draft) -> Result<Candidates, StateError> {
        let Some((lookup, _)) = &self.lookup else {
            return Ok(Candidates::None);
        };
        let (view, pair) = (&self.options.view, &self.options.pair);
        let key = (draft.kind, &draft.source_id);
        let mut trouble = None;
        let found = lookup.find_among(keys, |id, by| {
            let free = || {
                if by == MatchedBy::Mark {
                    return Ok(true);
                }
                let taken = by == MatchedBy::Reference && view.is_taken(pair, key, id)?;
                let whose = view.linked_with(draft.kind, id)?;
                let others = whose.is_some_and(|other| other != draft.source_id);
                Ok(!taken && !others && !self.claimed.contains(&id) && !view.is_parted(key, id)?)
            };
            free().unwrap_or_else(|error| {
                trouble.get_or_insert(error);
                false
            })
        });
        trouble.map_or(Ok(found), Err)
    }

    /// The record of this connection that a record in Caflou is linked with.
    fn whose(&self, kind: Kind, id: CaflouId) -> Result<Option<String>, StateError> {
        Ok(self
            .options
            .view
            .linked_with(kind, id)?
            .map(|other| other.0))
    }

    /// Reads of Caflou's list what is needed to find a record, or what a search for `term` brings.
    /// `lost`: a create may have been carried out.
    pub(super) async fn cover(
        &mut self,
        kind: Kind,
        term: Option<&str>,
        lost: bool,
    ) -> Result<(), Trouble> {
        // Of what another state file wrote, this one knows nothing that a short list would lack.
        let unknown = self.options.doubt || self.options.first;
        let doubt = unknown && !self.is_proven();
        let proven = lost || doubt;
        let whole = proven || self.options.thorough || kind == Kind::Company;
        let stop = self.options.stop.clone();
        let (lookup, _) = match &mut self.lookup {
            Some(lookup) => lookup,
            none => {
                let at = self.options.clock.now();
                let mut lookup = Lookup::new(&self.options.reader, kind);
                if !whole {
                    unless_stopped(&stop, lookup.begin()).await?;
                }
                none.insert((lookup, at))
            }
        };
        if !unless_stopped(&stop, lookup.cover(term, (whole, proven))).await? {
            self.read_whole(kind, proven).await?;
        }
        if doubt && !lost && !self.is_proven() {
            let what = "Caflou's list keeps changing, so nothing proves what is not there: the next \
                        run looks again";
            return Err(Trouble::new(Class::Odd, what));
        }
        Ok(())
    }

    /// Reads the whole list, and takes note of what it shows.
    pub(super) async fn read_whole(&mut self, kind: Kind, proven: bool) -> Result<(), Trouble> {
        let stop = self.options.stop.clone();
        let there = self.options.view.there(kind)?;
        let lookup = self.lookup.take();
        let new = || {
            (
                Lookup::new(&self.options.reader, kind),
                self.options.clock.now(),
            )
        };
        let (mut lookup, at) = lookup.unwrap_or_else(new);
        unless_stopped(&stop, lookup.read_whole(&there, proven)).await?;
        self.look_around(&mut lookup)?;
        self.lookup = Some((lookup, at));
        Ok(())
    }

    /// Whether the list was read whole.
    pub(super) fn is_whole(&self) -> bool {
        let lookup = self.lookup.as_ref();
        lookup.is_some_and(|(lookup, _)| lookup.is_whole())
    }

    /// Whether what the list does not show is surely not there.
    fn is_proven(&self) -> bool {
        let lookup = self.lookup.as_ref();
        lookup.is_some_and(|(lookup, _)| lookup.is_proven())
    }

    /// How the user says which record in Caflou it is.
    fn link_command(&self, draft: &Draft) -> String {
        self.command("link", &draft.source_id.0, Some("--to ID"))
    }

    fn command(&self, command: &str, record: &str, rest: Option<&str>) -> String {
        let record = crate::shell::word(record);
        let rest = rest.map(|rest| format!(" {rest}")).unwrap_or_default();
        format!(
            "caflou-sync {command} {} {record}{rest}",
            self.options.connection
        )
    }
}

pub(super) async fn unless_stopped<T>(
    stop: &Stop,
    asked: impl Future<Output = Result<T, HttpError>>,
) -> Result<T, Trouble> {
    tokio::select! {
        answer = asked => Ok(answer?),
        () = stop.wait() => Err(stop.into()),
    }
}

fn word(kind: Kind, number: usize) -> &'static str {
    match number {
        1 => kind.as_str(),
        _ => kind.plural(),
    }
}

fn list(ids: &[CaflouId]) -> String {
    let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
    ids.join(", ")
}
