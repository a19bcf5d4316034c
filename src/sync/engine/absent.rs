//! Absence needs proof: records that Caflou says are not there, and what its list says of those that
//! are known.

use std::collections::BTreeMap;

use super::{Engine, OUTAGES};
use crate::caflou::{Lookup, Standing};
use crate::output::Count;
use crate::record::{Attributes, CaflouId, Draft, Kind, SourceId};
use crate::source::{Broken, Verdict};
use crate::state::{Known, RecordState};
use crate::sync::outcome::Done;
use crate::sync::plan::Plan;
use crate::sync::sink::{Sink, Step};
use crate::trouble::{Class, Trouble};

/// How the reason of a record begins of which there are two in Caflou.
const DOUBLE: &str = "more than one Caflou record carries its mark";

/// A record that Caflou, asked for it alone, says is not there.
#[derive(Debug)]
pub struct Missing {
    /// The record.
    pub draft: Box<Draft>,
    /// Its id.
    pub id: CaflouId,
    /// The source's values.
    pub source: Attributes,
}

/// What the list showed beside what was looked for.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Why records are doubles, until they are told.
    doubles: BTreeMap<SourceId, String>,
    /// Records of ours that the state does not know.
    unknown: u64,
    /// Those that were linked by their mark though nothing was known of them.
    pub(super) linked: u64,
}

