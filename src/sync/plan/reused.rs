//! A key that the source gave to another record.

use crate::record::{CaflouId, Draft};
use crate::state::{Known, RecordState};

/// Why a record is not the one that was imported under its key: the number was given again.
pub(super) fn another(draft: &Draft, known: &Known) -> Option<String> {
    let imported = known.state != RecordState::Failed && !known.is_forgotten();
    let (then, now) = two_of(draft, known).filter(|_| imported)?;
    Some(format!(
        "this number is another record's now: {then} was imported under it, the source has {now}; \
         nothing of the first one is overwritten"
    ))
}

/// The record that was known under a key and the one that has it now, where those are two. An identifier
/// and a moment, which has a word before it, say nothing of each other.
pub(super) fn two_of<'a>(draft: &'a Draft, known: &'a Known) -> Option<(&'a str, &'a str)> {
    let word = |origin: &'a str| origin.split_once(' ').map(|(word, _)| word);
    let both = known.origin.as_deref().zip(draft.origin.as_deref());
    both.filter(|(then, now)| then != now && word(then) == word(now))
}

/// Why a record with our mark need not be the draft's: another one with this number was to be
/// created, and what was said to have failed may have come to be.
pub(super) fn maybe_another(draft: &Draft, known: &Known, id: CaflouId) -> Option<String> {
    let (then, now) = two_of(draft, known)?;
    Some(format!(
        "Caflou record {id} has its mark and may be another record's: {then} was to be created \
         under this number, the source has {now} now. Link it if it is the one, or delete it"
    ))
}
