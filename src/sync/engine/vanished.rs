//! Records that are to become inactive, because the source says that they were cancelled or
//! deleted: held back until everything is read, so that a source that is wrong for a moment takes
//! nothing out of the cash flow.

use super::Engine;
use super::prepare::Subject;
use crate::record::{Attributes, CaflouId, Record};
use crate::sync::awaiting::Incomes;
use crate::sync::sink::Sink;
use crate::trouble::{Class, Trouble};

/// So many records may become inactive in one run, however few were imported.
const FEW: u64 = 10;
/// Beyond that, one in so many of those that were imported.
const ONE_IN: u64 = 10;

/// The most records that may become inactive in one run unless the user allows more: 10, or a
/// tenth of the imported ones where that is more.
#[must_use]
pub fn may_vanish(imported: u64) -> u64 {
    FEW.max(imported / ONE_IN)
}

impl<S: Sink> Engine<'_, S> {
    /// Holds back a record that is to become inactive; gives back any other.
    pub(super) fn unless_it_vanishes(&mut self, subject: Subject) -> Option<Subject> {
        let inactive = |attributes: &Attributes| attributes.is_true("inactive");
        let known = subject.known.as_ref();
        let vanishes = matches!(subject.draft.record, Record::Void { .. })
            && inactive(&subject.desired)
            && known.is_some_and(|known| !inactive(&known.source));
        self.unless_held(subject, vanishes)
    }

    /// The same for one of which nothing is known, and which Caflou has.
    pub(super) fn unless_it_is_taken_out(
        &mut self,
        subject: Subject,
        id: CaflouId,
    ) -> Option<Subject> {
        let lookup = self.lookup.as_ref();
        let is_in = lookup.is_some_and(|(lookup, _)| !lookup.is_inactive(id));
        let paid = matches!(subject.draft.record, Record::Void { paid: true, .. });
        self.unless_held(subject, is_in && !paid)
    }

    fn unless_held(&mut self, subject: Subject, vanishes: bool) -> Option<Subject> {
        match &mut self.vanished {
            Some(held) if vanishes => {
                held.push(subject.draft);
                self.tell(subject.number, None);
                None
            }
            _ => Some(subject),
        }
    }

    /// How many records are held back.
    #[must_use]
    pub fn vanished(&self) -> usize {
        self.vanished.as_ref().map_or(0, Vec::len)
    }

    /// Lets through what was held back, unless it is too much: for a source that was read to its
    /// end and is still the one that it was. Returns why the run cannot go on.
    pub async fn let_vanish(&mut self) -> Option<Trouble> {
        let held = self.vanished.take().unwrap_or_default();
        if let Err(fatal) = self.settle_vanished(held).await {
            self.fatal.get_or_insert(fatal);
        }
        self.end().await
    }

    async fn settle_vanished(&mut self, held: Incomes) -> Result<(), Trouble> {
        let count = held.len() as u64;
        if let Some(most) = self.options.may_vanish.filter(|most| count > *most) {
            let what = self.options.kind.plural();
            let said = format!(
                "{count} {what} would become inactive at once, because the source says that they \
                 were cancelled or deleted; without your leave it may be {most} (10, or a tenth of \
                 the imported ones)"
            );
            if self.options.sink.writes() {
                let what = format!("{said}; none of them was changed");
                return Err(Trouble::new(Class::Guard, what));
            }
            self.warn(format!("a run would stop: {said}"));
        }
        let held = held.into_iter();
        let held = held.map(|draft| (self.number(), draft)).collect();
        self.plan(held).await?;
        self.drain().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_ten_and_more_than_a_tenth_are_too_many() {
        let cases = [
            (0, 10),
            (10, 10),
            (100, 10),
            (109, 10),
            (110, 11),
            (5_000, 500),
        ];
        for (imported, most) in cases {
            assert_eq!(may_vanish(imported), most, "{imported}");
        }
    }
}