impl<S: Sink> Engine<'_, S> {
    /// Finds out what a row of failures means before the run goes on: whether the service is there
    /// for anything, and whether records are really gone.
    pub(super) async fn settle_doubts(&mut self) {
        if let Some(outage) = self.doubt.take() {
            let answers = tokio::select! {
                answer = self.options.reader.check() => answer.is_ok(),
                () = self.options.stop.wait() => false,
            };
            if answers {
                tracing::info!("the service answers: what failed in a row failed alone");
                self.outages = 0;
            } else {
                self.fatal.get_or_insert(outage);
            }
        }
        if self.missing.len() >= OUTAGES as usize
            && self.fatal.is_none()
            && let Err(fatal) = self.settle_missing().await
        {
            self.fatal.get_or_insert(fatal);
        }
    }

    /// Compares what is said to be missing with the list: only what is not in there either is gone.
    pub(super) async fn settle_missing(&mut self) -> Result<(), Trouble> {
        let missing = std::mem::take(&mut self.missing);
        let Some(kind) = missing.first().map(|one| one.draft.kind) else {
            return Ok(());
        };
        let mut lookup = Lookup::new(&self.options.reader, kind);
        let there = self.options.view.there(kind)?;
        let halt = self.options.stop.clone();
        tokio::select! {
            read = lookup.read_whole(&there, false) => read?,
            () = halt.wait() => return Err((&halt).into()),
        }
        let shown = |one: &Missing| lookup.standing(one.id) == Some(Standing::There);
        let wrong = missing.iter().filter(|one| shown(one)).count();
        if wrong >= OUTAGES as usize {
            let what = format!(
                "Caflou answers that {wrong} records are not there, and its list shows them: nothing \
                 is noted as deleted"
            );
            return Err(Trouble::new(Class::Odd, what));
        }
        for one in missing {
            let plan = if shown(&one) {
                Plan::Fail {
                    reason: format!(
                        "Caflou answers that record {} is not there, and its list shows it",
                        one.id
                    ),
                }
            } else {
                Plan::Gone {
                    id: Some(one.id),
                    source: one.source,
                }
            };
            let step = Step {
                draft: one.draft,
                plan,
                awaits: None,
                leaves_by: None,
                learns: false,
                told: None,
            };
            let mut done = self.options.sink.settle(step).await;
            if let Some(fatal) = done.fatal.take() {
                return Err(fatal);
            }
            let number = self.number();
            self.tell(number, Some(done));
        }
        self.look_around(&mut lookup)
    }

    /// Takes note of what a list that was just read whole shows of records that are known: those
    /// that count as deleted and are there, and those of which there are two.
    pub(super) fn look_around(&mut self, lookup: &mut Lookup) -> Result<(), Trouble> {
        let kind = self.options.kind;
        for (id, caflou) in self.options.view.gone(kind)? {
            let there = lookup.standing(caflou) == Some(Standing::There);
            // Meanwhile another one may have been linked with it.
            if there && self.options.view.linked_with(kind, caflou)?.is_none() {
                self.options.sink.again((kind, &id))?;
                self.warn(format!(
                    "{kind} {id} was deleted in Caflou and is there again ({caflou}): it is \
                     followed again"
                ));
            }
        }
        self.note_gone_companies(lookup)?;
        let ours = format!("{}:", self.options.pair.source);
        // What follows a mark on its line may belong to it: one of a record's marks is enough.
        let mut known_strays = BTreeMap::<CaflouId, bool>::new();
        for (mark, stray) in lookup.strays() {
            let Some(id) = mark.strip_prefix(&ours) else {
                continue;
            };
            let id = SourceId(id.to_owned());
            let known = self.options.view.known(kind, &id)?;
            *known_strays.entry(stray).or_default() |= known.is_some();
            if let Some(known) = known {
                self.note_double(lookup, id, &known, stray)?;
            }
        }
        let unknown = known_strays.values().filter(|known| !**known).count();
        self.seen.unknown = self.seen.unknown.max(unknown as u64);
        Ok(())
    }

    /// Companies that the list does not show any more: new incomes go in without them.
    fn note_gone_companies(&mut self, lookup: &Lookup) -> Result<(), Trouble> {
        if self.options.kind != Kind::Company || !lookup.is_whole() {
            return Ok(());
        }
        let hidden = |id| lookup.standing(id) == Some(Standing::NotThere);
        let gone = self.options.view.pairs_of(Kind::Company, hidden)?;
        for (customer, company) in &gone {
            self.options.sink.company_gone(customer, *company)?;
        }
        if let Some((_, first)) = gone.first() {
            self.warn(format!(
                "{} in Caflou, such as {first}, were deleted or merged with others: new incomes of \
                 their customers get no company",
                Count(gone.len() as u64, "company")
            ));
        }
        Ok(())
    }

    fn note_double(
        &mut self,
        lookup: &Lookup,
        id: SourceId,
        known: &Known,
        stray: CaflouId,
    ) -> Result<(), Trouble> {
        let other = known.caflou_id.filter(|other| *other != stray);
        let Some(other) = other.filter(|_| known.state == RecordState::Synced) else {
            return Ok(());
        };
        let there = lookup.standing(other) == Some(Standing::There);
        if there
            && !self
                .options
                .view
                .is_parted((self.options.kind, &id), stray)?
        {
            let reason = format!("{DOUBLE}: {other} and {stray}; delete one of them");
            self.seen.doubles.entry(id).or_insert(reason);
        }
        Ok(())
    }

    /// Why a record is a double, as far as that is seen in this run. Where earlier runs saw two
    /// records of it, that is looked at again.
    pub(super) async fn double(
        &mut self,
        draft: &Draft,
        known: Option<&Known>,
    ) -> Result<Option<String>, Trouble> {
        let failure = known.and_then(|known| known.failure.as_ref());
        let was_one = failure.is_some_and(|failure| failure.reason.starts_with(DOUBLE));
        if was_one && !self.is_whole() {
            self.read_whole(draft.kind, false).await?;
        }
        Ok(self.seen.doubles.remove(&draft.source_id))
    }

    /// Tells what the list showed of records that did not come in this run.
    pub(super) fn tell_seen(&mut self) {
        let kind = self.options.kind;
        for (source_id, reason) in std::mem::take(&mut self.seen.doubles) {
            let broken = Broken {
                verdict: Verdict::Failed,
                kind,
                label: source_id.0.clone(),
                source_id: Some(source_id),
                reason,
                place: None,
            };
            let (number, done) = (self.number(), self.options.sink.broken(&broken));
            self.tell(number, Some(done));
        }
        let of = kind.as_str();
        let Seen {
            linked, unknown, ..
        } = std::mem::take(&mut self.seen);
        if linked > 0 {
            let (was, they) = if linked == 1 {
                ("was", "it is")
            } else {
                ("were", "they are")
            };
            self.warn(format!(
                "{} in Caflou with this connection's mark {was} not known here (a state that was \
                 lost, renamed or forgotten): {they} linked",
                Count(linked, of)
            ));
        } else if unknown > 0 && !self.options.thorough {
            let connection = self.options.connection.clone();
            self.warn(format!(
                "{} in Caflou with this connection's mark, not known here: \
                 `caflou-sync run {connection} --full` links what is there",
                Count(unknown, of)
            ));
        }
    }
}

impl Done {
    /// It is said not to be there; whether that is so is found out later.
    pub(in crate::sync) fn missing(draft: Box<Draft>, id: CaflouId, source: Attributes) -> Self {
        Self {
            missing: Some(Box::new(Missing { draft, id, source })),
            ..Self::told(None)
        }
    }
}
